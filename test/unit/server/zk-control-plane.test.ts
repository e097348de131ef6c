import { expect } from 'chai';
import { errorNameOf, KafkaError } from '../../../src/common/errors.js';
import type { ReplicaChange } from '../../../src/metadata/control-plane.js';
import { MetadataCache } from '../../../src/metadata/metadata-cache.js';
import { silentLogger } from '../../../src/platform/logger.js';
import type { BrokerToController } from '../../../src/server/broker-to-controller.js';
import { ZkControlPlane } from '../../../src/server/zk-control-plane.js';
import { KafkaZkClient } from '../../../src/zookeeper/kafka-zk-client.js';
import { leaderAndIsrApi } from '../../../src/server/handlers/leader-and-isr.js';
import { stopReplicaApi } from '../../../src/server/handlers/stop-replica.js';
import { updateMetadataApi } from '../../../src/server/handlers/update-metadata.js';
import {
  leaderAndIsr,
  leadershipOf,
  leadershipState,
  metadataOf,
  metadataState,
  stopReplica,
  updateMetadata,
} from '../../support/control-messages.js';
import { brokerZNode, plainRandom } from '../../support/controller-stage.js';
import { answerOf, fakeNode, partOf } from '../../support/fake-node.js';
import { asRead, goldenExchanges } from '../../support/golden-exchanges.js';
import { ManualTime, settled } from '../../support/manual-time.js';
import { MemoryZooKeeper } from '../../support/memory-zookeeper.js';

const ID = 'AAAAAAAAAAAAAAAAAAAAAQ';
const STALE_CONTROLLER_EPOCH = 11;
const STALE_BROKER_EPOCH = 77;

async function registered() {
  const zooKeeper = new MemoryZooKeeper();
  const client = zooKeeper.client('broker-1');
  const time = new ManualTime();
  const zk = new KafkaZkClient(client, { time, random: plainRandom(), logger: silentLogger });
  await zk.brokers.createPersistentPaths();
  const metadata = new MetadataCache();
  const config = { brokerId: 1, controlledShutdownMaxRetries: 3, controlledShutdownRetryBackoffMs: 5000 };
  const channel = partOf<BrokerToController>({ send: () => Promise.reject(new KafkaError('REQUEST_TIMED_OUT')) });
  const plane = new ZkControlPlane(config, zk, metadata, channel, { time, logger: silentLogger });
  const told: string[] = [];
  const applied: ReplicaChange[] = [];
  plane.attach(
    {
      applyReplicas: async (changes) => {
        told.push(changes.map(({ type, topic }) => `${type} ${topic}`).join());
        applied.push(...changes);
        await settled();
        told.push('done');
        return new Map();
      },
    },
    {
      applyView: (delta, image) => {
        if (delta.topics.size > 0) told.push(`view ${[...delta.topics].join()}`);
        for (const topic of delta.topicConfigs) told.push(`config ${topic}`);
        metadata.applyView(delta, image);
      },
    },
  );
  await plane.startConfigs();
  await plane.register({ brokerId: 1, endpoints: brokerZNode(1).endpoints, rack: null });
  await settle();
  return { zooKeeper, client, zk, time, metadata, plane, told, applied };
}

/** Until everything has happened that needs no time. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await settled();
}

const lead = (topic: string) => leaderAndIsr({ topicStates: [leadershipOf(topic, [leadershipState(0)], ID)] });
const show = (topic: string) => updateMetadata({ topicStates: [metadataOf(topic, [metadataState(0)], ID)] });
const stop = (topic: string) =>
  stopReplica({
    topicStates: [
      { topicName: topic, partitionStates: [{ partitionIndex: 0, leaderEpoch: 1, deletePartition: true }] },
    ],
  });

describe('control requests in ZooKeeper mode: who may command', () => {
  for (const { what, epochs, error } of [
    { what: 'a controller that does not know the broker epoch', epochs: { brokerEpoch: -1 }, error: 0 },
    { what: 'an earlier life of the broker', epochs: { brokerEpoch: 'earlier' }, error: STALE_BROKER_EPOCH },
    { what: 'this life of the broker', epochs: { brokerEpoch: 'same' }, error: 0 },
    { what: 'a life that the broker does not know of yet', epochs: { brokerEpoch: 'later' }, error: 0 },
    { what: 'a deposed controller', epochs: { controllerEpoch: 4 }, error: STALE_CONTROLLER_EPOCH },
    { what: 'the same controller', epochs: { controllerEpoch: 5 }, error: 0 },
    { what: 'the next controller', epochs: { controllerEpoch: 6 }, error: 0 },
    {
      what: 'a deposed controller that speaks to an earlier life',
      epochs: { controllerEpoch: 4, brokerEpoch: 'earlier' },
      error: STALE_BROKER_EPOCH,
    },
  ] as const) {
    it(`${what}: error ${error}`, async () => {
      const { plane, told } = await registered();
      await plane.updateMetadata(updateMetadata({ controllerEpoch: 5 }));
      const epoch = plane.brokerEpoch('zk');
      const brokerEpochs = { earlier: epoch - 1, same: epoch, later: epoch + 1 };
      const { brokerEpoch = -1, controllerEpoch = 5 } = epochs as {
        brokerEpoch?: -1 | keyof typeof brokerEpochs;
        controllerEpoch?: number;
      };
      const header = { controllerEpoch, brokerEpoch: brokerEpoch === -1 ? -1 : brokerEpochs[brokerEpoch] };
      const answers = [
        await plane.leaderAndIsr({ ...lead('t'), ...header }, 7),
        await plane.updateMetadata({ ...show('t'), ...header }),
        await plane.stopReplica({ ...stop('t'), ...header }),
      ];
      expect(answers.map(({ errorCode }) => errorCode)).to.deep.equal([error, error, error]);
      expect(told.length > 0, 'anything was applied').to.equal(error === 0);
    });
  }

  it('each kind of request makes an older controller stale', async () => {
    for (const kind of ['leaderAndIsr', 'stopReplica', 'updateMetadata'] as const) {
      const { plane } = await registered();
      if (kind === 'leaderAndIsr') await plane.leaderAndIsr({ ...lead('t'), controllerEpoch: 7 }, 7);
      else if (kind === 'stopReplica') await plane.stopReplica({ ...stop('t'), controllerEpoch: 7 });
      else await plane.updateMetadata({ ...show('t'), controllerEpoch: 7 });
      const answer = await plane.updateMetadata(updateMetadata({ controllerEpoch: 6 }));
      expect(answer.errorCode, kind).to.equal(STALE_CONTROLLER_EPOCH);
    }
  });

  it('a request that is refused makes nobody stale', async () => {
    const { plane } = await registered();
    const bad = { ...show('t'), controllerEpoch: 9, topicStates: [metadataOf('t', [metadataState(-1)])] };
    const error = await plane.updateMetadata(bad).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(KafkaError).and.include({ error: 'INVALID_REQUEST' });
    expect((await plane.updateMetadata(updateMetadata({ controllerEpoch: 5 }))).errorCode).to.equal(0);
  });

  it('answers as a real 3.9.1 broker does', async () => {
    const { plane } = await registered();
    await plane.updateMetadata(updateMetadata({ controllerEpoch: 3 }));
    const epochs = { epoch: plane.brokerEpoch('zk') };
    expect(epochs.epoch).to.be.above(1);
    const node = fakeNode({ controlPlane: plane });
    let compared = 0;
    for (const [apiKey, api] of [
      [4, leaderAndIsrApi],
      [5, stopReplicaApi],
      [6, updateMetadataApi],
    ] as const) {
      for (const { apiVersion, request, response, case: name } of goldenExchanges(apiKey, ['sweep'])) {
        const answer = await answerOf(api as typeof leaderAndIsrApi, apiVersion, request, node);
        expect(asRead(api.response, apiVersion, answer), `${apiKey} v${apiVersion} ${name}`).to.deep.equal(response);
        compared++;
      }
    }
    expect(compared).to.equal(28);
  });
});

describe('control requests in ZooKeeper mode: order', () => {
  it('takes each after the one before is applied, whatever its kind', async () => {
    const { plane, told } = await registered();
    await Promise.all([
      plane.leaderAndIsr(lead('a'), 7),
      plane.updateMetadata(show('b')),
      plane.stopReplica(stop('c')),
      plane.leaderAndIsr(lead('d'), 7),
    ]);
    expect(told).to.deep.equal(['lead-or-follow a', 'done', 'view b', 'stop c', 'done', 'lead-or-follow d', 'done']);
  });

  it('goes on after one that could not be applied', async () => {
    const { plane } = await registered();
    plane.attach({ applyReplicas: () => Promise.reject(new Error('broken')) }, { applyView: () => undefined });
    const failed = await plane.leaderAndIsr(lead('a'), 7).then(() => 'answered', String);
    expect(failed).to.equal('Error: broken');
    expect((await plane.updateMetadata(show('b'))).errorCode).to.equal(0);
  });

  it('answers what waits when the broker ends', async () => {
    const { plane } = await registered();
    const waiting = plane.updateMetadata(show('b')).then(() => 'answered', errorNameOf);
    await plane.close();
    expect(await waiting).to.equal('BROKER_NOT_AVAILABLE');
    const late = await plane.updateMetadata(show('b')).then(() => 'answered', errorNameOf);
    expect(late).to.equal('BROKER_NOT_AVAILABLE');
  });
});

describe('configs in ZooKeeper mode', () => {
  const compact = new Map([['cleanup.policy', 'compact']]);

  it('brings a new log the config that stands in ZooKeeper, though nobody announced it', async () => {
    const { plane, zk, applied, metadata } = await registered();
    await zk.configs.write('topics', 't', compact);
    await plane.leaderAndIsr(lead('t'), 7);
    expect(applied[0]).to.deep.include({ topic: 't', topicConfig: compact });
    expect(metadata.topicConfig('t')).to.deep.equal(compact);
  });

  it('applies a change that is announced, and one that takes all away', async () => {
    const { zk, told, metadata } = await registered();
    await zk.configs.change('topics', 't', compact);
    await settle();
    expect(metadata.topicConfig('t')).to.deep.equal(compact);
    await zk.configs.change('topics', 't', new Map());
    await settle();
    expect(metadata.image.configs.topics.has('t')).to.equal(false);
    expect(told).to.deep.equal(['config t', 'config t']);
  });

  it('keeps those of brokers by id and for all', async () => {
    const { zk, metadata } = await registered();
    await zk.configs.change('brokers', '<default>', new Map([['log.cleaner.threads', '2']]));
    await zk.configs.change('brokers', '1', new Map([['log.cleaner.threads', '3']]));
    await settle();
    expect([...metadata.image.configs.brokers.keys()].sort()).to.deep.equal(['1', '<default>']);
  });

  it('a change between the reading and the creation of a log comes after it', async () => {
    const { plane, zk, told, metadata } = await registered();
    await zk.configs.write('topics', 't', compact);
    const both = new Map([...compact, ['segment.bytes', '1000']]);
    const leading = plane.leaderAndIsr(lead('t'), 7);
    await zk.configs.change('topics', 't', both);
    await leading;
    await settle();
    expect(metadata.topicConfig('t')).to.deep.equal(both);
    expect(told.indexOf('config t')).to.be.below(told.indexOf('lead-or-follow t'));
  });

  it('hears of changes in a new session, also of those that were made meanwhile', async () => {
    const { plane, client, zooKeeper, zk, metadata } = await registered();
    const epoch = plane.brokerEpoch('zk');
    const epochs: number[] = [];
    plane.onRegistered((now) => epochs.push(now));
    await client.expire();
    const other = zooKeeper.client('broker-2');
    const elsewhere = new KafkaZkClient(other, { time: new ManualTime(), random: plainRandom(), logger: silentLogger });
    await elsewhere.configs.change('topics', 'meanwhile', compact);
    await plane.afterNewSession();
    await settle();
    expect(plane.brokerEpoch('zk')).to.be.above(epoch);
    expect(epochs).to.deep.equal([plane.brokerEpoch('zk')]);
    expect(metadata.topicConfig('meanwhile')).to.deep.equal(compact);
    await zk.configs.change('topics', 'later', compact);
    await settle();
    expect(metadata.topicConfig('later')).to.deep.equal(compact);
  });

  it('removes announcements that are a quarter of an hour old, when it finds them', async () => {
    const { zk, zooKeeper } = await registered();
    await zk.configs.change('topics', 't', compact); // its time of creation is that of this ZooKeeper: long ago
    await settle();
    expect(zooKeeper.children('/config/changes')).to.deep.equal([]);
  });
});
