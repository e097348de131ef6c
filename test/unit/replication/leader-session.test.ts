import { expect } from 'chai';
import { codecOf } from '../../../src/protocol/codec.js';
import { errorCode } from '../../../src/protocol/error-codes.js';
import { fetchResponse, type FetchResponse } from '../../../src/protocol/messages/fetch-response.js';
import { silentLogger } from '../../../src/platform/logger.js';
import { newFetchState, type FetchState } from '../../../src/replication/fetch-state.js';
import { partitionData } from '../../../src/replication/fetch-response.js';
import { LeaderSession, type SessionRequest } from '../../../src/replication/leader-session.js';
import { Partition } from '../../../src/replication/partition.js';
import { newReplicationCounters } from '../../../src/replication/replication-counters.js';
import { FakeTime } from '../../support/fake-time.js';
import { aBatch, MemoryLog } from '../../support/memory-log.js';
import { aChange, TOPIC_ID } from './replica-cluster.js';

const OTHER_ID = 'gNyFqmhKQMuEsUBxE0txZw';

function aState(
  partition: number,
  topicId: string | undefined = TOPIC_ID,
  log = new MemoryLog('orders', partition),
): FetchState {
  const hosted = new Partition({ topic: 'orders', partition }, topicId, {
    brokerId: 2,
    replicaLagTimeMaxMs: 30_000,
    time: new FakeTime(),
    logger: silentLogger,
    counters: newReplicationCounters(),
    alterPartitions: { submit: () => undefined },
    isAlive: () => true,
    onHighWatermarkMoved: () => undefined,
  });
  hosted.makeFollower(aChange({ partition, leader: 1, leaderEpoch: 4, replicas: [1, 2] }), log);
  return newFetchState(hosted);
}

function anAnswer(request: SessionRequest, sessionId: number, error = 0, leftOut = 0): FetchResponse {
  const responses = request.topics.map(({ topic, topicId, partitions }) => ({
    topic,
    topicId,
    partitions: partitions
      .slice(leftOut)
      .map(({ partition }) => partitionData(partition, 0, 0, 0, undefined, undefined, null)),
  }));
  return { ...codecOf(fetchResponse, 17).initial(), errorCode: error, sessionId, responses };
}

/** `epoch + asked − forgotten` by partition number. */
function shape(request: SessionRequest | undefined): unknown {
  if (request === undefined) return undefined;
  const asked = request.topics.flatMap((topic) => topic.partitions.map(({ partition }) => partition));
  const forgotten = request.forgotten.flatMap(({ partitions }) => partitions);
  return { id: request.sessionId, epoch: request.sessionEpoch, asked, forgotten };
}

describe('LeaderSession', () => {
  let session: LeaderSession;
  const states = [aState(0), aState(1), aState(2)] as const;

  beforeEach(() => {
    session = new LeaderSession();
    for (const state of states) session.offer(state);
  });

  function build(): SessionRequest {
    const request = session.build(1_000);
    if (request === undefined) throw new Error('a request was expected');
    return request;
  }

  /** A session of all three, 77. */
  function begin(): void {
    expect(session.onResponse(anAnswer(build(), 77))).to.equal(true);
  }

  it('asks for everything first, then for what changed', () => {
    expect(shape(build())).to.deep.equal({ id: 0, epoch: 0, asked: [0, 1, 2], forgotten: [] });
    begin();
    expect(shape(build())).to.deep.equal({ id: 77, epoch: 1, asked: [], forgotten: [] });
    session.onResponse(anAnswer(build(), 77));
    session.offer(states[1]);
    session.withdraw(states[2]);
    expect(shape(build())).to.deep.equal({ id: 77, epoch: 2, asked: [1], forgotten: [2] });
  });

  it('asks for nothing when there is nothing', () => {
    for (const state of states) session.withdraw(state);
    expect(session.build(1_000)).to.equal(undefined);
  });

  it('forgets the last partition, and then has nothing to ask for', () => {
    begin();
    for (const state of states) session.withdraw(state);
    const request = build();
    expect(shape(request)).to.deep.equal({ id: 77, epoch: 1, asked: [], forgotten: [0, 1, 2] });
    session.onResponse(anAnswer(request, 0));
    expect(session.build(1_000)).to.equal(undefined);
    session.offer(states[0]);
    expect(shape(session.build(1_000))).to.deep.equal({ id: 0, epoch: 0, asked: [0], forgotten: [] });
  });

  it('does not forget a partition that is fetched anew: the leader adds first and forgets then', () => {
    begin();
    session.withdraw(states[1]);
    session.offer(aState(1));
    expect(shape(build())).to.deep.equal({ id: 77, epoch: 1, asked: [1], forgotten: [] });
  });

  it('forgets the old id of a topic that was made anew', () => {
    begin();
    session.withdraw(states[1]);
    session.offer(aState(1, OTHER_ID));
    const request = build();
    expect(shape(request)).to.deep.equal({ id: 77, epoch: 1, asked: [1], forgotten: [1] });
    expect(request.topics[0]!.topicId).to.equal(OTHER_ID);
    expect(request.forgotten[0]!.topicId).to.equal(TOPIC_ID);
  });

  it('begins anew by name when a partition comes without a topic id', () => {
    begin();
    const nameless = aState(7, undefined);
    (nameless as { topicId: string }).topicId = 'AAAAAAAAAAAAAAAAAAAAAA';
    session.offer(nameless);
    const request = build();
    expect(request.usesTopicIds).to.equal(false);
    expect(shape(request)).to.deep.equal({ id: 77, epoch: 0, asked: [0, 1, 2, 7], forgotten: [] });
  });

  const failures: { name: string; fail: () => unknown; id: number }[] = [
    {
      name: 'the leader does not know the session',
      fail: () => session.onResponse(anAnswer(build(), 0, errorCode('FETCH_SESSION_ID_NOT_FOUND'))),
      id: 0,
    },
    {
      name: 'the epoch was wrong',
      fail: () => session.onResponse(anAnswer(build(), 77, errorCode('INVALID_FETCH_SESSION_EPOCH'))),
      id: 77,
    },
    {
      name: 'no answer came',
      fail: () => {
        session.onFailure();
      },
      id: 77,
    },
    { name: 'the leader ended the session', fail: () => session.onResponse(anAnswer(build(), 0)), id: 0 },
  ];
  for (const { name, fail, id } of failures) {
    it(`asks for everything again when ${name}`, () => {
      begin();
      fail();
      expect(shape(build())).to.deep.equal({ id, epoch: 0, asked: [0, 1, 2], forgotten: [] });
    });
  }

  it('refuses a full answer that lacks a partition, and an incremental one with a strange one', () => {
    expect(session.onResponse(anAnswer(build(), 77, 0, 1))).to.equal(false);
    begin();
    const strange = new LeaderSession();
    strange.offer(aState(9));
    expect(session.onResponse(anAnswer(strange.build(1_000)!, 77))).to.equal(false);
  });

  it('asks from the log end, with the epoch of the last record; a log without epochs is cut to its high watermark', () => {
    const log = new MemoryLog('orders', 5);
    log.appendAsLeader(aBatch('a', 'b', 'c'), 2);
    log.highWatermark = 1;
    const [asked] = newRequest(aState(5, TOPIC_ID, log));
    expect(asked).to.deep.include({ fetchOffset: 3, lastFetchedEpoch: 2, currentLeaderEpoch: 4, logStartOffset: 0 });

    Object.defineProperty(log, 'latestEpoch', { value: -1 });
    const [cut] = newRequest(aState(5, TOPIC_ID, log));
    expect(cut).to.deep.include({ fetchOffset: 1, lastFetchedEpoch: -1 });
    expect(log.logEndOffset).to.equal(1);
  });

  function newRequest(state: FetchState) {
    const one = new LeaderSession();
    one.offer(state);
    return one.build(1_000)!.topics[0]!.partitions;
  }
});
