import { expect } from 'chai';
import { ZERO_UUID } from '../../../src/common/uuid.js';
import { ZNodeView } from '../../../src/admin/demo/znode-view.js';
import { silentLogger } from '../../../src/platform/logger.js';
import { nodeRandom } from '../../../src/platform/node/random.js';
import { nodeTime } from '../../../src/platform/node/time.js';
import { apis } from '../../../src/protocol/apis.js';
import { nodeZkClient } from '../../../zk/client/node/adapter.js';
import type { ZkClient } from '../../../zk/client/zk-client.js';
import { expectedOf, goldenCases, type TopicOfCapture, TwoBrokers } from './two-brokers.js';

const TOPICS: readonly TopicOfCapture[] = [
  { name: 'mi', replicas: [1, 2], configs: { 'min.insync.replicas': '2' } },
  { name: 'off', replicas: [2] },
  { name: 'sw', replicas: [1, 2] },
];

const STOPPED =
  'acks=all, follower stopped, TimeoutMs 3000 expires before the ISR shrinks (replica.lag.time.max.ms=6000)';

/** What broker 1 answers while broker 2 is there, has just stopped, and is gone. */
const WITH_BOTH = ['ok with both replicas'];
const JUST_STOPPED = [STOPPED];
const GONE = [
  'acks=all below min.insync.replicas',
  'acks=1 below min.insync.replicas',
  'Metadata while broker 2 is gone: offline partition',
  'Metadata v4 of an offline partition',
  'produce to a partition without a leader',
  'CreateTopics RF2 with one broker alive',
  'OffsetCommit when the offsets topic cannot be created (RF 2, one broker)',
  'InitProducerId for a transactional id without a coordinator',
  'DescribeCluster',
  'fetch stale leader epoch',
];

describe('answers of a broker whose peer is gone, as a real one gives them', function () {
  this.timeout(30_000);
  const brokers = new TwoBrokers(['offsets.topic.replication.factor=2', 'replica.lag.time.max.ms=6000']);
  const cases = new Map([...goldenCases('errors'), ...goldenCases('errors2')].map((golden) => [golden.case, golden]));
  let zk: ZkClient;
  let stopped = 0;

  before(async () => {
    await brokers.start(TOPICS);
    const config = { sessionTimeoutMs: 10_000, connectTimeoutMs: 10_000, maxInFlightRequests: 10 };
    zk = nodeZkClient(
      { ...config, connectString: brokers.under.cluster.zookeeperConnect },
      { time: nodeTime(), random: nodeRandom(), logger: silentLogger },
    );
    await zk.connect();
    await new ZNodeView(zk).inSync('mi', [1, 2]);
  });
  after(async () => {
    if (stopped > 0) process.kill(stopped, 'SIGCONT');
    await zk.close();
    await brokers.stop();
  });

  function answersAlike(names: readonly string[]): void {
    for (const name of names) {
      it(name, async () => {
        const golden = cases.get(name)!;
        expect(await brokers.replay(golden, 1)).to.deep.equal(expectedOf(golden));
      });
    }
  }

  answersAlike(WITH_BOTH);

  /** Broker 1 is told of the ISR as a leader before it is told of it as metadata: once it shows both, it acts by both. */
  async function knowsOfIt(): Promise<boolean> {
    const asked = {
      topics: ['mi', 'sw'].map((name) => ({ topicId: ZERO_UUID, name })),
      allowAutoTopicCreation: false,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    };
    const known = await brokers.ask(1, apis.metadata, 12, asked);
    const partitions = known.topics.flatMap((topic) => topic.partitions);
    return known.brokers.length === 1 && partitions.every(({ isrNodes }) => String(isrNodes) === '1');
  }

  describe('at once', () => {
    before(() => {
      stopped = brokers.under.cluster.brokerPid(2) ?? 0;
      process.kill(stopped, 'SIGSTOP');
    });
    answersAlike(JUST_STOPPED);
  });

  describe('when its session is over', () => {
    before(async () => {
      const znodes = new ZNodeView(zk);
      await znodes.inSync('mi', [1]);
      await znodes.inSync('sw', [1]);
      await znodes.leaderless('off');
      while (!(await knowsOfIt()));
    });
    answersAlike(GONE);
  });
});
