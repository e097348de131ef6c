import { expect } from 'chai';
import fc from 'fast-check';
import { BufferPool } from '../../../src/network/buffer-pool.js';
import { FrameReader, InvalidReceiveError, ReceiveBuffers } from '../../../src/network/frame-reader.js';
import { framed } from './fakes.js';

const MAX_FRAME = 8_000_000;

class Collector {
  readonly frames: Buffer[] = [];
  refuse = false;
  onFrame(bytes: Buffer, start: number, end: number): boolean {
    if (this.refuse) return false;
    this.frames.push(Buffer.from(bytes.subarray(start, end)));
    return true;
  }
}

function setUp(landingBytes = 256) {
  const pool = new BufferPool(1 << 26);
  const buffers = new ReceiveBuffers(pool, landingBytes);
  const sink = new Collector();
  return { pool, buffers, sink, reader: new FrameReader(buffers, MAX_FRAME, sink) };
}

function feed(reader: FrameReader, bytes: Buffer, chunk = bytes.length): void {
  for (let at = 0; at < bytes.length;) {
    const target = reader.buffer();
    expect(target.length).greaterThan(0);
    const count = Math.min(target.length, chunk, bytes.length - at);
    bytes.copy(target, 0, at, at + count);
    at += count;
    reader.received(count);
  }
}

describe('FrameReader', () => {
  it('cuts frames that come byte by byte', () => {
    const { reader, sink } = setUp();
    feed(reader, framed('one', '', 'three'), 1);
    expect(sink.frames.map(String)).deep.equal(['one', '', 'three']);
  });

  it('cuts any frames out of any chunks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 10 }),
        (bodies, chunks) => {
          const { reader, sink } = setUp();
          const bytes = framed(...bodies.map((body) => Buffer.from(body)));
          for (let at = 0, turn = 0; at < bytes.length; turn++) {
            const chunk = bytes.subarray(at, at + chunks[turn % chunks.length]!);
            feed(reader, chunk);
            at += chunk.length;
          }
          expect(sink.frames.map((frame) => frame.toString('hex'))).deep.equal(
            bodies.map((body) => Buffer.from(body).toString('hex')),
          );
          expect(reader.heldBytes).equal(0);
        },
      ),
    );
  });

  it('reads frames far larger than its buffers', () => {
    const { reader, sink } = setUp();
    const body = Buffer.alloc(5_000_000, 7);
    feed(reader, framed('a', body, 'b'), 100_000);
    expect(sink.frames.map((frame) => frame.length)).deep.equal([1, 5_000_000, 1]);
    expect(sink.frames[1]!.equals(body)).equal(true);
  });

  it('does not allocate what a peer merely claims', () => {
    const { reader } = setUp(262144);
    const length = Buffer.alloc(4);
    length.writeInt32BE(MAX_FRAME);
    feed(reader, length);
    expect(reader.buffer().length).lessThan(1_200_000);
  });

  it('hands several connections the same landing buffer and keeps their half frames apart', () => {
    const { buffers, sink, reader } = setUp();
    const otherSink = new Collector();
    const other = new FrameReader(buffers, MAX_FRAME, otherSink);
    const mine = framed('mine-1', 'mine-2');
    const yours = framed('yours-1', 'yours-2');
    feed(reader, mine.subarray(0, 13));
    feed(other, yours.subarray(0, 3));
    feed(reader, mine.subarray(13));
    feed(other, yours.subarray(3));
    expect(sink.frames.map(String)).deep.equal(['mine-1', 'mine-2']);
    expect(otherSink.frames.map(String)).deep.equal(['yours-1', 'yours-2']);
  });

  it('holds no buffer while nothing is half read', () => {
    const { reader, buffers, pool } = setUp(262144);
    feed(reader, framed('first').subarray(0, 7));
    expect(reader.buffer().buffer).not.equal(buffers.landing.buffer);
    feed(reader, framed('first').subarray(7));
    expect(reader.buffer()).equal(buffers.landing);
    expect(pool.keptBytes).greaterThan(0);
  });

  it('keeps a refused frame, reads on behind it, and offers it again', () => {
    const { reader, sink } = setUp();
    sink.refuse = true;
    feed(reader, framed('one', 'two'));
    const offered = reader.buffer(); // the socket may be told to read here before we go on
    sink.refuse = false;
    reader.resume();
    expect(sink.frames.map(String)).deep.equal(['one', 'two']);
    const rest = framed('three');
    rest.copy(offered);
    reader.received(rest.length);
    expect(sink.frames.map(String)).deep.equal(['one', 'two', 'three']);
  });

  for (const size of [-1, -2147483648, MAX_FRAME + 1]) {
    it(`refuses a length of ${size}`, () => {
      const { reader } = setUp();
      const length = Buffer.alloc(4);
      length.writeInt32BE(size);
      expect(() => feed(reader, length)).throws(
        InvalidReceiveError,
        size < 0 ? `Invalid receive (size = ${size})` : `Invalid receive (size = ${size} larger than ${MAX_FRAME})`,
      );
    });
  }

  it('keeps a large buffer between large frames, within bounds, and gives it back when they end', () => {
    const { reader, buffers } = setUp();
    const large = framed(Buffer.alloc(500_000));
    feed(reader, large);
    expect(reader.buffer().length).greaterThan(500_000);
    for (let i = 0; i < 20; i++) feed(reader, framed('x'));
    expect(reader.buffer()).equal(buffers.landing);

    const stingy = new FrameReader(new ReceiveBuffers(new BufferPool(0), 256, 1000), MAX_FRAME, new Collector());
    feed(stingy, large);
    expect(stingy.buffer().length).equal(256);
  });

  it('may be released by the very frame it hands out', () => {
    const { buffers } = setUp();
    const seen: string[] = [];
    const reader: FrameReader = new FrameReader(buffers, MAX_FRAME, {
      onFrame: (bytes, start, end) => {
        seen.push(bytes.toString('utf8', start, end));
        reader.release();
        return true;
      },
    });
    feed(reader, framed('one', 'two'));
    expect(seen).deep.equal(['one']);
    expect(reader.buffer()).equal(buffers.landing);
  });
});

describe('BufferPool', () => {
  it('gives back what it was given, by size class', () => {
    const pool = new BufferPool(1 << 20);
    const buffer = pool.take(5000);
    expect(buffer.length).equal(16384);
    pool.give(buffer);
    expect(pool.keptBytes).equal(16384);
    expect(pool.take(10000)).equal(buffer);
    expect(pool.keptBytes).equal(0);
  });

  it('keeps no more than its bound, and nothing of no class', () => {
    const pool = new BufferPool(20000);
    pool.give(pool.take(16384));
    pool.give(Buffer.allocUnsafeSlow(16384));
    pool.give(Buffer.allocUnsafeSlow(100));
    expect(pool.keptBytes).equal(16384);
    const huge = pool.take(50_000_000);
    expect(huge.length).equal(50_000_000);
    pool.give(huge);
    expect(pool.keptBytes).equal(16384);
  });
});
