import type { TopicPartition } from '../common/topic-partition.js';
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.js';
import type { PartitionWriter } from '../coordinator/group/group-ports.js';
import type { MetadataCache } from '../metadata/metadata-cache.js';
import type { Logger } from '../platform/logger.js';
import { InternalTopic } from '../replication/internal-topic.js';
import type { LeadershipListener, ReplicaManager } from '../replication/replica-manager.js';
import { OFFSETS_TOPIC } from './internal-topics.js';

/** __consumer_offsets as the group coordinator writes and reads it. */
export function offsetsWriter(
  replicaManager: ReplicaManager,
  partitionCount: number,
  offsetsCommitTimeoutMs: number,
): PartitionWriter {
  const topic = new InternalTopic(OFFSETS_TOPIC, replicaManager, offsetsCommitTimeoutMs);
  return {
    append: (partition, leaderEpoch, batch) => topic.append(partition, leaderEpoch, batch),
    read: (partition, leaderEpoch) => topic.read(partition, leaderEpoch),
    partitionCount: () => partitionCount,
  };
}

/** Elects and retires the coordinator of a partition of __consumer_offsets as this broker begins and ends to lead it. */
export function coordinatorElections(groups: GroupCoordinator): LeadershipListener {
  const isOffsets = ({ topic }: TopicPartition): boolean => topic === OFFSETS_TOPIC;
  return {
    onLeadershipChange: (leaders, followers) => {
      for (const { partition, leaderEpoch } of leaders.filter(isOffsets))
        void groups.onElection(partition, leaderEpoch);
      for (const { partition, leaderEpoch } of followers.filter(isOffsets))
        groups.onResignation(partition, leaderEpoch);
    },
    onStopped: (stopped) => {
      if (isOffsets(stopped)) groups.onResignation(stopped.partition, undefined);
    },
  };
}

/** Offsets of partitions that are gone go too. */
export function forgetDeletedTopics(metadata: MetadataCache, groups: GroupCoordinator, logger: Logger): void {
  let before = metadata.image;
  metadata.onChange((delta, image) => {
    const deleted = [...delta.deletedTopics].flatMap((topic) =>
      (before.topics.get(topic)?.partitions ?? []).flatMap((found) =>
        found === undefined ? [] : [{ topic, partition: found.partition }],
      ),
    );
    before = image;
    if (deleted.length === 0) return;
    groups.onPartitionsDeleted(deleted).catch((error: unknown) => {
      logger.error('Offsets of deleted partitions could not be removed', error);
    });
  });
}
