import { type ErrorName, errorNameOf } from '../../common/errors.js';
import type { Codecs } from '../../platform/codecs.js';
import type { Logger } from '../../platform/logger.js';
import type { Random } from '../../platform/random.js';
import type { Cancel, Time } from '../../platform/time.js';
import { GroupLoader } from './group-loader.js';
import { joinError, type JoinResult, syncError, type SyncResult } from './group-member.js';
import { GroupMembership, type JoinRequest, type LeavingMember, type SyncRequest } from './group-membership.js';
import type { CommittedOffset } from './group-offsets.js';
import { partitionForGroup } from './group-partition.js';
import type { GroupConfig, OffsetStore, PartitionWriter } from './group-ports.js';
import { GroupRebalance, type StoreGroup } from './group-rebalance.js';
import { groupIn, type GroupShard, storeGroup } from './group-shard.js';
import type { Group } from './group.js';
import { commitError } from './membership-rules.js';
import { type FetchedOffset, OffsetCommits } from './offset-commits.js';

export interface GroupCoordinatorOptions {
  readonly config: GroupConfig;
  readonly writer: PartitionWriter;
  readonly offsetStore: OffsetStore;
  readonly time: Time;
  readonly random: Random;
  readonly codecs: Codecs;
  readonly logger: Logger;
}

export interface CommitRequest {
  /** Empty for a client that is no member. */
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  /** −1 for a client that is no member. */
  readonly generationId: number;
  readonly offsets: readonly CommittedOffset[];
}

/** A shard that serves the group, or why there is none. */
type Found =
  { readonly shard: GroupShard; readonly error: 'NONE' } | { readonly shard: undefined; readonly error: ErrorName };

/**
 * The classic group coordinator: one shard for each partition of `__consumer_offsets` that this broker leads, loaded
 * from its log on election and dropped on resignation. Whatever runs, runs on one event loop: a shard needs no lock, and
 * who awaited something looks again whether its shard and generation still stand.
 * Source: kafka.coordinator.group.GroupCoordinator, 3.9
 */
export class GroupCoordinator {
  private readonly config: GroupConfig;
  private readonly writer: PartitionWriter;
  private readonly time: Time;
  private readonly codecs: Codecs;
  private readonly logger: Logger;
  private readonly rebalance: GroupRebalance;
  private readonly membership: GroupMembership;
  private readonly offsets: OffsetCommits;
  private readonly shards = new Map<number, GroupShard>();
  private isActive = false;
  private cancelExpiry: Cancel = () => undefined;

  constructor(options: GroupCoordinatorOptions) {
    const { config, writer, offsetStore, time, random, codecs } = options;
    this.config = config;
    this.writer = writer;
    this.time = time;
    this.codecs = codecs;
    this.logger = options.logger.named('kafka.coordinator.group.GroupCoordinator');
    const store: StoreGroup = (group, assignments) =>
      storeGroup(writer, time, this.logger, this.shards.get(this.partitionFor(group.groupId)), group, assignments);
    this.rebalance = new GroupRebalance(config, time, this.logger, store, (groupId) => this.partitionFor(groupId));
    this.membership = new GroupMembership(config.groupMaxSize, random, this.rebalance, store);
    this.offsets = new OffsetCommits(config, writer, offsetStore, time, this.logger);
  }

  /** Before it, every request is COORDINATOR_NOT_AVAILABLE. */
  start(): void {
    this.isActive = true;
    this.scheduleExpiry();
  }

  /** Drops everything; who waits is told NOT_COORDINATOR. */
  stop(): void {
    this.isActive = false;
    this.cancelExpiry();
    for (const shard of [...this.shards.values()]) this.unload(shard);
  }

  /** Whose leader coordinates the group. */
  partitionFor(groupId: string): number {
    return partitionForGroup(groupId, this.writer.partitionCount());
  }

  /**
   * This broker leads the partition from now on, in this epoch; called again for a later epoch in which it still leads.
   * Resolves when its groups are loaded, or loading failed or was overtaken.
   */
  async onElection(partition: number, leaderEpoch: number): Promise<void> {
    const former = this.shards.get(partition);
    if (former !== undefined && former.leaderEpoch >= leaderEpoch) return;
    if (former !== undefined && !former.isLoading) {
      // It never ceased to lead, so it knows all there is: a follower that dies raises the epoch and moves no group.
      former.leaderEpoch = leaderEpoch;
      return;
    }
    if (former !== undefined) this.unload(former);
    const shard: GroupShard = { partition, leaderEpoch, isLoading: true, groups: new Map() };
    this.shards.set(partition, shard);
    this.logger.info(`Elected as the group coordinator for partition ${partition} in epoch ${leaderEpoch}`);
    try {
      await this.load(shard);
    } catch (error) {
      this.logger.error(`Error loading offsets from __consumer_offsets-${partition}`, error);
      if (this.shards.get(partition) === shard) this.shards.delete(partition);
    }
  }

  private async load(shard: GroupShard): Promise<void> {
    const startedMs = this.time.nowMs();
    const loader = new GroupLoader(this.codecs, this.logger, () => this.time.wallMs());
    for await (const batches of this.writer.read(shard.partition, shard.leaderEpoch)) {
      if (this.shards.get(shard.partition) !== shard) return;
      await loader.replay(batches);
    }
    if (this.shards.get(shard.partition) !== shard) return;
    for (const [groupId, group] of loader.loaded()) shard.groups.set(groupId, group);
    shard.isLoading = false;
    for (const group of shard.groups.values()) this.rebalance.resume(group);
    this.logger.info(
      `Finished loading offsets and group metadata from __consumer_offsets-${shard.partition} in ` +
        `${Math.round(this.time.nowMs() - startedMs)} milliseconds for epoch ${shard.leaderEpoch}`,
    );
  }

  /** This broker no longer leads the partition. `leaderEpoch`: undefined if it is deleted, whatever the epoch. */
  onResignation(partition: number, leaderEpoch: number | undefined): void {
    const shard = this.shards.get(partition);
    if (shard === undefined || (leaderEpoch !== undefined && leaderEpoch < shard.leaderEpoch)) return;
    this.unload(shard);
  }

  private unload(shard: GroupShard): void {
    this.shards.delete(shard.partition);
    this.logger.info(
      `Resigned as the group coordinator for partition ${shard.partition} in epoch ${shard.leaderEpoch}`,
    );
    for (const group of shard.groups.values()) this.rebalance.bury(group);
  }

  /** Source: kafka.coordinator.group.GroupCoordinator.validateGroupStatus, 3.9 */
  private find(groupId: string, mayBeEmpty: boolean): Found {
    if (groupId === '' && !mayBeEmpty) return { shard: undefined, error: 'INVALID_GROUP_ID' };
    if (!this.isActive) return { shard: undefined, error: 'COORDINATOR_NOT_AVAILABLE' };
    const shard = this.shards.get(this.partitionFor(groupId));
    if (shard === undefined) return { shard, error: 'NOT_COORDINATOR' };
    return shard.isLoading ? { shard: undefined, error: 'COORDINATOR_LOAD_IN_PROGRESS' } : { shard, error: 'NONE' };
  }

  /** Resolves when the rebalance lets everybody go, at once if there is something to object to. */
  joinGroup(groupId: string, request: JoinRequest): Promise<JoinResult> {
    const { memberId, sessionTimeoutMs } = request;
    const { shard, error } = this.find(groupId, false);
    if (shard === undefined) return Promise.resolve(joinError(error, memberId));
    const { groupMinSessionTimeoutMs, groupMaxSessionTimeoutMs } = this.config;
    if (sessionTimeoutMs < groupMinSessionTimeoutMs || sessionTimeoutMs > groupMaxSessionTimeoutMs) {
      return Promise.resolve(joinError('INVALID_SESSION_TIMEOUT', memberId));
    }
    const group = memberId === '' ? groupIn(shard, groupId, this.time.wallMs()) : shard.groups.get(groupId);
    if (group === undefined) return Promise.resolve(joinError('UNKNOWN_MEMBER_ID', memberId));
    return new Promise((resolve) => this.membership.join(group, request, resolve));
  }

  /** Resolves when the leader's assignment is in the log. */
  syncGroup(groupId: string, request: SyncRequest): Promise<SyncResult> {
    const { shard, error } = this.find(groupId, false);
    // Loading means that the rebalance it was part of is lost: it rejoins without looking for another coordinator.
    if (error === 'COORDINATOR_LOAD_IN_PROGRESS') return Promise.resolve(syncError('REBALANCE_IN_PROGRESS'));
    if (shard === undefined) return Promise.resolve(syncError(error));
    const group = shard.groups.get(groupId);
    if (group === undefined) return Promise.resolve(syncError('UNKNOWN_MEMBER_ID'));
    return new Promise((resolve) => this.membership.sync(group, request, resolve));
  }

  heartbeat(groupId: string, memberId: string, groupInstanceId: string | null, generationId: number): ErrorName {
    const { shard, error } = this.find(groupId, false);
    if (error === 'COORDINATOR_LOAD_IN_PROGRESS') return 'NONE'; // blindly, rather than break up the group
    if (shard === undefined) return error;
    const group = shard.groups.get(groupId);
    if (group === undefined) return 'UNKNOWN_MEMBER_ID';
    return this.membership.heartbeat(group, memberId, groupInstanceId, generationId);
  }

  /** `errors[i]` belongs to members[i]; empty when `error` stands for all. */
  leaveGroup(
    groupId: string,
    members: readonly LeavingMember[],
  ): { readonly error: ErrorName; readonly errors: readonly ErrorName[] } {
    const { shard, error } = this.find(groupId, false);
    if (shard === undefined) return { error, errors: [] };
    const group = shard.groups.get(groupId);
    if (group === undefined) return { error: 'NONE', errors: members.map(() => 'UNKNOWN_MEMBER_ID') };
    return { error: 'NONE', errors: members.map((member) => this.membership.leave(group, member)) };
  }

  /** [i] is the outcome of offsets[i]. A client that is no member may commit to a group that does not exist yet. */
  async commitOffsets(groupId: string, request: CommitRequest): Promise<ErrorName[]> {
    const { memberId, groupInstanceId, generationId, offsets } = request;
    const { shard, error } = this.find(groupId, true);
    if (shard === undefined) return offsets.map(() => error);
    if (!shard.groups.has(groupId) && generationId >= 0) return offsets.map(() => 'ILLEGAL_GENERATION');
    const group = groupIn(shard, groupId, this.time.wallMs());
    const refusal = commitError(group, memberId, groupInstanceId, generationId);
    if (refusal !== 'NONE') return offsets.map(() => refusal);
    const member = group.member(memberId);
    if (member !== undefined) this.rebalance.touch(group, member);
    return this.offsets.commit(shard, group, offsets);
  }

  /** OffsetCommit v0 asks no coordinator. */
  commitToZnodes: OffsetCommits['commitToZnodes'] = (groupId, offsets) => this.offsets.commitToZnodes(groupId, offsets);

  /** OffsetFetch v0, likewise. */
  fetchFromZnodes: OffsetCommits['fetchFromZnodes'] = (groupId, partitions) =>
    this.offsets.fetchFromZnodes(groupId, partitions);

  /** `partitions` undefined: all of the group. */
  async fetchOffsets(
    groupId: string,
    partitions: readonly { readonly topic: string; readonly partition: number }[] | undefined,
    requireStable: boolean,
  ): Promise<{ readonly error: ErrorName; readonly offsets: readonly FetchedOffset[] }> {
    const { shard, error } = this.find(groupId, true);
    if (shard === undefined) return { error, offsets: [] };
    try {
      const offsets = await this.offsets.fetch(groupId, shard.groups.get(groupId), partitions, requireStable);
      if (this.shards.get(shard.partition) !== shard) return { error: 'NOT_COORDINATOR', offsets: [] };
      return { error: 'NONE', offsets };
    } catch (failure) {
      this.logger.warn(`Failed to read the offsets of group ${groupId} (${errorNameOf(failure)})`, failure);
      // Of the errors for "not now", the one on which every client asks the same broker again.
      return { error: 'COORDINATOR_LOAD_IN_PROGRESS', offsets: [] };
    }
  }

  /** The group as it stands; undefined with NONE if there is no such group. */
  describeGroup(groupId: string): { readonly error: ErrorName; readonly group: Group | undefined } {
    const { shard, error } = this.find(groupId, true);
    return { error, group: shard?.groups.get(groupId) };
  }

  /** Every group this broker coordinates; with COORDINATOR_LOAD_IN_PROGRESS those that are loaded. */
  listGroups(): { readonly error: ErrorName; readonly groups: readonly Group[] } {
    if (!this.isActive) return { error: 'COORDINATOR_NOT_AVAILABLE', groups: [] };
    const shards = [...this.shards.values()];
    return {
      error: shards.some((shard) => shard.isLoading) ? 'COORDINATOR_LOAD_IN_PROGRESS' : 'NONE',
      groups: shards.flatMap((shard) => [...shard.groups.values()]),
    };
  }

  /** Topics are gone: nobody needs to know how far their partitions were read. */
  async onPartitionsDeleted(
    partitions: readonly { readonly topic: string; readonly partition: number }[],
  ): Promise<void> {
    for (const [shard, group] of this.everyGroup()) {
      const offsets = partitions.flatMap(({ topic, partition }) => group.offsets.get(topic, partition) ?? []);
      if (offsets.length > 0) await this.offsets.remove(shard, group, offsets, (over) => this.rebalance.bury(over));
    }
  }

  private scheduleExpiry(): void {
    this.cancelExpiry = this.time.schedule(
      this.config.offsetsRetentionCheckIntervalMs,
      () => void this.expireOffsets(),
    );
  }

  /** One pass over all groups, one after the other. */
  private async expireOffsets(): Promise<void> {
    for (const [shard, group] of this.everyGroup()) {
      await this.offsets.expire(shard, group, (over) => this.rebalance.bury(over));
    }
    if (this.isActive) this.scheduleExpiry();
  }

  /** As they stand now; those whose shard goes while somebody walks over them are left out. */
  private *everyGroup(): Generator<readonly [GroupShard, Group]> {
    for (const shard of [...this.shards.values()]) {
      for (const group of [...shard.groups.values()]) {
        if (this.shards.get(shard.partition) === shard && shard.groups.get(group.groupId) === group)
          yield [shard, group];
      }
    }
  }
}
