import { KafkaError, type ErrorName } from '../common/errors.js';
import { invariant } from '../common/invariant.js';
import { topicPartitionKey, type TopicPartition } from '../common/topic-partition.js';
import type { Uuid } from '../common/uuid.js';
import type { LeadOrFollow } from '../metadata/control-plane.js';
import type { Logger } from '../platform/logger.js';
import type { Time } from '../platform/time.js';
import type { AppendOrigin, AppendResult, Log } from '../storage/log.js';
import type { AlterPartitionOutcome, AlterPartitions } from './alter-partition.js';
import { newFollowerState, recordFetch, resetFollower, type FollowerState } from './follower-state.js';
import {
  committedIsr,
  expandIsr,
  highWatermarkOf,
  isInSync,
  outOfSyncReplicas,
  shrinkIsr,
  type IsrState,
  type PendingIsr,
} from './isr.js';
import type { FetchParams, PartitionFetch, PartitionRead } from './partition-fetch.js';
import { fetchableBytes, readLog } from './partition-read.js';
import { WatcherList } from './purgatory.js';
import type { ReplicationCounters } from './replication-counters.js';

/** What all partitions of a broker share. */
export interface PartitionEnvironment {
  readonly brokerId: number;
  readonly replicaLagTimeMaxMs: number;
  readonly time: Time;
  readonly logger: Logger;
  readonly counters: ReplicationCounters;
  readonly alterPartitions: AlterPartitions;
  /** Whether this broker knows the other one to be registered. */
  readonly isAlive: (brokerId: number) => boolean;
  /** Some high watermark moved: the checkpoint is out of date. */
  readonly onHighWatermarkMoved: () => void;
}

const NO_LEADER = -1;

/**
 * One replica of a partition on this broker: its role, and what a leader knows of its followers.
 * Each method is one step that nothing interleaves; what it throws leaves the state as it was.
 * Source: kafka.cluster.Partition, 3.9
 */
export class Partition implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  /** undefined while the controller has sent none (inter.broker.protocol.version below 2.8). */
  topicId: Uuid | undefined;
  /** Who waits for the high watermark to pass what they produced. */
  readonly parkedProduces = new WatcherList();
  /** Who waits for data. */
  readonly parkedFetches = new WatcherList();

  private readonly env: PartitionEnvironment;
  private localLog: Log | undefined;
  private leader = NO_LEADER;
  private epoch = -1;
  /** zkVersion of the state znode. */
  private stateEpoch = -1;
  private epochStart: number | undefined;
  private assigned: readonly number[] = [];
  private followers: FollowerState[] = [];
  private isrState: IsrState = committedIsr([]);

  constructor(topicPartition: TopicPartition, topicId: Uuid | undefined, env: PartitionEnvironment) {
    this.topic = topicPartition.topic;
    this.partition = topicPartition.partition;
    this.key = topicPartitionKey(this.topic, this.partition);
    this.topicId = topicId;
    this.env = env;
  }

  /** undefined until the first LeaderAndIsr made or found it. */
  get log(): Log | undefined {
    return this.localLog;
  }

  /** Broker id, −1 unknown or none. */
  get leaderId(): number {
    return this.leader;
  }

  get leaderEpoch(): number {
    return this.epoch;
  }

  /** Where this leader's epoch begins in its log; undefined on followers. */
  get epochStartOffset(): number | undefined {
    return this.epochStart;
  }

  get partitionEpoch(): number {
    return this.stateEpoch;
  }

  get isLeader(): boolean {
    return this.leader === this.env.brokerId;
  }

  get isr(): IsrState {
    return this.isrState;
  }

  /** Broker ids in assignment order. */
  get replicas(): readonly number[] {
    return this.assigned;
  }

  /** The leader's view of one follower. */
  follower(brokerId: number): FollowerState | undefined {
    return this.followers.find((each) => each.brokerId === brokerId);
  }

  get isUnderReplicated(): boolean {
    return this.isLeader && this.isrState.isr.length < this.assigned.length;
  }

  get isUnderMinIsr(): boolean {
    const log = this.leaderLog;
    return log !== undefined && this.isrState.isr.length < this.effectiveMinIsr(log);
  }

  // ---- roles -------------------------------------------------------------------------------------------------------

  /**
   * @param log made or found by the caller
   * @returns whether this broker did not lead before; false too when the change is older than what is known
   */
  makeLeader(change: LeadOrFollow, log: Log): boolean {
    if (change.partitionEpoch < this.stateEpoch) return this.skip(change, 'leader');
    const nowMs = this.env.time.nowMs();
    const isNewLeader = !this.isLeader;
    this.localLog = log;
    this.assigned = change.replicas;
    this.isrState = committedIsr(change.isr);
    this.keepFollowers(change.replicas);
    if (change.leaderEpoch > this.epoch) {
      const startOffset = log.logEndOffset;
      this.env.logger.info(
        `Leader ${this.key} with topic id ${this.topicId ?? 'None'} starts at leader epoch ${change.leaderEpoch} from offset ${startOffset} with partition epoch ${change.partitionEpoch}, high watermark ${log.highWatermark}, ISR [${change.isr.join(',')}], adding replicas [${change.addingReplicas.join(',')}] and removing replicas [${change.removingReplicas.join(',')}]. Previous leader ${this.leader} and previous leader epoch was ${this.epoch}.`,
      );
      // Followers may hold records of an epoch later than any in this log: they truncate right only if this one is known.
      log.assignEpochStart(change.leaderEpoch);
      for (const follower of this.followers) {
        resetFollower(follower, nowMs, startOffset, isNewLeader, change.isr.includes(follower.brokerId));
      }
      this.epoch = change.leaderEpoch;
      this.epochStart = startOffset;
    }
    this.stateEpoch = change.partitionEpoch;
    this.leader = this.env.brokerId;
    if (this.maybeIncrementHighWatermark(log, nowMs)) this.wakeAll();
    // Differs: Kafka leaves parked fetches of the old epoch until their time is up, and acks=all waits for them.
    else this.wakeFetches();
    return isNewLeader;
  }

  /** @returns whether the leader epoch is new, so that fetching begins anew */
  makeFollower(change: LeadOrFollow, log: Log): boolean {
    if (change.partitionEpoch < this.stateEpoch) return this.skip(change, 'follower');
    const isNewEpoch = change.leaderEpoch > this.epoch;
    if (isNewEpoch) {
      this.env.logger.info(
        `Follower ${this.key} starts at leader epoch ${change.leaderEpoch} from offset ${log.logEndOffset} with partition epoch ${change.partitionEpoch} and high watermark ${log.highWatermark}. Current leader is ${change.leader}. Previous leader ${this.leader} and previous leader epoch was ${this.epoch}.`,
      );
    }
    this.localLog = log;
    this.leader = change.leader;
    this.epoch = change.leaderEpoch;
    this.stateEpoch = change.partitionEpoch;
    this.epochStart = undefined;
    this.assigned = change.replicas;
    this.isrState = committedIsr([]);
    this.followers = [];
    return isNewEpoch;
  }

  /** The log is known although nobody leads: its high watermark must not get lost from the checkpoint (KAFKA-1647). */
  holdLog(log: Log): void {
    this.localLog = log;
  }

  /** Deleted, or its log directory is gone: neither leads nor follows from now on. */
  detach(): void {
    this.localLog = undefined;
    this.leader = NO_LEADER;
    this.epochStart = undefined;
    this.isrState = committedIsr([]);
    this.followers = [];
  }

  private skip(change: LeadOrFollow, role: 'leader' | 'follower'): false {
    this.env.logger.info(
      `Skipped the become-${role} state change for ${this.key} with partition epoch ${change.partitionEpoch} since the ${role} is already at a newer partition epoch ${this.stateEpoch}.`,
    );
    return false;
  }

  private keepFollowers(replicas: readonly number[]): void {
    const known = this.followers;
    this.followers = replicas
      .filter((id) => id !== this.env.brokerId)
      .map((id) => known.find((each) => each.brokerId === id) ?? newFollowerState(id));
  }

  // ---- access ------------------------------------------------------------------------------------------------------

  /**
   * The log for a reader who names the leader epoch it knows.
   * @param currentLeaderEpoch −1: not checked
   * @throws KafkaError FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, NOT_LEADER_OR_FOLLOWER, REPLICA_NOT_AVAILABLE
   */
  logFor(currentLeaderEpoch: number, leaderOnly: boolean): Log {
    const error = this.accessError(currentLeaderEpoch, leaderOnly);
    if (error !== undefined) {
      throw new KafkaError(
        error,
        `${this.key} on broker ${this.env.brokerId}: leader ${this.leader}, epoch ${this.epoch}, asked for epoch ${currentLeaderEpoch}`,
      );
    }
    invariant(this.localLog !== undefined, 'a readable partition has a log', { partition: this.key });
    return this.localLog;
  }

  private accessError(currentLeaderEpoch: number, leaderOnly: boolean): ErrorName | undefined {
    if (currentLeaderEpoch >= 0 && currentLeaderEpoch < this.epoch) return 'FENCED_LEADER_EPOCH';
    if (currentLeaderEpoch > this.epoch) return 'UNKNOWN_LEADER_EPOCH';
    if (leaderOnly && !this.isLeader) return 'NOT_LEADER_OR_FOLLOWER';
    if (this.localLog === undefined) return leaderOnly ? 'NOT_LEADER_OR_FOLLOWER' : 'REPLICA_NOT_AVAILABLE';
    return undefined;
  }

  private get leaderLog(): Log | undefined {
    return this.isLeader ? this.localLog : undefined;
  }

  /** min.insync.replicas, capped by the number of replicas: one of one is enough with min 2. */
  private effectiveMinIsr(log: Log): number {
    return Math.min(log.config.minInSyncReplicas, this.followers.length + 1);
  }

  // ---- produce -----------------------------------------------------------------------------------------------------

  /**
   * Appends as the leader, and moves the high watermark when nobody else has to have it. Wakes nobody: see {@link wake}.
   * @param requiredAcks −1: refused with fewer than min.insync.replicas in the ISR
   * @throws KafkaError NOT_LEADER_OR_FOLLOWER, NOT_ENOUGH_REPLICAS, and what the log refuses
   */
  appendAsLeader(records: Buffer, requiredAcks: number, origin: AppendOrigin): AppendResult {
    const log = this.leaderLog;
    if (log === undefined) {
      throw new KafkaError(
        'NOT_LEADER_OR_FOLLOWER',
        `Leader not local for partition ${this.key} on broker ${this.env.brokerId}`,
      );
    }
    if (requiredAcks === -1) {
      const minIsr = this.effectiveMinIsr(log);
      if (this.isrState.isr.length < minIsr) {
        throw new KafkaError(
          'NOT_ENOUGH_REPLICAS',
          `The size of the current ISR [${this.isrState.isr.join(',')}] is insufficient to satisfy the min.isr requirement of ${minIsr} for partition ${this.key}`,
        );
      }
    }
    return log.appendAsLeader(records, this.epoch, origin);
  }

  /** After an append: a leader whose followers need not have the records moves its high watermark. @returns whether it moved */
  afterAppend(): boolean {
    const log = this.leaderLog;
    return log !== undefined && this.maybeIncrementHighWatermark(log, this.env.time.nowMs());
  }

  /**
   * Whether everything below `requiredOffset` is committed.
   * @returns an error to answer with, `waiting`, or undefined: done
   * Source: kafka.cluster.Partition.checkEnoughReplicasReachOffset, 3.9
   */
  acknowledgement(requiredOffset: number): ErrorName | 'waiting' | undefined {
    const log = this.leaderLog;
    if (log === undefined) return 'NOT_LEADER_OR_FOLLOWER';
    if (log.highWatermark < requiredOffset) return 'waiting';
    return this.effectiveMinIsr(log) <= this.isrState.maximalIsr.length
      ? undefined
      : 'NOT_ENOUGH_REPLICAS_AFTER_APPEND';
  }

  /** New data, the watermark where it was: wakes followers, and consumers of an ISR of one. */
  wakeFetches(): void {
    this.parkedFetches.checkAndComplete();
  }

  /** The high watermark moved: acks=all looks again. */
  wakeProduces(): void {
    this.parkedProduces.checkAndComplete();
  }

  /** The high watermark moved, or the role was lost: everyone who waits looks again. */
  wakeAll(): void {
    this.wakeProduces();
    this.wakeFetches();
  }

  // ---- fetch -------------------------------------------------------------------------------------------------------

  /**
   * Reads for a consumer or a follower. A follower's fetch also tells how far it got, unless it diverged.
   * @param updateFollower false for a read that repeats an earlier one (out of the purgatory)
   * @throws KafkaError what {@link logFor} throws, and OFFSET_OUT_OF_RANGE
   * Source: kafka.cluster.Partition.fetchRecords, 3.9
   */
  read(
    fetch: PartitionFetch,
    params: FetchParams,
    maxBytes: number,
    minOneBatch: boolean,
    updateFollower: boolean,
  ): PartitionRead {
    const log = this.logFor(fetch.currentLeaderEpoch, params.leaderOnly);
    const follower = params.replicaId >= 0 ? this.followerOrThrow(params.replicaId, fetch) : undefined;
    const logEndOffset = log.logEndOffset; // as it was before the read: what comes after must not keep a follower out of sync
    const read = readLog(log, fetch, params, maxBytes, minOneBatch);
    if (follower !== undefined && updateFollower && read.diverging === undefined) {
      this.updateFollower(follower, fetch, params.replicaEpoch, log, logEndOffset);
    }
    return read;
  }

  /** A replica that is not assigned: with an epoch in its request it knows an assignment that we do not know yet. */
  private followerOrThrow(replicaId: number, fetch: PartitionFetch): FollowerState {
    const follower = this.follower(replicaId);
    if (follower !== undefined) return follower;
    throw new KafkaError(
      fetch.currentLeaderEpoch >= 0 ? 'UNKNOWN_LEADER_EPOCH' : 'NOT_LEADER_OR_FOLLOWER',
      `Leader ${this.env.brokerId} failed to record follower ${replicaId}'s position ${fetch.fetchOffset} since the replica is not recognized to be one of the assigned replicas [${this.assigned.join(',')}] for leader epoch ${this.epoch} with partition ${this.key}`,
    );
  }

  /** Source: kafka.cluster.Partition.updateFollowerFetchState, 3.9 */
  private updateFollower(
    follower: FollowerState,
    fetch: PartitionFetch,
    brokerEpoch: number,
    log: Log,
    leaderEndOffset: number,
  ): void {
    const nowMs = this.env.time.nowMs();
    const endBefore = follower.logEndOffset;
    recordFetch(follower, fetch.fetchOffset, fetch.logStartOffset, nowMs, leaderEndOffset, brokerEpoch);
    this.maybeExpandIsr(follower, log);
    if (follower.logEndOffset !== endBefore && this.maybeIncrementHighWatermark(log, nowMs)) this.wakeAll();
  }

  /** See {@link fetchableBytes}; `complete` too when this broker may not answer any more. */
  fetchable(fetch: PartitionFetch, params: FetchParams): number | 'complete' {
    const error = this.accessError(fetch.currentLeaderEpoch, params.leaderOnly);
    if (error !== undefined || this.localLog === undefined) return 'complete';
    return fetchableBytes(this.localLog, fetch, params);
  }

  // ---- following ---------------------------------------------------------------------------------------------------

  /** What the leader sent, from the log end on. */
  appendAsFollower(records: Buffer): AppendResult {
    return this.followerLog().appendAsFollower(records);
  }

  truncateTo(offset: number): void {
    this.followerLog().truncateTo(offset);
  }

  /** Everything here is older than what the leader still has. */
  truncateFullyAndStartAt(offset: number): void {
    this.followerLog().truncateFullyAndStartAt(offset);
  }

  /** Nothing but a fetcher writes what a leader decided, and no fetcher writes into a log that this broker leads. */
  private followerLog(): Log {
    invariant(!this.isLeader && this.localLog !== undefined, 'only followers copy', { partition: this.key });
    return this.localLog;
  }

  // ---- high watermark and ISR --------------------------------------------------------------------------------------

  /** Stands still while the ISR is below min.insync.replicas. @returns whether it moved; the caller wakes who waits */
  private maybeIncrementHighWatermark(log: Log, nowMs: number): boolean {
    if (this.isrState.isr.length < this.effectiveMinIsr(log)) return false;
    const { replicaLagTimeMaxMs, isAlive } = this.env;
    const candidate = highWatermarkOf(
      log.logEndOffset,
      this.followers,
      this.isrState.maximalIsr,
      nowMs,
      replicaLagTimeMaxMs,
      isAlive,
    );
    if (candidate <= log.highWatermark || !log.updateHighWatermark(candidate)) return false;
    this.env.onHighWatermarkMoved();
    return true;
  }

  private maybeExpandIsr(follower: FollowerState, log: Log): void {
    const state = this.isrState;
    if (state.kind !== 'committed' || state.isr.includes(follower.brokerId)) return;
    if (this.epochStart === undefined || !isInSync(follower, log.highWatermark, this.epochStart)) return;
    if (!this.env.isAlive(follower.brokerId)) return;
    const proposed = expandIsr(state, follower.brokerId);
    this.env.logger.info(
      `Expanding ISR of ${this.key} from [${state.isr.join(',')}] to [${proposed.proposedIsr.join(',')}]`,
    );
    this.propose(proposed);
  }

  /** Asks the controller to drop the members that were not at the log end for replica.lag.time.max.ms. */
  maybeShrinkIsr(): void {
    const log = this.leaderLog;
    const state = this.isrState;
    if (log === undefined || state.kind !== 'committed' || state.isr.length <= 1) return;
    const { brokerId, replicaLagTimeMaxMs, time } = this.env;
    const end = log.logEndOffset;
    const lagging = outOfSyncReplicas(state.isr, brokerId, this.followers, end, time.nowMs(), replicaLagTimeMaxMs);
    if (lagging.length === 0) return;
    const proposed = shrinkIsr(state, lagging);
    this.env.logger.info(
      `Shrinking ISR of ${this.key} from [${state.isr.join(',')}] to [${proposed.proposedIsr.join(',')}]. Leader: (highWatermark: ${log.highWatermark}, endOffset: ${end}). Out of sync replicas: [${lagging.join(',')}].`,
    );
    this.propose(proposed);
  }

  private propose(proposed: PendingIsr): void {
    this.isrState = proposed;
    this.env.alterPartitions.submit({
      topic: this.topic,
      partition: this.partition,
      topicId: this.topicId,
      leaderEpoch: this.epoch,
      partitionEpoch: this.stateEpoch,
      newIsr: proposed.proposedIsr,
      onOutcome: (outcome) => this.onAlterPartition(proposed, outcome),
    });
  }

  /** Source: kafka.cluster.Partition.submitAlterPartition, handleAlterPartitionUpdate, handleAlterPartitionError, 3.9 */
  private onAlterPartition(proposed: PendingIsr, outcome: AlterPartitionOutcome): void {
    if (this.isrState !== proposed) return; // an election or the like came first: the answer is about a state that is gone
    if (outcome.kind === 'failed') {
      this.onAlterPartitionFailed(proposed, outcome.error);
      return;
    }
    if (outcome.leaderEpoch !== this.epoch || outcome.partitionEpoch < this.stateEpoch) {
      this.env.counters.failedIsrUpdates++;
      return;
    }
    this.isrState = committedIsr(outcome.isr);
    this.stateEpoch = outcome.partitionEpoch;
    if (proposed.kind === 'pending-expand') this.env.counters.isrExpands++;
    else this.env.counters.isrShrinks++;
    this.env.logger.info(
      `ISR of ${this.key} updated to ${outcome.isr.join(',')} and version updated to ${outcome.partitionEpoch}`,
    );
    const log = this.leaderLog;
    if (log !== undefined && this.maybeIncrementHighWatermark(log, this.env.time.nowMs())) this.wakeAll();
  }

  private onAlterPartitionFailed(proposed: PendingIsr, error: ErrorName): void {
    this.env.counters.failedIsrUpdates++;
    switch (error) {
      case 'OPERATION_NOT_ATTEMPTED':
      case 'INELIGIBLE_REPLICA':
        // The only two that say for sure: our epochs are right and nothing was changed.
        this.isrState = proposed.lastCommitted;
        return;
      case 'UNKNOWN_TOPIC_OR_PARTITION':
      case 'UNKNOWN_TOPIC_ID':
      case 'FENCED_LEADER_EPOCH':
      case 'INVALID_UPDATE_VERSION':
      case 'INVALID_REQUEST':
      case 'NEW_LEADER_ELECTED':
        // Our view is out of date: the change stays pending until LeaderAndIsr or the deletion comes.
        this.env.logger.info(
          `Failed to alter partition ${this.key} to ISR [${proposed.proposedIsr.join(',')}]: ${error}`,
        );
        return;
      default:
        this.env.logger.warn(`Failed to update ISR of ${this.key} due to unexpected ${error}. Retrying.`);
        this.propose(proposed);
    }
  }
}
