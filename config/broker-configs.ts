import { GENERAL_CONFIGS } from './broker/general.js';
import { GROUP_CONFIGS } from './broker/group.js';
import { KRAFT_CONFIGS } from './broker/kraft.js';
import { LOG_CONFIGS } from './broker/log.js';
import { QUOTA_CONFIGS } from './broker/quota.js';
import { REMOTE_CONFIGS } from './broker/remote.js';
import { REPLICATION_CONFIGS } from './broker/replication.js';
import { SECURITY_CONFIGS } from './broker/security.js';
import { SOCKET_CONFIGS } from './broker/socket.js';
import { TRANSACTION_CONFIGS } from './broker/transaction.js';
import { ZOOKEEPER_CONFIGS } from './broker/zookeeper.js';
import { atLeast, oneOf } from './checks.js';
import { byName, define, type ConfigDefinition } from './definition.js';

/** All 328 broker settings of Kafka 3.9. Source: kafka.server.KafkaConfig, org.apache.kafka.server.config, 3.9 */
export const BROKER_CONFIGS: readonly ConfigDefinition[] = [
  ...ZOOKEEPER_CONFIGS,
  ...GENERAL_CONFIGS,
  ...KRAFT_CONFIGS,
  ...SOCKET_CONFIGS,
  ...REPLICATION_CONFIGS,
  ...GROUP_CONFIGS,
  ...LOG_CONFIGS,
  ...TRANSACTION_CONFIGS,
  ...QUOTA_CONFIGS,
  ...SECURITY_CONFIGS,
  ...REMOTE_CONFIGS,
];

/** Differs: settings that Kafka does not have. */
export const OWN_CONFIGS: readonly ConfigDefinition[] = [
  define(
    'offsets.storage',
    'string',
    'zookeeper',
    'Where committed offsets are read from: znodes or __consumer_offsets.',
    {
      check: oneOf('zookeeper', 'kafka'),
    },
  ),
];

/** Settings of the ACL authorizer, which reads them from the broker's file itself. Source: kafka.security.authorizer.AclAuthorizer */
export const AUTHORIZER_CONFIGS: readonly ConfigDefinition[] = [
  define('super.users', 'string', '', 'Principals that may do everything, separated by semicolons.'),
  define('allow.everyone.if.no.acl.found', 'boolean', 'false', 'Whether a resource without ACLs is open to all.'),
];

/** Set by AlterConfigs alone, never in a file. Source: kafka.server.DynamicConfig.Broker, 3.9 */
export const DYNAMIC_ONLY_CONFIGS: readonly ConfigDefinition[] = [
  define(
    'leader.replication.throttled.rate',
    'long',
    '9223372036854775807',
    'Bytes a second that leaders send to throttled replicas.',
    { check: atLeast(0) },
  ),
  define(
    'follower.replication.throttled.rate',
    'long',
    '9223372036854775807',
    'Bytes a second that throttled replicas fetch.',
    { check: atLeast(0) },
  ),
  define(
    'replica.alter.log.dirs.io.max.bytes.per.second',
    'long',
    '9223372036854775807',
    'Bytes a second of moves between log folders.',
    { check: atLeast(0) },
  ),
];

export const brokerConfigs = byName(BROKER_CONFIGS);
