import { errorCode, NONE } from '../../protocol/error-codes.js';
import { createTopicsRequest, type CreateTopicsRequest } from '../../protocol/messages/create-topics-request.js';
import { createTopicsResponse, type CreateTopicsResponse } from '../../protocol/messages/create-topics-response.js';
import { ZERO_UUID } from '../../common/uuid.js';
import type { CreatedTopic } from '../../controller/zk/topic-admin.js';
import type { BrokerNode } from '../broker-node.js';
import type { Api, Handler } from '../handler.js';
import { repeatedNames } from '../repeated-names.js';

type TopicAnswer = CreateTopicsResponse['topics'][number];

const CLUSTER_METADATA_TOPIC = '__cluster_metadata';

/**
 * CreateTopics, v0–v7: on the controller only. v1 validateOnly · v5 configs in the answer (KIP-525) · v7 topic ids
 * Source: kafka.server.KafkaApis.handleCreateTopicsRequest, 3.9
 */
const handleCreateTopics: Handler<CreateTopicsRequest, CreateTopicsResponse, BrokerNode> = async (
  request,
  _context,
  node,
) => {
  if (!node.controller.isActive) {
    return answer(request.topics.map(({ name }) => refused(name, errorCode('NOT_CONTROLLER'), '')));
  }
  const repeated = repeatedNames(request.topics);
  const refusalOf = (name: string): TopicAnswer | undefined => {
    if (repeated.has(name))
      return refused(name, errorCode('INVALID_REQUEST'), 'Found multiple entries for this topic.');
    if (name !== CLUSTER_METADATA_TOPIC) return undefined;
    return refused(name, errorCode('INVALID_REQUEST'), `Creation of internal topic ${name} is prohibited.`);
  };
  const wanted = request.topics.filter(({ name }) => refusalOf(name) === undefined);
  const created = await node.topicAdmin.createTopics(wanted, request);
  const outcomes = created[Symbol.iterator]();
  return answer(request.topics.map(({ name }) => refusalOf(name) ?? answerOf(outcomes.next().value as CreatedTopic)));
};

function answerOf(outcome: CreatedTopic): TopicAnswer {
  const { topic, error, topicId, partitionCount, replicationFactor, configs } = outcome;
  return {
    name: topic,
    topicId,
    errorCode: error === undefined ? NONE : errorCode(error.error),
    errorMessage: error === undefined || error.message === '' ? null : error.message,
    topicConfigErrorCode: NONE,
    numPartitions: partitionCount,
    replicationFactor,
    configs,
  };
}

function refused(name: string, code: number, message: string | null): TopicAnswer {
  return {
    name,
    topicId: ZERO_UUID,
    errorCode: code,
    errorMessage: message,
    topicConfigErrorCode: NONE,
    numPartitions: -1,
    replicationFactor: -1,
    configs: [],
  };
}

function answer(topics: TopicAnswer[]): CreateTopicsResponse {
  return { throttleTimeMs: 0, topics };
}

export const createTopicsApi: Api<BrokerNode, typeof createTopicsRequest, typeof createTopicsResponse> = {
  request: createTopicsRequest,
  response: createTopicsResponse,
  versions: { min: 0, max: 7 },
  handle: handleCreateTopics,
  errorResponse: (request, code, message) => answer(request.topics.map(({ name }) => refused(name, code, message))),
};
