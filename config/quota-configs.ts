import { KafkaError } from '../src/common/errors.js';
import { byName, define, type ConfigDefinition } from './definition.js';
import { displayText } from './parse.js';

/** Quotas of users and client ids. Source: org.apache.kafka.server.config.QuotaConfig, 3.9 */
export const CLIENT_QUOTAS: readonly ConfigDefinition[] = [
  define('producer_byte_rate', 'long', '9223372036854775807', 'Bytes a second that are produced.'),
  define('consumer_byte_rate', 'long', '9223372036854775807', 'Bytes a second that are fetched.'),
  define('request_percentage', 'double', '9.223372036854776E18', 'Share of the request handlers, percent.'),
  define('controller_mutation_rate', 'double', '2.147483647E9', 'Partitions created and deleted a second.'),
];

/** Quotas of addresses. */
export const IP_QUOTAS: readonly ConfigDefinition[] = [
  define('connection_creation_rate', 'int', '2147483647', 'New connections a second.'),
];

const clientQuotas = byName(CLIENT_QUOTAS);
const ipQuotas = byName(IP_QUOTAS);

/** Whole numbers come as doubles; so far they may be off. */
const EPSILON = 1e-6;

/**
 * A quota of AlterClientQuotas as its znode holds it. Negative whole numbers are refused as no whole numbers, as Kafka does.
 * @throws KafkaError INVALID_REQUEST
 * Source: kafka.server.ZkAdminManager.alterClientQuotaOpsToProps, 3.9
 */
export function quotaText(entity: 'client' | 'ip', key: string, value: number): string {
  const definition = (entity === 'ip' ? ipQuotas : clientQuotas).get(key);
  if (definition === undefined) throw new KafkaError('INVALID_REQUEST', `Invalid configuration key ${key}`);
  const { kind } = definition;
  if (kind === 'double') return displayText(kind, String(value));
  const whole = Math.trunc(value + EPSILON);
  if (Math.abs(whole - value) <= EPSILON) return BigInt(whole).toString();
  throw new KafkaError('INVALID_REQUEST', `Configuration ${key} must be a ${kind.toUpperCase()} value`);
}
