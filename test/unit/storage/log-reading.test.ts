import { expect } from 'chai';
import { buildBatch } from '../../../src/protocol/record/batch-builder.js';
import { stampBatch } from '../../../src/protocol/record/record-batch.js';
import { breachOfRetention } from '../../../src/storage/log-retention.js';
import { aBatch, aLogConfig, LogBench } from '../../support/log-fixtures.js';

const smallSegments = aLogConfig({ segmentBytes: 300 });

function filled(bench: LogBench, count: number, config = smallSegments) {
  const log = bench.open({ config });
  for (let i = 0; i < count; i++) log.appendAsLeader(aBatch([`value ${i}`]), 0, 'client');
  return log;
}

describe('reading a log', () => {
  it('gives at most what was asked for, but one batch if need be', () => {
    const log = filled(new LogBench(), 3, aLogConfig());
    const size = aBatch(['value 0']).length;
    const sizeOf = (maxBytes: number, minOne: boolean, upper = 3) => {
      const slice = log.read(0, maxBytes, upper, minOne);
      slice.release();
      return slice.sizeInBytes;
    };
    expect(sizeOf(1_000_000, false)).to.equal(3 * size);
    expect(sizeOf(2 * size, false)).to.equal(2 * size);
    expect(sizeOf(size + 5, false)).to.equal(size + 5); // cut off, as Kafka does
    expect(sizeOf(10, false)).to.equal(0);
    expect(sizeOf(10, true)).to.equal(size);
    expect(log.read(0, 10, 3, true).firstBatchTooLarge).to.equal(true);
    expect(sizeOf(1_000_000, true, 2)).to.equal(2 * size);
    expect(sizeOf(1_000_000, true, 0)).to.equal(0);
  });

  it('knows nothing beyond its ends', () => {
    const log = filled(new LogBench(), 3);
    expect(log.read(3, 100, 3, true).sizeInBytes).to.equal(0);
    expect(() => log.read(4, 100, 3, true))
      .to.throw()
      .with.property('error', 'OFFSET_OUT_OF_RANGE');
    expect(() => log.read(-1, 100, 3, true))
      .to.throw()
      .with.property('error', 'OFFSET_OUT_OF_RANGE');
  });

  it('finds every offset after hundreds of batches, recent or not', () => {
    const log = filled(new LogBench(), 400, aLogConfig({ indexIntervalBytes: 500 }));
    for (let offset = 0; offset < 400; offset++) {
      const slice = log.read(offset, 1, offset + 1, true);
      const bytes = Buffer.alloc(slice.sizeInBytes);
      slice.copyTo(bytes, 0);
      expect(Number(bytes.readBigInt64BE(0))).to.equal(offset);
      expect(slice.sizeInBytes).to.equal(aBatch([`value ${offset}`]).length);
    }
  });

  it('steps over offsets that cleaning left empty', () => {
    const log = new LogBench().open();
    for (const base of [0, 5, 9]) {
      const batch = aBatch(['x']);
      stampBatch(batch, 0, base, 0);
      log.appendAsFollower(batch);
    }
    const bytes = Buffer.alloc(12);
    const slice = log.read(2, 12, 10, false);
    expect(slice.sizeInBytes).to.equal(0); // no whole batch fits
    log.read(2, 1000, 6, true).copyTo(Buffer.alloc(1000), 0);
    const whole = log.read(1, 1000, 10, true);
    const target = Buffer.alloc(whole.sizeInBytes);
    whole.copyTo(target, 0);
    expect(Number(target.readBigInt64BE(0))).to.equal(5);
    expect(bytes).to.have.length(12);
  });

  it('keeps a segment readable for who holds a slice of it, removed or not', async () => {
    const bench = new LogBench();
    const log = filled(bench, 20);
    log.updateHighWatermark(20);
    const slice = log.read(0, 100, 20, true);
    log.maybeIncrementLogStartOffset(20);
    expect(log.deleteOldSegments()).to.be.greaterThan(2);
    await bench.world.runFor(100_000);
    const bytes = await bench.world.complete(slice.load());
    expect(Number(bytes.readBigInt64BE(0))).to.equal(0);
  });

  it('finds records by time: the first at or after it, the earliest, the latest, the largest', async () => {
    const log = new LogBench().open({ config: aLogConfig({ segmentBytes: 400, indexIntervalBytes: 100 }) });
    const times = [100, 300, 200, 500, 400, 700, 600, 700];
    for (const t of times)
      log.appendAsLeader(buildBatch({ records: [{ timestamp: t }, { timestamp: t + 1 }] }), 2, 'client');
    for (const asked of [0, 100, 101, 102, 250, 301, 302, 500, 650, 701]) {
      const all = times.flatMap((t) => [t, t + 1]);
      const first = all.findIndex((t) => t >= asked);
      expect(await log.offsetForTimestamp(asked), String(asked)).to.deep.equal({
        offset: first,
        timestamp: all[first],
        leaderEpoch: 2,
      });
    }
    expect(await log.offsetForTimestamp(702)).to.equal(undefined);
    expect(await log.offsetForTimestamp(-1)).to.deep.equal({ offset: 16, timestamp: -1, leaderEpoch: 2 });
    expect(await log.offsetForTimestamp(-2)).to.deep.equal({ offset: 0, timestamp: -1, leaderEpoch: 2 });
    expect(await log.offsetForTimestamp(-3)).to.deep.equal({ offset: 11, timestamp: 701, leaderEpoch: 2 });
  });
});

describe('a follower', () => {
  it('takes several batches at once and leaves a torn one out', () => {
    const log = new LogBench().open();
    const batches = [0, 1, 2].map((base) => {
      const batch = aBatch(['x']);
      stampBatch(batch, 0, base, base);
      return batch;
    });
    const bytes = Buffer.concat(batches);
    expect(log.appendAsFollower(bytes.subarray(0, -1))).to.include({ firstOffset: 0, lastOffset: 1 });
    expect(log.latestEpoch).to.equal(1);
    expect(() => log.appendAsFollower(bytes)).to.throw(/below the log end/);
    const damaged = Buffer.from(batches[2]!).fill(7, 66, 67);
    expect(() => log.appendAsFollower(damaged))
      .to.throw()
      .with.property('error', 'CORRUPT_MESSAGE');
    expect(log.logEndOffset).to.equal(2);
  });

  it('begins with a whole batch where the leader starts within one', () => {
    const log = new LogBench().open();
    log.truncateFullyAndStartAt(7);
    const batch = aBatch(['a', 'b', 'c']);
    stampBatch(batch, 0, 5, 2);
    expect(log.appendAsFollower(batch)).to.include({ firstOffset: 5, lastOffset: 7 });
    expect(log.logStartOffset).to.equal(5);
    log.updateHighWatermark(8);
    log.maybeIncrementLogStartOffset(7);
    expect(log.read(7, 1000, 8, true).sizeInBytes).to.equal(batch.length);
  });

  it('tells where an epoch ends', () => {
    const log = new LogBench().open();
    for (const epoch of [1, 1, 4]) log.appendAsLeader(aBatch(['x']), epoch, 'client');
    log.assignEpochStart(6);
    expect(log.endOffsetForEpoch(0)).to.deep.equal({ epoch: 0, endOffset: 0 });
    expect(log.endOffsetForEpoch(1)).to.deep.equal({ epoch: 1, endOffset: 2 });
    expect(log.endOffsetForEpoch(3)).to.deep.equal({ epoch: 1, endOffset: 2 });
    expect(log.endOffsetForEpoch(5)).to.deep.equal({ epoch: 4, endOffset: 3 });
    expect(log.endOffsetForEpoch(6)).to.deep.equal({ epoch: 6, endOffset: 3 });
    expect(log.endOffsetForEpoch(7)).to.deep.equal({ epoch: -1, endOffset: -1 });
    expect(log.endOffsetForEpoch(-1)).to.deep.equal({ epoch: -1, endOffset: -1 });
    expect(log.truncateTo(3)).to.equal(false); // nothing to drop, but the epoch without records goes
    expect(log.latestEpoch).to.equal(4);
  });
});

describe('retention', () => {
  const segments = [0, 10, 20, 30].map((baseOffset) => ({ baseOffset, size: 100, ageTimestamp: 1000 + baseOffset }));
  const log = { logStartOffset: 0, logEndOffset: 40, highWatermark: 40, nowMs: 2000 };
  const config = { retentionMs: -1, retentionBytes: -1, cleanupPolicy: { delete: true, compact: false } };
  const count = (l: Partial<typeof log>, c: Partial<typeof config>) =>
    breachOfRetention(segments, { ...log, ...l }, { ...config, ...c }).count;

  it('removes what is too old', () => {
    expect(count({}, { retentionMs: 985 })).to.equal(2);
    expect(count({}, { retentionMs: 1000 })).to.equal(0);
    expect(count({}, { retentionMs: 1 })).to.equal(4);
  });

  it('removes whole segments as long as enough bytes stay', () => {
    expect(count({}, { retentionBytes: 250 })).to.equal(1);
    expect(count({}, { retentionBytes: 200 })).to.equal(2);
    expect(count({}, { retentionBytes: 400 })).to.equal(0);
  });

  it('removes what lies below the log start, also of a compacted topic', () => {
    const compact = { cleanupPolicy: { delete: false, compact: true }, retentionMs: 1 };
    expect(count({ logStartOffset: 25 }, compact)).to.equal(2);
    expect(count({ logStartOffset: 30 }, compact)).to.equal(3);
  });

  it('never removes what is not replicated', () => {
    expect(count({ highWatermark: 15 }, { retentionMs: 1 })).to.equal(1);
  });

  it('keeps an empty active segment', () => {
    const withEmpty = [...segments, { baseOffset: 40, size: 0, ageTimestamp: 0 }];
    expect(breachOfRetention(withEmpty, log, { ...config, retentionMs: 1 }).count).to.equal(4);
  });
});
