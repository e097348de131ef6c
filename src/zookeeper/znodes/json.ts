/** JSON as Jackson writes it: no white space, non-ASCII as UTF-8, the hex digits of control characters in capitals. */
export function jsonBytes(value: unknown): Buffer {
  const text = JSON.stringify(value).replace(
    /\\u00([01][0-9a-f])/g,
    (_, digits: string) => `\\u00${digits.toUpperCase()}`,
  );
  return Buffer.from(text, 'utf8');
}

/**
 * An object's entries in the order of the pairs. A JavaScript object lists keys that look like whole numbers first, and in
 * numeric order, so an object with such keys (partitions) is written as text by hand.
 */
export function jsonObject(pairs: Iterable<readonly [string, string]>): string {
  return `{${[...pairs].map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(',')}}`;
}

/** The parsed object, or undefined for null data and whatever is not a JSON object. */
export function parseJsonObject(data: Buffer | null): Readonly<Record<string, unknown>> | undefined {
  if (data === null || data.length === 0) return undefined;
  try {
    return asObject(JSON.parse(data.toString('utf8')));
  } catch {
    return undefined;
  }
}

export function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

export function asNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

export function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function asNumbers(value: unknown): number[] | undefined {
  return Array.isArray(value) && value.every((item) => typeof item === 'number') ? value : undefined;
}

export function asObjects(value: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map(asObject).filter((item) => item !== undefined) : [];
}
