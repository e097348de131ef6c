import { type TopicPartition, topicPartitionKey } from '../../../src/common/topic-partition.js';
import { Violation } from './checker.js';

/** A record as somebody sent or read it. `sequence` counts what one producer sent, over all partitions. */
export interface KnownRecord extends TopicPartition {
  /** −1 unknown: acknowledged as a duplicate. */
  readonly offset: number;
  readonly sequence: number;
}

/** Every acknowledged record stands in the log, where the acknowledgement said. @throws Violation */
export function assertNothingLost(acknowledged: readonly KnownRecord[], committed: readonly KnownRecord[]): void {
  const standing = new Map(committed.map((record) => [placeOf(record), record.sequence]));
  const sequences = new Set(committed.map((record) => record.sequence));
  for (const record of acknowledged) {
    const isThere =
      record.offset < 0 ? sequences.has(record.sequence) : standing.get(placeOf(record)) === record.sequence;
    if (isThere) continue;
    const found = standing.get(placeOf(record));
    throw new Violation(
      `record ${record.sequence} was acknowledged at ${placeOf(record)}, where ${found === undefined ? 'nothing stands' : `record ${found} stands`}`,
    );
  }
}

/** In each partition records stand in the order they were sent in, an idempotent producer's each once. @throws Violation */
export function assertOrder(committed: readonly KnownRecord[]): void {
  const last = new Map<string, KnownRecord>();
  for (const record of committed) {
    const key = topicPartitionKey(record.topic, record.partition);
    const before = last.get(key);
    last.set(key, record);
    if (before !== undefined && before.sequence >= record.sequence) {
      throw new Violation(`record ${record.sequence} at ${placeOf(record)} stands behind record ${before.sequence}`);
    }
  }
}

/** What a consumer was given at an offset stands there for good: it never saw what was not committed. @throws Violation */
export function assertReadCommitted(consumed: readonly KnownRecord[], committed: readonly KnownRecord[]): void {
  const standing = new Map(committed.map((record) => [placeOf(record), record.sequence]));
  for (const record of consumed) {
    const found = standing.get(placeOf(record));
    if (found !== record.sequence) {
      throw new Violation(`a consumer was given ${record.sequence} at ${placeOf(record)}, where ${found} stands`);
    }
  }
}

/** A group skips nothing: each of these records was given to one of its members at least once. @throws Violation */
export function assertNothingSkipped(expected: readonly KnownRecord[], consumed: readonly KnownRecord[]): void {
  const seen = new Set(consumed.map((record) => record.sequence));
  for (const record of expected) {
    if (!seen.has(record.sequence)) {
      throw new Violation(`record ${record.sequence} at ${placeOf(record)} was skipped by the group`);
    }
  }
}

function placeOf(record: KnownRecord): string {
  return `${topicPartitionKey(record.topic, record.partition)}/${record.offset}`;
}
