/**
 * The framing of snappy-java's SnappyOutputStream, which Kafka's clients write:
 * `\x82SNAPPY\0`, version int32, lowest compatible version int32, then [length int32][snappy block] to the end.
 * librdkafka writes one bare block without it; readers take both.
 * Source: org.xerial.snappy.SnappyCodec
 */
const MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const HEADER_BYTES = 16;
const VERSION = 1;
/** What one block holds before compression, as SnappyOutputStream's default. */
export const XERIAL_BLOCK_BYTES = 32 * 1024;

/** The pieces of a payload that are compressed one by one. */
export function xerialPieces(payload: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < payload.length; at += XERIAL_BLOCK_BYTES) {
    pieces.push(payload.subarray(at, at + XERIAL_BLOCK_BYTES));
  }
  return pieces;
}

/** Puts compressed pieces into one frame. */
export function writeXerial(blocks: readonly Buffer[]): Buffer {
  const size = blocks.reduce((sum, block) => sum + 4 + block.length, HEADER_BYTES);
  const frame = Buffer.allocUnsafe(size);
  frame.set(MAGIC, 0);
  frame.writeInt32BE(VERSION, 8);
  frame.writeInt32BE(VERSION, 12);
  let at = HEADER_BYTES;
  for (const block of blocks) {
    at = frame.writeInt32BE(block.length, at);
    frame.set(block, at);
    at += block.length;
  }
  return frame;
}

/**
 * The snappy blocks of a payload, framed or bare, once their decompressed sizes are known to be `maxBytes` at most together.
 * @throws Error if the frame is damaged or holds more
 */
export function readXerial(payload: Buffer, maxBytes: number): Buffer[] {
  const blocks = isFramed(payload) ? framedBlocks(payload) : [payload];
  const total = blocks.reduce((sum, block) => sum + decompressedLength(block), 0);
  if (total > maxBytes) throw new Error(`snappy: ${total} bytes decompressed, more than ${maxBytes}`);
  return blocks;
}

function isFramed(payload: Buffer): boolean {
  return payload.length >= HEADER_BYTES && payload.subarray(0, MAGIC.length).equals(MAGIC);
}

function framedBlocks(frame: Buffer): Buffer[] {
  const blocks: Buffer[] = [];
  let at = HEADER_BYTES;
  while (at < frame.length) {
    const length = at + 4 <= frame.length ? frame.readInt32BE(at) : -1;
    if (length < 0 || at + 4 + length > frame.length) throw new Error(`snappy: damaged frame at byte ${at}`);
    blocks.push(frame.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return blocks;
}

/** A snappy block begins with its decompressed length, an unsigned varint of 32 bits. */
function decompressedLength(block: Buffer): number {
  let length = 0;
  for (let at = 0; at < 5; at++) {
    const byte = block[at];
    if (byte === undefined) break;
    length += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return length;
  }
  throw new Error('snappy: damaged block');
}
