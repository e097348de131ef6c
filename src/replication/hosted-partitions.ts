import { KafkaError } from '../common/errors.js';
import type { MetadataCache } from '../metadata/metadata-cache.js';
import type { Partition } from './partition.js';

/** The partition's log directory failed. */
export const OFFLINE = Symbol('offline partition');
export type Hosted = Partition | typeof OFFLINE;

/**
 * The partitions this broker hosts, by topic and number: looked up for every partition of every request, so without building
 * a key.
 */
export class HostedPartitions {
  private readonly topics = new Map<string, (Hosted | undefined)[]>();
  private readonly brokerId: number;
  private readonly metadata: Pick<MetadataCache, 'partition'>;

  constructor(brokerId: number, metadata: Pick<MetadataCache, 'partition'>) {
    this.brokerId = brokerId;
    this.metadata = metadata;
  }

  get(topic: string, partition: number): Hosted | undefined {
    return this.topics.get(topic)?.[partition];
  }

  /** @throws KafkaError KAFKA_STORAGE_ERROR, UNKNOWN_TOPIC_OR_PARTITION; NOT_LEADER_OR_FOLLOWER if another broker has it */
  getOrThrow(topic: string, partition: number): Partition {
    const hosted = this.get(topic, partition);
    if (hosted === OFFLINE) {
      throw new KafkaError('KAFKA_STORAGE_ERROR', `Partition ${topic}-${partition} is in an offline log directory`);
    }
    if (hosted !== undefined) return hosted;
    // Elsewhere: the client shall look up where. Not known at all: it does not exist.
    const isElsewhere = this.metadata.partition(topic, partition) !== undefined;
    throw isElsewhere
      ? new KafkaError('NOT_LEADER_OR_FOLLOWER', `Broker ${this.brokerId} has no replica of ${topic}-${partition}`)
      : new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `Unknown partition ${topic}-${partition}`);
  }

  set(topic: string, partition: number, hosted: Hosted): void {
    const partitions = this.topics.get(topic);
    if (partitions === undefined) {
      const created: (Hosted | undefined)[] = [];
      created[partition] = hosted;
      this.topics.set(topic, created);
    } else {
      partitions[partition] = hosted;
    }
  }

  delete(topic: string, partition: number): void {
    const partitions = this.topics.get(topic);
    if (partitions === undefined) return;
    partitions[partition] = undefined;
    if (partitions.every((each) => each === undefined)) this.topics.delete(topic);
  }

  /** Those that are online. */
  *online(): Generator<Partition> {
    for (const partitions of this.topics.values()) {
      for (const hosted of partitions) {
        if (hosted !== undefined && hosted !== OFFLINE) yield hosted;
      }
    }
  }

  get offlineCount(): number {
    let count = 0;
    for (const partitions of this.topics.values()) count += partitions.filter((each) => each === OFFLINE).length;
    return count;
  }
}
