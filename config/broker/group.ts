import { atLeast, between, itemsOf, oneOf } from '../checks.js';
import { define, type ConfigDefinition } from '../definition.js';

/** Groups and their offsets. Sizes in bytes, times in ms unless the name says otherwise. */
export const GROUP_CONFIGS: readonly ConfigDefinition[] = [
  define('group.min.session.timeout.ms', 'int', '6000', 'Shortest session timeout a member may ask for.'),
  define('group.max.session.timeout.ms', 'int', '1800000', 'Longest session timeout a member may ask for.'),
  define(
    'group.initial.rebalance.delay.ms',
    'int',
    '3000',
    'How long an empty group waits for more members before its first rebalance.',
  ),
  define('group.max.size', 'int', '2147483647', 'Most members of a group.', { check: atLeast(1) }),
  define('group.coordinator.rebalance.protocols', 'list', 'classic', 'Group protocols that are served.', {
    check: itemsOf('consumer', 'classic', 'share', 'unknown'),
  }),
  define('group.coordinator.threads', 'int', '1', 'Threads of the new group coordinator.', { check: atLeast(1) }),
  define(
    'group.coordinator.append.linger.ms',
    'int',
    '10',
    'How long the new coordinator gathers records of one write.',
    { check: atLeast(0) },
  ),
  define('group.coordinator.new.enable', 'boolean', 'false', 'Whether the new group coordinator runs.', {
    internal: true,
  }),
  define('offset.metadata.max.bytes', 'int', '4096', 'Longest text that may come with a committed offset.'),
  define('offsets.load.buffer.size', 'int', '5242880', 'Bytes read at a time when groups are loaded.', {
    check: atLeast(1),
  }),
  define('offsets.topic.replication.factor', 'short', '3', 'Replicas of __consumer_offsets.', { check: atLeast(1) }),
  define('offsets.topic.num.partitions', 'int', '50', 'Partitions of __consumer_offsets; not to be changed later.', {
    check: atLeast(1),
  }),
  define('offsets.topic.segment.bytes', 'int', '104857600', 'Segment size of __consumer_offsets.', {
    check: atLeast(1),
  }),
  define('offsets.topic.compression.codec', 'int', '0', 'Compression of __consumer_offsets, as its number in a batch.'),
  define('offsets.retention.minutes', 'int', '10080', 'Offsets of an empty group are kept for this.', {
    check: atLeast(1),
  }),
  define('offsets.retention.check.interval.ms', 'long', '600000', 'Time between two looks for expired offsets.', {
    check: atLeast(1),
  }),
  define('offsets.commit.timeout.ms', 'int', '5000', 'An offset commit fails after this.', { check: atLeast(1) }),
  define('offsets.commit.required.acks', 'short', '-1', 'Acks that an offset commit waits for.'),
  define('group.consumer.session.timeout.ms', 'int', '45000', 'Groups of the new consumer protocol.', {
    check: atLeast(1),
  }),
  define('group.consumer.min.session.timeout.ms', 'int', '45000', 'Groups of the new consumer protocol.', {
    check: atLeast(1),
  }),
  define('group.consumer.max.session.timeout.ms', 'int', '60000', 'Groups of the new consumer protocol.', {
    check: atLeast(1),
  }),
  define('group.consumer.heartbeat.interval.ms', 'int', '5000', 'Groups of the new consumer protocol.', {
    check: atLeast(1),
  }),
  define('group.consumer.min.heartbeat.interval.ms', 'int', '5000', 'Groups of the new consumer protocol.', {
    check: atLeast(1),
  }),
  define('group.consumer.max.heartbeat.interval.ms', 'int', '15000', 'Groups of the new consumer protocol.', {
    check: atLeast(1),
  }),
  define('group.consumer.max.size', 'int', '2147483647', 'Groups of the new consumer protocol.', { check: atLeast(1) }),
  define(
    'group.consumer.assignors',
    'list',
    'org.apache.kafka.coordinator.group.assignor.UniformAssignor,org.apache.kafka.coordinator.group.assignor.RangeAssignor',
    'Groups of the new consumer protocol.',
  ),
  define('group.consumer.migration.policy', 'string', 'disabled', 'Groups of the new consumer protocol.', {
    check: oneOf('disabled', 'downgrade', 'upgrade', 'bidirectional'),
    internal: true,
  }),
  define('group.share.session.timeout.ms', 'int', '45000', 'Share groups.', { check: atLeast(1) }),
  define('group.share.min.session.timeout.ms', 'int', '45000', 'Share groups.', { check: atLeast(1) }),
  define('group.share.max.session.timeout.ms', 'int', '60000', 'Share groups.', { check: atLeast(1) }),
  define('group.share.heartbeat.interval.ms', 'int', '5000', 'Share groups.', { check: atLeast(1) }),
  define('group.share.min.heartbeat.interval.ms', 'int', '5000', 'Share groups.', { check: atLeast(1) }),
  define('group.share.max.heartbeat.interval.ms', 'int', '15000', 'Share groups.', { check: atLeast(1) }),
  define('group.share.max.size', 'int', '200', 'Share groups.', { check: between(10, 1000) }),
  define('group.share.enable', 'boolean', 'false', 'Share groups.', { internal: true }),
  define('group.share.delivery.count.limit', 'int', '5', 'Share groups.', { check: between(2, 10) }),
  define('group.share.record.lock.duration.ms', 'int', '30000', 'Share groups.', { check: between(1000, 3600000) }),
  define('group.share.min.record.lock.duration.ms', 'int', '15000', 'Share groups.', { check: between(1000, 30000) }),
  define('group.share.max.record.lock.duration.ms', 'int', '60000', 'Share groups.', {
    check: between(30000, 3600000),
  }),
  define('group.share.max.groups', 'short', '10', 'Share groups.', { check: between(1, 100) }),
  define('group.share.partition.max.record.locks', 'int', '200', 'Share groups.', { check: between(100, 10000) }),
];
