import { KafkaError } from '../../src/common/errors.js';
import type { Int64 } from '../../src/common/int64.js';
import { invariant } from '../../src/common/invariant.js';
import type { AppendResult, Log, LogConfig, LogSlice } from '../../src/storage/log.js';

/** Settings that tests do not look at; `minInSyncReplicas` they do. */
export function aLogConfig(overrides: Partial<LogConfig> = {}): LogConfig {
  return {
    segmentBytes: 1 << 30,
    segmentMs: 604_800_000,
    segmentJitterMs: 0,
    segmentIndexBytes: 10_485_760,
    indexIntervalBytes: 4096,
    retentionMs: 604_800_000,
    retentionBytes: -1,
    fileDeleteDelayMs: 60_000,
    flushMessages: Number.MAX_SAFE_INTEGER,
    flushMs: Number.MAX_SAFE_INTEGER,
    maxMessageBytes: 1_048_588,
    cleanupPolicy: { delete: true, compact: false },
    compressionType: 'producer',
    messageTimestampType: 'CreateTime',
    messageTimestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
    messageTimestampAfterMaxMs: Number.MAX_SAFE_INTEGER,
    minInSyncReplicas: 1,
    uncleanLeaderElectionEnable: false,
    preallocate: false,
    ...overrides,
  };
}

/**
 * "Batches" of these tests: a header of 61 bytes whose first 27 are those of a v2 batch, one record each. What they say is
 * in the last bytes: `aBatch('a')`.
 */
export function aBatch(...texts: string[]): Buffer {
  return Buffer.concat(
    texts.map((text) => {
      const bytes = Buffer.alloc(61 + text.length);
      bytes.writeInt32BE(bytes.length - 12, 8);
      bytes.writeInt8(2, 16);
      bytes.write(text, 61, 'latin1');
      return bytes;
    }),
  );
}

interface Entry {
  readonly offset: number;
  readonly epoch: number;
  readonly bytes: Buffer;
}

class MemorySlice implements LogSlice {
  readonly fetchOffset: number;
  readonly sizeInBytes: number;
  readonly isCold: boolean;
  readonly firstBatchTooLarge: boolean;
  private readonly log: MemoryLog;
  private readonly bytes: Buffer;
  private held = true;

  constructor(log: MemoryLog, fetchOffset: number, bytes: Buffer, firstBatchTooLarge: boolean) {
    this.log = log;
    this.fetchOffset = fetchOffset;
    this.bytes = bytes;
    this.sizeInBytes = bytes.length;
    this.isCold = log.isCold;
    this.firstBatchTooLarge = firstBatchTooLarge;
    log.slicesHeld++;
  }

  copyTo(target: Buffer, at: number): void {
    this.bytes.copy(target, at);
    this.release();
  }

  load(): Promise<Buffer> {
    this.release();
    return Promise.resolve(this.bytes);
  }

  release(): void {
    if (!this.held) return;
    this.held = false;
    this.log.slicesHeld--;
  }
}

/** A log in memory: one record a batch, epochs kept as Kafka's leader-epoch cache keeps them. */
export class MemoryLog implements Log {
  readonly topic: string;
  readonly partition: number;
  config: LogConfig;
  logStartOffset = 0;
  highWatermark = 0;
  isCold = false;
  /** What {@link lastStableOffset} is held back to. */
  firstUnstableOffset = Infinity;
  /** Slices that nobody copied or released. */
  slicesHeld = 0;
  /** Thrown by the next append. */
  failNextAppend: Error | undefined;
  private entries: Entry[] = [];
  private end = 0;
  private epochs: { epoch: number; startOffset: number }[] = [];

  constructor(topic = 'orders', partition = 0, config: Partial<LogConfig> = {}) {
    this.topic = topic;
    this.partition = partition;
    this.config = aLogConfig(config);
  }

  /** `0:a@1` for offset 0, text a, epoch 1. */
  get contents(): string[] {
    return this.entries.map(({ offset, epoch, bytes }) => `${offset}:${bytes.toString('latin1', 61)}@${epoch}`);
  }

  get logEndOffset(): number {
    return this.end;
  }

  get lastStableOffset(): number {
    return Math.min(this.highWatermark, this.firstUnstableOffset);
  }

  /** One segment, unless told otherwise. */
  segments: { baseOffset: number; modifiedMs: number; size: number }[] | undefined;
  segmentStarts() {
    return this.segments ?? [{ baseOffset: this.logStartOffset, modifiedMs: 0, size: this.entries.length }];
  }

  get latestEpoch(): number {
    return this.epochs.at(-1)?.epoch ?? -1;
  }

  get sizeInBytes(): number {
    return this.entries.reduce((size, { bytes }) => size + bytes.length, 0);
  }

  appendAsLeader(records: Buffer, leaderEpoch: number): AppendResult {
    const failure = this.failNextAppend;
    this.failNextAppend = undefined;
    if (failure !== undefined) throw failure;
    const firstOffset = this.end;
    this.noteEpoch(leaderEpoch, this.end);
    for (const batch of batchesIn(records)) this.push(Buffer.from(batch), this.end, leaderEpoch);
    return this.appended(firstOffset);
  }

  appendAsFollower(records: Buffer): AppendResult {
    const failure = this.failNextAppend;
    this.failNextAppend = undefined;
    if (failure !== undefined) throw failure;
    const batches = batchesIn(records);
    const firstOffset = batches.length === 0 ? -1 : Number(batches[0]!.readBigInt64BE(0));
    for (const batch of batches) {
      const offset = Number(batch.readBigInt64BE(0));
      const epoch = batch.readInt32BE(12);
      invariant(offset >= this.end, 'follower appends in order', { offset, end: this.end });
      this.noteEpoch(epoch, offset);
      this.push(Buffer.from(batch), offset, epoch);
    }
    return this.appended(firstOffset);
  }

  private push(bytes: Buffer, offset: number, epoch: number): void {
    bytes.writeBigInt64BE(BigInt(offset), 0);
    bytes.writeInt32BE(epoch, 12);
    this.entries.push({ offset, epoch, bytes });
    this.end = offset + 1;
  }

  private appended(firstOffset: number): AppendResult {
    const { logStartOffset } = this;
    return { firstOffset, lastOffset: this.end - 1, logAppendTimeMs: -1, logStartOffset, isDuplicate: false };
  }

  read(offset: number, maxBytes: number, upperBound: number, minOneBatch: boolean): LogSlice {
    if (offset < this.logStartOffset || offset > this.end) {
      throw new KafkaError('OFFSET_OUT_OF_RANGE', `offset ${offset} not in [${this.logStartOffset}, ${this.end}]`);
    }
    const taken: Buffer[] = [];
    let size = 0;
    for (const entry of this.entries) {
      if (entry.offset < offset || entry.offset >= upperBound) continue;
      const isFirst = taken.length === 0 && minOneBatch;
      if (!isFirst && size + entry.bytes.length > maxBytes) break;
      taken.push(entry.bytes);
      size += entry.bytes.length;
    }
    return new MemorySlice(this, offset, Buffer.concat(taken), size > maxBytes);
  }

  updateHighWatermark(offset: number): boolean {
    const next = Math.max(Math.min(offset, this.end), this.logStartOffset);
    if (next === this.highWatermark) return false;
    this.highWatermark = next;
    return true;
  }

  assignEpochStart(epoch: number): void {
    this.noteEpoch(epoch, this.end);
  }

  private noteEpoch(epoch: number, startOffset: number): void {
    if (epoch === this.latestEpoch) return;
    this.epochs = this.epochs.filter((each) => each.epoch < epoch && each.startOffset < startOffset);
    this.epochs.push({ epoch, startOffset });
  }

  endOffsetForEpoch(epoch: number): { epoch: number; endOffset: number } {
    if (epoch < 0) return { epoch: -1, endOffset: -1 };
    if (epoch === this.latestEpoch) return { epoch, endOffset: this.end };
    const next = this.epochs.find((each) => each.epoch > epoch);
    if (next === undefined) return { epoch: -1, endOffset: -1 };
    const floor = this.epochs.findLast((each) => each.epoch <= epoch);
    return { epoch: floor?.epoch ?? epoch, endOffset: next.startOffset };
  }

  epochForOffset(offset: number): number | undefined {
    return this.epochs.findLast((each) => each.startOffset <= offset)?.epoch;
  }

  truncateTo(offset: number): boolean {
    this.epochs = this.epochs.filter((each) => each.startOffset < offset);
    if (offset >= this.end) return false;
    this.entries = this.entries.filter((each) => each.offset < offset);
    this.end = offset;
    this.highWatermark = Math.min(this.highWatermark, offset);
    return true;
  }

  truncateFullyAndStartAt(offset: number): void {
    this.entries = [];
    this.epochs = [];
    this.end = offset;
    this.logStartOffset = offset;
    this.highWatermark = offset;
  }

  maybeIncrementLogStartOffset(offset: number): void {
    if (offset <= this.logStartOffset) return;
    this.logStartOffset = offset;
    this.entries = this.entries.filter((each) => each.offset >= offset);
  }

  offsetForTimestamp(timestamp: Int64): Promise<{ offset: number; timestamp: Int64; leaderEpoch: number } | undefined> {
    if (timestamp === -2) {
      return Promise.resolve({ offset: this.logStartOffset, timestamp: -1, leaderEpoch: this.epochs[0]?.epoch ?? -1 });
    }
    // Records of these tests have their offset for a timestamp.
    const found = this.entries.find((each) => each.offset >= timestamp);
    return Promise.resolve(found && { offset: found.offset, timestamp: found.offset, leaderEpoch: found.epoch });
  }

  updateConfig(config: LogConfig): void {
    this.config = config;
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function batchesIn(records: Buffer): Buffer[] {
  const batches: Buffer[] = [];
  for (let at = 0; at + 12 <= records.length;) {
    const size = 12 + records.readInt32BE(at + 8);
    if (at + size > records.length) break;
    batches.push(records.subarray(at, at + size));
    at += size;
  }
  return batches;
}
