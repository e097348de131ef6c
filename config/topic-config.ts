import { KafkaError } from '../src/common/errors.js';
import { throttledReplicasProblem } from './checks.js';
import { checkedText, invalidValue, listOf } from './parse.js';
import { brokerReader, topicReader, type ConfigValues } from './reader.js';
import { logFlushIntervalMs, logRetentionMs, logRollJitterMs, logRollMs, timestampLimitMs } from './resolve.js';
import { TOPIC_CONFIGS, topicConfigs } from './topic-configs.js';

/** Topic settings whose broker-level value comes from more than one name. */
const RESOLVED: Readonly<Record<string, (broker: ConfigValues) => string | undefined>> = {
  'segment.ms': (broker) => String(logRollMs(broker)),
  'segment.jitter.ms': (broker) => String(logRollJitterMs(broker)),
  'retention.ms': (broker) => String(logRetentionMs(broker)),
  'flush.ms': logFlushIntervalMs,
  'message.timestamp.before.max.ms': (broker) => timestampLimitMs(broker, 'before'),
  'message.timestamp.after.max.ms': (broker) => timestampLimitMs(broker, 'after'),
};

/**
 * What counts for a topic without settings of its own, as text by topic-level name; complete.
 * @param broker the broker's values, dynamic ones included
 * Source: kafka.server.KafkaConfig.extractLogConfigMap, 3.9
 */
export function topicConfigDefaults(broker: ConfigValues): Map<string, string> {
  const reader = brokerReader(broker);
  const defaults = new Map<string, string>();
  for (const { name, brokerName, default: ownDefault } of TOPIC_CONFIGS) {
    const resolve = RESOLVED[name];
    const fromBroker = resolve ? resolve(broker) : brokerName === null ? undefined : reader.text(brokerName);
    defaults.set(name, fromBroker ?? ownDefault ?? '');
  }
  return defaults;
}

/** All settings that count for a topic: its own before the broker's. */
export function topicConfig(broker: ConfigValues, overrides: ConfigValues): Map<string, string> {
  return new Map([...topicConfigDefaults(broker), ...overrides]);
}

export interface TopicConfigContext {
  /** `remote.log.storage.system.enable` of the broker. */
  readonly isRemoteStorageEnabled?: boolean;
}

/**
 * Checks the settings of a topic to be created or changed; gives them as they are stored: as the client wrote them.
 * @throws KafkaError INVALID_CONFIG
 * Source: kafka.server.ZkAdminManager, org.apache.kafka.storage.internals.log.LogConfig.validate, 3.9
 */
export function parseTopicConfig(
  overrides: Iterable<readonly [string, string | null]>,
  context: TopicConfigContext = {},
): Map<string, string> {
  const given = [...overrides];
  const withoutValue = given.filter(([, value]) => value === null).map(([name]) => name);
  if (withoutValue.length > 0) {
    throw new KafkaError('INVALID_CONFIG', `Null value not supported for topic configs: ${withoutValue.join(',')}`);
  }
  const values = new Map(given.map(([name, value]) => [name, value ?? '']));
  for (const name of values.keys()) {
    if (!topicConfigs.has(name)) throw new KafkaError('INVALID_CONFIG', `Unknown topic config name: ${name}`);
  }
  const checked = new Map<string, string>();
  for (const definition of TOPIC_CONFIGS) {
    const value = values.get(definition.name);
    if (value === undefined) continue;
    checked.set(definition.name, checkedText(definition, value));
    if (definition.name.endsWith('.throttled.replicas')) assertThrottledReplicas(definition.name, value);
  }
  assertTogether(checked, context);
  return values;
}

function assertThrottledReplicas(name: string, text: string): void {
  const items = listOf(text);
  const problem = throttledReplicasProblem(name, items);
  if (problem !== undefined) throw invalidValue(`[${items.join(', ')}]`, name, problem);
}

/** What the values must be to one another. */
function assertTogether(values: ConfigValues, { isRemoteStorageEnabled = false }: TopicConfigContext): void {
  const topic = topicReader(values);
  const least = topic.number('min.compaction.lag.ms');
  const most = topic.number('max.compaction.lag.ms');
  if (least > most) {
    const reason = `min.compaction.lag.ms (${least}) > max.compaction.lag.ms (${most})`;
    throw new KafkaError('INVALID_CONFIG', `conflict topic config setting ${reason}`);
  }
  if (!topic.boolean('remote.storage.enable')) return;
  if (!isRemoteStorageEnabled) {
    throw new KafkaError(
      'INVALID_CONFIG',
      'Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.',
    );
  }
  if (topic.list('cleanup.policy').includes('compact')) {
    throw new KafkaError('INVALID_CONFIG', 'Remote log storage is unsupported for the compacted topics');
  }
}
