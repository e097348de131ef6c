import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { TopicAdmin } from '../../../src/controller/zk/topic-admin.js';
import { MetadataCache } from '../../../src/metadata/metadata-cache.js';
import { silentLogger } from '../../../src/platform/logger.js';
import { plainAssignment } from '../../../src/zookeeper/znodes/topic-znodes.js';
import { ControllerStage, plainRandom } from '../../support/controller-stage.js';

/** What a real cluster had in ZooKeeper before something happened, and what it wrote then, from its transaction log. */
interface Story {
  readonly before: readonly (readonly [path: string, data: string | null, version: number, ephemeral: boolean])[];
  readonly writes: readonly (readonly [who: string, op: string, path: string, data?: string | null])[];
}

function story(name: string): Story {
  return JSON.parse(readFileSync(new URL(`stories/${name}.json`, import.meta.url), 'utf8')) as Story;
}

/**
 * The cluster of the story with its brokers; the one named is elected into the very epoch that the story was recorded in.
 */
async function stageOf(told: Story, controllerId: number, wasElected = true): Promise<ControllerStage> {
  const stage = new ControllerStage();
  const { nodes } = stage.zooKeeper;
  for (const [path, data, version, ephemeral] of told.before) {
    if (ephemeral) continue;
    const before = wasElected && path === '/controller_epoch' ? 1 : 0;
    nodes.set(path, {
      data: data === null ? null : Buffer.from(before === 1 ? String(Number(data) - 1) : data),
      czxid: 0,
      mzxid: 0,
      version: version - before,
      cversion: 0,
      owner: '0000000000000000',
    });
  }
  const ids = told.before.filter(([path]) => path.startsWith('/brokers/ids/')).map(([path]) => Number(path.slice(13)));
  for (const id of ids) await stage.start(id, false);
  if (wasElected) stage.broker(controllerId).controller.start();
  await stage.settle();
  stage.forget();
  return stage;
}

const WRITTEN = /^\/(brokers\/topics|config\/topics|admin|controller_epoch)/;
const TOPIC_ID = /"topic_id":"[^"]*"/;

/** For each path, what was written to it, in order: the order among partitions is that of a hash map. */
function byPath(writes: Story['writes']): Record<string, string[]> {
  const all: Record<string, string[]> = {};
  for (const [, op, path, data] of writes) {
    if (!WRITTEN.test(path)) continue;
    (all[path] ??= []).push(`${op} ${(data ?? '').replace(TOPIC_ID, '"topic_id":"…"')}`.trim());
  }
  return all;
}

function writesOf(stage: ControllerStage): Story['writes'] {
  return stage.zooKeeper.log.flatMap(({ who, operations }) =>
    operations.flatMap((operation): Story['writes'] => {
      if (operation.type === 'check') return [];
      const data = 'data' in operation ? (operation.data?.toString('utf8') ?? null) : null;
      return [[who, operation.type, operation.path, data]];
    }),
  );
}

function adminOf(stage: ControllerStage, id: number): TopicAdmin {
  const config = { defaultPartitions: 1, defaultReplicationFactor: 1 };
  return new TopicAdmin(stage.broker(id).zk, new MetadataCache(), config, {
    time: stage.time,
    random: plainRandom(),
    logger: silentLogger,
    validateTopicConfig: () => undefined,
    describeTopicConfig: () => [],
  });
}

describe('what the controller writes, beside the transaction log of a real Kafka 3.9', () => {
  it('creates topics', async () => {
    const told = story('03-create-topics');
    const stage = await stageOf(told, 1);
    const admin = adminOf(stage, 1);
    const create = async (name: string, lists: number[][], configs: Record<string, string> = {}): Promise<void> => {
      const assignments = lists.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds }));
      const settings = Object.entries(configs).map(([key, value]) => ({ name: key, value }));
      const topic = { name, numPartitions: -1, replicationFactor: -1, assignments, configs: settings };
      await admin.createTopics([topic], { timeoutMs: 0, validateOnly: false });
      await stage.settle();
    };
    const ring = [
      [1, 2],
      [2, 3],
      [3, 1],
    ];
    await create('t1', ring);
    await create('t2', [[2, 1, 3]], {
      'cleanup.policy': 'compact',
      'retention.ms': '86400000',
      'min.insync.replicas': '2',
    });
    await create('t3', ring);
    await create('a.b_c-D', [[2]]);
    const plain = (writes: Story['writes']): string[] =>
      writes.map(([, op, path, data]) => `${op} ${path} ${data?.replace(TOPIC_ID, '') ?? 'null'}`);
    expect(plain(writesOf(stage))).to.deep.equal(plain(told.writes));
  });

  it('adds partitions', async () => {
    const told = story('04-create-partitions');
    const stage = await stageOf(told, 1);
    const admin = adminOf(stage, 1);
    const options = { timeoutMs: 0, validateOnly: false };
    await admin.createPartitions([{ name: 't1', count: 5, assignments: null }], options);
    await stage.settle();
    await admin.createPartitions([{ name: 't3', count: 4, assignments: [{ brokerIds: [1, 3] }] }], options);
    await stage.settle();
    expect(byPath(writesOf(stage))).to.deep.equal(byPath(told.writes));
  });

  it('elects leaders when a broker is killed', async () => {
    const told = story('18-leader-failover');
    const stage = await stageOf(told, 1);
    await stage.kill(2);
    expect(byPath(writesOf(stage))).to.deep.equal(byPath(told.writes));
  });

  it('takes over from a killed controller', async () => {
    const told = story('21-controller-failover');
    const stage = await stageOf(told, 2, false);
    await stage.kill(1);
    stage.forget();
    stage.broker(2).controller.start();
    await stage.settle();
    expect(byPath(writesOf(stage))).to.deep.equal(byPath(told.writes));
  });

  it('moves leaders away from a broker that shuts down', async () => {
    const told = story('24-controlled-shutdown');
    const stage = await stageOf(told, 3);
    const remaining = await stage.broker(3).controller.controlledShutdown(2, stage.broker(2).epoch);
    expect(remaining).to.deep.equal([]);
    await stage.kill(2);
    expect(byPath(writesOf(stage))).to.deep.equal(byPath(told.writes));
  });

  it('holds a deletion back while a replica is offline, and finishes it when the broker is back', async () => {
    const told = story('25-delete-topic-broker-down');
    const stage = await stageOf(told, 3);
    const admin = adminOf(stage, 3);
    await admin.deleteTopics(['t3'], 0);
    await stage.settle();
    await admin.deleteTopics(['a.b_c-D'], 0);
    await stage.settle();
    const expected = told.writes.filter(([, , path]) => !path.includes('/t4'));
    expect(byPath(writesOf(stage))).to.deep.equal(byPath(expected));

    const then = story('26-delete-topic-completed');
    stage.forget();
    await stage.start(2, false);
    // the leader epoch of a.b_c-D is one ahead: this controller was elected, and found broker 2 missing, a second time
    const deleted = (writes: Story['writes']): Record<string, string[]> =>
      byPath(writes.filter(([, op, path]) => path.includes('/t3') || (op === 'delete' && path.includes('/a.b_c-D'))));
    expect(deleted(writesOf(stage))).to.deep.equal(deleted(then.writes));
  });

  it('deletes what somebody marked by hand', async () => {
    const told = story('27-delete-topic-znode');
    const stage = await stageOf(told, 3);
    for (const topic of ['t4', 'nosuch']) {
      const path = `/admin/delete_topics/${topic}`;
      stage.zooKeeper.commit('observer', '', [{ type: 'create', path, data: Buffer.alloc(0) }]);
    }
    await stage.settle();
    expect(byPath(writesOf(stage))).to.deep.equal(byPath(told.writes));
  });

  it('leaves a partition without a leader when the last replica in sync dies', async () => {
    const told = story('30-offline-partition');
    const stage = await stageOf(told, 2);
    const partitions = new Map([[0, plainAssignment([1, 3])]]);
    await stage.broker(2).zk.configs.write('topics', 'u1', new Map());
    await stage.broker(2).zk.topics.createTopic('u1', { topicId: 'rxA7sMfJSoi1GNRV1gtX5Q', partitions });
    await stage.settle();
    await stage.kill(3);
    await stage.kill(1);
    expect(byPath(writesOf(stage))).to.deep.equal(byPath(told.writes));
  });

  it('keeps it offline when a replica comes back that was not in sync', async () => {
    const told = story('31-offline-stale-follower-back');
    const stage = await stageOf(told, 2);
    await stage.start(3, false);
    expect(stage.zooKeeper.text('/brokers/topics/u1/partitions/0/state')).to.contain('"leader":-1');
  });
});
