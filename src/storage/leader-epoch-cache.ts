import type { Disk } from '../platform/disk.js';
import { parseCheckpoint, readTextFile, renderCheckpoint, writeTextFile } from './checkpoint-file.js';
import type { LogFolder } from './log-files.js';

const FILE = 'leader-epoch-checkpoint';

export interface EpochEntry {
  readonly epoch: number;
  /** First offset written under it. */
  readonly startOffset: number;
}

/**
 * Which leader epoch begins at which offset, both rising; in `leader-epoch-checkpoint`. By it a follower finds where its log
 * parts from the leader's.
 * Source: org.apache.kafka.storage.internals.epoch.LeaderEpochFileCache, 3.9
 */
export class LeaderEpochCache {
  private readonly disk: Disk;
  private readonly folder: LogFolder;
  private entries: EpochEntry[];

  constructor(disk: Disk, folder: LogFolder) {
    this.disk = disk;
    this.folder = folder;
    this.entries = this.read();
  }

  get path(): string {
    return `${this.folder.path}/${FILE}`;
  }

  get latest(): EpochEntry | undefined {
    return this.entries[this.entries.length - 1];
  }

  get earliest(): EpochEntry | undefined {
    return this.entries[0];
  }

  get all(): readonly EpochEntry[] {
    return this.entries;
  }

  /** `epoch` begins at `startOffset`; entries that contradict it go. */
  assign(epoch: number, startOffset: number): void {
    const latest = this.latest;
    if (epoch < 0 || startOffset < 0) return;
    if (latest !== undefined && latest.epoch === epoch && latest.startOffset <= startOffset) return;
    const kept = this.entries.filter((e) => e.epoch < epoch && e.startOffset < startOffset);
    this.replace([...kept, { epoch, startOffset }]);
  }

  /**
   * The largest epoch known that is ≤ `epoch`, and where the next larger one begins (the log end for the latest). Both −1 if
   * `epoch` is larger than all known; `epoch` itself if it is smaller than all known.
   */
  endOffsetFor(epoch: number, logEndOffset: number): { epoch: number; endOffset: number } {
    if (epoch === -1 || this.latest === undefined) return { epoch: -1, endOffset: -1 };
    if (this.latest.epoch === epoch) return { epoch, endOffset: logEndOffset };
    const next = this.entries.findIndex((e) => e.epoch > epoch);
    if (next < 0) return { epoch: -1, endOffset: -1 };
    return { epoch: this.entries[next - 1]?.epoch ?? epoch, endOffset: this.entries[next]?.startOffset ?? -1 };
  }

  /** The epoch of the record at `offset`; undefined below the first entry. */
  epochForOffset(offset: number): number | undefined {
    return this.entries.findLast((e) => e.startOffset <= offset)?.epoch;
  }

  /** The log now ends at `endOffset`. */
  truncateFromEnd(endOffset: number): void {
    if (endOffset < 0 || this.latest === undefined || this.latest.startOffset < endOffset) return;
    this.replace(this.entries.filter((e) => e.startOffset < endOffset));
  }

  /** The log now begins at `startOffset`: the epoch that holds it begins there. */
  truncateFromStart(startOffset: number): void {
    const holder = this.entries.findLastIndex((e) => e.startOffset <= startOffset);
    const entry = this.entries[holder];
    if (entry === undefined || (holder === 0 && entry.startOffset === startOffset)) return;
    this.replace([{ epoch: entry.epoch, startOffset }, ...this.entries.slice(holder + 1)]);
  }

  clear(): void {
    if (this.entries.length > 0) this.replace([]);
  }

  private replace(entries: EpochEntry[]): void {
    this.entries = entries;
    const lines = entries.map((e) => `${e.epoch} ${e.startOffset}`);
    writeTextFile(this.disk, this.path, renderCheckpoint(lines));
  }

  private read(): EpochEntry[] {
    const text = readTextFile(this.disk, this.path);
    if (text === undefined) return [];
    return parseCheckpoint(text, FILE).map((line) => {
      const [epoch, startOffset] = line.split(/\s+/).map(Number);
      if (epoch === undefined || startOffset === undefined || !Number.isSafeInteger(epoch + startOffset)) {
        throw new Error(`Malformed line in checkpoint file (${FILE}): '${line}'`);
      }
      return { epoch, startOffset };
    });
  }
}
