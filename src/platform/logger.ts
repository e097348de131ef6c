/** Log lines in Kafka's wording where people grep for it. A disabled level costs one branch: guard with {@link isDebug}. */
export interface Logger {
  readonly isDebug: boolean;
  debug(message: string): void;
  info(message: string): void;
  warn(message: string, error?: unknown): void;
  error(message: string, error?: unknown): void;
  /** A logger whose lines carry `name`, as Kafka's `(kafka.server.KafkaServer)`. */
  named(name: string): Logger;
}

/** Says nothing: for tests of parts whose log lines do not matter. */
export const silentLogger: Logger = {
  isDebug: false,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  named: () => silentLogger,
};
