import { expect } from 'chai';
import { ControllerContext } from '../../../../src/controller/zk/controller-context.js';
import { OffsetWriter, type OffsetWrite } from '../../../../src/controller/zk/offset-writer.js';
import { silentLogger } from '../../../../src/platform/logger.js';
import { KafkaZkClient } from '../../../../src/zookeeper/kafka-zk-client.js';
import { plainAssignment } from '../../../../src/zookeeper/znodes/topic-znodes.js';
import { plainRandom } from '../../../support/controller-stage.js';
import { ManualTime } from '../../../support/manual-time.js';
import { MemoryZooKeeper } from '../../../support/memory-zookeeper.js';

const OFFSETS = '__consumer_offsets';
const STATE = `/brokers/topics/${OFFSETS}/partitions/0/state`;

/** A controller that knows broker 2 to lead __consumer_offsets-0 in leader epoch 4. */
async function stage() {
  const zooKeeper = new MemoryZooKeeper();
  const world = { time: new ManualTime(), random: plainRandom(), logger: silentLogger };
  const zk = new KafkaZkClient(zooKeeper.client('broker-1'), world);
  await zk.brokers.createPersistentPaths();
  const fence = await zk.controller.elect(1);
  const context = new ControllerContext(fence);
  const topic = { topicId: undefined, partitions: new Map([[0, plainAssignment([2])]]) };
  const [partition] = context.addTopic(OFFSETS, topic);
  await zk.topics.createTopic(OFFSETS, topic);
  const state = { leader: 2, leaderEpoch: 4, isr: [2], recovering: false, controllerEpoch: 1, partitionEpoch: 0 };
  await zk.topics.createStates([{ topic: OFFSETS, partition: 0, state }], fence);
  partition!.leadership = state;
  zooKeeper.log.length = 0;
  const writer = new OffsetWriter(zk.offsets, zk.topics, world.time);
  return { zooKeeper, zk, context, partition: partition!, writer, time: world.time };
}

function commit(offsets: Record<string, number>, leaderEpoch = 4): OffsetWrite {
  return {
    coordinatorTopic: OFFSETS,
    coordinatorPartition: 0,
    coordinatorId: 2,
    leaderEpoch,
    entries: Object.entries(offsets).map(([group, offset]) => ({ group, topic: 't', partition: 0, offset })),
  };
}

function errorOf(work: Promise<void>): Promise<string> {
  return work.then(
    () => 'none',
    (error: unknown) => (error as { error: string }).error,
  );
}

describe('offset writer', () => {
  it('does not write what waited longer than its coordinator does', async () => {
    const { zooKeeper, writer, context, time } = await stage();
    await writer.write(commit({ a: 1 }), context);
    const late = errorOf(writer.write(commit({ a: 2 }), context));
    time.stall(1501); // before the batch left
    expect(await late).to.equal('COORDINATOR_NOT_AVAILABLE');
    expect(zooKeeper.text('/consumers/a/offsets/t/0')).to.equal('1');
    await writer.write(commit({ a: 3 }), context);
    expect(zooKeeper.text('/consumers/a/offsets/t/0')).to.equal('3');
  });

  it('sends together what comes together', async () => {
    const { zooKeeper, writer, context } = await stage();
    await Promise.all([writer.write(commit({ a: 1 }), context), writer.write(commit({ b: 2, c: 3 }), context)]);
    zooKeeper.log.length = 0;
    await Promise.all([writer.write(commit({ a: 4 }), context), writer.write(commit({ b: 5, c: 6 }), context)]);
    expect(zooKeeper.log.map(({ operations }) => operations.length)).to.deep.equal([2 + 3]);
    expect(['a', 'b', 'c'].map((group) => zooKeeper.text(`/consumers/${group}/offsets/t/0`))).to.deep.equal([
      '4',
      '5',
      '6',
    ]);
  });

  it('writes, of many commits of one key, the first and the newest, in this order', async () => {
    const { zooKeeper, writer, context } = await stage();
    await writer.write(commit({ g: 0 }), context);
    zooKeeper.log.length = 0;
    await Promise.all(Array.from({ length: 500 }, (_, offset) => writer.write(commit({ g: offset + 1 }), context)));
    const written = zooKeeper.log.flatMap(({ operations }) =>
      operations.flatMap((one) => (one.type === 'setData' ? [one.data?.toString()] : [])),
    );
    expect(written).to.deep.equal(['1', '500']);
  });

  it('lets what comes while ZooKeeper is busy share its multis', async () => {
    const { zooKeeper, writer, context } = await stage();
    const groups = Array.from({ length: 300 }, (_, i) => `g${i}`);
    await Promise.all(groups.map((group) => writer.write(commit({ [group]: 0 }), context)));
    zooKeeper.log.length = 0;
    const commits = groups.map(async (group, i) => {
      for (let turn = 0; turn < i % 20; turn++) await Promise.resolve();
      await writer.write(commit({ [group]: 1 }), context);
    });
    await Promise.all(commits);
    expect(zooKeeper.log.length).to.be.lessThan(15);
    for (const group of groups) expect(zooKeeper.text(`/consumers/${group}/offsets/t/0`)).to.equal('1');
  });

  it('writes nothing for a coordinator of an older term', async () => {
    const { zooKeeper, writer, context } = await stage();
    expect(await errorOf(writer.write(commit({ g: 1 }, 3), context))).to.equal('NOT_COORDINATOR');
    expect(zooKeeper.log).to.deep.equal([]);
  });

  it('goes on when only the ISR of the coordinator has changed', async () => {
    const { zooKeeper, writer, context } = await stage();
    const node = zooKeeper.nodes.get(STATE)!;
    node.version++; // an AlterPartition of which this context has not heard the end
    await writer.write(commit({ g: 7 }), context);
    expect(zooKeeper.text('/consumers/g/offsets/t/0')).to.equal('7');
  });

  it('stops when the coordinator has changed, whatever this controller believes', async () => {
    const { zooKeeper, writer, context } = await stage();
    const node = zooKeeper.nodes.get(STATE)!;
    node.version++;
    node.data = Buffer.from('{"controller_epoch":1,"leader":3,"version":1,"leader_epoch":5,"isr":[3]}');
    expect(await errorOf(writer.write(commit({ g: 7 }), context))).to.equal('NOT_COORDINATOR');
    expect(zooKeeper.text('/consumers/g/offsets/t/0')).to.equal(undefined);
  });

  it('stops when another controller was elected', async () => {
    const { zooKeeper, writer, context } = await stage();
    zooKeeper.nodes.get('/controller_epoch')!.version++;
    expect(await errorOf(writer.write(commit({ g: 7 }), context))).to.equal('NOT_CONTROLLER');
    expect(zooKeeper.text('/consumers/g/offsets/t/0')).to.equal(undefined);
  });

  it('refuses what would pile up', async () => {
    const { writer, context } = await stage();
    const entries = Array.from({ length: 100_001 }, (_, i) => ({
      group: `g${i}`,
      topic: 't',
      partition: 0,
      offset: 1,
    }));
    const work = writer.write({ ...commit({}), entries }, context);
    expect(await errorOf(work)).to.equal('COORDINATOR_NOT_AVAILABLE');
  });
});
