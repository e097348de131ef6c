import { expect } from 'chai';
import fc from 'fast-check';
import { Purgatory, WatcherList, type ParkedWork } from '../../../src/replication/purgatory.js';
import { TimingWheel, type WheelEntry } from '../../../src/replication/timing-wheel.js';
import { FakeTime } from '../../support/fake-time.js';

class Entry implements WheelEntry<Entry> {
  wheelTick = -1;
  wheelPrevious: Entry | undefined = undefined;
  wheelNext: Entry | undefined = undefined;
  readonly onExpire: () => void;

  constructor(onExpire: () => void = () => undefined) {
    this.onExpire = onExpire;
  }
}

describe('TimingWheel', () => {
  it('has one timer for all, and none when it is empty', () => {
    const time = new FakeTime();
    const wheel = new TimingWheel<Entry>(time);
    expect(time.pending).to.equal(0);
    for (const delayMs of [500, 20, 300]) wheel.add(new Entry(), delayMs);
    expect(time.pending).to.equal(1);
    time.advance(600);
    expect(wheel.size).to.equal(0);
    expect(time.pending).to.equal(0);
  });

  it('keeps entries beyond one turn for their turn', () => {
    const time = new FakeTime();
    const wheel = new TimingWheel<Entry>(time);
    const start = time.nowMs();
    let expiredAfterMs = -1;
    wheel.add(new Entry(() => (expiredAfterMs = time.nowMs() - start)), 30_000);
    time.advance(29_999);
    expect(expiredAfterMs).to.equal(-1);
    time.advance(1);
    expect(expiredAfterMs).to.equal(30_000);
  });

  it('lets an entry go that another one removes while both expire', () => {
    const time = new FakeTime();
    const wheel = new TimingWheel<Entry>(time);
    const second = new Entry();
    wheel.add(second, 10);
    wheel.add(new Entry(() => wheel.remove(second)), 10);
    wheel.add(new Entry(), 50);
    time.advance(10);
    expect(wheel.size).to.equal(1);
    time.advance(40);
    expect(wheel.size).to.equal(0);
  });

  it('expires each entry once, at its time to the ms, unless it was removed (property)', () => {
    const step = fc.record({
      delayMs: fc.integer({ min: 0, max: 5_000 }),
      waitMs: fc.integer({ min: 0, max: 700 }),
      removes: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const time = new FakeTime(12_345);
        const wheel = new TimingWheel<Entry>(time);
        const expected: number[] = [];
        const expired: number[] = [];
        for (const { delayMs, waitMs, removes } of steps) {
          const dueMs = time.nowMs() + Math.max(1, delayMs);
          const entry = new Entry(() => {
            expect(time.nowMs()).to.equal(dueMs);
            expired.push(dueMs);
          });
          wheel.add(entry, delayMs);
          if (removes) wheel.remove(entry);
          else expected.push(dueMs);
          time.advance(waitMs);
        }
        time.advance(6_000);
        expect(expired.toSorted((a, b) => a - b)).to.deep.equal(expected.toSorted((a, b) => a - b));
        expect(wheel.size).to.equal(0);
      }),
    );
  });
});

class Work implements ParkedWork {
  ready = false;
  log: string[] = [];

  isReady(): boolean {
    return this.ready;
  }

  finish(timedOut: boolean): void {
    this.log.push(timedOut ? 'timed out' : 'finished');
  }

  abandon(): void {
    this.log.push('abandoned');
  }
}

describe('Purgatory', () => {
  let time: FakeTime;
  let purgatory: Purgatory;
  beforeEach(() => {
    time = new FakeTime();
    purgatory = new Purgatory(time);
  });

  it('finishes ready work in the same call, once, whichever list wakes it', () => {
    const work = new Work();
    const lists = [new WatcherList(), new WatcherList()];
    purgatory.park(work, 500, lists, '');
    lists[0]!.checkAndComplete();
    expect(work.log).to.deep.equal([]);
    work.ready = true;
    lists[1]!.checkAndComplete();
    lists[0]!.checkAndComplete();
    time.advance(1_000);
    expect(work.log).to.deep.equal(['finished']);
    expect(purgatory.size).to.equal(0);
  });

  it('finishes work whose time is up', () => {
    const work = new Work();
    const list = new WatcherList();
    purgatory.park(work, 500, [list], '');
    time.advance(500);
    work.ready = true;
    list.checkAndComplete();
    expect(work.log).to.deep.equal(['timed out']);
  });

  it('finishes in the order of arrival', () => {
    const list = new WatcherList();
    const order: number[] = [];
    for (const i of [1, 2, 3]) {
      const work: ParkedWork = { isReady: () => i !== 2, finish: () => order.push(i), abandon: () => undefined };
      purgatory.park(work, 500, [list], '');
    }
    list.checkAndComplete();
    expect(order).to.deep.equal([1, 3]);
  });

  it('does not lose who waits when a finish wakes the same list, or parks in it', () => {
    const list = new WatcherList();
    const late = new Work();
    const last = new Work();
    const first: ParkedWork = {
      isReady: () => true,
      finish: () => {
        purgatory.park(late, 500, [list], '');
        list.checkAndComplete();
      },
      abandon: () => undefined,
    };
    purgatory.park(first, 500, [list], '');
    purgatory.park(last, 500, [list], '');
    list.checkAndComplete();
    late.ready = true;
    last.ready = true;
    list.checkAndComplete();
    expect([late.log, last.log]).to.deep.equal([['finished'], ['finished']]);
  });

  it('abandons what a closed connection waits for, and nothing else', () => {
    const mine = new Work();
    const other = new Work();
    purgatory.park(mine, 500, [], 'a');
    purgatory.park(other, 500, [], 'b');
    purgatory.dropConnection('a');
    time.advance(500);
    expect(mine.log).to.deep.equal(['abandoned']);
    expect(other.log).to.deep.equal(['timed out']);
  });

  it('abandons everything when it closes', () => {
    const work = new Work();
    purgatory.park(work, 500, [], 'a');
    purgatory.close();
    time.advance(1_000);
    expect(work.log).to.deep.equal(['abandoned']);
    expect(time.pending).to.equal(0);
  });

  it('holds no more done entries than live ones, give or take a few', () => {
    const busy = new WatcherList();
    const idle = new WatcherList();
    for (let i = 0; i < 1_000; i++) {
      const work = new Work();
      work.ready = true;
      purgatory.park(work, 500, [busy, idle], '');
      busy.checkAndComplete();
    }
    expect(idle.size).to.be.lessThan(20);
  });
});
