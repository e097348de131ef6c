import { itemsOf } from '../checks.js';
import { define, type ConfigDefinition } from '../definition.js';

/** KRaft: of these only the ones that a migration needs matter beside ZooKeeper. Sizes in bytes, times in ms unless the name says otherwise. */
export const KRAFT_CONFIGS: readonly ConfigDefinition[] = [
  define('metadata.log.max.record.bytes.between.snapshots', 'long', '20971520', 'The metadata log of KRaft.'),
  define('metadata.log.max.snapshot.interval.ms', 'long', '3600000', 'The metadata log of KRaft.'),
  define('process.roles', 'list', '', 'KRaft roles of this process; empty: ZooKeeper mode.', {
    check: itemsOf('broker', 'controller'),
  }),
  define('node.id', 'int', '-1', "KRaft: this node's number."),
  define('initial.broker.registration.timeout.ms', 'int', '60000', 'KRaft brokers: how long to try to register.'),
  define('broker.heartbeat.interval.ms', 'int', '2000', 'KRaft brokers: time between two heartbeats.'),
  define(
    'broker.session.timeout.ms',
    'int',
    '9000',
    'KRaft brokers: without a heartbeat for so long, a broker is fenced.',
  ),
  define('controller.listener.names', 'string', null, 'Listeners of KRaft controllers.'),
  define('sasl.mechanism.controller.protocol', 'string', 'GSSAPI', 'SASL mechanism to KRaft controllers.'),
  define('metadata.log.dir', 'string', null, 'The metadata log of KRaft.'),
  define('metadata.log.segment.bytes', 'int', '1073741824', 'The metadata log of KRaft.'),
  define('metadata.log.segment.min.bytes', 'int', '8388608', 'The metadata log of KRaft.', { internal: true }),
  define('metadata.log.segment.ms', 'long', '604800000', 'The metadata log of KRaft.'),
  define('metadata.max.retention.bytes', 'long', '104857600', 'The metadata log of KRaft.'),
  define('metadata.max.retention.ms', 'long', '604800000', 'The metadata log of KRaft.'),
  define('metadata.max.idle.interval.ms', 'int', '500', 'The metadata log of KRaft.'),
  define('server.max.startup.time.ms', 'long', '9223372036854775807', 'KRaft: longest time to start.', {
    internal: true,
  }),
  define('zookeeper.metadata.migration.enable', 'boolean', 'false', 'Whether this cluster is to be migrated to KRaft.'),
  define('eligible.leader.replicas.enable', 'boolean', 'false', 'KRaft: eligible leader replicas (KIP-966).'),
  define('zookeeper.metadata.migration.min.batch.size', 'int', '200', 'Records in one batch of the migration.', {
    internal: true,
  }),
  define('controller.quorum.voters', 'list', '', 'The quorum of KRaft controllers.'),
  define('controller.quorum.bootstrap.servers', 'list', '', 'The quorum of KRaft controllers.'),
  define('controller.quorum.election.timeout.ms', 'int', '1000', 'The quorum of KRaft controllers.'),
  define('controller.quorum.fetch.timeout.ms', 'int', '2000', 'The quorum of KRaft controllers.'),
  define('controller.quorum.election.backoff.max.ms', 'int', '1000', 'The quorum of KRaft controllers.'),
  define('controller.quorum.append.linger.ms', 'int', '25', 'The quorum of KRaft controllers.'),
  define('controller.quorum.request.timeout.ms', 'int', '2000', 'The quorum of KRaft controllers.'),
  define('controller.quorum.retry.backoff.ms', 'int', '20', 'The quorum of KRaft controllers.'),
];
