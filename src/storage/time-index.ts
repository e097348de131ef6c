import { readExactInt64, writeExactInt64, type Int64 } from '../common/int64.js';
import type { Disk } from '../platform/disk.js';
import { IndexFile, lastWhere } from './index-file.js';

const ENTRY_SIZE = 12;

/**
 * Largest timestamp so far → offset of the last record of its batch: 12 bytes an entry, {timestamp int64, offset less the
 * base offset int32}. Timestamps rise strictly.
 * Source: org.apache.kafka.storage.internals.log.TimeIndex, 3.9
 */
export class TimeIndex {
  readonly file: IndexFile;
  private readonly baseOffset: number;

  constructor(disk: Disk, path: () => string, baseOffset: number, maxBytes: number) {
    this.file = new IndexFile(disk, path, ENTRY_SIZE, maxBytes);
    this.baseOffset = baseOffset;
  }

  /** One place is kept for the entry that a roll adds. */
  get isFull(): boolean {
    return this.file.count >= this.file.maxCount - 1;
  }

  /** Timestamp of the last entry, −1 without one. */
  get lastTimestamp(): Int64 {
    const count = this.file.count;
    return count === 0 ? -1 : readExactInt64(this.file.bytes(), (count - 1) * ENTRY_SIZE);
  }

  /** Offset of the last entry, the base offset without one. */
  get lastOffset(): number {
    const count = this.file.count;
    return this.baseOffset + (count === 0 ? 0 : this.file.bytes().readInt32BE((count - 1) * ENTRY_SIZE + 8));
  }

  /** Adds an entry if `timestamp` is larger than all before. */
  maybeAppend(timestamp: Int64, offset: number): void {
    if (timestamp <= this.lastTimestamp || this.file.count >= this.file.maxCount) return;
    const at = this.file.addEntry();
    const bytes = this.file.bytes();
    writeExactInt64(bytes, timestamp, at);
    bytes.writeInt32BE(offset - this.baseOffset, at + 8);
    this.file.entryAdded();
  }

  /** Offset of the last entry whose timestamp is at most `timestamp`; the base offset before the first. */
  lookup(timestamp: Int64): number {
    const bytes = this.file.bytes();
    const entry = lastWhere(this.file.count, (i) => readExactInt64(bytes, i * ENTRY_SIZE) <= timestamp);
    return this.baseOffset + (entry < 0 ? 0 : bytes.readInt32BE(entry * ENTRY_SIZE + 8));
  }

  /** Keeps the entries below `offset`. */
  truncateTo(offset: number): void {
    const bytes = this.file.bytes();
    const relative = offset - this.baseOffset;
    this.file.truncate(lastWhere(this.file.count, (i) => bytes.readInt32BE(i * ENTRY_SIZE + 8) < relative) + 1);
  }

  isSane(): boolean {
    const bytes = this.file.bytes();
    for (let i = 1; i < this.file.count; i++) {
      const at = i * ENTRY_SIZE;
      if (readExactInt64(bytes, at) <= readExactInt64(bytes, at - ENTRY_SIZE)) return false;
      if (bytes.readInt32BE(at + 8) < bytes.readInt32BE(at - ENTRY_SIZE + 8)) return false;
    }
    return this.file.count === 0 || this.lastOffset >= this.baseOffset;
  }
}
