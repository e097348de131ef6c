import { expect } from 'chai';
import { silentLogger } from '../../../src/platform/logger.js';
import { KafkaZkClient } from '../../../src/zookeeper/kafka-zk-client.js';
import { plainAssignment, type PartitionStateZNode } from '../../../src/zookeeper/znodes/topic-znodes.js';
import { brokerZNode, plainRandom } from '../../support/controller-stage.js';
import { ManualTime } from '../../support/manual-time.js';
import { MemoryZooKeeper, type MemoryZkClient } from '../../support/memory-zookeeper.js';

interface Process {
  readonly client: MemoryZkClient;
  readonly zk: KafkaZkClient;
}

const time = new ManualTime();

function processOn(zooKeeper: MemoryZooKeeper, name = 'broker-1'): Process {
  const client = zooKeeper.client(name);
  return { client, zk: new KafkaZkClient(client, { time, random: plainRandom(), logger: silentLogger }) };
}

/** Runs `work` while the first answer is lost on its way: the request was applied, or was not. */
async function losing<T>(client: MemoryZkClient, cut: 'before' | 'after', work: () => Promise<T>): Promise<T> {
  client.cut = cut;
  client.state('disconnected');
  const result = work();
  await time.advance(10);
  client.cut = undefined;
  client.state('connected');
  await time.advance(100);
  return result;
}

async function errorOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return (error as { error: string } | undefined)?.error ?? 'none';
}

function leadership(partitionEpoch: number, leader = 1): PartitionStateZNode {
  return { leader, leaderEpoch: 0, isr: [leader], recovering: false, controllerEpoch: 1, partitionEpoch };
}

describe('KafkaZkClient', () => {
  let zooKeeper: MemoryZooKeeper;
  let one: Process;
  beforeEach(async () => {
    zooKeeper = new MemoryZooKeeper();
    one = processOn(zooKeeper);
    await one.zk.brokers.createPersistentPaths();
  });

  it('makes the paths of a fresh ensemble, in order, parents first', () => {
    const created = zooKeeper.log.map(({ operations }) => operations[0]?.path);
    expect(created.slice(0, 6)).to.deep.equal([
      '/consumers',
      '/brokers',
      '/brokers/ids',
      '/brokers/topics',
      '/config',
      '/config/changes',
    ]);
    expect(created).to.have.length(17);
  });

  it('gives all brokers one cluster id', async () => {
    const two = processOn(zooKeeper, 'broker-2');
    const [a, b] = await Promise.all([one.zk.brokers.clusterIdOrCreate(), two.zk.brokers.clusterIdOrCreate()]);
    expect(a).to.equal(b);
    expect(zooKeeper.text('/cluster/id')).to.equal(`{"version":"1","id":"${a}"}`);
  });

  it('counts broker ids from 1', async () => {
    expect(await one.zk.brokers.generateBrokerSequenceId()).to.equal(1);
    expect(await one.zk.brokers.generateBrokerSequenceId()).to.equal(2);
  });

  describe('registration', () => {
    it('is an ephemeral at version 1; its czxid is the epoch', async () => {
      const epoch = await one.zk.brokers.register(brokerZNode(1));
      expect(zooKeeper.stat('/brokers/ids/1')).to.include({ version: 1, czxid: epoch });
      expect(zooKeeper.stat('/brokers/ids/1')?.ephemeralOwner).not.to.equal('0000000000000000');
    });

    for (const cut of ['before', 'after'] as const) {
      it(`survives a connection lost ${cut} it was applied`, async () => {
        const epoch = await losing(one.client, cut, () => one.zk.brokers.register(brokerZNode(1)));
        expect(zooKeeper.stat('/brokers/ids/1')?.czxid).to.equal(epoch);
      });
    }

    it('is refused while the session of another process holds the id', async () => {
      const two = processOn(zooKeeper, 'impostor');
      await one.zk.brokers.register(brokerZNode(1));
      expect(await errorOf(two.zk.brokers.register(brokerZNode(1)))).to.equal('DUPLICATE_BROKER_REGISTRATION');
    });

    it('replaces the znode of an earlier session of this process', async () => {
      const first = await one.zk.brokers.register(brokerZNode(1));
      const data = { ...zooKeeper.nodes.get('/brokers/ids/1')! };
      await one.client.expire();
      zooKeeper.nodes.set('/brokers/ids/1', data); // as a server that has not ended the old session yet
      const second = await one.zk.brokers.register(brokerZNode(1));
      expect(second).to.be.greaterThan(first);
    });
  });

  describe('election', () => {
    it('raises the epoch with the office, in one multi', async () => {
      const fence = await one.zk.controller.elect(1);
      expect(fence).to.deep.equal({ epoch: 1, epochZkVersion: 1 });
      const last = zooKeeper.log.at(-1)?.operations.map(({ type, path }) => `${type} ${path}`);
      expect(last).to.deep.equal(['create /controller', 'setData /controller_epoch']);
    });

    it('is won once', async () => {
      const two = processOn(zooKeeper, 'broker-2');
      const outcomes = await Promise.allSettled([one.zk.controller.elect(1), two.zk.controller.elect(2)]);
      expect(outcomes.map(({ status }) => status).sort()).to.deep.equal(['fulfilled', 'rejected']);
    });

    for (const cut of ['before', 'after'] as const) {
      it(`is won although the connection was lost ${cut} it was applied`, async () => {
        const fence = await losing(one.client, cut, () => one.zk.controller.elect(1));
        expect(fence).to.deep.equal({ epoch: 1, epochZkVersion: 1 });
      });
    }

    it('is lost to an earlier life of the same broker, whose session still stands', async () => {
      await one.zk.controller.elect(1);
      const again = processOn(zooKeeper, 'broker-1 restarted');
      expect(await errorOf(again.zk.controller.elect(1))).to.equal('STALE_CONTROLLER_EPOCH');
    });
  });

  describe('fenced writes', () => {
    beforeEach(async () => {
      await one.zk.topics.createTopic('t', { topicId: undefined, partitions: new Map([[0, plainAssignment([1])]]) });
    });

    it('fail as a whole once another controller was elected', async () => {
      const fence = await one.zk.controller.elect(1);
      await one.zk.controller.resign(fence);
      await one.zk.controller.elect(1);
      const late = one.zk.topics.createStates([{ topic: 't', partition: 0, state: leadership(0) }], fence);
      expect(await errorOf(late)).to.equal('STALE_CONTROLLER_EPOCH');
      expect(zooKeeper.children('/brokers/topics/t')).to.deep.equal([]);
    });

    it('are cut at a hundred operations, each multi led by the check', async () => {
      const fence = await one.zk.controller.elect(1);
      zooKeeper.log.length = 0;
      const all = Array.from({ length: 250 }, (_, partition) => ({ topic: 't', partition, state: leadership(0) }));
      const { written } = await one.zk.topics.createStates(all, fence);
      expect(written).to.have.length(250);
      expect(zooKeeper.log.map(({ operations }) => operations.length)).to.deep.equal([2, 101, 101, 51, 101, 101, 51]);
      for (const { operations } of zooKeeper.log) {
        expect(operations[0]).to.deep.equal({ type: 'check', path: '/controller_epoch', version: 1 });
      }
    });

    it('report what ZooKeeper refuses alone, and write the rest', async () => {
      const fence = await one.zk.controller.elect(1);
      const all = Array.from({ length: 9 }, (_, partition) => ({ topic: 't', partition, state: leadership(0) }));
      await one.zk.topics.createStates(all, fence);
      for (const partition of [1, 3, 4, 5, 7]) {
        zooKeeper.nodes.get(`/brokers/topics/t/partitions/${partition}/state`)!.version = 5;
      }
      zooKeeper.commit('observer', '', [{ type: 'delete', path: '/brokers/topics/t/partitions/8/state', version: -1 }]);
      const outcome = await one.zk.topics.updateStates(all, fence);
      expect(outcome.written.map(({ partition }) => partition)).to.deep.equal([0, 2, 6]);
      expect(outcome.written.map(({ state }) => state.partitionEpoch)).to.deep.equal([1, 1, 1]);
      expect(outcome.conflicts.map(({ partition }) => partition)).to.deep.equal([1, 3, 4, 5, 7]);
      expect(outcome.failed.map(({ partition, error }) => [partition, error])).to.deep.equal([[8, 'NO_NODE']]);
    });

    for (const cut of ['before', 'after'] as const) {
      it(`are told from conflicts when the connection was lost ${cut} they were applied`, async () => {
        const fence = await one.zk.controller.elect(1);
        const first = { topic: 't', partition: 0, state: leadership(0) };
        const created = await losing(one.client, cut, () => one.zk.topics.createStates([first], fence));
        expect(created.written).to.have.length(1);
        const next = { ...first, state: leadership(0, 2) };
        const updated = await losing(one.client, cut, () => one.zk.topics.updateStates([next], fence));
        expect(updated.written[0]?.state.partitionEpoch).to.equal(1);
        expect(zooKeeper.stat('/brokers/topics/t/partitions/0/state')?.version).to.equal(1);
      });
    }

    it('give up when the session expires while they wait', async () => {
      const fence = await one.zk.controller.elect(1);
      one.client.cut = 'before';
      one.client.state('disconnected');
      const write = one.zk.topics.createStates([{ topic: 't', partition: 0, state: leadership(0) }], fence);
      const outcome = errorOf(write);
      await time.advance(100);
      one.client.state('expired');
      expect(await outcome).to.equal('SESSION_EXPIRED');
    });
  });

  describe('configs', () => {
    it('are written under a check of /controller, and announced', async () => {
      await one.zk.controller.elect(1);
      await one.zk.configs.change('topics', 't', new Map([['retention.ms', '5']]));
      zooKeeper.log.length = 0;
      await one.zk.configs.change('topics', 't', new Map([['retention.ms', '6']]));
      expect(zooKeeper.log[0]?.operations.map(({ type, path }) => `${type} ${path}`)).to.deep.equal([
        'check /controller',
        'setData /config/topics/t',
      ]);
      expect([...(await one.zk.configs.read('topics', 't'))]).to.deep.equal([['retention.ms', '6']]);
      const changes = await one.zk.notifications.configChanges(0);
      expect(changes.map(({ name, content }) => [name, content])).to.deep.equal([
        ['config_change_0000000001', 'topics/t'],
      ]);
    });

    it('are refused where a KRaft controller governs', async () => {
      const data = Buffer.from('{"version":2,"brokerid":3000,"timestamp":"1","kraftControllerEpoch":5}');
      zooKeeper.commit('migration', '', [{ type: 'create', path: '/controller', data }]);
      expect(await errorOf(one.zk.configs.change('topics', 't', new Map()))).to.equal('NOT_CONTROLLER');
    });
  });

  describe('offsets', () => {
    const entry = { group: 'g', topic: 't', partition: 0, offset: 42 };
    const state = '/brokers/topics/__consumer_offsets/partitions/3/state';

    it('stand behind both fences', async () => {
      const fence = await one.zk.controller.elect(1);
      const offsets = { topicId: undefined, partitions: new Map([[3, plainAssignment([1])]]) };
      await one.zk.topics.createTopic('__consumer_offsets', offsets);
      await one.zk.topics.createStates([{ topic: '__consumer_offsets', partition: 3, state: leadership(0) }], fence);
      const coordinator = { topic: '__consumer_offsets', partition: 3, leaderVersion: 0 };
      expect(await one.zk.offsets.writeOffsets(coordinator, [entry], fence)).to.deep.equal(['OK']);
      expect(await one.zk.offsets.writeOffsets(coordinator, [{ ...entry, offset: 43 }], fence)).to.deep.equal(['OK']);
      expect(zooKeeper.text('/consumers/g/offsets/t/0')).to.equal('43');
      expect(zooKeeper.log.at(-1)?.operations.map(({ type, path }) => `${type} ${path}`)).to.deep.equal([
        'check /controller_epoch',
        `check ${state}`,
        'setData /consumers/g/offsets/t/0',
      ]);
      zooKeeper.nodes.get(state)!.version++;
      expect(await errorOf(one.zk.offsets.writeOffsets(coordinator, [entry], fence))).to.equal('NOT_COORDINATOR');
      await one.zk.offsets.removeOffsets({ ...coordinator, leaderVersion: 1 }, [{ ...entry, partition: 9 }], fence);
      expect(await errorOf(one.zk.offsets.removeOffsets(coordinator, [entry], fence))).to.equal('NOT_COORDINATOR');
      await one.zk.controller.resign(fence);
      await one.zk.controller.elect(1);
      const current = { ...coordinator, leaderVersion: 1 };
      expect(await errorOf(one.zk.offsets.writeOffsets(current, [entry], fence))).to.equal('STALE_CONTROLLER_EPOCH');
      expect(zooKeeper.text('/consumers/g/offsets/t/0')).to.equal('43');
    });

    it('are written without a fence for OffsetCommit v0, and read back by group', async () => {
      await one.zk.offsets.writeUnfenced([entry, { ...entry, topic: 'u', partition: 7, offset: 1 }]);
      expect(await one.zk.offsets.readOffsets('g', [entry, { topic: 't', partition: 1 }])).to.deep.equal([
        42,
        undefined,
      ]);
      expect(await one.zk.offsets.readGroup('g')).to.have.length(2);
      expect(await one.zk.offsets.readGroup('nobody')).to.deep.equal([]);
    });
  });

  it('calls those who watch, once for each time they read', async () => {
    const heard: string[] = [];
    const release = one.zk.watches.watchChildren('/brokers/topics', () => heard.push('topics'));
    one.zk.watches.watchNode('/controller', {
      onCreated: () => heard.push('created'),
      onDeleted: () => heard.push('deleted'),
    });
    await one.zk.controller.watch();
    await one.zk.topics.names();
    const fence = await one.zk.controller.elect(1);
    await one.zk.topics.createTopic('t', { topicId: undefined, partitions: new Map() });
    await one.zk.topics.createTopic('u', { topicId: undefined, partitions: new Map() });
    await time.advance(0);
    expect(heard).to.deep.equal(['created', 'topics']);
    release();
    await one.zk.topics.names();
    await one.zk.controller.active();
    await one.zk.topics.createTopic('v', { topicId: undefined, partitions: new Map() });
    await one.zk.controller.resign(fence);
    await time.advance(0);
    expect(heard).to.deep.equal(['created', 'topics', 'deleted']);
  });
});
