import { KafkaError } from '../common/errors.js';
import { scalaHashMapText } from './scala-text.js';

const MAX_LENGTH = 249;
export const CLUSTER_METADATA_TOPIC = '__cluster_metadata';

/** @throws KafkaError INVALID_TOPIC_EXCEPTION. Source: org.apache.kafka.common.internals.Topic.validate, 3.9 */
export function validateTopicName(topic: string): void {
  const invalid = (why: string): KafkaError =>
    new KafkaError('INVALID_TOPIC_EXCEPTION', `Topic name is invalid: ${why}`);
  if (topic === '') throw invalid('the empty string is not allowed');
  if (topic === '.') throw invalid("'.' is not allowed");
  if (topic === '..') throw invalid("'..' is not allowed");
  if (topic.length > MAX_LENGTH) {
    throw invalid(`the length of '${topic}' is longer than the max allowed length ${MAX_LENGTH}`);
  }
  if (!/^[a-zA-Z0-9._-]+$/.test(topic)) {
    throw invalid(`'${topic}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`);
  }
}

/**
 * Names that differ only in '.' and '_' would share their metrics.
 * @throws KafkaError INVALID_TOPIC_EXCEPTION
 * Source: kafka.zk.AdminZkClient.validateTopicCreate, 3.9
 */
export function validateNoCollision(topic: string, existing: readonly string[]): void {
  const colliding = existing.filter((other) => other !== topic && unify(other) === unify(topic));
  if (colliding.length === 0) return;
  throw new KafkaError(
    'INVALID_TOPIC_EXCEPTION',
    `Topic '${topic}' collides with existing topics: ${colliding.join(', ')}`,
  );
}

export function hasCollisionChars(topic: string): boolean {
  return topic.includes('.') || topic.includes('_');
}

function unify(topic: string): string {
  return topic.replaceAll('.', '_');
}

/**
 * What a new topic's assignment has to be: one replica count, no broker twice in a partition, partitions 0, 1, 2 … Brokers
 * need not exist.
 * @throws KafkaError INVALID_REPLICA_ASSIGNMENT
 * Source: kafka.zk.AdminZkClient.validateTopicCreate, 3.9
 */
export function validateNewAssignment(assignment: ReadonlyMap<number, readonly number[]>): void {
  const invalid = (why: string): KafkaError => new KafkaError('INVALID_REPLICA_ASSIGNMENT', why);
  const lists = [...assignment.values()];
  if (new Set(lists.map((replicas) => replicas.length)).size !== 1) {
    throw invalid('All partitions should have the same number of replicas');
  }
  if (lists.some(hasDuplicates)) {
    throw invalid(`Duplicate replica assignment found: ${scalaHashMapText(assignment)}`);
  }
  if (Array.from(lists.keys()).some((partition) => !assignment.has(partition))) {
    throw invalid('partitions should be a consecutive 0-based integer sequence');
  }
}

/**
 * What the assignment of added partitions has to be.
 * @param replicationFactor of partition 0
 * @throws KafkaError INVALID_REPLICA_ASSIGNMENT, BROKER_NOT_AVAILABLE
 * Source: kafka.zk.AdminZkClient.validateReplicaAssignment, 3.9
 */
export function validateAddedAssignment(
  assignment: ReadonlyMap<number, readonly number[]>,
  replicationFactor: number,
  brokerIds: readonly number[],
): void {
  for (const [partition, replicas] of assignment) {
    if (replicas.length === 0) {
      throw new KafkaError(
        'INVALID_REPLICA_ASSIGNMENT',
        `Cannot have replication factor of 0 for partition id ${partition}.`,
      );
    }
    if (hasDuplicates(replicas)) {
      throw new KafkaError(
        'INVALID_REPLICA_ASSIGNMENT',
        `Duplicate brokers not allowed in replica assignment: ${replicas.join(', ')} for partition id ${partition}.`,
      );
    }
    if (!replicas.every((id) => brokerIds.includes(id))) {
      throw new KafkaError(
        'BROKER_NOT_AVAILABLE',
        `Some brokers specified for partition id ${partition} are not available. Specified brokers: ${replicas.join(', ')}, available brokers: ${brokerIds.join(', ')}.`,
      );
    }
  }
  const bad = [...assignment].filter(([, replicas]) => replicas.length !== replicationFactor).sort(([a], [b]) => a - b);
  if (bad.length === 0) return;
  const partitions = bad.map(([partition]) => partition).join(', ');
  const factors = bad.map(([, replicas]) => replicas.length).join(', ');
  throw new KafkaError(
    'INVALID_REPLICA_ASSIGNMENT',
    `Inconsistent replication factor between partitions, partition 0 has ${replicationFactor} while partitions [${partitions}] have replication factors [${factors}], respectively.`,
  );
}

function hasDuplicates(replicas: readonly number[]): boolean {
  return new Set(replicas).size !== replicas.length;
}
