/** `attributes & 7` of a record batch: none 0, gzip 1, snappy 2, lz4 3, zstd 4. */
export type CompressionType = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** Checksums and compression: native in platform/node, one pinned JavaScript set in the simulator and the browser. */
export interface Codecs {
  /** CRC-32C (Castagnoli) of bytes[start, end), going on from `seed`; unsigned. */
  crc32c(bytes: Buffer, start: number, end: number, seed?: number): number;
  /** CRC-32 (IEEE, as zlib's) of bytes[start, end); unsigned. */
  crc32(bytes: Buffer, start: number, end: number, seed?: number): number;
  /** Whole payload in Kafka's framing of that type (xerial for snappy, LZ4 frame, zstd frame, gzip member). */
  compress(type: CompressionType, bytes: Buffer, level?: number): Promise<Buffer>;
  /** @throws Error if the payload is damaged or longer than `maxBytes` */
  decompress(type: CompressionType, bytes: Buffer, maxBytes: number): Promise<Buffer>;
}
