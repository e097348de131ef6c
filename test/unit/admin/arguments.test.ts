import { expect } from 'chai';
import { main as consoleConsumer } from '../../../src/admin/console-consumer.js';
import { main as consoleProducer } from '../../../src/admin/console-producer.js';
import { CONSUMER_OPTIONS, consumerCall } from '../../../src/admin/tools/consumer-options.js';
import { ToolOptions, UsageError } from '../../../src/admin/tools/options.js';
import { PRODUCER_OPTIONS, producerCall } from '../../../src/admin/tools/producer-options.js';
import {
  parseReplicaAssignment,
  parseTopicConfigs,
  topicsAction,
  TOPICS_OPTIONS,
} from '../../../src/admin/tools/topics-options.js';
import { main as topics } from '../../../src/admin/topics.js';
import { PlayedTerminal } from './played-terminal.js';

type Main = (args: readonly string[], terminal: PlayedTerminal) => Promise<number>;

/** What the tool says first on standard error, and its exit code. */
async function complaint(main: Main, line: string): Promise<string> {
  const terminal = new PlayedTerminal();
  const code = await main(
    line.split(' ').filter((word) => word !== ''),
    terminal,
  );
  expect(code).to.equal(1);
  expect(terminal.output).to.equal('');
  return terminal.errors.split('\n')[0] ?? '';
}

const B = '--bootstrap-server localhost:1';

describe('the arguments of topics', () => {
  const action = (line: string) => topicsAction(new ToolOptions(TOPICS_OPTIONS, line.split(' ')));

  for (const [line, expected] of [
    [`${B} --list`, 'list'],
    [`--bootstrap-server=localhost:1 --list --exclude-internal`, 'list'],
    [`${B} --describe`, 'describe'],
    [`${B} --describe --topic-id 0s44Khe_QMWijYOpGS47jw --if-exists`, 'describe'],
    [`${B} --create --topic t --partitions 3 --replication-factor 2 --config a=1 --config b=2`, 'create'],
    [`${B} --create --topic t --replica-assignment 1:2,2:3`, 'create'],
    [`${B} --alter --topic t --partitions 5 --if-exists`, 'alter'],
    [`${B} --delete --topic t stray`, 'delete'],
  ] as const) {
    it(`takes ${line}`, () => expect(action(line)).to.equal(expected));
  }

  // the very words of Kafka 3.9.1's tool
  for (const [line, expected] of [
    ['', 'Create, delete, describe, or change a topic.'],
    ['--list', '--bootstrap-server must be specified'],
    [`${B} --zzz`, 'zzz is not a recognized option'],
    [`${B} --zzz=1`, 'zzz is not a recognized option'],
    [`${B} --list --topic`, 'Option topic requires an argument'],
    [
      `${B} --list --create`,
      'Command must include exactly one action: --list, --describe, --create, --alter or --delete',
    ],
    [`${B} --create`, 'Missing required argument "[topic]"'],
    [`${B} --alter --topic t`, 'Missing required argument "[partitions]"'],
    [`${B} --list --partitions 3`, `Option "[partitions]" can't be used with option "[list]"`],
    [
      `${B} --create --topic t --replica-assignment 1 --partitions 3`,
      `Option "[replica-assignment]" can't be used with option "[partitions]"`,
    ],
    [`${B} --list --if-exists`, `Option "[if-exists]" can't be used with option "[list]"`],
    [
      `${B} --describe --under-replicated-partitions --topics-with-overrides`,
      `Option "[under-replicated-partitions]" can't be used with option "[topics-with-overrides]"`,
    ],
    ['--bootstrap-server nope --list', 'Invalid url in bootstrap.servers: nope'],
  ] as const) {
    it(`says "${expected}" to "${line}"`, async () => expect(await complaint(topics, line)).to.equal(expected));
  }

  it('prints the table of options with --help, and the release with --version', async () => {
    const help = new PlayedTerminal();
    expect(await topics(['--help'], help)).to.equal(1);
    expect(help.errors).to.match(/^Create, delete.*\nOption {35}Description\n-{6} {35}-{11}\n--alter {34}Give/);
    const version = new PlayedTerminal();
    expect(await topics(['--version'], version)).to.equal(0);
    expect(version.output).to.equal('3.9.1\n');
  });

  it('refuses numbers that are none and options given twice, when they are read', () => {
    const options = new ToolOptions(TOPICS_OPTIONS, ['--partitions', 'x', '--topic', 'a', '--topic', 'b']);
    expect(() => options.number('partitions')).to.throw(UsageError, "Cannot parse argument 'x' of option partitions");
    expect(() => options.text('topic')).to.throw(
      'Found multiple arguments for option topic, but you asked for only one',
    );
  });

  it('reads assignments and settings', () => {
    expect(parseReplicaAssignment('1:2, 2:3')).to.deep.equal([
      [1, 2],
      [2, 3],
    ]);
    expect(() => parseReplicaAssignment('1:1')).to.throw(
      'Partition replica lists may not contain duplicate entries: 1',
    );
    expect(() => parseReplicaAssignment('1:2,3')).to.throw('Partition 1 has different replication factor: [3]');
    expect(parseTopicConfigs(['retention.ms = 5', 'cleanup.policy=compact,delete'])).to.deep.equal({
      'retention.ms': '5',
      'cleanup.policy': 'compact,delete',
    });
    expect(() => parseTopicConfigs(['foo'])).to.throw('all configs to be added must be in the format "key=val"');
  });
});

describe('the arguments of console-producer', () => {
  const call = (line: string) => producerCall(new ToolOptions(PRODUCER_OPTIONS, line.split(' ')));

  it('has the defaults of the tool, not of the producer', () => {
    const { producer, sync, topic } = call(`${B} --topic t`);
    expect({ producer, sync, topic }).to.deep.equal({
      topic: 't',
      sync: false,
      producer: {
        acks: 'all',
        idempotent: true,
        lingerMs: 1000,
        batchBytes: 16384,
        requestTimeoutMs: 1500,
        bufferBytes: 33554432,
      },
    });
  });

  it('lets an option go before a property, and a property before a default', () => {
    const { producer } = call(
      `${B} --topic t --producer-property acks=1 --producer-property linger.ms=7 --producer-property batch.size=1 --batch-size 99`,
    );
    expect(producer).to.include({ acks: 1, idempotent: false, lingerMs: 7, batchBytes: 99 });
  });

  it('takes acks as a negative number, a codec without a value, and --broker-list', () => {
    expect(call(`${B} --topic t --request-required-acks -1`).producer.acks).to.equal('all');
    expect(call(`${B} --topic t --request-required-acks 0`).producer.acks).to.equal(0);
    expect(call(`${B} --compression-codec --topic t`).producer.compression).to.equal('gzip');
    expect(call(`${B} --compression-codec zstd --topic t`).producer.compression).to.equal('zstd');
    expect(call(`--broker-list localhost:1 --topic t`).bootstrapServers).to.equal('localhost:1');
  });

  for (const [line, expected] of [
    [B, 'Missing required argument "[topic]"'],
    ['--topic t', 'Missing required option(s) [bootstrap-server]'],
    [
      `${B} --topic t --compression-codec foo`,
      'Invalid value foo for configuration compression.type: String must be one of: none, gzip, snappy, lz4, zstd',
    ],
    [`${B} --topic t --timeout soon`, "Cannot parse argument 'soon' of option timeout"],
    [`${B} --topic t --property headers.separator=:`, 'headers.separator and headers.key.separator may not be equal'],
    [`${B} --topic t --producer-property security.protocol=SSL`, 'security.protocol SSL is not supported yet'],
  ] as const) {
    it(`says "${expected}" to "${line}"`, async () => {
      expect(await complaint(consoleProducer, line)).to.equal(expected);
    });
  }
});

describe('the arguments of console-consumer', () => {
  const call = (line: string) => consumerCall(new ToolOptions(CONSUMER_OPTIONS, line.split(' ')));

  it('reads as a group of its own that commits nothing, from the end', () => {
    const { groupId, consumer, from } = call(`${B} --topic t`);
    expect(groupId).to.equal(undefined);
    expect(from).to.deep.equal({ topic: 't' });
    expect(consumer).to.deep.equal({
      autoOffsetReset: 'latest',
      enableAutoCommit: false,
      isolationLevel: 'read_uncommitted',
    });
  });

  it('knows where to begin', () => {
    expect(call(`${B} --topic t --from-beginning --group g`)).to.deep.include({
      groupId: 'g',
      consumer: { autoOffsetReset: 'earliest', isolationLevel: 'read_uncommitted' },
    });
    for (const [options, offset] of [
      ['', 'latest'],
      [' --from-beginning', 'earliest'],
      [' --offset earliest', 'earliest'],
      [' --offset 42', 42],
    ] as const) {
      const { from } = call(`${B} --topic t --partition 1${options}`);
      expect(from).to.deep.equal({ topic: 't', partition: 1, offset });
    }
  });

  it('takes limits and the older name of --include', () => {
    expect(call(`${B} --whitelist a.* --max-messages -1 --timeout-ms -1`)).to.deep.include({
      from: { include: 'a.*' },
      maxMessages: undefined,
      timeoutMs: undefined,
    });
    expect(call(`${B} --include a --max-messages 5 --timeout-ms 10`)).to.include({ maxMessages: 5, timeoutMs: 10 });
  });

  for (const [line, expected] of [
    [B, 'Exactly one of --include/--topic is required. '],
    [`${B} --topic t --include t`, 'Exactly one of --include/--topic is required. '],
    ['--topic t', 'Missing required argument "[bootstrap-server]"'],
    [`${B} --topic t --offset 3`, 'The partition is required when offset is specified.'],
    [`${B} --include t --partition 3`, 'The topic is required when partition is specified.'],
    [
      `${B} --topic t --partition 0 --offset x`,
      "The provided offset value 'x' is incorrect. Valid values are 'earliest', 'latest', or a non-negative long.",
    ],
    [
      `${B} --topic t --partition 0 --offset 1 --from-beginning`,
      'Options from-beginning and offset cannot be specified together.',
    ],
    [`${B} --topic t --partition 0 --group g`, 'Options group and partition cannot be specified together.'],
    [
      `${B} --topic t --isolation-level foo`,
      'Invalid value foo for configuration isolation.level: String must be one of: read_committed, read_uncommitted',
    ],
    [
      `${B} --topic t --from-beginning --consumer-property auto.offset.reset=latest`,
      "Can't simultaneously specify --from-beginning and 'auto.offset.reset=latest', please remove one option",
    ],
  ] as const) {
    it(`says "${expected}" to "${line}"`, async () => {
      expect(await complaint(consoleConsumer, line)).to.equal(expected);
    });
  }
});
