import { KafkaError } from '../common/errors.js';
import { invariant } from '../common/invariant.js';
import type { Int64 } from '../common/int64.js';
import { topicPartitionKey } from '../common/topic-partition.js';
import type { Uuid } from '../common/uuid.js';
import {
  lastOffsetOfEntry,
  leaderEpochOfEntry,
  looksLikeEntry,
  maxTimestampOfEntry,
} from '../protocol/record/any-batch.js';
import type { Checksum } from '../protocol/record/crc32c.js';
import {
  baseOffsetOf,
  batchSizeOf,
  lastOffsetDeltaOf,
  MAGIC_V2,
  magicOf,
  NO_PRODUCER_ID,
  NO_TIMESTAMP,
  producerIdOf,
  stampBatch,
  stampMaxTimestamp,
} from '../protocol/record/record-batch.js';
import { LeaderEpochCache } from './leader-epoch-cache.js';
import type { AppendOrigin, AppendResult, Log, LogConfig, LogSlice } from './log.js';
import { isDiskError, type LogContext } from './log-context.js';
import type { LogFolder } from './log-files.js';
import { LogFlusher } from './log-flusher.js';
import { loadLog, newSegment } from './log-loader.js';
import { replayProducers } from './log-recovery.js';
import { LogReader } from './log-reader.js';
import { breachOfRetention } from './log-retention.js';
import type { LogSegment } from './log-segment.js';
import { checkBatch, checkBatches, checkReplicatedBatch, endOfBatch } from './log-validator.js';
import { readPartitionMetadata, writePartitionMetadata } from './partition-metadata.js';
import type { WrittenBatch } from './producer-entry.js';
import { ProducerState } from './producer-state.js';
import { RecentBatches } from './recent-batches.js';
import { SegmentList } from './segment-list.js';
import type { AbortedTransaction } from './transaction-index.js';
import { findByTimestamp, findMaxTimestamp, type TimestampedOffset } from './timestamp-lookup.js';

export interface OpenLog {
  readonly topic: string;
  readonly partition: number;
  /** One of the broker's log.dirs; the partition's folder lies in it. */
  readonly logDir: string;
  readonly config: LogConfig;
  readonly wasCleanShutdown: boolean;
  /** From the checkpoint files of the log.dir; 0 without an entry. */
  readonly recoveryPoint: number;
  readonly logStartOffset: number;
}

/**
 * One partition's log: its segments, who wrote last (producer state), and which leader wrote what (epochs). Offsets, files
 * and checks are those of Kafka; one owner calls it, one call at a time.
 * Source: kafka.log.UnifiedLog and LocalLog, 3.9
 */
export class UnifiedLog implements Log {
  readonly topic: string;
  readonly partition: number;
  readonly logDir: string;
  private readonly name: string;
  private readonly context: LogContext;
  private readonly folder: LogFolder;
  private readonly checksum: Checksum;
  private readonly producerState: ProducerState;
  private readonly epochs: LeaderEpochCache;
  private readonly segments: SegmentList;
  private readonly recent = new RecentBatches();
  private readonly reader: LogReader;
  private readonly flusher: LogFlusher;
  private settings: LogConfig;
  private jitterMs: number;
  private id: Uuid | undefined;
  private nextOffset: number;
  private startOffset: number;
  private watermark: number;
  private state: 'open' | 'offline' | 'closed' = 'open';

  /** Loads what is in the folder, or makes it. @throws Error of the disk, or if a file in it is malformed */
  constructor(context: LogContext, options: OpenLog) {
    this.context = context;
    this.topic = options.topic;
    this.partition = options.partition;
    this.logDir = options.logDir;
    this.settings = options.config;
    this.name = topicPartitionKey(options.topic, options.partition);
    this.folder = { path: `${options.logDir}/${this.name}` };
    this.jitterMs = rollJitter(context, options.config);
    this.checksum = (bytes, start, end, seed) => context.codecs.crc32c(bytes, start, end, seed);
    context.disk.mkdir(this.folder.path);
    this.producerState = new ProducerState(context.disk, context.codecs, this.folder, context);
    this.epochs = new LeaderEpochCache(context.disk, this.folder);
    const loadOptions = { ...options, folder: this.folder, name: this.name };
    const loaded = loadLog(context, loadOptions, this.producerState, this.epochs);
    this.segments = new SegmentList(loaded.segments);
    this.nextOffset = loaded.logEndOffset;
    this.startOffset = loaded.logStartOffset;
    this.watermark = loaded.logStartOffset;
    this.reader = new LogReader(this.segments, this.recent, context.coldReads);
    const { disk, time } = context;
    this.flusher = new LogFlusher(disk, time, this.folder, this.segments, this.epochs, loaded.recoveryPoint);
    this.id = readPartitionMetadata(context.disk, this.folder.path);
  }

  get logStartOffset(): number {
    return this.startOffset;
  }
  get logEndOffset(): number {
    return this.nextOffset;
  }
  get highWatermark(): number {
    return this.watermark;
  }
  get lastStableOffset(): number {
    const unstable = this.producerState.firstUnstableOffset;
    return unstable === undefined ? this.watermark : Math.max(Math.min(unstable, this.watermark), this.startOffset);
  }
  get config(): LogConfig {
    return this.settings;
  }
  get latestEpoch(): number {
    return this.epochs.latest?.epoch ?? -1;
  }
  /** As `partition.metadata` says. */
  get topicId(): Uuid | undefined {
    return this.id;
  }
  /** Below this everything is durable. */
  get recoveryPoint(): number {
    return this.flusher.recoveryPoint;
  }
  /** ms, monotonic. */
  get lastFlushMs(): number {
    return this.flusher.lastFlushMs;
  }
  /** `<log.dir>/<topic>-<partition>`. */
  get path(): string {
    return this.folder.path;
  }
  get isOffline(): boolean {
    return this.state === 'offline';
  }
  get sizeInBytes(): number {
    return this.reader.bytesWritten - this.segments.first.bytesBefore;
  }
  segmentStarts(): { readonly baseOffset: number; readonly modifiedMs: number; readonly size: number }[] {
    return this.segments.all.map(({ baseOffset, modifiedMs, size }) => ({ baseOffset, modifiedMs, size }));
  }
  get segmentCount(): number {
    return this.segments.length;
  }
  get firstSegmentOffset(): number {
    return this.segments.first.baseOffset;
  }
  /** The state of every producer known here, for DescribeProducers. */
  get producers(): ProducerState['entries'] {
    return this.producerState.entries;
  }

  /** Notes the topic's id in `partition.metadata`. */
  assignTopicId(topicId: Uuid): void {
    this.onDisk(() => writePartitionMetadata(this.context.disk, this.folder.path, topicId));
    this.id = topicId;
  }

  appendAsLeader(records: Buffer, leaderEpoch: number, origin: AppendOrigin): AppendResult {
    this.refuseIfNotOpen();
    const end = checkBatches(records, origin, this.settings, this.context.codecs);
    if (end === 0) return this.nothingAppended();
    const nowMs = this.context.time.wallMs();
    const appendTime = this.settings.messageTimestampType === 'LogAppendTime';
    const firstOffset = this.nextOffset;
    let offset = firstOffset;
    let maxTimestamp: Int64 = NO_TIMESTAMP;
    let offsetOfMax = -1;
    for (let at = 0; at < end; at += batchSizeOf(records, at)) {
      const largest = checkBatch(records, at, origin, this.settings, nowMs, this.name);
      const timestamp = appendTime ? nowMs : largest;
      stampBatch(records, at, offset, leaderEpoch);
      stampMaxTimestamp(records, at, appendTime, timestamp, this.checksum);
      offset += lastOffsetDeltaOf(records, at) + 1;
      if (timestamp > maxTimestamp) {
        maxTimestamp = timestamp;
        offsetOfMax = offset - 1;
      }
    }
    const lastOffset = offset - 1;
    this.maybeRoll(end, maxTimestamp, firstOffset, lastOffset, nowMs);
    const duplicate = this.checkProducers(records, end, origin);
    if (duplicate !== undefined) return this.writtenBefore(duplicate);
    this.beginEpoch(leaderEpoch, firstOffset);
    this.write(records, end, lastOffset, maxTimestamp, offsetOfMax);
    return this.appended(firstOffset, lastOffset, appendTime ? nowMs : -1);
  }

  /** A batch cut off at the end, as a fetch brings it, is left out. */
  appendAsFollower(records: Buffer): AppendResult {
    this.refuseIfNotOpen();
    if (this.startOffset === this.nextOffset) this.maybeBeginWithBatch(records);
    let end = 0;
    let firstOffset = -1;
    let lastOffset = this.nextOffset - 1;
    let maxTimestamp: Int64 = NO_TIMESTAMP;
    let offsetOfMax = -1;
    for (let batchEnd = endOfBatch(records, 0); batchEnd > 0; batchEnd = endOfBatch(records, end)) {
      checkReplicatedBatch(records, end, this.context.codecs);
      const baseOffset = baseOffsetOf(records, end);
      invariant(baseOffset > lastOffset, 'replicated batch below the log end', {
        log: this.name,
        baseOffset,
        lastOffset,
      });
      if (firstOffset < 0) firstOffset = baseOffset;
      lastOffset = lastOffsetOfEntry(records, end);
      const timestamp = maxTimestampOfEntry(records, end);
      if (timestamp > maxTimestamp) {
        maxTimestamp = timestamp;
        offsetOfMax = lastOffset;
      }
      end = batchEnd;
    }
    if (end === 0) return this.nothingAppended();
    this.maybeRoll(end, maxTimestamp, firstOffset, lastOffset, this.context.time.wallMs());
    for (let at = 0; at < end; at += batchSizeOf(records, at)) {
      this.beginEpoch(leaderEpochOfEntry(records, at), baseOffsetOf(records, at));
    }
    this.write(records, end, lastOffset, maxTimestamp, offsetOfMax);
    return this.appended(firstOffset, lastOffset, -1);
  }

  read(offset: number, maxBytes: number, upperBound: number, minOneBatch: boolean): LogSlice {
    this.refuseIfNotOpen();
    if (offset > this.nextOffset || offset < this.startOffset) {
      throw new KafkaError(
        'OFFSET_OUT_OF_RANGE',
        `Received request for offset ${offset} for partition ${this.name}, but we only have log segments in the range ${this.startOffset} to ${this.nextOffset}.`,
      );
    }
    try {
      return this.reader.read(offset, maxBytes, Math.min(upperBound, this.nextOffset), this.nextOffset, minOneBatch);
    } catch (error) {
      throw this.failed(error);
    }
  }

  /** For readers of committed records: the aborted transactions with records in [offset, upperBound), by their end. */
  abortedTransactions(offset: number, upperBound: number): AbortedTransaction[] {
    this.refuseIfNotOpen();
    return this.onDisk(() => {
      const found: AbortedTransaction[] = [];
      for (let i = this.segments.floor(offset); i < this.segments.length; i++) {
        for (const aborted of this.segments.at(i).transactionIndex.entries()) {
          if (aborted.lastOffset >= offset && aborted.firstOffset < upperBound) found.push(aborted);
          if (aborted.lastStableOffset >= upperBound) return found;
        }
      }
      return found;
    });
  }

  updateHighWatermark(offset: number): boolean {
    const bounded = Math.max(Math.min(offset, this.nextOffset), this.startOffset);
    if (bounded === this.watermark) return false;
    this.watermark = bounded;
    this.producerState.onHighWatermarkUpdated(bounded);
    return true;
  }

  assignEpochStart(epoch: number): void {
    this.beginEpoch(epoch, this.nextOffset);
  }

  endOffsetForEpoch(epoch: number): { epoch: number; endOffset: number } {
    return this.epochs.endOffsetFor(epoch, this.nextOffset);
  }

  epochForOffset(offset: number): number | undefined {
    return this.epochs.epochForOffset(offset);
  }

  truncateTo(offset: number): boolean {
    this.refuseIfNotOpen();
    invariant(offset >= 0, 'truncation to a negative offset', { offset });
    return this.onDisk(() => {
      if (offset >= this.nextOffset) {
        // An epoch may have begun at the log end, without records, and contradict the new leader.
        this.epochs.truncateFromEnd(offset);
        return false;
      }
      if (this.segments.first.baseOffset > offset) this.startAnewAt(offset);
      else this.cutAt(offset);
      return true;
    });
  }

  truncateFullyAndStartAt(offset: number): void {
    this.refuseIfNotOpen();
    this.onDisk(() => this.startAnewAt(offset));
  }

  /** @throws KafkaError OFFSET_OUT_OF_RANGE above the high watermark */
  maybeIncrementLogStartOffset(offset: number): void {
    this.refuseIfNotOpen();
    if (offset > this.watermark) {
      throw new KafkaError(
        'OFFSET_OUT_OF_RANGE',
        `Cannot increment the log start offset to ${offset} of partition ${this.name} since it is larger than the high watermark ${this.watermark}`,
      );
    }
    if (offset <= this.startOffset) return;
    this.startOffset = offset;
    this.onDisk(() => {
      this.epochs.truncateFromStart(offset);
      this.producerState.onLogStartOffsetIncremented(offset);
    });
  }

  async offsetForTimestamp(timestamp: Int64): Promise<TimestampedOffset | undefined> {
    this.refuseIfNotOpen();
    if (timestamp === -1) return { offset: this.nextOffset, timestamp: -1, leaderEpoch: this.latestEpoch };
    if (timestamp === -2) {
      const { earliest } = this.epochs;
      const leaderEpoch = earliest !== undefined && earliest.startOffset <= this.startOffset ? earliest.epoch : -1;
      return { offset: this.startOffset, timestamp: -1, leaderEpoch };
    }
    try {
      const { codecs } = this.context;
      if (timestamp === -3) return await findMaxTimestamp(this.segments.all, codecs);
      return await findByTimestamp([...this.segments.all], timestamp, this.startOffset, codecs);
    } catch (error) {
      throw this.failed(error);
    }
  }

  updateConfig(config: LogConfig): void {
    this.settings = config;
    this.jitterMs = rollJitter(this.context, config);
    for (const segment of this.segments.all) segment.updateSettings(config);
  }

  flush(): Promise<void> {
    return this.flushUpTo(this.nextOffset);
  }

  /** In order: a snapshot at the end, indexes cut to size. What is not flushed yet is so by the caller, before. */
  close(): Promise<void> {
    if (this.state === 'open') {
      this.onDisk(() => {
        this.producerState.takeSnapshot();
        for (const segment of this.segments.all) {
          if (segment === this.segments.active) segment.closeInOrder();
          else segment.abandon();
        }
      });
    }
    this.state = 'closed';
    return Promise.resolve();
  }

  /** The log.dir failed: nothing is read or written any more. */
  goOffline(): void {
    if (this.state !== 'open') return;
    this.state = 'offline';
    for (const segment of this.segments.all) segment.abandon();
  }

  /** The folder was renamed for deletion. */
  movedTo(path: string): void {
    this.folder.path = path;
    this.state = 'closed';
    for (const segment of this.segments.all) segment.abandon();
  }

  /** Removes the segments that retention no longer keeps. Returns their count. */
  deleteOldSegments(): number {
    this.refuseIfNotOpen();
    return this.onDisk(() => {
      const facts = {
        logStartOffset: this.startOffset,
        logEndOffset: this.nextOffset,
        highWatermark: this.watermark,
        nowMs: this.context.time.wallMs(),
      };
      const breach = breachOfRetention(this.segments.all, facts, this.settings);
      if (breach.count === 0) return 0;
      this.context.logger.info(
        `[UnifiedLog partition=${this.name}] Deleting ${breach.count} segments due to ${breach.reason}`,
      );
      if (breach.count === this.segments.length) this.roll(this.nextOffset);
      this.deleteSegments(this.segments.takeFirst(breach.count));
      this.maybeIncrementLogStartOffset(this.segments.first.baseOffset);
      return breach.count;
    });
  }

  /** Once in a while: forgets idle producers, and index images that nobody read lately. */
  removeExpired(): void {
    this.producerState.removeExpired(this.context.time.wallMs());
    for (const segment of this.segments.all) segment.unloadIndexes();
  }

  /**
   * The leader's log may start within a batch (DeleteRecords), and an empty follower with it; but batches come whole. The
   * follower then begins with that batch; its log start is raised again later.
   * Source: kafka.cluster.Partition.appendRecordsToFollowerOrFutureReplica, 3.9
   */
  private maybeBeginWithBatch(records: Buffer): void {
    if (endOfBatch(records, 0) < 0 || !looksLikeEntry(records, 0)) return;
    const baseOffset = baseOffsetOf(records, 0);
    if (baseOffset < 0 || baseOffset >= this.nextOffset || lastOffsetOfEntry(records, 0) < this.nextOffset) return;
    this.onDisk(() => this.startAnewAt(baseOffset));
  }

  private checkProducers(records: Buffer, end: number, origin: AppendOrigin): WrittenBatch | undefined {
    for (let at = 0; at < end; at += batchSizeOf(records, at)) {
      if (producerIdOf(records, at) === NO_PRODUCER_ID) continue;
      const duplicate = this.producerState.check(records, at, origin);
      if (duplicate !== undefined) return duplicate;
    }
    return undefined;
  }

  private beginEpoch(epoch: number, offset: number): void {
    if (epoch < 0 || epoch === this.latestEpoch) return;
    this.onDisk(() => this.epochs.assign(epoch, offset));
  }

  private write(records: Buffer, end: number, lastOffset: number, maxTimestamp: Int64, offsetOfMax: number): void {
    const segment = this.segments.active;
    let position = segment.size;
    try {
      segment.append(records, end, lastOffset, maxTimestamp, offsetOfMax);
    } catch (error) {
      throw this.failed(error);
    }
    for (let at = 0; at < end;) {
      const size = batchSizeOf(records, at);
      this.recent.add(baseOffsetOf(records, at), lastOffsetOfEntry(records, at) + 1, position);
      const aborted = magicOf(records, at) === MAGIC_V2 ? this.producerState.update(records, at) : undefined;
      if (aborted !== undefined) this.onDisk(() => segment.transactionIndex.append(aborted));
      at += size;
      position += size;
    }
    this.nextOffset = lastOffset + 1;
    this.producerState.updateMapEndOffset(this.nextOffset);
    if (this.nextOffset - this.recoveryPoint >= this.settings.flushMessages) {
      this.onDisk(() => this.flusher.flushSyncUpTo(this.nextOffset));
    }
  }

  private maybeRoll(size: number, maxTimestamp: Int64, firstOffset: number, lastOffset: number, nowMs: number): void {
    const { active } = this.segments;
    if (!active.shouldRoll(size, this.settings, this.jitterMs, nowMs, maxTimestamp, lastOffset)) return;
    this.onDisk(() => this.roll(firstOffset));
  }

  /** Begins a new segment at `offset`, or at the log end if that is larger. An empty active one that begins there stays. */
  private roll(offset: number): void {
    const baseOffset = Math.max(offset, this.nextOffset);
    const { active } = this.segments;
    if (active.baseOffset === baseOffset) return;
    active.becomeInactive();
    const { bytesWritten } = this.reader;
    const segment = newSegment(this.context, { folder: this.folder, config: this.settings }, baseOffset, bytesWritten);
    segment.activate();
    this.segments.add(segment);
    this.recent.clear();
    this.flusher.noteNames();
    this.producerState.updateMapEndOffset(baseOffset);
    this.producerState.takeSnapshot();
    void this.flushUpTo(baseOffset).catch((error: unknown) =>
      this.context.logger.error(`flush of ${this.name}`, error),
    );
  }

  private cutAt(offset: number): void {
    this.flusher.noteTruncation(offset);
    this.deleteSegments(this.segments.takeAbove(offset));
    const { active } = this.segments;
    const nowMs = this.context.time.wallMs();
    active.truncateTo(offset, nowMs);
    active.activate();
    this.recent.clear();
    this.nextOffset = offset;
    this.startOffset = Math.min(this.startOffset, offset);
    this.watermark = Math.min(this.watermark, offset);
    this.epochs.truncateFromEnd(offset);
    this.restoreProducers(nowMs);
  }

  private startAnewAt(offset: number): void {
    this.flusher.noteTruncation(offset);
    const { bytesWritten } = this.reader;
    for (const segment of this.segments.takeAll()) segment.removeFiles();
    const segment = newSegment(this.context, { folder: this.folder, config: this.settings }, offset, bytesWritten);
    segment.activate();
    this.segments.add(segment);
    this.recent.clear();
    this.epochs.clear();
    this.producerState.truncateFullyAndStartAt(offset);
    this.nextOffset = this.startOffset = this.watermark = offset;
  }

  /** After a truncation: from the last snapshot on, by what is left. */
  private restoreProducers(nowMs: number): void {
    const wasEmpty = this.producerState.isEmpty && this.producerState.mapEndOffset >= this.nextOffset;
    this.producerState.truncateAndReload(this.startOffset, this.nextOffset, nowMs);
    if (!wasEmpty) replayProducers(this.producerState, this.segments.all, this.nextOffset);
    this.producerState.updateMapEndOffset(this.nextOffset);
    this.producerState.takeSnapshot();
  }

  private deleteSegments(segments: readonly LogSegment[]): void {
    this.flusher.noteNames();
    for (const segment of segments) {
      segment.markDeleted();
      this.producerState.removeSnapshot(segment.baseOffset);
      this.context.deletion.add(this.settings.fileDeleteDelayMs, () => this.onDisk(() => segment.removeFiles()));
    }
  }

  private async flushUpTo(offset: number): Promise<void> {
    if (this.state !== 'open') return;
    try {
      await this.flusher.flushUpTo(offset);
    } catch (error) {
      throw this.failed(error);
    }
  }

  private nothingAppended(): AppendResult {
    return this.result(-1, -1, -1, false);
  }
  private appended(firstOffset: number, lastOffset: number, logAppendTimeMs: Int64): AppendResult {
    return this.result(firstOffset, lastOffset, logAppendTimeMs, false);
  }
  private writtenBefore(batch: WrittenBatch): AppendResult {
    return this.result(batch.lastOffset - batch.offsetDelta, batch.lastOffset, batch.timestamp, true);
  }
  private result(firstOffset: number, lastOffset: number, logAppendTimeMs: Int64, isDuplicate: boolean): AppendResult {
    return { firstOffset, lastOffset, logAppendTimeMs, logStartOffset: this.startOffset, isDuplicate };
  }

  private refuseIfNotOpen(): void {
    if (this.state === 'open') return;
    throw new KafkaError('KAFKA_STORAGE_ERROR', `The log for partition ${this.name} is ${this.state}`);
  }

  private onDisk<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.failed(error);
    }
  }

  /** What to throw: a fault of the disk takes the log.dir offline and becomes KAFKA_STORAGE_ERROR. */
  private failed(error: unknown): unknown {
    if (!isDiskError(error)) return error;
    this.context.onDiskFailure(this.logDir, error);
    return new KafkaError('KAFKA_STORAGE_ERROR', `Error in ${this.name} in dir ${this.logDir}: ${String(error)}`);
  }
}

/** Taken off `segment.ms`, so that not all logs roll at once; ms. */
function rollJitter(context: LogContext, config: LogConfig): number {
  const bound = Math.min(config.segmentJitterMs, config.segmentMs);
  return bound > 0 ? Math.floor(context.random.float() * bound) : 0;
}
