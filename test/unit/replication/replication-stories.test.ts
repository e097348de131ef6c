import { expect } from 'chai';
import { errorName } from '../../../src/protocol/error-codes.js';
import { aBatch } from '../../support/memory-log.js';
import { ReplicaCluster, type TestBroker } from './replica-cluster.js';

/** Appends as a client and gives the error's name, once there is an answer. */
async function produce(broker: TestBroker, requiredAcks: number, ...texts: string[]): Promise<string> {
  const [response] = await broker.manager.appendRecords(
    [{ name: 'orders', partitionData: [{ index: 0, records: aBatch(...texts) }] }],
    { requiredAcks, timeoutMs: 30_000, origin: 'client', internalTopicsAllowed: false },
  );
  return errorName(response!.partitionResponses[0]!.errorCode);
}

/** Copies nothing any more, until it is told whom to follow. */
async function isolate(broker: TestBroker): Promise<void> {
  const stop = { type: 'stop', topic: 'orders', partition: 0, leaderEpoch: -1, deletePartition: false } as const;
  await broker.manager.applyReplicas([stop]);
}

async function stop(cluster: ReplicaCluster, id: number): Promise<void> {
  cluster.broker(id).isDown = true;
  cluster.broker(id).fetchers.close();
  await cluster.broker(id).manager.close();
  cluster.announce();
}

/** Requests that ask for a partition; others only forget one. */
function fetchesWithTopics(cluster: ReplicaCluster): number {
  return cluster.fetches.filter(({ request }) => request.topics.length > 0).length;
}

describe('replication, story by story', () => {
  it('answers acks=all once every ISR member has the records, and tells followers the high watermark', async () => {
    const cluster = new ReplicaCluster([1, 2, 3]);
    await cluster.elect(1, 0, [1, 2, 3]);
    await cluster.run(20);
    const answered = produce(cluster.broker(1), -1, 'a', 'b');
    expect(cluster.broker(1).log().highWatermark).to.equal(0);
    await cluster.run(50);
    expect(await answered).to.equal('NONE');
    expect(cluster.broker(1).log().highWatermark).to.equal(2);
    expect(cluster.broker(2).log().contents).to.deep.equal(['0:a@0', '1:b@0']);
    await cluster.run(1_000);
    expect(cluster.broker(3).log().highWatermark).to.equal(2);
    expect(cluster.broker(1).log().slicesHeld).to.equal(0);
  });

  it('wakes the parked fetch of a follower with the append: no timer passes', async () => {
    const cluster = new ReplicaCluster([1, 2]);
    await cluster.elect(1, 0, [1, 2]);
    await cluster.run(200);
    const answered = produce(cluster.broker(1), -1, 'a');
    await cluster.run(10); // far below replica.fetch.wait.max.ms
    await cluster.run(10);
    expect(await answered).to.equal('NONE');
  });

  it('lets a follower that diverged cut its tail when a new leader was elected (KIP-101)', async () => {
    const cluster = new ReplicaCluster([1, 2]);
    await cluster.elect(1, 0, [1, 2]);
    await cluster.run(50);
    await produce(cluster.broker(1), 1, 'a');
    await cluster.run(1_000);
    // 1 is cut off, and takes a record that nobody gets; 2 leads from here.
    await isolate(cluster.broker(2));
    await produce(cluster.broker(1), 1, 'lost');
    await cluster.elect(2, 1, [2], [2]);
    await produce(cluster.broker(2), 1, 'b');
    expect(cluster.broker(1).log().contents).to.deep.equal(['0:a@0', '1:lost@0']);
    await cluster.elect(2, 1, [2], [1]);
    await cluster.run(100);
    expect(cluster.broker(1).log().contents).to.deep.equal(['0:a@0', '1:b@1']);
    expect(cluster.broker(1).log().contents).to.deep.equal(cluster.broker(2).log().contents);
  });

  it('keeps what is committed when the follower restarts before it heard of the high watermark (KIP-101)', async () => {
    const cluster = new ReplicaCluster([1, 2]);
    await cluster.elect(1, 0, [1, 2]);
    await cluster.run(50);
    const answered = produce(cluster.broker(1), -1, 'a');
    await cluster.run(20);
    expect(await answered).to.equal('NONE');
    // 2 has the record, but an old high watermark: it fetches anew, and then leads. Cutting to the watermark would lose it.
    cluster.broker(2).log().highWatermark = 0;
    await cluster.elect(1, 1, [1, 2], [2]);
    await cluster.elect(2, 2, [2]);
    await cluster.run(1_200);
    expect(cluster.broker(2).log().contents).to.deep.equal(['0:a@0']);
    expect(cluster.broker(1).log().contents).to.deep.equal(['0:a@0']);
  });

  it('settles on one history after two quick elections, epoch by epoch (KIP-279)', async () => {
    const cluster = new ReplicaCluster([1, 2]);
    await cluster.elect(1, 0, [1, 2]);
    await cluster.run(50);
    await produce(cluster.broker(1), 1, 'a');
    await cluster.run(1_000);
    await isolate(cluster.broker(1));
    await isolate(cluster.broker(2));
    // 2 leads epoch 1 alone, then 1 epoch 2 alone, then both meet.
    await cluster.elect(2, 1, [2], [2]);
    await produce(cluster.broker(2), 1, 'x', 'y');
    await cluster.elect(1, 2, [1], [1]);
    await produce(cluster.broker(1), 1, 'b');
    await cluster.elect(1, 2, [1], [2]);
    await cluster.run(200);
    expect(cluster.broker(2).log().contents).to.deep.equal(['0:a@0', '1:b@2']);
  });

  it('truncates to an uncleanly elected leader whose log is shorter', async () => {
    const cluster = new ReplicaCluster([1, 2]);
    await cluster.elect(1, 0, [1, 2]);
    await produce(cluster.broker(1), 1, 'a');
    await cluster.run(100);
    await isolate(cluster.broker(2));
    await produce(cluster.broker(1), 1, 'b', 'c');
    await cluster.elect(2, 1, [2]);
    await cluster.run(200);
    expect(cluster.broker(1).log().contents).to.deep.equal(['0:a@0']);
    await produce(cluster.broker(2), 1, 'd');
    await cluster.run(100);
    expect(cluster.broker(1).log().contents).to.deep.equal(['0:a@0', '1:d@1']);
  });

  it('cuts to the leader’s end when that is below its own and no epoch can tell', async () => {
    const cluster = new ReplicaCluster([1, 2]);
    await cluster.elect(1, 0, [1], [1]);
    await produce(cluster.broker(1), 1, 'a', 'b', 'c');
    await cluster.elect(2, 1, [2], [2]);
    cluster.broker(2).log().endOffsetForEpoch = () => ({ epoch: -1, endOffset: -1 });
    await cluster.elect(2, 1, [2], [1]);
    await cluster.run(200);
    expect(cluster.broker(1).log().contents).to.deep.equal([]);
    expect(cluster.broker(1).log().logEndOffset).to.equal(0);
  });

  it('begins anew at the leader’s log start when the follower was away for too long', async () => {
    const cluster = new ReplicaCluster([1, 2]);
    await cluster.elect(1, 0, [1, 2]);
    await cluster.run(50);
    await produce(cluster.broker(1), 1, 'a');
    await cluster.run(100);
    await isolate(cluster.broker(2));
    await cluster.elect(1, 1, [1], [1]);
    await produce(cluster.broker(1), 1, 'b', 'c', 'd');
    cluster.broker(1).log().maybeIncrementLogStartOffset(3);
    await cluster.elect(1, 1, [1], [2]);
    await cluster.run(200);
    expect(cluster.broker(2).log().logStartOffset).to.equal(3);
    expect(cluster.broker(2).log().contents).to.deep.equal(['3:d@1']);
  });

  it('asks the controller to shrink the ISR when a follower stops fetching, and commits without it then', async () => {
    const cluster = new ReplicaCluster([1, 2]);
    await cluster.elect(1, 0, [1, 2]);
    await cluster.run(50);
    const leader = cluster.broker(1);
    await stop(cluster, 2);
    const answered = produce(leader, -1, 'a');
    await cluster.run(46_000);
    expect(leader.controller.asked.at(-1)?.topics[0]?.partitions[0]).to.deep.include({
      leaderEpoch: 0,
      partitionEpoch: 0,
      newIsrWithEpochs: [{ brokerId: 1, brokerEpoch: -1 }],
    });
    expect(leader.manager.partition('orders', 0)!.isr).to.deep.include({ kind: 'committed', isr: [1] });
    expect(await answered).to.be.oneOf(['NONE', 'REQUEST_TIMED_OUT']);
    expect(leader.log().highWatermark).to.equal(1);
  });

  it('takes a follower back into the ISR once it has everything', async () => {
    const cluster = new ReplicaCluster([1, 2]);
    await cluster.elect(1, 0, [1], [1]);
    await produce(cluster.broker(1), 1, 'a', 'b');
    await cluster.elect(1, 0, [1], [2]);
    await cluster.run(100);
    const partition = cluster.broker(1).manager.partition('orders', 0)!;
    expect(cluster.broker(1).controller.asked).to.have.length(1);
    expect(partition.isr).to.deep.include({ kind: 'committed', isr: [1, 2] });
    expect(partition.partitionEpoch).to.equal(1);
  });

  it('takes no follower into the ISR whose broker is not registered', async () => {
    const cluster = new ReplicaCluster([1, 2]);
    await cluster.elect(1, 0, [1]);
    cluster.broker(2).isDown = true;
    cluster.announce(); // its session has expired, and yet it fetches on
    await produce(cluster.broker(1), 1, 'a');
    await cluster.run(100);
    expect(cluster.broker(2).log().contents).to.deep.equal(['0:a@0']);
    expect(cluster.broker(1).controller.asked).to.have.length(0);
  });

  it('follows the leader’s log start', async () => {
    const cluster = new ReplicaCluster([1, 2]);
    await cluster.elect(1, 0, [1, 2]);
    await produce(cluster.broker(1), 1, 'a', 'b', 'c');
    await cluster.run(100);
    cluster.broker(1).log().maybeIncrementLogStartOffset(2);
    await cluster.run(1_200);
    expect(cluster.broker(2).log().contents).to.deep.equal(['2:c@0']);
    expect(cluster.broker(1).manager.partition('orders', 0)!.follower(2)!.logStartOffset).to.equal(2);
  });

  it('stands still while the ISR is below min.insync.replicas', async () => {
    const cluster = new ReplicaCluster([1, 2]);
    await cluster.elect(1, 0, [1], [1]);
    const leader = cluster.broker(1);
    leader.log().config = { ...leader.log().config, minInSyncReplicas: 2 };
    expect(await produce(leader, -1, 'a')).to.equal('NOT_ENOUGH_REPLICAS');
    expect(await produce(leader, 1, 'a')).to.equal('NONE');
    expect(leader.log().highWatermark).to.equal(0);
    await cluster.elect(1, 0, [1], [2]);
    await cluster.run(1_200);
    expect(leader.log().highWatermark).to.equal(1);
  });

  it('answers acks=all with NOT_LEADER_OR_FOLLOWER when the leadership is lost meanwhile', async () => {
    const cluster = new ReplicaCluster([1, 2]);
    await cluster.elect(1, 0, [1, 2], [1]);
    const answered = produce(cluster.broker(1), -1, 'a');
    await cluster.elect(2, 1, [2], [1]);
    expect(await answered).to.equal('NOT_LEADER_OR_FOLLOWER');
  });

  it('answers acks=all with REQUEST_TIMED_OUT when followers do not come', async () => {
    const cluster = new ReplicaCluster([1, 2], { replicaLagTimeMaxMs: 90_000 });
    await cluster.elect(1, 0, [1, 2], [1]);
    const answered = produce(cluster.broker(1), -1, 'a');
    await cluster.run(30_100);
    expect(await answered).to.equal('REQUEST_TIMED_OUT');
    expect(cluster.broker(1).manager.purgatory.size).to.equal(0);
  });

  it('asks again soon, then less often, while the leader has not heard of its election', async () => {
    const cluster = new ReplicaCluster([1, 2]);
    await cluster.elect(1, 0, [1, 2], [2]);
    await cluster.run(100);
    const early = fetchesWithTopics(cluster);
    expect(early).to.be.within(2, 4);
    await cluster.run(5_000);
    expect(fetchesWithTopics(cluster) - early).to.be.within(6, 14);
    await cluster.elect(1, 0, [1, 2], [1]);
    await produce(cluster.broker(1), 1, 'a');
    await cluster.run(1_200);
    expect(cluster.broker(2).log().contents).to.deep.equal(['0:a@0']);
  });

  it('waits for the back-off when the leader cannot be reached', async () => {
    const cluster = new ReplicaCluster([1, 2]);
    cluster.broker(1).isDown = true;
    await cluster.elect(1, 0, [1, 2], [2]);
    await cluster.run(3_500);
    expect(cluster.fetches).to.have.length(4);
  });

  it('names only what changed in an incremental fetch, and nothing when idle', async () => {
    const cluster = new ReplicaCluster([1, 2]);
    await cluster.elect(1, 0, [1, 2]);
    await cluster.run(1_600);
    const sessions = cluster.fetches.map(({ request }) => [request.sessionEpoch, request.topics.length]);
    expect(sessions[0]).to.deep.equal([0, 1]);
    expect(sessions.slice(1).every(([epoch, topics]) => epoch! > 0 && topics === 0)).to.equal(true);
    await produce(cluster.broker(1), 1, 'a');
    await cluster.run(20);
    const { request } = cluster.fetches.at(-1)!;
    expect(request.topics[0]).to.deep.include({ topicId: cluster.broker(1).metadata.topic('orders')!.topicId });
    expect(request.topics[0]!.partitions[0]).to.deep.include({ partition: 0, fetchOffset: 1, lastFetchedEpoch: 0 });
  });
});
