import type { Codecs, CompressionType } from '../codecs.js';
import { crc32cOf, crc32Of } from '../crc32.js';
import { gzipStored, readGzip } from './gzip.js';
import { GrowingOutput } from './growing-output.js';
import { lz4Stored, readLz4 } from './lz4.js';
import { readSnappy, snappyStored } from './snappy.js';
import { readXerial, writeXerial, xerialPieces } from '../xerial.js';

/**
 * Checksums and compression in JavaScript, done at once, the same everywhere. What they write is valid for any reader but
 * not smaller: in a simulated run only the framing matters. zstd is not among them.
 */
export const pureCodecs: Codecs = {
  crc32c: crc32cOf,
  crc32: crc32Of,
  compress: (type, bytes) => settled(() => compress(type, bytes)),
  decompress: (type, bytes, maxBytes) => settled(() => decompress(type, bytes, maxBytes)),
};

function compress(type: CompressionType, bytes: Buffer): Buffer {
  switch (type) {
    case 'none':
      return bytes;
    case 'gzip':
      return gzipStored(bytes);
    case 'snappy':
      return writeXerial(xerialPieces(bytes).map(snappyStored));
    case 'lz4':
      return lz4Stored(bytes);
    case 'zstd':
      throw new Error('zstd compression needs the native package @mongodb-js/zstd');
  }
}

function decompress(type: CompressionType, bytes: Buffer, maxBytes: number): Buffer {
  switch (type) {
    case 'none':
      if (bytes.length > maxBytes) throw new Error(`none: ${bytes.length} bytes, more than ${maxBytes}`);
      return bytes;
    case 'gzip':
      return readGzip(bytes, maxBytes);
    case 'snappy': {
      const output = new GrowingOutput('snappy', maxBytes);
      for (const block of readXerial(bytes, maxBytes)) readSnappy(block, output);
      return output.done();
    }
    case 'lz4':
      return readLz4(bytes, maxBytes);
    case 'zstd':
      throw new Error('zstd compression needs the native package @mongodb-js/zstd');
  }
}

function settled(work: () => Buffer): Promise<Buffer> {
  try {
    return Promise.resolve(work());
  } catch (error) {
    return Promise.reject(error instanceof Error ? error : new Error(String(error)));
  }
}
