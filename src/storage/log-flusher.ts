import type { Disk } from '../platform/disk.js';
import type { Time } from '../platform/time.js';
import { flushPath } from './checkpoint-file.js';
import { fileName, SNAPSHOT_SUFFIX, type LogFolder } from './log-files.js';
import type { LeaderEpochCache } from './leader-epoch-cache.js';
import { PARTITION_METADATA_FILE } from './partition-metadata.js';
import type { SegmentList } from './segment-list.js';

/** How far a log is durable (its recovery point), and what makes it more so. */
export class LogFlusher {
  /** ms, monotonic. */
  lastFlushMs: number;
  private readonly disk: Disk;
  private readonly time: Time;
  private readonly folder: LogFolder;
  private readonly segments: SegmentList;
  private readonly epochs: LeaderEpochCache;
  private flushed: number;
  /** A flush that began before a truncation says nothing about what was written after it. */
  private truncations = 0;
  private namesChanged = true;
  private running: Promise<void> | undefined;

  constructor(
    disk: Disk,
    time: Time,
    folder: LogFolder,
    segments: SegmentList,
    epochs: LeaderEpochCache,
    recoveryPoint: number,
  ) {
    this.disk = disk;
    this.time = time;
    this.folder = folder;
    this.segments = segments;
    this.epochs = epochs;
    this.flushed = recoveryPoint;
    this.lastFlushMs = time.nowMs();
  }

  /** Below this offset everything is durable. */
  get recoveryPoint(): number {
    return this.flushed;
  }

  /** Files were made or removed. */
  noteNames(): void {
    this.namesChanged = true;
  }

  /** The log was cut at `offset`. */
  noteTruncation(offset: number): void {
    this.truncations++;
    this.namesChanged = true;
    this.flushed = Math.min(this.flushed, offset);
  }

  /**
   * Makes everything below `offset` durable, with the names of the files. One flush runs at a time: what another one has
   * begun is durable only when that one ends. @throws Error of the disk
   */
  async flushUpTo(offset: number): Promise<void> {
    const { truncations } = this;
    while (this.running !== undefined) await this.running.catch(() => undefined); // whoever began it hears of its error
    if (offset <= this.flushed || truncations !== this.truncations) return;
    this.running = this.flushFiles(offset).finally(() => (this.running = undefined));
    await this.running;
  }

  /** The records below `offset`, before this returns: for `flush.messages`. */
  flushSyncUpTo(offset: number): void {
    for (const segment of this.segments.covering(this.flushed, offset)) segment.log.flushSync();
    this.lastFlushMs = this.time.nowMs();
    this.flushed = offset;
  }

  private async flushFiles(offset: number): Promise<void> {
    const { truncations } = this;
    this.lastFlushMs = this.time.nowMs();
    for (const segment of this.segments.covering(this.flushed, offset)) {
      await segment.flush();
      await flushPath(this.disk, `${this.folder.path}/${fileName(segment.baseOffset, SNAPSHOT_SUFFIX)}`);
    }
    if (await this.epochs.flush()) this.namesChanged = true;
    if (this.namesChanged) {
      this.namesChanged = false;
      await flushPath(this.disk, `${this.folder.path}/${PARTITION_METADATA_FILE}`);
      await this.disk.flushFolder(this.folder.path);
    }
    if (truncations === this.truncations && offset > this.flushed) this.flushed = offset;
  }
}
