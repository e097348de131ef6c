import type { ErrorName } from '../../common/errors.js';
import type { Group } from './group.js';

/** Decisions about members, without a clock and without effect. Source: kafka.coordinator.group.GroupCoordinator, 3.9 */

/**
 * Whether there is room. While a rebalance is being prepared those who wait are counted, so that of a group above its
 * limit the last ones to rejoin are turned away.
 */
export function hasRoomFor(group: Group, memberId: string, groupMaxSize: number): boolean {
  switch (group.state) {
    case 'Empty':
    case 'Dead':
      return true;
    case 'PreparingRebalance':
      return group.member(memberId)?.awaitingJoin !== undefined || group.awaitingJoinCount < groupMaxSize;
    case 'CompletingRebalance':
    case 'Stable':
      return group.member(memberId) !== undefined || group.size < groupMaxSize;
  }
}

/** A static member must be known under its instance id, and no other member may have taken its place. */
export function memberError(group: Group, memberId: string, groupInstanceId: string | null): ErrorName {
  if (groupInstanceId !== null) {
    const current = group.memberIdOf(groupInstanceId);
    if (current === undefined) return 'UNKNOWN_MEMBER_ID';
    if (current !== memberId) return 'FENCED_INSTANCE_ID';
  }
  return group.member(memberId) === undefined ? 'UNKNOWN_MEMBER_ID' : 'NONE';
}

/** What Heartbeat and SyncGroup must fulfil first. */
export function generationError(
  group: Group,
  memberId: string,
  groupInstanceId: string | null,
  generationId: number,
): ErrorName {
  if (group.state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
  const error = memberError(group, memberId, groupInstanceId);
  if (error !== 'NONE') return error;
  return generationId === group.generationId ? 'NONE' : 'ILLEGAL_GENERATION';
}

/** Only members commit while there are any; without members anyone may, who does not claim to be one. */
export function commitError(
  group: Group,
  memberId: string,
  groupInstanceId: string | null,
  generationId: number,
): ErrorName {
  if (group.state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
  const isMember = generationId >= 0 || memberId !== '' || groupInstanceId !== null;
  if (!isMember) return group.state === 'Empty' ? 'NONE' : 'UNKNOWN_MEMBER_ID';
  const error = generationError(group, memberId, groupInstanceId, generationId);
  if (error !== 'NONE') return error;
  return group.state === 'CompletingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE';
}
