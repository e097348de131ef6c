import type { ConsumerConfig } from '../../client/consumer.js';
import { type ToolOption, ToolOptions, UsageError } from './options.js';
import { given, keyValues, propertiesOf, PropertyReader, type Properties } from './properties.js';

const text = (is: string) => ({ type: 'String', is }) as const;

const FORMATTERS = [
  'org.apache.kafka.tools.consumer.DefaultMessageFormatter',
  'kafka.tools.DefaultMessageFormatter',
] as const;

/** The options of kafka-console-consumer. Source: org.apache.kafka.tools.consumer.ConsoleConsumerOptions, 3.9 */
export const CONSUMER_OPTIONS: readonly ToolOption[] = [
  { name: 'topic', value: text('topic'), description: 'The topic to read.' },
  { name: 'include', value: text('Java regex (String)'), description: 'Read the topics that match.' },
  { name: 'whitelist', value: text('Java regex (String)'), description: 'An older name of --include.' },
  {
    name: 'partition',
    value: { type: 'Integer', is: 'partition' },
    description: 'Read this partition alone, from its end unless --offset says where.',
  },
  {
    name: 'offset',
    value: text('consume offset'),
    description: 'Where to begin: a number, earliest or latest.',
    default: 'latest',
  },
  { name: 'consumer-property', value: text('consumer_prop'), description: 'name=value for the consumer.' },
  { name: 'consumer.config', value: text('config file'), description: 'A file of such properties.' },
  {
    name: 'formatter',
    value: text('class'),
    description: "Only Kafka's default one is there.",
    default: FORMATTERS[0],
  },
  {
    name: 'property',
    value: text('prop'),
    description:
      'name=value for the formatter: print.timestamp, print.key, print.offset, print.partition, print.headers, print.value, key.separator, line.separator, headers.separator, null.literal.',
  },
  { name: 'formatter-config', value: text('config file'), description: 'A file of such properties.' },
  { name: 'from-beginning', description: 'Where the group has no offset yet, begin with the oldest record.' },
  {
    name: 'max-messages',
    value: { type: 'Integer', is: 'num_messages' },
    description: 'Stop after so many records.',
  },
  {
    name: 'timeout-ms',
    value: { type: 'Long', is: 'timeout_ms' },
    description: 'Stop when no record came for so long.',
  },
  { name: 'skip-message-on-error', description: 'Go on after a record that cannot be printed.' },
  { name: 'bootstrap-server', value: text('server to connect to'), description: 'REQUIRED: brokers to ask first.' },
  { name: 'key-deserializer', value: text('deserializer for key'), description: 'Bytes or text, which print alike.' },
  { name: 'value-deserializer', value: text('deserializer for values'), description: 'Bytes or text.' },
  { name: 'enable-systest-events', description: 'Say when the consumer has shut down.' },
  {
    name: 'isolation-level',
    value: text('level'),
    description: 'read_committed leaves out records of transactions that were aborted or are open.',
    default: 'read_uncommitted',
  },
  { name: 'group', value: text('consumer group id'), description: 'The consumer group to join.' },
];

/** Where to begin: an offset or one of the two ends. */
export type StartOffset = number | 'earliest' | 'latest';

export interface ConsumerCall {
  readonly bootstrapServers: string;
  readonly from:
    | { readonly topic: string; readonly partition: number; readonly offset: StartOffset }
    | { readonly topic: string }
    | { readonly include: string };
  /** Without end if undefined. */
  readonly maxMessages: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly saysShutdown: boolean;
  /** undefined: a group of its own, which leaves no offsets behind. */
  readonly groupId: string | undefined;
  readonly consumer: ConsumerConfig;
  readonly formatter: Properties;
  readonly properties: PropertyReader;
}

/** @throws UsageError */
export function consumerCall(options: ToolOptions): ConsumerCall {
  const from = sourceOf(options);
  options.require('bootstrap-server');
  const formatter = options.text('formatter');
  if (!FORMATTERS.some((one) => one === formatter)) {
    throw new UsageError(`The formatter ${formatter ?? ''} is not supported`);
  }
  const fromFile = propertiesOf(options.text('consumer.config'));
  const extra = keyValues(options.texts('consumer-property'));
  const groupId = groupOf(options, fromFile, extra);
  const offset = options.text('offset') ?? '';
  const start = 'partition' in from ? { ...from, offset: startOffset(options, offset) } : from;
  const properties = new Map([...fromFile, ...extra]);
  applyStart(options, properties, groupId);
  if (options.has('isolation-level') || !properties.has('isolation.level')) {
    properties.set('isolation.level', options.text('isolation-level') ?? '');
  }
  const reader = new PropertyReader(properties);
  const timeoutMs = options.number('timeout-ms');
  const maxMessages = options.number('max-messages');
  return {
    bootstrapServers: options.text('bootstrap-server') ?? '',
    from: start,
    maxMessages: maxMessages === -1 ? undefined : maxMessages,
    timeoutMs: timeoutMs === undefined || timeoutMs < 0 ? undefined : timeoutMs,
    saysShutdown: options.has('enable-systest-events'),
    groupId,
    consumer: consumerConfig(reader),
    formatter: formatterProperties(options),
    properties: reader,
  };
}

function sourceOf(options: ToolOptions): ConsumerCall['from'] {
  const include = options.text('include') ?? options.text('whitelist');
  const topic = options.text('topic');
  if ((topic === undefined) === (include === undefined)) {
    throw new UsageError('Exactly one of --include/--topic is required. ', true);
  }
  const partition = options.number('partition');
  if (partition !== undefined) {
    if (topic === undefined) throw new UsageError('The topic is required when partition is specified.', true);
    if (options.has('from-beginning') && options.has('offset')) {
      throw new UsageError('Options from-beginning and offset cannot be specified together.', true);
    }
    return { topic, partition, offset: 'latest' };
  }
  if (options.has('offset')) throw new UsageError('The partition is required when offset is specified.', true);
  return topic === undefined ? { include: include ?? '' } : { topic };
}

function startOffset(options: ToolOptions, offset: string): StartOffset {
  if (!options.has('offset')) return options.has('from-beginning') ? 'earliest' : 'latest';
  const word = offset.toLowerCase();
  if (word === 'earliest' || word === 'latest') return word;
  if (/^\+?\d+$/.test(offset) && Number.isSafeInteger(Number(offset))) return Number(offset);
  throw new UsageError(
    `The provided offset value '${offset}' is incorrect. Valid values are 'earliest', 'latest', or a non-negative long.`,
    true,
  );
}

/** @throws UsageError if the places where a group may be named disagree */
function groupOf(options: ToolOptions, fromFile: Properties, extra: Properties): string | undefined {
  const named = [options.text('group'), fromFile.get('group.id'), extra.get('group.id')];
  const groups = [...new Set(named.filter((group) => group !== undefined))];
  if (groups.length > 1) {
    const detected = groups.map((group) => `'${group}'`).join(', ');
    throw new UsageError(
      `The group ids provided in different places (directly using '--group', via '--consumer-property', or via '--consumer.config') do not match. Detected group ids: ${detected}`,
      true,
    );
  }
  if (groups.length > 0 && options.has('partition')) {
    throw new UsageError('Options group and partition cannot be specified together.', true);
  }
  return groups[0];
}

/** Source: ConsoleConsumerOptions.setAutoOffsetResetValue and buildConsumerProps, 3.9 */
function applyStart(options: ToolOptions, properties: Map<string, string>, groupId: string | undefined): void {
  const reset = properties.get('auto.offset.reset');
  if (options.has('from-beginning')) {
    if (reset !== undefined && reset !== 'earliest') {
      throw new UsageError(
        `Can't simultaneously specify --from-beginning and 'auto.offset.reset=${reset}', please remove one option`,
      );
    }
    properties.set('auto.offset.reset', 'earliest');
  } else if (reset === undefined) {
    properties.set('auto.offset.reset', 'latest');
  }
  if (groupId === undefined && !properties.has('enable.auto.commit')) properties.set('enable.auto.commit', 'false');
}

function consumerConfig(reader: PropertyReader): ConsumerConfig {
  reader.text('group.id');
  return given<ConsumerConfig>({
    groupInstanceId: reader.text('group.instance.id'),
    sessionTimeoutMs: reader.number('session.timeout.ms'),
    rebalanceTimeoutMs: reader.number('max.poll.interval.ms'),
    heartbeatIntervalMs: reader.number('heartbeat.interval.ms'),
    autoOffsetReset: reader.oneOf('auto.offset.reset', ['earliest', 'latest', 'none']),
    enableAutoCommit: reader.flag('enable.auto.commit'),
    autoCommitIntervalMs: reader.number('auto.commit.interval.ms'),
    maxPollRecords: reader.number('max.poll.records'),
    fetchMaxWaitMs: reader.number('fetch.max.wait.ms'),
    fetchMinBytes: reader.number('fetch.min.bytes'),
    fetchMaxBytes: reader.number('fetch.max.bytes'),
    maxPartitionFetchBytes: reader.number('max.partition.fetch.bytes'),
    isolationLevel: reader.oneOf('isolation.level', ['read_committed', 'read_uncommitted']),
  });
}

function formatterProperties(options: ToolOptions): Properties {
  const properties = new Map([
    ...propertiesOf(options.text('formatter-config')),
    ...keyValues(options.texts('property')),
  ]);
  for (const side of ['key', 'value'] as const) {
    const deserializer = options.text(`${side}-deserializer`);
    if (deserializer !== undefined) properties.set(`${side}.deserializer`, deserializer);
  }
  return properties;
}
