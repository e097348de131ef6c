import { expect } from 'chai';
import { codecOf } from '../../../src/protocol/codec.js';
import { errorCode } from '../../../src/protocol/error-codes.js';
import { fetchRequest, type FetchRequest } from '../../../src/protocol/messages/fetch-request.js';
import { partitionData, partitionError, type FetchedPartition } from '../../../src/replication/fetch-response.js';
import { FetchSessions, nextSessionEpoch, type FetchContext } from '../../../src/replication/fetch-session.js';
import { newReplicationCounters } from '../../../src/replication/replication-counters.js';
import { FakeTime } from '../../support/fake-time.js';
import { MemoryLog, aBatch } from '../../support/memory-log.js';

const ID = 'qBfyc2M2SYutRT3r6bakkA';
const OTHER_ID = 'gNyFqmhKQMuEsUBxE0txZw';
const NAMES = new Map([[ID, 'orders']]);

interface Asked {
  sessionId?: number;
  epoch?: number;
  partitions?: number[];
  forget?: number[];
  fetchOffset?: number;
  topicId?: string;
}

function aRequest({
  sessionId = 0,
  epoch = 0,
  partitions = [],
  forget = [],
  fetchOffset = 0,
  topicId = ID,
}: Asked): FetchRequest {
  const asked = partitions.map((partition) => ({
    partition,
    currentLeaderEpoch: -1,
    fetchOffset,
    lastFetchedEpoch: -1,
    logStartOffset: -1,
    partitionMaxBytes: 1_000,
    replicaDirectoryId: 'AAAAAAAAAAAAAAAAAAAAAA',
  }));
  return {
    ...codecOf(fetchRequest, 13).initial(),
    sessionId,
    sessionEpoch: epoch,
    topics: asked.length === 0 ? [] : [{ topic: 'orders', topicId, partitions: asked }],
    forgottenTopicsData: forget.length === 0 ? [] : [{ topic: 'orders', topicId, partitions: forget }],
  };
}

/** Answers every target with this high watermark, and what `special` says of single partitions. */
function answer(
  context: FetchContext,
  highWatermark: number,
  special: Record<number, 'records' | 'error' | 'diverging'> = {},
) {
  const log = new MemoryLog();
  log.appendAsLeader(aBatch('a'), 0);
  const fetched: FetchedPartition[] = [...context.targets].map((target) => {
    const kind = special[target.partition];
    if (kind === 'error')
      return { target, data: partitionError(target.partition, errorCode('NOT_LEADER_OR_FOLLOWER')) };
    const slice = kind === 'records' ? log.read(0, 1_000, 1, true) : undefined;
    const diverging = kind === 'diverging' ? { epoch: 1, endOffset: 0 } : undefined;
    return { target, data: partitionData(target.partition, highWatermark, highWatermark, 0, diverging, slice, null) };
  });
  const response = context.respond(fetched, []);
  const partitions = response.responses.flatMap((topic) => topic.partitions.map((each) => each.partitionIndex));
  return { errorCode: response.errorCode, sessionId: response.sessionId, partitions, slicesHeld: log.slicesHeld };
}

describe('fetch sessions (KIP-227)', () => {
  let time: FakeTime;
  let sessions: FetchSessions;

  function newSessions(slots: number): FetchSessions {
    let id = 100;
    const random = { int: () => id++, float: () => 0, bytes: (count: number) => Buffer.alloc(count) };
    return new FetchSessions(slots, time, random, newReplicationCounters());
  }

  function begin(asked: Asked, version = 13, isFollower = false, cache = sessions): FetchContext {
    return cache.begin(aRequest(asked), version, isFollower, (id) => NAMES.get(id));
  }

  beforeEach(() => {
    time = new FakeTime();
    sessions = newSessions(2);
  });

  it('answers a full fetch with everything and a session', () => {
    expect(answer(begin({ partitions: [0, 1] }), 5)).to.deep.include({
      errorCode: 0,
      sessionId: 101,
      partitions: [0, 1],
    });
    expect(sessions.size).to.equal(1);
    expect(sessions.partitionCount).to.equal(2);
  });

  it('makes no session when none is wanted (epoch −1), and closes the one that is named', () => {
    const { sessionId } = answer(begin({ partitions: [0] }), 5);
    expect(answer(begin({ partitions: [0], epoch: -1, sessionId }), 5)).to.deep.include({
      sessionId: 0,
      partitions: [0],
    });
    expect(sessions.size).to.equal(0);
  });

  it('tells only what changed: records, watermarks, errors, divergence', () => {
    const { sessionId } = answer(begin({ partitions: [0, 1, 2] }), 5);
    expect(answer(begin({ sessionId, epoch: 1 }), 5).partitions).to.deep.equal([]);
    expect(answer(begin({ sessionId, epoch: 2 }), 6).partitions).to.deep.equal([0, 1, 2]);
    expect(answer(begin({ sessionId, epoch: 3 }), 6, { 1: 'records' }).partitions).to.deep.equal([1]);
    expect(answer(begin({ sessionId, epoch: 4 }), 6, { 2: 'error' }).partitions).to.deep.equal([2]);
    expect(answer(begin({ sessionId, epoch: 5 }), 6, { 0: 'diverging' }).partitions).to.deep.equal([0, 2]); // 2: the error is gone
    expect(answer(begin({ sessionId, epoch: 6 }), 6).partitions).to.deep.equal([]);
  });

  it('reads partitions that had data last the next time', () => {
    const { sessionId } = answer(begin({ partitions: [0, 1, 2] }), 5);
    answer(begin({ sessionId, epoch: 1 }), 5, { 0: 'records' });
    expect([...begin({ sessionId, epoch: 2 }).targets].map((target) => target.partition)).to.deep.equal([1, 2, 0]);
  });

  it('adds, changes and forgets partitions', () => {
    const { sessionId } = answer(begin({ partitions: [0, 1] }), 5);
    const context = begin({ sessionId, epoch: 1, partitions: [1, 7], forget: [0], fetchOffset: 42 });
    expect([...context.targets].map(({ partition, fetchOffset }) => [partition, fetchOffset])).to.deep.equal([
      [1, 42],
      [7, 42],
    ]);
  });

  it('ends a session that has nothing left', () => {
    const { sessionId } = answer(begin({ partitions: [1] }), 5);
    expect(answer(begin({ sessionId, epoch: 1, forget: [1] }), 5)).to.deep.include({
      errorCode: 0,
      sessionId: 0,
      partitions: [],
    });
    expect(sessions.size).to.equal(0);
  });

  const refusals: { name: string; asked: (sessionId: number) => Asked; version: number; error: string }[] = [
    {
      name: 'an unknown session',
      asked: () => ({ sessionId: 9, epoch: 1 }),
      version: 13,
      error: 'FETCH_SESSION_ID_NOT_FOUND',
    },
    {
      name: 'a wrong epoch',
      asked: (sessionId) => ({ sessionId, epoch: 2 }),
      version: 13,
      error: 'INVALID_FETCH_SESSION_EPOCH',
    },
    {
      name: 'names in a session of ids',
      asked: (sessionId) => ({ sessionId, epoch: 1 }),
      version: 12,
      error: 'FETCH_SESSION_TOPIC_ID_ERROR',
    },
  ];
  for (const { name, asked, version, error } of refusals) {
    it(`refuses ${name} with ${error}`, () => {
      const { sessionId } = answer(begin({ partitions: [0] }), 5);
      const refused = answer(begin(asked(sessionId), version), 5);
      expect(refused).to.deep.include({ errorCode: errorCode(error as 'NONE'), sessionId: 0, partitions: [] });
      expect(sessions.size).to.equal(1);
    });
  }

  it('drops the answer of a request that was overtaken, and releases what it read', () => {
    const { sessionId } = answer(begin({ partitions: [0] }), 5);
    const slow = begin({ sessionId, epoch: 1 });
    answer(begin({ sessionId, epoch: 2 }), 5);
    const late = answer(slow, 5, { 0: 'records' });
    expect(late).to.deep.include({ errorCode: errorCode('INVALID_FETCH_SESSION_EPOCH'), sessionId, partitions: [] });
    expect(late.slicesHeld).to.equal(0);
  });

  it('learns the name of a topic id that it did not know', () => {
    const { sessionId } = answer(begin({ partitions: [0], topicId: OTHER_ID }), 5);
    expect([...begin({ sessionId, epoch: 1 }).targets][0]!.topic).to.equal(undefined);
    NAMES.set(OTHER_ID, 'late');
    expect([...begin({ sessionId, epoch: 2 }).targets][0]!.topic).to.equal('late');
    NAMES.delete(OTHER_ID);
  });

  describe('in a full cache', () => {
    it('gives no session to an equal of young ones', () => {
      for (const partitions of [[0], [1]]) answer(begin({ partitions }), 5);
      expect(answer(begin({ partitions: [2] }), 5).sessionId).to.equal(0);
      expect(sessions.size).to.equal(2);
    });

    it('gives the place of a consumer to a follower at once, the smallest first', () => {
      const big = answer(begin({ partitions: [0, 1] }), 5).sessionId;
      const small = answer(begin({ partitions: [2] }), 5).sessionId;
      expect(answer(begin({ partitions: [3] }, 13, true), 5).sessionId).to.be.greaterThan(0);
      expect(begin({ sessionId: small, epoch: 1 }).respond([], []).errorCode).to.equal(
        errorCode('FETCH_SESSION_ID_NOT_FOUND'),
      );
      expect(begin({ sessionId: big, epoch: 1 }).respond([], []).errorCode).to.equal(0);
    });

    it('never evicts a young follower for a consumer, a stale one for anyone', () => {
      for (const partitions of [[0], [1]]) answer(begin({ partitions }, 13, true), 5);
      expect(answer(begin({ partitions: [2, 3] }), 5).sessionId).to.equal(0);
      time.advance(120_001);
      expect(answer(begin({ partitions: [2] }), 5).sessionId).to.be.greaterThan(0);
    });

    it('gives the place of an older, smaller session in use to a bigger one', () => {
      const cache = newSessions(1);
      const { sessionId } = answer(begin({ partitions: [0] }, 13, false, cache), 5);
      time.advance(119_000);
      answer(begin({ sessionId, epoch: 1 }, 13, false, cache), 5);
      time.advance(2_000);
      answer(begin({ sessionId, epoch: 2 }, 13, false, cache), 5); // in use, and created more than two minutes ago
      expect(answer(begin({ partitions: [1, 2] }, 13, false, cache), 5).sessionId).to.be.greaterThan(0);
      expect(cache.size).to.equal(1);
    });
  });

  it('counts epochs 1, 2, … and begins again at 1, never at 0', () => {
    expect([0, 1, 0x7fffffff, -1].map(nextSessionEpoch)).to.deep.equal([1, 2, 1, -1]);
  });
});
