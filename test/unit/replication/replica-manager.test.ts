import { expect } from 'chai';
import { KafkaError } from '../../../src/common/errors.js';
import type { ReplicaChange, StopReplica } from '../../../src/metadata/control-plane.js';
import { errorName } from '../../../src/protocol/error-codes.js';
import type { Partition } from '../../../src/replication/partition.js';
import { aBatch } from '../../support/memory-log.js';
import { aChange, ReplicaCluster, settle, type TestBroker } from './replica-cluster.js';

const OTHER_ID = 'gNyFqmhKQMuEsUBxE0txZw';

function aStop(change: Partial<StopReplica> = {}): StopReplica {
  return { type: 'stop', topic: 'orders', partition: 0, leaderEpoch: -2, deletePartition: true, ...change };
}

describe('ReplicaManager', () => {
  let cluster: ReplicaCluster;
  let broker: TestBroker;
  beforeEach(() => {
    cluster = new ReplicaCluster([1, 2]);
    broker = cluster.broker(1);
  });

  async function apply(...changes: ReplicaChange[]): Promise<string[]> {
    const errors = await broker.manager.applyReplicas(changes);
    return [...errors].map(([key, code]) => `${key} ${errorName(code)}`);
  }

  function append(records: Buffer | null, requiredAcks = 1, topic = 'orders', index = 0) {
    const answer = broker.manager.appendRecords([{ name: topic, partitionData: [{ index, records }] }], {
      requiredAcks,
      timeoutMs: 1_000,
      origin: 'client',
      internalTopicsAllowed: false,
    });
    if (answer instanceof Promise) throw new Error('an answer at once was expected');
    const [partition] = answer[0]!.partitionResponses;
    return { ...partition!, error: errorName(partition!.errorCode) };
  }

  describe('LeaderAndIsr', () => {
    it('makes leaders and followers, with logs under their topic id, and tells who listens after all are applied', async () => {
      const told: string[] = [];
      broker.manager.onLeadership({
        onLeadershipChange: (leaders, followers) => {
          const names = (list: readonly Partition[]) => list.map((each) => each.key).join();
          told.push(`${names(leaders)} | ${names(followers)}`);
        },
        onStopped: () => undefined,
      });
      const changes = [aChange({ partition: 0 }), aChange({ partition: 1, leader: 2, replicas: [1, 2] })];
      expect(await apply(...changes)).to.deep.equal(['orders-0 NONE', 'orders-1 NONE']);
      expect(told).to.deep.equal(['orders-0 | orders-1']);
      expect(broker.logs.topicIdOf('orders', 1)).to.equal(aChange().topicId);
      expect(broker.manager.gauges()).to.deep.include({ leaderCount: 1, partitionCount: 2, offlineReplicaCount: 0 });
    });

    const table: { name: string; change: Parameters<typeof aChange>[0]; error: string }[] = [
      { name: 'the same leader epoch again', change: { leaderEpoch: 5 }, error: 'STALE_CONTROLLER_EPOCH' },
      { name: 'an older leader epoch', change: { leaderEpoch: 4 }, error: 'STALE_CONTROLLER_EPOCH' },
      { name: 'another topic id', change: { leaderEpoch: 6, topicId: OTHER_ID }, error: 'INCONSISTENT_TOPIC_ID' },
      { name: 'no topic id, from an old controller', change: { leaderEpoch: 6, topicId: undefined }, error: 'NONE' },
      {
        name: 'an assignment without this broker',
        change: { leaderEpoch: 6, replicas: [2] },
        error: 'UNKNOWN_TOPIC_OR_PARTITION',
      },
    ];
    for (const { name, change, error } of table) {
      it(`answers ${name} with ${error}`, async () => {
        await apply(aChange({ leaderEpoch: 5, partitionEpoch: 5 }));
        expect(await apply(aChange({ partitionEpoch: 6, ...change }))).to.deep.equal([`orders-0 ${error}`]);
      });
    }

    it('takes a topic id for a partition that has none, without a new epoch', async () => {
      await apply(aChange({ topicId: undefined }));
      expect(await apply(aChange())).to.deep.equal(['orders-0 NONE']);
      expect(broker.manager.partition('orders', 0)!.topicId).to.equal(aChange().topicId);
      expect(broker.logs.topicIdOf('orders', 0)).to.equal(aChange().topicId);
    });

    it('skips a change of an older partition epoch, which AlterPartition has overtaken', async () => {
      await apply(aChange({ leaderEpoch: 1, partitionEpoch: 9, isr: [1], replicas: [1, 2] }));
      expect(await apply(aChange({ leaderEpoch: 2, partitionEpoch: 8, isr: [1, 2], replicas: [1, 2] }))).to.deep.equal([
        'orders-0 NONE',
      ]);
      expect(broker.manager.partition('orders', 0)!.leaderEpoch).to.equal(1);
    });

    it('notes where a leader’s epoch begins, even without data: later followers cut right by it', async () => {
      await apply(aChange({ leaderEpoch: 1, partitionEpoch: 1 }));
      append(aBatch('a'));
      await apply(aChange({ leaderEpoch: 4, partitionEpoch: 4 }));
      expect(broker.log().endOffsetForEpoch(3)).to.deep.equal({ epoch: 1, endOffset: 1 });
      expect(broker.log().endOffsetForEpoch(4)).to.deep.equal({ epoch: 4, endOffset: 1 });
    });

    it('keeps the state when nobody leads, but makes the log', async () => {
      expect(await apply(aChange({ leader: -1, leaderEpoch: 3, replicas: [1, 2] }))).to.deep.equal(['orders-0 NONE']);
      expect(broker.manager.partition('orders', 0)).to.deep.include({ leaderId: -1, leaderEpoch: -1 });
      expect(broker.logs.get('orders', 0)).to.not.equal(undefined);
    });

    it('starts from the checkpointed high watermark, at most the log end', async () => {
      broker.logs.getOrCreate('orders', 0, undefined);
      broker.logs.get('orders', 0)!.appendAsLeader(aBatch('a', 'b', 'c'), 0);
      broker.logs.checkpoint.set('orders-0', 2);
      await apply(aChange({ leader: 2, replicas: [1, 2] }));
      expect(broker.log().highWatermark).to.equal(2);
    });

    it('answers KAFKA_STORAGE_ERROR when no log can be made, and from then on', async () => {
      broker.logs.failure = new KafkaError('KAFKA_STORAGE_ERROR');
      expect(await apply(aChange())).to.deep.equal(['orders-0 KAFKA_STORAGE_ERROR']);
      broker.logs.failure = undefined;
      expect(await apply(aChange({ leaderEpoch: 1 }))).to.deep.equal(['orders-0 KAFKA_STORAGE_ERROR']);
      expect(append(aBatch('a')).error).to.equal('KAFKA_STORAGE_ERROR');
      expect(broker.manager.gauges().offlineReplicaCount).to.equal(1);
    });
  });

  describe('StopReplica', () => {
    it('fences an older leader epoch, and takes −1 and −2 whatever the epoch', async () => {
      await apply(aChange({ leaderEpoch: 5 }));
      expect(await apply(aStop({ leaderEpoch: 4 }))).to.deep.equal(['orders-0 FENCED_LEADER_EPOCH']);
      expect(broker.manager.partition('orders', 0)).to.not.equal(undefined);
      expect(await apply(aStop({ leaderEpoch: -2 }))).to.deep.equal(['orders-0 NONE']);
      expect(broker.logs.get('orders', 0)).to.equal(undefined);
    });

    it('deletes the log of a partition it does not host', async () => {
      broker.logs.getOrCreate('orders', 0, OTHER_ID);
      expect(await apply(aStop())).to.deep.equal(['orders-0 NONE']);
      expect(broker.logs.get('orders', 0)).to.equal(undefined);
    });

    it('keeps log and partition without delete, and stops fetching', async () => {
      await apply(aChange({ leader: 2, replicas: [1, 2] }));
      expect(broker.fetchers.fetcherCount).to.equal(1);
      expect(await apply(aStop({ leaderEpoch: 0, deletePartition: false }))).to.deep.equal(['orders-0 NONE']);
      expect(broker.fetchers.fetcherCount).to.equal(0);
      expect(broker.logs.get('orders', 0)).to.not.equal(undefined);
    });

    it('lets a topic be made anew under another id after its deletion', async () => {
      await apply(aChange({ leaderEpoch: 7 }));
      await apply(aStop());
      expect(await apply(aChange({ topicId: OTHER_ID, leaderEpoch: 0 }))).to.deep.equal(['orders-0 NONE']);
    });
  });

  describe('appendRecords', () => {
    beforeEach(() => apply(aChange()));

    it('answers offsets at once with acks 0, 1, and −1 when nobody else is in the ISR', () => {
      for (const [offset, requiredAcks] of [0, 1, -1].entries()) {
        const { error, baseOffset } = append(aBatch('a'), requiredAcks);
        expect({ error, baseOffset }).to.deep.equal({ error: 'NONE', baseOffset: offset });
      }
      expect(broker.log().highWatermark).to.equal(3);
    });

    const refusals: { name: string; run: () => ReturnType<typeof append>; error: string; logStartOffset: number }[] = [
      { name: 'acks 2', run: () => append(aBatch('a'), 2), error: 'INVALID_REQUIRED_ACKS', logStartOffset: -1 },
      {
        name: 'an internal topic',
        run: () => append(aBatch('a'), 1, '__consumer_offsets'),
        error: 'INVALID_TOPIC_EXCEPTION',
        logStartOffset: -1,
      },
      {
        name: 'an unknown topic',
        run: () => append(aBatch('a'), 1, 'nosuch'),
        error: 'UNKNOWN_TOPIC_OR_PARTITION',
        logStartOffset: -1,
      },
      {
        name: 'a partition of another broker',
        run: () => {
          cluster.announce([{}, {}]);
          return append(aBatch('a'), 1, 'orders', 1);
        },
        error: 'NOT_LEADER_OR_FOLLOWER',
        logStartOffset: -1,
      },
      { name: 'no records', run: () => append(null), error: 'INVALID_RECORD', logStartOffset: -1 },
    ];
    for (const { name, run, error, logStartOffset } of refusals) {
      it(`refuses ${name} with ${error}`, () => {
        expect(run()).to.deep.include({ error, baseOffset: -1, logStartOffset, logAppendTimeMs: -1 });
      });
    }

    it('names the records that were refused, with a message; other errors go without', () => {
      broker.log().failNextAppend = new KafkaError('INVALID_TIMESTAMP', 'too old', [{ batchIndex: 3, message: 'old' }]);
      expect(append(aBatch('a'))).to.deep.include({
        error: 'INVALID_TIMESTAMP',
        errorMessage: 'too old',
        recordErrors: [{ batchIndex: 3, batchIndexErrorMessage: 'old' }],
      });
      broker.log().failNextAppend = new KafkaError('OUT_OF_ORDER_SEQUENCE_NUMBER', 'for the log');
      expect(append(aBatch('a'))).to.deep.include({
        error: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
        errorMessage: null,
        logStartOffset: 0,
      });
    });
  });

  it('answers for the partitions of a failed log directory, and who waits there, with an error', async () => {
    await apply(aChange({ partition: 0, isr: [1, 2], replicas: [1, 2] }), aChange({ partition: 1 }));
    const topics = [{ name: 'orders', partitionData: [{ index: 0, records: aBatch('a') }] }];
    const options = { requiredAcks: -1, timeoutMs: 1_000, origin: 'client' as const, internalTopicsAllowed: false };
    const waiting = broker.manager.appendRecords(topics, options);
    broker.logs.offline.add('orders-0');
    broker.manager.onLogDirFailure();
    const [answer] = await waiting;
    expect(errorName(answer!.partitionResponses[0]!.errorCode)).to.equal('NOT_LEADER_OR_FOLLOWER');
    expect(append(aBatch('a')).error).to.equal('KAFKA_STORAGE_ERROR');
    expect(append(aBatch('a'), 1, 'orders', 1).error).to.equal('NONE');
  });

  it('takes changes after it closed without beginning anything', async () => {
    await broker.manager.close();
    broker.fetchers.close();
    expect(await apply(aChange({ leader: 2, replicas: [1, 2] }))).to.deep.equal(['orders-0 NONE']);
    expect(cluster.time.pending).to.equal(0);
    expect(broker.fetchers.fetcherCount).to.equal(0);
  });

  it('checkpoints high watermarks every five seconds, if one moved, and when it closes', async () => {
    await apply(aChange());
    cluster.time.advance(5_000);
    await settle();
    expect(broker.logs.checkpoints).to.equal(0);
    append(aBatch('a', 'b'));
    cluster.time.advance(5_000);
    await settle();
    expect(broker.logs.checkpoint.get('orders-0')).to.equal(2);
    cluster.time.advance(5_000);
    await settle();
    expect(broker.logs.checkpoints).to.equal(1);
    await broker.manager.close();
    expect(broker.logs.checkpoints).to.equal(2);
    expect(cluster.time.pending).to.equal(0);
  });

  describe('AlterPartition', () => {
    /** 1 leads, 2 is in the ISR and never fetches: after a while it has to go. */
    async function lag(): Promise<Partition> {
      await apply(aChange({ isr: [1, 2], replicas: [1, 2] }));
      append(aBatch('a'));
      cluster.time.advance(45_000);
      await settle();
      return broker.manager.partition('orders', 0)!;
    }

    it('keeps the leaving member in the maximal ISR until the controller agreed', async () => {
      broker.controller.isHeld = true;
      const partition = await lag();
      expect(partition.isr).to.deep.include({ kind: 'pending-shrink', isr: [1, 2], maximalIsr: [1, 2] });
      expect(broker.log().highWatermark).to.equal(0);
      broker.controller.release();
      await settle();
      expect(partition.isr).to.deep.include({ kind: 'committed', isr: [1] });
      expect(partition.partitionEpoch).to.equal(1);
      expect(broker.log().highWatermark).to.equal(1);
    });

    it('goes back to what was committed on INELIGIBLE_REPLICA, and asks again later', async () => {
      broker.controller.errors = ['INELIGIBLE_REPLICA'];
      const partition = await lag();
      expect(partition.isr).to.deep.include({ kind: 'committed', isr: [1, 2] });
      cluster.time.advance(15_000);
      await settle();
      expect(partition.isr).to.deep.include({ kind: 'committed', isr: [1] });
    });

    it('stays pending on errors that say its view is old, until LeaderAndIsr comes', async () => {
      broker.controller.errors = ['FENCED_LEADER_EPOCH'];
      const partition = await lag();
      cluster.time.advance(60_000);
      await settle();
      expect(broker.controller.asked).to.have.length(1);
      expect(partition.isr.kind).to.equal('pending-shrink');
      await apply(aChange({ leaderEpoch: 1, partitionEpoch: 1, isr: [1], replicas: [1, 2] }));
      expect(partition.isr).to.deep.include({ kind: 'committed', isr: [1] });
    });

    it('tries again at once on an error it does not expect', async () => {
      broker.controller.errors = ['UNKNOWN_SERVER_ERROR'];
      const partition = await lag();
      expect(broker.controller.asked).to.have.length(2);
      expect(partition.isr).to.deep.include({ kind: 'committed', isr: [1] });
    });

    it('ignores an answer that an election has overtaken', async () => {
      broker.controller.isHeld = true;
      const partition = await lag();
      await apply(aChange({ leaderEpoch: 1, partitionEpoch: 5, isr: [1, 2], replicas: [1, 2] }));
      broker.controller.release();
      await settle();
      expect(partition.isr).to.deep.include({ kind: 'committed', isr: [1, 2] });
      expect(partition.partitionEpoch).to.equal(5);
    });

    it('asks for all partitions that lag in one request', async () => {
      const changes = [0, 1, 2].map((partition) => aChange({ partition, isr: [1, 2], replicas: [1, 2] }));
      await apply(...changes);
      for (const { partition } of changes) append(aBatch('a'), 1, 'orders', partition);
      broker.controller.isHeld = true; // the first goes alone: nothing is in flight yet
      cluster.time.advance(45_000);
      broker.controller.release();
      await settle();
      const counts = broker.controller.asked.map(({ topics }) => topics[0]!.partitions.length);
      expect(counts).to.deep.equal([1, 2]);
    });
  });
});
