import { KafkaError } from '../common/errors.js';
import { ZERO_UUID, type Uuid } from '../common/uuid.js';
import type { UpdateMetadataRequest } from '../protocol/messages/update-metadata-request.js';
import type { Endpoint } from './endpoint.js';
import type { BrokerImage, MetadataDelta, MetadataImage, PartitionImage, TopicImage } from './metadata-image.js';

/** As a partition's leader: the topic is being deleted, forget the partition. Source: LeaderAndIsr.LeaderDuringDelete, 3.9 */
export const LEADER_DURING_DELETE = -2;

/** `SecurityProtocol.id` of the wire. */
const SECURITY_PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const;

export function securityProtocolId(name: Endpoint['securityProtocol']): number {
  return SECURITY_PROTOCOLS.indexOf(name);
}

function securityProtocolOf(id: number): Endpoint['securityProtocol'] {
  const name = SECURITY_PROTOCOLS[id];
  if (name === undefined) throw new KafkaError('INVALID_REQUEST', `there is no security protocol ${id}`);
  return name;
}

/** No znode holds the assignment of more: an entry takes ten bytes (`"12345":[1],`) of a million. */
export const MAX_PARTITION_INDEX = 999_999;

/** @throws KafkaError INVALID_REQUEST for an index that no partition has; a huge one would take the memory of all below it */
function checkPartition(topic: string, partition: number): void {
  if (partition >= 0 && partition <= MAX_PARTITION_INDEX) return;
  throw new KafkaError('INVALID_REQUEST', `there is no partition ${partition} of topic ${topic}`);
}

export interface NextImage {
  readonly image: MetadataImage;
  readonly delta: MetadataDelta;
}

type PartitionStates = UpdateMetadataRequest['topicStates'][number]['partitionStates'];

/**
 * The image after one UpdateMetadata request, any version: brokers and controller are replaced, the partitions named are
 * put in, those with leader −2 taken out, everything else stays. A topic that comes with another id than before is another
 * topic: nothing of the old one stays.
 * @throws KafkaError INVALID_REQUEST if it cannot be understood; nothing is applied then
 * Source: kafka.server.metadata.ZkMetadataCache.updateMetadata, 3.9
 */
export function imageAfterUpdateMetadata(image: MetadataImage, request: UpdateMetadataRequest): NextImage {
  const brokers = brokersOf(request);
  const states = statesByTopic(request);
  const { deleted, ...topics } = topicsAfter(image, states);
  return {
    image: { ...image, controllerId: request.controllerId, brokers, ...topics },
    delta: {
      brokersChanged: !sameBrokers(image.brokers, brokers),
      controllerChanged: image.controllerId !== request.controllerId,
      topics: new Set(states.keys()),
      deletedTopics: deleted,
      topicConfigs: new Set(),
      brokerConfigs: new Set(),
    },
  };
}

/** Often only brokers changed: then the maps are shared. */
function topicsAfter(
  image: MetadataImage,
  states: ReadonlyMap<string, TopicStates>,
): Pick<MetadataImage, 'topics' | 'topicNames'> & { readonly deleted: ReadonlySet<string> } {
  const deleted = new Set<string>();
  if (states.size === 0) return { topics: image.topics, topicNames: image.topicNames, deleted };
  const topics = new Map(image.topics);
  const topicNames = new Map(image.topicNames);
  for (const [name, { topicId, partitions }] of states) {
    const before = topics.get(name);
    const isAnother = before !== undefined && isOtherId(before.topicId, topicId);
    const next = topicAfter(isAnother ? undefined : before, name, topicId, partitions);
    if (before !== undefined && before.topicId !== next?.topicId) topicNames.delete(before.topicId);
    if (next === undefined) topics.delete(name);
    else {
      topics.set(name, next);
      if (next.topicId !== ZERO_UUID) topicNames.set(next.topicId, name);
    }
    if (before !== undefined && (isAnother || next === undefined)) deleted.add(name);
  }
  return { topics, topicNames, deleted };
}

/** Whether both are known and differ: the topic was deleted and made again. */
function isOtherId(before: Uuid, now: Uuid): boolean {
  return before !== ZERO_UUID && now !== ZERO_UUID && before !== now;
}

function brokersOf(request: UpdateMetadataRequest): Map<number, BrokerImage> {
  return new Map(
    request.liveBrokers.map((broker) => {
      const endpoints: Endpoint[] = broker.endpoints.map((endpoint) => ({
        // v1 and v2 name no listener: it is called like its security protocol
        listener: endpoint.listener === '' ? securityProtocolOf(endpoint.securityProtocol) : endpoint.listener,
        securityProtocol: securityProtocolOf(endpoint.securityProtocol),
        host: endpoint.host,
        port: endpoint.port,
      }));
      if (endpoints.length === 0 && broker.v0Host !== '') {
        endpoints.push({
          listener: 'PLAINTEXT',
          securityProtocol: 'PLAINTEXT',
          host: broker.v0Host,
          port: broker.v0Port,
        });
      }
      return [broker.id, { id: broker.id, endpoints, rack: broker.rack }];
    }),
  );
}

interface TopicStates {
  readonly topicId: Uuid;
  readonly partitions: PartitionStates;
}

function statesByTopic(request: UpdateMetadataRequest): Map<string, TopicStates> {
  const byTopic = new Map<string, TopicStates>();
  const add = (name: string, topicId: Uuid, partitions: PartitionStates): void => {
    for (const { partitionIndex } of partitions) checkPartition(name, partitionIndex);
    const known = byTopic.get(name);
    if (known === undefined) byTopic.set(name, { topicId, partitions: [...partitions] });
    else for (const state of partitions) known.partitions.push(state);
  };
  for (const { topicName, topicId, partitionStates } of request.topicStates) add(topicName, topicId, partitionStates);
  for (const state of request.ungroupedPartitionStates) add(state.topicName, ZERO_UUID, [state]);
  return byTopic;
}

function topicAfter(
  before: TopicImage | undefined,
  name: string,
  topicId: Uuid,
  states: PartitionStates,
): TopicImage | undefined {
  const partitions: (PartitionImage | undefined)[] = before === undefined ? [] : [...before.partitions];
  for (const state of states) {
    while (partitions.length < state.partitionIndex) partitions.push(undefined);
    partitions[state.partitionIndex] =
      state.leader === LEADER_DURING_DELETE
        ? undefined
        : {
            partition: state.partitionIndex,
            leader: state.leader,
            leaderEpoch: state.leaderEpoch,
            controllerEpoch: state.controllerEpoch,
            isr: state.isr,
            partitionEpoch: state.zkVersion,
            replicas: state.replicas,
            offlineReplicas: state.offlineReplicas,
          };
  }
  if (partitions.every((partition) => partition === undefined)) return undefined;
  return { name, topicId: topicId === ZERO_UUID && before !== undefined ? before.topicId : topicId, partitions };
}

function sameBrokers(a: ReadonlyMap<number, BrokerImage>, b: ReadonlyMap<number, BrokerImage>): boolean {
  if (a.size !== b.size) return false;
  for (const [id, broker] of a) {
    const other = b.get(id);
    if (other?.rack !== broker.rack || other.endpoints.length !== broker.endpoints.length) return false;
    const same = broker.endpoints.every((endpoint, i) => {
      const twin = other.endpoints[i];
      return (
        twin?.listener === endpoint.listener &&
        twin.securityProtocol === endpoint.securityProtocol &&
        twin.host === endpoint.host &&
        twin.port === endpoint.port
      );
    });
    if (!same) return false;
  }
  return true;
}
