import { type ErrorName, errorNameOf } from '../../common/errors.js';
import { errorCode } from '../../protocol/error-codes.js';
import type { OffsetCommitRequest } from '../../protocol/messages/offset-commit-request.js';
import type { OffsetCommitResponse } from '../../protocol/messages/offset-commit-response.js';
import type { OffsetFetchRequest } from '../../protocol/messages/offset-fetch-request.js';
import type { OffsetFetchResponse } from '../../protocol/messages/offset-fetch-response.js';
import type { GroupCoordinator } from './group-coordinator.js';
import type { CommittedOffset } from './group-offsets.js';
import type { FetchedOffset } from './offset-commits.js';

/** Why a partition is not to be touched (not authorized, no such topic), or NONE. Asked before anything is done. */
export type PartitionCheck = (topic: string, partition: number) => ErrorName;

/**
 * OffsetCommit, v0–v9.
 * v0 znodes only · v1 commit time · v2–v4 retention time · v6 leader epoch (KIP-320) · v7 static members (KIP-345)
 * @param nowMs wall clock
 * Source: kafka.server.KafkaApis.handleOffsetCommitRequest, GroupCoordinatorAdapter.commitOffsets, 3.9
 */
export async function commitOffsets(
  coordinator: GroupCoordinator,
  request: OffsetCommitRequest,
  version: number,
  nowMs: number,
  check: PartitionCheck,
): Promise<OffsetCommitResponse> {
  const asked = request.topics.flatMap((topic) =>
    topic.partitions.map((own) => toCommit(request, topic.name, own, nowMs)),
  );
  const refusals = asked.map(({ topic, partition }) => check(topic, partition));
  const offsets = asked.filter((_, i) => refusals[i] === 'NONE');
  const outcomes = offsets.length === 0 ? [] : await commit(coordinator, request, version, offsets);
  let nextAsked = 0;
  let nextOutcome = 0;
  const outcomeOf = (): ErrorName => {
    const refusal = refusals[nextAsked++] ?? 'NONE';
    return refusal === 'NONE' ? (outcomes[nextOutcome++] ?? 'NONE') : refusal;
  };
  return {
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: errorCode(outcomeOf()) })),
    })),
  };
}

function commit(
  coordinator: GroupCoordinator,
  request: OffsetCommitRequest,
  version: number,
  offsets: readonly CommittedOffset[],
): Promise<ErrorName[]> {
  if (version === 0) return coordinator.commitToZnodes(request.groupId, offsets);
  return coordinator.commitOffsets(request.groupId, {
    memberId: request.memberId,
    groupInstanceId: request.groupInstanceId,
    generationId: request.generationIdOrMemberEpoch,
    offsets,
  });
}

/** −1 in a client's timestamp or retention: it does not say. */
function toCommit(
  request: OffsetCommitRequest,
  topic: string,
  own: OffsetCommitRequest['topics'][number]['partitions'][number],
  nowMs: number,
): CommittedOffset {
  return {
    topic,
    partition: own.partitionIndex,
    offset: own.committedOffset,
    leaderEpoch: own.committedLeaderEpoch,
    metadata: own.committedMetadata ?? '',
    commitTimestamp: own.commitTimestamp === -1 ? nowMs : own.commitTimestamp,
    expireTimestamp: request.retentionTimeMs === -1 ? undefined : nowMs + request.retentionTimeMs,
  };
}

/**
 * OffsetFetch, v0–v9.
 * v0 znodes only · v2 null topics: all, and an error for all · v5 leader epoch · v7 requireStable (KIP-447) · v8 many groups
 * @param check a partition that is refused is answered with its error; one that is not asked for by name is left out
 * @param groupError why a group is not to be read, or NONE
 * Source: kafka.server.KafkaApis.handleOffsetFetchRequest, org.apache.kafka.common.requests.OffsetFetchResponse, 3.9
 */
export async function fetchOffsets(
  coordinator: GroupCoordinator,
  request: OffsetFetchRequest,
  version: number,
  check: PartitionCheck,
  groupError: (groupId: string) => ErrorName = () => 'NONE',
): Promise<OffsetFetchResponse> {
  const asked = version < 8 ? [{ groupId: request.groupId, topics: request.topics }] : request.groups;
  const groups = await Promise.all(
    asked.map((group) => fetchGroup(coordinator, group, version, request.requireStable, check, groupError)),
  );
  const only = groups[0];
  if (version >= 8 || only === undefined) return { throttleTimeMs: 0, topics: [], errorCode: 0, groups };
  const { topics, errorCode: error } = only;
  if (error === 0 || version >= 2) return { throttleTimeMs: 0, topics, errorCode: error, groups: [] };
  return { throttleTimeMs: 0, topics: refusedTopics(request, error), errorCode: error, groups: [] };
}

interface AskedGroup {
  readonly groupId: string;
  readonly topics: readonly { readonly name: string; readonly partitionIndexes: readonly number[] }[] | null;
}
type GroupAnswer = OffsetFetchResponse['groups'][number];

async function fetchGroup(
  coordinator: GroupCoordinator,
  { groupId, topics }: AskedGroup,
  version: number,
  requireStable: boolean,
  check: PartitionCheck,
  groupError: (groupId: string) => ErrorName,
): Promise<GroupAnswer> {
  const refusal = groupError(groupId);
  if (refusal !== 'NONE') return { groupId, topics: [], errorCode: errorCode(refusal) };
  const asked = topics?.flatMap(({ name, partitionIndexes }) =>
    partitionIndexes.map((partition) => ({ topic: name, partition })),
  );
  const allowed = asked?.filter(({ topic, partition }) => check(topic, partition) === 'NONE');
  const { error, offsets } = await fetchAllowed(coordinator, groupId, allowed, version, requireStable);
  if (error !== 'NONE') return { groupId, topics: [], errorCode: errorCode(error) };
  if (asked === undefined) {
    const visible = offsets.filter(({ topic, partition }) => check(topic, partition) === 'NONE');
    return { groupId, topics: byTopic(visible), errorCode: 0 };
  }
  let next = 0;
  const answered = asked.map(({ topic, partition }): FetchedOffset => {
    const refused = check(topic, partition);
    const fetched = refused === 'NONE' ? offsets[next++] : undefined;
    return fetched ?? { topic, partition, offset: -1, leaderEpoch: -1, metadata: '', error: refused };
  });
  return { groupId, topics: byTopic(answered), errorCode: 0 };
}

async function fetchAllowed(
  coordinator: GroupCoordinator,
  groupId: string,
  partitions: readonly { readonly topic: string; readonly partition: number }[] | undefined,
  version: number,
  requireStable: boolean,
): Promise<{ readonly error: ErrorName; readonly offsets: readonly FetchedOffset[] }> {
  if (version > 0) return coordinator.fetchOffsets(groupId, partitions, requireStable);
  try {
    return { error: 'NONE', offsets: await coordinator.fetchFromZnodes(groupId, partitions ?? []) };
  } catch (error) {
    return { error: errorNameOf(error), offsets: [] };
  }
}

function byTopic(offsets: readonly FetchedOffset[]): GroupAnswer['topics'] {
  const topics = new Map<string, GroupAnswer['topics'][number]>();
  for (const { topic, partition, offset, leaderEpoch, metadata, error } of offsets) {
    let entry = topics.get(topic);
    if (entry === undefined) topics.set(topic, (entry = { name: topic, partitions: [] }));
    entry.partitions.push({
      partitionIndex: partition,
      committedOffset: offset,
      committedLeaderEpoch: leaderEpoch,
      metadata,
      errorCode: errorCode(error),
    });
  }
  return [...topics.values()];
}

/** v0 and v1 have no error but the partitions'. */
function refusedTopics(request: OffsetFetchRequest, error: number): OffsetFetchResponse['topics'] {
  return (request.topics ?? []).map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partitionIndex) => ({
      partitionIndex,
      committedOffset: -1,
      committedLeaderEpoch: -1,
      metadata: '',
      errorCode: error,
    })),
  }));
}
