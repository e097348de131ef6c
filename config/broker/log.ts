import { METADATA_VERSION, atLeast, between, itemsOf, oneOf } from '../checks.js';
import { define, type ConfigDefinition } from '../definition.js';

/** The log and its cleaner. Sizes in bytes, times in ms unless the name says otherwise. */
export const LOG_CONFIGS: readonly ConfigDefinition[] = [
  define(
    'num.partitions',
    'int',
    '1',
    'Partitions of a topic that names no number, and of topics created automatically.',
    { check: atLeast(1) },
  ),
  define('log.dir', 'string', '/tmp/kafka-logs', 'Folder of the logs, if log.dirs is not set.'),
  define('log.dirs', 'string', null, 'Folders of the logs, separated by commas.'),
  define('log.segment.bytes', 'int', '1073741824', 'Size at which a segment is rolled.', {
    dynamic: 'cluster',
    check: atLeast(14),
  }),
  define('log.roll.ms', 'long', null, 'Age at which a segment is rolled.', { dynamic: 'cluster', check: atLeast(1) }),
  define('log.roll.hours', 'int', '168', 'Age at which a segment is rolled, if log.roll.ms is not set.', {
    check: atLeast(1),
  }),
  define('log.roll.jitter.ms', 'long', null, 'A random time up to this is taken from the age at which segments roll.', {
    dynamic: 'cluster',
    check: atLeast(0),
  }),
  define('log.roll.jitter.hours', 'int', '0', 'Jitter of rolling, if log.roll.jitter.ms is not set.', {
    check: atLeast(0),
  }),
  define('log.retention.ms', 'long', null, 'Segments older than this are deleted; -1: never.', { dynamic: 'cluster' }),
  define('log.retention.minutes', 'int', null, 'Retention, if ms is not set.'),
  define('log.retention.hours', 'int', '168', 'Retention, if neither ms nor minutes are set.'),
  define('log.retention.bytes', 'long', '-1', 'Older segments of a partition beyond this are deleted; -1: no limit.', {
    dynamic: 'cluster',
  }),
  define('log.retention.check.interval.ms', 'long', '300000', 'Time between two looks for segments to delete.', {
    check: atLeast(1),
  }),
  define('log.cleanup.policy', 'list', 'delete', 'What happens to old segments: delete, compact or both.', {
    dynamic: 'cluster',
    check: itemsOf('compact', 'delete'),
  }),
  define(
    'log.index.size.max.bytes',
    'int',
    '10485760',
    'Size of an offset or time index; a full one rolls the segment.',
    { dynamic: 'cluster', check: atLeast(4) },
  ),
  define('log.index.interval.bytes', 'int', '4096', 'An index entry for every so many bytes of log.', {
    dynamic: 'cluster',
    check: atLeast(0),
  }),
  define('log.flush.interval.messages', 'long', '9223372036854775807', 'fsync after so many records of a partition.', {
    dynamic: 'cluster',
    check: atLeast(1),
  }),
  define('log.segment.delete.delay.ms', 'long', '60000', 'Deleted segments stay on disk for this.', {
    dynamic: 'cluster',
    check: atLeast(0),
  }),
  define('log.flush.scheduler.interval.ms', 'long', '9223372036854775807', 'Time between two looks for logs to flush.'),
  define(
    'log.flush.interval.ms',
    'long',
    null,
    'fsync of a partition after this; log.flush.scheduler.interval.ms when not set.',
    { dynamic: 'cluster' },
  ),
  define(
    'log.flush.offset.checkpoint.interval.ms',
    'int',
    '60000',
    'Time between two writes of recovery-point-offset-checkpoint.',
    { check: atLeast(0) },
  ),
  define(
    'log.flush.start.offset.checkpoint.interval.ms',
    'int',
    '60000',
    'Time between two writes of log-start-offset-checkpoint.',
    { check: atLeast(0) },
  ),
  define('log.preallocate', 'boolean', 'false', 'Whether new segments take their full size at once.', {
    dynamic: 'cluster',
  }),
  define('num.recovery.threads.per.data.dir', 'int', '1', 'Logs that are loaded at a time, for each folder.', {
    dynamic: 'cluster',
    check: atLeast(1),
  }),
  define(
    'auto.create.topics.enable',
    'boolean',
    'true',
    'Whether a Metadata request may create the topics it asks for.',
  ),
  define('min.insync.replicas', 'int', '1', 'With acks=all, a write needs so many replicas in sync.', {
    dynamic: 'cluster',
    check: atLeast(1),
  }),
  define(
    'log.message.format.version',
    'string',
    '3.0-IV1',
    'Deprecated; ignored from inter.broker.protocol.version 3.0 on.',
    { check: METADATA_VERSION },
  ),
  define(
    'log.message.timestamp.type',
    'string',
    'CreateTime',
    "Timestamp of stored records: the producer's or the broker's.",
    { dynamic: 'cluster', check: oneOf('CreateTime', 'LogAppendTime') },
  ),
  define(
    'log.message.timestamp.difference.max.ms',
    'long',
    '9223372036854775807',
    'Deprecated: both of the limits before and after.',
    { dynamic: 'cluster', check: atLeast(0) },
  ),
  define(
    'log.message.timestamp.before.max.ms',
    'long',
    '9223372036854775807',
    "A record may be so far behind the broker's clock.",
    { dynamic: 'cluster', check: atLeast(0) },
  ),
  define(
    'log.message.timestamp.after.max.ms',
    'long',
    '9223372036854775807',
    "A record may be so far ahead of the broker's clock.",
    { dynamic: 'cluster', check: atLeast(0) },
  ),
  define('create.topic.policy.class.name', 'class', null, 'Class that may refuse new topics.'),
  define('alter.config.policy.class.name', 'class', null, 'Class that may refuse changes of configurations.'),
  define('log.message.downconversion.enable', 'boolean', 'true', 'Whether old consumers get batches in their format.', {
    dynamic: 'cluster',
  }),
  define(
    'log.dir.failure.timeout.ms',
    'long',
    '30000',
    'A broker that cannot tell the controller of a failed folder for so long stops.',
    { check: atLeast(1) },
  ),
  define('log.initial.task.delay.ms', 'long', '30000', 'Background work on logs begins after this.', {
    check: atLeast(0),
    internal: true,
  }),
  define('log.cleaner.threads', 'int', '1', 'Cleaners that run at a time.', { dynamic: 'cluster', check: atLeast(0) }),
  define(
    'log.cleaner.io.max.bytes.per.second',
    'double',
    '1.7976931348623157E308',
    'Reading and writing of the cleaners is throttled to this.',
    { dynamic: 'cluster' },
  ),
  define(
    'log.cleaner.dedupe.buffer.size',
    'long',
    '134217728',
    'Memory for the keys of one cleaning, all cleaners together.',
    { dynamic: 'cluster' },
  ),
  define('log.cleaner.io.buffer.size', 'int', '524288', 'Buffers of all cleaners for reading and writing.', {
    dynamic: 'cluster',
    check: atLeast(0),
  }),
  define('log.cleaner.io.buffer.load.factor', 'double', '0.9', 'How full the key buffer may get.', {
    dynamic: 'cluster',
  }),
  define('log.cleaner.backoff.ms', 'long', '15000', 'Pause of the cleaner when there is nothing to do.', {
    dynamic: 'cluster',
    check: atLeast(0),
  }),
  define('log.cleaner.min.cleanable.ratio', 'double', '0.5', 'A log is cleaned when this share of it is dirty.', {
    dynamic: 'cluster',
    check: between(0, 1),
  }),
  define(
    'log.cleaner.enable',
    'boolean',
    'true',
    'Whether compacted topics are compacted; __consumer_offsets needs it.',
  ),
  define('log.cleaner.delete.retention.ms', 'long', '86400000', 'How long tombstones stay in compacted topics.', {
    dynamic: 'cluster',
    check: atLeast(0),
  }),
  define('log.cleaner.min.compaction.lag.ms', 'long', '0', 'A record stays for at least this.', {
    dynamic: 'cluster',
    check: atLeast(0),
  }),
  define(
    'log.cleaner.max.compaction.lag.ms',
    'long',
    '9223372036854775807',
    'After this a record is compacted even in a log that is mostly clean.',
    { dynamic: 'cluster', check: atLeast(1) },
  ),
];
