import type { ErrorName } from '../../common/errors.js';

/** One way to divide the partitions, and what the member's assignor wants the leader to know. */
export interface MemberProtocol {
  readonly name: string;
  readonly metadata: Buffer;
}

/** The answer to JoinGroup, before a version gives it its shape. */
export interface JoinResult {
  readonly error: ErrorName;
  readonly memberId: string;
  readonly generationId: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly leaderId: string;
  readonly skipAssignment: boolean;
  /** For the leader only. */
  readonly members: readonly JoinedMember[];
}

export interface JoinedMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly metadata: Buffer;
}

export interface SyncResult {
  readonly error: ErrorName;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignment: Buffer;
}

/** Sends the answer to a request that is parked until the rebalance gets on. Called once. */
export type Reply<R> = (result: R) => void;

/** One consumer of a group. Source: kafka.coordinator.group.MemberMetadata, 3.9 */
export interface GroupMember {
  memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  /** As Java prints an address: `/127.0.0.1`. */
  readonly clientHost: string;
  rebalanceTimeoutMs: number;
  sessionTimeoutMs: number;
  readonly protocolType: string;
  /** By preference. */
  protocols: readonly MemberProtocol[];
  assignment: Buffer;
  /** Its first JoinGroup is still parked: it cannot heartbeat yet, as it does not know its id. */
  isNew: boolean;
  awaitingJoin: Reply<JoinResult> | undefined;
  awaitingSync: Reply<SyncResult> | undefined;
}

export const NO_ASSIGNMENT = Buffer.alloc(0);

export function joinError(error: ErrorName, memberId: string): JoinResult {
  return {
    error,
    memberId,
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leaderId: '',
    skipAssignment: false,
    members: [],
  };
}

export function syncError(error: ErrorName): SyncResult {
  return { error, protocolType: null, protocolName: null, assignment: NO_ASSIGNMENT };
}

export function protocolMetadata(member: GroupMember, protocolName: string): Buffer {
  return member.protocols.find(({ name }) => name === protocolName)?.metadata ?? NO_ASSIGNMENT;
}

/** Whether a JoinGroup says nothing new: the same protocols in the same order with the same metadata. */
export function hasSameProtocols(member: GroupMember, protocols: readonly MemberProtocol[]): boolean {
  return (
    member.protocols.length === protocols.length &&
    member.protocols.every(({ name, metadata }, i) => {
      const other = protocols[i];
      return other?.name === name && metadata.equals(other.metadata);
    })
  );
}
