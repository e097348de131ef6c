import { KafkaError } from '../src/common/errors.js';
import { brokerConfigs, DYNAMIC_ONLY_CONFIGS } from './broker-configs.js';
import { byName } from './definition.js';
import { checkedText } from './parse.js';
import type { ConfigValues } from './reader.js';

const dynamicOnly = byName(DYNAMIC_ONLY_CONFIGS);

/** Key stores and what is in them: changed for one listener at a time. Source: SslConfigs.RECONFIGURABLE_CONFIGS, 3.9 */
const OF_A_LISTENER: ReadonlySet<string> = new Set([
  'ssl.keystore.type',
  'ssl.keystore.location',
  'ssl.keystore.password',
  'ssl.key.password',
  'ssl.keystore.key',
  'ssl.keystore.certificate.chain',
  'ssl.truststore.type',
  'ssl.truststore.location',
  'ssl.truststore.password',
  'ssl.truststore.certificates',
]);
const LISTENER_NAME = /^listener\.name\.[^.]*\.(.*)$/;

/**
 * Checks all dynamic settings of one broker, or (`cluster`) of all brokers, as they would be after a change. Names that
 * nobody defines are taken: plug-ins have their own.
 * @throws KafkaError INVALID_REQUEST
 * Source: kafka.server.DynamicBrokerConfig.validate, 3.9
 */
export function assertDynamicBrokerConfig(level: 'broker' | 'cluster', values: ConfigValues): void {
  const names = [...values.keys()];
  refuse(
    names.filter((name) => brokerConfigs.get(name)?.dynamic === undefined && brokerConfigs.has(name)),
    'Cannot update these configs dynamically',
  );
  refuse(
    names.filter((name) => OF_A_LISTENER.has(name)),
    'These security configs can be dynamically updated only per-listener using the listener prefix',
  );
  for (const [name, value] of values) assertValue(name, value);
  if (level === 'broker') return;
  refuse(
    names.filter((name) => brokerConfigs.get(baseName(name))?.dynamic === 'broker'),
    'Cannot update these configs at default cluster level, broker id must be specified',
  );
}

/** `listener.name.internal.ssl.keystore.type` is checked as `ssl.keystore.type`. */
function baseName(name: string): string {
  return LISTENER_NAME.exec(name)?.[1] ?? name;
}

function assertValue(name: string, value: string): void {
  const definition = brokerConfigs.get(baseName(name)) ?? dynamicOnly.get(name);
  if (definition === undefined) return;
  try {
    checkedText({ ...definition, name }, value);
  } catch (error) {
    throw error instanceof KafkaError ? new KafkaError('INVALID_REQUEST', error.message) : error;
  }
}

/** Names as Scala prints a set. */
function refuse(names: readonly string[], reason: string): void {
  if (names.length > 0) throw new KafkaError('INVALID_REQUEST', `${reason}: Set(${names.join(', ')})`);
}
