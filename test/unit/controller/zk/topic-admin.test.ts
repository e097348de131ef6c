import { expect } from 'chai';
import { TopicAdmin } from '../../../../src/controller/zk/topic-admin.js';
import { KafkaError } from '../../../../src/common/errors.js';
import { EMPTY_IMAGE, MetadataCache } from '../../../../src/metadata/metadata-cache.js';
import type { MetadataImage, PartitionImage } from '../../../../src/metadata/metadata-image.js';
import { silentLogger } from '../../../../src/platform/logger.js';
import { brokerZNode, ControllerStage, plainRandom } from '../../../support/controller-stage.js';

async function stageOf() {
  const stage = new ControllerStage();
  for (const id of [1, 2, 3]) await stage.start(id);
  const cache = new MetadataCache();
  const admin = new TopicAdmin(
    stage.broker(1).zk,
    cache,
    { defaultPartitions: 2, defaultReplicationFactor: 1 },
    {
      time: stage.time,
      random: plainRandom(),
      logger: silentLogger,
      validateTopicConfig: (config) => {
        if (config.has('nosuch.config'))
          throw new KafkaError('INVALID_CONFIG', 'Unknown topic config name: nosuch.config');
      },
      describeTopicConfig: (config) =>
        [...config].map(([name, value]) => ({ name, value, readOnly: false, configSource: 1, isSensitive: false })),
    },
  );
  show(cache, {});
  return { stage, cache, admin };
}

/** What UpdateMetadata would bring: leaders by topic and partition. */
function show(cache: MetadataCache, leaders: Record<string, number[]>): void {
  const partition = (leader: number, index: number): PartitionImage => ({
    partition: index,
    leader,
    leaderEpoch: 0,
    controllerEpoch: 1,
    isr: [leader],
    partitionEpoch: 0,
    replicas: [leader],
    offlineReplicas: [],
  });
  const topics = Object.entries(leaders).map(([name, list]) => [
    name,
    { name, topicId: 'x', partitions: list.map(partition) },
  ]) as [string, MetadataImage['topics'] extends ReadonlyMap<string, infer T> ? T : never][];
  const names = new Set([...Object.keys(leaders), ...cache.image.topics.keys()]);
  const image: MetadataImage = {
    ...EMPTY_IMAGE,
    brokers: new Map([1, 2, 3].map((id) => [id, { id, endpoints: brokerZNode(id).endpoints, rack: null }])),
    topics: new Map(topics),
  };
  const delta = {
    brokersChanged: false,
    controllerChanged: false,
    topics: names,
    deletedTopics: new Set([...names].filter((name) => !(name in leaders))),
    topicConfigs: new Set<string>(),
    brokerConfigs: new Set<string>(),
  };
  cache.applyView(delta, image);
}

function asked(name: string, numPartitions = 1, replicationFactor = 1) {
  return {
    name,
    numPartitions,
    replicationFactor,
    assignments: [],
    configs: [] as { name: string; value: string | null }[],
  };
}

const now = { timeoutMs: 5000, validateOnly: false };

describe('topic admin', () => {
  it('answers when the metadata shows a leader for each partition', async () => {
    const { stage, cache, admin } = await stageOf();
    let answered = false;
    const work = admin.createTopics([asked('t', 2)], now).finally(() => (answered = true));
    await stage.settle();
    expect(stage.zooKeeper.text('/brokers/topics/t/partitions/1/state')).to.be.a('string');
    show(cache, { t: [1, -1] });
    await stage.settle();
    expect(answered).to.equal(false);
    show(cache, { t: [1, 2] });
    const [created] = await work;
    expect(created).to.include({ error: undefined, partitionCount: 2, replicationFactor: 1 });
    expect(stage.zooKeeper.text('/brokers/topics/t')).to.contain(created?.topicId);
    expect(stage.time.armed).to.equal(0);
  });

  it('answers REQUEST_TIMED_OUT when it does not in time, and at once without time; the topic is there', async () => {
    const { stage, admin } = await stageOf();
    const work = admin.createTopics([asked('t')], now);
    await stage.settle();
    await stage.time.advance(5000);
    expect((await work)[0]).to.deep.include({ partitionCount: -1, configs: [] });
    expect((await work)[0]?.error?.error).to.equal('REQUEST_TIMED_OUT');
    const [none] = await admin.createTopics([asked('u')], { ...now, timeoutMs: 0 });
    expect(none?.error?.error).to.equal('REQUEST_TIMED_OUT');
    await stage.settle();
    expect(stage.zooKeeper.text('/brokers/topics/u/partitions/0/state')).to.be.a('string');
  });

  it('only looks when it is only to validate', async () => {
    const { stage, admin } = await stageOf();
    const [checked] = await admin.createTopics([asked('t', -1, -1)], { ...now, validateOnly: true });
    expect(checked).to.include({ error: undefined, partitionCount: 2, replicationFactor: 1 });
    expect(stage.zooKeeper.children('/brokers/topics')).to.deep.equal([]);
  });

  const refused: [ReturnType<typeof asked>, string, string][] = [
    [asked('t', 0), 'INVALID_PARTITIONS', 'Number of partitions must be larger than 0.'],
    [asked('t', 2147483647), 'INVALID_PARTITIONS', '2147483647 partitions do not fit into the znode of a topic'],
    [asked('t', 1, 9), 'INVALID_REPLICATION_FACTOR', 'Replication factor: 9 larger than available brokers: 3.'],
    [asked('a b'), 'INVALID_TOPIC_EXCEPTION', "Topic name is invalid: 'a b' contains"],
    [
      { ...asked('t'), configs: [{ name: 'retention.ms', value: null }] },
      'INVALID_CONFIG',
      'Null value not supported for topic configs: retention.ms',
    ],
    [
      { ...asked('t'), configs: [{ name: 'nosuch.config', value: '1' }] },
      'INVALID_CONFIG',
      'Unknown topic config name',
    ],
    [
      { ...asked('t'), assignments: [{ partitionIndex: 0, brokerIds: [1] }] as never },
      'INVALID_REQUEST',
      'Both numPartitions or replicationFactor and replicasAssignments were set.',
    ],
    [asked('known'), 'TOPIC_ALREADY_EXISTS', "Topic 'known' already exists."],
    [asked('old'), 'TOPIC_ALREADY_EXISTS', "Topic 'old' already exists."],
    [asked('ol.d_x'), 'INVALID_TOPIC_EXCEPTION', "Topic 'ol.d_x' collides with existing topics: ol_d.x"],
  ];
  for (const [topic, error, message] of refused) {
    it(`refuses ${JSON.stringify(topic)} with ${error}, and the others go on`, async () => {
      const { stage, cache, admin } = await stageOf();
      show(cache, { known: [1] });
      for (const name of ['old', 'ol_d.x']) {
        await stage.broker(1).zk.topics.createTopic(name, { topicId: undefined, partitions: new Map() });
      }
      const [outcome, other] = await admin.createTopics([topic, asked('fine')], { ...now, validateOnly: true });
      expect(outcome?.error?.error).to.equal(error);
      expect(outcome?.error?.message).to.contain(message);
      expect(other?.error).to.equal(undefined);
    });
  }

  it('grows topics, and says why it does not', async () => {
    const { stage, cache, admin } = await stageOf();
    await admin.createTopics([asked('t', 1, 2)], { ...now, timeoutMs: 0 });
    await stage.settle();
    const grow = async (count: number, brokerIds?: number[][]): Promise<string> => {
      const assignments = brokerIds?.map((ids) => ({ brokerIds: ids })) ?? null;
      const work = admin.createPartitions([{ name: 't', count, assignments }], now);
      await stage.settle();
      show(cache, { t: [1, 2, 3, 1].slice(0, count) });
      const [outcome] = await work;
      return outcome?.error?.message ?? 'done';
    };
    expect(await grow(1)).to.equal('Topic already has 1 partitions.');
    expect(await grow(0)).to.equal('Topic currently has 1 partitions, which is higher than the requested 0.');
    expect(await grow(2, [[44, 1]])).to.equal('Unknown broker(s) in replica assignment: 44.');
    expect(await grow(3, [[1, 2]])).to.equal('Increasing the number of partitions by 2 but 1 assignments provided.');
    expect(await grow(2)).to.equal('done');
    expect(stage.zooKeeper.text('/brokers/topics/t')).to.contain('"partitions":{"0":[1,2],"1":[2,3]}');
    expect(stage.zooKeeper.text('/brokers/topics/t/partitions/1/state')).to.contain('"leader":2');
    const [unknown] = await admin.createPartitions([{ name: 'nosuch', count: 2, assignments: null }], now);
    expect(unknown?.error?.message).to.equal("The topic 'nosuch' does not exist.");
  });

  it('deletes topics and answers when they are gone from the metadata', async () => {
    const { stage, cache, admin } = await stageOf();
    await admin.createTopics([asked('t')], { ...now, timeoutMs: 0 });
    await stage.settle();
    show(cache, { t: [1] });
    const work = admin.deleteTopics(['t', 'nosuch'], 5000);
    await stage.settle();
    expect(stage.zooKeeper.children('/brokers/topics')).to.deep.equal([]);
    show(cache, {});
    expect((await work).map(({ topic, error }) => [topic, error?.error])).to.deep.equal([
      ['t', undefined],
      ['nosuch', 'UNKNOWN_TOPIC_OR_PARTITION'],
    ]);
  });
});
