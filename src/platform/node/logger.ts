import { createRequire } from 'node:module';
import type winston from 'winston';
import type { Logger } from '../logger.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface NodeLoggerOptions {
  /** Lines below it are dropped. */
  readonly level: LogLevel;
  /** Written besides the console; grows to 100 MB, ten old ones are kept. */
  readonly logFile?: string | undefined;
  /** False: no lines on standard output. */
  readonly console?: boolean | undefined;
}

const LOG_FILE_BYTES = 100 * 1024 * 1024;
const LOG_FILES = 10;

/** What one line is made of, as it travels through winston. */
interface Line {
  readonly level: string;
  readonly message: unknown;
  readonly logger?: unknown;
  readonly failure?: unknown;
  readonly at?: unknown;
}

/** Winston behind {@link Logger}, in the line pattern of Kafka's log4j.properties: `[%d] %p %m (%c)%n`. */
export function nodeLogger(name: string, options: NodeLoggerOptions): Logger {
  // Loading winston takes 30 ms: only a process that logs pays for it.
  const { createLogger, format, transports } = createRequire(import.meta.url)('winston') as typeof winston;
  const rotation = { maxsize: LOG_FILE_BYTES, maxFiles: LOG_FILES, tailable: true };
  const outputs = [
    ...(options.console === false ? [] : [new transports.Console()]),
    ...(options.logFile === undefined ? [] : [new transports.File({ filename: options.logFile, ...rotation })]),
  ];
  const sink = createLogger({
    level: options.level,
    format: format.printf((line) => formatLine(line)),
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- winston types them as interfaces
    transports: outputs,
    silent: outputs.length === 0,
  });
  return new NodeLogger(name, sink, options.level === 'debug');
}

class NodeLogger implements Logger {
  readonly isDebug: boolean;
  private readonly name: string;
  private readonly sink: winston.Logger;

  constructor(name: string, sink: winston.Logger, isDebug: boolean) {
    this.name = name;
    this.sink = sink;
    this.isDebug = isDebug;
  }

  debug(message: string): void {
    if (this.isDebug) this.write('debug', message);
  }

  info(message: string): void {
    this.write('info', message);
  }

  warn(message: string, error?: unknown): void {
    this.write('warn', message, error);
  }

  error(message: string, error?: unknown): void {
    this.write('error', message, error);
  }

  named(name: string): Logger {
    return new NodeLogger(name, this.sink, this.isDebug);
  }

  private write(level: LogLevel, message: string, failure?: unknown): void {
    this.sink.log({ level, message, logger: this.name, failure, at: Date.now() });
  }
}

/** `[2024-01-01 10:00:00,123] INFO [KafkaServer id=1] started (kafka.server.KafkaServer)`, then the stack of an error. */
export function formatLine(line: Line): string {
  const head = `[${formatTime(Number(line.at))}] ${line.level.toUpperCase()} ${String(line.message)} (${String(line.logger)})`;
  return line.failure === undefined ? head : `${head}\n${describe(line.failure)}`;
}

function describe(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure);
  const own = failure.stack ?? failure.message;
  return failure.cause === undefined ? own : `${own}\nCaused by: ${describe(failure.cause)}`;
}

/** ISO 8601 in local time with a comma before the milliseconds, as log4j writes it. */
function formatTime(wallMs: number): string {
  const d = new Date(wallMs);
  const two = (n: number): string => String(n).padStart(2, '0');
  const date = `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
  const time = `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
  return `${date} ${time},${String(d.getMilliseconds()).padStart(3, '0')}`;
}
