import type { Disk } from '../platform/disk.js';
import { flushPath, parseCheckpoint, readTextFile, renderCheckpoint, writeTextFile } from './checkpoint-file.js';
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
  private entries: EpochEntry[] = [];
  /** The file was torn by a crash: the entries have to be found in the log again. */
  readonly isDamaged: boolean;
  private isFileDurable = true;

  constructor(disk: Disk, folder: LogFolder) {
    this.disk = disk;
    this.folder = folder;
    const entries = this.read();
    this.entries = entries ?? [];
    this.isDamaged = entries === undefined;
  }

  private get path(): string {
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

  /** Makes the file's contents durable; its name is so once the folder is flushed. Returns whether there was anything to do. */
  async flush(): Promise<boolean> {
    if (this.isFileDurable) return false;
    this.isFileDurable = true;
    await flushPath(this.disk, this.path);
    return true;
  }

  private replace(entries: EpochEntry[]): void {
    this.entries = entries;
    this.isFileDurable = false;
    const lines = entries.map((e) => `${e.epoch} ${e.startOffset}`);
    writeTextFile(this.disk, this.path, renderCheckpoint(lines));
  }

  private read(): EpochEntry[] | undefined {
    const text = readTextFile(this.disk, this.path) ?? '';
    try {
      return parseCheckpoint(text, FILE).map(parseEntry);
    } catch {
      return undefined;
    }
  }
}

function parseEntry(line: string): EpochEntry {
  const match = /^(\d+)\s+(\d+)$/.exec(line);
  if (match === null) throw new Error(`Malformed line in checkpoint file (${FILE}): '${line}'`);
  return { epoch: Number(match[1]), startOffset: Number(match[2]) };
}
