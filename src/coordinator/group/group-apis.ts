import { NONE, errorCode } from '../../protocol/error-codes.js';
import type { DescribeGroupsRequest } from '../../protocol/messages/describe-groups-request.js';
import type { DescribeGroupsResponse } from '../../protocol/messages/describe-groups-response.js';
import type { HeartbeatRequest } from '../../protocol/messages/heartbeat-request.js';
import type { HeartbeatResponse } from '../../protocol/messages/heartbeat-response.js';
import type { JoinGroupRequest } from '../../protocol/messages/join-group-request.js';
import type { JoinGroupResponse } from '../../protocol/messages/join-group-response.js';
import type { LeaveGroupRequest } from '../../protocol/messages/leave-group-request.js';
import type { LeaveGroupResponse } from '../../protocol/messages/leave-group-response.js';
import type { ListGroupsRequest } from '../../protocol/messages/list-groups-request.js';
import type { ListGroupsResponse } from '../../protocol/messages/list-groups-response.js';
import type { SyncGroupRequest } from '../../protocol/messages/sync-group-request.js';
import type { SyncGroupResponse } from '../../protocol/messages/sync-group-response.js';
import type { GroupCoordinator } from './group-coordinator.js';
import { type JoinResult, NO_ASSIGNMENT, protocolMetadata, syncError } from './group-member.js';
import type { Group } from './group.js';

/** What the membership APIs need of the request's surroundings. */
export interface GroupClient {
  readonly apiVersion: number;
  readonly clientId: string | null;
  /** `127.0.0.1` */
  readonly clientHost: string;
}

/** In responses that may say what the caller is allowed to: nobody asked. */
const NO_OPERATIONS = -2147483648;

/**
 * JoinGroup, v0–v9.
 * v1 rebalance timeout · v4 MEMBER_ID_REQUIRED (KIP-394) · v5 static members (KIP-345) · v9 skipAssignment (KIP-814)
 * The protocols' metadata outlives the request's buffer, so it is copied.
 * Source: kafka.server.KafkaApis.handleJoinGroupRequest, 3.9
 */
export async function joinGroup(
  coordinator: GroupCoordinator,
  request: JoinGroupRequest,
  client: GroupClient,
): Promise<JoinGroupResponse> {
  const result = await coordinator.joinGroup(request.groupId, {
    memberId: request.memberId,
    groupInstanceId: request.groupInstanceId,
    clientId: client.clientId ?? '',
    clientHost: `/${client.clientHost}`,
    rebalanceTimeoutMs: client.apiVersion === 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs,
    sessionTimeoutMs: request.sessionTimeoutMs,
    protocolType: request.protocolType,
    protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
    requireKnownMemberId: client.apiVersion >= 4 && request.groupInstanceId === null,
    reason: request.reason,
    supportsSkippingAssignment: client.apiVersion >= 9,
  });
  return joinResponse(result, client.apiVersion);
}

function joinResponse(result: JoinResult, version: number): JoinGroupResponse {
  return {
    throttleTimeMs: 0,
    errorCode: errorCode(result.error),
    generationId: result.generationId,
    protocolType: result.protocolType,
    protocolName: version < 7 ? (result.protocolName ?? '') : result.protocolName,
    leader: result.leaderId,
    skipAssignment: version >= 9 && result.skipAssignment,
    memberId: result.memberId,
    members: result.members.map(({ memberId, groupInstanceId, metadata }) => ({ memberId, groupInstanceId, metadata })),
  };
}

/**
 * SyncGroup, v0–v5. v5 names protocol type and name, which then must be those of the group (KIP-559).
 * Source: kafka.server.KafkaApis.handleSyncGroupRequest, 3.9
 */
export async function syncGroup(
  coordinator: GroupCoordinator,
  request: SyncGroupRequest,
  client: GroupClient,
): Promise<SyncGroupResponse> {
  const { protocolType, protocolName } = request;
  const isNamed = client.apiVersion < 5 || (protocolType !== null && protocolName !== null);
  const result = isNamed
    ? await coordinator.syncGroup(request.groupId, {
        memberId: request.memberId,
        groupInstanceId: request.groupInstanceId,
        generationId: request.generationId,
        protocolType,
        protocolName,
        assignments: new Map(request.assignments.map((own) => [own.memberId, Buffer.from(own.assignment)])),
      })
    : syncError('INCONSISTENT_GROUP_PROTOCOL');
  return {
    throttleTimeMs: 0,
    errorCode: errorCode(result.error),
    protocolType: result.protocolType,
    protocolName: result.protocolName,
    assignment: result.assignment,
  };
}

/** Heartbeat, v0–v4. Source: kafka.server.KafkaApis.handleHeartbeatRequest, 3.9 */
export function heartbeat(coordinator: GroupCoordinator, request: HeartbeatRequest): HeartbeatResponse {
  const { groupId, memberId, groupInstanceId, generationId } = request;
  return {
    throttleTimeMs: 0,
    errorCode: errorCode(coordinator.heartbeat(groupId, memberId, groupInstanceId, generationId)),
  };
}

/**
 * LeaveGroup, v0–v5: one member up to v2, whose error is the response's; many from v3 on, each with its own.
 * Source: org.apache.kafka.common.requests.LeaveGroupResponse, 3.9
 */
export function leaveGroup(
  coordinator: GroupCoordinator,
  request: LeaveGroupRequest,
  client: GroupClient,
): LeaveGroupResponse {
  const leaving =
    client.apiVersion < 3 ? [{ memberId: request.memberId, groupInstanceId: null, reason: null }] : request.members;
  const { error, errors } = coordinator.leaveGroup(request.groupId, leaving);
  if (client.apiVersion < 3) {
    const only = error === 'NONE' ? (errors[0] ?? 'NONE') : error;
    return { throttleTimeMs: 0, errorCode: errorCode(only), members: [] };
  }
  return {
    throttleTimeMs: 0,
    errorCode: errorCode(error),
    members: errors.map((memberError, i) => ({
      memberId: leaving[i]?.memberId ?? '',
      groupInstanceId: leaving[i]?.groupInstanceId ?? null,
      errorCode: errorCode(memberError),
    })),
  };
}

/**
 * ListGroups, v0–v5. Filters by state (v4, KIP-518) and type (v5, KIP-848) know no case; every group is classic.
 * @param isVisible whether the caller may know of the group
 * Source: kafka.coordinator.group.GroupCoordinator.handleListGroups, 3.9
 */
export function listGroups(
  coordinator: GroupCoordinator,
  request: ListGroupsRequest,
  isVisible: (groupId: string) => boolean = () => true,
): ListGroupsResponse {
  const { error, groups } = coordinator.listGroups();
  const states = request.statesFilter.map((state) => state.toLowerCase());
  const types = request.typesFilter.map((type) => type.toLowerCase());
  const isListed = ({ groupId, state }: Group) =>
    (states.length === 0 || states.includes(state.toLowerCase())) &&
    (types.length === 0 || types.includes('classic')) &&
    isVisible(groupId);
  return {
    throttleTimeMs: 0,
    errorCode: errorCode(error),
    groups: groups.filter(isListed).map((group) => ({
      groupId: group.groupId,
      protocolType: group.protocolType ?? '',
      groupState: group.state,
      groupType: 'classic',
    })),
  };
}

/**
 * DescribeGroups, v0–v5; a group that does not exist is "Dead". The protocol, the members' metadata and their
 * assignments are told of a stable group only.
 * @param operationsOf bits of what the caller may do with the group, when asked for (v3)
 * Source: kafka.coordinator.group.GroupCoordinator.handleDescribeGroup, 3.9
 */
export function describeGroups(
  coordinator: GroupCoordinator,
  request: DescribeGroupsRequest,
  operationsOf: (groupId: string) => number = () => NO_OPERATIONS,
): DescribeGroupsResponse {
  const groups = request.groups.map((groupId): DescribeGroupsResponse['groups'][number] => {
    const { error, group } = coordinator.describeGroup(groupId);
    if (error !== 'NONE') return { ...emptyDescription(groupId), errorCode: errorCode(error) };
    const description = group === undefined ? { ...emptyDescription(groupId), groupState: 'Dead' } : describe(group);
    return {
      ...description,
      authorizedOperations: request.includeAuthorizedOperations ? operationsOf(groupId) : NO_OPERATIONS,
    };
  });
  return { throttleTimeMs: 0, groups };
}

function emptyDescription(groupId: string): DescribeGroupsResponse['groups'][number] {
  return {
    errorCode: NONE,
    groupId,
    groupState: '',
    protocolType: '',
    protocolData: '',
    members: [],
    authorizedOperations: NO_OPERATIONS,
  };
}

function describe(group: Group): DescribeGroupsResponse['groups'][number] {
  const isStable = group.state === 'Stable';
  const protocolName = group.protocolName ?? '';
  return {
    ...emptyDescription(group.groupId),
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: isStable ? protocolName : '',
    members: [...group.members].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? protocolMetadata(member, protocolName) : NO_ASSIGNMENT,
      memberAssignment: isStable ? member.assignment : NO_ASSIGNMENT,
    })),
  };
}
