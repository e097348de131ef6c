import { expect } from 'chai';
import fc from 'fast-check';
import { stampBatch } from '../../../src/protocol/record/record-batch.js';
import type { UnifiedLog } from '../../../src/storage/unified-log.js';
import { aBatch, aLogConfig, LogBench, readAll } from '../../support/log-fixtures.js';

/** What a log must be: a list of batches. */
interface ModelBatch {
  readonly base: number;
  readonly end: number;
  readonly epoch: number;
  readonly bytes: Buffer;
}

type Step =
  | { readonly do: 'append'; readonly records: number; readonly size: number; readonly pid: boolean }
  | { readonly do: 'follow'; readonly records: number; readonly gap: number }
  | { readonly do: 'newEpoch' | 'flush' | 'checkpoint' | 'restart' | 'kill' | 'crash' | 'retain' | 'advance' }
  | { readonly do: 'truncate' | 'start' | 'startAnew'; readonly part: number };

const aStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      records: fc.integer({ min: 1, max: 4 }),
      size: fc.integer({ min: 0, max: 200 }),
      pid: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('follow' as const),
      records: fc.integer({ min: 1, max: 3 }),
      gap: fc.nat(3),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('truncate' as const, 'start' as const),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('startAnew' as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'newEpoch' as const,
        'flush' as const,
        'checkpoint' as const,
        'restart' as const,
        'kill' as const,
        'crash' as const,
        'retain' as const,
        'advance' as const,
      ),
    }),
  },
);

const config = aLogConfig({
  segmentBytes: 600,
  indexIntervalBytes: 150,
  segmentIndexBytes: 120,
  retentionBytes: 3000,
  retentionMs: -1,
});

/** Runs the steps on a log and on the list, and compares after each. */
class Run {
  private readonly bench: LogBench;
  private log: UnifiedLog;
  private batches: ModelBatch[] = [];
  private start = 0;
  private end = 0;
  private epoch = 0;
  private sequence = 0;
  private durableEnd = 0;
  /** A start that was raised and not checkpointed may fall again; the epochs below it are forgotten, as in Kafka. */
  private epochsFrom = 0;
  /** Something was removed that a loss of power may bring back: it promises nothing until the next flush that has work. */
  private removalIsDurable = true;
  private checkpoint = { recoveryPoint: 0, logStartOffset: 0 };

  constructor(seed: number) {
    this.bench = new LogBench(seed);
    this.log = this.bench.open({ config });
    this.bench.disk.flushFolderSync('/');
    this.bench.disk.flushFolderSync('/data');
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'append':
        this.append(step.records, step.size, step.pid);
        break;
      case 'follow':
        this.follow(step.records, step.gap);
        break;
      case 'newEpoch':
        this.epoch++;
        this.log.assignEpochStart(this.epoch);
        break;
      case 'advance':
        this.log.updateHighWatermark(this.end);
        break;
      case 'flush':
        if (this.log.recoveryPoint < this.end) this.removalIsDurable = true;
        await this.bench.world.complete(this.log.flush());
        expect(this.log.recoveryPoint).to.equal(this.end);
        this.durableEnd = this.batches.at(-1)?.end ?? 0;
        break;
      case 'checkpoint':
        this.checkpoint = { recoveryPoint: this.log.recoveryPoint, logStartOffset: this.log.logStartOffset };
        break;
      case 'truncate':
        this.truncate(step.part);
        break;
      case 'start':
        this.raiseStart(step.part);
        break;
      case 'startAnew':
        this.startAnew(step.part);
        break;
      case 'retain':
        this.retain();
        break;
      case 'restart':
        await this.bench.world.complete(this.log.flush());
        this.durableEnd = this.batches.at(-1)?.end ?? 0;
        await this.log.close();
        this.log = this.bench.open({ config, recoveryPoint: this.end, logStartOffset: this.start });
        this.afterReopening();
        break;
      case 'kill':
        this.bench.kill();
        this.log = this.bench.open({ config, wasCleanShutdown: false, ...this.checkpoint });
        this.start = Math.max(this.checkpoint.logStartOffset, this.log.firstSegmentOffset);
        this.batches = this.batches.filter((b) => b.base >= this.log.firstSegmentOffset);
        this.afterReopening();
        break;
      case 'crash':
        if (!this.removalIsDurable) break;
        this.bench.crash();
        this.log = this.bench.open({ config, wasCleanShutdown: false, ...this.checkpoint });
        this.afterCrash();
        this.removalIsDurable = false; // what the recovery cut off
        break;
    }
    this.epochsFrom = Math.max(this.epochsFrom, this.start);
    this.compare(step);
  }

  private append(records: number, size: number, pid: boolean): void {
    const producer = pid ? { producerId: 5, producerEpoch: 0, baseSequence: this.sequence } : {};
    const bytes = aBatch(
      Array.from({ length: records }, (_, i) => `${i}`.repeat(size)),
      producer,
    );
    if (bytes.length > config.segmentBytes) return;
    const again = Buffer.from(bytes);
    const result = this.log.appendAsLeader(bytes, this.epoch, 'client');
    expect(result.firstOffset).to.equal(this.end);
    expect(result.isDuplicate).to.equal(false);
    if (pid) {
      this.sequence += records;
      const duplicate = this.log.appendAsLeader(again, this.epoch, 'client');
      expect(duplicate).to.include({ isDuplicate: true, firstOffset: this.end });
    }
    this.note(this.end, records, bytes);
  }

  private follow(records: number, gap: number): void {
    const bytes = aBatch(Array.from({ length: records }, () => 'followed'));
    stampBatch(bytes, 0, this.end + gap, this.epoch);
    this.log.appendAsFollower(bytes);
    this.note(this.end + gap, records, bytes);
  }

  private note(base: number, records: number, bytes: Buffer): void {
    this.end = base + records;
    this.batches.push({ base, end: this.end, epoch: this.epoch, bytes: Buffer.from(bytes) });
  }

  private truncate(part: number): void {
    const kept = Math.floor(part * this.batches.length);
    const offset = this.batches[kept]?.base ?? this.end;
    if (offset < this.log.firstSegmentOffset) return;
    expect(this.log.truncateTo(offset)).to.equal(offset < this.end);
    this.removalIsDurable = false;
    this.cutModelAt(offset);
  }

  private cutModelAt(offset: number): void {
    this.batches = this.batches.filter((b) => b.base < offset);
    this.end = offset;
    this.start = Math.min(this.start, offset);
    this.epochsFrom = Math.min(this.epochsFrom, offset);
    this.durableEnd = Math.min(this.durableEnd, offset);
    this.forgetProducer();
  }

  private startAnew(part: number): void {
    const offset = this.start + Math.floor(part * 2 * (this.end - this.start + 10));
    this.log.truncateFullyAndStartAt(offset);
    this.epochsFrom = offset;
    this.removalIsDurable = false;
    this.batches = [];
    this.start = this.end = offset;
    this.durableEnd = 0;
    this.checkpoint = { recoveryPoint: 0, logStartOffset: offset }; // the owner writes it at once
    this.forgetProducer();
  }

  private raiseStart(part: number): void {
    const offset = this.log.logStartOffset + Math.floor(part * (this.log.highWatermark - this.log.logStartOffset));
    this.log.maybeIncrementLogStartOffset(offset);
    this.start = Math.max(this.start, offset);
  }

  private retain(): void {
    if (this.log.deleteOldSegments() > 0) this.removalIsDurable = false;
    this.start = this.log.logStartOffset;
    this.batches = this.batches.filter((b) => b.base >= this.log.firstSegmentOffset);
    expect(this.log.logStartOffset).to.be.at.most(this.log.highWatermark);
  }

  /** Files end with their last batch: an end that a truncation left behind a gap is not in them. */
  private afterReopening(): void {
    expect(this.log.logEndOffset).to.be.within(this.batches.at(-1)?.end ?? 0, this.end);
    this.end = this.log.logEndOffset;
    this.durableEnd = Math.min(this.durableEnd, this.end);
    this.start = Math.min(this.start, this.end);
  }

  /** Whatever was flushed must be there, and what is there must be what was written. */
  private afterCrash(): void {
    expect(this.log.logEndOffset).to.be.at.least(this.durableEnd);
    const first = this.log.firstSegmentOffset;
    this.start = Math.max(this.checkpoint.logStartOffset, first);
    // Unflushed files lose their ends one by one: a hole before a newer segment is possible, as in Kafka.
    const left = new Set(readAll(this.log).map((bytes) => bytes.toString('hex')));
    for (const batch of this.batches) {
      if (batch.end <= this.durableEnd && batch.end > this.start) expect(left).to.include(batch.bytes.toString('hex'));
    }
    this.batches = this.batches.filter(
      (b) => b.base >= first && (b.end <= this.start || left.has(b.bytes.toString('hex'))),
    );
    this.end = this.log.logEndOffset;
    this.durableEnd = Math.min(this.durableEnd, this.end);
    this.forgetProducer();
  }

  /** The producer's place after a loss: it begins a new epoch in the real world; here a sequence that must fit. */
  private forgetProducer(): void {
    const known = [...this.log.producers].find((p) => p.producerId === 5);
    this.sequence = (known?.lastSequence ?? -1) + 1;
  }

  private compare(step: Step): void {
    const about = JSON.stringify(step);
    expect(this.log.logEndOffset, about).to.equal(this.end);
    expect(this.log.logStartOffset, about).to.equal(this.start);
    const visible = this.batches.filter((b) => b.end > this.start);
    const read = readAll(this.log, 300);
    expect(
      read.map((b) => b.toString('hex')),
      about,
    ).to.deep.equal(visible.map((b) => b.bytes.toString('hex')));
    for (const batch of visible.filter((b) => b.end > this.epochsFrom)) {
      expect(this.log.epochForOffset(Math.max(batch.base, this.epochsFrom)), about).to.equal(batch.epoch);
      const middle = this.log.read(Math.max(batch.base, this.start), 1, batch.end, true);
      expect(middle.sizeInBytes, about).to.be.greaterThan(0);
      middle.release();
    }
  }
}

describe('a log, whatever happens to it', () => {
  it('holds what was appended, and after a loss of power at least what was flushed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.array(aStep, { minLength: 5, maxLength: 60 }), async (seed, steps) => {
        const run = new Run(seed);
        for (const step of steps) await run.take(step);
      }),
      { numRuns: Number(process.env['LOG_MODEL_RUNS'] ?? 150) },
    );
  }).timeout(60_000);

  it('is flushed only when the folder is: a flush in the background must not answer for another', async () => {
    const bench = new LogBench();
    let releaseFolder: (() => void) | undefined;
    const disk = { ...bench.disk, flushFolder: () => new Promise<void>((resolve) => (releaseFolder = resolve)) };
    const log = bench.open({ config }, { disk });
    for (let i = 0; i < 3; i++) log.appendAsLeader(aBatch(['x'.repeat(200)]), 0, 'client'); // rolls: flushes what is behind
    await bench.world.runUntil(() => releaseFolder !== undefined);
    let isFlushed = false;
    const flushing = log.flush().then(() => (isFlushed = true));
    await bench.world.runFor(1000);
    expect(isFlushed).to.equal(false);
    releaseFolder?.();
    await bench.world.complete(flushing);
    expect(log.recoveryPoint).to.equal(3);
  });

  it('does not bring a removed segment back when a flush in the background reaches it', async () => {
    const run = new Run(0);
    await run.take({ do: 'append', records: 2, size: 111, pid: true });
    await run.take({ do: 'kill' });
    await run.take({ do: 'append', records: 3, size: 103, pid: false });
    await run.take({ do: 'append', records: 3, size: 41, pid: false });
    await run.take({ do: 'startAnew', part: 0 });
    await run.take({ do: 'restart' });
  });
});
