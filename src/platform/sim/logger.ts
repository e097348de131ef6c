import type { Logger } from '../logger.js';

export interface LogLine {
  /** Virtual monotonic time. */
  readonly atMs: number;
  readonly host: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** As in Kafka's `(kafka.server.KafkaServer)`. */
  readonly name: string;
  readonly message: string;
  readonly error?: unknown;
}

/** Hands each line to `record`. */
export function recordingLogger(name: string, record: (line: Omit<LogLine, 'atMs' | 'host'>) => void): Logger {
  return {
    isDebug: true,
    debug: (message) => record({ level: 'debug', name, message }),
    info: (message) => record({ level: 'info', name, message }),
    warn: (message, error) => record({ level: 'warn', name, message, error }),
    error: (message, error) => record({ level: 'error', name, message, error }),
    named: (other) => recordingLogger(other, record),
  };
}
