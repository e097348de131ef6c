import { KafkaError } from '../src/common/errors.js';
import type { ConfigDefinition, ConfigKind } from './definition.js';

/**
 * The value as Kafka keeps it: trimmed, booleans in lower case. Numbers stay text: a LONG may exceed what a number holds.
 * @throws KafkaError INVALID_CONFIG, in the words of Kafka's ConfigException
 * Source: org.apache.kafka.common.config.ConfigDef.parseType, 3.9
 */
export function checkedText(definition: ConfigDefinition, given: string): string {
  const { name, kind, check } = definition;
  const text = given.trim();
  const problem = kindProblem(kind, text);
  if (problem !== undefined) throw invalidValue(given, name, problem);
  if (check !== undefined) {
    for (const item of kind === 'list' ? listOf(text) : [text]) {
      const reason = check(item);
      if (reason !== undefined) throw invalidValue(displayText(kind === 'list' ? 'string' : kind, item), name, reason);
    }
  }
  return kind === 'boolean' ? text.toLowerCase() : text;
}

export function invalidValue(value: string, name: string, reason: string): KafkaError {
  return new KafkaError('INVALID_CONFIG', `Invalid value ${value} for configuration ${name}: ${reason}`);
}

/** Items of a LIST. Source: ConfigDef.COMMA_WITH_WHITESPACE */
export function listOf(text: string): string[] {
  const trimmed = text.trim();
  return trimmed === '' ? [] : trimmed.split(/\s*,\s*/);
}

const WHOLE_NUMBER = /^[+-]?\d+$/;
/** What Java's Double.parseDouble takes, hexadecimal apart. */
const DECIMAL = /^[+-]?(NaN|Infinity|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fFdD]?)$/;

const BITS: Partial<Record<ConfigKind, bigint>> = { short: 16n, int: 32n, long: 64n };

function kindProblem(kind: ConfigKind, text: string): string | undefined {
  switch (kind) {
    case 'boolean':
      return /^(true|false)$/i.test(text) ? undefined : 'Expected value to be either true or false';
    case 'short':
    case 'int':
    case 'long':
      return isWhole(text, BITS[kind] ?? 64n) ? undefined : `Not a number of type ${kind.toUpperCase()}`;
    case 'double':
      return DECIMAL.test(text) ? undefined : 'Not a number of type DOUBLE';
    default:
      return undefined;
  }
}

function isWhole(text: string, bits: bigint): boolean {
  if (!WHOLE_NUMBER.test(text)) return false;
  const value = BigInt(text.replace('+', ''));
  const limit = 1n << (bits - 1n);
  return value >= -limit && value < limit;
}

/** As Kafka prints a parsed value. Source: org.apache.kafka.common.config.ConfigDef.convertToString, 3.9 */
export function displayText(kind: ConfigKind, text: string): string {
  switch (kind) {
    case 'boolean':
      return text.trim().toLowerCase();
    case 'short':
    case 'int':
    case 'long':
      return BigInt(text.trim().replace('+', '')).toString();
    case 'double':
      return displayDouble(Number(text));
    case 'list':
      return listOf(text).join(',');
    default:
      return text.trim();
  }
}

/** As Java's Double.toString: at least one decimal, from 10^7 on scientific. */
function displayDouble(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-3 && size < 1e7)) return Number.isInteger(value) ? value.toFixed(1) : String(value);
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  return `${digits.includes('.') ? digits : `${digits}.0`}E${exponent.replace('+', '')}`;
}
