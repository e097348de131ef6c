import { GrowingOutput } from './growing-output.js';

/** LZ4 frames. Source: the LZ4 frame format 1.6 and the LZ4 block format. Checksums are not verified: batches have a CRC. */
const MAGIC = 0x184d2204;
const STORED = 0x80000000;
const STORED_BLOCK_BYTES = 64 * 1024;
/** Magic, version 1 with independent blocks, blocks of 64 KB, and the XXH32 byte of these two. */
const HEADER = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]);

/** A frame of stored blocks: valid, and not smaller. */
export function lz4Stored(bytes: Buffer): Buffer {
  const parts: Buffer[] = [HEADER];
  for (let at = 0; at < bytes.length; at += STORED_BLOCK_BYTES) {
    const block = bytes.subarray(at, at + STORED_BLOCK_BYTES);
    const size = Buffer.alloc(4);
    size.writeUInt32LE((block.length | STORED) >>> 0);
    parts.push(size, block);
  }
  parts.push(Buffer.alloc(4));
  return Buffer.concat(parts);
}

/** Takes linked blocks too. @throws Error if the frame is damaged or holds more than `maxBytes` */
export function readLz4(frame: Buffer, maxBytes: number): Buffer {
  if (frame.length < 7 || frame.readUInt32LE(0) !== MAGIC) throw new Error('lz4: not an LZ4 frame');
  const flags = frame[4] as number;
  const blockTrailerBytes = flags & 0x10 ? 4 : 0;
  let at = 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0);
  const output = new GrowingOutput('lz4', maxBytes);
  for (;;) {
    if (at + 4 > frame.length) throw new Error('lz4: damaged, it ends too early');
    const word = frame.readUInt32LE(at);
    if (word === 0) return output.done();
    const end = at + 4 + (word & ~STORED);
    if (end > frame.length) throw new Error('lz4: damaged, it ends too early');
    if (word & STORED) output.add(frame, at + 4, end);
    else readBlock(frame.subarray(at + 4, end), output);
    at = end + blockTrailerBytes;
  }
}

/** Sequences of [token][more literal length][literals][distance 2][more match length]; the last one ends after its literals. */
function readBlock(block: Buffer, output: GrowingOutput): void {
  let at = 0;
  const more = (length: number): number => {
    if (length < 15) return length;
    for (;;) {
      const byte = block[at++];
      if (byte === undefined) throw new Error('lz4: damaged block');
      length += byte;
      if (byte < 255) return length;
    }
  };
  while (at < block.length) {
    const token = block[at++] as number;
    const literals = more(token >> 4);
    output.add(block, at, at + literals);
    at += literals;
    if (at === block.length) return;
    if (at + 2 > block.length) throw new Error('lz4: damaged block');
    const distance = block.readUInt16LE(at);
    at += 2;
    output.repeat(distance, more(token & 15) + 4);
  }
}
