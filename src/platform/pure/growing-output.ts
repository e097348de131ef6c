/** Bytes that are decompressed: grows as needed up to a bound, and copies from itself. */
export class GrowingOutput {
  private bytes: Buffer;
  private used = 0;
  private readonly type: string;
  private readonly maxBytes: number;

  /** @param type for messages */
  constructor(type: string, maxBytes: number) {
    this.type = type;
    this.maxBytes = maxBytes;
    this.bytes = Buffer.alloc(Math.min(maxBytes, 1024));
  }

  get length(): number {
    return this.used;
  }

  add(source: Uint8Array, start: number, end: number): void {
    if (end > source.length) throw new Error(`${this.type}: damaged, it ends too early`);
    this.makeRoom(end - start);
    this.bytes.set(source.subarray(start, end), this.used);
    this.used += end - start;
  }

  addByte(byte: number): void {
    this.makeRoom(1);
    this.bytes[this.used++] = byte;
  }

  /** Repeats `length` bytes from `distance` before the end; they may overlap what they make. */
  repeat(distance: number, length: number): void {
    if (distance <= 0 || distance > this.used) throw new Error(`${this.type}: damaged, it refers before its beginning`);
    this.makeRoom(length);
    for (let left = length; left > 0; left--, this.used++) {
      this.bytes[this.used] = this.bytes[this.used - distance] as number;
    }
  }

  done(): Buffer {
    return this.bytes.subarray(0, this.used);
  }

  /** Of what stands from `start` on. */
  since(start: number): Buffer {
    return this.bytes.subarray(start, this.used);
  }

  private makeRoom(count: number): void {
    const needed = this.used + count;
    if (needed > this.maxBytes) throw new Error(`${this.type}: decompressed it is more than ${this.maxBytes} bytes`);
    if (needed <= this.bytes.length) return;
    const grown = Buffer.alloc(Math.min(this.maxBytes, Math.max(needed, 2 * this.bytes.length)));
    grown.set(this.bytes.subarray(0, this.used));
    this.bytes = grown;
  }
}
