import { brokerConfigs } from './broker-configs.js';
import { CONFIG_SOURCE_ID, CONFIG_TYPE_ID, type ConfigDefinition } from './definition.js';
import { displayText } from './parse.js';
import type { ConfigValues } from './reader.js';
import { topicConfig } from './topic-config.js';
import { TOPIC_CONFIGS } from './topic-configs.js';

/** Where a broker's values come from; each holds only what was set there. */
export interface BrokerConfigLayers {
  /** server.properties, environment and overrides. */
  readonly static: ConfigValues;
  /** For all brokers: /config/brokers/<default>. */
  readonly dynamicDefault: ConfigValues;
  /** For this one: /config/brokers/<id>. */
  readonly dynamicBroker: ConfigValues;
}

/** One line of a DescribeConfigs response. */
export interface ConfigEntry {
  readonly name: string;
  readonly value: string | null;
  readonly readOnly: boolean;
  readonly configSource: number;
  readonly isSensitive: boolean;
  readonly synonyms: ConfigSynonym[];
  readonly configType: number;
  readonly documentation: string | null;
}

export interface ConfigSynonym {
  readonly name: string;
  readonly value: string | null;
  readonly source: number;
}

export interface DescribeOptions {
  /** Null or empty: all. */
  readonly names: readonly string[] | null;
  readonly includeSynonyms: boolean;
  readonly includeDocumentation: boolean;
}

/** What counts for a broker: its own dynamic values, then those for all, then the file's. */
export function effectiveBrokerValues(layers: BrokerConfigLayers): Map<string, string> {
  return new Map([...layers.static, ...layers.dynamicDefault, ...layers.dynamicBroker]);
}

/** Source: kafka.server.ConfigHelper.createTopicConfigEntry, 3.9 */
export function describeTopic(
  layers: BrokerConfigLayers,
  overrides: ConfigValues,
  options: DescribeOptions,
): ConfigEntry[] {
  const values = topicConfig(effectiveBrokerValues(layers), overrides);
  return TOPIC_CONFIGS.filter(({ name }) => isWanted(name, options)).map((definition) => {
    const { name, kind, brokerName, doc } = definition;
    const value = displayText(kind, values.get(name) ?? '');
    const inherited = brokerName === null ? [] : synonymsOf(brokerName, layers, false);
    const own = overrides.has(name) ? [{ name, value, source: CONFIG_SOURCE_ID.topic }] : [];
    const synonyms = [...own, ...inherited];
    return {
      name,
      value,
      readOnly: false,
      configSource: synonyms[0]?.source ?? CONFIG_SOURCE_ID.default,
      isSensitive: false,
      synonyms: options.includeSynonyms ? synonyms : [],
      configType: CONFIG_TYPE_ID[kind],
      documentation: options.includeDocumentation ? doc : null,
    };
  });
}

/** One broker: everything that is set, known or not, and the defaults of what is not. */
export function describeBroker(layers: BrokerConfigLayers, options: DescribeOptions): ConfigEntry[] {
  const effective = effectiveBrokerValues(layers);
  const names = new Set(effective.keys());
  for (const { name, internal } of brokerConfigs.values()) if (internal === undefined) names.add(name);
  return [...names]
    .filter((name) => isWanted(name, options))
    .map((name) => brokerEntry(name, effective, layers, options, () => true));
}

/** The cluster-wide default for brokers, resource name "": what was set for all, nothing else. */
export function describeBrokerDefaults(layers: BrokerConfigLayers, options: DescribeOptions): ConfigEntry[] {
  const isForAll = ({ source }: ConfigSynonym): boolean => source === CONFIG_SOURCE_ID.dynamicDefaultBroker;
  return [...layers.dynamicDefault.keys()]
    .filter((name) => isWanted(name, options))
    .map((name) => brokerEntry(name, layers.dynamicDefault, layers, options, isForAll));
}

/** Source: kafka.server.ConfigHelper.createBrokerConfigEntry, 3.9 */
function brokerEntry(
  name: string,
  values: ConfigValues,
  layers: BrokerConfigLayers,
  options: DescribeOptions,
  isShown: (synonym: ConfigSynonym) => boolean,
): ConfigEntry {
  const definition = brokerConfigs.get(name);
  const isSensitive = isSecret(definition);
  const text = values.get(name) ?? definition?.default ?? null;
  const synonyms = synonymsOf(name, layers, isSensitive).filter(isShown);
  return {
    name,
    value: definition === undefined || isSensitive || text === null ? null : displayText(definition.kind, text),
    readOnly: definition?.dynamic === undefined,
    configSource: synonyms[0]?.source ?? CONFIG_SOURCE_ID.default,
    isSensitive,
    synonyms: options.includeSynonyms ? synonyms : [],
    configType: CONFIG_TYPE_ID[definition?.kind ?? 'unknown'],
    documentation: options.includeDocumentation ? (definition?.doc ?? null) : null,
  };
}

/** What nobody defines is kept secret too, to be safe. */
function isSecret(definition: ConfigDefinition | undefined): boolean {
  return definition === undefined || definition.kind === 'password';
}

function isWanted(name: string, { names }: DescribeOptions): boolean {
  return names === null || names.length === 0 || names.includes(name);
}

/** Names that give one value, finest unit first. */
const FAMILIES: readonly (readonly string[])[] = [
  ['log.roll.ms', 'log.roll.hours'],
  ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
  ['log.flush.interval.ms', 'log.flush.scheduler.interval.ms'],
  ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
];
/** Flushing has its default elsewhere, but that other setting stands for itself. */
const STANDS_ALONE = 'log.flush.scheduler.interval.ms';

/**
 * Where a value is set, the place that counts first: layers from the narrowest to the defaults, each with all names of the
 * family. Kafka leaves out what comes before the first place that has `name` itself.
 * Source: kafka.server.ConfigHelper.configSynonyms, kafka.server.DynamicBrokerConfig.brokerConfigSynonyms, 3.9
 */
function synonymsOf(name: string, layers: BrokerConfigLayers, isSensitive: boolean): ConfigSynonym[] {
  const family = (name === STANDS_ALONE ? undefined : FAMILIES.find((names) => names.includes(name))) ?? [
    ...listenerName(name),
    baseName(name),
  ];
  const found: ConfigSynonym[] = [];
  const add = (source: number, valueOf: (name: string) => string | null | undefined): void => {
    for (const member of family) {
      const value = valueOf(member);
      if (value != null) found.push({ name: member, value: isSensitive ? null : value, source });
    }
  };
  add(CONFIG_SOURCE_ID.dynamicBroker, (member) => layers.dynamicBroker.get(member));
  add(CONFIG_SOURCE_ID.dynamicDefaultBroker, (member) => layers.dynamicDefault.get(member));
  add(CONFIG_SOURCE_ID.staticBroker, (member) => layers.static.get(member));
  add(CONFIG_SOURCE_ID.default, (member) => brokerConfigs.get(member)?.default);
  const first = found.findIndex((synonym) => synonym.name === name);
  return first === -1 ? [] : found.slice(first);
}

const LISTENER_NAME = /^listener\.name\.[^.]*\.(.*)$/;

/** `listener.name.internal.ssl.keystore.type` falls back to `ssl.keystore.type`. */
function baseName(name: string): string {
  return LISTENER_NAME.exec(name)?.[1] ?? name;
}

function listenerName(name: string): string[] {
  return LISTENER_NAME.test(name) ? [name] : [];
}
