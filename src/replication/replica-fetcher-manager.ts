import { topicPartitionKey, type TopicPartition } from '../common/topic-partition.js';
import { newFetchState } from './fetch-state.js';
import type { Partition } from './partition.js';
import { ReplicaFetcher, type ReplicaFetcherParts } from './replica-fetcher.js';
import type { ReplicaFetchers } from './replica-manager.js';

/**
 * The fetchers of this broker: num.replica.fetchers for each broker it follows, partitions spread over them by their name.
 * Source: kafka.server.ReplicaFetcherManager, AbstractFetcherManager, 3.9
 */
export class ReplicaFetcherManager implements ReplicaFetchers {
  private readonly parts: ReplicaFetcherParts;
  private readonly fetchers = new Map<string, ReplicaFetcher>();
  /** Which fetcher has a partition. */
  private readonly assigned = new Map<string, ReplicaFetcher>();
  private isClosed = false;

  constructor(parts: ReplicaFetcherParts) {
    this.parts = { ...parts, logger: parts.logger.named('kafka.server.ReplicaFetcherThread') };
  }

  get fetcherCount(): number {
    return this.fetchers.size;
  }

  add(partition: Partition): void {
    if (this.isClosed) return;
    const fetcherId = fetcherIdOf(partition.topic, partition.partition, this.parts.settings.numReplicaFetchers);
    const key = `${partition.leaderId}-${fetcherId}`;
    let fetcher = this.fetchers.get(key);
    if (fetcher === undefined) {
      fetcher = new ReplicaFetcher(partition.leaderId, fetcherId, this.parts);
      this.fetchers.set(key, fetcher);
    }
    this.assigned.set(partition.key, fetcher);
    fetcher.add(newFetchState(partition));
  }

  remove({ topic, partition }: TopicPartition): void {
    const key = topicPartitionKey(topic, partition);
    this.assigned.get(key)?.remove(key);
    this.assigned.delete(key);
  }

  removeIdle(): void {
    for (const [key, fetcher] of this.fetchers) {
      if (fetcher.partitionCount > 0) continue;
      fetcher.close();
      this.fetchers.delete(key);
    }
  }

  /** Nothing is fetched any more, whatever the controller still sends. */
  close(): void {
    this.isClosed = true;
    for (const fetcher of this.fetchers.values()) fetcher.close();
    this.fetchers.clear();
    this.assigned.clear();
  }
}

/** Source: kafka.server.AbstractFetcherManager.getFetcherId, 3.9 */
export function fetcherIdOf(topic: string, partition: number, fetchers: number): number {
  let hash = 0;
  for (let i = 0; i < topic.length; i++) hash = (Math.imul(31, hash) + topic.charCodeAt(i)) | 0; // String.hashCode
  const mixed = (Math.imul(31, hash) + partition) | 0;
  return mixed === -0x80000000 ? 0 : Math.abs(mixed) % fetchers; // Utils.abs
}
