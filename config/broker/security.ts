import { atLeast, between, oneOf } from '../checks.js';
import { define, type ConfigDefinition } from '../definition.js';

/** TLS, SASL, delegation tokens, stored passwords. Sizes in bytes, times in ms unless the name says otherwise. */
export const SECURITY_CONFIGS: readonly ConfigDefinition[] = [
  define('connections.max.reauth.ms', 'long', '0', 'SASL sessions must be renewed within this; 0: never.'),
  define('sasl.server.max.receive.size', 'int', '524288', 'Largest message of a SASL exchange.'),
  define('security.providers', 'string', null, 'Java security providers; no effect here.'),
  define(
    'principal.builder.class',
    'class',
    'org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder',
    'Makes a principal of an authenticated connection.',
    { dynamic: 'broker' },
  ),
  define('ssl.client.auth', 'string', 'none', 'TLS; see the Java Secure Socket Extension.', {
    dynamic: 'broker',
    check: oneOf('required', 'requested', 'none'),
  }),
  define('ssl.principal.mapping.rules', 'string', 'DEFAULT', 'TLS; see the Java Secure Socket Extension.'),
  define('ssl.allow.dn.changes', 'boolean', 'false', 'TLS; see the Java Secure Socket Extension.'),
  define('ssl.allow.san.changes', 'boolean', 'false', 'TLS; see the Java Secure Socket Extension.'),
  define('ssl.protocol', 'string', 'TLSv1.3', 'TLS; see the Java Secure Socket Extension.', { dynamic: 'broker' }),
  define('ssl.provider', 'string', null, 'TLS; see the Java Secure Socket Extension.', { dynamic: 'broker' }),
  define('ssl.enabled.protocols', 'list', 'TLSv1.2,TLSv1.3', 'TLS; see the Java Secure Socket Extension.', {
    dynamic: 'broker',
  }),
  define('ssl.keystore.type', 'string', 'JKS', 'TLS; see the Java Secure Socket Extension.', { dynamic: 'broker' }),
  define('ssl.keystore.location', 'string', null, 'TLS; see the Java Secure Socket Extension.', { dynamic: 'broker' }),
  define('ssl.keystore.password', 'password', null, 'TLS; see the Java Secure Socket Extension.', {
    dynamic: 'broker',
  }),
  define('ssl.key.password', 'password', null, 'TLS; see the Java Secure Socket Extension.', { dynamic: 'broker' }),
  define('ssl.keystore.key', 'password', null, 'TLS; see the Java Secure Socket Extension.', { dynamic: 'broker' }),
  define('ssl.keystore.certificate.chain', 'password', null, 'TLS; see the Java Secure Socket Extension.', {
    dynamic: 'broker',
  }),
  define('ssl.truststore.type', 'string', 'JKS', 'TLS; see the Java Secure Socket Extension.', { dynamic: 'broker' }),
  define('ssl.truststore.location', 'string', null, 'TLS; see the Java Secure Socket Extension.', {
    dynamic: 'broker',
  }),
  define('ssl.truststore.password', 'password', null, 'TLS; see the Java Secure Socket Extension.', {
    dynamic: 'broker',
  }),
  define('ssl.truststore.certificates', 'password', null, 'TLS; see the Java Secure Socket Extension.', {
    dynamic: 'broker',
  }),
  define('ssl.keymanager.algorithm', 'string', 'SunX509', 'TLS; see the Java Secure Socket Extension.', {
    dynamic: 'broker',
  }),
  define('ssl.trustmanager.algorithm', 'string', 'PKIX', 'TLS; see the Java Secure Socket Extension.', {
    dynamic: 'broker',
  }),
  define('ssl.endpoint.identification.algorithm', 'string', 'https', 'TLS; see the Java Secure Socket Extension.', {
    dynamic: 'broker',
  }),
  define('ssl.secure.random.implementation', 'string', null, 'TLS; see the Java Secure Socket Extension.', {
    dynamic: 'broker',
  }),
  define('ssl.cipher.suites', 'list', '', 'TLS; see the Java Secure Socket Extension.', { dynamic: 'broker' }),
  define('ssl.engine.factory.class', 'class', null, 'TLS; see the Java Secure Socket Extension.', {
    dynamic: 'broker',
  }),
  define('sasl.mechanism.inter.broker.protocol', 'string', 'GSSAPI', 'SASL mechanism between brokers.', {
    dynamic: 'broker',
  }),
  define('sasl.enabled.mechanisms', 'list', 'GSSAPI', 'SASL mechanisms that clients may use.', { dynamic: 'broker' }),
  define('sasl.server.callback.handler.class', 'class', null, 'Server side of a SASL mechanism.'),
  define('sasl.kerberos.principal.to.local.rules', 'list', 'DEFAULT', 'Kerberos (GSSAPI) log-in.', {
    dynamic: 'broker',
  }),
  define('sasl.jaas.config', 'password', null, 'Log-in module and its options, for one listener and mechanism.', {
    dynamic: 'broker',
  }),
  define('sasl.client.callback.handler.class', 'class', null, 'Client side of SASL.'),
  define('sasl.login.class', 'class', null, 'Log-in of SASL clients and its refresh.'),
  define('sasl.login.callback.handler.class', 'class', null, 'Log-in of SASL clients and its refresh.'),
  define('sasl.kerberos.service.name', 'string', null, 'Kerberos (GSSAPI) log-in.', { dynamic: 'broker' }),
  define('sasl.kerberos.kinit.cmd', 'string', '/usr/bin/kinit', 'Kerberos (GSSAPI) log-in.', { dynamic: 'broker' }),
  define('sasl.kerberos.ticket.renew.window.factor', 'double', '0.8', 'Kerberos (GSSAPI) log-in.', {
    dynamic: 'broker',
  }),
  define('sasl.kerberos.ticket.renew.jitter', 'double', '0.05', 'Kerberos (GSSAPI) log-in.', { dynamic: 'broker' }),
  define('sasl.kerberos.min.time.before.relogin', 'long', '60000', 'Kerberos (GSSAPI) log-in.', { dynamic: 'broker' }),
  define('sasl.login.refresh.window.factor', 'double', '0.8', 'Log-in of SASL clients and its refresh.', {
    dynamic: 'broker',
    check: between(0.5, 1),
  }),
  define('sasl.login.refresh.window.jitter', 'double', '0.05', 'Log-in of SASL clients and its refresh.', {
    dynamic: 'broker',
    check: between(0, 0.25),
  }),
  define('sasl.login.refresh.min.period.seconds', 'short', '60', 'Log-in of SASL clients and its refresh.', {
    dynamic: 'broker',
    check: between(0, 900),
  }),
  define('sasl.login.refresh.buffer.seconds', 'short', '300', 'Log-in of SASL clients and its refresh.', {
    dynamic: 'broker',
    check: between(0, 3600),
  }),
  define('sasl.login.connect.timeout.ms', 'int', null, 'Log-in of SASL clients and its refresh.'),
  define('sasl.login.read.timeout.ms', 'int', null, 'Log-in of SASL clients and its refresh.'),
  define('sasl.login.retry.backoff.max.ms', 'long', '10000', 'Log-in of SASL clients and its refresh.'),
  define('sasl.login.retry.backoff.ms', 'long', '100', 'Log-in of SASL clients and its refresh.'),
  define('sasl.oauthbearer.scope.claim.name', 'string', 'scope', 'Validation of OAUTHBEARER tokens.'),
  define('sasl.oauthbearer.sub.claim.name', 'string', 'sub', 'Validation of OAUTHBEARER tokens.'),
  define('sasl.oauthbearer.token.endpoint.url', 'string', null, 'Validation of OAUTHBEARER tokens.'),
  define('sasl.oauthbearer.jwks.endpoint.url', 'string', null, 'Validation of OAUTHBEARER tokens.'),
  define('sasl.oauthbearer.jwks.endpoint.refresh.ms', 'long', '3600000', 'Validation of OAUTHBEARER tokens.'),
  define('sasl.oauthbearer.jwks.endpoint.retry.backoff.ms', 'long', '100', 'Validation of OAUTHBEARER tokens.'),
  define('sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms', 'long', '10000', 'Validation of OAUTHBEARER tokens.'),
  define('sasl.oauthbearer.clock.skew.seconds', 'int', '30', 'Validation of OAUTHBEARER tokens.'),
  define('sasl.oauthbearer.expected.audience', 'list', null, 'Validation of OAUTHBEARER tokens.'),
  define('sasl.oauthbearer.expected.issuer', 'string', null, 'Validation of OAUTHBEARER tokens.'),
  define('delegation.token.master.key', 'password', null, 'Old name of delegation.token.secret.key.'),
  define('delegation.token.secret.key', 'password', null, 'Signs delegation tokens; the same on all brokers.'),
  define('delegation.token.max.lifetime.ms', 'long', '604800000', 'A token ends after this, renewed or not.', {
    check: atLeast(1),
  }),
  define('delegation.token.expiry.time.ms', 'long', '86400000', 'A token that is not renewed expires after this.', {
    check: atLeast(1),
  }),
  define('delegation.token.expiry.check.interval.ms', 'long', '3600000', 'Time between two looks for expired tokens.', {
    check: atLeast(1),
  }),
  define('password.encoder.secret', 'password', null, 'Encrypts passwords of dynamic configurations in ZooKeeper.'),
  define('password.encoder.old.secret', 'password', null, 'The secret before, while it is being changed.'),
  define('password.encoder.keyfactory.algorithm', 'string', null, 'Key derivation; PBKDF2WithHmacSHA512 when not set.'),
  define('password.encoder.cipher.algorithm', 'string', 'AES/CBC/PKCS5Padding', 'Cipher of passwords in ZooKeeper.'),
  define('password.encoder.key.length', 'int', '128', 'Length of the derived key, bits.', { check: atLeast(8) }),
  define('password.encoder.iterations', 'int', '4096', 'Rounds of the key derivation.', { check: atLeast(1024) }),
];
