import { expect } from 'chai';
import { type ApiDeclaration, apis } from '../../../src/protocol/apis.js';
import { expectedOf, type GoldenCase, goldenCases, type TopicOfCapture, TwoBrokers } from './two-brokers.js';

/** Answers that differ, each with the reason; the test fails when one of them begins to agree. */
const DIFFERS: ReadonlyMap<string, string> = new Map([
  ...['compressed batch with garbage payload gzip', 'snappy garbage', 'lz4 garbage', 'zstd garbage'].map(
    (name) => [name, 'compressed records are stored as they come, not unpacked to look at them'] as const,
  ),
  ['fetch duplicate partition', 'the partition is answered as often as it is asked for'],
  ['InitProducerId with unknown pid', 'there is no transaction coordinator yet'],
]);

/** Cases that cannot be replayed from these bytes, each with the reason. */
const LEFT_OUT: ReadonlyMap<string, string> = new Map([
  ['timestamp in the future (after.max.ms)', 'the bytes hold a time that has passed'],
  ['fetch stale leader epoch', 'needs a partition whose leader changed: one-broker-gone.test.ts has one'],
  ['Metadata same again', 'the answer tells whether the topic of the case before is ready by now'],
]);

const TOPICS: readonly TopicOfCapture[] = [
  { name: 'e1', replicas: [1] },
  { name: 'e2', replicas: [2] },
  { name: 'ecompact', replicas: [1], configs: { 'cleanup.policy': 'compact' } },
  { name: 'esmall', replicas: [1], configs: { 'max.message.bytes': '1000' } },
  {
    name: 'ets',
    replicas: [1],
    configs: { 'message.timestamp.before.max.ms': '1000', 'message.timestamp.after.max.ms': '1000' },
  },
  { name: 'elat', replicas: [1], configs: { 'message.timestamp.type': 'LogAppendTime' } },
  { name: 'emin', replicas: [1], configs: { 'min.insync.replicas': '2' } },
];

const AT_CONTROLLER: readonly ApiDeclaration[] = [apis.createTopics, apis.createPartitions, apis.deleteTopics];
const AT_COORDINATOR: readonly ApiDeclaration[] = [
  ...[apis.joinGroup, apis.syncGroup, apis.heartbeat, apis.leaveGroup, apis.describeGroups],
  ...[apis.offsetCommit, apis.offsetFetch],
];

/** The same bytes, in the same order, to two of our brokers: the answers are equal, field by field. */
describe('answers to bad input, as a real broker gives them', function () {
  this.timeout(30_000);
  const brokers = new TwoBrokers([
    ...['offsets.topic.num.partitions=1', 'offsets.topic.replication.factor=1', 'log.retention.ms=-1'],
    ...['min.insync.replicas=1', 'unclean.leader.election.enable=false'], // as answers show that the capture had
  ]);
  let coordinator = -1;

  before(async () => {
    await brokers.start(TOPICS);
    while (coordinator < 0) {
      const asked = { key: 'eg', keyType: 0, coordinatorKeys: [] };
      coordinator = (await brokers.ask(1, apis.findCoordinator, 3, asked)).nodeId;
    }
  });
  after(() => brokers.stop());

  /** Whom the capture asked. */
  function brokerFor({ case: name, api }: GoldenCase): number {
    const otherThan = (id: number): number => 3 - id;
    if (name === 'ListOffsets empty topic latest') return 2;
    if (name.includes('non-controller')) return otherThan(brokers.controller);
    if (/wrong (broker|coordinator)/.test(name)) return otherThan(coordinator);
    if (AT_CONTROLLER.includes(api)) return brokers.controller;
    return AT_COORDINATOR.includes(api) ? coordinator : 1;
  }

  for (const golden of goldenCases('errors')) {
    if (LEFT_OUT.has(golden.case)) continue;
    const why = DIFFERS.get(golden.case);
    const name = `${golden.case} (${golden.api.request.name} v${golden.version})`;
    it(why === undefined ? name : `${name} differs: ${why}`, async () => {
      const seen = await brokers.replay(golden, brokerFor(golden));
      if (why === undefined) expect(seen).to.deep.equal(expectedOf(golden));
      else expect(seen).to.not.deep.equal(expectedOf(golden));
    });
  }
});
