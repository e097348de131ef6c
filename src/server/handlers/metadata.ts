import { KafkaError } from '../../common/errors.js';
import { ZERO_UUID } from '../../common/uuid.js';
import type { BrokerImage, MetadataImage, PartitionImage, TopicImage } from '../../metadata/metadata-image.js';
import { errorCode, NONE } from '../../protocol/error-codes.js';
import { metadataRequest, type MetadataRequest } from '../../protocol/messages/metadata-request.js';
import { metadataResponse, type MetadataResponse } from '../../protocol/messages/metadata-response.js';
import { CLUSTER_OPERATIONS, OPERATIONS_OMITTED, TOPIC_OPERATIONS } from '../authorized-operations.js';
import type { BrokerNode } from '../broker-node.js';
import { endpointOf } from '../endpoints.js';
import type { Api, Handler } from '../handler.js';
import { isInternalTopic } from '../internal-topics.js';

type TopicAnswer = MetadataResponse['topics'][number];
type Asked = NonNullable<MetadataRequest['topics']>[number];

/**
 * Metadata, v0–v12: brokers, controller and the topics asked for; creates missing topics where both sides allow it.
 * v1 null = all topics, an empty list = none (v0: an empty list is all) · v10 topic ids in the answer · v12 look-up by id
 * Source: kafka.server.KafkaApis.handleTopicMetadataRequest, 3.9
 */
const handleMetadata: Handler<MetadataRequest, MetadataResponse, BrokerNode> = (request, context, node) => {
  const version = context.apiVersion;
  checkIds(request.topics, version);
  const { image } = node.metadata;
  const answer = (topics: TopicAnswer[]): MetadataResponse => ({
    throttleTimeMs: 0,
    brokers: brokersFor(image, context.listenerName),
    clusterId: image.clusterId,
    controllerId: image.controllerId,
    topics,
    clusterAuthorizedOperations:
      version >= 8 && request.includeClusterAuthorizedOperations ? CLUSTER_OPERATIONS : OPERATIONS_OMITTED,
  });
  const describe = (topic: TopicImage): TopicAnswer =>
    topicAnswer(topic, image, context.listenerName, version, request.includeTopicAuthorizedOperations);

  if (request.topics === null || (version === 0 && request.topics.length === 0)) {
    return answer([...image.topics.values()].map(describe));
  }
  const answers: TopicAnswer[] = [];
  const missing = new Set<string>();
  for (const known of askedTopics(request.topics, node, answers)) {
    const topic = image.topics.get(known);
    if (topic !== undefined) answers.push(describe(topic));
    else missing.add(known);
  }
  if (missing.size === 0) return answer(answers);
  if (!request.allowAutoTopicCreation || !node.settings.autoCreateTopicsEnable) {
    for (const name of missing) answers.push(failedTopic(name, ZERO_UUID, node.autoTopics.missingTopicError(name)));
    return answer(answers);
  }
  return node.autoTopics.create(missing).then((errors) => {
    for (const name of missing) {
      answers.push(failedTopic(name, ZERO_UUID, errors.get(name) ?? errorCode('LEADER_NOT_AVAILABLE')));
    }
    return answer(answers);
  });
};

/**
 * Names, each once. Where one topic is asked for by id, ids alone count; those that nobody has are answered here.
 * @param answers gets UNKNOWN_TOPIC_ID for these
 */
function askedTopics(topics: readonly Asked[], node: BrokerNode, answers: TopicAnswer[]): Set<string> {
  const names = new Set<string>();
  const ids = new Set(topics.flatMap(({ topicId }) => (topicId === ZERO_UUID ? [] : [topicId])));
  for (const topicId of ids) {
    const name = node.metadata.topicName(topicId);
    if (name === undefined) answers.push(failedTopic(null, topicId, errorCode('UNKNOWN_TOPIC_ID')));
    else names.add(name);
  }
  if (ids.size === 0) for (const { name } of topics) if (name !== null) names.add(name);
  return names;
}

/**
 * Before v12 a topic is named, never identified. From v12 on it is one of both; Kafka does not expect neither, so that its
 * answer is UNKNOWN_SERVER_ERROR.
 * @throws KafkaError INVALID_REQUEST, UNKNOWN_SERVER_ERROR
 */
function checkIds(topics: MetadataRequest['topics'], version: number): void {
  if (topics === null) return;
  if (version >= 12) {
    const isNothing = ({ name, topicId }: Asked): boolean => name === null && topicId === ZERO_UUID;
    const anyId = topics.some(({ topicId }) => topicId !== ZERO_UUID);
    if (!anyId && topics.some(isNothing)) throw new KafkaError('UNKNOWN_SERVER_ERROR', 'neither a name nor an id');
    return;
  }
  for (const { name, topicId } of topics) {
    if (name === null) throw new KafkaError('INVALID_REQUEST', `Topic name can not be null for version ${version}`);
    if (topicId !== ZERO_UUID) {
      throw new KafkaError('INVALID_REQUEST', `Topic IDs are not supported in requests for version ${version}`);
    }
  }
}

function brokersFor(image: MetadataImage, listener: string): MetadataResponse['brokers'] {
  const brokers: MetadataResponse['brokers'] = [];
  for (const broker of image.brokers.values()) {
    const endpoint = endpointOf(broker, listener);
    if (endpoint !== undefined) {
      brokers.push({ nodeId: broker.id, host: endpoint.host, port: endpoint.port, rack: broker.rack });
    }
  }
  return brokers;
}

function failedTopic(name: string | null, topicId: string, code: number): TopicAnswer {
  return {
    errorCode: code,
    name,
    topicId,
    isInternal: name !== null && isInternalTopic(name),
    partitions: [],
    topicAuthorizedOperations: OPERATIONS_OMITTED,
  };
}

function topicAnswer(
  topic: TopicImage,
  image: MetadataImage,
  listener: string,
  version: number,
  withOperations: boolean,
): TopicAnswer {
  const partitions: TopicAnswer['partitions'] = [];
  for (const partition of topic.partitions) {
    if (partition !== undefined) partitions.push(partitionAnswer(partition, image.brokers, listener, version));
  }
  return {
    errorCode: NONE,
    name: topic.name,
    topicId: topic.topicId,
    isInternal: isInternalTopic(topic.name),
    partitions,
    topicAuthorizedOperations: version >= 8 && withOperations ? TOPIC_OPERATIONS : OPERATIONS_OMITTED,
  };
}

function partitionAnswer(
  partition: PartitionImage,
  brokers: ReadonlyMap<number, BrokerImage>,
  listener: string,
  version: number,
): TopicAnswer['partitions'][number] {
  const reachable = (id: number): boolean => {
    const broker = brokers.get(id);
    return broker !== undefined && endpointOf(broker, listener) !== undefined;
  };
  // v0 clients cannot cope with a broker they were not told of
  const shown = (ids: readonly number[]): number[] => (version === 0 ? ids.filter(reachable) : [...ids]);
  const replicas = shown(partition.replicas);
  const isr = shown(partition.isr);
  const leader = brokers.get(partition.leader);
  let code = NONE;
  let leaderId = partition.leader;
  if (leader === undefined) {
    code = errorCode('LEADER_NOT_AVAILABLE');
    leaderId = -1;
  } else if (endpointOf(leader, listener) === undefined) {
    code = errorCode(version >= 6 ? 'LISTENER_NOT_FOUND' : 'LEADER_NOT_AVAILABLE');
    leaderId = -1;
  } else if (replicas.length < partition.replicas.length || isr.length < partition.isr.length) {
    code = errorCode('REPLICA_NOT_AVAILABLE');
  }
  return {
    errorCode: code,
    partitionIndex: partition.partition,
    leaderId,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: replicas,
    isrNodes: isr,
    offlineReplicas: partition.replicas.filter((id) => !reachable(id) || partition.offlineReplicas.includes(id)),
  };
}

export const metadataApi: Api<BrokerNode, typeof metadataRequest, typeof metadataResponse> = {
  request: metadataRequest,
  response: metadataResponse,
  versions: { min: 0, max: 12 },
  handle: handleMetadata,
  errorResponse: (request, code) => ({
    throttleTimeMs: 0,
    brokers: [],
    clusterId: null,
    controllerId: -1,
    topics: (request.topics ?? []).map(({ name, topicId }) => ({
      ...failedTopic(name ?? '', topicId, code),
      isInternal: false,
    })),
    clusterAuthorizedOperations: OPERATIONS_OMITTED,
  }),
};
