import type { CommittedOffset } from './group-offsets.js';
import type { Group } from './group.js';

/**
 * The offsets of a group that nobody has used for `retentionMs`: of a group that has emptied, counted from then; of one
 * without members ever, from the commit; of a stable consumer group, those of topics that it no longer consumes.
 * Source: kafka.coordinator.group.GroupMetadata.removeExpiredOffsets, 3.9 (KIP-211)
 */
export function expiredOffsets(group: Group, nowMs: number, retentionMs: number): CommittedOffset[] {
  const isExpired = expiryRule(group, nowMs, retentionMs);
  if (isExpired === undefined) return [];
  return [...group.offsets.committed()].filter(
    (offset) => !group.offsets.isPending(offset.topic, offset.partition) && isExpired(offset),
  );
}

function expiryRule(
  group: Group,
  nowMs: number,
  retentionMs: number,
): ((offset: CommittedOffset) => boolean) | undefined {
  const isPast = (offset: CommittedOffset, sinceMs: number) =>
    offset.expireTimestamp === undefined ? nowMs - sinceMs >= retentionMs : nowMs >= offset.expireTimestamp;
  if (group.protocolType === null) return (offset) => isPast(offset, Number(offset.commitTimestamp));
  if (group.state === 'Empty') {
    const { stateTimestampMs } = group;
    return (offset) => isPast(offset, stateTimestampMs === -1 ? Number(offset.commitTimestamp) : stateTimestampMs);
  }
  const { subscribedTopics } = group;
  if (group.protocolType !== 'consumer' || group.state !== 'Stable' || subscribedTopics === undefined) return undefined;
  return (offset) => !subscribedTopics.has(offset.topic) && isPast(offset, Number(offset.commitTimestamp));
}
