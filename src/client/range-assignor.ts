import type { TopicPartition } from '../common/topic-partition.js';

/** A member as its leader sees it. */
export interface GroupMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly topics: readonly string[];
}

/**
 * Each topic apart: its partitions in order, cut into one stretch for each member that subscribed to it; the first members
 * have one more when they do not come out even. Static members come first, by instance id, then the others by member id.
 * @returns by member id; every member has an entry
 * Source: org.apache.kafka.clients.consumer.RangeAssignor, 3.9 (without racks)
 */
export function assignRange(
  members: readonly GroupMember[],
  partitionCounts: ReadonlyMap<string, number>,
): Map<string, TopicPartition[]> {
  const assignment = new Map<string, TopicPartition[]>(members.map(({ memberId }) => [memberId, []]));
  const sorted = [...members].sort(compareMembers);
  const topics = [...new Set(members.flatMap((member) => member.topics))].sort();
  for (const topic of topics) {
    const subscribers = sorted.filter((member) => member.topics.includes(topic));
    const count = partitionCounts.get(topic) ?? 0;
    const each = Math.floor(count / subscribers.length);
    const withOneMore = count % subscribers.length;
    let partition = 0;
    subscribers.forEach(({ memberId }, at) => {
      const end = partition + each + (at < withOneMore ? 1 : 0);
      for (; partition < end; partition++) assignment.get(memberId)?.push({ topic, partition });
    });
  }
  return assignment;
}

function compareMembers(a: GroupMember, b: GroupMember): number {
  if (a.groupInstanceId !== null && b.groupInstanceId !== null) return order(a.groupInstanceId, b.groupInstanceId);
  if (a.groupInstanceId !== null) return -1;
  if (b.groupInstanceId !== null) return 1;
  return order(a.memberId, b.memberId);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
