import { topicConfigs } from '../../config/topic-configs.js';
import { AdminClient, type Failures, type NewPartitions } from '../client/admin-client.js';
import type { ClientMetadata } from '../client/client-metadata.js';
import { KafkaError } from '../common/errors.js';
import { ZERO_UUID } from '../common/uuid.js';
import { connect, messageOf, toolLogger, toolPlatform } from './tools/connection.js';
import { ToolOptions, UsageError } from './tools/options.js';
import { propertiesOf, PropertyReader } from './tools/properties.js';
import { runTool, type ToolCall } from './tools/run-tool.js';
import { processTerminal, type Terminal } from './tools/terminal.js';
import { overriddenConfigs, partitionLines, topicLine } from './tools/topic-description.js';
import { topicFilter } from './tools/topic-filter.js';
import {
  type Action,
  parseReplicaAssignment,
  parseTopicConfigs,
  topicsAction,
  TOPICS_OPTIONS,
} from './tools/topics-options.js';

const INTRODUCTION = 'Create, delete, describe, or change a topic.';
const MAX_REPLICATION_FACTOR = 32767;

/**
 * kafka-topics. @returns the exit code
 * Source: org.apache.kafka.tools.TopicCommand, 3.9. Differs: an error is one line, without a stack trace after it.
 */
export function main(args: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  return runTool({ table: TOPICS_OPTIONS, introduction: INTRODUCTION, args, terminal }, execute);
}

async function execute({ options, terminal }: ToolCall): Promise<number> {
  const action = topicsAction(options);
  const logger = toolLogger(terminal, 'org.apache.kafka.clients.NetworkClient');
  const properties = new PropertyReader(propertiesOf(options.text('command-config')));
  const cluster = connect(options.text('bootstrap-server') ?? '', 'adminclient-1', properties, toolPlatform(logger));
  try {
    await ACT[action](new AdminClient(cluster), options, terminal);
    return 0;
  } catch (error) {
    if (!(error instanceof KafkaError || error instanceof UsageError)) throw error;
    terminal.out(`Error while executing topic command : ${messageOf(error)}`);
    return 1;
  } finally {
    cluster.close();
  }
}

type Act = (admin: AdminClient, options: ToolOptions, terminal: Terminal) => Promise<void>;

const ACT: Readonly<Record<Action, Act>> = { create, alter, list, describe, delete: remove };

async function create(admin: AdminClient, options: ToolOptions, terminal: Terminal): Promise<void> {
  const name = options.text('topic') ?? '';
  const numPartitions = options.number('partitions');
  const replicationFactor = options.number('replication-factor');
  const assignment = options.text('replica-assignment');
  const replicasAssignments = assignment ? parseReplicaAssignment(assignment) : undefined;
  const configs = parseTopicConfigs(options.texts('config'));
  for (const config of Object.keys(configs)) {
    if (!topicConfigs.has(config)) throw new KafkaError('INVALID_CONFIG', `Unknown topic config name: ${config}`);
  }
  if (/[._]/.test(name)) {
    terminal.out(
      "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide. To avoid issues it is best to use either, but not both.",
    );
  }
  if (replicationFactor !== undefined && (replicationFactor < 1 || replicationFactor > MAX_REPLICATION_FACTOR)) {
    throw new UsageError(`The replication factor must be between 1 and ${MAX_REPLICATION_FACTOR} inclusive`);
  }
  if (numPartitions !== undefined && numPartitions < 1) {
    throw new UsageError('The partitions must be greater than 0');
  }
  const failure = (
    await admin.createTopics([
      {
        name,
        configs,
        ...(replicasAssignments === undefined ? {} : { replicasAssignments }),
        ...(numPartitions === undefined ? {} : { numPartitions }),
        ...(replicationFactor === undefined ? {} : { replicationFactor }),
      },
    ])
  ).get(name);
  if (failure === undefined) terminal.out(`Created topic ${name}.`);
  else if (failure.error !== 'TOPIC_ALREADY_EXISTS' || !options.has('if-not-exists')) throw failure;
}

async function list(admin: AdminClient, options: ToolOptions, terminal: Terminal): Promise<void> {
  terminal.out(matching(await admin.describeCluster(), options).join('\n'));
}

async function alter(admin: AdminClient, options: ToolOptions): Promise<void> {
  const count = options.number('partitions') ?? 0;
  const assignment = options.text('replica-assignment');
  const replicas = assignment ? parseReplicaAssignment(assignment) : undefined;
  const metadata = await admin.describeCluster();
  const names = matching(metadata, options);
  expectTopic(names, options);
  if (names.length === 0) return;
  const increases = names.map((name): [string, NewPartitions] => {
    const before = metadata.topics.get(name)?.partitions.length ?? 0;
    return [name, replicas === undefined ? { count } : { count, assignments: replicas.slice(before) }];
  });
  throwFirst(await admin.createPartitions(new Map(increases)));
}

async function remove(admin: AdminClient, options: ToolOptions): Promise<void> {
  const names = matching(await admin.describeCluster(), options);
  expectTopic(names, options);
  if (names.length > 0) throwFirst(await admin.deleteTopics(names));
}

async function describe(admin: AdminClient, options: ToolOptions, terminal: Terminal): Promise<void> {
  const metadata = await admin.describeCluster();
  const names = describedNames(metadata, options, terminal);
  if (names.length === 0) return;
  const [configs, reassignments] = await Promise.all([admin.describeTopicConfigs(names), admin.listReassignments()]);
  const live = new Set(metadata.brokers.keys());
  const filter = partitionFilter(options);
  const isOverriddenOnly = options.has('topics-with-overrides');
  for (const name of names) {
    const topic = metadata.topics.get(name);
    if (topic === undefined) continue;
    const described = {
      topic,
      configs: configs.get(name) ?? [],
      reassignments: reassignments.get(name) ?? new Map<number, never>(),
    };
    const isTopicShown = !isOverriddenOnly || overriddenConfigs(described.configs).length > 0;
    if (filter === undefined && isTopicShown) terminal.out(topicLine(described));
    if (isOverriddenOnly) continue;
    for (const line of partitionLines(described, live, filter)) terminal.out(line);
  }
}

/** By name or, which goes first, by id. */
function describedNames(metadata: ClientMetadata, options: ToolOptions, terminal: Terminal): string[] {
  const topicId = options.text('topic-id');
  if (topicId === undefined || topicId === ZERO_UUID) {
    const names = matching(metadata, options);
    expectTopic(names, options);
    return names;
  }
  if (options.has('topic')) {
    terminal.out(
      'Only topic id will be used when both --topic and --topic-id are specified and topicId is not Uuid.ZERO_UUID',
    );
  }
  const names = [...metadata.topics.values()].filter((topic) => topic.topicId === topicId).map(({ name }) => name);
  if (names.length === 0 && !options.has('if-exists')) {
    throw new UsageError(`TopicId '${topicId}' does not exist as expected`);
  }
  return names;
}

/** Names that --topic means, sorted. */
function matching({ topics }: ClientMetadata, options: ToolOptions): string[] {
  const pattern = options.text('topic');
  const isMeant = pattern === undefined ? () => true : topicFilter(pattern);
  const isIncluded = options.has('exclude-internal') ? (internal: boolean) => !internal : () => true;
  return [...topics.values()]
    .filter(({ name, isInternal }) => isMeant(name) && isIncluded(isInternal))
    .map(({ name }) => name)
    .sort();
}

/** @throws UsageError with 3.9's very words */
function expectTopic(found: readonly string[], options: ToolOptions): void {
  const name = options.text('topic');
  if (name === undefined || name === '' || options.has('if-exists') || found.length > 0) return;
  throw new UsageError(`Topic 'Optional[${name}]' does not exist as expected`);
}

function throwFirst(failures: Failures): void {
  for (const failure of failures.values()) throw failure;
}

function partitionFilter(options: ToolOptions) {
  const filter = {
    underReplicated: options.has('under-replicated-partitions'),
    underMinIsr: options.has('under-min-isr-partitions'),
    atMinIsr: options.has('at-min-isr-partitions'),
    unavailable: options.has('unavailable-partitions'),
  };
  return Object.values(filter).includes(true) ? filter : undefined;
}
