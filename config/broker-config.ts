import { KafkaError } from '../src/common/errors.js';
import { AUTHORIZER_CONFIGS, BROKER_CONFIGS, OWN_CONFIGS } from './broker-configs.js';
import { byName } from './definition.js';
import { checkedText } from './parse.js';
import { brokerReader, type ConfigReader, type ConfigValues } from './reader.js';
import { logDirs, logRetentionMs, logRollJitterMs, logRollMs } from './resolve.js';

export interface BrokerConfig {
  /** What was set, known or not, as checked text. Defaults are not in it: see brokerReader. */
  readonly values: Map<string, string>;
  /** Names nobody defines; listener-prefixed and plug-in settings among them. For a warning. */
  readonly unknown: string[];
}

const known = byName([...BROKER_CONFIGS, ...OWN_CONFIGS, ...AUTHORIZER_CONFIGS]);

/**
 * Checks what was set for a broker.
 * @throws KafkaError INVALID_CONFIG, or Error in the words of Kafka's `requirement failed: …`
 */
export function parseBrokerConfig(given: ConfigValues): BrokerConfig {
  const values = new Map<string, string>();
  const unknown: string[] = [];
  for (const [name, text] of given) {
    const definition = known.get(name);
    if (definition !== undefined) {
      values.set(name, checkedText(definition, text));
    } else {
      values.set(name, text);
      if (!LISTENER_PREFIX.test(name)) unknown.push(name);
    }
  }
  assertBrokerConfig(values);
  return { values, unknown };
}

/** `listener.name.<listener>.<setting>`: read when the listener is set up. */
const LISTENER_PREFIX = /^listener\.name\./;

/**
 * What the values must be to one another.
 * Source: kafka.server.KafkaConfig.validateValues, 3.9
 */
function assertBrokerConfig(values: ConfigValues): void {
  const broker = brokerReader(values);
  if (broker.text('process.roles') === '' && !values.has('zookeeper.connect')) {
    const reason = 'Missing required configuration `zookeeper.connect` which has no default value.';
    throw new KafkaError('INVALID_CONFIG', reason);
  }
  assertIdentity(broker);
  demand(logRollMs(values) >= 1, 'log.roll.ms must be greater than or equal to 1');
  demand(logRollJitterMs(values) >= 0, 'log.roll.jitter.ms must be greater than or equal to 0');
  const retentionMs = logRetentionMs(values);
  demand(
    retentionMs >= 1 || retentionMs === -1,
    'log.retention.ms must be unlimited (-1) or, greater than or equal to 1',
  );
  demand(logDirs(values).length > 0, 'At least one log directory must be defined via log.dirs or log.dir.');
  assertReplication(broker);
  if (broker.boolean('log.cleaner.enable')) {
    const bytesEach = broker.number('log.cleaner.dedupe.buffer.size') / broker.number('log.cleaner.threads');
    demand(bytesEach > 1024 * 1024, 'log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.');
  }
  assertQueues(broker);
}

function assertIdentity(broker: ConfigReader): void {
  const id = broker.number('broker.id');
  if (!broker.boolean('broker.id.generation.enable')) {
    demand(id >= 0, 'broker.id must be greater than or equal to 0');
    return;
  }
  demand(
    id >= -1 && id <= broker.number('reserved.broker.max.id'),
    'broker.id must be greater than or equal to -1 and not greater than reserved.broker.max.id',
  );
}

function assertReplication(broker: ConfigReader): void {
  const fetchWaitMs = broker.number('replica.fetch.wait.max.ms');
  demand(
    fetchWaitMs <= broker.number('replica.socket.timeout.ms'),
    'replica.socket.timeout.ms should always be at least replica.fetch.wait.max.ms to prevent unnecessary socket timeouts',
  );
  demand(
    fetchWaitMs <= broker.number('replica.lag.time.max.ms'),
    'replica.fetch.wait.max.ms should always be less than or equal to replica.lag.time.max.ms to prevent frequent changes in ISR',
  );
  const acks = broker.number('offsets.commit.required.acks');
  demand(
    acks >= -1 && acks <= broker.number('offsets.topic.replication.factor'),
    'offsets.commit.required.acks must be greater or equal -1 and less or equal to offsets.topic.replication.factor',
  );
}

function assertQueues(broker: ConfigReader): void {
  const queuedBytes = broker.number('queued.max.request.bytes');
  demand(
    queuedBytes <= 0 || queuedBytes >= broker.number('socket.request.max.bytes'),
    'queued.max.request.bytes must be larger or equal to socket.request.max.bytes',
  );
  demand(
    broker.number('max.connections.per.ip') > 0 || broker.text('max.connections.per.ip.overrides') !== '',
    'max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides property is set.',
  );
  const delayMs = broker.number('connection.failed.authentication.delay.ms');
  const idleMs = broker.number('connections.max.idle.ms');
  demand(
    delayMs < idleMs,
    `connection.failed.authentication.delay.ms=${delayMs} should be less than connections.max.idle.ms=${idleMs} to prevent failed authentication responses from timing out`,
  );
}

/** As Scala words a failed `require`. */
function demand(holds: boolean, reason: string): void {
  if (!holds) throw new KafkaError('INVALID_CONFIG', `requirement failed: ${reason}`);
}
