import type { ErrorName } from '../../common/errors.js';
import type { Logger } from '../../platform/logger.js';
import type { Time } from '../../platform/time.js';
import { groupAppendError } from './append-errors.js';
import type { PartitionWriter } from './group-ports.js';
import { groupBatch } from './group-records.js';
import { Group } from './group.js';

/** The groups of one partition of `__consumer_offsets`, for as long as this broker leads it without a break. */
export interface GroupShard {
  readonly partition: number;
  /** The latest one: writes are fenced by it. */
  leaderEpoch: number;
  /** While true, nothing is known of its groups. */
  isLoading: boolean;
  readonly groups: Map<string, Group>;
}

/** The group, made if there is none. */
export function groupIn(shard: GroupShard, groupId: string, nowMs: number): Group {
  let group = shard.groups.get(groupId);
  if (group === undefined) shard.groups.set(groupId, (group = new Group(groupId, 'Empty', nowMs)));
  return group;
}

/** Puts a group into its shard's log; resolves with what its clients are to be told. */
export async function storeGroup(
  writer: PartitionWriter,
  time: Time,
  logger: Logger,
  shard: GroupShard | undefined,
  group: Group,
  assignments: ReadonlyMap<string, Buffer>,
): Promise<ErrorName> {
  if (shard?.groups.get(group.groupId) !== group) return 'NOT_COORDINATOR';
  try {
    await writer.append(shard.partition, shard.leaderEpoch, groupBatch(group, assignments, time.wallMs()));
    return 'NONE';
  } catch (error) {
    logger.warn(`Failed to store group ${group.groupId} in __consumer_offsets-${shard.partition}`, error);
    return groupAppendError(error);
  }
}
