import type { ProducerRecord } from '../../client/producer-batch.js';
import type { NewHeader } from '../../protocol/record/batch-builder.js';
import { UsageError } from './options.js';
import type { Properties } from './properties.js';

export type LineParser = (line: string) => ProducerRecord;

/**
 * Makes records of lines: `headers TAB key TAB value`, of which headers and key are there only if asked for.
 * @throws UsageError if two separators are equal; the parser throws it for a line that lacks one
 * Source: kafka.tools.ConsoleProducer.LineMessageReader, 3.9
 */
export function lineParser(topic: string, properties: Properties): LineParser {
  const isTrue = (name: string): boolean => /^\s*true\s*$/i.test(properties.get(name) ?? '');
  const parsesKey = isTrue('parse.key');
  const parsesHeaders = isTrue('parse.headers');
  const ignoresErrors = isTrue('ignore.error');
  const nullMarker = properties.get('null.marker');
  const separators = {
    'key.separator': properties.get('key.separator') ?? '\t',
    'headers.delimiter': properties.get('headers.delimiter') ?? '\t',
    'headers.separator': properties.get('headers.separator') ?? ',',
    'headers.key.separator': properties.get('headers.key.separator') ?? ':',
  };
  checkDistinct(separators, nullMarker);
  const headerSplit = pattern(separators['headers.separator']);
  let lineNumber = 0;

  const bytes = (text: string): Buffer | null => (text === nullMarker ? null : Buffer.from(text, 'utf8'));

  /** Where the part that begins at `from` ends; undefined if it is not asked for, or missing and that is fine. */
  function endOf(line: string, from: number, separator: string, is: string): number | undefined {
    const at = line.indexOf(separator, from);
    if (at >= 0) return at;
    if (ignoresErrors) return undefined;
    throw new UsageError(`No ${is} found on line number ${lineNumber}: '${line}'`);
  }

  function header(pair: string): NewHeader {
    const separator = separators['headers.key.separator'];
    const at = pair.indexOf(separator);
    if (at < 0) {
      if (ignoresErrors) return { key: pair, value: null };
      throw new UsageError(`No header key separator found in pair '${pair}' on line number ${lineNumber}`);
    }
    const key = pair.slice(0, at);
    if (key === nullMarker) {
      throw new UsageError(`Header keys should not be equal to the null marker '${nullMarker}' as they can't be null`);
    }
    return { key, value: bytes(pair.slice(at + separator.length)) };
  }

  return (line) => {
    lineNumber++;
    let from = 0;
    let headers: readonly NewHeader[] = [];
    let key: Buffer | null = null;
    const headersEnd = parsesHeaders
      ? endOf(line, from, separators['headers.delimiter'], 'headers delimiter')
      : undefined;
    if (headersEnd !== undefined) {
      const text = line.slice(from, headersEnd);
      if (text !== nullMarker) headers = splitAsJava(text, headerSplit).map(header);
      from = headersEnd + separators['headers.delimiter'].length;
    }
    const keyEnd = parsesKey ? endOf(line, from, separators['key.separator'], 'key separator') : undefined;
    if (keyEnd !== undefined) {
      key = bytes(line.slice(from, keyEnd));
      from = keyEnd + separators['key.separator'].length;
    }
    return { topic, key, value: bytes(line.slice(from)), headers };
  };
}

/** java.util.regex.Pattern.split: empty texts at the end are left out, unless there is nothing else. */
function splitAsJava(text: string, separator: RegExp): string[] {
  const parts = text.split(separator);
  while (parts.length > 1 && parts.at(-1) === '') parts.pop();
  return parts;
}

function pattern(separator: string): RegExp {
  try {
    return new RegExp(separator, 'u');
  } catch {
    throw new UsageError(`headers.separator ${separator} is an invalid regex.`);
  }
}

function checkDistinct(
  separators: Readonly<
    Record<'key.separator' | 'headers.delimiter' | 'headers.separator' | 'headers.key.separator', string>
  >,
  nullMarker: string | undefined,
): void {
  const clash = (a: string, b: string): UsageError => new UsageError(`${a} and ${b} may not be equal`);
  const within = ['headers.delimiter', 'headers.separator', 'headers.key.separator'] as const;
  within.forEach((a, i) => {
    for (const b of within.slice(i + 1)) if (separators[a] === separators[b]) throw clash(a, b);
  });
  for (const name of ['key.separator', 'headers.separator', 'headers.delimiter', 'headers.key.separator'] as const) {
    if (separators[name] === nullMarker) throw clash('null.marker', name);
  }
}
