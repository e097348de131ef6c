const BASE = 65521;
/** The most bytes whose sums stay below 2^32. */
const RUN = 5552;

/** Adler-32 (RFC 1950) of bytes[start, end), going on from `seed`; unsigned. ZooKeeper's logs and snapshots carry it. */
export function adler32(bytes: Uint8Array, start: number, end: number, seed = 1): number {
  let a = seed & 0xffff;
  let b = seed >>> 16;
  for (let at = start; at < end;) {
    const stop = Math.min(end, at + RUN);
    for (; at < stop; at++) {
      a += bytes[at] as number;
      b += a;
    }
    a %= BASE;
    b %= BASE;
  }
  return b * 65536 + a;
}
