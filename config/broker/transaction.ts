import { atLeast } from '../checks.js';
import { define, type ConfigDefinition } from '../definition.js';

/** Transactions. Sizes in bytes, times in ms unless the name says otherwise. */
export const TRANSACTION_CONFIGS: readonly ConfigDefinition[] = [
  define('transaction.state.log.min.isr', 'int', '2', 'min.insync.replicas of __transaction_state.', {
    check: atLeast(1),
  }),
  define(
    'transaction.state.log.load.buffer.size',
    'int',
    '5242880',
    'Bytes read at a time when transactions are loaded.',
    { check: atLeast(1) },
  ),
  define('transaction.state.log.replication.factor', 'short', '3', 'Replicas of __transaction_state.', {
    check: atLeast(1),
  }),
  define(
    'transaction.state.log.num.partitions',
    'int',
    '50',
    'Partitions of __transaction_state; not to be changed later.',
    { check: atLeast(1) },
  ),
  define('transaction.state.log.segment.bytes', 'int', '104857600', 'Segment size of __transaction_state.', {
    check: atLeast(1),
  }),
  define(
    'transaction.partition.verification.enable',
    'boolean',
    'true',
    "Whether a partition asks the coordinator before it takes a transaction's first batch.",
    { dynamic: 'cluster' },
  ),
  define('producer.id.expiration.ms', 'int', '86400000', 'A partition forgets an idle producer after this.', {
    dynamic: 'cluster',
    check: atLeast(1),
  }),
  define('producer.id.expiration.check.interval.ms', 'int', '600000', 'Time between two looks for idle producer ids.', {
    check: atLeast(1),
    internal: true,
  }),
  define('transactional.id.expiration.ms', 'int', '604800000', 'An idle transactional id is forgotten after this.', {
    check: atLeast(1),
  }),
  define('transaction.max.timeout.ms', 'int', '900000', 'Longest timeout a transaction may ask for.', {
    check: atLeast(1),
  }),
  define(
    'transaction.abort.timed.out.transaction.cleanup.interval.ms',
    'int',
    '10000',
    'Time between two looks for transactions to abort.',
    { check: atLeast(1) },
  ),
  define(
    'transaction.remove.expired.transaction.cleanup.interval.ms',
    'int',
    '3600000',
    'Time between two looks for expired transactional ids.',
    { check: atLeast(1) },
  ),
];
