import { invariant } from '../common/invariant.js';
import type { Int64 } from '../common/int64.js';
import type { Disk, DiskFile } from '../platform/disk.js';
import { HeaderWalk } from './batch-walk.js';
import { flushPath } from './checkpoint-file.js';
import {
  DELETED_SUFFIX,
  fileName,
  INDEX_SUFFIX,
  LOG_SUFFIX,
  SEGMENT_SUFFIXES,
  TIME_INDEX_SUFFIX,
  TXN_INDEX_SUFFIX,
  type LogFolder,
} from './log-files.js';
import type { LogConfig } from './log.js';
import { OffsetIndex } from './offset-index.js';
import { TimeIndex } from './time-index.js';
import { TransactionIndex } from './transaction-index.js';

const MAX_INT32 = 0x7fffffff;

export interface SegmentSettings {
  readonly indexIntervalBytes: number;
  readonly segmentIndexBytes: number;
}

/** A batch in a segment: where it begins and how long it is. */
export interface BatchPlace {
  readonly position: number;
  readonly size: number;
}

/**
 * A stretch of the log from `baseOffset` on: one `.log` file of batches and its two indexes. The last segment is the active
 * one, the only one that is appended to. Files of others are opened when first read.
 * Source: org.apache.kafka.storage.internals.log.LogSegment, 3.9
 */
export class LogSegment {
  readonly baseOffset: number;
  readonly offsetIndex: OffsetIndex;
  readonly timeIndex: TimeIndex;
  readonly transactionIndex: TransactionIndex;
  /** Bytes of the log before this segment, counted from an arbitrary start: how far a position lies behind the tail. */
  readonly bytesBefore: number;
  /** ms, wall clock; when the file was last written, as far as known. For segments without timestamps. */
  modifiedMs: number;
  private readonly disk: Disk;
  private readonly folder: LogFolder;
  private settings: SegmentSettings;
  private file: DiskFile | undefined;
  private bytes: number;
  private bytesSinceIndexEntry = 0;
  /** ms; when an empty segment was made: the age of one without timestamps. */
  private createdMs: number;
  private firstTimestamp: Int64 | undefined;
  private largest: { timestamp: Int64; offset: number } | undefined;
  private readers = 0;
  private isMarkedDeleted = false;
  private isGone = false;

  constructor(
    disk: Disk,
    folder: LogFolder,
    baseOffset: number,
    settings: SegmentSettings,
    found: { readonly size: number; readonly modifiedMs: number; readonly bytesBefore: number; readonly nowMs: number },
  ) {
    this.disk = disk;
    this.folder = folder;
    this.baseOffset = baseOffset;
    this.settings = settings;
    this.bytes = found.size;
    this.modifiedMs = found.modifiedMs;
    this.bytesBefore = found.bytesBefore;
    this.createdMs = found.nowMs;
    const maxBytes = settings.segmentIndexBytes;
    this.offsetIndex = new OffsetIndex(disk, () => this.pathOf(INDEX_SUFFIX), baseOffset, maxBytes);
    this.transactionIndex = new TransactionIndex(disk, () => this.pathOf(TXN_INDEX_SUFFIX));
    this.timeIndex = new TimeIndex(disk, () => this.pathOf(TIME_INDEX_SUFFIX), baseOffset, maxBytes);
  }

  get size(): number {
    return this.bytes;
  }

  /** The open `.log` file. */
  get log(): DiskFile {
    invariant(this.file !== undefined || !this.isGone, 'segment is gone', { baseOffset: this.baseOffset });
    this.file ??= this.disk.open(this.pathOf(LOG_SUFFIX), 'write');
    return this.file;
  }

  /** Largest timestamp of a record, −1 without one, and the last offset of the batch that has it. */
  get maxTimestamp(): Int64 {
    return this.largestSoFar().timestamp;
  }
  get offsetOfMaxTimestamp(): number {
    return this.largestSoFar().offset;
  }

  /** What retention by time goes by: the largest timestamp, or when the file was written. ms. */
  get ageTimestamp(): Int64 {
    const largest = this.maxTimestamp;
    return largest >= 0 ? largest : this.modifiedMs;
  }

  updateSettings(settings: SegmentSettings): void {
    this.settings = settings;
  }

  /** Makes the log file if there is none; the indexes get their full length. */
  activate(): void {
    if (this.file === undefined && this.disk.stat(this.pathOf(LOG_SUFFIX)) === undefined) {
      this.disk.open(this.pathOf(LOG_SUFFIX), 'write').close();
    }
    this.offsetIndex.file.activate();
    this.timeIndex.file.activate();
  }

  /** The segment rolled: the last timestamp is indexed and the files are cut to what they hold. */
  becomeInactive(): void {
    this.timeIndex.maybeAppend(this.maxTimestamp, this.offsetOfMaxTimestamp);
    this.offsetIndex.file.trim();
    this.timeIndex.file.trim();
  }

  /**
   * @param largestOffset the last offset in `records`
   * @param maxTimestamp the largest of their timestamps, −1 if none, and `offsetOfMax` the last offset of its batch
   */
  append(records: Buffer, end: number, largestOffset: number, maxTimestamp: Int64, offsetOfMax: number): void {
    const position = this.bytes;
    this.log.append(records, 0, end);
    this.bytes = position + end;
    if (position === 0) this.firstTimestamp = maxTimestamp;
    this.noteTimestamp(maxTimestamp, offsetOfMax);
    if (this.bytesSinceIndexEntry > this.settings.indexIntervalBytes) this.addIndexEntry(largestOffset, position);
    this.bytesSinceIndexEntry += end;
  }

  /** Must the next `size` bytes go to a new segment? @param jitterMs taken off `segment.ms` */
  shouldRoll(
    size: number,
    limits: Pick<LogConfig, 'segmentBytes' | 'segmentMs'>,
    jitterMs: number,
    nowMs: number,
    maxTimestamp: Int64,
    lastOffset: number,
  ): boolean {
    if (this.bytes > limits.segmentBytes - size) return true;
    if (this.offsetIndex.isFull || this.timeIndex.isFull || lastOffset - this.baseOffset > MAX_INT32) return true;
    return this.bytes > 0 && this.waitedMs(nowMs, maxTimestamp) > limits.segmentMs - jitterMs;
  }

  /** The first batch whose last offset is at least `offset`, and its size; undefined if the segment ends before. */
  find(offset: number): BatchPlace | undefined {
    const walk = new HeaderWalk(this.log, this.offsetIndex.lookup(offset), this.bytes);
    while (walk.next()) if (walk.lastOffset >= offset) return { position: walk.position, size: walk.size };
    return undefined;
  }

  /** Cuts from the batch that holds `offset` on. Returns the bytes that went. */
  truncateTo(offset: number, nowMs: number): number {
    const position = this.find(offset)?.position ?? this.bytes;
    this.offsetIndex.truncateTo(offset);
    this.timeIndex.truncateTo(offset);
    this.transactionIndex.truncateTo(offset);
    const dropped = this.bytes - position;
    this.cutTo(position);
    if (position === 0) {
      this.createdMs = nowMs;
      this.firstTimestamp = undefined;
    }
    this.bytesSinceIndexEntry = 0;
    this.largest = this.scanForLargest();
    return dropped;
  }

  /** Cuts the log file alone, for a recovery that rebuilds the indexes itself. */
  cutTo(position: number): void {
    if (position >= this.bytes) return;
    this.log.truncate(position);
    this.bytes = position;
  }

  /** Begins a rebuild: empty indexes, to be filled with {@link noteRecovered}. */
  resetIndexes(): void {
    this.offsetIndex.file.reset();
    this.timeIndex.file.reset();
    this.transactionIndex.reset();
    this.largest = { timestamp: -1, offset: this.baseOffset };
    this.firstTimestamp = undefined;
    this.bytesSinceIndexEntry = 0;
  }

  /** One whole batch seen by a recovery, in order. */
  noteRecovered(position: number, size: number, lastOffset: number, maxTimestamp: Int64): void {
    this.noteTimestamp(maxTimestamp, lastOffset);
    if (this.bytesSinceIndexEntry > this.settings.indexIntervalBytes) this.addIndexEntry(lastOffset, position);
    this.bytesSinceIndexEntry += size;
  }

  /** Ends a rebuild. */
  indexesRecovered(): void {
    this.bytesSinceIndexEntry = 0;
    this.becomeInactive();
  }

  /** Forgets index images that the files can bring back. */
  unloadIndexes(): void {
    this.offsetIndex.file.unload();
    this.timeIndex.file.unload();
  }

  hasIndexes(): boolean {
    return this.disk.stat(this.pathOf(INDEX_SUFFIX)) !== undefined;
  }

  hasSaneIndexes(): boolean {
    return this.hasIndexes() && this.offsetIndex.isSane(this.bytes) && this.timeIndex.isSane();
  }

  /** Makes log and indexes durable; nothing if it was removed meanwhile. */
  async flush(): Promise<void> {
    if (this.isGone) return;
    this.retain();
    try {
      await this.log.flush();
      await this.offsetIndex.file.flush();
      await this.timeIndex.file.flush();
      await flushPath(this.disk, this.pathOf(TXN_INDEX_SUFFIX));
    } finally {
      this.release();
    }
  }

  /** A reader holds it: closing and removing the files wait. */
  retain(): void {
    this.readers++;
  }

  release(): void {
    this.readers--;
    if (this.readers === 0 && this.isGone) this.close();
  }

  /** Files get `.deleted`; they stay readable until {@link removeFiles}. */
  markDeleted(): void {
    if (this.isMarkedDeleted) return;
    for (const suffix of SEGMENT_SUFFIXES) {
      const path = this.pathOf(suffix);
      if (this.disk.stat(path) !== undefined) this.disk.rename(path, path + DELETED_SUFFIX);
    }
    this.isMarkedDeleted = true;
  }

  /** Removes the files for good; open readers finish on what they hold. */
  removeFiles(): void {
    for (const suffix of SEGMENT_SUFFIXES) this.disk.remove(this.pathOf(suffix));
    this.abandon();
  }

  /** Closes without writing anything more, once no reader is left. */
  abandon(): void {
    this.isGone = true;
    if (this.readers === 0) this.close();
  }

  /** Writes what the indexes still hold back, cuts them to size and closes. */
  closeInOrder(): void {
    this.becomeInactive();
    this.abandon();
  }

  private close(): void {
    this.file?.close();
    this.file = undefined;
  }

  private pathOf(suffix: string): string {
    const deleted = this.isMarkedDeleted ? DELETED_SUFFIX : '';
    return `${this.folder.path}/${fileName(this.baseOffset, suffix)}${deleted}`;
  }

  private addIndexEntry(lastOffset: number, position: number): void {
    this.offsetIndex.append(lastOffset, position);
    this.timeIndex.maybeAppend(this.maxTimestamp, this.offsetOfMaxTimestamp);
    this.bytesSinceIndexEntry = 0;
  }

  private noteTimestamp(timestamp: Int64, offset: number): void {
    const largest = this.largestSoFar();
    if (timestamp <= largest.timestamp) return;
    largest.timestamp = timestamp;
    largest.offset = offset;
  }

  private largestSoFar(): { timestamp: Int64; offset: number } {
    this.largest ??= { timestamp: this.timeIndex.lastTimestamp, offset: this.timeIndex.lastOffset };
    return this.largest;
  }

  /** The last entry of the time index, or what stands larger behind it. */
  private scanForLargest(): { timestamp: Int64; offset: number } {
    const largest = { timestamp: this.timeIndex.lastTimestamp, offset: this.timeIndex.lastOffset };
    const walk = new HeaderWalk(this.log, this.offsetIndex.lookup(largest.offset), this.bytes);
    while (walk.next()) {
      if (walk.maxTimestamp <= largest.timestamp) continue;
      largest.timestamp = walk.maxTimestamp;
      largest.offset = walk.lastOffset;
    }
    return largest;
  }

  /** Time between the first batch and this one, by timestamps; without them, since the segment was made. */
  private waitedMs(nowMs: number, maxTimestamp: Int64): number {
    if (this.firstTimestamp === undefined) {
      const walk = new HeaderWalk(this.log, 0, this.bytes);
      this.firstTimestamp = walk.next() ? walk.maxTimestamp : -1;
    }
    if (this.firstTimestamp >= 0) return Number(maxTimestamp) - Number(this.firstTimestamp);
    return nowMs - this.createdMs;
  }
}
