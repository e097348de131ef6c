import { expect } from 'chai';
import { silentLogger } from '../../src/platform/logger.js';
import { nodeCodecs } from '../../src/platform/node/codecs.js';
import { simCodecs } from '../../src/platform/sim/codecs.js';

const native = nodeCodecs(silentLogger);
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
        for (const writer of [native, simCodecs]) {
          const packed = await writer.compress(type, bytes);
          for (const reader of [native, simCodecs]) {
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
        await simCodecs.decompress(type, damaged, 100_000).catch((error: unknown) => {
          refused++;
          expect(error).to.be.instanceOf(Error);
        });
      }
      if (type !== 'none') expect(refused).to.be.greaterThan(0);
      const tooBig = await simCodecs.decompress(type, packed, 19_999).catch((error: unknown) => error);
      expect(tooBig).to.be.instanceOf(Error);
    });
  }

  it('zstd is for Node alone, and says so', async () => {
    const refused = await simCodecs.compress('zstd', Buffer.alloc(1)).catch((error: unknown) => error);
    expect((refused as Error).message).to.match(/zstd .*not part of the simulator/);
  });
});
