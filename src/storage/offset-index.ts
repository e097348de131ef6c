import type { Disk } from '../platform/disk.js';
import { IndexFile, lastWhere } from './index-file.js';

const ENTRY_SIZE = 8;

/**
 * Offset → position in the segment, sparse: 8 bytes an entry, {offset less the base offset int32, position int32}.
 * Source: org.apache.kafka.storage.internals.log.OffsetIndex, 3.9
 */
export class OffsetIndex {
  readonly file: IndexFile;
  private readonly baseOffset: number;

  constructor(disk: Disk, path: () => string, baseOffset: number, maxBytes: number) {
    this.file = new IndexFile(disk, path, ENTRY_SIZE, maxBytes);
    this.baseOffset = baseOffset;
  }

  get isFull(): boolean {
    return this.file.count >= this.file.maxCount;
  }

  append(offset: number, position: number): void {
    const at = this.file.addEntry();
    const bytes = this.file.bytes();
    bytes.writeInt32BE(offset - this.baseOffset, at);
    bytes.writeInt32BE(position, at + 4);
    this.file.entryAdded();
  }

  /** Position of the last entry whose offset is at most `offset`; 0 before the first. */
  lookup(offset: number): number {
    const bytes = this.file.bytes();
    const relative = offset - this.baseOffset;
    const entry = lastWhere(this.file.count, (i) => bytes.readInt32BE(i * ENTRY_SIZE) <= relative);
    return entry < 0 ? 0 : bytes.readInt32BE(entry * ENTRY_SIZE + 4);
  }

  /** Keeps the entries below `offset`. */
  truncateTo(offset: number): void {
    const bytes = this.file.bytes();
    const relative = offset - this.baseOffset;
    this.file.truncate(lastWhere(this.file.count, (i) => bytes.readInt32BE(i * ENTRY_SIZE) < relative) + 1);
  }

  /** False for what only a crash leaves: entries that do not rise, such as the zeros of a file that was never trimmed. */
  isSane(logSize: number): boolean {
    const bytes = this.file.bytes();
    for (let i = 0; i < this.file.count; i++) {
      const at = i * ENTRY_SIZE;
      const position = bytes.readInt32BE(at + 4);
      if (position <= 0 || position >= logSize) return false;
      if (i > 0 && bytes.readInt32BE(at) <= bytes.readInt32BE(at - ENTRY_SIZE)) return false;
    }
    return true;
  }
}
