import * as fs from 'node:fs';
import type { Platform } from '../../src/platform/platform.js';
import { silentLogger } from '../../src/platform/logger.js';
import { World } from '../../src/platform/sim/world.js';
import { nodeCodecs } from '../../src/platform/node/codecs.js';
import type { Disk } from '../../src/platform/disk.js';
import { buildBatch, type NewBatch, type NewRecord } from '../../src/protocol/record/batch-builder.js';
import { ColdReads } from '../../src/storage/cold-reads.js';
import { DelayedDeletion } from '../../src/storage/delayed-deletion.js';
import type { Log, LogConfig } from '../../src/storage/log.js';
import type { LogContext } from '../../src/storage/log-context.js';
import { UnifiedLog, type OpenLog } from '../../src/storage/unified-log.js';
import { batchesIn } from '../../src/protocol/record/record-reader.js';

/** Kafka's defaults. */
export function aLogConfig(overrides: Partial<LogConfig> = {}): LogConfig {
  return {
    segmentBytes: 1024 * 1024 * 1024,
    segmentMs: 7 * 24 * 3600 * 1000,
    segmentJitterMs: 0,
    segmentIndexBytes: 64 * 1024,
    indexIntervalBytes: 4096,
    retentionMs: 7 * 24 * 3600 * 1000,
    retentionBytes: -1,
    fileDeleteDelayMs: 60_000,
    flushMessages: Number.MAX_SAFE_INTEGER,
    flushMs: Number.MAX_SAFE_INTEGER,
    maxMessageBytes: 1_048_588,
    cleanupPolicy: { delete: true, compact: false },
    compressionType: 'producer',
    messageTimestampType: 'CreateTime',
    messageTimestampBeforeMaxMs: 2 ** 63,
    messageTimestampAfterMaxMs: 2 ** 63,
    minInSyncReplicas: 1,
    uncleanLeaderElectionEnable: false,
    preallocate: false,
    ...overrides,
  };
}

/** The settings of the golden folders. */
export const smallSegments = aLogConfig({ segmentBytes: 1000, indexIntervalBytes: 200, segmentIndexBytes: 4096 });

export function aLogContext(platform: Platform, overrides: Partial<LogContext> = {}): LogContext {
  return {
    disk: platform.disk,
    time: platform.time,
    random: platform.random,
    codecs: platform.codecs,
    logger: platform.logger,
    deletion: new DelayedDeletion(platform.time, (error) => {
      throw error as Error;
    }),
    coldReads: new ColdReads(platform.time),
    producerIdExpirationMs: 86_400_000,
    onDiskFailure: (_logDir, error) => {
      throw error as Error;
    },
    ...overrides,
  };
}

/** A log on a simulated disk, with the codecs of this machine. */
export class LogBench {
  readonly world: World;
  platform: Platform;

  constructor(seed: number | string = 1) {
    this.world = new World({ seed, startWallMs: 1_700_000_000_000 });
    this.platform = withNodeCodecs(this.world.host('broker').platform);
  }

  get disk(): Disk {
    return this.platform.disk;
  }

  open(options: Partial<OpenLog> = {}, context: Partial<LogContext> = {}): UnifiedLog {
    return new UnifiedLog(aLogContext(this.platform, context), {
      topic: 't',
      partition: 0,
      logDir: '/data',
      config: aLogConfig(),
      wasCleanShutdown: true,
      recoveryPoint: 0,
      logStartOffset: 0,
      ...options,
    });
  }

  /** kill -9, and a new process on the same disk. */
  kill(): void {
    this.platform = withNodeCodecs(this.world.host('broker').restart());
  }

  /** The power goes too: what was not flushed may be lost. */
  crash(): void {
    this.world.host('broker').crash();
    this.platform = withNodeCodecs(this.world.host('broker').restart());
  }

  /** Copies a folder of this machine onto the simulated disk. */
  load(from: string, to = '/data/t-0'): void {
    this.disk.mkdir(to);
    for (const name of fs.readdirSync(from)) {
      const file = this.disk.open(`${to}/${name}`, 'write');
      file.append(fs.readFileSync(`${from}/${name}`));
      file.close();
    }
  }

  files(folder = '/data/t-0'): Map<string, Buffer> {
    return new Map(this.disk.list(folder).map(({ name }) => [name, this.disk.readFile(`${folder}/${name}`)]));
  }
}

function withNodeCodecs(platform: Platform): Platform {
  return { ...platform, codecs: nodeCodecs(silentLogger) };
}

/** A batch as a producer sends it. */
export function aBatch(values: readonly string[], batch: Partial<NewBatch> = {}): Buffer {
  const records = values.map((value): NewRecord => ({ value: Buffer.from(value), timestamp: 1_700_000_000_000 }));
  return buildBatch({ records, ...batch });
}

/** Every batch of the log, read in steps as a fetch does. */
export function readAll(log: Log, maxBytes = 1_000_000): Buffer[] {
  const batches: Buffer[] = [];
  let offset = log.logStartOffset;
  while (offset < log.logEndOffset) {
    const slice = log.read(offset, maxBytes, log.logEndOffset, true);
    if (slice.sizeInBytes === 0) break;
    const bytes = Buffer.alloc(slice.sizeInBytes);
    slice.copyTo(bytes, 0);
    const found = [...batchesIn(bytes)].map(({ at, end }) => bytes.subarray(at, end));
    const last = found.at(-1);
    if (last === undefined) throw new Error(`no whole batch at ${offset}`);
    batches.push(...found);
    offset = Number(last.readBigInt64BE(0)) + (last[16] === 2 ? last.readInt32BE(23) : 0) + 1;
  }
  return batches;
}
