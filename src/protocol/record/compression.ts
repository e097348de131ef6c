import type { CompressionType } from '../../platform/codecs.js';

const BY_ID: readonly CompressionType[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

/** The compression of a batch by its attributes; undefined for the numbers 5 to 7, which nobody assigned. */
export function compressionOf(attributes: number): CompressionType | undefined {
  return BY_ID[attributes & 7];
}

/** `attributes & 7` for that compression. */
export function compressionId(type: CompressionType): number {
  return BY_ID.indexOf(type);
}
