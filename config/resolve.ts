import { brokerReader, type ConfigValues } from './reader.js';

/*
 * Settings that several names give. The finer unit wins, set or not in which order.
 * Source: kafka.server.KafkaConfig, 3.9
 */

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** Absolute or relative, as written. */
export function logDirs(values: ConfigValues): string[] {
  const broker = brokerReader(values);
  const several = broker.text('log.dirs');
  return (several ?? broker.text('log.dir') ?? '').split(',').flatMap((folder) => folder.trim() || []);
}

/** -1: for ever. */
export function logRetentionMs(values: ConfigValues): number {
  const broker = brokerReader(values);
  const minutes = broker.maybeNumber('log.retention.minutes');
  const given =
    broker.maybeNumber('log.retention.ms') ??
    (minutes === undefined ? broker.number('log.retention.hours') * HOUR_MS : minutes * MINUTE_MS);
  return given < 0 ? -1 : given;
}

export function logRollMs(values: ConfigValues): number {
  const broker = brokerReader(values);
  return broker.maybeNumber('log.roll.ms') ?? broker.number('log.roll.hours') * HOUR_MS;
}

export function logRollJitterMs(values: ConfigValues): number {
  const broker = brokerReader(values);
  return broker.maybeNumber('log.roll.jitter.ms') ?? broker.number('log.roll.jitter.hours') * HOUR_MS;
}

/** As text: the default is 2^63-1. */
export function logFlushIntervalMs(values: ConfigValues): string | undefined {
  const broker = brokerReader(values);
  return broker.text('log.flush.interval.ms') ?? broker.text('log.flush.scheduler.interval.ms');
}

const NO_LIMIT = '9223372036854775807';

/** As text. The deprecated common limit counts where the limit of this side is not set. */
export function timestampLimitMs(values: ConfigValues, side: 'before' | 'after'): string | undefined {
  const broker = brokerReader(values);
  const own = broker.text(`log.message.timestamp.${side}.max.ms`);
  return own === NO_LIMIT ? broker.text('log.message.timestamp.difference.max.ms') : own;
}
