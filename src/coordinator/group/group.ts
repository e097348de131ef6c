import { invariant } from '../../common/invariant.js';
import { subscribedTopicsOf } from './consumer-protocol.js';
import {
  type GroupMember,
  type JoinedMember,
  joinError,
  type JoinResult,
  type MemberProtocol,
  NO_ASSIGNMENT,
  protocolMetadata,
  syncError,
  type SyncResult,
} from './group-member.js';
import { GroupOffsets } from './group-offsets.js';

/** Kafka's names, as ListGroups and DescribeGroups print them. */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead';

const PREVIOUS_STATES: Readonly<Record<GroupState, readonly GroupState[]>> = {
  Empty: ['PreparingRebalance'],
  PreparingRebalance: ['Stable', 'CompletingRebalance', 'Empty'],
  CompletingRebalance: ['PreparingRebalance'],
  Stable: ['CompletingRebalance'],
  Dead: ['Stable', 'PreparingRebalance', 'CompletingRebalance', 'Empty', 'Dead'],
};

/**
 * One group: who is in it, in which generation, and what it has committed. It decides nothing by itself and knows no
 * clock; `group-membership` moves it. Members stand in the order in which they joined.
 * Source: kafka.coordinator.group.GroupMetadata, 3.9
 */
export class Group {
  readonly groupId: string;
  state: GroupState;
  /** ms since the epoch; −1 unknown (loaded from an old record). */
  stateTimestampMs: number;
  /** null while no member has ever joined: offsets only. */
  protocolType: string | null = null;
  protocolName: string | null = null;
  leaderId: string | null = null;
  generationId = 0;
  /** A member joined while the first rebalance of an empty group was waiting for more. */
  newMemberAdded = false;
  /** Topics the members consume; undefined if a member's metadata is not the consumer protocol's. */
  subscribedTopics: ReadonlySet<string> | undefined;
  readonly offsets: GroupOffsets;
  /** Ids handed out with MEMBER_ID_REQUIRED that have not come back. */
  readonly pendingMembers = new Set<string>();
  /** Members that have their join answer and have not synced. */
  readonly pendingSyncMembers = new Set<string>();
  private readonly byId = new Map<string, GroupMember>();
  private readonly byInstanceId = new Map<string, string>();

  constructor(
    groupId: string,
    state: 'Empty' | 'Stable',
    stateTimestampMs: number,
    offsets: GroupOffsets = new GroupOffsets(),
  ) {
    this.groupId = groupId;
    this.offsets = offsets;
    this.state = state;
    this.stateTimestampMs = stateTimestampMs;
  }

  transitionTo(state: GroupState, nowMs: number): void {
    invariant(PREVIOUS_STATES[state].includes(this.state), 'group state', { from: this.state, to: state });
    this.state = state;
    this.stateTimestampMs = nowMs;
  }

  get canRebalance(): boolean {
    return PREVIOUS_STATES.PreparingRebalance.includes(this.state);
  }

  get size(): number {
    return this.byId.size;
  }
  get members(): Iterable<GroupMember> {
    return this.byId.values();
  }
  member(memberId: string): GroupMember | undefined {
    return this.byId.get(memberId);
  }
  memberIdOf(groupInstanceId: string): string | undefined {
    return this.byInstanceId.get(groupInstanceId);
  }
  isLeader(memberId: string): boolean {
    return this.leaderId === memberId;
  }

  get awaitingJoinCount(): number {
    let count = 0;
    for (const member of this.byId.values()) if (member.awaitingJoin !== undefined) count++;
    return count;
  }
  get hasAllMembersJoined(): boolean {
    return this.pendingMembers.size === 0 && this.awaitingJoinCount === this.byId.size;
  }
  /** The longest of its members'. */
  get rebalanceTimeoutMs(): number {
    let longest = 0;
    for (const member of this.byId.values()) longest = Math.max(longest, member.rebalanceTimeoutMs);
    return longest;
  }

  add(member: GroupMember): void {
    if (member.groupInstanceId !== null) {
      invariant(!this.byInstanceId.has(member.groupInstanceId), 'static member added twice', {
        groupInstanceId: member.groupInstanceId,
      });
      this.byInstanceId.set(member.groupInstanceId, member.memberId);
    }
    if (this.byId.size === 0) this.protocolType = member.protocolType;
    this.leaderId ??= member.memberId;
    this.byId.set(member.memberId, member);
    this.pendingMembers.delete(member.memberId);
  }

  remove(memberId: string): void {
    const member = this.byId.get(memberId);
    this.byId.delete(memberId);
    if (member?.groupInstanceId != null) this.byInstanceId.delete(member.groupInstanceId);
    if (this.leaderId === memberId) this.leaderId = this.firstMemberId();
    this.pendingMembers.delete(memberId);
    this.pendingSyncMembers.delete(memberId);
  }

  private firstMemberId(): string | null {
    for (const memberId of this.byId.keys()) return memberId;
    return null;
  }

  /**
   * A static member that came back takes the place of its former self, whose parked requests are fenced.
   * Source: kafka.coordinator.group.GroupMetadata.replaceStaticMember, 3.9
   */
  replaceStaticMember(groupInstanceId: string, oldMemberId: string, newMemberId: string): GroupMember {
    const member = this.byId.get(oldMemberId);
    invariant(member !== undefined, 'replaced member is not in the group', { oldMemberId });
    this.answerJoin(member, joinError('FENCED_INSTANCE_ID', oldMemberId));
    this.answerSync(member, syncError('FENCED_INSTANCE_ID'));
    this.byId.delete(oldMemberId);
    member.memberId = newMemberId;
    this.byId.set(newMemberId, member);
    this.byInstanceId.set(groupInstanceId, newMemberId);
    if (this.leaderId === oldMemberId) this.leaderId = newMemberId;
    return member;
  }

  /** Answers a parked JoinGroup; false if none is. */
  answerJoin(member: GroupMember, result: JoinResult): boolean {
    const reply = member.awaitingJoin;
    member.awaitingJoin = undefined;
    reply?.(result);
    return reply !== undefined;
  }

  answerSync(member: GroupMember, result: SyncResult): boolean {
    const reply = member.awaitingSync;
    member.awaitingSync = undefined;
    reply?.(result);
    return reply !== undefined;
  }

  /** Whether a member with these protocols may join: there must be one that every member supports. */
  supportsProtocols(protocolType: string, protocols: readonly MemberProtocol[]): boolean {
    if (this.state === 'Empty') return protocolType !== '' && protocols.length > 0;
    if (this.protocolType !== protocolType) return false;
    const candidates = this.candidateProtocols();
    return protocols.some(({ name }) => candidates.has(name));
  }

  private candidateProtocols(): Set<string> {
    const members = [...this.byId.values()];
    const first = members[0]?.protocols ?? [];
    const isCommon = (name: string) => members.every((member) => member.protocols.some((own) => own.name === name));
    return new Set(first.map(({ name }) => name).filter(isCommon));
  }

  /** Each member votes for the first of its protocols that all support; at equal votes the one voted for first wins. */
  selectProtocol(): string {
    const candidates = this.candidateProtocols();
    const votes = new Map<string, number>();
    for (const member of this.byId.values()) {
      const vote = member.protocols.find(({ name }) => candidates.has(name));
      invariant(vote !== undefined, 'member supports no common protocol', { memberId: member.memberId });
      votes.set(vote.name, (votes.get(vote.name) ?? 0) + 1);
    }
    let selected: string | undefined;
    for (const [name, count] of votes) {
      if (selected === undefined || count > (votes.get(selected) ?? 0)) selected = name;
    }
    invariant(selected !== undefined, 'no protocol to select in an empty group');
    return selected;
  }

  /** The next generation: to be synced, or empty. */
  initNextGeneration(nowMs: number): void {
    this.generationId++;
    this.protocolName = this.byId.size > 0 ? this.selectProtocol() : null;
    this.subscribedTopics = this.computeSubscribedTopics();
    this.transitionTo(this.byId.size > 0 ? 'CompletingRebalance' : 'Empty', nowMs);
    this.pendingSyncMembers.clear();
  }

  computeSubscribedTopics(): ReadonlySet<string> | undefined {
    if (this.protocolType !== 'consumer') return undefined;
    if (this.byId.size === 0) return new Set();
    const protocolName = this.protocolName;
    if (protocolName === null) return undefined;
    const topics = new Set<string>();
    for (const member of this.byId.values()) {
      const own = subscribedTopicsOf(protocolMetadata(member, protocolName));
      if (own === undefined) return undefined;
      for (const topic of own) topics.add(topic);
    }
    return topics;
  }

  /**
   * Keeps the leader if it has rejoined, else makes one of those that have the leader.
   * @returns false if nobody has
   */
  maybeElectNewJoinedLeader(): boolean {
    if (this.leaderId === null) return false;
    if (this.byId.get(this.leaderId)?.awaitingJoin !== undefined) return true;
    for (const member of this.byId.values()) {
      if (member.awaitingJoin === undefined) continue;
      this.leaderId = member.memberId;
      return true;
    }
    return false;
  }

  /** What the leader's assignor works on. */
  joinedMembers(): JoinedMember[] {
    const protocolName = this.protocolName ?? '';
    return [...this.byId.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      metadata: protocolMetadata(member, protocolName),
    }));
  }

  /** The answer that tells `member` the group as it stands. */
  joinResult(member: GroupMember): JoinResult {
    return {
      error: 'NONE',
      memberId: member.memberId,
      generationId: this.generationId,
      protocolType: this.protocolType,
      protocolName: this.protocolName,
      leaderId: this.leaderId ?? '',
      skipAssignment: false,
      members: this.isLeader(member.memberId) ? this.joinedMembers() : [],
    };
  }

  syncResult(member: GroupMember): SyncResult {
    return {
      error: 'NONE',
      protocolType: this.protocolType,
      protocolName: this.protocolName,
      assignment: member.assignment,
    };
  }

  clearAssignments(): void {
    for (const member of this.byId.values()) member.assignment = NO_ASSIGNMENT;
  }
}
