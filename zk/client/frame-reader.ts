const FIRST_BYTES = 64 * 1024;
/** A buffer that grew beyond this for one large frame is not kept. */
const KEPT_BYTES = 1024 * 1024;

/**
 * Cuts a stream of bytes into frames: a 4-byte length and as many bytes. The stream is read straight into its buffer, which
 * grows to the largest frame; no byte is copied more than twice however small the pieces it comes in.
 */
export class FrameReader {
  private held: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  private start = 0;
  private end = 0;
  private readonly maxFrameBytes: number;

  constructor(maxFrameBytes: number) {
    this.maxFrameBytes = maxFrameBytes;
  }

  /** Where the next bytes go; never empty. */
  space(): Buffer {
    return this.held.subarray(this.end);
  }

  /**
   * `count` bytes stand at the start of {@link space}: calls `onFrame` with each frame that is whole, without its length.
   * The frame is valid during the call only. `onFrame` returns false to hear no more.
   * @throws RangeError if a length is negative or above the limit
   */
  advance(count: number, onFrame: (frame: Buffer) => boolean): void {
    this.end += count;
    while (this.end - this.start >= 4) {
      const length = this.held.readInt32BE(this.start);
      if (length < 0 || length > this.maxFrameBytes) throw new RangeError(`a frame of ${length} bytes`);
      const next = this.start + 4 + length;
      if (next > this.end) break;
      const frame = this.held.subarray(this.start + 4, next);
      this.start = next;
      if (!onFrame(frame)) return;
    }
    this.makeRoom();
  }

  /** Room for the rest of the frame that has begun, at least one byte. */
  private makeRoom(): void {
    const pending = this.end - this.start;
    if (pending === 0) {
      this.start = 0;
      this.end = 0;
      if (this.held.length > KEPT_BYTES) this.held = Buffer.allocUnsafe(FIRST_BYTES);
      return;
    }
    const needed = pending < 4 ? 4 : 4 + this.held.readInt32BE(this.start);
    const fits = this.start + needed <= this.held.length;
    if (this.end < this.held.length && (fits || this.start === 0)) return;
    // Doubling, not the announced length at once: bytes are allocated only in proportion to bytes that came.
    const room = pending === this.held.length ? Math.min(needed, pending * 2) : this.held.length;
    const target = room > this.held.length ? Buffer.allocUnsafe(room) : this.held;
    this.held.copy(target, 0, this.start, this.end);
    this.held = target;
    this.start = 0;
    this.end = pending;
  }
}
