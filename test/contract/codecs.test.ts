import { expect } from 'chai';
import { silentLogger } from '../../src/platform/logger.js';
import { nodeCodecs } from '../../src/platform/node/codecs.js';
import { pureCodecs } from '../../src/platform/pure/codecs.js';

const native = nodeCodecs(silentLogger);
const missing = (): never => {
  throw new Error('no binary for this machine');
};
const SIZES = [0, 1, 59, 60, 61, 300, 32 * 1024, 65_535, 65_536, 200_000];

/** Runs, texts and noise, so that all kinds of elements occur. */
function sample(size: number): Buffer {
  const bytes = Buffer.alloc(size, 'the quick brown fox jumps over the lazy dog; ');
  for (let at = 0; at < size; at++) if (at % 7000 < 2000) bytes[at] = (Math.imul(at, 2654435761) >>> 13) & 0xff;
  for (let at = 0; at < size; at++) if (at % 11_000 > 10_000) bytes[at] = 0;
  return bytes;
}

describe('Codecs contract (node and sim read one another)', () => {
  for (const type of ['none', 'gzip', 'snappy', 'lz4'] as const) {
    it(type, async () => {
      for (const size of SIZES) {
        const bytes = sample(size);
        for (const writer of [native, pureCodecs]) {
          const packed = await writer.compress(type, bytes);
          for (const reader of [native, pureCodecs]) {
            const unpacked = await reader.decompress(type, packed, Math.max(1, size));
            expect(unpacked.equals(bytes), `${size} bytes`).to.equal(true);
          }
        }
      }
    });

    it(`${type}: damaged or too big is refused, never anything else`, async () => {
      const packed = await native.compress(type, sample(20_000));
      let refused = 0;
      for (let at = 0; at < packed.length; at += 1 + (at >> 4)) {
        const damaged = Buffer.from(packed);
        damaged[at] = (damaged[at] ?? 0) ^ 0x55;
        await pureCodecs.decompress(type, damaged, 100_000).catch((error: unknown) => {
          refused++;
          expect(error).to.be.instanceOf(Error);
        });
      }
      if (type !== 'none') expect(refused).to.be.greaterThan(0);
      const tooBig = await pureCodecs.decompress(type, packed, 19_999).catch((error: unknown) => error);
      expect(tooBig).to.be.instanceOf(Error);
    });
  }

  it('zstd is for Node alone, and says so', async () => {
    const refused = await pureCodecs.compress('zstd', Buffer.alloc(1)).catch((error: unknown) => error);
    expect((refused as Error).message).to.match(/zstd .*needs the native package/);
  });

  it('Node falls back on JavaScript where a package has no binary, and warns once', async () => {
    const warnings: string[] = [];
    const logger = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
    const codecs = nodeCodecs(logger, { crc: missing, snappy: missing, lz4: missing, zstd: missing });
    const bytes = sample(1000);
    for (const type of ['snappy', 'lz4'] as const) {
      for (let time = 0; time < 2; time++) {
        const packed = await codecs.compress(type, bytes);
        expect((await codecs.decompress(type, packed, 1000)).equals(bytes)).to.equal(true);
        expect((await native.decompress(type, packed, 1000)).equals(bytes)).to.equal(true);
      }
    }
    expect(codecs.crc32c(bytes, 0, 1000)).to.equal(native.crc32c(bytes, 0, 1000));
    const refused = await codecs.compress('zstd', bytes).catch((error: unknown) => error);
    expect((refused as Error).message).to.match(/zstd .*needs the native package/);
    expect(warnings).to.have.length(4);
  });
});
