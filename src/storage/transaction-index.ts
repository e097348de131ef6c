import { readInt64, writeInt64 } from '../common/int64.js';
import type { Disk } from '../platform/disk.js';

/**
 * The aborted transactions that end in a segment, in `.txnindex`, for readers of committed records: 34 bytes an entry,
 * {version int16, producerId int64, firstOffset int64, lastOffset int64, lastStableOffset int64}. No file without entries.
 * Source: org.apache.kafka.storage.internals.log.TransactionIndex, 3.9
 */
const ENTRY_SIZE = 34;
const VERSION = 0;

export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  /** Of the marker. */
  readonly lastOffset: number;
  /** The last stable offset once this transaction had ended. */
  readonly lastStableOffset: number;
}

export class TransactionIndex {
  private readonly disk: Disk;
  private readonly path: () => string;
  private isKnownEmpty = false;

  constructor(disk: Disk, path: () => string) {
    this.disk = disk;
    this.path = path;
  }

  append(aborted: AbortedTransaction): void {
    const bytes = Buffer.alloc(ENTRY_SIZE);
    bytes.writeInt16BE(VERSION, 0);
    writeInt64(bytes, aborted.producerId, 2);
    writeInt64(bytes, aborted.firstOffset, 10);
    writeInt64(bytes, aborted.lastOffset, 18);
    writeInt64(bytes, aborted.lastStableOffset, 26);
    const file = this.disk.open(this.path(), 'write');
    try {
      file.append(bytes);
    } finally {
      file.close();
    }
    this.isKnownEmpty = false;
  }

  entries(): AbortedTransaction[] {
    if (this.isKnownEmpty || this.disk.stat(this.path()) === undefined) {
      this.isKnownEmpty = true;
      return [];
    }
    const bytes = this.disk.readFile(this.path());
    return Array.from({ length: Math.floor(bytes.length / ENTRY_SIZE) }, (_, index) => {
      const at = index * ENTRY_SIZE;
      return {
        producerId: readInt64(bytes, at + 2),
        firstOffset: readInt64(bytes, at + 10),
        lastOffset: readInt64(bytes, at + 18),
        lastStableOffset: readInt64(bytes, at + 26),
      };
    });
  }

  /** Keeps the transactions that ended below `offset`. */
  truncateTo(offset: number): void {
    const entries = this.entries();
    const kept = entries.filter((entry) => entry.lastOffset < offset);
    if (kept.length === entries.length) return;
    this.reset();
    for (const entry of kept) this.append(entry);
  }

  reset(): void {
    this.disk.remove(this.path());
    this.isKnownEmpty = true;
  }
}
