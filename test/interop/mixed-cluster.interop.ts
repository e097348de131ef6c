import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Kafka, logLevel } from 'kafkajs';
import { ZNodeView } from '../../src/admin/demo/znode-view.js';
import { silentLogger } from '../../src/platform/logger.js';
import { nodeRandom } from '../../src/platform/node/random.js';
import { nodeTime } from '../../src/platform/node/time.js';
import { nodeZkClient } from '../../zk/client/node/adapter.js';
import type { ZkClient } from '../../zk/client/zk-client.js';
import { verdictAfter } from '../support/acknowledged-load.js';
import { ClusterUnderTest } from '../support/zkafka-cluster.js';
import { RealBroker } from './support/real-broker.js';
import { freePort, RealZooKeeper } from './support/real-zookeeper.js';

const OURS = [1, 2];
const THEIRS = 3;
const ALL = [...OURS, THEIRS];
const SETTINGS = [
  'offsets.topic.num.partitions=5',
  'offsets.topic.replication.factor=3',
  'replica.lag.time.max.ms=8000',
];

/**
 * An Apache Kafka 3.9.1 broker and two of ours in one cluster on an Apache ZooKeeper: each kind governs the other, leads
 * for it, follows it and takes over from it. The tests build on each other.
 */
describe('one Apache Kafka broker and two of ours', function () {
  this.timeout(90_000);
  const zookeeper = new RealZooKeeper();
  let theirs: RealBroker | undefined;
  let under: ClusterUnderTest | undefined;
  let zk: ZkClient | undefined;
  let znodes: ZNodeView;
  let kafka: Kafka;

  before(async function () {
    this.timeout(300_000); // the jars
    const connect = `127.0.0.1:${await zookeeper.start()}`;
    const config = { sessionTimeoutMs: 10_000, connectTimeoutMs: 10_000, maxInFlightRequests: 10 };
    zk = nodeZkClient(
      { ...config, connectString: connect },
      { time: nodeTime(), random: nodeRandom(), logger: silentLogger },
    );
    await zk.connect();
    znodes = new ZNodeView(zk);
    theirs = new RealBroker(THEIRS, await freePort(), connect, SETTINGS);
    await theirs.start();
    // it is the first one: it makes the tree, and governs
    await znodes.controllerAfter({ brokerId: -1, epoch: 0 });
    under = new ClusterUnderTest({ brokers: OURS.length, zookeeper: connect, settings: SETTINGS });
    await under.start();
    await znodes.registered(ALL);
    kafka = new Kafka({
      brokers: [theirs.address, ...under.cluster.bootstrap.split(',')],
      logLevel: logLevel.NOTHING,
      retry: { initialRetryTime: 100, maxRetryTime: 500, retries: 100 },
    });
  });
  after(async () => {
    await under?.remove();
    await theirs?.kill();
    theirs?.remove();
    await zk?.close();
    await zookeeper.stop();
    zookeeper.remove();
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed')
      console.error(`${under?.logs() ?? ''}\n--- theirs\n${theirs?.log() ?? ''}`);
  });

  /** Three partitions: each broker leads one. */
  async function createTopic(topic: string): Promise<void> {
    const admin = kafka.admin();
    await admin.connect();
    const replicaAssignment = ALL.map((_, partition) => ({
      partition,
      replicas: [...ALL.slice(partition), ...ALL.slice(0, partition)],
    }));
    expect(await admin.createTopics({ topics: [{ topic, replicaAssignment }] })).to.equal(true);
    await admin.disconnect();
  }

  async function untilAllAreInSync(topic: string): Promise<void> {
    await znodes.registered(ALL);
    await znodes.inSync(topic, ALL);
  }

  const nothing = (): Promise<void> => Promise.resolve();

  it('theirs governs: each kind leads and follows', async () => {
    expect((await znodes.controller()).brokerId).to.equal(THEIRS);
    await createTopic('theirs-governs');
    expect(await verdictAfter(kafka, 'theirs-governs', nothing)).to.deep.equal([]);
    await untilAllAreInSync('theirs-governs');
  });

  it('theirs is killed: one of ours governs, and nothing is lost', async () => {
    await createTopic('theirs-governs-on');
    const before = await znodes.controller();
    const verdict = await verdictAfter(kafka, 'theirs-governs-on', async () => {
      await theirs?.kill();
      expect((await znodes.controllerAfter(before)).brokerId).to.be.oneOf(OURS);
      await znodes.led('theirs-governs-on', THEIRS, before.epoch);
    });
    expect(verdict).to.deep.equal([]);
  });

  it('theirs comes back under our government, follows, and leads what ours creates', async () => {
    await theirs?.start();
    await untilAllAreInSync('theirs-governs-on');
    expect((await znodes.controller()).brokerId).to.be.oneOf(OURS);
    await createTopic('ours-governs');
    expect(await verdictAfter(kafka, 'ours-governs', nothing)).to.deep.equal([]);
    await untilAllAreInSync('ours-governs');
  });

  it('ours are killed, both: theirs governs and leads alone, ours come back, nothing is lost', async () => {
    await createTopic('ours-governs-on');
    const before = await znodes.controller();
    const verdict = await verdictAfter(kafka, 'ours-governs-on', async () => {
      for (const id of OURS) under?.cluster.kill(id);
      expect((await znodes.controllerAfter(before)).brokerId).to.equal(THEIRS);
      for (const id of OURS) await znodes.led('ours-governs-on', id, before.epoch);
      await untilAllAreInSync('ours-governs-on');
    });
    expect(verdict).to.deep.equal([]);
  });

  it('theirs governs, ours leads: a follower is killed, and comes back into the ISR', async () => {
    await createTopic('back-under-theirs');
    expect((await znodes.controller()).brokerId).to.equal(THEIRS);
    const [leader = 0, follower = 0] = OURS;
    const verdict = await verdictAfter(kafka, 'back-under-theirs', async () => {
      under?.cluster.kill(follower);
      await znodes.inSync('back-under-theirs', [leader, THEIRS]);
      await untilAllAreInSync('back-under-theirs');
    });
    expect(verdict).to.deep.equal([]);
  });

  it('all three have the same bytes in their logs', () => {
    const folders = [...OURS.map((id) => under?.dataFolder(id) ?? ''), theirs?.dataFolder ?? ''];
    for (const partition of ALL.keys()) {
      const [first, ...rest] = folders.map((folder) =>
        readFileSync(join(folder, `back-under-theirs-${partition}`, '00000000000000000000.log')),
      );
      expect(first?.length).to.be.greaterThan(10_000);
      for (const other of rest) expect(other.equals(first!)).to.equal(true);
    }
  });

  it('theirs leaves by a controlled shutdown, then governs no more', async () => {
    await createTopic('theirs-leaves');
    const before = await znodes.controller();
    const verdict = await verdictAfter(kafka, 'theirs-leaves', async () => {
      await theirs?.stop();
      expect((await znodes.controllerAfter(before)).brokerId).to.be.oneOf(OURS);
    });
    expect(verdict).to.deep.equal([]);
  });
});
