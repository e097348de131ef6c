import { type Int64, readExactInt64, readInt64 } from '../common/int64.js';
import { uuidFromBytes, type Uuid } from '../common/uuid.js';

/** Bytes that are no message of the kind and version they were said to be. The connection they came by is closed. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

/**
 * What the arrays of one message may cost in all: a struct 4, any other element 1. A frame of a few megabytes could
 * otherwise be made of millions of two-byte elements. 4,000,000 admits an UpdateMetadata of 400,000 partitions with
 * three replicas each, or a million topics.
 */
export const ELEMENT_BUDGET = 4_000_000;
const STRUCT_COST = 4;

/** A position in bytes that never passes `end`. */
export class Reader {
  readonly bytes: Buffer;
  at: number;
  end: number;
  /** What is left of the {@link ELEMENT_BUDGET}. */
  private budget: number;

  constructor(bytes: Buffer, at = 0, end = bytes.length, budget = ELEMENT_BUDGET) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.budget = budget;
  }

  /** The position before the move of `size` bytes. @throws DecodeError if fewer are left */
  private take(size: number): number {
    const at = this.at;
    if (size > this.end - at) throw new DecodeError(`${size} bytes wanted at ${at}, ${this.end - at} left`);
    this.at = at + size;
    return at;
  }

  bool(): boolean {
    return this.bytes[this.take(1)] !== 0;
  }
  int8(): number {
    return this.bytes.readInt8(this.take(1));
  }
  int16(): number {
    return this.bytes.readInt16BE(this.take(2));
  }
  uint16(): number {
    return this.bytes.readUInt16BE(this.take(2));
  }
  int32(): number {
    return this.bytes.readInt32BE(this.take(4));
  }
  uint32(): number {
    return this.bytes.readUInt32BE(this.take(4));
  }
  int64(): number {
    return readInt64(this.bytes, this.take(8));
  }
  timestamp(): Int64 {
    return readExactInt64(this.bytes, this.take(8));
  }
  float64(): number {
    return this.bytes.readDoubleBE(this.take(8));
  }
  uuid(): Uuid {
    return uuidFromBytes(this.bytes, this.take(16));
  }
  /** Up to five bytes, low groups of seven bits first. */
  varuint(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.bytes[this.take(1)] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    const last = this.bytes[this.take(1)] ?? 0;
    if (last >= 0x10) throw new DecodeError(`varint too long at ${this.at}`);
    return (value | (last << 28)) >>> 0;
  }

  /** The text of the next `size` bytes; malformed UTF-8 becomes U+FFFD, as in Java. */
  text(size: number): string {
    if (size > 0x7fff) throw new DecodeError(`string of ${size} bytes`);
    const at = this.take(size);
    return this.bytes.toString('utf8', at, at + size);
  }

  /** A view, not a copy. */
  view(size: number): Buffer {
    const at = this.take(size);
    return this.bytes.subarray(at, at + size);
  }

  /**
   * Admits an array of `count` elements of at least `minSize` bytes each.
   * @throws DecodeError if the bytes left cannot hold them or the message's budget is spent
   */
  admit(count: number, minSize: number, isStruct: boolean): void {
    if (count * Math.max(1, minSize) > this.end - this.at) throw new DecodeError(`array of ${count} at ${this.at}`);
    this.budget -= isStruct ? count * STRUCT_COST : count;
    if (this.budget < 0) throw new DecodeError('too many array elements in one message');
  }

  skip(size: number): void {
    this.take(size);
  }
}
