import { expect } from 'chai';
import { KafkaError, type ErrorName } from '../../../src/common/errors.js';
import type { CreatedTopic } from '../../../src/controller/zk/topic-admin.js';
import { errorName } from '../../../src/protocol/error-codes.js';
import { AutoTopics } from '../../../src/server/auto-topics.js';

const CONFIG = {
  numPartitions: 3,
  defaultReplicationFactor: 2,
  offsetsTopicNumPartitions: 50,
  offsetsTopicReplicationFactor: 3,
  offsetsTopicSegmentBytes: 104857600,
};

function stage(errorOf: (topic: string) => ErrorName | undefined = () => 'REQUEST_TIMED_OUT') {
  const asked: unknown[] = [];
  const planned: unknown[] = [];
  const pending: (() => void)[] = [];
  const topics = new AutoTopics(
    {
      createTopics: async (wanted, options) => {
        asked.push([...wanted.map(({ name }) => name), options.timeoutMs, options.validateOnly]);
        planned.splice(0, planned.length, ...wanted);
        await new Promise<void>((resolve) => pending.push(resolve));
        return wanted.map(({ name }): CreatedTopic => {
          const error = errorOf(name);
          const none = { topicId: '', partitionCount: -1, replicationFactor: -1, configs: [] };
          return { topic: name, error: error === undefined ? undefined : new KafkaError(error), ...none };
        });
      },
    },
    CONFIG,
  );
  const create = async (...names: string[]) => {
    const made = topics.create(names);
    for (const resolve of pending.splice(0)) resolve();
    return Object.fromEntries([...(await made)].map(([name, code]) => [name, errorName(code)]));
  };
  return { topics, asked, planned, pending, create };
}
describe('topics that come into being because somebody asked', () => {
  for (const [outcome, told] of [
    [undefined, 'LEADER_NOT_AVAILABLE'],
    ['REQUEST_TIMED_OUT', 'LEADER_NOT_AVAILABLE'],
    ['TOPIC_ALREADY_EXISTS', 'LEADER_NOT_AVAILABLE'],
    ['INVALID_REPLICATION_FACTOR', 'INVALID_REPLICATION_FACTOR'],
    ['INVALID_TOPIC_EXCEPTION', 'INVALID_TOPIC_EXCEPTION'],
  ] as const) {
    it(`${outcome ?? 'success'} is told as ${told}`, async () => {
      expect(await stage(() => outcome).create('t')).to.deep.equal({ t: told });
    });
  }

  it('are created together, with no time to wait, and invalid names not at all', async () => {
    const { create, asked } = stage();
    expect(await create('a', 'b', 'a/b', '..')).to.deep.equal({
      a: 'LEADER_NOT_AVAILABLE',
      b: 'LEADER_NOT_AVAILABLE',
      'a/b': 'INVALID_TOPIC_EXCEPTION',
      '..': 'INVALID_TOPIC_EXCEPTION',
    });
    expect(asked).to.deep.equal([['a', 'b', 0, false]]);
    expect(await create('a/b')).to.deep.equal({ 'a/b': 'INVALID_TOPIC_EXCEPTION' });
    expect(asked, 'nothing to create').to.have.length(1);
  });

  it('are created once at a time: who asks meanwhile hears that they are unknown', async () => {
    const { topics, pending, create, asked } = stage();
    const first = topics.create(['a']);
    expect([...(await topics.create(['a']))].map(([, code]) => errorName(code))).to.deep.equal([
      'UNKNOWN_TOPIC_OR_PARTITION',
    ]);
    for (const resolve of pending.splice(0)) resolve();
    await first;
    expect(await create('a')).to.deep.equal({ a: 'LEADER_NOT_AVAILABLE' });
    expect(asked).to.have.length(2);
  });

  it('may be asked for again after a failure', async () => {
    let fails = true;
    const topics = new AutoTopics(
      { createTopics: () => (fails ? Promise.reject(new Error('ZooKeeper is away')) : Promise.resolve([])) },
      CONFIG,
    );
    const outcome = await topics.create(['a']).then(() => 'made', String);
    expect(outcome).to.equal('Error: ZooKeeper is away');
    fails = false;
    expect((await topics.create(['a'])).size).to.equal(1);
  });

  it("have the broker's defaults; the offsets topic has its own", async () => {
    const { create, planned } = stage();
    await create('t', '__consumer_offsets');
    expect(planned).to.deep.equal([
      { name: 't', numPartitions: 3, replicationFactor: 2, assignments: [], configs: [] },
      {
        name: '__consumer_offsets',
        numPartitions: 50,
        replicationFactor: 3,
        assignments: [],
        configs: [
          { name: 'cleanup.policy', value: 'compact' },
          { name: 'compression.type', value: 'producer' },
          { name: 'segment.bytes', value: '104857600' },
        ],
      },
    ]);
  });
});
