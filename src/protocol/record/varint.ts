import type { Int64 } from '../../common/int64.js';

/**
 * The zigzag varints inside records: small magnitudes, negative ones too, take few bytes.
 * Source: org.apache.kafka.common.utils.ByteUtils, 3.9
 */

const TWO_28 = 268435456;
const TWO_56 = 72057594037927936;

/** Bytes that `value` (an int32) takes. */
export function sizeOfVarint(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x200000) return 3;
  return zigzag < 0x10000000 ? 4 : 5;
}

/** Writes an int32; returns the position after it. */
export function writeVarint(bytes: Uint8Array, value: number, at: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  while (rest >= 0x80) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}

/** Bytes that `value` (an int64) takes. */
export function sizeOfVarlong(value: Int64): number {
  let rest = zigzagged(value);
  let size = 1;
  while (rest >= 128n) {
    rest >>= 7n;
    size++;
  }
  return size;
}

/** Writes an int64; returns the position after it. */
export function writeVarlong(bytes: Uint8Array, value: Int64, at: number): number {
  if (value >= -0x40000000 && value <= 0x3fffffff) return writeVarint(bytes, Number(value), at);
  let rest = zigzagged(value);
  while (rest >= 128n) {
    bytes[at++] = Number(rest & 127n) | 0x80;
    rest >>= 7n;
  }
  bytes[at++] = Number(rest);
  return at;
}

function zigzagged(value: Int64): bigint {
  const exact = BigInt(value);
  return BigInt.asUintN(64, (exact << 1n) ^ (exact >> 63n));
}

/** Thrown by {@link VarintReader} on bytes that end early or a varint that is too long. */
export class MalformedRecordError extends Error {
  override readonly name = 'MalformedRecordError';
}

/** A position in bytes that moves on as varints are read; one object for a whole batch. */
export class VarintReader {
  bytes: Buffer;
  at: number;
  end: number;

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  /** An int32. @throws MalformedRecordError */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    throw new MalformedRecordError('varint is longer than 5 bytes');
  }

  /** An int64, exact. @throws MalformedRecordError */
  varlong(): Int64 {
    let low = 0; // bits 0–27
    let middle = 0; // bits 28–55
    let high = 0; // bits 56–63
    for (let index = 0; index < 10; index++) {
      const byte = this.byte();
      const bits = byte & 0x7f;
      if (index < 4) low |= bits << (7 * index);
      else if (index < 8) middle |= bits << (7 * (index - 4));
      else high |= bits << (7 * (index - 8));
      if (byte < 0x80) return unzigzagged(low, middle, high & 0xff);
    }
    throw new MalformedRecordError('varlong is longer than 10 bytes');
  }

  /** One unsigned byte. @throws MalformedRecordError */
  byte(): number {
    if (this.at >= this.end) throw new MalformedRecordError('record ends early');
    return this.bytes[this.at++] ?? 0;
  }
}

function unzigzagged(low: number, middle: number, high: number): Int64 {
  const near = high * TWO_56 + middle * TWO_28 + low;
  if (near <= Number.MAX_SAFE_INTEGER) return near % 2 === 0 ? near / 2 : -(near + 1) / 2;
  const zigzag = (BigInt(high) << 56n) | (BigInt(middle) << 28n) | BigInt(low);
  const exact = (zigzag >> 1n) ^ -(zigzag & 1n);
  const short = Number(exact);
  return Number.isSafeInteger(short) ? short : exact;
}
