import { expect } from 'chai';
import { Kafka, logLevel } from 'kafkajs';
import { Ledger } from '../../src/admin/demo/ledger.js';
import { ZNodeView } from '../../src/admin/demo/znode-view.js';
import { silentLogger } from '../../src/platform/logger.js';
import { nodeRandom } from '../../src/platform/node/random.js';
import { nodeTime } from '../../src/platform/node/time.js';
import { nodeZkClient } from '../../zk/client/node/adapter.js';
import { type ZkClient, ZkError } from '../../zk/client/zk-client.js';
import { readAll, verdictAfter } from '../support/acknowledged-load.js';
import { ClusterUnderTest } from '../support/zkafka-cluster.js';

const BROKERS = [1, 2, 3];

/** kill -9, with real processes and kafkajs as the judge: what was acknowledged with acks=all is read afterwards. */
describe('kill -9', function () {
  this.timeout(60_000);
  let under: ClusterUnderTest;
  let kafka: Kafka;
  let zk: ZkClient;
  let znodes: ZNodeView;

  before(async () => {
    under = new ClusterUnderTest();
    await under.start();
    kafka = new Kafka({
      brokers: under.cluster.bootstrap.split(','),
      logLevel: logLevel.NOTHING,
      retry: { initialRetryTime: 100, maxRetryTime: 500, retries: 100 },
    });
    const config = { sessionTimeoutMs: 10_000, connectTimeoutMs: 10_000, maxInFlightRequests: 10 };
    zk = nodeZkClient(
      { ...config, connectString: under.cluster.zookeeperConnect },
      { time: nodeTime(), random: nodeRandom(), logger: silentLogger },
    );
    await zk.connect();
    znodes = new ZNodeView(zk);
  });
  after(async () => {
    await zk.close();
    await under.remove();
  });
  // whoever the last test killed is back
  beforeEach(() => under.cluster.whenReady());

  /** Replicas on the brokers that are named, the first one leads; without names three partitions on all. */
  async function createTopic(topic: string, replicas?: readonly number[]): Promise<void> {
    const admin = kafka.admin();
    await admin.connect();
    const layout =
      replicas === undefined
        ? { numPartitions: 3, replicationFactor: 3 }
        : { replicaAssignment: [{ partition: 0, replicas: [...replicas] }] };
    const configEntries = [{ name: 'unclean.leader.election.enable', value: String(replicas !== undefined) }];
    await admin.createTopics({ topics: [{ topic, ...layout, configEntries }] });
    await admin.disconnect();
  }

  async function leaderOf(topic: string): Promise<number> {
    const [line] = await znodes.leaders(topic);
    return Number(/leader (-?\d+)/.exec(line ?? '')?.[1]);
  }

  it('of a leader loses nothing', async () => {
    await createTopic('kill-leader');
    const { epoch } = await znodes.controller();
    const verdict = await verdictAfter(kafka, 'kill-leader', async () => {
      const leader = await leaderOf('kill-leader');
      under.cluster.kill(leader);
      await znodes.led('kill-leader', leader, epoch);
    });
    expect(verdict).to.deep.equal([]);
  });

  it('of the controller loses nothing, and another is elected', async () => {
    await createTopic('kill-controller');
    const before = await znodes.controller();
    const verdict = await verdictAfter(kafka, 'kill-controller', async () => {
      under.cluster.kill(before.brokerId);
      const after = await znodes.controllerAfter(before);
      expect(after.brokerId).to.not.equal(before.brokerId);
      await znodes.led('kill-controller', before.brokerId, before.epoch);
    });
    expect(verdict).to.deep.equal([]);
  });

  it('of a leader and the controller at once loses nothing', async () => {
    const before = await znodes.controller();
    const [leader = 0, other = 0] = BROKERS.filter((id) => id !== before.brokerId);
    await createTopic('kill-both', [leader, before.brokerId, other]);
    const verdict = await verdictAfter(kafka, 'kill-both', async () => {
      under.cluster.kill(before.brokerId);
      under.cluster.kill(leader);
      await znodes.controllerAfter(before);
      await znodes.led('kill-both', leader, before.epoch);
    });
    expect(verdict).to.deep.equal([]);
  });

  it('of ZooKeeper, started again, loses nothing and keeps the sessions', async () => {
    await createTopic('kill-zookeeper');
    const before = await ephemerals();
    const verdict = await verdictAfter(kafka, 'kill-zookeeper', async () => {
      under.cluster.killZooKeeper();
      expect(await ephemerals()).to.deep.equal(before);
    });
    expect(verdict).to.deep.equal([]);
    expect(await ephemerals()).to.deep.equal(before);
  });

  /** Which sessions hold which znodes, asked until ZooKeeper answers. */
  async function ephemerals(): Promise<(string | undefined)[]> {
    const paths = ['/controller', ...BROKERS.map((id) => `/brokers/ids/${id}`)];
    for (;;) {
      try {
        const stats = await Promise.all(paths.map((path) => zk.exists(path, false)));
        return stats.map((stat) => stat && `${stat.ephemeralOwner} since ${stat.czxid}`);
      } catch (error) {
        if (!(error instanceof ZkError) || error.error !== 'CONNECTION_LOSS') throw error;
        await zk.session();
      }
    }
  }

  it('loses records with acks=1 and unclean elections: the checker can fail', async () => {
    const topic = 'unclean';
    const { brokerId: controller, epoch } = await znodes.controller();
    const [leader = 0, follower = 0] = BROKERS.filter((id) => id !== controller);
    await createTopic(topic, [leader, follower]);
    const ledger = new Ledger();
    const producer = kafka.producer();
    await producer.connect();
    const send = async (acks: number, from: number, count: number): Promise<void> => {
      const values = Array.from({ length: count }, (_, i) => `value ${from + i}`);
      const messages = values.map((value) => ({ value }));
      const [result] = await producer.send({ topic, acks, messages });
      ledger.acknowledge(0, Number(result?.baseOffset), values);
    };
    await send(-1, 0, 100);
    const paused = under.cluster.brokerPid(follower) ?? 0;
    process.kill(paused, 'SIGSTOP');
    try {
      await znodes.inSync(topic, [leader]);
      await send(1, 100, 50);
      under.cluster.kill(leader);
    } finally {
      process.kill(paused, 'SIGCONT');
    }
    await znodes.led(topic, leader, epoch);
    await send(-1, 1000, 10);
    await producer.disconnect();
    await readAll(kafka, topic, ledger);
    expect(ledger.readCount).to.equal(110);
    expect(ledger.verdict()).to.deep.equal([
      ...Array.from({ length: 10 }, (_, i) => `partition 0 offset ${100 + i} was acknowledged twice`),
      ...Array.from({ length: 40 }, (_, i) => `partition 0 offset ${110 + i} was acknowledged and never read`),
    ]);
  });
});
