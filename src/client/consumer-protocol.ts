import type { TopicPartition } from '../common/topic-partition.js';
import { codecOf } from '../protocol/codec.js';
import { array, arrayOf, bytes, message, string } from '../protocol/schema.js';

/**
 * What members of a consumer group tell each other through the coordinator, which does not look inside: an int16 version,
 * then the message.
 * Source: ConsumerProtocolSubscription.json, ConsumerProtocolAssignment.json, 3.9
 */
const topicPartitions = { topic: string('0+'), partitions: arrayOf('0+', 'int32') };

const subscriptionMessage = message({
  name: 'ConsumerProtocolSubscription',
  apiKey: null,
  versions: '0-1',
  flexible: 'none',
  fields: {
    topics: arrayOf('0+', 'string'),
    userData: bytes('0+', { nullable: '0+', default: null }),
    ownedPartitions: array('1+', topicPartitions, { ignorable: true }),
  },
});

const assignmentMessage = message({
  name: 'ConsumerProtocolAssignment',
  apiKey: null,
  versions: '0-1',
  flexible: 'none',
  fields: {
    assignedPartitions: array('0+', topicPartitions),
    userData: bytes('0+', { nullable: '0+', default: null }),
  },
});

const NEWEST = 1;
const VERSION_SIZE = 2;

export function encodeSubscription(topics: readonly string[]): Buffer {
  const body = codecOf(subscriptionMessage, NEWEST).toBuffer({
    topics: [...topics].sort(),
    userData: null,
    ownedPartitions: [],
  });
  return withVersion(NEWEST, body);
}

/** The topics another member subscribed to. @throws DecodeError */
export function decodeSubscription(encoded: Buffer): string[] {
  const version = Math.min(NEWEST, encoded.readInt16BE(0)); // a newer one only adds at the end
  return codecOf(subscriptionMessage, version).decode(encoded, VERSION_SIZE).topics;
}

export function encodeAssignment(partitions: readonly TopicPartition[]): Buffer {
  const byTopic = new Map<string, number[]>();
  for (const { topic, partition } of partitions) byTopic.set(topic, [...(byTopic.get(topic) ?? []), partition]);
  const assignedPartitions = [...byTopic].map(([topic, own]) => ({ topic, partitions: own }));
  return withVersion(NEWEST, codecOf(assignmentMessage, NEWEST).toBuffer({ assignedPartitions, userData: null }));
}

/** An empty one (a member that is not assigned to) is no partitions. @throws DecodeError */
export function decodeAssignment(encoded: Buffer): TopicPartition[] {
  if (encoded.length === 0) return [];
  const version = Math.min(NEWEST, encoded.readInt16BE(0));
  const { assignedPartitions } = codecOf(assignmentMessage, version).decode(encoded, VERSION_SIZE);
  return assignedPartitions.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
}

function withVersion(version: number, body: Buffer): Buffer {
  const encoded = Buffer.allocUnsafe(VERSION_SIZE + body.length);
  encoded.writeInt16BE(version, 0);
  body.copy(encoded, VERSION_SIZE);
  return encoded;
}
