import { invariant } from '../common/invariant.js';
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
  invariant(name !== undefined, 'unknown security protocol id', { id });
  return name;
}

export interface NextImage {
  readonly image: MetadataImage;
  readonly delta: MetadataDelta;
}

type PartitionStates = UpdateMetadataRequest['topicStates'][number]['partitionStates'];

/**
 * The image after one UpdateMetadata request, any version: brokers and controller are replaced, the partitions named are
 * put in, those with leader −2 taken out, everything else stays.
 * Source: kafka.server.metadata.ZkMetadataCache.updateMetadata, 3.9
 */
export function imageAfterUpdateMetadata(image: MetadataImage, request: UpdateMetadataRequest): NextImage {
  const brokers = brokersOf(request);
  const states = statesByTopic(request);
  const topics = new Map(image.topics);
  const topicNames = new Map(image.topicNames);
  const changed = new Set<string>();
  const deleted = new Set<string>();
  for (const [name, { topicId, partitions }] of states) {
    const before = topics.get(name);
    const next = topicAfter(before, name, topicId, partitions);
    changed.add(name);
    if (before !== undefined && before.topicId !== next?.topicId) topicNames.delete(before.topicId);
    if (next === undefined) {
      topics.delete(name);
      deleted.add(name);
    } else {
      topics.set(name, next);
      if (next.topicId !== ZERO_UUID) topicNames.set(next.topicId, name);
    }
  }
  return {
    image: { ...image, controllerId: request.controllerId, brokers, topics, topicNames },
    delta: {
      brokersChanged: !sameBrokers(image.brokers, brokers),
      controllerChanged: image.controllerId !== request.controllerId,
      topics: changed,
      deletedTopics: deleted,
      topicConfigs: new Set(),
      brokerConfigs: new Set(),
    },
  };
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

function statesByTopic(request: UpdateMetadataRequest): Map<string, { topicId: Uuid; partitions: PartitionStates }> {
  const byTopic = new Map<string, { topicId: Uuid; partitions: PartitionStates }>();
  for (const topic of request.topicStates) {
    byTopic.set(topic.topicName, { topicId: topic.topicId, partitions: topic.partitionStates });
  }
  for (const state of request.ungroupedPartitionStates) {
    const topic = byTopic.get(state.topicName);
    if (topic === undefined) byTopic.set(state.topicName, { topicId: ZERO_UUID, partitions: [state] });
    else topic.partitions.push(state);
  }
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
      return twin?.listener === endpoint.listener && twin.host === endpoint.host && twin.port === endpoint.port;
    });
    if (!same) return false;
  }
  return true;
}
