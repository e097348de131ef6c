import type { Codecs, CompressionType } from '../codecs.js';
import { crc32cOf, crc32Of } from '../crc32.js';

/** Checksums in JavaScript, run at once; of the compressions none so far. */
export const simCodecs: Codecs = {
  crc32c: crc32cOf,
  crc32: crc32Of,
  compress: (type, bytes) => (type === 'none' ? Promise.resolve(bytes) : Promise.reject(unsupported(type))),
  decompress: (type, bytes) => (type === 'none' ? Promise.resolve(bytes) : Promise.reject(unsupported(type))),
};

function unsupported(type: CompressionType): Error {
  return new Error(`${type} compression is not part of the simulator`);
}
