import { expect } from 'chai';
import fc from 'fast-check';
import { FrameReader } from '../../../../zk/client/frame-reader.js';

const MAX_BYTES = 3_000_000;

function streamOf(frames: readonly Buffer[]): Buffer {
  return Buffer.concat(
    frames.flatMap((frame) => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(frame.length);
      return [length, frame];
    }),
  );
}

/** Feeds the stream in pieces of at most `sizes`, taken round and round. */
function read(stream: Buffer, sizes: readonly number[]): Buffer[] {
  const reader = new FrameReader(MAX_BYTES);
  const frames: Buffer[] = [];
  for (let at = 0, i = 0; at < stream.length; i++) {
    const space = reader.space();
    expect(space.length).to.be.greaterThan(0);
    const count = Math.min(sizes[i % sizes.length]!, space.length, stream.length - at);
    stream.copy(space, 0, at, at + count);
    at += count;
    reader.advance(count, (frame) => {
      frames.push(Buffer.from(frame));
      return true;
    });
  }
  return frames;
}

describe('FrameReader', () => {
  const frame = fc.integer({ min: 0, max: 100_000 }).map((length) => Buffer.alloc(length, length % 251));

  it('finds the frames however the stream is cut', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 6 }), sizes, (frames, pieces) => {
        expect(read(streamOf(frames), pieces).map((one) => one.toString('base64'))).to.deep.equal(
          frames.map((one) => one.toString('base64')),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('reads a large frame from small pieces, and frames after it', () => {
    const frames = [Buffer.alloc(2_500_000, 1), Buffer.from('x'), Buffer.alloc(70_000, 2)];
    expect(read(streamOf(frames), [1400])).to.deep.equal(frames);
  });

  it('allocates in proportion to what came, not to what a length announces', () => {
    const reader = new FrameReader(MAX_BYTES);
    const announced = Buffer.alloc(4);
    announced.writeInt32BE(MAX_BYTES);
    announced.copy(reader.space());
    reader.advance(4, () => true);
    expect(reader.space().length).to.be.at.most(64 * 1024);
  });

  it('refuses impossible lengths', () => {
    for (const length of [-1, MAX_BYTES + 1]) {
      const reader = new FrameReader(MAX_BYTES);
      reader.space().writeInt32BE(length);
      expect(() => reader.advance(4, () => true)).to.throw(RangeError);
    }
  });

  it('stops when told to', () => {
    const reader = new FrameReader(MAX_BYTES);
    const stream = streamOf([Buffer.from('a'), Buffer.from('b')]);
    stream.copy(reader.space());
    let seen = 0;
    reader.advance(stream.length, () => ++seen < 1);
    expect(seen).to.equal(1);
  });
});
