import { brokerConfigs } from './broker-configs.js';
import type { ConfigDefinition } from './definition.js';
import { listOf } from './parse.js';
import { topicConfigs } from './topic-configs.js';

/** Values as text by name; what is not in it has its default. */
export type ConfigValues = ReadonlyMap<string, string>;

/**
 * Typed values. A name that is not defined is a bug and throws.
 * A LONG beyond 2^53 is rounded: only 2^63-1 occurs in practice, and means never or no limit.
 */
export interface ConfigReader {
  /** Undefined when not set and without a default. */
  text(name: string): string | undefined;
  boolean(name: string): boolean;
  number(name: string): number;
  /** Undefined when not set and without a default. */
  maybeNumber(name: string): number | undefined;
  list(name: string): string[];
}

export function brokerReader(values: ConfigValues): ConfigReader {
  return readerOf(brokerConfigs, values);
}

/** @param values of one topic, with the broker's defaults: see topicConfig */
export function topicReader(values: ConfigValues): ConfigReader {
  return readerOf(topicConfigs, values);
}

export function readerOf(definitions: ReadonlyMap<string, ConfigDefinition>, values: ConfigValues): ConfigReader {
  const text = (name: string): string | undefined => {
    const definition = definitions.get(name);
    if (definition === undefined) throw new Error(`there is no setting ${name}`);
    return values.get(name) ?? definition.default ?? undefined;
  };
  const needed = (name: string): string => {
    const value = text(name);
    if (value === undefined) throw new Error(`${name} is not set and has no default`);
    return value;
  };
  const maybeNumber = (name: string): number | undefined => {
    const value = text(name);
    return value === undefined ? undefined : Number(value);
  };
  return {
    text,
    boolean: (name) => needed(name).trim().toLowerCase() === 'true',
    number: (name) => Number(needed(name)),
    maybeNumber,
    list: (name) => listOf(text(name) ?? ''),
  };
}
