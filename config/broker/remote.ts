import { atLeast, between } from '../checks.js';
import { define, type ConfigDefinition } from '../definition.js';

/** Tiered storage. Sizes in bytes, times in ms unless the name says otherwise. */
export const REMOTE_CONFIGS: readonly ConfigDefinition[] = [
  define('remote.log.storage.system.enable', 'boolean', 'false', 'Tiered storage.'),
  define('remote.log.storage.manager.impl.prefix', 'string', 'rsm.config.', 'Tiered storage.'),
  define('remote.log.metadata.manager.impl.prefix', 'string', 'rlmm.config.', 'Tiered storage.'),
  define('remote.log.storage.manager.class.name', 'string', null, 'Tiered storage.'),
  define('remote.log.storage.manager.class.path', 'string', null, 'Tiered storage.'),
  define(
    'remote.log.metadata.manager.class.name',
    'string',
    'org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager',
    'Tiered storage.',
  ),
  define('remote.log.metadata.manager.class.path', 'string', null, 'Tiered storage.'),
  define('remote.log.metadata.manager.listener.name', 'string', null, 'Tiered storage.'),
  define('remote.log.metadata.custom.metadata.max.bytes', 'int', '128', 'Tiered storage.', { check: atLeast(0) }),
  define('remote.log.index.file.cache.total.size.bytes', 'long', '1073741824', 'Tiered storage.', {
    dynamic: 'cluster',
    check: atLeast(1),
  }),
  define('remote.log.manager.thread.pool.size', 'int', '10', 'Tiered storage.', { check: atLeast(1) }),
  define('remote.log.manager.copier.thread.pool.size', 'int', '-1', 'Tiered storage.', { check: atLeast(-1) }),
  define('remote.log.manager.expiration.thread.pool.size', 'int', '-1', 'Tiered storage.', { check: atLeast(-1) }),
  define('remote.log.manager.task.interval.ms', 'long', '30000', 'Tiered storage.', { check: atLeast(1) }),
  define('remote.log.manager.task.retry.backoff.ms', 'long', '500', 'Tiered storage.', {
    check: atLeast(1),
    internal: true,
  }),
  define('remote.log.manager.task.retry.backoff.max.ms', 'long', '30000', 'Tiered storage.', {
    check: atLeast(1),
    internal: true,
  }),
  define('remote.log.manager.task.retry.jitter', 'double', '0.2', 'Tiered storage.', {
    check: between(0, 0.5),
    internal: true,
  }),
  define('remote.log.reader.threads', 'int', '10', 'Tiered storage.', { check: atLeast(1) }),
  define('remote.log.reader.max.pending.tasks', 'int', '100', 'Tiered storage.', { check: atLeast(1) }),
  define('log.local.retention.ms', 'long', '-2', 'Tiered storage: time kept locally; -2: log.retention.ms.', {
    dynamic: 'cluster',
    check: atLeast(-2),
  }),
  define('log.local.retention.bytes', 'long', '-2', 'Tiered storage: bytes kept locally; -2: log.retention.bytes.', {
    dynamic: 'cluster',
    check: atLeast(-2),
  }),
  define('remote.log.manager.copy.max.bytes.per.second', 'long', '9223372036854775807', 'Tiered storage.', {
    dynamic: 'cluster',
    check: atLeast(1),
  }),
  define('remote.log.manager.copy.quota.window.num', 'int', '11', 'Tiered storage.', { check: atLeast(1) }),
  define('remote.log.manager.copy.quota.window.size.seconds', 'int', '1', 'Tiered storage.', { check: atLeast(1) }),
  define('remote.log.manager.fetch.max.bytes.per.second', 'long', '9223372036854775807', 'Tiered storage.', {
    dynamic: 'cluster',
    check: atLeast(1),
  }),
  define('remote.log.manager.fetch.quota.window.num', 'int', '11', 'Tiered storage.', { check: atLeast(1) }),
  define('remote.log.manager.fetch.quota.window.size.seconds', 'int', '1', 'Tiered storage.', { check: atLeast(1) }),
  define('remote.fetch.max.wait.ms', 'int', '500', 'How long a fetch waits for tiered storage.', {
    dynamic: 'cluster',
    check: atLeast(0),
  }),
];
