import { expect } from 'chai';
import kafkajs, { type Consumer, type Kafka } from 'kafkajs';
import { silentLogger } from '../../src/platform/logger.js';
import { nodeCodecs } from '../../src/platform/node/codecs.js';
import { nodeRandom } from '../../src/platform/node/random.js';
import { nodeTime } from '../../src/platform/node/time.js';
import { nodeZkClient } from '../../zk/client/node/adapter.js';
import { ClusterUnderTest } from '../support/zkafka-cluster.js';
import { EventLog } from '../support/event-log.js';

const { CompressionCodecs, CompressionTypes, ConfigResourceTypes, logLevel } = kafkajs;
const MAX_BYTES = 16 * 1024 * 1024;

interface Seen {
  readonly member: number;
  readonly partition: number;
  readonly value: string;
}

/** kafkajs speaks gzip by itself; the other codecs are ours. */
function registerCodecs(): void {
  const codecs = nodeCodecs(silentLogger);
  for (const [type, name] of [
    [CompressionTypes.Snappy, 'snappy'],
    [CompressionTypes.LZ4, 'lz4'],
    [CompressionTypes.ZSTD, 'zstd'],
  ] as const) {
    CompressionCodecs[type] = () => ({
      compress: async ({ buffer }: { buffer: Buffer }) => codecs.compress(name, buffer),
      decompress: async (buffer: Buffer) => codecs.decompress(name, buffer, MAX_BYTES),
    });
  }
}

/** A client nobody here wrote, against brokers as processes. */
describe('kafkajs', function () {
  this.timeout(60_000);
  let under: ClusterUnderTest;
  let kafka: Kafka;

  before(async () => {
    registerCodecs();
    under = new ClusterUnderTest();
    await under.start();
    kafka = new kafkajs.Kafka({
      brokers: under.cluster.bootstrap.split(','),
      logLevel: logLevel.NOTHING,
      retry: { initialRetryTime: 100, maxRetryTime: 500, retries: 50 },
    });
  });
  after(() => under.remove());

  async function newTopic(topic: string, numPartitions: number): Promise<void> {
    const admin = kafka.admin();
    await admin.connect();
    expect(await admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor: 3 }] })).to.equal(true);
    await admin.disconnect();
  }

  async function consumerOf(
    topic: string,
    groupId: string,
    member: number,
    seen: EventLog<Seen>,
  ): Promise<{ consumer: Consumer; partitions: () => number[] }> {
    const consumer = kafka.consumer({ groupId, heartbeatInterval: 300, maxWaitTimeInMs: 100 });
    let assigned: number[] = [];
    consumer.on('consumer.group_join', ({ payload }) => (assigned = payload.memberAssignment[topic] ?? []));
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: ({ partition, message }) => {
        seen.add({ member, partition, value: String(message.value) });
        return Promise.resolve();
      },
    });
    return { consumer, partitions: () => assigned };
  }

  for (const codec of ['None', 'GZIP', 'Snappy', 'LZ4', 'ZSTD'] as const) {
    it(`produces and consumes, compression ${codec}`, async () => {
      const topic = `codec-${codec}`;
      await newTopic(topic, 1);
      const producer = kafka.producer({ idempotent: true });
      await producer.connect();
      const values = Array.from({ length: 500 }, (_, i) => `${codec} value ${i} ${'x'.repeat(i % 100)}`);
      for (let at = 0; at < values.length; at += 100) {
        const messages = values.slice(at, at + 100).map((value, i) => ({
          key: i % 2 === 0 ? `k${i}` : null,
          value,
          headers: { at: String(at) },
        }));
        const [result] = await producer.send({ topic, compression: CompressionTypes[codec], messages });
        expect(result).to.include({ partition: 0, errorCode: 0, baseOffset: String(at) });
      }
      await producer.disconnect();
      const seen = new EventLog<Seen>();
      const { consumer } = await consumerOf(topic, `reads-${codec}`, 0, seen);
      await seen.when(() => seen.all.length === values.length);
      expect(seen.all.map(({ value }) => value)).to.deep.equal(values);
      await consumer.disconnect();
    });
  }

  it('shares a topic between two members, whose offsets stand in znodes; the next member goes on from there', async () => {
    const topic = 'shared';
    await newTopic(topic, 4);
    const producer = kafka.producer();
    await producer.connect();
    const write = (from: number, count: number): Promise<unknown> =>
      producer.send({
        topic,
        messages: Array.from({ length: count }, (_, i) => ({ partition: i % 4, value: String(from + i) })),
      });
    const seen = new EventLog<Seen>();
    const first = await consumerOf(topic, 'members', 0, seen);
    const second = await consumerOf(topic, 'members', 1, seen);
    // one that joined alone gives half away when the other one comes: both read once each has its two
    let written = 0;
    while (first.partitions().length !== 2 || second.partitions().length !== 2) {
      await write(written, 4);
      written += 4;
      await seen.when(({ value }) => value === String(written - 1));
    }
    await write(written, 40);
    written += 40;
    await seen.when(() => new Set(seen.all.map(({ value }) => value)).size === written);
    expect(first.partitions().concat(second.partitions()).sort()).to.deep.equal([0, 1, 2, 3]);
    expect(new Set(seen.all.slice(-40).map(({ member }) => member))).to.deep.equal(new Set([0, 1]));

    const admin = kafka.admin();
    await admin.connect();
    const { groups } = await admin.describeGroups(['members']);
    expect(groups[0]).to.include({ groupId: 'members', state: 'Stable', protocolType: 'consumer' });
    expect(groups[0]?.members).to.have.length(2);
    expect((await admin.listGroups()).groups.map(({ groupId }) => groupId)).to.include('members');
    await first.consumer.disconnect();
    await second.consumer.disconnect();
    const committed = await admin.fetchOffsets({ groupId: 'members', topics: [topic] });
    const offsets = committed[0]?.partitions.sort((a, b) => a.partition - b.partition).map(({ offset }) => offset);
    expect(offsets).to.deep.equal(Array.from({ length: 4 }, () => String(written / 4)));
    expect(await znodes([0, 1, 2, 3].map((p) => `/consumers/members/offsets/${topic}/${p}`))).to.deep.equal(offsets);

    await write(written, 4);
    const later = new EventLog<Seen>();
    const next = await consumerOf(topic, 'members', 2, later);
    await later.when(() => later.all.length === 4);
    expect(later.all.map(({ value }) => Number(value)).sort((a, b) => a - b)).to.deep.equal(
      [0, 1, 2, 3].map((i) => written + i),
    );
    await next.consumer.disconnect();
    await producer.disconnect();
    await admin.disconnect();
  });

  /** What a person with zkCli reads. */
  async function znodes(paths: readonly string[]): Promise<string[]> {
    const config = { sessionTimeoutMs: 6000, connectTimeoutMs: 6000, maxInFlightRequests: 10 };
    const zk = nodeZkClient(
      { ...config, connectString: under.cluster.zookeeperConnect },
      { time: nodeTime(), random: nodeRandom(), logger: silentLogger },
    );
    await zk.connect();
    const texts = await Promise.all(paths.map(async (path) => String((await zk.getData(path, false)).data)));
    await zk.close();
    return texts;
  }

  /** What one broker answers shows on the others when the controller has told them: asks until it does. */
  async function seen<T>(ask: () => Promise<T>, isThere: (answer: T) => boolean): Promise<T> {
    for (;;) {
      const answer = await ask();
      if (isThere(answer)) return answer;
    }
  }

  it('administers topics: creates, lists, describes, grows, deletes', async () => {
    const admin = kafka.admin();
    await admin.connect();
    const topic = 'administered';
    const configEntries = [{ name: 'retention.ms', value: '1234567' }];
    const wanted = { topic, numPartitions: 2, replicationFactor: 2, configEntries };
    expect(await admin.createTopics({ topics: [wanted] })).to.equal(true);
    expect(await admin.createTopics({ topics: [wanted] })).to.equal(false); // it stands already
    await seen(
      () => admin.listTopics(),
      (topics) => topics.includes(topic),
    );
    const [described] = (await admin.fetchTopicMetadata({ topics: [topic] })).topics;
    expect(described?.partitions.map(({ replicas }) => replicas.length)).to.deep.equal([2, 2]);
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames: ['retention.ms', 'cleanup.policy'] }],
    });
    expect(
      Object.fromEntries(resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ).to.deep.equal({ 'retention.ms': '1234567', 'cleanup.policy': 'delete' });
    await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
    const offsets = await seen(
      () => admin.fetchTopicOffsets(topic),
      (found) => found.length === 3,
    );
    expect(offsets.map(({ offset }) => offset)).to.deep.equal(['0', '0', '0']);
    await admin.deleteTopics({ topics: [topic] });
    await seen(
      () => admin.listTopics(),
      (topics) => !topics.includes(topic),
    );
    const { brokers, controller } = await admin.describeCluster();
    expect(brokers.map(({ nodeId }) => nodeId).sort()).to.deep.equal([1, 2, 3]);
    expect(controller).to.be.oneOf([1, 2, 3]);
    await admin.disconnect();
  });
});
