import { type ErrorName, KafkaError } from '../common/errors.js';
import type { TopicPartition } from '../common/topic-partition.js';
import type { Call, Destination } from '../network/call.js';
import type { Cancel } from '../platform/time.js';
import { apis } from '../protocol/apis.js';
import { errorName, NONE } from '../protocol/error-codes.js';
import type { JoinGroupResponse } from '../protocol/messages/join-group-response.js';
import type { Fields, TypeOf } from '../protocol/schema.js';
import type { ClusterClient } from './cluster-client.js';
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from './consumer-protocol.js';
import { assignRange } from './range-assignor.js';
import { isRetriable, throwIfError } from './retry.js';

/** Kafka's consumer settings of the same names; times ms. */
export interface GroupConfig {
  readonly groupId: string;
  /** A static member (KIP-345) keeps its partitions over a restart. */
  readonly groupInstanceId: string | null;
  readonly sessionTimeoutMs: number;
  /** How long a rebalance waits for this member (`max.poll.interval.ms`). */
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
}

/** An offset as it is committed: of the next record to read. */
export interface CommittedOffset extends TopicPartition {
  readonly offset: number;
  /** −1 unknown. */
  readonly leaderEpoch?: number;
  readonly metadata?: string | null;
}

const PROTOCOL = 'range';
const NO_GENERATION = -1;
/** From 3 on the members are a list. */
const LEAVE_GROUP_VERSION = 4;
const LEAVE_TIMEOUT_MS = 5000;
/** Errors after which a member is none any more and joins as a new one. */
const LOST: ReadonlySet<ErrorName> = new Set<ErrorName>(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION']);
/** Errors after which another broker is to be asked. */
const MOVED: ReadonlySet<ErrorName> = new Set<ErrorName>([
  'NOT_COORDINATOR',
  'COORDINATOR_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'REQUEST_TIMED_OUT',
]);

/**
 * One member of a consumer group: joins, assigns when it leads, heartbeats, commits. The classic protocol, eager: partitions
 * are given up before each rebalance.
 */
export class GroupMembership {
  private readonly cluster: ClusterClient;
  private readonly config: GroupConfig;
  private coordinator: Destination | undefined;
  private memberId = '';
  private generationId = NO_GENERATION;
  private mustJoin = true;
  private isClosed = false;
  private fatal: KafkaError | undefined;
  private cancelHeartbeat: Cancel | undefined;
  /** When it led: what its assignment rested on. */
  private partitionCounts: ReadonlyMap<string, number> | undefined;

  constructor(cluster: ClusterClient, config: GroupConfig) {
    this.cluster = cluster;
    this.config = config;
  }

  /** Whether {@link join} is due: at first, and when the group rebalances. @throws KafkaError FENCED_INSTANCE_ID */
  get needsJoin(): boolean {
    if (this.fatal !== undefined) throw this.fatal;
    return this.mustJoin || this.hasGrown();
  }

  /**
   * Joins and waits for the rebalance, as long as that takes and errors pass.
   * @returns this member's partitions
   * @throws KafkaError GROUP_AUTHORIZATION_FAILED, INCONSISTENT_GROUP_PROTOCOL, FENCED_INSTANCE_ID …
   */
  async join(topics: readonly string[]): Promise<TopicPartition[]> {
    this.stopHeartbeat();
    const backoff = this.cluster.newBackoff();
    for (;;) {
      try {
        const assigned = await this.joinOnce(topics);
        this.mustJoin = false;
        this.scheduleHeartbeat();
        return assigned;
      } catch (error) {
        if (!(error instanceof KafkaError) || this.isClosed) throw error;
        this.noteError(error);
        if (error.error === 'MEMBER_ID_REQUIRED') continue;
        if (!isRetriable(error.error) && !LOST.has(error.error) && error.error !== 'REBALANCE_IN_PROGRESS') throw error;
        const { time } = this.cluster.platform;
        await new Promise<void>((resolve) => time.schedule(backoff.nextMs(), resolve));
      }
    }
  }

  /** @throws KafkaError of the first partition that failed; REBALANCE_IN_PROGRESS, ILLEGAL_GENERATION … */
  async commit(offsets: readonly CommittedOffset[]): Promise<void> {
    if (offsets.length === 0) return;
    const byTopic = new Map<string, CommittedOffset[]>();
    for (const offset of offsets) byTopic.set(offset.topic, [...(byTopic.get(offset.topic) ?? []), offset]);
    const topics = [...byTopic].map(([name, own]) => ({
      name,
      partitions: own.map(({ partition, offset, leaderEpoch = -1, metadata = '' }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedLeaderEpoch: leaderEpoch,
        commitTimestamp: -1,
        committedMetadata: metadata,
      })),
    }));
    await this.cluster.retrying(this.cluster.deadlineMs(), async () => {
      const body = {
        groupId: this.config.groupId,
        generationIdOrMemberEpoch: this.generationId,
        memberId: this.memberId,
        groupInstanceId: this.config.groupInstanceId,
        retentionTimeMs: -1,
        topics,
      };
      const answer = await this.ask({ api: apis.offsetCommit, body });
      for (const { partitions } of answer.topics) for (const { errorCode } of partitions) this.check(errorCode);
    });
  }

  /** What the group committed; partitions without an offset are missing. */
  committed(partitions: readonly TopicPartition[]): Promise<CommittedOffset[]> {
    const byTopic = new Map<string, number[]>();
    for (const { topic, partition } of partitions) byTopic.set(topic, [...(byTopic.get(topic) ?? []), partition]);
    const topics = [...byTopic].map(([name, partitionIndexes]) => ({ name, partitionIndexes }));
    return this.cluster.retrying(this.cluster.deadlineMs(), async () => {
      const body = { groupId: this.config.groupId, topics, groups: [], requireStable: true };
      const answer = await this.ask({ api: apis.offsetFetch, maxVersion: 7, body });
      this.check(answer.errorCode);
      return answer.topics.flatMap(({ name, partitions: found }) =>
        found.flatMap(({ partitionIndex, committedOffset, committedLeaderEpoch, metadata, errorCode }) => {
          this.check(errorCode);
          if (committedOffset < 0) return [];
          const where = { topic: name, partition: partitionIndex };
          return [{ ...where, offset: committedOffset, leaderEpoch: committedLeaderEpoch, metadata }];
        }),
      );
    });
  }

  /** Leaves the group at once (a static member stays in it, as with Kafka's clients), and does nothing more. */
  async leave(): Promise<void> {
    this.isClosed = true;
    this.stopHeartbeat();
    if (this.memberId === '' || this.config.groupInstanceId !== null || this.coordinator === undefined) return;
    const { groupId } = this.config;
    const member = { memberId: this.memberId, groupInstanceId: null, reason: 'the consumer is being closed' };
    const body = { groupId, memberId: '', members: [member] };
    try {
      await this.cluster.send(this.coordinator, {
        api: apis.leaveGroup,
        version: LEAVE_GROUP_VERSION,
        body,
        timeoutMs: LEAVE_TIMEOUT_MS,
      });
    } catch (error) {
      this.cluster.platform.logger.warn(`${this.memberId} could not leave group ${groupId}`, error); // its session ends
    }
  }

  private async joinOnce(topics: readonly string[]): Promise<TopicPartition[]> {
    const { groupId, groupInstanceId, sessionTimeoutMs, rebalanceTimeoutMs } = this.config;
    const answer = await this.ask({
      api: apis.joinGroup,
      body: {
        groupId,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        memberId: this.memberId,
        groupInstanceId,
        protocolType: 'consumer',
        protocols: [{ name: PROTOCOL, metadata: encodeSubscription(topics) }],
        reason: null,
      },
      timeoutMs: rebalanceTimeoutMs + 5000,
    });
    if (answer.memberId !== '') this.memberId = answer.memberId;
    throwIfError(answer.errorCode);
    this.generationId = answer.generationId;
    const isLeader = answer.leader === this.memberId && !answer.skipAssignment;
    const assignments = isLeader ? await this.assign(answer) : [];
    if (!isLeader) this.partitionCounts = undefined;
    const synced = await this.ask({
      api: apis.syncGroup,
      body: {
        groupId,
        generationId: this.generationId,
        memberId: this.memberId,
        groupInstanceId,
        protocolType: 'consumer',
        protocolName: answer.protocolName,
        assignments,
      },
      timeoutMs: rebalanceTimeoutMs + 5000,
    });
    throwIfError(synced.errorCode);
    return decodeAssignment(synced.assignment);
  }

  /** As the group's leader: everybody's partitions. */
  private async assign(joined: JoinGroupResponse): Promise<{ memberId: string; assignment: Buffer }[]> {
    const members = joined.members.map(({ memberId, groupInstanceId, metadata }) => ({
      memberId,
      groupInstanceId,
      topics: decodeSubscription(metadata),
    }));
    await Promise.all(
      [...new Set(members.flatMap(({ topics }) => topics))].map((name) =>
        this.cluster.topic(name, this.cluster.deadlineMs(this.config.heartbeatIntervalMs)).catch((error: unknown) => {
          this.cluster.platform.logger.warn(`${name} is left out of the assignment`, error);
        }),
      ),
    );
    const { topics } = this.cluster.metadata;
    this.partitionCounts = new Map([...topics].map(([name, { partitions }]) => [name, partitions.length]));
    const assignment = assignRange(members, this.partitionCounts);
    return [...assignment].map(([memberId, own]) => ({ memberId, assignment: encodeAssignment(own) }));
  }

  /** As leader: whether a topic of the assignment has other partitions by now. */
  private hasGrown(): boolean {
    const { topics } = this.cluster.metadata;
    for (const [name, count] of this.partitionCounts ?? []) {
      const now = topics.get(name);
      if (now !== undefined && now.partitions.length !== count) return true;
    }
    return false;
  }

  private scheduleHeartbeat(): void {
    this.cancelHeartbeat = this.cluster.platform.time.schedule(this.config.heartbeatIntervalMs, () => {
      void this.heartbeat();
    });
  }

  private stopHeartbeat(): void {
    this.cancelHeartbeat?.();
    this.cancelHeartbeat = undefined;
  }

  private async heartbeat(): Promise<void> {
    const { groupId, groupInstanceId, sessionTimeoutMs } = this.config;
    const { generationId, memberId } = this;
    const body = { groupId, generationId, memberId, groupInstanceId };
    try {
      const answer = await this.ask({ api: apis.heartbeat, body, timeoutMs: sessionTimeoutMs });
      this.check(answer.errorCode);
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      if (this.cluster.platform.logger.isDebug) this.cluster.platform.logger.debug(`Heartbeat: ${error.error}`);
    }
    // Also while a rebalance waits for the next poll: until it joins, this member keeps its session alive.
    const isCurrent = this.generationId === generationId && this.cancelHeartbeat !== undefined;
    if (!this.isClosed && isCurrent) this.scheduleHeartbeat();
  }

  private async ask<Q extends Fields, R extends Fields>(call: Call<Q, R>): Promise<TypeOf<R>> {
    this.coordinator ??= await this.cluster.findCoordinator('group', this.config.groupId);
    try {
      return await this.cluster.send(this.coordinator, call);
    } catch (error) {
      if (error instanceof KafkaError) this.noteError(error);
      throw error;
    }
  }

  /** @throws KafkaError */
  private check(code: number): void {
    if (code === NONE) return;
    const error = new KafkaError(errorName(code));
    this.noteError(error);
    throw error;
  }

  private noteError({ error }: KafkaError): void {
    if (MOVED.has(error)) this.coordinator = undefined;
    if (error === 'REBALANCE_IN_PROGRESS') this.mustJoin = true;
    if (error === 'FENCED_INSTANCE_ID')
      this.fatal = new KafkaError(error, `${this.config.groupInstanceId ?? ''} is in use`);
    if (!LOST.has(error)) return;
    if (error === 'UNKNOWN_MEMBER_ID') this.memberId = '';
    this.generationId = NO_GENERATION;
    this.mustJoin = true;
  }
}
