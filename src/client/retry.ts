import { type ErrorName, errorNameOf, KafkaError } from '../common/errors.js';
import type { Random } from '../platform/random.js';
import { delay, type Time } from '../platform/time.js';
import { type ErrorCode, errorName, NONE } from '../protocol/error-codes.js';

/** Errors after which a client asks again. Source: org.apache.kafka.common.errors.RetriableException, 3.9 */
const RETRIABLE: ReadonlySet<ErrorName> = new Set<ErrorName>([
  'CORRUPT_MESSAGE',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'REQUEST_TIMED_OUT',
  'REPLICA_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'NOT_CONTROLLER',
  'CONCURRENT_TRANSACTIONS',
  'KAFKA_STORAGE_ERROR',
  'FETCH_SESSION_ID_NOT_FOUND',
  'INVALID_FETCH_SESSION_EPOCH',
  'LISTENER_NOT_FOUND',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'OFFSET_NOT_AVAILABLE',
  'PREFERRED_LEADER_NOT_AVAILABLE',
  'UNSTABLE_OFFSET_COMMIT',
  'THROTTLING_QUOTA_EXCEEDED',
  'UNKNOWN_TOPIC_ID',
  'INCONSISTENT_TOPIC_ID',
]);

export function isRetriable(error: ErrorName): boolean {
  return RETRIABLE.has(error);
}

/** @throws KafkaError unless `code` is 0 */
export function throwIfError(code: ErrorCode, message?: string | null): void {
  if (code !== NONE) throw new KafkaError(errorName(code), message ?? errorName(code));
}

/** How long to wait before the next try: doubling from `retry.backoff.ms` to `retry.backoff.max.ms`, ±20 %. */
export class Backoff {
  private readonly firstMs: number;
  private readonly maxMs: number;
  private readonly random: Random;
  private tries = 0;

  constructor(firstMs: number, maxMs: number, random: Random) {
    this.firstMs = firstMs;
    this.maxMs = maxMs;
    this.random = random;
  }

  nextMs(): number {
    const jitter = 0.8 + 0.4 * this.random.float();
    return Math.min(this.maxMs, this.firstMs * 2 ** Math.min(this.tries++, 30)) * jitter;
  }
}

export interface RetryOptions {
  readonly time: Time;
  readonly backoff: Backoff;
  /** On the monotonic clock. */
  readonly deadlineMs: number;
  /** Before each next try; what it throws ends the tries unless it is retriable itself. */
  readonly beforeRetry?: (error: KafkaError) => Promise<void> | void;
}

/** Tries `attempt` until it succeeds, fails with an error that no retry mends, or the deadline is near. */
export async function retrying<T>(options: RetryOptions, attempt: () => Promise<T>): Promise<T> {
  const { time, backoff, deadlineMs, beforeRetry } = options;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof KafkaError) || !isRetriable(errorNameOf(error))) throw error;
      const waitMs = backoff.nextMs();
      if (time.nowMs() + waitMs >= deadlineMs) throw error;
      await delay(time, waitMs);
      await beforeRetry?.(error);
    }
  }
}
