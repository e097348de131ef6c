import type { ErrorName } from '../../common/errors.js';
import type { Logger } from '../../platform/logger.js';
import type { Time } from '../../platform/time.js';
import { offsetAppendError } from './append-errors.js';
import type { CommittedOffset } from './group-offsets.js';
import type { GroupConfig, OffsetStore, PartitionWriter } from './group-ports.js';
import { offsetCommitBatch, tombstoneBatch } from './group-records.js';
import type { GroupShard } from './group-shard.js';
import type { Group } from './group.js';
import { expiredOffsets } from './offset-expiry.js';
import { isZnodeName, ZnodeOffsets } from './znode-offsets.js';

/** The answer for one partition of an OffsetFetch. */
export interface FetchedOffset {
  readonly topic: string;
  readonly partition: number;
  /** −1: nothing committed. */
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string;
  readonly error: ErrorName;
}

interface TopicPartitionOf {
  readonly topic: string;
  readonly partition: number;
}

/**
 * Committed offsets, in the log and in znodes. A commit is a record first, with all its metadata; then the number is
 * written to the znode; the client is answered when both stand.
 * Differs: with offsets.storage=zookeeper, the default, the number that is read is the znode's, so that consumers that
 * keep their offsets in ZooKeeper themselves and those that commit through a broker see the same. With
 * offsets.storage=kafka there are no znodes, as in 3.9.
 * Source: kafka.coordinator.group.GroupMetadataManager.storeOffsets and getOffsets, 3.9
 */
export class OffsetCommits {
  private readonly config: GroupConfig;
  private readonly writer: PartitionWriter;
  private readonly store: OffsetStore;
  private readonly znodes: ZnodeOffsets;
  private readonly time: Time;
  private readonly logger: Logger;

  constructor(config: GroupConfig, writer: PartitionWriter, store: OffsetStore, time: Time, logger: Logger) {
    this.config = config;
    this.writer = writer;
    this.store = store;
    this.znodes = new ZnodeOffsets(store, logger);
    this.time = time;
    this.logger = logger;
  }

  /** [i] is the outcome of offsets[i]. */
  async commit(shard: GroupShard, group: Group, offsets: readonly CommittedOffset[]): Promise<ErrorName[]> {
    const refusals = offsets.map((offset) => this.refusal(offset));
    const accepted = offsets.filter((_, i) => refusals[i] === 'NONE');
    if (accepted.length === 0) return refusals;
    const outcomes = await this.append(shard, group, accepted);
    let next = 0;
    return refusals.map((refusal) => (refusal === 'NONE' ? (outcomes[next++] ?? 'NONE') : refusal));
  }

  private refusal({ offset, metadata }: CommittedOffset): ErrorName {
    if (metadata.length > this.config.offsetMetadataMaxBytes) return 'OFFSET_METADATA_TOO_LARGE';
    return Number.isSafeInteger(offset) ? 'NONE' : 'OFFSET_OUT_OF_RANGE';
  }

  private async append(
    shard: GroupShard,
    group: Group,
    offsets: readonly CommittedOffset[],
  ): Promise<readonly ErrorName[]> {
    const { groupId } = group;
    for (const { topic, partition } of offsets) group.offsets.beginCommit(topic, partition);
    try {
      const batch = offsetCommitBatch(groupId, offsets, this.time.wallMs());
      await this.writer.append(shard.partition, shard.leaderEpoch, batch);
      for (const offset of offsets) group.offsets.set(offset);
    } catch (error) {
      this.logger.warn(`Failed to append offsets of group ${groupId} to __consumer_offsets-${shard.partition}`, error);
      return offsets.map(() => offsetAppendError(error));
    } finally {
      for (const { topic, partition } of offsets) group.offsets.endCommit(topic, partition);
    }
    if (!this.hasZnodes(groupId)) return offsets.map(() => 'NONE');
    const fence = { partition: shard.partition, leaderEpoch: shard.leaderEpoch };
    return Promise.all(
      offsets.map(({ topic, partition, offset }) => this.znodes.write({ groupId, topic, partition, offset, fence })),
    );
  }

  /** OffsetCommit v0, which any broker takes and which knows no record: the znode alone. */
  async commitToZnodes(
    groupId: string,
    offsets: readonly (TopicPartitionOf & { readonly offset: number; readonly metadata: string })[],
  ): Promise<ErrorName[]> {
    return Promise.all(
      offsets.map(async ({ topic, partition, offset, metadata }): Promise<ErrorName> => {
        if (metadata.length > this.config.offsetMetadataMaxBytes) return 'OFFSET_METADATA_TOO_LARGE';
        if (!isZnodeName(groupId)) return 'UNKNOWN_SERVER_ERROR';
        return this.znodes.write({ groupId, topic, partition, offset, fence: undefined });
      }),
    );
  }

  /** OffsetFetch v0: the znodes alone; a partition without one is unknown. @throws what {@link OffsetStore.read} throws */
  async fetchFromZnodes(groupId: string, partitions: readonly TopicPartitionOf[]): Promise<FetchedOffset[]> {
    const keys = partitions.map(({ topic, partition }) => ({ groupId, topic, partition }));
    const numbers = isZnodeName(groupId) ? await this.store.read(keys) : [];
    return partitions.map(({ topic, partition }, i) => {
      const offset = numbers[i];
      return offset === undefined
        ? { topic, partition, ...NOTHING, error: 'UNKNOWN_TOPIC_OR_PARTITION' }
        : { topic, partition, ...NOTHING, offset };
    });
  }

  /**
   * @param partitions undefined: every one that has an offset
   * @param requireStable a partition with a commit on its way is UNSTABLE_OFFSET_COMMIT (KIP-447)
   */
  async fetch(
    groupId: string,
    group: Group | undefined,
    partitions: readonly TopicPartitionOf[] | undefined,
    requireStable: boolean,
  ): Promise<FetchedOffset[]> {
    const live = group === undefined || group.state === 'Dead' ? undefined : group;
    if (!this.hasZnodes(groupId)) {
      const asked = partitions ?? [...(live?.offsets.committed() ?? [])];
      return asked.map(({ topic, partition }) => fetched(live, topic, partition, undefined, requireStable));
    }
    if (partitions !== undefined) {
      const numbers = await this.store.read(partitions.map(({ topic, partition }) => ({ groupId, topic, partition })));
      return partitions.map(({ topic, partition }, i) => fetched(live, topic, partition, numbers[i], requireStable));
    }
    const stored = await this.store.list(groupId);
    const isStored = new Set(stored.map(({ topic, partition }) => `${topic}-${partition}`));
    const onlyInLog = [...(live?.offsets.committed() ?? [])].filter(
      ({ topic, partition }) => !isStored.has(`${topic}-${partition}`),
    );
    return [
      ...stored.map(({ topic, partition, offset }) => fetched(live, topic, partition, offset, requireStable)),
      ...onlyInLog.map(({ topic, partition }) => fetched(live, topic, partition, undefined, requireStable)),
    ];
  }

  /** What of the group has expired goes, here, in the log and in the znodes; so does a group that has nothing left. */
  async expire(shard: GroupShard, group: Group, bury: (group: Group) => void): Promise<void> {
    const expired = expiredOffsets(group, this.time.wallMs(), this.config.offsetsRetentionMs);
    await this.remove(shard, group, expired, bury);
  }

  /**
   * Forgets offsets of a group, and the group itself when it is empty and has none left.
   * As in Kafka, memory goes first: tombstones that do not get into the log are written again after the next load.
   */
  async remove(
    shard: GroupShard,
    group: Group,
    offsets: readonly CommittedOffset[],
    bury: (group: Group) => void,
  ): Promise<void> {
    const { groupId } = group;
    for (const { topic, partition } of offsets) group.offsets.delete(topic, partition);
    const isOver = group.state === 'Empty' && group.offsets.isEmpty;
    const hasGroupRecord = isOver && group.generationId > 0;
    if (isOver) {
      bury(group);
      shard.groups.delete(groupId);
    }
    if (offsets.length === 0 && !hasGroupRecord) return;
    const batch = tombstoneBatch(groupId, offsets, hasGroupRecord, this.time.wallMs());
    try {
      await this.writer.append(shard.partition, shard.leaderEpoch, batch);
      if (this.hasZnodes(groupId)) await this.removeZnodes(shard, groupId, offsets);
    } catch (error) {
      this.logger.warn(`Failed to append ${offsets.length} tombstones for group ${groupId}`, error);
    }
  }

  /** Not those whose number is another: somebody who keeps offsets in ZooKeeper himself still uses them. */
  private async removeZnodes(shard: GroupShard, groupId: string, offsets: readonly CommittedOffset[]): Promise<void> {
    const keys = offsets.map(({ topic, partition }) => ({ groupId, topic, partition }));
    const numbers = await this.store.read(keys);
    const ours = keys.filter((_, i) => numbers[i] === offsets[i]?.offset);
    if (ours.length > 0) await this.store.remove({ partition: shard.partition, leaderEpoch: shard.leaderEpoch }, ours);
  }

  private hasZnodes(groupId: string): boolean {
    return this.config.offsetsStorage === 'zookeeper' && isZnodeName(groupId);
  }
}

const NOTHING = { offset: -1, leaderEpoch: -1, metadata: '', error: 'NONE' } as const;

/** The znode's number counts; what the record says besides holds only if it is about the same number. */
function fetched(
  group: Group | undefined,
  topic: string,
  partition: number,
  number: number | undefined,
  requireStable: boolean,
): FetchedOffset {
  if (requireStable && group?.offsets.isPending(topic, partition) === true) {
    return { topic, partition, ...NOTHING, error: 'UNSTABLE_OFFSET_COMMIT' };
  }
  const committed = group?.offsets.get(topic, partition);
  if (committed === undefined || (number !== undefined && committed.offset !== number)) {
    return { topic, partition, ...NOTHING, offset: number ?? NOTHING.offset };
  }
  const { offset, leaderEpoch, metadata } = committed;
  return { topic, partition, offset, leaderEpoch, metadata, error: 'NONE' };
}
