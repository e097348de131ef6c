import { expect } from 'chai';
import { ClusterClient } from '../../../src/client/cluster-client.js';
import { Consumer, type ConsumerConfig } from '../../../src/client/consumer.js';
import { decodeAssignment, decodeSubscription } from '../../../src/client/consumer-protocol.js';
import { Producer } from '../../../src/client/producer.js';
import type { KafkaError } from '../../../src/common/errors.js';
import type { JoinGroupRequest } from '../../../src/protocol/messages/join-group-request.js';
import type { OffsetCommitRequest } from '../../../src/protocol/messages/offset-commit-request.js';
import type { SyncGroupRequest } from '../../../src/protocol/messages/sync-group-request.js';
import { ToyCluster } from './toy-cluster.js';

async function setUp(config: ConsumerConfig = {}) {
  const toy = new ToyCluster(11);
  await toy.start(1, 2);
  toy.createTopic('t', 1, 2);
  const { platform } = toy.world.host('client');
  const cluster = new ClusterClient({ bootstrapServers: toy.bootstrapServers, clientId: 'c' }, platform);
  const producer = new Producer(cluster, { batchBytes: 300 });
  const write = async (count: number, partition = 0): Promise<void> => {
    const sent = Array.from({ length: count }, (_, i) =>
      producer.send({ topic: 't', partition, key: Buffer.from('k'), value: Buffer.from(`${i}`) }),
    );
    await toy.world.complete(Promise.all(sent));
  };
  return { toy, world: toy.world, consumer: new Consumer(cluster, { autoOffsetReset: 'earliest', ...config }), write };
}

const T0 = { topic: 't', partition: 0 };
const T1 = { topic: 't', partition: 1 };

/** Polls until so many records came. */
async function read(toy: ToyCluster, consumer: Consumer, count: number) {
  const records = [];
  while (records.length < count) {
    const polled = await toy.world.complete(consumer.poll(5000));
    if (polled.length === 0) throw new Error(`only ${records.length} of ${count} records came`);
    records.push(...polled);
  }
  return records;
}

describe('Consumer', () => {
  it('reads partitions of several leaders, each in order, every record once', async () => {
    const { toy, world, consumer, write } = await setUp({ maxPollRecords: 7 });
    await write(30, 0);
    await write(20, 1);
    await world.complete(consumer.assign([T0, T1]));
    const records = await read(toy, consumer, 50);
    for (const [partition, count] of [30, 20].entries()) {
      const own = records.filter((record) => record.partition === partition);
      expect(own.map(({ offset }) => offset)).deep.equal(Array.from({ length: count }, (_, i) => i));
      expect(own.map(({ value }) => String(value))).deep.equal(Array.from({ length: count }, (_, i) => `${i}`));
    }
    expect(await world.complete(consumer.poll(300))).deep.equal([]);
    expect([consumer.position('t', 0), consumer.position('t', 1)]).deep.equal([30, 20]);
  });

  it('begins inside a batch when told to', async () => {
    const { toy, world, consumer, write } = await setUp();
    await write(10);
    await world.complete(consumer.assign([T0]));
    consumer.seek('t', 0, 4);
    expect((await read(toy, consumer, 6)).map(({ offset }) => offset)).deep.equal([4, 5, 6, 7, 8, 9]);
  });

  it('begins at the end with auto.offset.reset latest', async () => {
    const { toy, world, consumer, write } = await setUp({ autoOffsetReset: 'latest' });
    await write(10);
    await world.complete(consumer.assign([T0]));
    await write(1);
    expect((await read(toy, consumer, 1)).map(({ offset }) => offset)).deep.equal([10]);
  });

  it('resets a position that the log lost, or fails when it must not', async () => {
    for (const autoOffsetReset of ['earliest', 'none'] as const) {
      const { toy, world, consumer, write } = await setUp({ autoOffsetReset });
      await write(10);
      consumer.seek('t', 0, 1);
      await world.complete(consumer.assign([T0]));
      const log = toy.topics.get('t')![0]!;
      log.logStartOffset = 5;
      const result = read(toy, consumer, 5).then(
        (records) => records.map(({ offset }) => offset),
        (error: unknown) => (error as KafkaError).error,
      );
      expect(await result).deep.equal(autoOffsetReset === 'none' ? 'OFFSET_OUT_OF_RANGE' : [5, 6, 7, 8, 9]);
    }
  });

  it('follows the leader when it moves', async () => {
    const { toy, world, consumer, write } = await setUp();
    await write(5);
    await world.complete(consumer.assign([T0]));
    await read(toy, consumer, 5);
    toy.moveLeader('t', 0, 2);
    await write(5);
    expect((await read(toy, consumer, 5)).map(({ offset }) => offset)).deep.equal([5, 6, 7, 8, 9]);
  });

  it('joins, assigns as leader, reads, commits, joins again when told, and leaves', async () => {
    const { toy, world, consumer, write } = await setUp({ groupId: 'g', heartbeatIntervalMs: 100 });
    await write(8);
    const generations: number[] = [];
    let isRebalancing = false;
    let assignment: Buffer = Buffer.alloc(0);
    const committed: [number, number][] = [];
    let left: unknown;
    toy.script.set('JoinGroup', (request: JoinGroupRequest) => {
      if (request.memberId === '') return { errorCode: 79, memberId: 'm-1', generationId: -1, leader: '' };
      const [{ name, metadata }] = request.protocols as [{ name: string; metadata: Buffer }];
      expect(decodeSubscription(metadata)).deep.equal(['t']);
      isRebalancing = false;
      generations.push(generations.length + 1);
      const me = { memberId: 'm-1', groupInstanceId: null, metadata };
      const generationId = generations.length;
      return { errorCode: 0, generationId, protocolName: name, leader: 'm-1', memberId: 'm-1', members: [me] };
    });
    toy.script.set('SyncGroup', (request: SyncGroupRequest) => {
      assignment = request.assignments[0]!.assignment;
      return { errorCode: 0, assignment };
    });
    toy.script.set('Heartbeat', () => ({ errorCode: isRebalancing ? 27 : 0 }));
    toy.script.set('OffsetFetch', () => ({
      topics: [{ name: 't', partitions: [partitionOf(0, committed.at(-1)?.[1] ?? 3), partitionOf(1, -1)] }],
    }));
    toy.script.set('OffsetCommit', (request: OffsetCommitRequest) => {
      const [{ partitions }] = request.topics as [OffsetCommitRequest['topics'][0]];
      committed.push([request.generationIdOrMemberEpoch, partitions[0]!.committedOffset]);
      const answers = partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: 0 }));
      return { topics: [{ name: 't', partitions: answers }] };
    });
    toy.script.set('LeaveGroup', (request) => {
      left = request;
      return { errorCode: 0, members: [] };
    });

    const events: string[] = [];
    consumer.subscribe(['t'], {
      onAssigned: (partitions) => void events.push(`assigned ${partitions.length}`),
      onRevoked: (partitions) => void events.push(`revoked ${partitions.length}`),
    });
    const first = await read(toy, consumer, 5);
    expect(first.map(({ offset }) => offset)).deep.equal([3, 4, 5, 6, 7]); // from the committed offset on
    expect(decodeAssignment(assignment)).deep.equal([T0, T1]);
    isRebalancing = true;
    await write(2);
    await world.runFor(500); // a heartbeat brings the news, the next poll acts on it
    expect((await read(toy, consumer, 2)).map(({ offset }) => offset)).deep.equal([8, 9]);
    expect(generations).deep.equal([1, 2]);
    expect(events).deep.equal(['assigned 2', 'revoked 2', 'assigned 2']);
    await world.complete(consumer.close());
    expect(left).deep.include({ groupId: 'g' });
    // Under the old generation before it gave its partitions up, and at the end.
    expect(committed).deep.equal([
      [1, 8],
      [2, 10],
    ]);
  });
});

function partitionOf(partitionIndex: number, committedOffset: number) {
  return { partitionIndex, committedOffset, committedLeaderEpoch: -1, metadata: '', errorCode: 0 };
}
