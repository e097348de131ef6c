import { codecOf } from '../../protocol/codec.js';
import { groupMetadataKey } from '../../protocol/messages/group-metadata-key.js';
import { type GroupMetadataValue, groupMetadataValue } from '../../protocol/messages/group-metadata-value.js';
import { offsetCommitKey } from '../../protocol/messages/offset-commit-key.js';
import { offsetCommitValue } from '../../protocol/messages/offset-commit-value.js';
import { buildBatch, type NewRecord } from '../../protocol/record/batch-builder.js';
import { DecodeError } from '../../protocol/reader.js';
import type { Fields, Message, TypeOf } from '../../protocol/schema.js';
import { includesVersion } from '../../protocol/versions.js';
import { NO_ASSIGNMENT, protocolMetadata } from './group-member.js';
import type { Group } from './group.js';
import type { CommittedOffset } from './group-offsets.js';

/**
 * Records of `__consumer_offsets`. Key and value begin with an int16 version; in a key it tells the kind: 0 and 1 an
 * offset, 2 a group. A null value deletes.
 * Source: kafka.coordinator.group.GroupMetadataManager, 3.9
 */
export type GroupRecord =
  | { readonly kind: 'offset'; readonly groupId: string; readonly offset: CommittedOffset }
  | { readonly kind: 'offset-tombstone'; readonly groupId: string; readonly topic: string; readonly partition: number }
  | { readonly kind: 'group'; readonly groupId: string; readonly value: GroupMetadataValue }
  | { readonly kind: 'group-tombstone'; readonly groupId: string };

const OFFSET_KEY_VERSION = 1;
const GROUP_KEY_VERSION = 2;
/** Version 4 is flexible and not written before all brokers know it. */
const VALUE_VERSION = 3;
/** The only one with an expiry of its own, which clients could ask for up to OffsetCommit v4. */
const EXPIRING_OFFSET_VALUE_VERSION = 1;
const VERSION_SIZE = 2;

function versioned<F extends Fields>(message: Message<F>, version: number, value: TypeOf<F>): Buffer {
  const codec = codecOf(message, version);
  const bytes = Buffer.allocUnsafe(VERSION_SIZE + codec.sizeOf(value));
  codec.encode(value, bytes, bytes.writeInt16BE(version, 0));
  return bytes;
}

function readVersioned<F extends Fields>(message: Message<F>, bytes: Buffer): TypeOf<F> {
  const version = bytes.length < VERSION_SIZE ? -1 : bytes.readInt16BE(0);
  if (!includesVersion(message.versions, version)) throw new DecodeError(`${message.name} of version ${version}`);
  return codecOf(message, version).decode(bytes, VERSION_SIZE);
}

function offsetKey(group: string, topic: string, partition: number): Buffer {
  return versioned(offsetCommitKey, OFFSET_KEY_VERSION, { group, topic, partition });
}

function groupKey(group: string): Buffer {
  return versioned(groupMetadataKey, GROUP_KEY_VERSION, { group });
}

function offsetValue({ offset, leaderEpoch, metadata, commitTimestamp, expireTimestamp }: CommittedOffset): Buffer {
  const version = expireTimestamp === undefined ? VALUE_VERSION : EXPIRING_OFFSET_VALUE_VERSION;
  return versioned(offsetCommitValue, version, {
    offset,
    leaderEpoch,
    metadata,
    commitTimestamp,
    expireTimestamp: expireTimestamp ?? -1,
  });
}

/** The batch of one OffsetCommit. Its base sequence is 0 although it has no producer: Kafka's is, too. */
export function offsetCommitBatch(groupId: string, offsets: readonly CommittedOffset[], timestampMs: number): Buffer {
  const records = offsets.map((offset): NewRecord => ({
    key: offsetKey(groupId, offset.topic, offset.partition),
    value: offsetValue(offset),
    timestamp: timestampMs,
  }));
  return buildBatch({ records, baseSequence: 0 });
}

/** The batch that stores a group with the assignments that its leader made. */
export function groupBatch(group: Group, assignments: ReadonlyMap<string, Buffer>, timestampMs: number): Buffer {
  const protocolName = group.protocolName;
  const value: GroupMetadataValue = {
    protocolType: group.protocolType ?? '',
    generation: group.generationId,
    protocol: protocolName,
    leader: group.leaderId,
    currentStateTimestamp: group.stateTimestampMs,
    members: [...group.members].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeout: member.rebalanceTimeoutMs,
      sessionTimeout: member.sessionTimeoutMs,
      subscription: protocolMetadata(member, protocolName ?? ''),
      assignment: assignments.get(member.memberId) ?? NO_ASSIGNMENT,
    })),
  };
  const record: NewRecord = {
    key: groupKey(group.groupId),
    value: versioned(groupMetadataValue, VALUE_VERSION, value),
    timestamp: timestampMs,
  };
  return buildBatch({ records: [record] });
}

/** Deletes offsets of a group and, with `group`, the group as well. */
export function tombstoneBatch(
  groupId: string,
  offsets: readonly { readonly topic: string; readonly partition: number }[],
  group: boolean,
  timestampMs: number,
): Buffer {
  const keys = offsets.map(({ topic, partition }) => offsetKey(groupId, topic, partition));
  if (group) keys.push(groupKey(groupId));
  return buildBatch({ records: keys.map((key): NewRecord => ({ key, value: null, timestamp: timestampMs })) });
}

/**
 * @returns undefined for a key of a kind we do not know (a newer broker's), which loading skips
 * @throws DecodeError if the bytes are damaged, or the value's version is one we do not know
 */
export function readGroupRecord(key: Buffer, value: Buffer | null): GroupRecord | undefined {
  const keyVersion = key.length < VERSION_SIZE ? -1 : key.readInt16BE(0);
  if (keyVersion === GROUP_KEY_VERSION) {
    const { group: groupId } = codecOf(groupMetadataKey, GROUP_KEY_VERSION).decode(key, VERSION_SIZE);
    if (value === null) return { kind: 'group-tombstone', groupId };
    return { kind: 'group', groupId, value: readVersioned(groupMetadataValue, value) };
  }
  if (keyVersion !== 0 && keyVersion !== OFFSET_KEY_VERSION) return undefined;
  const { group: groupId, topic, partition } = codecOf(offsetCommitKey, keyVersion).decode(key, VERSION_SIZE);
  if (value === null) return { kind: 'offset-tombstone', groupId, topic, partition };
  const read = readVersioned(offsetCommitValue, value);
  const { offset, leaderEpoch, metadata, commitTimestamp } = read;
  const expireTimestamp = read.expireTimestamp === -1 ? undefined : read.expireTimestamp;
  return {
    kind: 'offset',
    groupId,
    offset: { topic, partition, offset, leaderEpoch, metadata, commitTimestamp, expireTimestamp },
  };
}
