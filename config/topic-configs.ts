import { atLeast, between, COMPRESSION_TYPE, GZIP_LEVEL, itemsOf, METADATA_VERSION, oneOf } from './checks.js';
import { byName, define, type ConfigDefinition } from './definition.js';

/** A setting of one topic. */
export interface TopicConfigDefinition extends ConfigDefinition {
  /** The broker's setting that counts for topics without one of their own. */
  readonly brokerName: string | null;
}

function topic(brokerName: string | null, definition: ConfigDefinition): TopicConfigDefinition {
  return { ...definition, brokerName };
}

/**
 * All settings of topics, in the order in which Kafka's responses list them.
 * Source: org.apache.kafka.storage.internals.log.LogConfig, org.apache.kafka.server.config.ServerTopicConfigSynonyms, 3.9
 */
export const TOPIC_CONFIGS: readonly TopicConfigDefinition[] = [
  topic(
    'compression.type',
    define('compression.type', 'string', 'producer', 'Compression of stored batches; producer: as they come.', {
      check: COMPRESSION_TYPE,
    }),
  ),
  topic(
    null,
    define(
      'remote.log.delete.on.disable',
      'boolean',
      'false',
      'Tiered storage: delete remote segments when it is turned off.',
    ),
  ),
  topic(
    null,
    define(
      'leader.replication.throttled.replicas',
      'list',
      '',
      'partition:broker pairs whose leaders are throttled; * for all.',
    ),
  ),
  topic(null, define('remote.storage.enable', 'boolean', 'false', 'Whether old segments go to tiered storage.')),
  topic(
    'log.message.downconversion.enable',
    define('message.downconversion.enable', 'boolean', 'true', 'Whether old consumers get batches in their format.'),
  ),
  topic(
    'min.insync.replicas',
    define('min.insync.replicas', 'int', '1', 'With acks=all, a write needs so many replicas in sync.', {
      check: atLeast(1),
    }),
  ),
  topic(
    'log.roll.jitter.ms',
    define('segment.jitter.ms', 'long', '0', 'A random time up to this is taken from segment.ms.', {
      check: atLeast(0),
    }),
  ),
  topic(
    null,
    define('remote.log.copy.disable', 'boolean', 'false', 'Tiered storage: copy no more, what is there stays.'),
  ),
  topic(
    'log.local.retention.ms',
    define('local.retention.ms', 'long', '-2', 'Tiered storage: time kept locally; -2: retention.ms.', {
      check: atLeast(-2),
    }),
  ),
  topic(
    'log.cleanup.policy',
    define('cleanup.policy', 'list', 'delete', 'What happens to old segments: delete, compact or both.', {
      check: itemsOf('compact', 'delete'),
    }),
  ),
  topic(
    'log.flush.interval.ms',
    define('flush.ms', 'long', '9223372036854775807', 'fsync after this.', { check: atLeast(0) }),
  ),
  topic(
    null,
    define(
      'follower.replication.throttled.replicas',
      'list',
      '',
      'partition:broker pairs whose followers are throttled; * for all.',
    ),
  ),
  topic(
    'compression.lz4.level',
    define('compression.lz4.level', 'int', '9', 'Used where the broker compresses with lz4.', {
      check: between(1, 17),
    }),
  ),
  topic(
    'log.segment.bytes',
    define('segment.bytes', 'int', '1073741824', 'Size at which a segment is rolled.', { check: atLeast(14) }),
  ),
  topic(
    'log.retention.ms',
    define('retention.ms', 'long', '604800000', 'Segments older than this are deleted; -1: never.', {
      check: atLeast(-1),
    }),
  ),
  topic(
    'compression.gzip.level',
    define('compression.gzip.level', 'int', '-1', 'Used where the broker compresses with gzip.', { check: GZIP_LEVEL }),
  ),
  topic(
    'log.flush.interval.messages',
    define('flush.messages', 'long', '9223372036854775807', 'fsync after so many records.', { check: atLeast(1) }),
  ),
  topic(
    'compression.zstd.level',
    define('compression.zstd.level', 'int', '3', 'Used where the broker compresses with zstd.', {
      check: between(-131072, 22),
    }),
  ),
  topic(
    'log.message.format.version',
    define(
      'message.format.version',
      'string',
      '3.0-IV1',
      'Deprecated; ignored from inter.broker.protocol.version 3.0 on.',
      { check: METADATA_VERSION },
    ),
  ),
  topic(
    'log.cleaner.max.compaction.lag.ms',
    define(
      'max.compaction.lag.ms',
      'long',
      '9223372036854775807',
      'After this a record is compacted even in a log that is mostly clean.',
      { check: atLeast(1) },
    ),
  ),
  topic(
    'log.segment.delete.delay.ms',
    define('file.delete.delay.ms', 'long', '60000', 'Deleted segments stay on disk for this.', { check: atLeast(0) }),
  ),
  topic(
    'message.max.bytes',
    define('max.message.bytes', 'int', '1048588', 'Largest batch of records, as it is stored.', { check: atLeast(0) }),
  ),
  topic(
    'log.cleaner.min.compaction.lag.ms',
    define('min.compaction.lag.ms', 'long', '0', 'A record stays for at least this.', { check: atLeast(0) }),
  ),
  topic(
    'log.message.timestamp.type',
    define(
      'message.timestamp.type',
      'string',
      'CreateTime',
      "Timestamp of stored records: the producer's or the broker's.",
      { check: oneOf('CreateTime', 'LogAppendTime') },
    ),
  ),
  topic(
    'log.local.retention.bytes',
    define('local.retention.bytes', 'long', '-2', 'Tiered storage: bytes kept locally; -2: retention.bytes.', {
      check: atLeast(-2),
    }),
  ),
  topic(
    'log.preallocate',
    define('preallocate', 'boolean', 'false', 'Whether new segments take their full size at once.'),
  ),
  topic(
    'log.cleaner.min.cleanable.ratio',
    define('min.cleanable.dirty.ratio', 'double', '0.5', 'The log is cleaned when this share of it is dirty.', {
      check: between(0, 1),
    }),
  ),
  topic(
    'log.index.interval.bytes',
    define('index.interval.bytes', 'int', '4096', 'An index entry for every so many bytes of log.', {
      check: atLeast(0),
    }),
  ),
  topic(
    'unclean.leader.election.enable',
    define(
      'unclean.leader.election.enable',
      'boolean',
      'false',
      'Whether a replica that is not in sync may lead, at the cost of records.',
    ),
  ),
  topic(
    'log.retention.bytes',
    define('retention.bytes', 'long', '-1', 'Older segments of a partition beyond this are deleted; -1: no limit.'),
  ),
  topic(
    'log.cleaner.delete.retention.ms',
    define('delete.retention.ms', 'long', '86400000', 'How long tombstones stay in a compacted topic.', {
      check: atLeast(0),
    }),
  ),
  topic(
    'log.message.timestamp.after.max.ms',
    define(
      'message.timestamp.after.max.ms',
      'long',
      '9223372036854775807',
      "A record may be so far ahead of the broker's clock.",
      { check: atLeast(0) },
    ),
  ),
  topic(
    'log.message.timestamp.before.max.ms',
    define(
      'message.timestamp.before.max.ms',
      'long',
      '9223372036854775807',
      "A record may be so far behind the broker's clock.",
      { check: atLeast(0) },
    ),
  ),
  topic(
    'log.roll.ms',
    define('segment.ms', 'long', '604800000', 'Age at which a segment is rolled.', { check: atLeast(1) }),
  ),
  topic(
    'log.message.timestamp.difference.max.ms',
    define(
      'message.timestamp.difference.max.ms',
      'long',
      '9223372036854775807',
      'Deprecated: both of the limits before and after.',
      { check: atLeast(0) },
    ),
  ),
  topic(
    'log.index.size.max.bytes',
    define('segment.index.bytes', 'int', '10485760', 'Size of an offset or time index; a full one rolls the segment.', {
      check: atLeast(4),
    }),
  ),
];

export const topicConfigs = byName(TOPIC_CONFIGS);
