import type { GrowingOutput } from './growing-output.js';

/** Blocks of the snappy format. Source: google/snappy, format_description.txt */

/** One literal: valid, and not smaller. For pieces up to 64 KB. */
export function snappyStored(piece: Buffer): Buffer {
  const header: number[] = [];
  let length = piece.length;
  for (; length >= 0x80; length >>>= 7) header.push((length & 0x7f) | 0x80);
  header.push(length);
  if (piece.length === 0) return Buffer.from(header);
  const last = piece.length - 1;
  if (last < 60) header.push(last << 2);
  else header.push(61 << 2, last & 0xff, last >> 8);
  return Buffer.concat([Buffer.from(header), piece]);
}

/** @throws Error if the block is damaged */
export function readSnappy(block: Buffer, output: GrowingOutput): void {
  const begin = output.length;
  let at = 0;
  let expected = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = block[at++];
    if (byte === undefined || shift > 28) throw new Error('snappy: damaged block');
    expected += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  while (at < block.length) at = readElement(block, at, output, begin);
  if (output.length - begin !== expected) throw new Error('snappy: damaged block');
}

/** Reads a literal or a copy; returns where the next one begins. */
function readElement(block: Buffer, at: number, output: GrowingOutput, begin: number): number {
  const tag = block[at] as number;
  const kind = tag & 3;
  const extraBytes = kind === 0 ? Math.max(0, (tag >> 2) - 59) : ([0, 1, 2, 4][kind] as number);
  let next = at + 1 + extraBytes;
  if (next > block.length) throw new Error('snappy: damaged block');
  const extra = extraBytes === 0 ? 0 : block.readUIntLE(at + 1, extraBytes);
  if (kind === 0) {
    const length = (extraBytes === 0 ? tag >> 2 : extra) + 1;
    output.add(block, next, next + length);
    next += length;
  } else {
    const distance = kind === 1 ? ((tag >> 5) << 8) | extra : extra;
    const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    if (distance > output.length - begin) throw new Error('snappy: damaged block');
    output.repeat(distance, length);
  }
  return next;
}
