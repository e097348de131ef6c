import { KafkaError } from '../../common/errors.js';
import { messageOf } from './connection.js';
import { type ToolOption, ToolOptions, UsageError, usageOf } from './options.js';
import type { Terminal } from './terminal.js';

export interface Tool {
  readonly table: readonly ToolOption[];
  /** The first line of --help. */
  readonly introduction: string;
  readonly args: readonly string[];
  readonly terminal: Terminal;
}

export interface ToolCall {
  readonly options: ToolOptions;
  readonly terminal: Terminal;
}

/** Kafka's release whose tools these are like. */
const LIKE_KAFKA = '3.9.1';

/** Parses the arguments and executes. What is wrong with them is said on standard error. @returns the exit code */
export async function runTool(
  { table, introduction, args, terminal }: Tool,
  execute: (call: ToolCall) => Promise<number>,
): Promise<number> {
  try {
    const options = new ToolOptions(table, args);
    if (args.length === 0 || options.has('help')) throw new UsageError(introduction, true);
    if (options.has('version')) {
      terminal.out(LIKE_KAFKA);
      return 0;
    }
    return await execute({ options, terminal });
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof KafkaError)) throw error;
    terminal.err(messageOf(error));
    if (error instanceof UsageError && error.withUsage) terminal.err(usageOf(table));
    return 1;
  }
}
