/** A checksum over bytes[start, end), going on from `seed`; unsigned. The platform's native one has the same shape. */
export type Checksum = (bytes: Buffer, start: number, end: number, seed?: number) => number;

const CASTAGNOLI_REVERSED = 0x82f63b78;
const TABLE = new Uint32Array(256);
for (let i = 0; i < 256; i++) {
  let remainder = i;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? CASTAGNOLI_REVERSED : 0);
  TABLE[i] = remainder >>> 0;
}

/** CRC-32C in plain JavaScript: for batches of a few hundred bytes, the simulator and the browser. Native code is ten times faster. */
export function crc32c(bytes: Buffer, start: number, end: number, seed = 0): number {
  let crc = ~seed;
  for (let i = start; i < end; i++) crc = (TABLE[(crc ^ (bytes[i] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8);
  return ~crc >>> 0;
}
