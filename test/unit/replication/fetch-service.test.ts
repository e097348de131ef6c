import { expect } from 'chai';
import { codecOf } from '../../../src/protocol/codec.js';
import { errorName } from '../../../src/protocol/error-codes.js';
import { fetchRequest, type FetchRequest } from '../../../src/protocol/messages/fetch-request.js';
import { fetchResponse, type FetchResponse } from '../../../src/protocol/messages/fetch-response.js';
import { releaseFetchResponse } from '../../../src/replication/fetch-response.js';
import { aBatch } from '../../support/memory-log.js';
import { aChange, LISTENER, ReplicaCluster, settle, TOPIC_ID, type TestBroker } from './replica-cluster.js';

interface Asked {
  topicId?: string;
  topic?: string;
  partitions?: {
    partition?: number;
    fetchOffset?: number;
    currentLeaderEpoch?: number;
    lastFetchedEpoch?: number;
    partitionMaxBytes?: number;
  }[];
  replicaId?: number;
  maxWaitMs?: number;
  minBytes?: number;
  maxBytes?: number;
  isolationLevel?: number;
}

function aFetch({
  topicId = TOPIC_ID,
  topic = 'orders',
  partitions = [{}],
  replicaId = -1,
  ...asked
}: Asked): FetchRequest {
  return {
    ...codecOf(fetchRequest, 17).initial(),
    replicaId,
    replicaState: { replicaId, replicaEpoch: -1 },
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 1 << 20,
    sessionEpoch: -1,
    topics: [
      {
        topic,
        topicId,
        partitions: partitions.map((each) => ({
          partition: 0,
          currentLeaderEpoch: -1,
          fetchOffset: 0,
          lastFetchedEpoch: -1,
          logStartOffset: -1,
          partitionMaxBytes: 1 << 20,
          replicaDirectoryId: 'AAAAAAAAAAAAAAAAAAAAAA',
          ...each,
        })),
      },
    ],
    ...asked,
  };
}

describe('FetchService', () => {
  let cluster: ReplicaCluster;
  let broker: TestBroker;
  const denied = new Set<string>();
  const caller = {
    connectionId: 'c',
    listenerName: LISTENER,
    mayReplicate: () => !denied.has('cluster'),
    mayRead: (topic: string) => !denied.has(topic),
  };

  beforeEach(async () => {
    denied.clear();
    cluster = new ReplicaCluster([1, 2]);
    broker = cluster.broker(1);
    cluster.announce([{}, {}]);
    await broker.manager.applyReplicas([aChange({ partition: 0 }), aChange({ partition: 1 })]);
  });

  function append(partition: number, ...texts: string[]): void {
    const topics = [{ name: 'orders', partitionData: [{ index: partition, records: aBatch(...texts) }] }];
    const options = { requiredAcks: 1, timeoutMs: 0, origin: 'client' as const, internalTopicsAllowed: false };
    void broker.manager.appendRecords(topics, options);
  }

  function handle(asked: Asked, version = 13): FetchResponse | Promise<FetchResponse> {
    return broker.fetching.handle(aFetch(asked), version, caller);
  }

  /** Answered at once, encoded and decoded: `offset:text` of each partition, or its error. */
  function fetchNow(asked: Asked, version = 13): string[] {
    const body = handle(asked, version);
    if (body instanceof Promise) throw new Error('an answer at once was expected');
    return summary(body, version);
  }

  function summary(body: FetchResponse, version = 13): string[] {
    const codec = codecOf(fetchResponse, version);
    const decoded = codec.decode(codec.toBuffer(body));
    return decoded.responses.flatMap((topic) =>
      topic.partitions.map((each) => {
        if (each.errorCode !== 0) return `${each.partitionIndex} ${errorName(each.errorCode)}`;
        return `${each.partitionIndex} ${textsIn(each.records as Buffer)}`;
      }),
    );
  }

  function slicesHeld(): number {
    return broker.log(0).slicesHeld + broker.log(1).slicesHeld;
  }

  it('answers at once when there is enough, records straight out of the log', () => {
    append(0, 'a', 'b');
    expect(fetchNow({ maxWaitMs: 500 })).to.deep.equal(['0 ab']);
    expect(slicesHeld()).to.equal(0);
  });

  it('answers at once when no wait is wanted', () => {
    expect(fetchNow({ maxWaitMs: 0 })).to.deep.equal(['0 ']);
    expect(fetchNow({ maxWaitMs: 500, minBytes: 0 })).to.deep.equal(['0 ']);
  });

  it('parks until an append, which answers it at the end of the turn', async () => {
    const parked = handle({ maxWaitMs: 500 });
    expect(parked).to.be.instanceOf(Promise);
    expect(broker.manager.purgatory.size).to.equal(1);
    append(0, 'a');
    await Promise.resolve();
    expect(broker.manager.purgatory.size).to.equal(0);
    expect(summary(await parked)).to.deep.equal(['0 a']);
  });

  it('answers a parked fetch with all that one turn appended', async () => {
    const parked = handle({ maxWaitMs: 500 });
    append(0, 'a');
    append(0, 'b');
    expect(summary(await parked)).to.deep.equal(['0 ab']);
  });

  it('parks until maxWaitMs are over, with an answer that says so', async () => {
    const parked = handle({ maxWaitMs: 500 });
    cluster.time.advance(500);
    expect(summary(await parked)).to.deep.equal(['0 ']);
  });

  it('waits for minBytes over all partitions together, and sends what there is when time is up', async () => {
    const asked = { maxWaitMs: 500, minBytes: 150, partitions: [{ partition: 0 }, { partition: 1 }] };
    append(0, 'a');
    const parked = handle(asked);
    append(1, 'b');
    expect(broker.manager.purgatory.size).to.equal(1);
    append(1, 'c');
    expect(summary(await parked)).to.deep.equal(['0 a', '1 bc']);
    const late = handle({ ...asked, minBytes: 1_000 });
    cluster.time.advance(500);
    expect(summary(await late)).to.deep.equal(['0 a', '1 bc']);
    expect(slicesHeld()).to.equal(0);
  });

  it('keeps to maxBytes, but always sends one batch', () => {
    append(0, 'a', 'b');
    append(1, 'c');
    const both = [{ partition: 0 }, { partition: 1 }];
    expect(fetchNow({ maxBytes: 10, partitions: both })).to.deep.equal(['0 a', '1 ']);
    expect(fetchNow({ maxBytes: 130, partitions: both })).to.deep.equal(['0 ab', '1 ']);
    expect(fetchNow({ partitions: [{ partition: 0, partitionMaxBytes: 70 }, { partition: 1 }] })).to.deep.equal([
      '0 a',
      '1 c',
    ]);
  });

  it('shows consumers what is committed, read_committed ones what is stable, and followers everything', async () => {
    append(0, 'a', 'b', 'c');
    broker.log(0).highWatermark = 2;
    broker.log(0).firstUnstableOffset = 1;
    expect(fetchNow({})).to.deep.equal(['0 ab']);
    expect(fetchNow({ isolationLevel: 1 })).to.deep.equal(['0 a']);
    await broker.manager.applyReplicas([aChange({ leaderEpoch: 1, partitionEpoch: 1, replicas: [1, 2], isr: [1] })]);
    expect(fetchNow({ replicaId: 2 }, 15)).to.deep.equal(['0 abc']);
    const committed = (await handle({ isolationLevel: 1 })).responses[0]!.partitions[0]!;
    expect(committed.abortedTransactions).to.deep.equal([]);
    expect((await handle({})).responses[0]!.partitions[0]!.abortedTransactions).to.equal(null);
  });

  const errors: { name: string; asked: Asked; version?: number; error: string; prepare?: () => unknown }[] = [
    { name: 'an offset beyond the end', asked: { partitions: [{ fetchOffset: 9 }] }, error: 'OFFSET_OUT_OF_RANGE' },
    {
      name: 'an older leader epoch',
      asked: { partitions: [{ currentLeaderEpoch: 1 }] },
      error: 'FENCED_LEADER_EPOCH',
      prepare: () => broker.manager.applyReplicas([aChange({ leaderEpoch: 2, partitionEpoch: 2 })]),
    },
    { name: 'a newer leader epoch', asked: { partitions: [{ currentLeaderEpoch: 1 }] }, error: 'UNKNOWN_LEADER_EPOCH' },
    { name: 'an id that is not known', asked: { topicId: 'gNyFqmhKQMuEsUBxE0txZw' }, error: 'UNKNOWN_TOPIC_ID' },
    {
      name: 'a partition that does not exist',
      asked: { partitions: [{ partition: 9 }] },
      error: 'UNKNOWN_TOPIC_OR_PARTITION',
    },
    {
      name: 'a topic it may not read',
      asked: {},
      error: 'TOPIC_AUTHORIZATION_FAILED',
      prepare: () => denied.add('orders'),
    },
    {
      name: 'a follower without CLUSTER_ACTION',
      asked: { replicaId: 2 },
      version: 14,
      error: 'TOPIC_AUTHORIZATION_FAILED',
      prepare: () => denied.add('cluster'),
    },
    { name: 'a follower that is not assigned', asked: { replicaId: 2 }, version: 14, error: 'NOT_LEADER_OR_FOLLOWER' },
    {
      name: 'a follower that is not assigned but knows the epoch',
      asked: { replicaId: 2, partitions: [{ currentLeaderEpoch: 0 }] },
      version: 14,
      error: 'UNKNOWN_LEADER_EPOCH',
    },
    {
      name: 'a partition led elsewhere, before v11',
      asked: {},
      version: 10,
      error: 'NOT_LEADER_OR_FOLLOWER',
      prepare: () =>
        broker.manager.applyReplicas([aChange({ leader: 2, leaderEpoch: 1, partitionEpoch: 1, replicas: [1, 2] })]),
    },
    {
      name: 'another topic’s log under that id',
      asked: {},
      error: 'INCONSISTENT_TOPIC_ID',
      prepare: () => {
        broker.manager.partition('orders', 0)!.topicId = 'gNyFqmhKQMuEsUBxE0txZw';
      },
    },
  ];
  for (const { name, asked, version = 13, error, prepare } of errors) {
    it(`tells of ${name} at once: ${error}`, async () => {
      await prepare?.();
      const [answer] = fetchNow({ maxWaitMs: 500, ...asked }, version);
      expect(answer).to.match(new RegExp(`^\\d ${error}$`));
    });
  }

  it('lets consumers from v11 on read a follower', async () => {
    append(0, 'a');
    await broker.manager.applyReplicas([aChange({ leader: 2, leaderEpoch: 1, partitionEpoch: 1, replicas: [1, 2] })]);
    expect(fetchNow({}, 11)).to.deep.equal(['0 a']);
  });

  it('says who leads now, and where, from v16 on (KIP-951)', async () => {
    await broker.manager.applyReplicas([aChange({ leaderEpoch: 2, partitionEpoch: 2 })]);
    const asked = { partitions: [{ currentLeaderEpoch: 1 }] };
    const body = await handle(asked, 16);
    expect(body.responses[0]!.partitions[0]!.currentLeader).to.deep.equal({ leaderId: 1, leaderEpoch: 2 });
    expect(body.nodeEndpoints).to.deep.equal([{ nodeId: 1, host: 'localhost', port: 9091, rack: null }]);
    const older = await handle(asked, 15);
    expect(older.nodeEndpoints).to.deep.equal([]);
    expect(older.responses[0]!.partitions[0]!.currentLeader.leaderId).to.equal(-1);
  });

  it('tells a fetcher whose log parted from this one where, and sends nothing', async () => {
    append(0, 'a');
    await broker.manager.applyReplicas([aChange({ leaderEpoch: 3, partitionEpoch: 3 })]);
    append(0, 'b');
    const body = await handle({ maxWaitMs: 500, partitions: [{ fetchOffset: 2, lastFetchedEpoch: 1 }] });
    const { divergingEpoch, records } = body.responses[0]!.partitions[0]!;
    expect(divergingEpoch).to.deep.equal({ epoch: 0, endOffset: 1 });
    expect(records).to.have.length(0);
  });

  it('answers a parked fetch when the leadership moves', async () => {
    const parked = handle({ maxWaitMs: 500, partitions: [{ currentLeaderEpoch: 0 }] });
    await broker.manager.applyReplicas([aChange({ leader: 2, leaderEpoch: 1, partitionEpoch: 1, replicas: [1, 2] })]);
    expect(summary(await parked)).to.deep.equal(['0 FENCED_LEADER_EPOCH']);
  });

  it('answers a parked fetch of an older epoch when its leader is elected anew', async () => {
    const parked = handle({ maxWaitMs: 500, partitions: [{ currentLeaderEpoch: 0 }] });
    await broker.manager.applyReplicas([aChange({ leaderEpoch: 1, partitionEpoch: 1 })]);
    expect(summary(await parked)).to.deep.equal(['0 FENCED_LEADER_EPOCH']);
  });

  it('answers a parked fetch when the topic is deleted', async () => {
    const parked = handle({ maxWaitMs: 500 });
    await broker.manager.applyReplicas([
      { type: 'stop', topic: 'orders', partition: 0, leaderEpoch: -2, deletePartition: true },
    ]);
    expect(summary(await parked)).to.deep.equal(['0 NOT_LEADER_OR_FOLLOWER']); // the metadata still has it
  });

  it('reads cold data off the loop before it answers', async () => {
    append(0, 'a');
    broker.log(0).isCold = true;
    const body = handle({ maxWaitMs: 500 });
    expect(body).to.be.instanceOf(Promise);
    expect((await body).responses[0]!.partitions[0]!.records).to.be.instanceOf(Buffer);
    expect(slicesHeld()).to.equal(0);
  });

  it('abandons a parked fetch with its connection', async () => {
    let isAnswered = false;
    void Promise.resolve(handle({ maxWaitMs: 500 })).then(() => (isAnswered = true));
    broker.manager.dropConnection('c');
    append(0, 'a');
    cluster.time.advance(1_000);
    await settle();
    expect(isAnswered).to.equal(false);
    expect(slicesHeld()).to.equal(0);
  });

  it('releases a response that is not encoded', async () => {
    append(0, 'a');
    const body = await handle({});
    expect(slicesHeld()).to.equal(1);
    releaseFetchResponse(body);
    expect(slicesHeld()).to.equal(0);
  });

  it('groups what follows one another by topic, refused partitions last', async () => {
    const request = aFetch({ partitions: [{ partition: 9 }, { partition: 0 }, { partition: 1 }] });
    const body = await broker.fetching.handle(request, 13, caller);
    expect(body.responses.map(({ partitions }) => partitions.map((each) => each.partitionIndex))).to.deep.equal([
      [0, 1, 9],
    ]);
  });
});

function textsIn(records: Buffer): string {
  let texts = '';
  for (let at = 0; at < records.length;) {
    const size = 12 + records.readInt32BE(at + 8);
    texts += records.toString('latin1', at + 61, at + size);
    at += size;
  }
  return texts;
}
