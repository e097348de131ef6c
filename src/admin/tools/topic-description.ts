import type { DescribedConfigs, OngoingReassignment } from '../../client/admin-client.js';
import type { ClientPartition, ClientTopic } from '../../client/client-metadata.js';
import { ZERO_UUID } from '../../common/uuid.js';
import { hashMapOrder } from './hash-map-order.js';

/** What --describe shows of partitions; `all` and `none` besides Kafka's four reports. */
export interface PartitionFilter {
  readonly underReplicated: boolean;
  readonly underMinIsr: boolean;
  readonly atMinIsr: boolean;
  readonly unavailable: boolean;
}

export interface DescribedTopic {
  readonly topic: ClientTopic;
  readonly configs: DescribedConfigs;
  readonly reassignments: ReadonlyMap<number, OngoingReassignment>;
}

/** Of a setting that nobody set. Source: DescribeConfigsResponse.ConfigSource.DEFAULT_CONFIG */
const DEFAULT_CONFIG = 5;

/** Settings that are not Kafka's defaults, `name=value` each. */
export function overriddenConfigs(configs: DescribedConfigs): string[] {
  const byName = new Map(configs.map((config) => [config.name, config]));
  return hashMapOrder([...byName.keys()]).flatMap((name) => {
    const config = byName.get(name);
    return config === undefined || config.configSource === DEFAULT_CONFIG ? [] : [`${name}=${config.value ?? 'null'}`];
  });
}

/** Source: org.apache.kafka.tools.TopicCommand.TopicDescription.printDescription, 3.9 */
export function topicLine({ topic, configs, reassignments }: DescribedTopic): string {
  const [first] = topic.partitions;
  const fields = [
    `Topic: ${topic.name}`,
    ...(topic.topicId === ZERO_UUID ? [] : [`TopicId: ${topic.topicId}`]),
    `PartitionCount: ${topic.partitions.length}`,
    `ReplicationFactor: ${first === undefined ? 0 : replicationFactor(first, reassignments.get(0))}`,
    `Configs: ${overriddenConfigs(configs).join(',')}`,
  ];
  return fields.join('\t');
}

/**
 * The lines of the partitions that the filter lets pass; undefined: all of them.
 * Source: org.apache.kafka.tools.TopicCommand.PartitionDescription, 3.9
 */
export function partitionLines(
  described: DescribedTopic,
  liveBrokers: ReadonlySet<number>,
  filter: PartitionFilter | undefined,
): string[] {
  const { topic, configs, reassignments } = described;
  const minIsr = Number(configs.find(({ name }) => name === 'min.insync.replicas')?.value ?? 1);
  const isShown = (partition: ClientPartition): boolean => {
    if (filter === undefined) return true;
    const { leaderId, isr } = partition;
    const inSync = isr.length;
    const hasLeader = leaderId >= 0;
    return (
      (filter.underReplicated && replicationFactor(partition, reassignments.get(partition.partition)) > inSync) ||
      (filter.unavailable && !(hasLeader && liveBrokers.has(leaderId))) ||
      (filter.underMinIsr && (!hasLeader || inSync < minIsr)) ||
      (filter.atMinIsr && inSync === minIsr)
    );
  };
  return topic.partitions.filter(isShown).map((p) => partitionLine(topic.name, p, reassignments.get(p.partition)));
}

function partitionLine(topic: string, p: ClientPartition, reassignment: OngoingReassignment | undefined): string {
  const fields = [
    `\tTopic: ${topic}`,
    `Partition: ${p.partition}`,
    `Leader: ${p.leaderId < 0 ? 'none' : p.leaderId}`,
    `Replicas: ${p.replicas.join(',')}`,
    `Isr: ${p.isr.join(',')}`,
  ];
  if (reassignment !== undefined) {
    fields.push(`Adding Replicas: ${reassignment.addingReplicas.join(',')}`);
    fields.push(`Removing Replicas: ${reassignment.removingReplicas.join(',')}`);
  }
  return [...fields, 'Elr: N/A', 'LastKnownElr: N/A'].join('\t'); // only KRaft knows eligible leader replicas
}

/** While replicas are being replaced, those to come do not count. */
function replicationFactor({ replicas }: ClientPartition, reassignment: OngoingReassignment | undefined): number {
  if (reassignment === undefined) return replicas.length;
  const changing = [...reassignment.addingReplicas, ...reassignment.removingReplicas];
  if (!replicas.some((id) => changing.includes(id))) return replicas.length;
  return reassignment.replicas.length - reassignment.addingReplicas.length;
}
