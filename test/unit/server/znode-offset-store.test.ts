import { expect } from 'chai';
import { KafkaError } from '../../../src/common/errors.js';
import type { ControllerApi } from '../../../src/metadata/control-plane.js';
import { MetadataCache } from '../../../src/metadata/metadata-cache.js';
import { imageAfterUpdateMetadata } from '../../../src/metadata/update-metadata.js';
import { silentLogger } from '../../../src/platform/logger.js';
import type { BrokerNode } from '../../../src/server/broker-node.js';
import { envelopeApi } from '../../../src/server/handlers/envelope.js';
import { ZNodeOffsetStore } from '../../../src/server/znode-offset-store.js';
import { liveBroker, updateMetadata } from '../../support/control-messages.js';
import { ControllerStage } from '../../support/controller-stage.js';
import { answerOf, fakeNode, partOf } from '../../support/fake-node.js';
import { settled } from '../../support/manual-time.js';

const FENCE = { partition: 0, leaderEpoch: 0 };
const write = (partition: number, offset: number, fence: typeof FENCE | 'none' = FENCE) => ({
  groupId: 'g',
  topic: 't',
  partition,
  offset,
  fence: fence === 'none' ? undefined : fence,
});

/** Broker 1 controls and coordinates; broker 2 can take over. `controller` says how it takes an Envelope. */
async function stage(controller: 'ours' | 'silent' | 'failing' = 'ours') {
  const cluster = new ControllerStage();
  await cluster.start(1);
  await cluster.start(2);
  const { zk } = cluster.broker(1);
  const partitions = new Map([[0, { replicas: [1, 2], addingReplicas: [], removingReplicas: [] }]]);
  await zk.topics.createTopic('__consumer_offsets', { topicId: 'A'.repeat(22), partitions });
  await cluster.settle();
  const metadata = new MetadataCache();
  const tell = (controllerId: number): void => {
    const { image, delta } = imageAfterUpdateMetadata(
      metadata.image,
      updateMetadata({ controllerId, liveBrokers: [liveBroker(1)] }),
    );
    metadata.applyView(delta, image);
  };
  tell(1);
  let envelopes = 0;
  const node = fakeNode({
    settings: { interBrokerListenerName: 'PLAINTEXT' } as BrokerNode['settings'],
    controller: partOf<BrokerNode['controller']>({
      isActive: true,
      writeOffsets: (offsets) => cluster.broker(1).controller.writeOffsets(offsets),
    }),
  });
  const send = async <Q, R>(_api: ControllerApi<Q, R>, request: Q): Promise<R> => {
    envelopes++;
    if (controller === 'silent') throw new KafkaError('REQUEST_TIMED_OUT');
    if (controller === 'failing') return { errorCode: -1, responseData: null } as R;
    return (await answerOf(envelopeApi, 0, request, node)) as R;
  };
  const store = new ZNodeOffsetStore(1, zk, { send }, metadata, silentLogger);
  const stored = (partition: number) => cluster.zooKeeper.text(`/consumers/g/offsets/t/${partition}`);
  /** Of the multis that wrote offsets, what they checked. */
  const checks = () =>
    cluster.zooKeeper.log
      .filter(({ operations }) => operations.some((o) => o.type !== 'check' && /\/offsets\/t\/\d/.test(o.path)))
      .map(({ who, operations }) => [who, ...operations.flatMap((o) => (o.type === 'check' ? [o.path] : []))]);
  return { cluster, store, tell, stored, checks, envelopes: () => envelopes };
}

const FENCES = ['/controller_epoch', '/brokers/topics/__consumer_offsets/partitions/0/state'];

describe('consumer offsets in znodes', () => {
  it('are written by the controller, behind both fences', async () => {
    const { store, stored, checks } = await stage();
    expect(await store.write([write(0, 5), write(1, 6)])).to.deep.equal(['NONE', 'NONE']);
    expect([stored(0), stored(1)]).to.deep.equal(['5', '6']);
    for (const multi of checks()) expect(multi).to.deep.equal(['broker-1', ...FENCES]);
    expect(checks()).to.have.length.above(0);
  });

  it('are read, listed and removed', async () => {
    const { store, stored } = await stage();
    await store.write([write(0, 5), write(3, 7)]);
    const keys = [0, 1, 3].map((partition) => ({ groupId: 'g', topic: 't', partition }));
    expect(await store.read(keys)).to.deep.equal([5, undefined, 7]);
    expect((await store.list('g')).map(({ partition, offset }) => [partition, offset]).sort()).to.deep.equal([
      [0, 5],
      [3, 7],
    ]);
    expect(await store.list('nobody')).to.deep.equal([]);
    expect(await store.remove(FENCE, keys)).to.deep.equal(['NONE', 'NONE', 'NONE']);
    expect(stored(0)).to.equal(undefined);
  });

  it('are written by the coordinator itself, behind the same fences, when the controller takes none', async () => {
    const { store, stored, checks, envelopes, tell } = await stage('silent');
    expect(await store.write([write(0, 5)])).to.deep.equal(['NONE']);
    expect(stored(0)).to.equal('5');
    for (const multi of checks()) expect(multi).to.deep.equal(['broker-1', ...FENCES]);
    await store.write([write(0, 6)]);
    expect(envelopes(), 'it is asked once, not for every commit').to.equal(1);
    tell(2);
    await store.write([write(0, 7)]);
    expect(envelopes(), 'the next controller is asked again').to.equal(2);
    expect(stored(0)).to.equal('7');
  });

  it('are offered to a controller again that failed once', async () => {
    const { store, envelopes } = await stage('failing');
    expect(await store.write([write(0, 5)])).to.deep.equal(['NONE']);
    await store.write([write(0, 6)]);
    expect(envelopes()).to.equal(2);
  });

  for (const controller of ['ours', 'silent'] as const) {
    it(`are not moved by a coordinator of another epoch (controller: ${controller})`, async () => {
      const { store, stored } = await stage(controller);
      const old = { partition: 0, leaderEpoch: 7 };
      expect(await store.write([write(0, 5, old)])).to.deep.equal(['NOT_COORDINATOR']);
      expect(await store.remove(old, [{ groupId: 'g', topic: 't', partition: 0 }])).to.deep.equal(['NOT_COORDINATOR']);
      expect(stored(0)).to.equal(undefined);
    });

    it(`each get the outcome of their own coordinator (controller: ${controller})`, async () => {
      const { store, stored } = await stage(controller);
      const old = { partition: 0, leaderEpoch: 7 };
      const outcomes = await store.write([write(0, 5), write(1, 6, old), write(2, 7), write(3, 8, 'none')]);
      expect(outcomes).to.deep.equal(['NONE', 'NOT_COORDINATOR', 'NONE', 'NONE']);
      expect([0, 1, 2, 3].map(stored)).to.deep.equal(['5', undefined, '7', '8']);
    });
  }

  it('are not moved by a controller that was deposed between the reading of its epoch and the write', async () => {
    const { cluster, store, stored } = await stage('silent');
    const { zk } = cluster.broker(1);
    const read = zk.controller.epoch.bind(zk.controller);
    zk.controller.epoch = async () => {
      const fence = await read();
      cluster.zooKeeper.commit('somebody', '1', [
        { type: 'setData', path: '/controller_epoch', data: Buffer.from('9'), version: -1 },
      ]);
      return fence;
    };
    expect(await store.write([write(0, 5)])).to.deep.equal(['COORDINATOR_NOT_AVAILABLE']);
    expect(stored(0)).to.equal(undefined);
  });

  it('of OffsetCommit v0 are written at once and unfenced', async () => {
    const { store, stored, checks, envelopes } = await stage();
    expect(await store.write([write(0, 5, 'none')])).to.deep.equal(['NONE']);
    await settled();
    expect([stored(0), envelopes()]).to.deep.equal(['5', 0]);
    expect(checks()).to.deep.equal([['broker-1']]);
  });
});
