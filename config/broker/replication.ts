import { METADATA_VERSION, atLeast, oneOf } from '../checks.js';
import { define, type ConfigDefinition } from '../definition.js';

/** Replication and the controller. Sizes in bytes, times in ms unless the name says otherwise. */
export const REPLICATION_CONFIGS: readonly ConfigDefinition[] = [
  define('controller.socket.timeout.ms', 'int', '30000', "The controller's requests to brokers fail after this."),
  define(
    'default.replication.factor',
    'int',
    '1',
    'Replicas of a topic that names no number, and of topics created automatically.',
  ),
  define('replica.lag.time.max.ms', 'long', '30000', 'A follower that has not caught up for so long leaves the ISR.'),
  define('replica.socket.timeout.ms', 'int', '30000', "A follower's fetch fails after this."),
  define('replica.socket.receive.buffer.bytes', 'int', '65536', 'Receive buffer of fetchers.'),
  define('replica.fetch.max.bytes', 'int', '1048576', 'Bytes of a partition that a follower asks for at a time.', {
    check: atLeast(0),
  }),
  define('replica.fetch.wait.max.ms', 'int', '500', "Longest wait of a follower's fetch."),
  define('replica.fetch.backoff.ms', 'int', '1000', 'Pause of a fetcher after an error.', { check: atLeast(0) }),
  define('replica.fetch.min.bytes', 'int', '1', "Bytes that a follower's fetch waits for."),
  define('replica.fetch.response.max.bytes', 'int', '10485760', 'Bytes of one response to a follower.', {
    check: atLeast(0),
  }),
  define('num.replica.fetchers', 'int', '1', "Fetchers to each leader's broker.", { dynamic: 'cluster' }),
  define(
    'replica.high.watermark.checkpoint.interval.ms',
    'long',
    '5000',
    'Time between two writes of replication-offset-checkpoint.',
  ),
  define('fetch.purgatory.purge.interval.requests', 'int', '1000', 'Finished Fetch requests kept before a clean-up.'),
  define(
    'producer.purgatory.purge.interval.requests',
    'int',
    '1000',
    'Finished Produce requests kept before a clean-up.',
  ),
  define(
    'delete.records.purgatory.purge.interval.requests',
    'int',
    '1',
    'Finished DeleteRecords requests kept before a clean-up.',
  ),
  define(
    'auto.leader.rebalance.enable',
    'boolean',
    'true',
    'Whether the controller gives leadership back to preferred replicas from time to time.',
  ),
  define(
    'leader.imbalance.per.broker.percentage',
    'int',
    '10',
    "Leadership is given back when more than this share of a broker's partitions is led elsewhere.",
  ),
  define(
    'leader.imbalance.check.interval.seconds',
    'long',
    '300',
    'Time between two looks for leaders that are not the preferred ones.',
  ),
  define(
    'unclean.leader.election.interval.ms',
    'long',
    '300000',
    'KRaft: time between two looks for unclean elections.',
    { internal: true },
  ),
  define(
    'unclean.leader.election.enable',
    'boolean',
    'false',
    'Whether a replica that is not in sync may lead, at the cost of records.',
    { dynamic: 'cluster' },
  ),
  define(
    'security.inter.broker.protocol',
    'string',
    'PLAINTEXT',
    'Security protocol between brokers, if no listener is named for it.',
    { check: oneOf('PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL') },
  ),
  define(
    'inter.broker.protocol.version',
    'string',
    '3.9-IV0',
    'Which protocol brokers speak among themselves; raised last in an upgrade.',
    { check: METADATA_VERSION },
  ),
  define('inter.broker.listener.name', 'string', null, 'Listener that brokers use among themselves.'),
  define('replica.selector.class', 'string', null, 'Chooses which replica a consumer reads from; empty: the leader.'),
];
