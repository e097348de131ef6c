import type { Check } from './checks.js';

export type ConfigKind = 'boolean' | 'string' | 'int' | 'short' | 'long' | 'double' | 'list' | 'class' | 'password';

/** One setting under Kafka's name. */
export interface ConfigDefinition {
  readonly name: string;
  readonly kind: ConfigKind;
  /** As text; null: not set. */
  readonly default: string | null;
  readonly doc: string;
  /** Beyond what the kind demands. */
  readonly check?: Check;
  /** Can be changed while the broker runs: for each broker, or (`cluster`) for all of them too. */
  readonly dynamic?: 'cluster' | 'broker';
  /** Not shown to users. */
  readonly internal?: true;
}

export function define(
  name: string,
  kind: ConfigKind,
  defaultText: string | null,
  doc: string,
  options: Pick<ConfigDefinition, 'check' | 'dynamic' | 'internal'> = {},
): ConfigDefinition {
  return { name, kind, default: defaultText, doc, ...options };
}

/** Numbers of types in DescribeConfigs. Source: org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigType, 3.9 */
export const CONFIG_TYPE_ID = {
  unknown: 0,
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
} as const satisfies Record<ConfigKind | 'unknown', number>;

/** Where a value comes from, as DescribeConfigs numbers it. */
export const CONFIG_SOURCE_ID = {
  unknown: 0,
  topic: 1,
  dynamicBroker: 2,
  dynamicDefaultBroker: 3,
  staticBroker: 4,
  default: 5,
  dynamicBrokerLogger: 6,
  clientMetrics: 7,
} as const;

/** @throws Error if a name is there twice */
export function byName(definitions: readonly ConfigDefinition[]): ReadonlyMap<string, ConfigDefinition> {
  const map = new Map(definitions.map((definition) => [definition.name, definition]));
  if (map.size !== definitions.length) throw new Error('a setting is defined twice');
  return map;
}
