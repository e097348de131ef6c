import { expect } from 'chai';
import { silentLogger } from '../../../src/platform/logger.js';
import { errorName } from '../../../src/protocol/error-codes.js';
import type { ListOffsetsRequest } from '../../../src/protocol/messages/list-offsets-request.js';
import { listOffsets } from '../../../src/replication/list-offsets.js';
import { offsetsForLeaderEpoch } from '../../../src/replication/offsets-for-leader-epoch.js';
import { aBatch } from '../../support/memory-log.js';
import { aChange, ReplicaCluster, type TestBroker } from './replica-cluster.js';

const NOW_MS = 1000;

describe('ListOffsets', () => {
  let broker: TestBroker;
  const undescribed = new Set<string>();

  /** Offsets 0–4 in epoch 3, high watermark 4, last stable offset 2. */
  beforeEach(async () => {
    undescribed.clear();
    broker = new ReplicaCluster([1, 2]).broker(1);
    await broker.manager.applyReplicas([aChange({ leaderEpoch: 3 })]);
    broker.log().appendAsLeader(aBatch('a', 'b', 'c', 'd', 'e'), 3);
    broker.log().highWatermark = 4;
    broker.log().firstUnstableOffset = 2;
  });

  async function ask(
    timestamp: number,
    asked: Partial<ListOffsetsRequest> & { epoch?: number; maxNumOffsets?: number } = {},
    version = 9,
  ) {
    const { epoch = -1, maxNumOffsets = 1, ...request } = asked;
    const partitions = [{ partitionIndex: 0, currentLeaderEpoch: epoch, timestamp, maxNumOffsets }];
    const response = await listOffsets(
      { replicaId: -1, isolationLevel: 0, topics: [{ name: 'orders', partitions }], ...request },
      version,
      {
        replicas: broker.manager,
        logger: silentLogger,
        mayDescribe: (topic) => !undescribed.has(topic),
        nowMs: () => NOW_MS,
      },
    );
    const { errorCode, ...found } = response.topics[0]!.partitions[0]!;
    return { ...found, error: errorName(errorCode) };
  }

  const found: {
    name: string;
    timestamp: number;
    asked?: Parameters<typeof ask>[1];
    version?: number;
    offset: number;
    leaderEpoch: number;
  }[] = [
    { name: 'latest: the high watermark', timestamp: -1, offset: 4, leaderEpoch: 3 },
    {
      name: 'latest, read_committed: the last stable offset',
      timestamp: -1,
      asked: { isolationLevel: 1 },
      offset: 2,
      leaderEpoch: 3,
    },
    { name: 'latest, for a follower: the log end', timestamp: -1, asked: { replicaId: 2 }, offset: 5, leaderEpoch: 3 },
    { name: 'latest without epochs before v4', timestamp: -1, version: 3, offset: 4, leaderEpoch: -1 },
    { name: 'earliest: the log start', timestamp: -2, offset: 0, leaderEpoch: 3 },
    { name: 'earliest local: the log start', timestamp: -4, offset: 0, leaderEpoch: 3 },
    { name: 'latest tiered: none', timestamp: -5, offset: -1, leaderEpoch: -1 },
    { name: 'a time', timestamp: 3, offset: 3, leaderEpoch: 3 },
    { name: 'a time whose record is not committed: none', timestamp: 4, offset: -1, leaderEpoch: -1 },
    {
      name: 'a time whose record is not committed, for a follower',
      timestamp: 4,
      asked: { replicaId: 2 },
      offset: 4,
      leaderEpoch: 3,
    },
    { name: 'a time after the last record: none', timestamp: 99, offset: -1, leaderEpoch: -1 },
  ];
  for (const { name, timestamp, asked, version, offset, leaderEpoch } of found) {
    it(`gives ${name}`, async () => {
      expect(await ask(timestamp, asked, version)).to.deep.include({ error: 'NONE', offset, leaderEpoch });
    });
  }

  const oldStyle: { name: string; timestamp: number; max: number; replicaId?: number; offsets: number[] }[] = [
    { name: 'latest: the high watermark for the log end', timestamp: -1, max: 1, offsets: [4] },
    { name: 'latest, several: and where segments begin, latest first', timestamp: -1, max: 9, offsets: [4, 2, 0] },
    { name: 'latest, several, for a follower: the log end', timestamp: -1, max: 2, replicaId: 2, offsets: [5, 2] },
    { name: 'earliest: the first segment alone', timestamp: -2, max: 9, offsets: [0] },
    { name: 'a time: segments that nobody wrote to after it', timestamp: 150, max: 9, offsets: [0] },
    { name: 'a time, one of several', timestamp: 200, max: 1, offsets: [2] },
    { name: 'a time before the first segment was written: none', timestamp: 99, max: 9, offsets: [] },
    { name: 'now: the end too', timestamp: NOW_MS, max: 2, offsets: [4, 2] },
    { name: 'none asked for', timestamp: -1, max: 0, offsets: [] },
  ];
  for (const { name, timestamp, max, replicaId = -1, offsets } of oldStyle) {
    it(`gives v0 ${name}`, async () => {
      broker.log().segments = [
        { baseOffset: 0, modifiedMs: 100, size: 10 },
        { baseOffset: 2, modifiedMs: 200, size: 10 },
      ];
      const found = await ask(timestamp, { replicaId, maxNumOffsets: max }, 0);
      expect(found).to.deep.equal({
        partitionIndex: 0,
        error: 'NONE',
        oldStyleOffsets: offsets,
        timestamp: -1,
        offset: -1,
        leaderEpoch: -1,
      });
    });
  }

  it('gives v0 no end of a log whose active segment is empty', async () => {
    broker.log().segments = [{ baseOffset: 0, modifiedMs: 100, size: 0 }];
    expect((await ask(-1, { maxNumOffsets: 2 }, 0)).oldStyleOffsets).to.deep.equal([0]);
  });

  const refused: {
    name: string;
    timestamp: number;
    asked?: Parameters<typeof ask>[1];
    version?: number;
    error: string;
  }[] = [
    { name: 'the max timestamp below v7', timestamp: -3, version: 6, error: 'UNSUPPORTED_VERSION' },
    { name: 'a special timestamp that does not exist', timestamp: -9, error: 'UNSUPPORTED_VERSION' },
    { name: 'an old leader epoch', timestamp: -1, asked: { epoch: 2 }, error: 'FENCED_LEADER_EPOCH' },
    { name: 'a future leader epoch', timestamp: -1, asked: { epoch: 4 }, error: 'UNKNOWN_LEADER_EPOCH' },
  ];
  for (const { name, timestamp, asked, version, error } of refused) {
    it(`refuses ${name}: ${error}`, async () => {
      expect(await ask(timestamp, asked, version)).to.deep.include({ error, offset: -1, timestamp: -1 });
    });
  }

  it('refuses a partition that is asked for twice, and a topic that may not be described', async () => {
    const twice = [0, 0].map((partitionIndex) => ({
      partitionIndex,
      currentLeaderEpoch: -1,
      timestamp: -1,
      maxNumOffsets: 1,
    }));
    expect(await ask(-1, { topics: [{ name: 'orders', partitions: twice }] })).to.deep.include({
      error: 'INVALID_REQUEST',
    });
    undescribed.add('orders');
    expect(await ask(-1)).to.deep.include({ error: 'TOPIC_AUTHORIZATION_FAILED' });
  });

  it('names no latest offset while a new leader’s watermark is below its epoch’s start', async () => {
    await broker.manager.applyReplicas([aChange({ leaderEpoch: 4, partitionEpoch: 4, isr: [1, 2], replicas: [1, 2] })]);
    expect(await ask(-1)).to.deep.include({ error: 'OFFSET_NOT_AVAILABLE' });
    expect(await ask(-1, {}, 4)).to.deep.include({ error: 'LEADER_NOT_AVAILABLE' });
    expect(await ask(99)).to.deep.include({ error: 'OFFSET_NOT_AVAILABLE' });
    expect(await ask(3)).to.deep.include({ error: 'NONE', offset: 3 });
    expect(await ask(-1, { replicaId: 2 })).to.deep.include({ error: 'NONE', offset: 5 });
    expect(await ask(-2)).to.deep.include({ error: 'NONE', offset: 0 });
  });

  it('lets only a debugging consumer ask a follower', async () => {
    await broker.manager.applyReplicas([aChange({ leader: 2, leaderEpoch: 4, partitionEpoch: 4, replicas: [1, 2] })]);
    expect(await ask(-1)).to.deep.include({ error: 'NOT_LEADER_OR_FOLLOWER' });
    expect(await ask(-2, { replicaId: -2 })).to.deep.include({ error: 'NONE', offset: 0 });
  });

  describe('OffsetForLeaderEpoch', () => {
    const table: {
      name: string;
      leaderEpoch: number;
      currentLeaderEpoch?: number;
      partition?: number;
      expected: unknown;
    }[] = [
      { name: 'the latest epoch ends at the log end', leaderEpoch: 3, expected: ['NONE', 3, 5] },
      { name: 'an older one where the next begins', leaderEpoch: 1, expected: ['NONE', 1, 0] },
      { name: 'one that is not known yet', leaderEpoch: 9, expected: ['NONE', -1, -1] },
      {
        name: 'an old current epoch',
        leaderEpoch: 3,
        currentLeaderEpoch: 2,
        expected: ['FENCED_LEADER_EPOCH', -1, -1],
      },
      { name: 'an unknown partition', leaderEpoch: 3, partition: 9, expected: ['UNKNOWN_TOPIC_OR_PARTITION', -1, -1] },
    ];
    for (const { name, leaderEpoch, currentLeaderEpoch = -1, partition = 0, expected } of table) {
      it(name, () => {
        const response = offsetsForLeaderEpoch(
          {
            replicaId: -1,
            topics: [{ topic: 'orders', partitions: [{ partition, currentLeaderEpoch, leaderEpoch }] }],
          },
          { replicas: broker.manager, logger: silentLogger, mayDescribe: () => true },
        );
        const answer = response.topics[0]!.partitions[0]!;
        expect([errorName(answer.errorCode), answer.leaderEpoch, answer.endOffset]).to.deep.equal(expected);
      });
    }
  });
});
