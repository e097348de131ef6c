/**
 * What a value must be beyond its kind. Takes one value as text (each item of a list, by itself) and gives the reason why
 * not, in the words of org.apache.kafka.common.config.ConfigDef.
 */
export type Check = (text: string) => string | undefined;

export function atLeast(least: number): Check {
  return (text) => (Number(text) < least ? `Value must be at least ${least}` : undefined);
}

export function between(least: number, most: number): Check {
  return (text) => {
    if (Number(text) < least) return `Value must be at least ${least}`;
    return Number(text) > most ? `Value must be no more than ${most}` : undefined;
  };
}

export function oneOf(...values: readonly string[]): Check {
  return (text) => (values.includes(text) ? undefined : `String must be one of: ${values.join(', ')}`);
}

/** For lists: each item. */
export const itemsOf = oneOf;

/** Source: org.apache.kafka.server.record.BrokerCompressionType, 3.9 */
export const COMPRESSION_TYPE = oneOf('uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer');

/** Source: org.apache.kafka.common.compress.GzipCompression.LevelValidator, 3.9 */
export const GZIP_LEVEL: Check = (text) => {
  const level = Number(text);
  return level === -1 || (level >= 1 && level <= 9) ? undefined : 'Value must be between 1 and 9 or equal to -1';
};

/** Releases that inter.broker.protocol.version and message.format.version know, and how many -IVn each had. */
const RELEASES: readonly (readonly [string, readonly string[]])[] = [
  ['0.8.0', []],
  ['0.8.1', []],
  ['0.8.2', []],
  ['0.9.0', []],
  ['0.10.0', ['IV0', 'IV1']],
  ['0.10.1', ['IV0', 'IV1', 'IV2']],
  ['0.10.2', ['IV0']],
  ['0.11.0', ['IV0', 'IV1', 'IV2']],
  ['1.0', ['IV0']],
  ['1.1', ['IV0']],
  ['2.0', ['IV0', 'IV1']],
  ['2.1', ['IV0', 'IV1', 'IV2']],
  ['2.2', ['IV0', 'IV1']],
  ['2.3', ['IV0', 'IV1']],
  ['2.4', ['IV0', 'IV1']],
  ['2.5', ['IV0']],
  ['2.6', ['IV0']],
  ['2.7', ['IV0', 'IV1', 'IV2']],
  ['2.8', ['IV0', 'IV1']],
  ['3.0', ['IV0', 'IV1']],
  ['3.1', ['IV0']],
  ['3.2', ['IV0']],
  ['3.3', ['IV0', 'IV1', 'IV2', 'IV3']],
  ['3.4', ['IV0']],
  ['3.5', ['IV0', 'IV1', 'IV2']],
  ['3.6', ['IV0', 'IV1', 'IV2']],
  ['3.7', ['IV0', 'IV1', 'IV2', 'IV3', 'IV4']],
  ['3.8', ['IV0']],
  ['3.9', ['IV0']],
];

/**
 * `3.9-IV0`, or a release with anything behind its first numbers: `3.9`, `3.9.1`, `0.10.2.1`.
 * Source: org.apache.kafka.server.common.MetadataVersion.fromVersionString, 3.9
 */
export const METADATA_VERSION: Check = (text) => {
  const numbers = text.split('.');
  const release = numbers.slice(0, text.startsWith('0.') ? 3 : 2).join('.');
  const versions = RELEASES.flatMap(([name, steps]) => steps.map((step) => `${name}-${step}`));
  if (RELEASES.some(([name]) => name === release) || versions.includes(text)) return undefined;
  const valid = RELEASES.flatMap(([name, steps]) => (steps.length === 0 ? [name] : steps.map((s) => `${name}-${s}`)));
  return `Version ${text} is not a valid version. The valid versions are ${valid.join(',')}`;
};

/** Source: org.apache.kafka.storage.internals.log.ThrottledReplicaListValidator, 3.9 */
const THROTTLED_REPLICA = /^(\d+:\d+)?$/;

/** The whole list at once: its message shows it in brackets. */
export function throttledReplicasProblem(name: string, items: readonly string[]): string | undefined {
  if (items.length === 0 || items[0] === '*' || items.every((item) => THROTTLED_REPLICA.test(item))) return undefined;
  return (
    `${name} must be the literal '*' or a list of replicas in the following format: ` +
    '[partitionId]:[brokerId],[partitionId]:[brokerId],...'
  );
}
