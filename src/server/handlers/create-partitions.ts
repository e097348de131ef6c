import { errorCode, NONE } from '../../protocol/error-codes.js';
import {
  createPartitionsRequest,
  type CreatePartitionsRequest,
} from '../../protocol/messages/create-partitions-request.js';
import {
  createPartitionsResponse,
  type CreatePartitionsResponse,
} from '../../protocol/messages/create-partitions-response.js';
import type { BrokerNode } from '../broker-node.js';
import type { Api, Handler } from '../handler.js';
import { repeatedNames } from '../repeated-names.js';

type Result = CreatePartitionsResponse['results'][number];

/**
 * CreatePartitions, v0–v3: on the controller only.
 * Source: kafka.server.KafkaApis.handleCreatePartitionsRequest, 3.9
 */
const handleCreatePartitions: Handler<CreatePartitionsRequest, CreatePartitionsResponse, BrokerNode> = async (
  request,
  _context,
  node,
) => {
  if (!node.controller.isActive) return refuseAll(request, errorCode('NOT_CONTROLLER'), null);
  const repeated = repeatedNames(request.topics);
  const results: Result[] = [...repeated].map((name) => ({
    name,
    errorCode: errorCode('INVALID_REQUEST'),
    errorMessage: 'Duplicate topic in request.',
  }));
  const wanted = request.topics.filter(({ name }) => !repeated.has(name) && !node.controller.isTopicBeingDeleted(name));
  for (const { name } of request.topics) {
    if (!repeated.has(name) && node.controller.isTopicBeingDeleted(name)) {
      const message = 'The topic is queued for deletion.';
      results.push({ name, errorCode: errorCode('INVALID_TOPIC_EXCEPTION'), errorMessage: message });
    }
  }
  for (const { topic, error } of await node.topicAdmin.createPartitions(wanted, request)) {
    results.push({
      name: topic,
      errorCode: error === undefined ? NONE : errorCode(error.error),
      errorMessage: error === undefined || error.message === '' ? null : error.message,
    });
  }
  return { throttleTimeMs: 0, results };
};

function refuseAll(request: CreatePartitionsRequest, code: number, message: string | null): CreatePartitionsResponse {
  return {
    throttleTimeMs: 0,
    results: request.topics.map(({ name }) => ({ name, errorCode: code, errorMessage: message })),
  };
}

export const createPartitionsApi: Api<BrokerNode, typeof createPartitionsRequest, typeof createPartitionsResponse> = {
  request: createPartitionsRequest,
  response: createPartitionsResponse,
  versions: { min: 0, max: 3 },
  handle: handleCreatePartitions,
  errorResponse: refuseAll,
};
