import type { ErrorName } from '../../common/errors.js';
import type { Random } from '../../platform/random.js';
import {
  type GroupMember,
  hasSameProtocols,
  joinError,
  type JoinResult,
  type MemberProtocol,
  NO_ASSIGNMENT,
  type Reply,
  syncError,
  type SyncResult,
} from './group-member.js';
import type { GroupRebalance, StoreGroup } from './group-rebalance.js';
import type { Group } from './group.js';
import { generationError, hasRoomFor, memberError } from './membership-rules.js';

export interface JoinRequest {
  /** Empty for a member that has none yet. */
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  readonly protocolType: string;
  readonly protocols: readonly MemberProtocol[];
  /** The client joins in two steps: it is told its id first, and waits under it (KIP-394). */
  readonly requireKnownMemberId: boolean;
  /** What the client says about why it joins (KIP-800); for the log. */
  readonly reason: string | null;
  /** The client understands "you lead, but do not assign" (KIP-814). */
  readonly supportsSkippingAssignment: boolean;
}

export interface SyncRequest {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly generationId: number;
  /** null from clients that do not say. */
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignments: ReadonlyMap<string, Buffer>;
}

export interface LeavingMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  /** As in {@link JoinRequest}. */
  readonly reason: string | null;
}

const NO_MEMBER_ID = '';

/**
 * JoinGroup, SyncGroup, Heartbeat and LeaveGroup of one existing group.
 * Source: kafka.coordinator.group.GroupCoordinator, 3.9
 */
export class GroupMembership {
  private readonly groupMaxSize: number;
  private readonly random: Random;
  private readonly rebalance: GroupRebalance;
  private readonly store: StoreGroup;

  constructor(groupMaxSize: number, random: Random, rebalance: GroupRebalance, store: StoreGroup) {
    this.groupMaxSize = groupMaxSize;
    this.random = random;
    this.rebalance = rebalance;
    this.store = store;
  }

  join(group: Group, request: JoinRequest, reply: Reply<JoinResult>): void {
    if (!hasRoomFor(group, request.memberId, this.groupMaxSize)) {
      group.remove(request.memberId);
      reply(joinError('GROUP_MAX_SIZE_REACHED', NO_MEMBER_ID));
    } else if (group.state === 'Dead') {
      reply(joinError('COORDINATOR_NOT_AVAILABLE', request.memberId));
    } else if (!group.supportsProtocols(request.protocolType, request.protocols)) {
      reply(joinError('INCONSISTENT_GROUP_PROTOCOL', request.memberId));
    } else if (request.memberId === NO_MEMBER_ID) {
      this.joinNew(group, request, reply);
    } else {
      this.joinCurrent(group, request, reply);
    }
    this.rebalance.tryCompleteJoin(group);
  }

  private joinNew(group: Group, request: JoinRequest, reply: Reply<JoinResult>): void {
    const memberId = `${request.groupInstanceId ?? request.clientId}-${this.randomUuid()}`;
    const oldMemberId = request.groupInstanceId === null ? undefined : group.memberIdOf(request.groupInstanceId);
    if (request.groupInstanceId !== null && oldMemberId !== undefined) {
      this.rejoinStatic(group, oldMemberId, memberId, request.groupInstanceId, request, reply);
    } else if (request.groupInstanceId === null && request.requireKnownMemberId) {
      this.rebalance.addPendingMember(group, memberId, request.sessionTimeoutMs);
      reply(joinError('MEMBER_ID_REQUIRED', memberId));
    } else {
      this.rebalance.addMember(
        group,
        newMember(memberId, request, reply),
        `Adding new member ${memberId}${because(request)}`,
      );
    }
  }

  private joinCurrent(group: Group, request: JoinRequest, reply: Reply<JoinResult>): void {
    const { memberId } = request;
    if (group.pendingMembers.has(memberId)) {
      const member = newMember(memberId, { ...request, groupInstanceId: null }, reply);
      this.rebalance.addMember(group, member, `Adding new member ${memberId}${because(request)}`);
      return;
    }
    const error = memberError(group, memberId, request.groupInstanceId);
    const member = group.member(memberId);
    if (error !== 'NONE' || member === undefined) {
      reply(joinError(error, memberId));
      return;
    }
    const isUnchanged = hasSameProtocols(member, request.protocols);
    const isAnswered =
      group.state === 'CompletingRebalance'
        ? isUnchanged
        : group.state === 'Stable' && isUnchanged && !group.isLeader(memberId);
    if (isAnswered) {
      // It lost our answer, or asks needlessly: the generation stands. A leader that rejoins wants a rebalance.
      reply(group.joinResult(member));
    } else if (group.state === 'Empty') {
      reply(joinError('UNKNOWN_MEMBER_ID', memberId));
    } else {
      updateMember(member, request, reply);
      this.rebalance.maybePrepare(
        group,
        `Updating metadata for member ${memberId} during ${group.state}${because(request)}`,
      );
    }
  }

  /**
   * A static member that was restarted. If nothing changes for the others, the group goes on without a rebalance.
   * Source: kafka.coordinator.group.GroupCoordinator.updateStaticMemberAndRebalance, 3.9
   */
  private rejoinStatic(
    group: Group,
    oldMemberId: string,
    newMemberId: string,
    groupInstanceId: string,
    request: JoinRequest,
    reply: Reply<JoinResult>,
  ): void {
    const oldLeaderId = group.leaderId ?? '';
    const member = group.replaceStaticMember(groupInstanceId, oldMemberId, newMemberId);
    this.rebalance.touch(group, member);
    const { protocols, rebalanceTimeoutMs, sessionTimeoutMs } = member;
    updateMember(member, request, reply);
    if (group.state === 'CompletingRebalance') {
      this.rebalance.prepare(group, `Updating metadata for static member ${newMemberId}${because(request)}`);
    } else if (group.state === 'Stable' && group.selectProtocol() !== group.protocolName) {
      this.rebalance.maybePrepare(group, `Selected protocol will change because static member ${newMemberId} joined`);
    } else if (group.state === 'Stable') {
      const assignments = new Map([...group.members].map(({ memberId, assignment }) => [memberId, assignment]));
      void this.store(group, assignments).then((error) => {
        if (error === 'NONE') {
          this.answerStatic(group, member, oldLeaderId, request.supportsSkippingAssignment);
          return;
        }
        if (member.awaitingJoin !== reply) return; // a rebalance that began meanwhile has answered it
        // The new id did not get into the log: the old one stands.
        member.awaitingJoin = undefined;
        Object.assign(member, { protocols, rebalanceTimeoutMs, sessionTimeoutMs });
        group.replaceStaticMember(groupInstanceId, newMemberId, oldMemberId);
        this.rebalance.touch(group, member);
        reply({ ...group.joinResult(member), error, memberId: NO_MEMBER_ID, leaderId: oldLeaderId, members: [] });
      });
    }
  }

  /**
   * A leader that came back must not assign again: nobody would be told of the result. A client that understands it is
   * told so; an older one is named its former self as the leader.
   */
  private answerStatic(group: Group, member: GroupMember, oldLeaderId: string, canSkip: boolean): void {
    const result = group.joinResult(member);
    const isLeader = group.isLeader(member.memberId);
    group.answerJoin(
      member,
      canSkip ? { ...result, skipAssignment: isLeader } : { ...result, leaderId: oldLeaderId, members: [] },
    );
  }

  sync(group: Group, request: SyncRequest, reply: Reply<SyncResult>): void {
    const error = syncRequestError(group, request);
    const member = group.member(request.memberId);
    if (error !== 'NONE' || member === undefined) {
      reply(syncError(error));
      return;
    }
    switch (group.state) {
      case 'Empty':
      case 'Dead':
        reply(syncError('UNKNOWN_MEMBER_ID'));
        return;
      case 'PreparingRebalance':
        reply(syncError('REBALANCE_IN_PROGRESS'));
        return;
      case 'CompletingRebalance':
        member.awaitingSync = reply;
        this.rebalance.onSynced(group, member.memberId);
        if (group.isLeader(member.memberId)) void this.rebalance.assign(group, completeAssignments(group, request));
        return;
      case 'Stable':
        this.rebalance.onSynced(group, member.memberId);
        reply(group.syncResult(member));
        this.rebalance.touch(group, member);
    }
  }

  heartbeat(group: Group, memberId: string, groupInstanceId: string | null, generationId: number): ErrorName {
    const error = generationError(group, memberId, groupInstanceId, generationId);
    const member = group.member(memberId);
    if (error !== 'NONE' || member === undefined) return error;
    if (group.state === 'Empty') return 'UNKNOWN_MEMBER_ID';
    this.rebalance.touch(group, member);
    return group.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE';
  }

  /** An administrator names a static member by its instance id alone. */
  leave(group: Group, leaving: LeavingMember): ErrorName {
    const { groupInstanceId } = leaving;
    if (group.pendingMembers.has(leaving.memberId)) {
      this.rebalance.removePendingMember(group, leaving.memberId);
      return 'NONE';
    }
    const byInstance = leaving.memberId === NO_MEMBER_ID && groupInstanceId !== null;
    const memberId = byInstance ? (group.memberIdOf(groupInstanceId) ?? NO_MEMBER_ID) : leaving.memberId;
    const error = memberError(group, memberId, groupInstanceId);
    const member = group.member(memberId);
    if (error !== 'NONE' || member === undefined) return error;
    this.rebalance.removeMember(group, member, `Removing member ${memberId} on LeaveGroup${because(leaving)}`);
    return 'NONE';
  }

  /** As java.util.UUID prints a random one. */
  private randomUuid(): string {
    const bytes = this.random.bytes(16);
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = bytes.toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }
}

function because({ reason }: { readonly reason: string | null }): string {
  return `; client reason: ${reason === null || reason === '' ? 'not provided' : reason}`;
}

function newMember(memberId: string, request: JoinRequest, reply: Reply<JoinResult>): GroupMember {
  return {
    memberId,
    groupInstanceId: request.groupInstanceId,
    clientId: request.clientId,
    clientHost: request.clientHost,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    sessionTimeoutMs: request.sessionTimeoutMs,
    protocolType: request.protocolType,
    protocols: request.protocols,
    assignment: NO_ASSIGNMENT,
    isNew: true,
    awaitingJoin: reply,
    awaitingSync: undefined,
  };
}

function updateMember(member: GroupMember, request: JoinRequest, reply: Reply<JoinResult>): void {
  member.protocols = request.protocols;
  member.rebalanceTimeoutMs = request.rebalanceTimeoutMs;
  member.sessionTimeoutMs = request.sessionTimeoutMs;
  member.awaitingJoin = reply;
}

function syncRequestError(group: Group, request: SyncRequest): ErrorName {
  const error = generationError(group, request.memberId, request.groupInstanceId, request.generationId);
  if (error !== 'NONE') return error;
  const { protocolType, protocolName } = request;
  const isConsistent =
    (protocolType === null || protocolType === group.protocolType) &&
    (protocolName === null || protocolName === group.protocolName);
  return isConsistent ? 'NONE' : 'INCONSISTENT_GROUP_PROTOCOL';
}

/** Members that the leader forgot get nothing. */
function completeAssignments(group: Group, request: SyncRequest): Map<string, Buffer> {
  const assignments = new Map<string, Buffer>();
  for (const { memberId } of group.members) {
    assignments.set(memberId, request.assignments.get(memberId) ?? NO_ASSIGNMENT);
  }
  return assignments;
}
