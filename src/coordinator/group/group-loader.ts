import type { Codecs } from '../../platform/codecs.js';
import type { Logger } from '../../platform/logger.js';
import { DecodeError } from '../../protocol/reader.js';
import { controlTypeOf } from '../../protocol/record/control-batch.js';
import { batchesIn, readRecords } from '../../protocol/record/record-reader.js';
import { attributesOf, isControl, isTransactional, producerIdOf } from '../../protocol/record/record-batch.js';
import type { GroupMetadataValue } from '../../protocol/messages/group-metadata-value.js';
import { type GroupMember, NO_ASSIGNMENT } from './group-member.js';
import { type GroupRecord, readGroupRecord } from './group-records.js';
import { Group } from './group.js';

/**
 * Rebuilds the groups of one partition from its log: the last record of a key counts, a null value deletes, and what a
 * transaction committed counts once its marker is there.
 * Source: kafka.coordinator.group.GroupMetadataManager.doLoadGroupsAndOffsets, 3.9
 */
export class GroupLoader {
  private readonly groups = new Map<string, Group>();
  private readonly codecs: Codecs;
  private readonly logger: Logger;
  private readonly nowMs: () => number;

  constructor(codecs: Codecs, logger: Logger, nowMs: () => number) {
    this.codecs = codecs;
    this.logger = logger;
    this.nowMs = nowMs;
  }

  /**
   * A single record that cannot be read (written by a newer broker, or damaged before it came here) is left out with an
   * error in the log: the other groups must not suffer for it. `Differs:` Kafka stops loading there and serves what it has.
   * @throws KafkaError CORRUPT_MESSAGE
   */
  async replay(batches: Buffer): Promise<void> {
    for (const { at } of batchesIn(batches)) {
      const attributes = attributesOf(batches, at);
      const producerId = isTransactional(attributes) ? producerIdOf(batches, at) : undefined;
      for (const { key, value } of await readRecords(batches, at, this.codecs)) {
        if (isControl(attributes)) this.endTransaction(producerId, controlTypeOf(key) === 'commit');
        else if (key !== null) this.replayRecord(this.read(key, value), producerId);
      }
    }
  }

  private read(key: Buffer, value: Buffer | null): GroupRecord | undefined {
    try {
      return readGroupRecord(key, value);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.logger.error('Unreadable record in __consumer_offsets left out', error);
      return undefined;
    }
  }

  /** The groups that have members, a generation or an offset. */
  loaded(): Map<string, Group> {
    return new Map([...this.groups].filter(([, group]) => group.generationId > 0 || !group.offsets.isEmpty));
  }

  private replayRecord(record: GroupRecord | undefined, producerId: number | undefined): void {
    if (record === undefined) return;
    const { groupId } = record;
    switch (record.kind) {
      case 'offset': {
        const { offsets } = this.groupOf(groupId);
        if (producerId === undefined) offsets.set(record.offset);
        else offsets.setTransactional(producerId, record.offset);
        return;
      }
      case 'offset-tombstone':
        this.groups.get(groupId)?.offsets.delete(record.topic, record.partition);
        return;
      case 'group':
        this.groups.set(groupId, groupFrom(groupId, record.value, this.groups.get(groupId)));
        return;
      case 'group-tombstone':
        this.groups.set(groupId, new Group(groupId, 'Empty', this.nowMs(), this.groups.get(groupId)?.offsets));
    }
  }

  private endTransaction(producerId: number | undefined, isCommit: boolean): void {
    if (producerId === undefined) return;
    for (const { offsets } of this.groups.values()) offsets.endTransaction(producerId, isCommit);
  }

  private groupOf(groupId: string): Group {
    let group = this.groups.get(groupId);
    if (group === undefined) this.groups.set(groupId, (group = new Group(groupId, 'Empty', this.nowMs())));
    return group;
  }
}

/** A group record says everything about membership and nothing about offsets: those of `former` stay. */
function groupFrom(groupId: string, value: GroupMetadataValue, former: Group | undefined): Group {
  const state = value.members.length === 0 ? 'Empty' : 'Stable';
  const group = new Group(groupId, state, value.currentStateTimestamp, former?.offsets);
  for (const member of value.members) group.add(memberFrom(value, member));
  group.generationId = value.generation;
  group.protocolType = value.protocolType === '' ? null : value.protocolType;
  group.protocolName = value.protocol;
  group.leaderId = value.leader;
  group.subscribedTopics = group.computeSubscribedTopics();
  return group;
}

function memberFrom(group: GroupMetadataValue, member: GroupMetadataValue['members'][number]): GroupMember {
  return {
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    rebalanceTimeoutMs: member.rebalanceTimeout === -1 ? member.sessionTimeout : member.rebalanceTimeout,
    sessionTimeoutMs: member.sessionTimeout,
    protocolType: group.protocolType,
    protocols: [{ name: group.protocol ?? '', metadata: Buffer.from(member.subscription) }],
    assignment: member.assignment.length === 0 ? NO_ASSIGNMENT : Buffer.from(member.assignment),
    isNew: false,
    awaitingJoin: undefined,
    awaitingSync: undefined,
  };
}
