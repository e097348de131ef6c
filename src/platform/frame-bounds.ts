/**
 * How much a compressed frame can hold, told from its block headers before anything is decompressed: the libraries
 * allocate whatever a frame asks for, and a few kilobytes can ask for gigabytes. The sizes told are upper bounds: a block
 * may hold less than it could, hence the allowance. What comes out is measured again, exactly.
 */
const ALLOWANCE = 4;

/**
 * LZ4 frame: magic, FLG, BD, [content size 8], [dictionary id 4], header checksum, then blocks [size 4][data][checksum 4]
 * until a size of 0. The top bit of a size marks a block that is stored.
 * @throws Error if the frame is damaged, or could hold far more than `maxBytes`
 * Source: the LZ4 frame format, 1.6
 */
export function assertLz4Bound(frame: Buffer, maxBytes: number): void {
  if (frame.length < 7 || frame.readUInt32LE(0) !== 0x184d2204) throw new Error('lz4: not an LZ4 frame');
  const flags = frame[4] as number;
  const blockMaxBytes = 2 ** (8 + 2 * (((frame[5] as number) >> 4) & 7));
  const blockTrailerBytes = flags & 0x10 ? 4 : 0;
  let at = 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0);
  let bound = 0;
  while (at + 4 <= frame.length) {
    const size = frame.readUInt32LE(at);
    if (size === 0) break;
    bound += size & 0x80000000 ? size & 0x7fffffff : Math.min(blockMaxBytes, size * 255);
    at += 4 + (size & 0x7fffffff) + blockTrailerBytes;
  }
  assertBound('lz4', bound, blockMaxBytes, maxBytes);
}

const ZSTD_BLOCK_MAX_BYTES = 128 * 1024;

/**
 * zstd frame: magic, header descriptor, [window], [dictionary id], [content size], then blocks with a header of 3 bytes:
 * bit 0 last block, bits 1-2 raw 0, RLE 1 or compressed 2, the rest the size. Several frames may follow one another.
 * @throws Error if a frame is damaged, or they could hold far more than `maxBytes`
 * Source: RFC 8878
 */
export function assertZstdBound(frames: Buffer, maxBytes: number): void {
  let at = 0;
  let bound = 0;
  while (at + 5 <= frames.length) {
    const magic = frames.readUInt32LE(at);
    if (magic >= 0x184d2a50 && magic <= 0x184d2a5f && at + 8 <= frames.length) {
      at += 8 + frames.readUInt32LE(at + 4); // a skippable frame
      continue;
    }
    if (magic !== 0xfd2fb528) throw new Error('zstd: not a zstd frame');
    const descriptor = frames[at + 4] as number;
    at += 5 + zstdHeaderBytes(descriptor);
    let isLast = false;
    while (!isLast && at + 3 <= frames.length) {
      const header = frames.readUIntLE(at, 3);
      const kind = (header >> 1) & 3;
      const size = header >> 3;
      isLast = (header & 1) === 1;
      bound += kind === 2 ? ZSTD_BLOCK_MAX_BYTES : size;
      at += 3 + (kind === 1 ? 1 : size);
    }
    if (descriptor & 0x04) at += 4;
  }
  assertBound('zstd', bound, ZSTD_BLOCK_MAX_BYTES, maxBytes);
}

function zstdHeaderBytes(descriptor: number): number {
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const contentSizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] as number;
  const dictionaryIdBytes = [0, 1, 2, 4][descriptor & 3] as number;
  return (isSingleSegment ? 0 : 1) + dictionaryIdBytes + contentSizeBytes;
}

function assertBound(type: string, bound: number, blockMaxBytes: number, maxBytes: number): void {
  if (bound > ALLOWANCE * maxBytes + blockMaxBytes) {
    throw new Error(`${type}: up to ${bound} bytes decompressed, more than ${maxBytes}`);
  }
}
