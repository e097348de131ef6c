import { atLeast } from '../checks.js';
import { define, type ConfigDefinition } from '../definition.js';

/** ZooKeeper. Sizes in bytes, times in ms unless the name says otherwise. */
export const ZOOKEEPER_CONFIGS: readonly ConfigDefinition[] = [
  define(
    'zookeeper.connect',
    'string',
    null,
    'ZooKeeper servers, host:port separated by commas, with an optional chroot at the end.',
  ),
  define(
    'zookeeper.session.timeout.ms',
    'int',
    '18000',
    'ZooKeeper takes a broker for dead when it was silent for so long.',
  ),
  define(
    'zookeeper.connection.timeout.ms',
    'int',
    null,
    'How long to wait for the first connection; zookeeper.session.timeout.ms when not set.',
  ),
  define('zookeeper.set.acl', 'boolean', 'false', 'Whether znodes are created with ACLs.'),
  define('zookeeper.max.in.flight.requests', 'int', '10', 'Requests to ZooKeeper without an answer.', {
    check: atLeast(1),
  }),
  define('zookeeper.ssl.client.enable', 'boolean', 'false', 'TLS to ZooKeeper.'),
  define('zookeeper.clientCnxnSocket', 'string', null, 'Java class of the ZooKeeper client; no effect here.'),
  define('zookeeper.ssl.keystore.location', 'string', null, 'TLS to ZooKeeper.'),
  define('zookeeper.ssl.keystore.password', 'password', null, 'TLS to ZooKeeper.'),
  define('zookeeper.ssl.keystore.type', 'string', null, 'TLS to ZooKeeper.'),
  define('zookeeper.ssl.truststore.location', 'string', null, 'TLS to ZooKeeper.'),
  define('zookeeper.ssl.truststore.password', 'password', null, 'TLS to ZooKeeper.'),
  define('zookeeper.ssl.truststore.type', 'string', null, 'TLS to ZooKeeper.'),
  define('zookeeper.ssl.protocol', 'string', 'TLSv1.2', 'TLS to ZooKeeper.'),
  define('zookeeper.ssl.enabled.protocols', 'list', null, 'TLS to ZooKeeper.'),
  define('zookeeper.ssl.cipher.suites', 'list', null, 'TLS to ZooKeeper.'),
  define('zookeeper.ssl.endpoint.identification.algorithm', 'string', 'HTTPS', 'TLS to ZooKeeper.'),
  define('zookeeper.ssl.crl.enable', 'boolean', 'false', 'TLS to ZooKeeper.'),
  define('zookeeper.ssl.ocsp.enable', 'boolean', 'false', 'TLS to ZooKeeper.'),
];
