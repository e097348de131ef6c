import { expect } from 'chai';
import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import type { CompressionType } from '../../../../src/platform/codecs.js';
import { crc32cOf, crc32Of } from '../../../../src/platform/crc32.js';
import { silentLogger } from '../../../../src/platform/logger.js';
import { nodeCodecs } from '../../../../src/platform/node/codecs.js';

const TYPES: readonly CompressionType[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const codecs = nodeCodecs(silentLogger);

async function messageOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return (error as Error).message;
  }
  return 'none';
}

describe('codecs of Node', () => {
  it('compute the checksums everyone computes', () => {
    const digits = Buffer.from('x123456789x');
    expect(codecs.crc32c(digits, 1, 10)).to.equal(0xe3069283);
    expect(codecs.crc32(digits, 1, 10)).to.equal(0xcbf43926);
  });

  it('agree with the JavaScript twin at all lengths, in one go or in two', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.nat(2000), (array, cut) => {
        const bytes = Buffer.from(array);
        const middle = Math.min(cut, bytes.length);
        for (const [native, twin] of [
          [codecs.crc32c.bind(codecs), crc32cOf],
          [codecs.crc32.bind(codecs), crc32Of],
        ] as const) {
          const whole = native(bytes, 0, bytes.length);
          expect(twin(bytes, 0, bytes.length)).to.equal(whole);
          expect(native(bytes, middle, bytes.length, native(bytes, 0, middle))).to.equal(whole);
          expect(twin(bytes, middle, bytes.length, twin(bytes, 0, middle))).to.equal(whole);
        }
      }),
      { numRuns: 200 },
    );
  });

  for (const type of TYPES) {
    it(`bring ${type} there and back at all sizes`, async () => {
      for (const size of [0, 1, 100, 32 * 1024, 32 * 1024 + 1, 300_000]) {
        const bytes = Buffer.alloc(size);
        for (let at = 0; at < size; at++) bytes[at] = (at * at) >> 7;
        const packed = await codecs.compress(type, bytes);
        const unpacked = await codecs.decompress(type, packed, Math.max(size, 1));
        expect(unpacked.equals(bytes), `${size} bytes`).to.equal(true);
      }
    });

    it(`refuse ${type} that holds more than allowed, before it is all there`, async () => {
      const packed = await codecs.compress(type, Buffer.alloc(20_000_000));
      expect(await messageOf(codecs.decompress(type, packed, 10_000))).to.match(/more than 10000|larger than 10000/);
    });
  }

  it('refuse damaged payloads', async () => {
    for (const type of TYPES.filter((name) => name !== 'none')) {
      const packed = await codecs.compress(type, Buffer.from('some bytes that are worth packing'.repeat(10)));
      expect(await messageOf(codecs.decompress(type, packed.subarray(0, packed.length >> 1), 1000)), type).not.to.equal(
        'none',
      );
      expect(await messageOf(codecs.decompress(type, Buffer.from('nonsense'), 1000)), type).not.to.equal('none');
    }
  });

  it('read gzip members one after another, and bare snappy blocks', async () => {
    const two = Buffer.concat([gzipSync('one '), gzipSync('two')]);
    expect((await codecs.decompress('gzip', two, 100)).toString()).to.equal('one two');
    const framed = await codecs.compress('snappy', Buffer.from('bare'));
    const bare = framed.subarray(20);
    expect((await codecs.decompress('snappy', bare, 100)).toString()).to.equal('bare');
  });

  it('write what Java reads: xerial frames, independent LZ4 blocks', async () => {
    const snappy = await codecs.compress('snappy', Buffer.from('x'));
    expect(snappy.toString('latin1', 0, 8)).to.equal('\x82SNAPPY\0');
    expect([snappy.readInt32BE(8), snappy.readInt32BE(12)]).to.deep.equal([1, 1]);
    const lz4 = await codecs.compress('lz4', Buffer.alloc(1_000_000, 'xyz'));
    expect(lz4.readUInt32LE(0)).to.equal(0x184d2204);
    expect(lz4[4]! & 0b1110_0000, 'version 1, independent blocks').to.equal(0b0110_0000);
  });
});
