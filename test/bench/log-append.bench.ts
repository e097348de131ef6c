import * as fs from 'node:fs';
import * as os from 'node:os';
import { nodePlatform } from '../../src/platform/node/platform.js';
import { stampBatch } from '../../src/protocol/record/record-batch.js';
import { UnifiedLog } from '../../src/storage/unified-log.js';
import { aBatch, aLogConfig, aLogContext } from '../support/log-fixtures.js';

/**
 * What an append costs: batches of 1 KB and 16 KB into a log on this machine's disk, as a producer sends them.
 * One JSON line: batches a second and CPU seconds a GB, whole and without the write into the page cache.
 * Run: npm run bench log-append
 */
const platform = nodePlatform({ name: 'bench', level: 'error' });
const results: Record<string, number> = {};

for (const [name, valueBytes, records, idempotent] of [
  ['1KB', 900, 1, false],
  ['16KB', 950, 16, false],
  ['16KB-idempotent', 950, 16, true],
  ['16KB-100B-records', 90, 160, false],
  ['64KB', 950, 66, false],
] as const) {
  const logDir = fs.mkdtempSync(`${os.tmpdir()}/zkafka-bench-`);
  const log = new UnifiedLog(aLogContext(platform), {
    topic: 't',
    partition: 0,
    logDir,
    config: aLogConfig({ segmentIndexBytes: 10 * 1024 * 1024 }),
    wasCleanShutdown: true,
    recoveryPoint: 0,
    logStartOffset: 0,
  });
  const values = Array.from({ length: records }, () => 'x'.repeat(valueBytes));
  const bytes = aBatch(values, idempotent ? { producerId: 1, producerEpoch: 0, baseSequence: 0 } : {});
  const count = Math.floor(Math.min(512 * 1024 * 1024, 200_000 * bytes.length) / bytes.length);
  for (let i = 0; i < 2000; i++) append(log, bytes, idempotent, i * records); // warm
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; i++) append(log, bytes, idempotent, (i + 2000) * records);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const { user, system } = process.cpuUsage(cpu);
  const gigabytes = (count * bytes.length) / 1e9;
  results[`${name} batches/s`] = Math.round(count / seconds);
  results[`${name} µs/batch`] = round((seconds / count) * 1e6);
  results[`${name} CPU s/GB`] = round((user + system) / 1e6 / gigabytes);
  results[`${name} user CPU s/GB`] = round(user / 1e6 / gigabytes);
  await log.close();
  fs.rmSync(logDir, { recursive: true });
}
console.log(JSON.stringify(results));

function append(log: UnifiedLog, bytes: Buffer, idempotent: boolean, sequence: number): void {
  stampBatch(bytes, 0, 0, -1);
  if (idempotent) {
    bytes.writeInt32BE(sequence & 0x7fffffff, 53);
    bytes.writeUInt32BE(platform.codecs.crc32c(bytes, 21, bytes.length), 17); // once more than a broker does
  }
  log.appendAsLeader(bytes, 0, 'client');
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
