import { readPropertiesFile } from '../../platform/node/settings.js';
import { UsageError } from './options.js';

export type Properties = ReadonlyMap<string, string>;

/** Lines of a .properties file; none for no file. @throws UsageError if it cannot be read */
export function propertiesOf(file: string | undefined): Map<string, string> {
  if (file === undefined) return new Map();
  try {
    return new Map(Object.entries(readPropertiesFile(file)));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/**
 * `key=value` each; the value may hold further `=`, and may be missing.
 * @throws UsageError Source: org.apache.kafka.server.util.CommandLineUtils.parseKeyValueArgs, 3.9
 */
export function keyValues(texts: readonly string[]): Map<string, string> {
  const properties = new Map<string, string>();
  for (const text of texts) {
    const at = text.indexOf('=');
    const key = at < 0 ? text : text.slice(0, at);
    if (key === '') throw new UsageError(`Invalid command line properties: ${texts.join(' ')}`);
    properties.set(key, at < 0 ? '' : text.slice(at + 1));
  }
  return properties;
}

/**
 * Reads a client's properties by name, in Kafka's types and wording, and knows at the end which nobody asked for.
 */
export class PropertyReader {
  private readonly properties: Properties;
  private readonly asked = new Set<string>();

  constructor(properties: Properties) {
    this.properties = properties;
  }

  text(name: string): string | undefined {
    this.asked.add(name);
    return this.properties.get(name)?.trim();
  }

  /** @throws UsageError */
  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (!/^-?\d+$/.test(text)) throw invalid(name, text, 'Not a number');
    return Number(text);
  }

  /** @throws UsageError */
  flag(name: string): boolean | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (/^true$/i.test(text)) return true;
    if (/^false$/i.test(text)) return false;
    throw invalid(name, text, 'Expected value to be either true or false');
  }

  /** @throws UsageError */
  oneOf<T extends string>(name: string, values: readonly T[]): T | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const found = values.find((value) => value === text);
    if (found === undefined) throw invalid(name, text, `String must be one of: ${values.join(', ')}`);
    return found;
  }

  /** Names that were given and never read. */
  unused(): string[] {
    return [...this.properties.keys()].filter((name) => !this.asked.has(name)).sort();
  }
}

function invalid(name: string, value: string, why: string): UsageError {
  return new UsageError(`Invalid value ${value} for configuration ${name}: ${why}`);
}

/** The settings given; undefined ones are left out, so that defaults take their place. */
export function given<T extends object>(settings: { [K in keyof T]: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as Partial<T>;
}
