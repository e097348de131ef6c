import type { TopicPartition } from '../../../src/common/topic-partition.js';

/** One replica as it stands after an event, on a broker that lives. */
export interface ReplicaState extends TopicPartition {
  /** A topic that is deleted and made again is another one. */
  readonly topicId: string;
  readonly brokerId: number;
  /** Which process of that broker: it grows with every start. */
  readonly life: number;
  readonly isLeader: boolean;
  readonly leaderEpoch: number;
  readonly highWatermark: number;
}

/** A batch that stands in a log, with what tells it from every other one that might stand there. */
export interface LoggedBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly leaderEpoch: number;
  /** Over the records and their header. */
  readonly crc: number;
}

/** The batches of the replica that hold the offsets [from, to). */
export type ReadBatches = (from: number, to: number) => readonly LoggedBatch[];

/** Hears of each change of a replica. @throws Violation */
export interface Checker {
  observe(replica: ReplicaState, read: ReadBatches): void;
}

/** A promise of Kafka was broken. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

export function partitionKey({ topic, topicId, partition }: ReplicaState): string {
  return `${topic}-${partition} (${topicId})`;
}

export function replicaKey(replica: ReplicaState): string {
  return `${partitionKey(replica)} on broker ${replica.brokerId}, life ${replica.life}`;
}
