import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { parse as parseProperties } from 'dot-properties';
import { AUTHORIZER_CONFIGS, BROKER_CONFIGS, OWN_CONFIGS } from '../../../config/broker-configs.js';
import { parseBrokerConfig, type BrokerConfig } from '../../../config/broker-config.js';

export interface BrokerConfigSources {
  /** server.properties. */
  readonly file?: string | undefined;
  /** `KAFKA_LOG_RETENTION_MS` is log.retention.ms, as in Kafka's images: `.` is `_`, `_` is `__`, `-` is `___`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** `name=value` each, as after --override. */
  readonly overrides?: readonly string[] | undefined;
}

/**
 * Reads a broker's settings: an override goes before the environment, this before the file, this before the default.
 * @throws KafkaError INVALID_CONFIG worded as Kafka's ConfigException; Error if the file cannot be read
 */
export function loadBrokerConfig({ file, env = {}, overrides = [] }: BrokerConfigSources): BrokerConfig {
  const layers = [
    file === undefined ? {} : readPropertiesFile(file),
    fromEnvironment(env),
    Object.fromEntries(overrides.map(splitOverride)),
  ];
  return parseBrokerConfig(merge(layers));
}

/** What java.util.Properties would read from the file. */
export function readPropertiesFile(path: string): Record<string, string> {
  const { parse } = createRequire(import.meta.url)('dot-properties') as { parse: typeof parseProperties };
  return parse(readFileSync(path, 'latin1')) as Record<string, string>;
}

/**
 * Later layers win. Settings are kept under their environment's spelling, since convict takes a dot for a level, and Kafka
 * has names that begin with other names (`broker.id`, `broker.id.generation.enable`).
 */
function merge(layers: readonly Readonly<Record<string, string>>[]): Map<string, string> {
  const convict = createRequire(import.meta.url)('convict') as typeof import('convict');
  const schema: Record<string, { default: null; format: '*'; nullable: true }> = {};
  for (const { name } of [...BROKER_CONFIGS, ...OWN_CONFIGS, ...AUTHORIZER_CONFIGS]) {
    schema[environmentName(name)] = { default: null, format: '*', nullable: true };
  }
  // Convict would let the environment win over what is loaded later: it gets none, the variables are a layer of ours.
  const config = convict<Record<string, string | null>>(schema, { env: {}, args: [] });
  for (const layer of layers) {
    config.load(Object.fromEntries(Object.entries(layer).map(([name, value]) => [environmentName(name), value])));
  }
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(config.getProperties())) {
    if (value !== null) values.set(settingName(name), value);
  }
  return values;
}

const ENVIRONMENT_PREFIX = 'KAFKA_';
/** Variables that Kafka's scripts and images use for themselves. */
const NOT_SETTINGS = new Set([
  'KAFKA_HEAP_OPTS',
  'KAFKA_OPTS',
  'KAFKA_JVM_PERFORMANCE_OPTS',
  'KAFKA_GC_LOG_OPTS',
  'KAFKA_LOG4J_OPTS',
  'KAFKA_JMX_OPTS',
  'KAFKA_JMX_PORT',
  'KAFKA_DEBUG',
  'KAFKA_HOME',
  'KAFKA_VERSION',
]);

function fromEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const layer: Record<string, string> = {};
  for (const [variable, value] of Object.entries(env)) {
    if (value === undefined || !variable.startsWith(ENVIRONMENT_PREFIX) || NOT_SETTINGS.has(variable)) continue;
    const name = settingName(variable.slice(ENVIRONMENT_PREFIX.length).toLowerCase());
    layer[capitalised.get(name) ?? name] = value;
  }
  return layer;
}

/** Variables are in capitals throughout; few settings have some. */
const capitalised = new Map(
  BROKER_CONFIGS.filter(({ name }) => name !== name.toLowerCase()).map(({ name }) => [name.toLowerCase(), name]),
);

function environmentName(setting: string): string {
  return setting.replace(/[._-]/g, (character) => ({ '.': '_', _: '__' })[character] ?? '___');
}

function settingName(environmentName: string): string {
  return environmentName.replace(/_{1,3}/g, (run) => ['.', '_', '-'][run.length - 1] ?? run);
}

function splitOverride(override: string): [string, string] {
  const at = override.indexOf('=');
  if (at <= 0) throw new Error(`Invalid override ${override}: it must be name=value`);
  return [override.slice(0, at).trim(), override.slice(at + 1)];
}
