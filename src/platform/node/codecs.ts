import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import type { Codecs, CompressionType } from '../codecs.js';
import { crc32cOf, crc32Of } from '../crc32.js';
import { assertLz4Bound, assertZstdBound } from '../frame-bounds.js';
import type { Logger } from '../logger.js';
import { readXerial, writeXerial, xerialPieces } from '../xerial.js';

/** From here on the native checksum wins over the JavaScript one, whose call costs nothing. */
const NATIVE_CRC_FROM_BYTES = 512;
/** Up to here gzip works at once; more would hold up the loop, and goes to a thread. */
const INLINE_GZIP_BYTES = 16 * 1024;

const gzip = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gzip);
const gunzip = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip);

/**
 * Native checksums and compression. Each native package is loaded when it is first needed; `logger` hears once of a
 * checksum package that has no binary for this machine, for which the JavaScript twin stands in.
 */
export function nodeCodecs(logger: Logger): Codecs {
  const native = loadNativeCrc(logger);
  return {
    crc32c: native === undefined ? crc32cOf : nativeCrc(native.crc32c, crc32cOf),
    crc32: native === undefined ? crc32Of : nativeCrc(native.crc32, crc32Of),
    compress,
    decompress,
  };
}

type NativeCrc = (bytes: Uint8Array, seed?: number) => number;

function loadNativeCrc(logger: Logger): { crc32: NativeCrc; crc32c: NativeCrc } | undefined {
  try {
    return createRequire(import.meta.url)('@node-rs/crc32') as { crc32: NativeCrc; crc32c: NativeCrc };
  } catch (error) {
    logger.warn(
      'No native CRC-32C for this machine: checksums are computed in JavaScript, at a third of the speed',
      error,
    );
    return undefined;
  }
}

function nativeCrc(native: NativeCrc, twin: Codecs['crc32c']): Codecs['crc32c'] {
  return (bytes, start, end, seed = 0) =>
    end - start < NATIVE_CRC_FROM_BYTES ? twin(bytes, start, end, seed) : native(bytes.subarray(start, end), seed);
}

async function compress(type: CompressionType, bytes: Buffer, level?: number): Promise<Buffer> {
  switch (type) {
    case 'none':
      return bytes;
    case 'gzip':
      return compressGzip(bytes, level);
    case 'snappy': {
      const snappy = await import('snappy');
      return writeXerial(await Promise.all(xerialPieces(bytes).map((piece) => snappy.compress(piece))));
    }
    case 'lz4':
      return (await import('lz4-napi')).compressFrame(bytes);
    case 'zstd':
      return (await import('@mongodb-js/zstd')).compress(bytes, level);
  }
}

async function decompress(type: CompressionType, bytes: Buffer, maxBytes: number): Promise<Buffer> {
  switch (type) {
    case 'none':
      return assertLength(type, bytes, maxBytes);
    case 'gzip':
      return decompressGzip(bytes, maxBytes);
    case 'snappy': {
      const snappy = await import('snappy');
      const blocks = readXerial(bytes, maxBytes).map((block) => snappy.uncompress(block, { asBuffer: true }));
      return Buffer.concat((await Promise.all(blocks)) as Buffer[]);
    }
    case 'lz4': {
      const lz4 = await import('lz4-napi');
      assertLz4Bound(bytes, maxBytes);
      return assertLength(type, await lz4.decompressFrame(bytes), maxBytes);
    }
    case 'zstd': {
      const zstd = await import('@mongodb-js/zstd');
      assertZstdBound(bytes, maxBytes);
      return assertLength(type, await zstd.decompress(bytes), maxBytes);
    }
  }
}

function compressGzip(bytes: Buffer, level = zlib.constants.Z_DEFAULT_COMPRESSION): Buffer | Promise<Buffer> {
  return bytes.length <= INLINE_GZIP_BYTES ? zlib.gzipSync(bytes, { level }) : gzip(bytes, { level });
}

function decompressGzip(bytes: Buffer, maxBytes: number): Buffer | Promise<Buffer> {
  const options = { maxOutputLength: Math.max(1, maxBytes) };
  return bytes.length <= INLINE_GZIP_BYTES ? zlib.gunzipSync(bytes, options) : gunzip(bytes, options);
}

function assertLength(type: CompressionType, bytes: Buffer, maxBytes: number): Buffer {
  if (bytes.length > maxBytes) throw new Error(`${type}: ${bytes.length} bytes decompressed, more than ${maxBytes}`);
  return bytes;
}
