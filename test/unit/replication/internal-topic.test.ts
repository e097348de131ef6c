import { expect } from 'chai';
import { errorNameOf } from '../../../src/common/errors.js';
import { InternalTopic } from '../../../src/replication/internal-topic.js';
import { aBatch } from '../../support/memory-log.js';
import { aChange, ReplicaCluster, type TestBroker } from './replica-cluster.js';

describe('InternalTopic', () => {
  let broker: TestBroker;
  let offsets: InternalTopic;
  beforeEach(async () => {
    broker = new ReplicaCluster([1, 2]).broker(1);
    offsets = new InternalTopic('__consumer_offsets', broker.manager, 5_000);
    await broker.manager.applyReplicas([aChange({ topic: '__consumer_offsets', leaderEpoch: 2 })]);
  });

  async function errorOf(work: Promise<unknown>): Promise<string> {
    return work.then(
      () => 'NONE',
      (thrown: unknown) => errorNameOf(thrown),
    );
  }

  async function readAll(leaderEpoch: number): Promise<number> {
    let bytes = 0;
    for await (const batches of offsets.read(0, leaderEpoch)) bytes += batches.length;
    return bytes;
  }

  it('appends and reads back, also the batches of earlier epochs', async () => {
    await offsets.append(0, 2, aBatch('a', 'b'));
    await offsets.append(0, 2, aBatch('c'));
    expect(await readAll(2)).to.equal(3 * 62);
  });

  it('reads on from a batch that a read cut short', async () => {
    await offsets.append(0, 2, aBatch('a', 'b'));
    const log = broker.logs.get('__consumer_offsets', 0)!;
    const read = log.read.bind(log);
    log.read = (offset, maxBytes, upperBound, minOneBatch) => {
      const slice = read(offset, maxBytes, upperBound, minOneBatch);
      const load = async () => (await slice.load()).subarray(0, 100); // 62 bytes a batch
      return { ...slice, sizeInBytes: slice.sizeInBytes, load };
    };
    expect(await readAll(2)).to.equal(2 * 62);
  });

  it('refuses to write or read in an epoch that is not the leader’s', async () => {
    expect(await errorOf(offsets.append(0, 1, aBatch('a')))).to.equal('NOT_LEADER_OR_FOLLOWER');
    expect(await errorOf(readAll(3))).to.equal('NOT_LEADER_OR_FOLLOWER');
    expect(await errorOf(offsets.append(7, 1, aBatch('a')))).to.equal('UNKNOWN_TOPIC_OR_PARTITION');
  });

  it('fails with what the partition answers', async () => {
    const log = broker.logs.get('__consumer_offsets', 0)!;
    log.config = { ...log.config, minInSyncReplicas: 2 };
    await broker.manager.applyReplicas([
      aChange({ topic: '__consumer_offsets', leaderEpoch: 3, partitionEpoch: 3, replicas: [1, 2] }),
    ]);
    expect(await errorOf(offsets.append(0, 3, aBatch('a')))).to.equal('NOT_ENOUGH_REPLICAS');
  });

  it('stops reading when the leadership is lost on the way', async () => {
    await offsets.append(0, 2, aBatch('a'));
    const reading = offsets.read(0, 2);
    await broker.manager.applyReplicas([
      aChange({ topic: '__consumer_offsets', leader: 2, leaderEpoch: 3, partitionEpoch: 3, replicas: [1, 2] }),
    ]);
    expect(await errorOf(reading.next())).to.equal('NOT_LEADER_OR_FOLLOWER');
  });
});
