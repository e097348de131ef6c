import { type ToolOption, ToolOptions, UsageError } from './options.js';

const text = (is: string) => ({ type: 'String', is }) as const;
const integer = (is: string) => ({ type: 'Integer', is }) as const;

/** The options of kafka-topics. Source: org.apache.kafka.tools.TopicCommand.TopicCommandOptions, 3.9 */
export const TOPICS_OPTIONS: readonly ToolOption[] = [
  { name: 'bootstrap-server', value: text('server to connect to'), description: 'REQUIRED: brokers to ask first.' },
  {
    name: 'command-config',
    value: text('command config property file'),
    description: 'Properties of the admin client.',
  },
  { name: 'list', description: 'Name all topics.' },
  { name: 'create', description: 'Make a new topic.' },
  { name: 'delete', description: 'Delete topics.' },
  { name: 'alter', description: 'Give topics more partitions.' },
  { name: 'describe', description: 'Show settings and partitions of topics.' },
  {
    name: 'topic',
    value: text('topic'),
    description: 'The topic; except with --create a regular expression, or several separated by commas.',
  },
  { name: 'topic-id', value: text('topic-id'), description: 'The id of the topic to describe.' },
  { name: 'config', value: text('name=value'), description: 'A setting of the new topic; may be repeated.' },
  { name: 'delete-config', value: text('name'), description: 'Not supported any more, as in Kafka.' },
  {
    name: 'partitions',
    value: integer('# of partitions'),
    description:
      'How many partitions the topic gets, or with --alter how many it has then: keys may land in other partitions than before. Default: as the cluster says.',
  },
  {
    name: 'replication-factor',
    value: integer('replication factor'),
    description: 'How many replicas each partition of the new topic gets. Default: as the cluster says.',
  },
  {
    name: 'replica-assignment',
    value: text('broker_id_for_part1_replica1 : broker_id_for_part1_replica2 , broker_id_for_part2_replica1 : …'),
    description: 'Which brokers hold which partition.',
  },
  { name: 'under-replicated-partitions', description: 'Describe only partitions with replicas out of sync.' },
  { name: 'unavailable-partitions', description: 'Describe only partitions without a live leader.' },
  { name: 'under-min-isr-partitions', description: 'Describe only partitions with fewer than min.insync.replicas.' },
  { name: 'at-min-isr-partitions', description: 'Describe only partitions with just min.insync.replicas.' },
  { name: 'topics-with-overrides', description: 'Describe only topics with settings of their own.' },
  { name: 'if-exists', description: 'With --alter, --delete, --describe: a topic that is missing is fine.' },
  { name: 'if-not-exists', description: 'With --create: a topic that is there is fine.' },
  { name: 'exclude-internal', description: 'With --list and --describe: leave out internal topics.' },
  {
    name: 'partition-size-limit-per-response',
    value: integer('maximum number of partitions in one response.'),
    description: 'Taken and without effect: brokers in ZooKeeper mode answer in one piece.',
  },
];

export const ACTIONS = ['create', 'alter', 'list', 'describe', 'delete'] as const;
export type Action = (typeof ACTIONS)[number];

const REPORTS = [
  'under-replicated-partitions',
  'under-min-isr-partitions',
  'at-min-isr-partitions',
  'unavailable-partitions',
] as const;

/** In the order in which Kafka looks for a clash. */
const CLASHES: readonly Action[] = ['alter', 'create', 'describe', 'list', 'delete'];
const ALTER_CONFIG = ' (the kafka-configs CLI supports altering topic configs with a --bootstrap-server option)';

/**
 * Which action is meant, checked as Kafka checks it.
 * @throws UsageError
 * Source: org.apache.kafka.tools.TopicCommand.TopicCommandOptions.checkArgs, 3.9
 */
export function topicsAction(options: ToolOptions): Action {
  const [action, ...others] = ACTIONS.filter((name) => options.has(name));
  if (action === undefined || others.length > 0) {
    throw new UsageError(
      'Command must include exactly one action: --list, --describe, --create, --alter or --delete',
      true,
    );
  }
  checkRequired(options, action);
  const except = (...names: readonly string[]): string[] => CLASHES.filter((name) => !names.includes(name));
  options.exclude('config', except('alter', 'create'));
  options.exclude('delete-config', [...except('alter'), 'bootstrap-server']);
  options.exclude('partitions', except('alter', 'create'));
  options.exclude('replication-factor', except('create'));
  options.exclude('replica-assignment', except('create', 'alter'));
  if (action === 'create') options.exclude('replica-assignment', ['partitions', 'replication-factor']);
  for (const report of REPORTS) options.exclude(report, [...except('describe'), 'topics-with-overrides']);
  options.exclude('topics-with-overrides', [...except('describe'), ...REPORTS]);
  options.exclude('if-exists', except('alter', 'delete', 'describe'));
  options.exclude('if-not-exists', except('create'));
  options.exclude('exclude-internal', except('list', 'describe'));
  return action;
}

function checkRequired(options: ToolOptions, action: Action): void {
  if (!options.has('bootstrap-server')) throw new UsageError('--bootstrap-server must be specified');
  if (action === 'describe' && options.has('if-exists') && !options.has('topic') && !options.has('topic-id')) {
    throw new UsageError('--topic or --topic-id is required to describe a topic', true);
  }
  if (action !== 'list' && action !== 'describe') options.require('topic');
  if (action === 'alter') {
    if (options.has('config')) {
      throw new UsageError(
        `Option combination "[bootstrap-server],[config]" can't be used with option "[alter]"${ALTER_CONFIG}`,
        true,
      );
    }
    options.require('partitions');
  }
}

/**
 * `1:2,2:3`: the brokers of partition 0, of partition 1 …
 * @throws UsageError
 * Source: org.apache.kafka.tools.TopicCommand.parseReplicaAssignment, 3.9
 */
export function parseReplicaAssignment(assignment: string): number[][] {
  const partitions: number[][] = [];
  for (const [at, list] of assignment.split(',').entries()) {
    const brokers = list.split(':').map((one) => {
      if (!/^\s*[+-]?\d+\s*$/.test(one)) throw new UsageError(`For input string: "${one.trim()}"`);
      return Number(one);
    });
    const twice = brokers.filter((id, i) => brokers.indexOf(id) !== i);
    if (twice.length > 0) {
      throw new UsageError(
        `Partition replica lists may not contain duplicate entries: ${[...new Set(twice)].join(',')}`,
      );
    }
    partitions.push(brokers);
    if (brokers.length !== partitions[0]?.length) {
      throw new UsageError(`Partition ${at} has different replication factor: [${brokers.join(', ')}]`);
    }
  }
  return partitions;
}

/** `name=value` each. @throws UsageError */
export function parseTopicConfigs(texts: readonly string[]): Record<string, string> {
  const pairs = texts.map((one) => one.split(/\s*=\s*/));
  if (pairs.some((pair) => pair.length !== 2 || pair[1] === '')) {
    throw new UsageError(
      'requirement failed: Invalid topic config: all configs to be added must be in the format "key=val".',
    );
  }
  return Object.fromEntries(pairs.map(([name = '', value = '']) => [name.trim(), value.trim()]));
}
