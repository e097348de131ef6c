import { Command, CommanderError, Option } from 'commander';

/** One option of a tool, as Kafka's declare theirs. */
export interface ToolOption {
  /** Without the dashes. */
  readonly name: string;
  readonly description: string;
  /** What stands between the angle brackets of the usage; undefined: the option takes no value. */
  readonly value?: { readonly type: 'String' | 'Integer' | 'Long'; readonly is: string; readonly optional?: true };
  readonly default?: string;
}

/** The arguments do not make a command: the tool says so and exits with 1. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  /** Whether the table of options follows the message. */
  readonly withUsage: boolean;

  constructor(message: string, withUsage = false) {
    super(message);
    this.withUsage = withUsage;
  }
}

const COMMON: readonly ToolOption[] = [
  { name: 'help', description: 'Print usage information.' },
  { name: 'version', description: 'Display Kafka version.' },
];

/**
 * The options of one call, with joptsimple's rules and wording, since scripts match them: `--name value` or `--name=value`,
 * each value a word of its own, repeated options collected.
 * Differs: abbreviated names (`--part` for `--partitions`) are not taken.
 */
export class ToolOptions {
  private readonly table: ReadonlyMap<string, ToolOption>;
  private readonly given: ReadonlyMap<string, readonly string[]>;

  /** @throws UsageError */
  constructor(table: readonly ToolOption[], args: readonly string[]) {
    const all = [...table, ...COMMON];
    this.table = new Map(all.map((option) => [option.name, option]));
    this.given = parse(all, args);
  }

  has(name: string): boolean {
    return this.given.has(name);
  }

  /** Every value given, in order; an option without value counts as an empty text. */
  texts(name: string): readonly string[] {
    return this.given.get(name) ?? [];
  }

  /** The value, or else the default. @throws UsageError if it was given twice */
  text(name: string): string | undefined {
    const values = this.texts(name);
    if (values.length > 1) {
      throw new UsageError(`Found multiple arguments for option ${name}, but you asked for only one`);
    }
    return values[0] ?? this.table.get(name)?.default;
  }

  /** @throws UsageError as {@link text}, and if it is no number of the option's type */
  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    const limit = this.table.get(name)?.value?.type === 'Integer' ? 2 ** 31 : 2 ** 53;
    if (!/^[+-]?\d+$/.test(text) || value >= limit || value < -limit) {
      throw new UsageError(`Cannot parse argument '${text}' of option ${name}`);
    }
    return value;
  }

  /** @throws UsageError Source: org.apache.kafka.server.util.CommandLineUtils.checkRequiredArgs, 3.9 */
  require(...names: readonly string[]): void {
    for (const name of names) {
      if (!this.has(name)) throw new UsageError(`Missing required argument "[${name}]"`, true);
    }
  }

  /** @throws UsageError Source: org.apache.kafka.server.util.CommandLineUtils.checkInvalidArgs, 3.9 */
  exclude(name: string, others: readonly string[]): void {
    if (!this.has(name)) return;
    for (const other of others) {
      if (this.has(other)) throw new UsageError(`Option "[${name}]" can't be used with option "[${other}]"`, true);
    }
  }
}

function parse(table: readonly ToolOption[], args: readonly string[]): Map<string, string[]> {
  const given = new Map<string, string[]>();
  const command = new Command()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, writeOut: () => undefined })
    .showSuggestionAfterError(false)
    .helpOption(false)
    .allowExcessArguments();
  for (const { name, value } of table) {
    const suffix = value === undefined ? '' : value.optional === true ? ' [value]' : ' <value>';
    const collect = (text: string): string => {
      given.set(name, [...(given.get(name) ?? []), text]);
      return text;
    };
    const option = new Option(`--${name}${suffix}`);
    command.addOption(value === undefined ? option : option.argParser(collect));
    command.on(`option:${name}`, (text?: string | null) => {
      if (typeof text !== 'string') given.set(name, given.get(name) ?? []);
    });
  }
  try {
    command.parse([...args], { from: 'user' });
  } catch (error) {
    throw error instanceof CommanderError ? new UsageError(wording(error)) : error;
  }
  return given;
}

function wording({ code, message }: CommanderError): string {
  const name = /--?([^\s'<[]+)/.exec(message)?.[1] ?? message;
  if (code === 'commander.unknownOption') return `${name.replace(/=.*/, '')} is not a recognized option`;
  if (code === 'commander.optionMissingArgument') return `Option ${name} requires an argument`;
  return message.replace(/^error: /, '');
}

const NAME_COLUMNS = 40;
const TEXT_COLUMNS = 39;

/** The table of options, in two columns and by name, as Kafka's tools print it. */
export function usageOf(table: readonly ToolOption[]): string {
  const rows = [...table, ...COMMON].sort((a, b) => (a.name < b.name ? -1 : 1));
  const lines = [row(['Option'], ['Description']), row(['------'], ['-----------'])];
  for (const { name, value, description, default: fallback } of rows) {
    const shown = value === undefined ? '' : ` ${value.optional === true ? '[' : '<'}${value.type}: ${value.is}`;
    const close = value === undefined ? '' : value.optional === true ? ']' : '>';
    const left = wrap(`--${name}${shown}${close}`, NAME_COLUMNS);
    const right = wrap(fallback === undefined ? description : `${description} (default: ${fallback})`, TEXT_COLUMNS);
    lines.push(row(left, right));
  }
  return lines.join('\n');
}

function row(left: readonly string[], right: readonly string[]): string {
  const height = Math.max(left.length, right.length);
  return Array.from({ length: height }, (_, i) =>
    `${(left[i] ?? '').padEnd(NAME_COLUMNS)} ${right[i] ?? ''}`.trimEnd(),
  ).join('\n');
}

/** Lines of at most `columns`, the second and later ones indented. */
function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined) lines.push(word);
    else if (last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`  ${word}`);
  }
  return lines;
}
