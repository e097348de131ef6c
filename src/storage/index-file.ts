import type { Disk, DiskFile } from '../platform/disk.js';

/** Entries are kept back until this many wait: an index is worth nothing after a crash, so each need not be a write. */
const PENDING_ENTRIES = 32;
const FIRST_ENTRIES = 32;

/**
 * A file of entries of one size, sorted, as an image in memory. While its segment is the active one the file is as long as
 * it may grow, filled with zeros, as Kafka's is; on a roll and on closing it is cut to its entries.
 * Differs: Kafka maps the file; here entries reach it a few at a time. After a crash both rebuild it from the log.
 * Source: org.apache.kafka.storage.internals.log.AbstractIndex, 3.9
 */
export class IndexFile {
  readonly entrySize: number;
  readonly path: () => string;
  private readonly disk: Disk;
  private image: Buffer | undefined;
  private used = 0;
  private written = 0;
  private isActive = false;
  private readonly maxBytes: number;

  /** @param maxBytes the setting `segment.index.bytes`; rounded down to whole entries */
  constructor(disk: Disk, path: () => string, entrySize: number, maxBytes: number) {
    this.disk = disk;
    this.path = path;
    this.entrySize = entrySize;
    this.maxBytes = maxBytes - (maxBytes % entrySize);
  }

  get count(): number {
    this.bytes();
    return this.used / this.entrySize;
  }

  get maxCount(): number {
    return this.maxBytes / this.entrySize;
  }

  /** The image; entry `i` stands at `i * entrySize`. Read from the file when it is not in memory. */
  bytes(): Buffer {
    if (this.image !== undefined) return this.image;
    const stat = this.disk.stat(this.path());
    const bytes = stat === undefined ? Buffer.alloc(0) : this.disk.readFile(this.path());
    this.used = bytes.length - (bytes.length % this.entrySize);
    this.written = this.used;
    this.image = bytes;
    return bytes;
  }

  /** Room for one more entry at the end: the caller writes it at the position returned, in {@link bytes}. */
  addEntry(): number {
    const image = this.bytes();
    const at = this.used;
    if (at + this.entrySize > image.length) {
      const larger = Buffer.alloc(Math.max(FIRST_ENTRIES * this.entrySize, 2 * image.length));
      image.copy(larger, 0, 0, at);
      this.image = larger;
    }
    this.used += this.entrySize;
    return at;
  }

  /** After the entry is filled in. */
  entryAdded(): void {
    if (this.isActive && this.used - this.written >= PENDING_ENTRIES * this.entrySize) this.withFile(() => undefined);
  }

  /** Keeps the first `count` entries. */
  truncate(count: number): void {
    this.bytes();
    this.used = Math.min(this.used, count * this.entrySize);
    if (this.written <= this.used) return;
    this.written = this.used;
    if (!this.isActive) return; // cut when it becomes active, or is trimmed
    this.withFile((file) => {
      file.truncate(this.used);
      file.truncate(this.maxBytes);
    });
  }

  /** Its segment becomes the active one: the file is grown to what it may hold. */
  activate(): void {
    this.bytes();
    this.isActive = true;
    this.withFile((file) => {
      file.truncate(this.used);
      file.truncate(this.maxBytes);
    });
  }

  /** Cuts the file to its entries: the segment rolled, or the log closes. */
  trim(): void {
    if (this.image === undefined) return;
    this.isActive = false;
    this.withFile((file) => file.truncate(this.used));
  }

  /** Empties it, image and file: before a rebuild. */
  reset(): void {
    this.image = Buffer.alloc(0);
    this.used = 0;
    this.written = 0;
    this.withFile((file) => file.truncate(0));
  }

  /** Forgets the image where the file can bring it back. */
  unload(): void {
    if (!this.isActive && this.written === this.used) this.image = undefined;
  }

  async flush(): Promise<void> {
    if (this.disk.stat(this.path()) === undefined) return;
    const file = this.disk.open(this.path(), 'write');
    try {
      this.writePending(file);
      await file.flush();
    } finally {
      file.close();
    }
  }

  /** The file is open only while it is written: a broker has thousands of partitions, and few of them are busy. */
  private withFile(work: (file: DiskFile) => void): void {
    const file = this.disk.open(this.path(), 'write');
    try {
      this.writePending(file);
      work(file);
    } finally {
      file.close();
    }
  }

  private writePending(file: DiskFile): void {
    if (this.written === this.used || this.image === undefined) return;
    file.write(this.image.subarray(this.written, this.used), this.written);
    this.written = this.used;
  }
}

/** Index of the last of `count` entries for which `isAtMost(entry)` holds, −1 if none: they hold from the first on, then no more. */
export function lastWhere(count: number, isAtMost: (entry: number) => boolean): number {
  let low = -1;
  let high = count;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (isAtMost(middle)) low = middle;
    else high = middle;
  }
  return low;
}
