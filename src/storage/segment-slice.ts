import type { ColdReads } from './cold-reads.js';
import type { LogSlice } from './log.js';
import type { LogSegment } from './log-segment.js';

/** Bytes [position, position + size) of a segment, held until copied or released. */
export class SegmentSlice implements LogSlice {
  readonly fetchOffset: number;
  readonly sizeInBytes: number;
  readonly isCold: boolean;
  readonly firstBatchTooLarge: boolean;
  private readonly segment: LogSegment;
  private readonly position: number;
  private readonly coldReads: ColdReads | undefined;
  private held = true;

  /** @param coldReads given for what lies far behind the tail */
  constructor(
    segment: LogSegment,
    position: number,
    size: number,
    fetchOffset: number,
    coldReads: ColdReads | undefined,
    firstBatchTooLarge: boolean,
  ) {
    this.segment = segment;
    this.position = position;
    this.sizeInBytes = size;
    this.fetchOffset = fetchOffset;
    this.coldReads = coldReads;
    this.isCold = coldReads?.areOffLoop === true;
    this.firstBatchTooLarge = firstBatchTooLarge;
    segment.retain();
  }

  /** Copies and releases. @throws Error if the log was truncated below the slice since it was read */
  copyTo(target: Buffer, at: number): void {
    const read = (): number => this.segment.log.readSync(target, at, this.sizeInBytes, this.position);
    const copied = this.coldReads === undefined ? read() : this.coldReads.timed(read);
    this.release();
    if (copied < this.sizeInBytes) throw new Error(`log ends ${this.sizeInBytes - copied} bytes early`);
  }

  /** Reads off the loop and releases. A log that was truncated since gives fewer bytes. */
  async load(): Promise<Buffer> {
    const target = Buffer.allocUnsafe(this.sizeInBytes);
    try {
      const count = await this.segment.log.read(target, 0, this.sizeInBytes, this.position);
      return target.subarray(0, count);
    } finally {
      this.release();
    }
  }

  release(): void {
    if (!this.held) return;
    this.held = false;
    this.segment.release();
  }
}

/** Nothing to read at `fetchOffset` yet, or not within the limit. */
export class EmptySlice implements LogSlice {
  readonly fetchOffset: number;
  readonly sizeInBytes = 0;
  readonly isCold = false;
  readonly firstBatchTooLarge = false;

  constructor(fetchOffset: number) {
    this.fetchOffset = fetchOffset;
  }

  copyTo(): void {
    // no bytes
  }

  load(): Promise<Buffer> {
    return Promise.resolve(Buffer.alloc(0));
  }

  release(): void {
    // holds nothing
  }
}
