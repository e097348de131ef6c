import { expect } from 'chai';
import { ColdReads } from '../../../src/storage/cold-reads.js';
import { FakeTime } from '../../support/fake-time.js';

describe('ColdReads', () => {
  const time = new FakeTime();
  let reads = new ColdReads(time);
  const readFor = (ms: number): number =>
    reads.timed(() => {
      time.advance(ms);
      return 42;
    });

  beforeEach(() => (reads = new ColdReads(time)));

  it('reads at once while reads are quick', () => {
    expect(readFor(5)).to.equal(42);
    expect(readFor(5)).to.equal(42);
    expect(reads.areOffLoop).to.equal(false);
  });

  it('takes a single slow read for an accident', () => {
    for (const ms of [6, 5, 6, 5]) readFor(ms);
    expect(reads.areOffLoop).to.equal(false);
  });

  it('reads off the loop for a second after two slow ones, then tries one', () => {
    readFor(6);
    readFor(6);
    expect(reads.areOffLoop).to.equal(true);
    time.advance(999);
    expect(reads.areOffLoop).to.equal(true);
    time.advance(1);
    expect(reads.areOffLoop).to.equal(false);
    readFor(6);
    expect(reads.areOffLoop).to.equal(true);
  });

  it('forgets slow reads when the one that was tried is quick', () => {
    readFor(6);
    readFor(6);
    time.advance(1000);
    readFor(1);
    readFor(6);
    expect(reads.areOffLoop).to.equal(false);
  });
});
