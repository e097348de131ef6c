import { COMPRESSION_TYPE, GZIP_LEVEL, atLeast, between } from '../checks.js';
import { define, type ConfigDefinition } from '../definition.js';

/** Identity, threads, requests, shutdown. Sizes in bytes, times in ms unless the name says otherwise. */
export const GENERAL_CONFIGS: readonly ConfigDefinition[] = [
  define(
    'broker.id.generation.enable',
    'boolean',
    'true',
    'Whether a broker without a number may take one from ZooKeeper.',
  ),
  define('reserved.broker.max.id', 'int', '1000', 'Broker numbers up to this are given by hand.', {
    check: atLeast(0),
  }),
  define('broker.id', 'int', '-1', "This broker's number; -1: one is generated above reserved.broker.max.id."),
  define('message.max.bytes', 'int', '1048588', 'Largest batch of records, as it is stored.', {
    dynamic: 'cluster',
    check: atLeast(0),
  }),
  define('num.io.threads', 'int', '8', 'Kept for compatibility: one event loop serves a broker.', {
    dynamic: 'cluster',
    check: atLeast(1),
  }),
  define('num.replica.alter.log.dirs.threads', 'int', null, 'Moves between log folders at a time.'),
  define('background.threads', 'int', '10', 'Kept for compatibility: one event loop serves a broker.', {
    dynamic: 'cluster',
    check: atLeast(1),
  }),
  define('request.timeout.ms', 'int', '30000', 'Requests between brokers fail after this.'),
  define('socket.connection.setup.timeout.ms', 'long', '10000', 'First time for a connection between brokers.'),
  define(
    'socket.connection.setup.timeout.max.ms',
    'long',
    '30000',
    'Longest time for a connection between brokers, after failures.',
  ),
  define(
    'authorizer.class.name',
    'string',
    '',
    'Who decides about access; empty: everything is allowed. kafka.security.authorizer.AclAuthorizer keeps ACLs in ZooKeeper.',
  ),
  define('early.start.listeners', 'string', null, 'Listeners that accept before the authorizer is ready.'),
  define('broker.rack', 'string', null, 'Where the broker stands; replicas are spread over racks.'),
  define('controlled.shutdown.max.retries', 'int', '3', 'Tries to hand them over.'),
  define('controlled.shutdown.retry.backoff.ms', 'long', '5000', 'Pause between these tries.'),
  define(
    'controlled.shutdown.enable',
    'boolean',
    'true',
    'Whether a broker that stops hands its partitions over first.',
  ),
  define('delete.topic.enable', 'boolean', 'true', 'Whether topics can be deleted.'),
  define('compression.type', 'string', 'producer', 'Compression of stored batches; producer: as they come.', {
    dynamic: 'cluster',
    check: COMPRESSION_TYPE,
  }),
  define('compression.gzip.level', 'int', '-1', 'Used where the broker compresses with gzip.', {
    dynamic: 'cluster',
    check: GZIP_LEVEL,
  }),
  define('compression.lz4.level', 'int', '9', 'Used where the broker compresses with lz4.', {
    dynamic: 'cluster',
    check: between(1, 17),
  }),
  define('compression.zstd.level', 'int', '3', 'Used where the broker compresses with zstd.', {
    dynamic: 'cluster',
    check: between(-131072, 22),
  }),
  define('max.incremental.fetch.session.cache.slots', 'int', '1000', 'Fetch sessions kept.', { check: atLeast(0) }),
  define('fetch.max.bytes', 'int', '57671680', 'Most bytes of one Fetch response, whatever the client asks.', {
    check: atLeast(1024),
  }),
  define(
    'max.request.partition.size.limit',
    'int',
    '2000',
    'Most partitions of one DescribeTopicPartitions response.',
    { check: atLeast(1) },
  ),
  define('unstable.api.versions.enable', 'boolean', 'false', 'Whether API versions in development are offered.', {
    internal: true,
  }),
  define(
    'unstable.feature.versions.enable',
    'boolean',
    'false',
    'Whether feature versions in development are offered.',
    { internal: true },
  ),
];
