import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import type { Codecs, CompressionType } from '../codecs.js';
import { crc32cOf, crc32Of } from '../crc32.js';
import { assertLz4Bound, assertZstdBound } from '../frame-bounds.js';
import type { Logger } from '../logger.js';
import { pureCodecs } from '../pure/codecs.js';
import { readXerial, writeXerial, xerialPieces } from '../xerial.js';

/** From here on the native checksum wins over the JavaScript one, whose call costs nothing. */
const NATIVE_CRC_FROM_BYTES = 512;
/** Up to here gzip works at once; more would hold up the loop, and goes to a thread. */
const INLINE_GZIP_BYTES = 16 * 1024;

const gzip = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gzip);
const gunzip = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip);

/** How the native packages are loaded; each throws where it has no binary for this machine. */
export interface NativePackages {
  crc(): { crc32: NativeCrc; crc32c: NativeCrc };
  snappy(): Promise<typeof import('snappy')>;
  lz4(): Promise<typeof import('lz4-napi')>;
  zstd(): Promise<typeof import('@mongodb-js/zstd')>;
}

type NativeCrc = (bytes: Uint8Array, seed?: number) => number;

const PACKAGES: NativePackages = {
  crc: () => createRequire(import.meta.url)('@node-rs/crc32') as { crc32: NativeCrc; crc32c: NativeCrc },
  snappy: () => import('snappy'),
  lz4: () => import('lz4-napi'),
  zstd: () => import('@mongodb-js/zstd'),
};

/**
 * Native checksums and compression, each package loaded when it is first needed. Where one has no binary for this machine
 * its JavaScript twin stands in, and `logger` hears of it once.
 */
export function nodeCodecs(logger: Logger, packages: NativePackages = PACKAGES): Codecs {
  const warned = new Set<string>();
  const warn = (name: string, error: unknown): void => {
    if (!warned.has(name)) logger.warn(`The native package ${name} cannot be loaded: JavaScript stands in`, error);
    warned.add(name);
  };
  const onDemand = async <T>(name: string, load: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await load();
    } catch (error) {
      warn(name, error);
      return undefined;
    }
  };
  const native: LoadedOnDemand = {
    snappy: () => onDemand('snappy', () => packages.snappy()),
    lz4: () => onDemand('lz4-napi', () => packages.lz4()),
    zstd: () => onDemand('@mongodb-js/zstd', () => packages.zstd()),
  };
  const crc = loadCrc(packages, warn);
  return {
    crc32c: crc === undefined ? crc32cOf : nativeCrc(crc.crc32c, crc32cOf),
    crc32: crc === undefined ? crc32Of : nativeCrc(crc.crc32, crc32Of),
    compress: (type, bytes, level) => compress(native, type, bytes, level),
    decompress: (type, bytes, maxBytes) => decompress(native, type, bytes, maxBytes),
  };
}

function loadCrc(
  packages: NativePackages,
  warn: (name: string, error: unknown) => void,
): ReturnType<NativePackages['crc']> | undefined {
  try {
    return packages.crc();
  } catch (error) {
    warn('@node-rs/crc32', error);
    return undefined;
  }
}

/** Undefined: the twin has to do it. */
type LoadedOnDemand = {
  readonly [Name in 'snappy' | 'lz4' | 'zstd']: () => Promise<Awaited<ReturnType<NativePackages[Name]>> | undefined>;
};

function nativeCrc(native: NativeCrc, twin: Codecs['crc32c']): Codecs['crc32c'] {
  return (bytes, start, end, seed = 0) =>
    end - start < NATIVE_CRC_FROM_BYTES ? twin(bytes, start, end, seed) : native(bytes.subarray(start, end), seed);
}

async function compress(
  native: LoadedOnDemand,
  type: CompressionType,
  bytes: Buffer,
  level: number | undefined,
): Promise<Buffer> {
  switch (type) {
    case 'none':
      return bytes;
    case 'gzip':
      return compressGzip(bytes, level);
    case 'snappy': {
      const snappy = await native.snappy();
      if (snappy === undefined) return pureCodecs.compress(type, bytes);
      return writeXerial(await Promise.all(xerialPieces(bytes).map((piece) => snappy.compress(piece))));
    }
    case 'lz4': {
      const lz4 = await native.lz4();
      return lz4 === undefined ? pureCodecs.compress(type, bytes) : lz4.compressFrame(bytes);
    }
    case 'zstd': {
      const zstd = await native.zstd();
      return zstd === undefined ? pureCodecs.compress(type, bytes) : zstd.compress(bytes, level);
    }
  }
}

async function decompress(
  native: LoadedOnDemand,
  type: CompressionType,
  bytes: Buffer,
  maxBytes: number,
): Promise<Buffer> {
  switch (type) {
    case 'none':
      return assertLength(type, bytes, maxBytes);
    case 'gzip':
      return decompressGzip(bytes, maxBytes);
    case 'snappy': {
      const snappy = await native.snappy();
      if (snappy === undefined) return pureCodecs.decompress(type, bytes, maxBytes);
      const blocks = readXerial(bytes, maxBytes).map((block) => snappy.uncompress(block, { asBuffer: true }));
      return Buffer.concat((await Promise.all(blocks)) as Buffer[]);
    }
    case 'lz4': {
      const lz4 = await native.lz4();
      if (lz4 === undefined) return pureCodecs.decompress(type, bytes, maxBytes);
      assertLz4Bound(bytes, maxBytes);
      return assertLength(type, await lz4.decompressFrame(bytes), maxBytes);
    }
    case 'zstd': {
      const zstd = await native.zstd();
      if (zstd === undefined) return pureCodecs.decompress(type, bytes, maxBytes);
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
