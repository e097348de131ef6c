import { errorNameOf, KafkaError, type ErrorName } from '../common/errors.js';
import { invariant } from '../common/invariant.js';
import { topicPartitionKey, type TopicPartition } from '../common/topic-partition.js';
import type { Uuid } from '../common/uuid.js';
import type {
  ControlPlane,
  LeadOrFollow,
  ReplicaChange,
  ReplicaChanges,
  StopReplica,
} from '../metadata/control-plane.js';
import type { MetadataCache } from '../metadata/metadata-cache.js';
import type { Logger } from '../platform/logger.js';
import type { Cancel, Time } from '../platform/time.js';
import { errorCode, type ErrorCode } from '../protocol/error-codes.js';
import type { Log } from '../storage/log.js';
import { AlterPartitionManager } from './alter-partition.js';
import type { ProduceTopicResponse } from './delayed-produce.js';
import { HostedPartitions, OFFLINE, type Hosted } from './hosted-partitions.js';
import type { LogProvider } from './log-provider.js';
import { Partition, type PartitionEnvironment } from './partition.js';
import { Purgatory } from './purgatory.js';
import { RecordAppender, type AppendOptions, type TopicAppend } from './record-appender.js';
import type { ReplicationCounters } from './replication-counters.js';
import type { ReplicationSettings } from './settings.js';

/** Who follows leaders. {@link ReplicaFetcherManager} */
export interface ReplicaFetchers {
  /** Begins to fetch from the partition's leader, from the end of its log. One that is fetched already begins anew. */
  add(partition: Partition): void;
  remove(partition: TopicPartition): void;
  /** After a batch of changes: fetchers without partitions close. */
  removeIdle(): void;
}

/** Told after each batch of changes, when all of it is applied: coordinators load and unload by it. */
export interface LeadershipListener {
  /**
   * `leaders`: those this broker leads in a new epoch, also where it led before (a follower that dies raises the epoch):
   * who writes or is fenced by epoch must hear of it. Differs: Kafka's coordinators are told of new leaders alone.
   */
  onLeadershipChange(leaders: readonly Partition[], followers: readonly Partition[]): void;
  /** Neither leads nor follows any more. */
  onStopped(partition: TopicPartition, isDeleted: boolean): void;
}

export interface ReplicaManagerParts {
  readonly settings: ReplicationSettings;
  readonly logs: LogProvider;
  readonly metadata: Pick<MetadataCache, 'partition' | 'broker'>;
  readonly controlPlane: Pick<ControlPlane, 'send' | 'brokerEpoch'>;
  readonly time: Time;
  readonly logger: Logger;
  readonly counters: ReplicationCounters;
}

/**
 * The replicas of this broker: moves them as the controller says, appends for producers, keeps high watermarks and ISRs.
 * Source: kafka.server.ReplicaManager, 3.9
 */
export class ReplicaManager implements ReplicaChanges {
  readonly counters: ReplicationCounters;
  readonly purgatory: Purgatory;
  private readonly settings: ReplicationSettings;
  private readonly logs: LogProvider;
  private readonly metadata: Pick<MetadataCache, 'partition' | 'broker'>;
  private readonly time: Time;
  private readonly logger: Logger;
  private readonly alterPartitions: AlterPartitionManager;
  private readonly env: PartitionEnvironment;
  private readonly hosted: HostedPartitions;
  private readonly appender: RecordAppender;
  /** Leaders with followers: what the ISR timer looks at. */
  private readonly leaders = new Set<Partition>();
  private fetchers: ReplicaFetchers | undefined;
  private readonly listeners: LeadershipListener[] = [];
  private highWatermarksMoved = false;
  private checkpointing: Promise<void> | undefined;
  private isStarted = false;
  private isClosed = false;
  private stopIsrTimer: Cancel = () => undefined;
  private stopCheckpointTimer: Cancel = () => undefined;

  constructor(parts: ReplicaManagerParts) {
    this.settings = parts.settings;
    this.logs = parts.logs;
    this.metadata = parts.metadata;
    this.time = parts.time;
    this.counters = parts.counters;
    this.logger = parts.logger.named('kafka.server.ReplicaManager');
    this.purgatory = new Purgatory(parts.time);
    const { brokerId, replicaLagTimeMaxMs } = parts.settings;
    this.hosted = new HostedPartitions(brokerId, parts.metadata);
    this.appender = new RecordAppender(this.hosted, this.purgatory, this.counters, this.logger);
    this.alterPartitions = new AlterPartitionManager(brokerId, parts.controlPlane, parts.time, parts.logger);
    this.env = {
      brokerId,
      replicaLagTimeMaxMs,
      time: parts.time,
      logger: parts.logger.named('kafka.cluster.Partition'),
      counters: parts.counters,
      alterPartitions: this.alterPartitions,
      isAlive: (id) => parts.metadata.broker(id) !== undefined,
      onHighWatermarkMoved: () => {
        this.highWatermarksMoved = true;
      },
    };
  }

  /** Before the first change is applied. */
  attachFetchers(fetchers: ReplicaFetchers): void {
    this.fetchers = fetchers;
  }

  onLeadership(listener: LeadershipListener): void {
    this.listeners.push(listener);
  }

  // ---- lookup ------------------------------------------------------------------------------------------------------

  /** undefined if it is not hosted here, or offline. */
  partition(topic: string, partition: number): Partition | undefined {
    const hosted = this.hosted.get(topic, partition);
    return hosted === OFFLINE ? undefined : hosted;
  }

  /** @throws KafkaError KAFKA_STORAGE_ERROR, NOT_LEADER_OR_FOLLOWER, UNKNOWN_TOPIC_OR_PARTITION */
  partitionOrThrow(topic: string, partition: number): Partition {
    return this.hosted.getOrThrow(topic, partition);
  }

  /** What an error response tells the client about who leads; −1 and −1 if nothing is known. */
  currentLeader(topic: string, partition: number): { leaderId: number; leaderEpoch: number } {
    const local = this.partition(topic, partition);
    if (local !== undefined) return { leaderId: local.leaderId, leaderEpoch: local.leaderEpoch };
    const known = this.metadata.partition(topic, partition);
    return { leaderId: known?.leader ?? -1, leaderEpoch: known?.leaderEpoch ?? -1 };
  }

  partitions(): Iterable<Partition> {
    return this.hosted.online();
  }

  /** Kafka's gauges of these names. */
  gauges() {
    let leaderCount = 0;
    let partitionCount = 0;
    let underReplicatedPartitions = 0;
    let underMinIsrPartitionCount = 0;
    for (const partition of this.hosted.online()) {
      partitionCount++;
      if (partition.isLeader) leaderCount++;
      if (partition.isUnderReplicated) underReplicatedPartitions++;
      if (partition.isUnderMinIsr) underMinIsrPartitionCount++;
    }
    const offlineReplicaCount = this.hosted.offlineCount;
    return { leaderCount, partitionCount, underReplicatedPartitions, underMinIsrPartitionCount, offlineReplicaCount };
  }

  // ---- roles -------------------------------------------------------------------------------------------------------

  /** One batch: stops, then leaders, then followers, then whoever listens. Nothing interleaves it. */
  applyReplicas(changes: readonly ReplicaChange[]): Promise<Map<string, ErrorCode>> {
    const errors = new Map<string, ErrorCode>();
    const leaders: Partition[] = [];
    const followers: Partition[] = [];
    for (const change of changes) {
      const error = change.type === 'stop' ? this.stop(change) : this.leadOrFollow(change, leaders, followers);
      errors.set(topicPartitionKey(change.topic, change.partition), errorCode(error));
    }
    for (const partition of followers) this.follow(partition);
    this.fetchers?.removeIdle();
    if (leaders.length > 0 || followers.length > 0) {
      for (const listener of this.listeners) listener.onLeadershipChange(leaders, followers);
    }
    this.startTimers();
    return Promise.resolve(errors);
  }

  private leadOrFollow(change: LeadOrFollow, leaders: Partition[], followers: Partition[]): ErrorName {
    const hosted = this.hosted.get(change.topic, change.partition);
    if (hosted === OFFLINE) return 'KAFKA_STORAGE_ERROR';
    const error = this.refusalOf(change, hosted);
    if (error !== undefined) return error;
    try {
      this.applyOne(change, hosted, leaders, followers);
      return 'NONE';
    } catch (thrown) {
      if (errorNameOf(thrown) !== 'KAFKA_STORAGE_ERROR') throw thrown;
      this.logger.error(`Error while making ${change.topic}-${change.partition} leader or follower`, thrown);
      this.markOffline(change);
      return 'KAFKA_STORAGE_ERROR';
    }
  }

  private applyOne(
    change: LeadOrFollow,
    hosted: Partition | undefined,
    leaders: Partition[],
    followers: Partition[],
  ): void {
    if (hosted !== undefined && change.leaderEpoch === hosted.leaderEpoch) {
      this.assignTopicId(hosted, change.topicId);
      return;
    }
    const log = this.logOf(change, hosted);
    const partition =
      hosted ?? new Partition(change, change.topicId ?? this.logs.topicIdOf(change.topic, change.partition), this.env);
    if (hosted === undefined) this.hosted.set(change.topic, change.partition, partition);
    if (partition.topicId === undefined) this.assignTopicId(partition, change.topicId);
    if (change.leader === this.settings.brokerId) {
      this.fetchers?.remove(partition);
      const isNewLeader = partition.makeLeader(change, log);
      if (isNewLeader || partition.leaderEpoch === change.leaderEpoch) leaders.push(partition);
      this.noteLeader(partition);
    } else if (change.leader < 0) {
      // Nobody leads: whoever is fetched from, and whatever is led, stays until a leader is named, as in Kafka.
      partition.holdLog(log);
    } else if (partition.makeFollower(change, log)) {
      this.noteLeader(partition);
      partition.wakeAll();
      followers.push(partition);
    }
  }

  /**
   * The checks before anything is touched.
   * Source: kafka.server.ReplicaManager.becomeLeaderOrFollower, 3.9
   */
  private refusalOf(change: LeadOrFollow, hosted: Partition | undefined): ErrorName | undefined {
    const knownId = hosted?.topicId ?? this.logs.topicIdOf(change.topic, change.partition);
    if (knownId !== undefined && change.topicId !== undefined && knownId !== change.topicId) {
      this.logger.error(
        `Topic ID in memory: ${knownId} does not match the topic ID for partition ${change.topic}-${change.partition} received: ${change.topicId}.`,
      );
      return 'INCONSISTENT_TOPIC_ID';
    }
    const knownEpoch = hosted?.leaderEpoch ?? -1;
    const addsTopicId = hosted?.topicId === undefined && change.topicId !== undefined;
    if (change.leaderEpoch < knownEpoch || (change.leaderEpoch === knownEpoch && !addsTopicId)) {
      // every controlled shutdown and failover sends many of these; Kafka writes them to its state-change log
      if (this.logger.isDebug) {
        this.logger.debug(
          `Ignoring LeaderAndIsr request from controller ${change.controllerId} epoch ${change.controllerEpoch} for partition ${change.topic}-${change.partition} since its associated leader epoch ${change.leaderEpoch} is not larger than the current leader epoch ${knownEpoch}`,
        );
      }
      return 'STALE_CONTROLLER_EPOCH';
    }
    if (!change.replicas.includes(this.settings.brokerId)) {
      this.logger.warn(
        `Ignoring LeaderAndIsr request from controller ${change.controllerId} epoch ${change.controllerEpoch} for partition ${change.topic}-${change.partition} as itself is not in assigned replica list ${change.replicas.join(',')}`,
      );
      return 'UNKNOWN_TOPIC_OR_PARTITION';
    }
    return undefined;
  }

  /** A partition that comes anew starts from the checkpointed high watermark. */
  private logOf(change: LeadOrFollow, hosted: Partition | undefined): Log {
    if (hosted?.log !== undefined) return hosted.log;
    const { topic, partition, topicId, topicConfig, isNew } = change;
    const log = this.logs.getOrCreate(topic, partition, topicId, topicConfig, isNew);
    const checkpointed = this.logs.checkpointedHighWatermark(topic, partition);
    if (checkpointed !== undefined && checkpointed > log.highWatermark) {
      log.updateHighWatermark(Math.min(checkpointed, log.logEndOffset));
    }
    return log;
  }

  private assignTopicId(partition: Partition, topicId: Uuid | undefined): void {
    if (topicId === undefined) return;
    this.logs.assignTopicId(partition.topic, partition.partition, topicId);
    partition.topicId = topicId;
  }

  private noteLeader(partition: Partition): void {
    if (partition.isLeader && partition.replicas.length > 1) this.leaders.add(partition);
    else this.leaders.delete(partition);
  }

  /** The log's end is where fetching begins: nothing may be fetched into it meanwhile. */
  private follow(partition: Partition): void {
    invariant(this.fetchers !== undefined, 'fetchers are attached before replicas are moved');
    this.fetchers.remove(partition);
    this.fetchers.add(partition);
  }

  /** Source: kafka.server.ReplicaManager.stopReplicas, 3.9 */
  private stop(change: StopReplica): ErrorName {
    const hosted = this.hosted.get(change.topic, change.partition);
    if (hosted === OFFLINE) return 'KAFKA_STORAGE_ERROR';
    const hasEpoch = change.leaderEpoch >= 0; // −1 unknown, −2 being deleted: whatever the epoch
    if (hosted !== undefined && hasEpoch && change.leaderEpoch < hosted.leaderEpoch) {
      this.logger.warn(
        `Ignoring StopReplica request for partition ${hosted.key} since its associated leader epoch ${change.leaderEpoch} is smaller than the current leader epoch ${hosted.leaderEpoch}`,
      );
      return 'FENCED_LEADER_EPOCH';
    }
    this.fetchers?.remove(change);
    try {
      if (change.deletePartition) this.delete(change, hosted);
      else hosted?.wakeAll();
    } catch (thrown) {
      if (!(thrown instanceof KafkaError)) throw thrown;
      this.logger.error(`Ignoring StopReplica for ${change.topic}-${change.partition}`, thrown);
      return thrown.error;
    }
    for (const listener of this.listeners) listener.onStopped(change, change.deletePartition);
    return 'NONE';
  }

  /** A log without a partition goes too: the topic may have been deleted while this broker was down. */
  private delete(change: TopicPartition, hosted: Hosted | undefined): void {
    this.hosted.delete(change.topic, change.partition);
    if (hosted instanceof Partition) {
      hosted.detach();
      this.noteLeader(hosted);
      hosted.wakeAll();
    }
    this.logs.delete(change.topic, change.partition);
  }

  /** A log directory failed: its partitions answer KAFKA_STORAGE_ERROR until the broker restarts. */
  onLogDirFailure(): void {
    for (const partition of [...this.hosted.online()]) {
      if (this.logs.isOffline(partition.topic, partition.partition)) this.markOffline(partition);
    }
  }

  private markOffline({ topic, partition }: TopicPartition): void {
    const hosted = this.hosted.get(topic, partition);
    this.hosted.set(topic, partition, OFFLINE);
    this.fetchers?.remove({ topic, partition });
    if (hosted === undefined || hosted === OFFLINE) return;
    hosted.detach();
    this.noteLeader(hosted);
    hosted.wakeAll();
  }

  // ---- produce -----------------------------------------------------------------------------------------------------

  /** See {@link RecordAppender.appendRecords}. */
  appendRecords(
    topics: readonly TopicAppend[],
    options: AppendOptions,
  ): ProduceTopicResponse[] | Promise<ProduceTopicResponse[]> {
    return this.appender.appendRecords(topics, options);
  }

  // ---- timers ------------------------------------------------------------------------------------------------------

  /** After the first batch of changes, so that a checkpoint never misses partitions that were not applied yet. */
  private startTimers(): void {
    if (this.isStarted || this.isClosed) return;
    this.isStarted = true;
    this.scheduleIsrCheck();
    this.scheduleCheckpoint();
  }

  private scheduleIsrCheck(): void {
    this.stopIsrTimer = this.time.schedule(this.settings.replicaLagTimeMaxMs / 2, () => {
      for (const partition of this.leaders) partition.maybeShrinkIsr();
      this.scheduleIsrCheck();
    });
  }

  private scheduleCheckpoint(): void {
    this.stopCheckpointTimer = this.time.schedule(this.settings.replicaHighWatermarkCheckpointIntervalMs, () => {
      this.checkpointing = this.checkpointHighWatermarks().finally(() => {
        if (!this.isClosed) this.scheduleCheckpoint();
      });
    });
  }

  /** Writes nothing when no high watermark moved since the last time. Never rejects: a failing disk is the log manager's matter. */
  private async checkpointHighWatermarks(): Promise<void> {
    if (!this.highWatermarksMoved) return;
    this.highWatermarksMoved = false;
    const logs: Log[] = [];
    for (const { log } of this.hosted.online()) if (log !== undefined) logs.push(log);
    try {
      await this.logs.checkpointHighWatermarks(logs);
    } catch (thrown) {
      this.highWatermarksMoved = true;
      this.logger.error('Error while writing to the high watermark checkpoint', thrown);
    }
  }

  /** A follower's high watermark moved. */
  noteHighWatermarkMoved(): void {
    this.highWatermarksMoved = true;
  }

  /** A connection closed: what it waits for is abandoned. */
  dropConnection(connectionId: string): void {
    this.purgatory.dropConnection(connectionId);
  }

  /** Stops timers, abandons who waits, writes the last checkpoint. Logs are closed by the log manager afterwards. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.stopIsrTimer();
    this.stopCheckpointTimer();
    this.alterPartitions.close();
    this.purgatory.close();
    await this.checkpointing;
    this.highWatermarksMoved = true;
    await this.checkpointHighWatermarks();
  }
}
