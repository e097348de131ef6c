import type { ErrorName } from '../../common/errors.js';

/** What the coordinator asks of whoever hosts the partitions of `__consumer_offsets`; plugged in by the broker. */
export interface PartitionWriter {
  /**
   * Appends one batch as the partition's leader with acks=all, in the order of the calls, and resolves once every
   * in-sync replica has it. The bytes are the callee's: it stamps offset and epoch in place.
   * @throws KafkaError NOT_LEADER_OR_FOLLOWER if this broker does not lead it in `leaderEpoch`, NOT_ENOUGH_REPLICAS,
   *   NOT_ENOUGH_REPLICAS_AFTER_APPEND, REQUEST_TIMED_OUT (after offsets.commit.timeout.ms), MESSAGE_TOO_LARGE, …
   */
  append(partition: number, leaderEpoch: number, batch: Buffer): Promise<void>;
  /**
   * Whole batches from the log's start to what is its end when the call is made.
   * @throws KafkaError NOT_LEADER_OR_FOLLOWER
   */
  read(partition: number, leaderEpoch: number): AsyncIterable<Buffer>;
  /** Partitions of `__consumer_offsets` when this broker started: what it had, or offsets.topic.num.partitions before it existed. */
  partitionCount(): number;
}

/** In whose name an offset is written: the coordinator of this partition, in this leader epoch. */
export interface CoordinatorFence {
  readonly partition: number;
  readonly leaderEpoch: number;
}

export interface GroupTopicPartition {
  readonly groupId: string;
  readonly topic: string;
  readonly partition: number;
}

export interface OffsetWrite extends GroupTopicPartition {
  readonly offset: number;
  /** undefined for OffsetCommit v0, which any broker takes for any group. */
  readonly fence: CoordinatorFence | undefined;
}

export interface StoredOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** The offsets in /consumers/G/offsets/T/P: written by the controller with its own fence and the coordinator's. */
export interface OffsetStore {
  /**
   * Sets each znode, parents included. [i] is the outcome of writes[i]: `NONE`, `NOT_COORDINATOR` if the fence does not
   * hold, another error that the client may retry. Rejects only when nothing is known of any of them.
   */
  write(writes: readonly OffsetWrite[]): Promise<readonly ErrorName[]>;
  /** Deletes the znodes; one that is not there is no error. Outcomes as {@link write}. */
  remove(fence: CoordinatorFence, keys: readonly GroupTopicPartition[]): Promise<readonly ErrorName[]>;
  /**
   * The number in each znode, undefined where there is none. A `sync` goes before it: the controller wrote through
   * another server of the ensemble, and whoever committed must read no older number.
   */
  read(keys: readonly GroupTopicPartition[]): Promise<readonly (number | undefined)[]>;
  /** Every partition of the group that has a znode; after a `sync` as well. */
  list(groupId: string): Promise<readonly StoredOffset[]>;
}

/** Kafka's settings of the same names, camel-cased. */
export interface GroupConfig {
  readonly groupMinSessionTimeoutMs: number;
  readonly groupMaxSessionTimeoutMs: number;
  readonly groupInitialRebalanceDelayMs: number;
  readonly groupMaxSize: number;
  readonly offsetMetadataMaxBytes: number;
  /** offsets.retention.minutes, in ms. */
  readonly offsetsRetentionMs: number;
  readonly offsetsRetentionCheckIntervalMs: number;
  /** Where committed numbers live: in znodes beside the log, or in the log alone, as with 3.9. */
  readonly offsetsStorage: 'zookeeper' | 'kafka';
}

/** Kafka's defaults; offsets.storage is ours. */
export const DEFAULT_GROUP_CONFIG: GroupConfig = {
  groupMinSessionTimeoutMs: 6000,
  groupMaxSessionTimeoutMs: 1_800_000,
  groupInitialRebalanceDelayMs: 3000,
  groupMaxSize: 2_147_483_647,
  offsetMetadataMaxBytes: 4096,
  offsetsRetentionMs: 10_080 * 60_000,
  offsetsRetentionCheckIntervalMs: 600_000,
  offsetsStorage: 'zookeeper',
};
