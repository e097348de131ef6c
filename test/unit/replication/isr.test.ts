import { expect } from 'chai';
import {
  isCaughtUp,
  newFollowerState,
  recordFetch,
  resetFollower,
  type FollowerState,
} from '../../../src/replication/follower-state.js';
import {
  committedIsr,
  expandIsr,
  highWatermarkOf,
  isInSync,
  outOfSyncReplicas,
  shrinkIsr,
} from '../../../src/replication/isr.js';

const NOW = 100_000;
const MAX_LAG = 30_000;

function follower(brokerId: number, logEndOffset: number, caughtUpAgoMs = Infinity): FollowerState {
  return { ...newFollowerState(brokerId), logEndOffset, lastCaughtUpMs: NOW - caughtUpAgoMs };
}

describe('high watermark', () => {
  const table: {
    name: string;
    end: number;
    followers: FollowerState[];
    isr: number[];
    alive?: number[];
    expected: number;
  }[] = [
    { name: 'no followers: the log end', end: 7, followers: [], isr: [1], expected: 7 },
    {
      name: 'the slowest of the ISR',
      end: 9,
      followers: [follower(2, 5), follower(3, 7)],
      isr: [1, 2, 3],
      expected: 5,
    },
    {
      name: 'a lagging replica outside of the ISR does not count',
      end: 9,
      followers: [follower(2, 8), follower(3, 1)],
      isr: [1, 2],
      expected: 8,
    },
    {
      name: 'one that was caught up lately counts: it is about to join',
      end: 9,
      followers: [follower(2, 4, 1_000)],
      isr: [1],
      expected: 4,
    },
    {
      name: '… unless its broker is not registered',
      end: 9,
      followers: [follower(2, 4, 1_000)],
      isr: [1],
      alive: [1],
      expected: 9,
    },
    {
      name: 'an ISR member that has not fetched yet: unknown',
      end: 9,
      followers: [follower(2, -1)],
      isr: [1, 2],
      expected: -1,
    },
  ];
  for (const { name, end, followers, isr, alive = [1, 2, 3], expected } of table) {
    it(name, () => {
      expect(highWatermarkOf(end, followers, isr, NOW, MAX_LAG, (id) => alive.includes(id))).to.equal(expected);
    });
  }
});

describe('out of sync', () => {
  it('is a member that was not at the end for longer than the limit', () => {
    const followers = [follower(2, 5, MAX_LAG + 1), follower(3, 5, MAX_LAG)];
    expect(outOfSyncReplicas([1, 2, 3], 1, followers, 9, NOW, MAX_LAG)).to.deep.equal([2]);
  });

  it('is never one whose log ends where the leader’s does, however long ago it fetched', () => {
    expect(outOfSyncReplicas([1, 2], 1, [follower(2, 9)], 9, NOW, MAX_LAG)).to.deep.equal([]);
  });

  it('is a member that the leader knows nothing of', () => {
    expect(outOfSyncReplicas([1, 4], 1, [follower(2, 9)], 9, NOW, MAX_LAG)).to.deep.equal([4]);
  });
});

describe('joining the ISR', () => {
  it('takes all that is committed and the start of the leader’s epoch', () => {
    expect(isInSync(follower(2, 5), 5, 5)).to.equal(true);
    expect(isInSync(follower(2, 4), 5, 0)).to.equal(false);
    expect(isInSync(follower(2, 5), 3, 6)).to.equal(false);
  });
});

describe('a proposed change', () => {
  it('counts a new member at once, and keeps a leaving one until it is confirmed', () => {
    const committed = committedIsr([1, 2]);
    expect(expandIsr(committed, 3)).to.deep.include({ isr: [1, 2], maximalIsr: [1, 2, 3], proposedIsr: [1, 2, 3] });
    expect(shrinkIsr(committed, [2])).to.deep.include({ isr: [1, 2], maximalIsr: [1, 2], proposedIsr: [1] });
  });
});

describe('a follower’s fetches', () => {
  it('make it caught up when they reach the end', () => {
    const state = newFollowerState(2);
    recordFetch(state, 5, 0, NOW, 5, 11);
    expect(state).to.deep.include({ lastCaughtUpMs: NOW, logEndOffset: 5, logStartOffset: 0, brokerEpoch: 11 });
  });

  it('make it caught up as of the fetch before when they reach the end of then', () => {
    const state = newFollowerState(2);
    recordFetch(state, 0, 0, NOW, 10, -1);
    expect(state.lastCaughtUpMs).to.equal(-Infinity);
    recordFetch(state, 10, 0, NOW + 500, 20, -1);
    expect(state.lastCaughtUpMs).to.equal(NOW);
  });

  it('leave it behind when they reach neither', () => {
    const state = newFollowerState(2);
    recordFetch(state, 0, 0, NOW, 10, -1);
    recordFetch(state, 5, 0, NOW + 500, 20, -1);
    expect(isCaughtUp(state, 20, NOW + 500, MAX_LAG)).to.equal(false);
  });

  it('never count as caught up before there was one, even on a clock that began a moment ago', () => {
    expect(isCaughtUp(newFollowerState(2), 5, 1, MAX_LAG)).to.equal(false);
  });
});

describe('a new leader epoch', () => {
  it('knows nothing of followers when the leader is new, and gives ISR members time', () => {
    const inIsr = { ...follower(2, 7), brokerEpoch: 3 };
    const outside = follower(3, 7, 10);
    resetFollower(inIsr, NOW, 9, true, true);
    resetFollower(outside, NOW, 9, true, false);
    expect(inIsr).to.deep.include({ logEndOffset: -1, lastCaughtUpMs: NOW, brokerEpoch: -1 });
    expect(outside).to.deep.include({ logEndOffset: -1, lastCaughtUpMs: -Infinity });
  });

  it('keeps the offsets when the leader stays', () => {
    const state = follower(2, 7);
    resetFollower(state, NOW, 9, false, true);
    expect(state).to.deep.include({ logEndOffset: 7, lastFetchLeaderLogEndOffset: 9, lastFetchMs: NOW });
  });
});
