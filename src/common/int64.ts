/**
 * Offsets, producer ids, epochs and sizes are `number`. What the wire holds beyond ±2^53 loses its last digits here,
 * so an edge that accepts such a value checks `Number.isSafeInteger` first. Timestamps, where any int64 may stand,
 * are `number` when safe and `bigint` otherwise ({@link Int64}).
 */
export type Int64 = number | bigint;

const TWO_32 = 4294967296;

/** Signed 64-bit big-endian at `at`; beyond ±2^53 the nearest double. */
export function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * TWO_32 + bytes.readUInt32BE(at + 4);
}

/** Writes `value`; a number at or beyond 2^63 is written as 2^63−1, so that `readInt64` of Long.MAX_VALUE goes back unchanged. */
export function writeInt64(bytes: Buffer, value: number, at: number): void {
  if (value >= 9223372036854775807) {
    bytes.writeInt32BE(0x7fffffff, at);
    bytes.writeUInt32BE(0xffffffff, at + 4);
    return;
  }
  const high = Math.floor(value / TWO_32);
  bytes.writeInt32BE(high, at);
  bytes.writeUInt32BE(value - high * TWO_32, at + 4);
}

/** Signed 64-bit, exact: a number when safe, else a bigint. */
export function readExactInt64(bytes: Buffer, at: number): Int64 {
  const near = readInt64(bytes, at);
  return Number.isSafeInteger(near) ? near : bytes.readBigInt64BE(at);
}

export function writeExactInt64(bytes: Buffer, value: Int64, at: number): void {
  if (typeof value === 'bigint') bytes.writeBigInt64BE(value, at);
  else writeInt64(bytes, value, at);
}

/** −1, 0 or 1; mixed kinds compare by value. */
export function compareInt64(a: Int64, b: Int64): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
