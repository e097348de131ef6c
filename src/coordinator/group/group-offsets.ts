import type { Int64 } from '../../common/int64.js';
import { topicPartitionKey } from '../../common/topic-partition.js';

/** One commit, as it stands in a record of `__consumer_offsets`. */
export interface CommittedOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** −1 unknown. */
  readonly leaderEpoch: number;
  readonly metadata: string;
  /** ms. */
  readonly commitTimestamp: Int64;
  /** ms; undefined: offsets.retention.minutes decides. */
  readonly expireTimestamp: Int64 | undefined;
}

interface Entry {
  committed: CommittedOffset | undefined;
  /** Commits on their way into the log. */
  pending: number;
  /** Producers with an open transaction that commits this offset. */
  transactions: Map<number, CommittedOffset> | undefined;
}

/**
 * What a group has committed, by partition. An offset counts once its record is committed; while one is on its way the
 * partition is pending: it does not expire, and a client that requires stable offsets is told to ask again.
 * Source: kafka.coordinator.group.GroupMetadata (the offset half), 3.9
 */
export class GroupOffsets {
  private readonly entries = new Map<string, Entry>();

  get(topic: string, partition: number): CommittedOffset | undefined {
    return this.entries.get(topicPartitionKey(topic, partition))?.committed;
  }

  get isEmpty(): boolean {
    return this.entries.size === 0;
  }

  *committed(): Generator<CommittedOffset> {
    for (const { committed } of this.entries.values()) if (committed !== undefined) yield committed;
  }

  isPending(topic: string, partition: number): boolean {
    const entry = this.entries.get(topicPartitionKey(topic, partition));
    return entry !== undefined && (entry.pending > 0 || entry.transactions !== undefined);
  }

  beginCommit(topic: string, partition: number): void {
    this.entry(topic, partition).pending++;
  }

  /** The record of a commit that was begun did not get into the log, or it did and {@link set} was called. */
  endCommit(topic: string, partition: number): void {
    const entry = this.entry(topic, partition);
    entry.pending--;
    this.dropIfUnused(topic, partition, entry);
  }

  set(offset: CommittedOffset): void {
    this.entry(offset.topic, offset.partition).committed = offset;
  }

  delete(topic: string, partition: number): void {
    const key = topicPartitionKey(topic, partition);
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    entry.committed = undefined;
    this.dropIfUnused(topic, partition, entry);
  }

  /** A transaction's commit: counts once the transaction does. */
  setTransactional(producerId: number, offset: CommittedOffset): void {
    const entry = this.entry(offset.topic, offset.partition);
    entry.transactions ??= new Map();
    entry.transactions.set(producerId, offset);
  }

  endTransaction(producerId: number, isCommit: boolean): void {
    for (const entry of [...this.entries.values()]) {
      const offset = entry.transactions?.get(producerId);
      if (offset === undefined) continue;
      entry.transactions?.delete(producerId);
      if (entry.transactions?.size === 0) entry.transactions = undefined;
      if (isCommit) entry.committed = offset;
      this.dropIfUnused(offset.topic, offset.partition, entry);
    }
  }

  private entry(topic: string, partition: number): Entry {
    const key = topicPartitionKey(topic, partition);
    let entry = this.entries.get(key);
    if (entry === undefined)
      this.entries.set(key, (entry = { committed: undefined, pending: 0, transactions: undefined }));
    return entry;
  }

  private dropIfUnused(topic: string, partition: number, entry: Entry): void {
    if (entry.committed === undefined && entry.pending === 0 && entry.transactions === undefined) {
      this.entries.delete(topicPartitionKey(topic, partition));
    }
  }
}
