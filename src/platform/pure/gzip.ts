import { crc32Of } from '../crc32.js';
import { GrowingOutput } from './growing-output.js';
import { inflate } from './inflate.js';

/** gzip members. Source: RFC 1952 */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
const STORED_BLOCK_BYTES = 65_535;

/** One member of stored blocks: valid, and not smaller. */
export function gzipStored(bytes: Buffer): Buffer {
  const parts: Buffer[] = [HEADER];
  let at = 0;
  do {
    const block = bytes.subarray(at, at + STORED_BLOCK_BYTES);
    at += block.length;
    const header = Buffer.alloc(5);
    header[0] = at === bytes.length ? 1 : 0;
    header.writeUInt16LE(block.length, 1);
    header.writeUInt16LE(~block.length & 0xffff, 3);
    parts.push(header, block);
  } while (at < bytes.length);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32Of(bytes, 0, bytes.length), 0);
  trailer.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([...parts, trailer]);
}

/** All members, one after another. @throws Error if one is damaged, or they hold more than `maxBytes` */
export function readGzip(bytes: Buffer, maxBytes: number): Buffer {
  const output = new GrowingOutput('gzip', maxBytes);
  let at = 0;
  do {
    at = readMember(bytes, at, output);
  } while (at < bytes.length);
  return output.done();
}

function readMember(bytes: Buffer, start: number, output: GrowingOutput): number {
  if (start + 18 > bytes.length || bytes.readUIntBE(start, 3) !== 0x1f8b08) throw new Error('gzip: not a gzip member');
  const flags = bytes[start + 3] as number;
  let at = start + 10;
  if (flags & 0x04) at += 2 + bytes.readUInt16LE(at);
  if (flags & 0x08) at = afterText(bytes, at);
  if (flags & 0x10) at = afterText(bytes, at);
  if (flags & 0x02) at += 2;
  const begin = output.length;
  const end = inflate(bytes, at, output);
  if (end + 8 > bytes.length) throw new Error('gzip: damaged, it ends too early');
  const contents = output.since(begin);
  if (bytes.readUInt32LE(end) !== crc32Of(contents, 0, contents.length)) throw new Error('gzip: wrong checksum');
  return end + 8;
}

/** A name or comment ends with a zero. */
function afterText(bytes: Buffer, at: number): number {
  const zero = bytes.indexOf(0, at);
  if (zero === -1) throw new Error('gzip: damaged, it ends too early');
  return zero + 1;
}
