import type { TopicPartition } from '../../common/topic-partition.js';
import { isUuid, type Uuid } from '../../common/uuid.js';
import { scalaHashMapOrder } from './java-order.js';
import { asNumber, asNumbers, asObject, asObjects, asString, jsonBytes, jsonObject, parseJsonObject } from './json.js';

/** Replicas of one partition; adding and removing ones stand in `replicas` too. */
export interface ReplicaAssignment {
  readonly replicas: readonly number[];
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
}

/** An assignment that nobody is changing. */
export function plainAssignment(replicas: readonly number[]): ReplicaAssignment {
  return { replicas, addingReplicas: [], removingReplicas: [] };
}

/** /brokers/topics/T. */
export interface TopicZNode {
  /** undefined below inter.broker.protocol.version 2.8. */
  readonly topicId: Uuid | undefined;
  readonly partitions: ReadonlyMap<number, ReplicaAssignment>;
}

/** The map is made of four entries, the topic id comes later. */
const TOPIC_BINS = 8;

/** Version 3. Source: kafka.zk.TopicZNode.encode, 3.9 */
export function encodeTopic(topic: TopicZNode): Buffer {
  const values: Record<string, string> = {
    version: '3',
    partitions: replicasJson(topic.partitions, (assignment) => assignment.replicas),
    adding_replicas: replicasJson(topic.partitions, (assignment) => assignment.addingReplicas, 'when not empty'),
    removing_replicas: replicasJson(topic.partitions, (assignment) => assignment.removingReplicas, 'when not empty'),
    ...(topic.topicId === undefined ? {} : { topic_id: JSON.stringify(topic.topicId) }),
  };
  return Buffer.from(
    jsonObject(scalaHashMapOrder(Object.keys(values), TOPIC_BINS).map((key) => [key, values[key] ?? 'null'] as const)),
    'utf8',
  );
}

function replicasJson(
  partitions: ReadonlyMap<number, ReplicaAssignment>,
  select: (assignment: ReplicaAssignment) => readonly number[],
  which: 'all' | 'when not empty' = 'all',
): string {
  const lists = new Map<string, readonly number[]>();
  for (const [partition, assignment] of partitions) {
    const replicas = select(assignment);
    if (which === 'all' || replicas.length > 0) lists.set(String(partition), replicas);
  }
  return jsonObject(
    scalaHashMapOrder(lists.keys()).map((key) => [key, `[${(lists.get(key) ?? []).join(',')}]`] as const),
  );
}

/** Versions 1 to 3. What is no assignment has no partitions: one damaged znode must not keep a controller from its work. */
export function decodeTopic(data: Buffer | null): TopicZNode {
  const json = parseJsonObject(data);
  const replicas = asObject(json?.['partitions']);
  if (json === undefined || replicas === undefined) return { topicId: undefined, partitions: new Map() };
  const adding = asObject(json['adding_replicas']) ?? {};
  const removing = asObject(json['removing_replicas']) ?? {};
  const partitions = new Map<number, ReplicaAssignment>();
  const names = Object.keys(replicas).sort((a, b) => Number(a) - Number(b));
  for (const name of names) {
    partitions.set(Number(name), {
      replicas: asNumbers(replicas[name]) ?? [],
      addingReplicas: asNumbers(adding[name]) ?? [],
      removingReplicas: asNumbers(removing[name]) ?? [],
    });
  }
  const topicId = asString(json['topic_id']);
  return { topicId: topicId !== undefined && isUuid(topicId) ? topicId : undefined, partitions };
}

/** /brokers/topics/T/partitions/P/state, with the znode's version. */
export interface PartitionStateZNode {
  /** Broker id, −1: none. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly isr: readonly number[];
  /** After an unclean election, until the new leader has cleaned up (KIP-704). */
  readonly recovering: boolean;
  readonly controllerEpoch: number;
  /** The znode's version, on the wire `partitionEpoch`; of a state to be written: the version it replaces. */
  readonly partitionEpoch: number;
}

/** Source: kafka.zk.TopicPartitionStateZNode.encode, 3.9 */
export function encodePartitionState(state: PartitionStateZNode): Buffer {
  const recovery = state.recovering ? '"leader_recovery_state":1,' : '';
  return Buffer.from(
    `{"controller_epoch":${state.controllerEpoch},"leader":${state.leader},"version":1,${recovery}` +
      `"leader_epoch":${state.leaderEpoch},"isr":[${state.isr.join(',')}]}`,
    'utf8',
  );
}

/** undefined when the data is no state: the partition is treated as new, as Kafka does. */
export function decodePartitionState(data: Buffer | null, zkVersion: number): PartitionStateZNode | undefined {
  const json = parseJsonObject(data);
  const leader = asNumber(json?.['leader']);
  const isr = asNumbers(json?.['isr']);
  if (json === undefined || leader === undefined || isr === undefined) return undefined;
  return {
    leader,
    leaderEpoch: asNumber(json['leader_epoch']) ?? 0,
    isr,
    recovering: json['leader_recovery_state'] === 1,
    controllerEpoch: asNumber(json['controller_epoch']) ?? 0,
    partitionEpoch: zkVersion,
  };
}

/** /isr_change_notification/isr_change_N: partitions whose leader changed their ISR itself (below IBP 2.7). */
export function encodePartitionList(partitions: readonly TopicPartition[]): Buffer {
  return jsonBytes({ version: 1, partitions: partitions.map(({ topic, partition }) => ({ topic, partition })) });
}

/** Also /admin/preferred_replica_election. What is not a partition is left out. */
export function decodePartitionList(data: Buffer | null): TopicPartition[] {
  return asObjects(parseJsonObject(data)?.['partitions']).flatMap((entry) => {
    const topic = asString(entry['topic']);
    const partition = asNumber(entry['partition']);
    return topic === undefined || partition === undefined ? [] : [{ topic, partition }];
  });
}

/** /admin/reassign_partitions: what a person wants, by partition. */
export function decodeReassignPartitions(data: Buffer | null): (TopicPartition & { replicas: number[] })[] {
  return asObjects(parseJsonObject(data)?.['partitions']).flatMap((entry) => {
    const topic = asString(entry['topic']);
    const partition = asNumber(entry['partition']);
    const replicas = asNumbers(entry['replicas']);
    return topic === undefined || partition === undefined || replicas === undefined
      ? []
      : [{ topic, partition, replicas }];
  });
}

/** /log_dir_event_notification/log_dir_event_N; the only event is 1, a failed log directory. */
export function encodeLogDirEvent(brokerId: number): Buffer {
  return jsonBytes({ version: 1, broker: brokerId, event: 1 });
}

export function decodeLogDirEvent(data: Buffer | null): number | undefined {
  return asNumber(parseJsonObject(data)?.['broker']);
}
