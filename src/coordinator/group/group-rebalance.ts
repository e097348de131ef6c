import type { ErrorName } from '../../common/errors.js';
import type { Logger } from '../../platform/logger.js';
import type { Time } from '../../platform/time.js';
import { type GroupMember, joinError, NO_ASSIGNMENT, syncError } from './group-member.js';
import type { GroupConfig } from './group-ports.js';
import { GroupTimers } from './group-timers.js';
import type { Group } from './group.js';

/** Puts a group with the assignments of its members into the log; resolves with what a client is to be told. */
export type StoreGroup = (group: Group, assignments: ReadonlyMap<string, Buffer>) => Promise<ErrorName>;

/** A member whose first JoinGroup is parked cannot heartbeat; this long it may wait before it is dropped. */
const NEW_MEMBER_JOIN_TIMEOUT_MS = 5 * 60 * 1000;

/** How long the rebalance of an empty group may still wait for more members. */
interface InitialDelay {
  readonly delayMs: number;
  readonly remainingMs: number;
}

/**
 * Moves groups from generation to generation: gathers JoinGroups, answers them together, hands out what the leader
 * assigned, and drops whom it did not hear of in time.
 * Source: kafka.coordinator.group.GroupCoordinator and its DelayedJoin, InitialDelayedJoin, DelayedSync, DelayedHeartbeat, 3.9
 */
export class GroupRebalance {
  private readonly config: GroupConfig;
  private readonly time: Time;
  private readonly logger: Logger;
  private readonly store: StoreGroup;
  private readonly partitionFor: (groupId: string) => number;
  private readonly timers = new WeakMap<Group, GroupTimers>();
  /** Groups whose rebalance waits for the initial delay: it ends by time alone. */
  private readonly initial = new WeakMap<Group, InitialDelay>();

  constructor(
    config: GroupConfig,
    time: Time,
    logger: Logger,
    store: StoreGroup,
    partitionFor: (groupId: string) => number,
  ) {
    this.config = config;
    this.time = time;
    this.logger = logger;
    this.store = store;
    this.partitionFor = partitionFor;
  }

  addMember(group: Group, member: GroupMember, reason: string): void {
    if (group.state === 'PreparingRebalance' && group.generationId === 0) group.newMemberAdded = true;
    group.add(member);
    this.restartSession(group, member, NEW_MEMBER_JOIN_TIMEOUT_MS);
    this.maybePrepare(group, reason);
  }

  addPendingMember(group: Group, memberId: string, sessionTimeoutMs: number): void {
    group.pendingMembers.add(memberId);
    this.timersOf(group).restartSession(memberId, sessionTimeoutMs, () => this.removePendingMember(group, memberId));
  }

  maybePrepare(group: Group, reason: string): void {
    if (group.canRebalance) this.prepare(group, reason);
  }

  prepare(group: Group, reason: string): void {
    if (group.state === 'CompletingRebalance') this.resetAssignments(group, 'REBALANCE_IN_PROGRESS');
    this.timersOf(group).stopSync();
    const isInitial = group.state === 'Empty';
    const rebalanceTimeoutMs = group.rebalanceTimeoutMs;
    group.transitionTo('PreparingRebalance', this.time.wallMs());
    this.logger.info(
      `Preparing to rebalance group ${group.groupId} in state ${group.state} with old generation ` +
        `${group.generationId} (${this.logOf(group)}) (reason: ${reason})`,
    );
    if (!isInitial) {
      this.waitForJoins(group, rebalanceTimeoutMs);
      return;
    }
    const delayMs = this.config.groupInitialRebalanceDelayMs;
    this.waitInitially(group, { delayMs, remainingMs: Math.max(rebalanceTimeoutMs - delayMs, 0) });
  }

  private waitInitially(group: Group, delay: InitialDelay): void {
    this.initial.set(group, delay);
    this.timersOf(group).startJoin(delay.delayMs, () => this.onInitialDelay(group, delay));
  }

  /** Waits again, for as long as members keep arriving and the rebalance timeout allows. */
  private onInitialDelay(group: Group, { remainingMs }: InitialDelay): void {
    this.initial.delete(group);
    if (!group.newMemberAdded || remainingMs === 0) {
      this.completeJoin(group);
      return;
    }
    group.newMemberAdded = false;
    const delayMs = Math.min(this.config.groupInitialRebalanceDelayMs, remainingMs);
    this.waitInitially(group, { delayMs, remainingMs: Math.max(remainingMs - delayMs, 0) });
  }

  private waitForJoins(group: Group, timeoutMs: number): void {
    this.timersOf(group).startJoin(timeoutMs, () => this.completeJoin(group));
    this.tryCompleteJoin(group);
  }

  /** Called whenever someone joined or left: ends the waiting if nobody is missing. */
  tryCompleteJoin(group: Group): void {
    if (group.state !== 'PreparingRebalance' || this.initial.has(group) || !group.hasAllMembersJoined) return;
    this.timersOf(group).stopJoin();
    this.completeJoin(group);
  }

  private completeJoin(group: Group): void {
    if (group.state !== 'PreparingRebalance') return;
    this.removeMembersThatDidNotRejoin(group);
    if (!group.maybeElectNewJoinedLeader() && group.size > 0) {
      this.logger.error(`Group ${group.groupId} could not complete rebalance because no members rejoined`);
      this.timersOf(group).startJoin(group.rebalanceTimeoutMs, () => this.completeJoin(group));
      return;
    }
    group.initNextGeneration(this.time.wallMs());
    if (group.size === 0) this.storeEmpty(group);
    else this.answerJoins(group);
  }

  /** Static members stay until their session ends. */
  private removeMembersThatDidNotRejoin(group: Group): void {
    for (const member of [...group.members]) {
      if (member.awaitingJoin !== undefined || member.groupInstanceId !== null) continue;
      group.remove(member.memberId);
      this.timersOf(group).stopSession(member.memberId);
    }
  }

  private storeEmpty(group: Group): void {
    this.logger.info(
      `Group ${group.groupId} with generation ${group.generationId} is now empty (${this.logOf(group)})`,
    );
    void this.store(group, new Map()).then((error) => {
      // A later load then finds the former members, whose sessions end as they would have.
      if (error !== 'NONE') this.logger.warn(`Failed to write empty metadata for group ${group.groupId}: ${error}`);
    });
  }

  private answerJoins(group: Group): void {
    this.logger.info(
      `Stabilized group ${group.groupId} generation ${group.generationId} (${this.logOf(group)}) with ${group.size} members`,
    );
    for (const member of group.members) {
      group.answerJoin(member, group.joinResult(member));
      this.restartSession(group, member, member.sessionTimeoutMs);
      member.isNew = false;
      group.pendingSyncMembers.add(member.memberId);
    }
    const { generationId } = group;
    this.timersOf(group).startSync(group.rebalanceTimeoutMs, () => this.onSyncTimeout(group, generationId));
  }

  onSynced(group: Group, memberId: string): void {
    group.pendingSyncMembers.delete(memberId);
    if (group.pendingSyncMembers.size === 0) this.timersOf(group).stopSync();
  }

  private onSyncTimeout(group: Group, generationId: number): void {
    if (generationId !== group.generationId) return;
    if (group.state !== 'CompletingRebalance' && group.state !== 'Stable') return;
    for (const memberId of [...group.pendingSyncMembers]) {
      group.remove(memberId);
      this.timersOf(group).stopSession(memberId);
    }
    this.maybePrepare(group, 'Removing members that did not send SyncGroup in time');
  }

  /** The leader's assignments: stored first, then handed out, unless the group has moved on meanwhile. */
  async assign(group: Group, assignments: ReadonlyMap<string, Buffer>): Promise<void> {
    const { generationId } = group;
    this.logger.info(
      `Assignment received from leader ${group.leaderId ?? ''} for group ${group.groupId} for generation ` +
        `${generationId}. The group has ${group.size} members`,
    );
    const error = await this.store(group, assignments);
    if (group.state !== 'CompletingRebalance' || group.generationId !== generationId) return;
    if (error !== 'NONE') {
      this.resetAssignments(group, error);
      this.maybePrepare(group, `Error ${error} when storing group assignment during SyncGroup`);
      return;
    }
    for (const member of group.members) member.assignment = assignments.get(member.memberId) ?? NO_ASSIGNMENT;
    this.answerSyncs(group, 'NONE');
    group.transitionTo('Stable', this.time.wallMs());
  }

  private resetAssignments(group: Group, error: ErrorName): void {
    group.clearAssignments();
    this.answerSyncs(group, error);
  }

  /** A session that ended while its member was parked was ignored, so each one begins anew with its answer. */
  private answerSyncs(group: Group, error: ErrorName): void {
    for (const member of group.members) {
      const result = error === 'NONE' ? group.syncResult(member) : syncError(error);
      if (group.answerSync(member, result)) this.restartSession(group, member, member.sessionTimeoutMs);
    }
  }

  /** The member was heard of. */
  touch(group: Group, member: GroupMember): void {
    this.restartSession(group, member, member.sessionTimeoutMs);
  }

  private restartSession(group: Group, member: GroupMember, timeoutMs: number): void {
    const { memberId } = member;
    this.timersOf(group).restartSession(memberId, timeoutMs, () => this.onSessionEnd(group, memberId));
  }

  /** Who waits for the others cannot be blamed for silence; a new member can: its client may be long gone. */
  private onSessionEnd(group: Group, memberId: string): void {
    const member = group.member(memberId);
    if (group.state === 'Dead' || member === undefined) return;
    const isParked = member.awaitingJoin !== undefined || member.awaitingSync !== undefined;
    if (isParked && !member.isNew) return;
    this.logger.info(`Member ${memberId} in group ${group.groupId} has failed, removing it from the group`);
    this.removeMember(group, member, `removing member ${memberId} on heartbeat expiration`);
  }

  removeMember(group: Group, member: GroupMember, reason: string): void {
    group.answerJoin(member, joinError('UNKNOWN_MEMBER_ID', ''));
    group.remove(member.memberId);
    this.timersOf(group).stopSession(member.memberId);
    if (group.state === 'Stable' || group.state === 'CompletingRebalance') this.maybePrepare(group, reason);
    else this.tryCompleteJoin(group);
  }

  removePendingMember(group: Group, memberId: string): void {
    group.remove(memberId);
    this.timersOf(group).stopSession(memberId);
    this.tryCompleteJoin(group);
  }

  /** A group that was loaded: its members have a session's time to find the new coordinator. */
  resume(group: Group): void {
    for (const member of group.members) this.touch(group, member);
    if (group.size > this.config.groupMaxSize) {
      this.prepare(group, `Freshly-loaded group is over capacity (${this.config.groupMaxSize})`);
    }
  }

  /** This broker no longer coordinates the group, or it is gone: whoever waits is told so. */
  bury(group: Group): void {
    group.transitionTo('Dead', this.time.wallMs());
    this.timersOf(group).stopAll();
    this.initial.delete(group);
    for (const member of group.members) {
      group.answerJoin(member, joinError('NOT_COORDINATOR', member.memberId));
      group.answerSync(member, syncError('NOT_COORDINATOR'));
    }
  }

  private logOf(group: Group): string {
    return `__consumer_offsets-${this.partitionFor(group.groupId)}`;
  }

  private timersOf(group: Group): GroupTimers {
    let timers = this.timers.get(group);
    if (timers === undefined) this.timers.set(group, (timers = new GroupTimers(this.time)));
    return timers;
  }
}
