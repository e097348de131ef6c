import { ZERO_UUID } from '../../common/uuid.js';
import { errorCode, NONE } from '../../protocol/error-codes.js';
import { deleteTopicsRequest, type DeleteTopicsRequest } from '../../protocol/messages/delete-topics-request.js';
import { deleteTopicsResponse, type DeleteTopicsResponse } from '../../protocol/messages/delete-topics-response.js';
import type { BrokerNode } from '../broker-node.js';
import type { Api, Handler } from '../handler.js';

type TopicAnswer = DeleteTopicsResponse['responses'][number];
type Asked = DeleteTopicsRequest['topics'][number];

const FIRST_VERSION_WITH_IDS = 6;
const FIRST_VERSION_WITH_DISABLED = 3;

/**
 * DeleteTopics, v0–v6: on the controller only, by name or, from v6 on, by id.
 * Source: kafka.server.KafkaApis.handleDeleteTopicsRequest, 3.9
 */
const handleDeleteTopics: Handler<DeleteTopicsRequest, DeleteTopicsResponse, BrokerNode> = async (
  request,
  context,
  node,
) => {
  const asked = askedTopics(request, context.apiVersion);
  if (!node.controller.isActive) return refuseAll(asked, errorCode('NOT_CONTROLLER'));
  if (!node.settings.deleteTopicEnable) {
    const isOld = context.apiVersion < FIRST_VERSION_WITH_DISABLED;
    return refuseAll(asked, errorCode(isOld ? 'INVALID_REQUEST' : 'TOPIC_DELETION_DISABLED'));
  }
  const found = asked.map((topic) => ({ topic, name: nameOf(topic, node) }));
  const names = new Set(found.flatMap(({ topic, name }) => (refusalOf(topic, name) === undefined ? (name ?? []) : [])));
  const outcomes = await node.topicAdmin.deleteTopics([...names], request.timeoutMs);
  const errors = new Map(outcomes.map(({ topic, error }) => [topic, error]));
  const responses = found.map(({ topic, name }): TopicAnswer => {
    const refusal = refusalOf(topic, name);
    if (refusal !== undefined) return { ...topic, errorCode: refusal, errorMessage: null };
    const error = errors.get(name ?? '');
    return {
      name,
      topicId: topic.topicId,
      errorCode: error === undefined ? NONE : errorCode(error.error),
      errorMessage: null,
    };
  });
  return { throttleTimeMs: 0, responses };
};

function askedTopics(request: DeleteTopicsRequest, version: number): Asked[] {
  if (version >= FIRST_VERSION_WITH_IDS) return request.topics;
  return request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }));
}

function nameOf({ name, topicId }: Asked, node: BrokerNode): string | null {
  return topicId === ZERO_UUID ? name : (node.metadata.topicName(topicId) ?? null);
}

/** What is wrong with the question itself. A topic without name and id is, to Kafka, one that may not be described. */
function refusalOf({ name, topicId }: Asked, found: string | null): number | undefined {
  if (topicId !== ZERO_UUID && name !== null) return errorCode('INVALID_REQUEST');
  if (topicId === ZERO_UUID && name === null) return errorCode('TOPIC_AUTHORIZATION_FAILED');
  return found === null ? errorCode('UNKNOWN_TOPIC_ID') : undefined;
}

function refuseAll(asked: readonly Asked[], code: number): DeleteTopicsResponse {
  return {
    throttleTimeMs: 0,
    responses: asked.map(({ name, topicId }) => ({ name, topicId, errorCode: code, errorMessage: null })),
  };
}

export const deleteTopicsApi: Api<BrokerNode, typeof deleteTopicsRequest, typeof deleteTopicsResponse> = {
  request: deleteTopicsRequest,
  response: deleteTopicsResponse,
  versions: { min: 0, max: 6 },
  handle: handleDeleteTopics,
  errorResponse: (request, code, _message, version) => refuseAll(askedTopics(request, version), code),
};
