import { atLeast } from '../checks.js';
import { define, type ConfigDefinition } from '../definition.js';

/** Listeners and connections. Sizes in bytes, times in ms unless the name says otherwise. */
export const SOCKET_CONFIGS: readonly ConfigDefinition[] = [
  define(
    'listeners',
    'string',
    'PLAINTEXT://:9092',
    'Where the broker accepts connections: NAME://host:port, separated by commas.',
    { dynamic: 'broker' },
  ),
  define('advertised.listeners', 'string', null, 'What clients are told to connect to; the listeners when not set.', {
    dynamic: 'broker',
  }),
  define(
    'listener.security.protocol.map',
    'string',
    'PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL',
    'Security protocol of each listener name.',
    { dynamic: 'broker' },
  ),
  define('control.plane.listener.name', 'string', null, "A listener of its own for the controller's requests."),
  define('socket.send.buffer.bytes', 'int', '102400', "Send buffer of sockets; -1: the system's."),
  define('socket.receive.buffer.bytes', 'int', '102400', "Receive buffer of sockets; -1: the system's."),
  define('socket.request.max.bytes', 'int', '104857600', 'Largest request.', { check: atLeast(1) }),
  define('socket.listen.backlog.size', 'int', '50', 'Connections that wait to be accepted.', { check: atLeast(1) }),
  define('max.connections.per.ip', 'int', '2147483647', 'Most connections from one address.', {
    dynamic: 'cluster',
    check: atLeast(0),
  }),
  define('max.connections.per.ip.overrides', 'string', '', 'Exceptions: host:count, separated by commas.', {
    dynamic: 'cluster',
  }),
  define('max.connections', 'int', '2147483647', 'Most connections of the broker.', {
    dynamic: 'cluster',
    check: atLeast(0),
  }),
  define('max.connection.creation.rate', 'int', '2147483647', 'New connections a second, for the broker.', {
    dynamic: 'cluster',
    check: atLeast(0),
  }),
  define('connections.max.idle.ms', 'long', '600000', 'A connection without traffic for so long is closed.'),
  define(
    'connection.failed.authentication.delay.ms',
    'int',
    '100',
    'How long a connection that failed to authenticate stays open.',
    { check: atLeast(0) },
  ),
  define('queued.max.requests', 'int', '500', 'Requests that wait before sockets are read no more.', {
    check: atLeast(1),
  }),
  define('queued.max.request.bytes', 'long', '-1', 'Bytes of requests that wait; -1: no limit.'),
  define('num.network.threads', 'int', '3', 'Kept for compatibility: one event loop serves a broker.', {
    dynamic: 'cluster',
    check: atLeast(1),
  }),
];
