import { KafkaError } from '../common/errors.js';
import { invariant } from '../common/invariant.js';
import { type TopicPartition, topicPartitionKey } from '../common/topic-partition.js';
import type { Int64 } from '../common/int64.js';
import { apis } from '../protocol/apis.js';
import type { ClusterClient } from './cluster-client.js';
import { type ConsumedRecord, Fetcher, isolationLevelOf } from './fetcher.js';
import { type CommittedOffset, GroupMembership } from './group-membership.js';
import { throwIfError } from './retry.js';

/** Kafka's consumer settings of the same names; times ms. */
export interface ConsumerConfig {
  /** Needed to subscribe and to commit. */
  readonly groupId?: string;
  readonly groupInstanceId?: string | null;
  readonly sessionTimeoutMs?: number;
  readonly rebalanceTimeoutMs?: number;
  readonly heartbeatIntervalMs?: number;
  /** Where a partition begins that has no committed offset. */
  readonly autoOffsetReset?: 'earliest' | 'latest' | 'none';
  readonly enableAutoCommit?: boolean;
  readonly autoCommitIntervalMs?: number;
  readonly maxPollRecords?: number;
  readonly fetchMaxWaitMs?: number;
  readonly fetchMinBytes?: number;
  readonly fetchMaxBytes?: number;
  readonly maxPartitionFetchBytes?: number;
  readonly isolationLevel?: 'read_uncommitted' | 'read_committed';
}

const CONSUMER_DEFAULTS = {
  groupId: '',
  groupInstanceId: null,
  sessionTimeoutMs: 45000,
  rebalanceTimeoutMs: 300000,
  heartbeatIntervalMs: 3000,
  autoOffsetReset: 'latest',
  enableAutoCommit: true,
  autoCommitIntervalMs: 5000,
  maxPollRecords: 500,
  fetchMaxWaitMs: 500,
  fetchMinBytes: 1,
  fetchMaxBytes: 52428800,
  maxPartitionFetchBytes: 1048576,
  isolationLevel: 'read_uncommitted',
} as const;

/** Told of what a rebalance takes and gives, awaited before it goes on. */
export interface RebalanceListener {
  onAssigned?(partitions: readonly TopicPartition[]): Promise<void> | void;
  onRevoked?(partitions: readonly TopicPartition[]): Promise<void> | void;
}

/** Special timestamps of ListOffsets. */
export const LATEST = -1;
export const EARLIEST = -2;

/** While errors pass or a rebalance may be due, {@link Consumer.poll} looks again after this, ms. */
const POLL_STEP_MS = 100;

/** Reads records: of partitions it names, or as a member of a group. One caller at a time. */
export class Consumer {
  private readonly cluster: ClusterClient;
  private readonly config: Required<ConsumerConfig>;
  private readonly fetcher: Fetcher;
  private readonly group: GroupMembership | undefined;
  private topics: readonly string[] = [];
  private listener: RebalanceListener = {};
  private assigned: readonly TopicPartition[] = [];
  private committedMs: number;
  private readonly lastCommitted = new Map<string, number>();

  constructor(cluster: ClusterClient, config: ConsumerConfig = {}) {
    this.cluster = cluster;
    this.config = { ...CONSUMER_DEFAULTS, ...config };
    this.fetcher = new Fetcher(cluster, this.config);
    this.group = this.config.groupId === '' ? undefined : new GroupMembership(cluster, this.config);
    this.committedMs = cluster.platform.time.nowMs();
  }

  /** Becomes a member of the group, with the next {@link poll}. */
  subscribe(topics: readonly string[], listener: RebalanceListener = {}): void {
    invariant(this.group !== undefined, 'subscribing needs a group');
    this.topics = topics;
    this.listener = listener;
  }

  /** Reads these partitions, from where the group left off or `auto.offset.reset` says, unless {@link seek} says else. */
  async assign(partitions: readonly TopicPartition[]): Promise<void> {
    this.assigned = partitions;
    this.fetcher.retain(partitions);
    await Promise.all([...new Set(partitions.map(({ topic }) => topic))].map((topic) => this.cluster.topic(topic)));
    const fresh = partitions.filter(({ topic, partition }) => this.fetcher.positionOf(topic, partition) === undefined);
    const committed = this.group === undefined ? [] : await this.group.committed(fresh);
    for (const { topic, partition, offset } of committed) {
      this.fetcher.seek(topic, partition, offset);
      this.lastCommitted.set(topicPartitionKey(topic, partition), offset);
    }
    await this.reset(fresh.filter(({ topic, partition }) => this.fetcher.positionOf(topic, partition) === undefined));
  }

  get assignment(): readonly TopicPartition[] {
    return this.assigned;
  }

  seek(topic: string, partition: number, offset: number): void {
    this.fetcher.seek(topic, partition, offset);
  }

  /** Offset of the next record that {@link poll} will return. */
  position(topic: string, partition: number): number | undefined {
    return this.fetcher.positionOf(topic, partition)?.consumed;
  }

  /**
   * Up to `max.poll.records` records, in order per partition; none if none came in time. A rebalance that is due happens
   * here, however long it takes.
   * @throws KafkaError OFFSET_OUT_OF_RANGE (with `auto.offset.reset` none), TOPIC_AUTHORIZATION_FAILED, FENCED_INSTANCE_ID …
   */
  async poll(timeoutMs: number): Promise<ConsumedRecord[]> {
    const { time } = this.cluster.platform;
    const deadlineMs = time.nowMs() + timeoutMs;
    await this.cluster.refreshIfStale();
    for (;;) {
      if (this.isSubscribed() && this.group?.needsJoin === true) await this.rebalance(this.group);
      await this.maybeAutoCommit();
      const outOfRange = this.fetcher.takeOutOfRange();
      if (outOfRange.length > 0) await this.reset(outOfRange);
      const records = this.fetcher.take(this.config.maxPollRecords);
      this.fetcher.askAhead();
      const leftMs = deadlineMs - time.nowMs();
      if (records.length > 0 || leftMs <= 0) return records;
      await this.fetcher.arrival(Math.min(leftMs, POLL_STEP_MS));
    }
  }

  /** Commits the given offsets, or those of everything that was polled. Errors as {@link GroupMembership.commit}. */
  async commit(offsets: readonly CommittedOffset[] = this.consumedOffsets()): Promise<void> {
    invariant(this.group !== undefined, 'committing needs a group');
    await this.group.commit(offsets);
    for (const { topic, partition, offset } of offsets) {
      this.lastCommitted.set(topicPartitionKey(topic, partition), offset);
    }
  }

  committed(partitions: readonly TopicPartition[]): Promise<CommittedOffset[]> {
    invariant(this.group !== undefined, 'only a group has committed offsets');
    return this.group.committed(partitions);
  }

  /** The first offset whose record has timestamp ≥ `timestamp` (or {@link EARLIEST}, {@link LATEST}), −1 if there is none. */
  async offsetFor({ topic, partition }: TopicPartition, timestamp: Int64): Promise<number> {
    await this.cluster.topic(topic);
    return this.cluster.retrying(this.cluster.deadlineMs(), async () => {
      const leader = this.cluster.leaderOf(topic, partition);
      if (leader === undefined) throw new KafkaError('LEADER_NOT_AVAILABLE', topicPartitionKey(topic, partition));
      const asked = { partitionIndex: partition, currentLeaderEpoch: -1, timestamp, maxNumOffsets: 1 };
      const isolationLevel = isolationLevelOf(this.config);
      const body = { replicaId: -1, isolationLevel, topics: [{ name: topic, partitions: [asked] }] };
      const answer = await this.cluster.send(leader, { api: apis.listOffsets, body });
      const found = answer.topics[0]?.partitions[0];
      if (found === undefined) throw new KafkaError('UNKNOWN_SERVER_ERROR', 'no answer for the partition');
      throwIfError(found.errorCode);
      return found.offset;
    });
  }

  /** Commits (with auto-commit), leaves the group, reads no more. */
  async close(): Promise<void> {
    try {
      if (this.config.enableAutoCommit && this.group !== undefined) await this.commitChanged();
    } finally {
      this.fetcher.retain([]);
      await this.group?.leave();
    }
  }

  private isSubscribed(): boolean {
    return this.topics.length > 0;
  }

  private async rebalance(group: GroupMembership): Promise<void> {
    if (this.assigned.length > 0) {
      if (this.config.enableAutoCommit) await this.commitBeforeRebalance();
      await this.listener.onRevoked?.(this.assigned);
    }
    this.fetcher.retain([]);
    const partitions = await group.join(this.topics);
    await this.assign(partitions);
    await this.listener.onAssigned?.(partitions);
  }

  /** A member that was lost meanwhile cannot commit any more: others read again what it read last. */
  private async commitBeforeRebalance(): Promise<void> {
    try {
      await this.commitChanged();
    } catch (error) {
      this.cluster.platform.logger.warn('Offsets could not be committed before the rebalance', error);
    }
  }

  private async maybeAutoCommit(): Promise<void> {
    const nowMs = this.cluster.platform.time.nowMs();
    const { enableAutoCommit, autoCommitIntervalMs } = this.config;
    if (!enableAutoCommit || this.group === undefined || nowMs - this.committedMs < autoCommitIntervalMs) return;
    this.committedMs = nowMs;
    await this.commitBeforeRebalance();
  }

  private async commitChanged(): Promise<void> {
    const changed = this.consumedOffsets().filter(
      ({ topic, partition, offset }) => this.lastCommitted.get(topicPartitionKey(topic, partition)) !== offset,
    );
    if (changed.length > 0) await this.commit(changed);
  }

  private consumedOffsets(): CommittedOffset[] {
    return this.fetcher.all.map(({ topic, partition, consumed }) => ({ topic, partition, offset: consumed }));
  }

  /** @throws KafkaError OFFSET_OUT_OF_RANGE when there is no policy */
  private async reset(partitions: readonly TopicPartition[]): Promise<void> {
    const { autoOffsetReset } = this.config;
    await Promise.all(
      partitions.map(async ({ topic, partition }) => {
        if (autoOffsetReset === 'none') {
          throw new KafkaError('OFFSET_OUT_OF_RANGE', `no position for ${topicPartitionKey(topic, partition)}`);
        }
        const offset = await this.offsetFor({ topic, partition }, autoOffsetReset === 'earliest' ? EARLIEST : LATEST);
        this.fetcher.seek(topic, partition, offset);
      }),
    );
  }
}
