import { whenDone } from '../../common/when-done.js';
import { errorCode, NONE } from '../../protocol/error-codes.js';
import { produceRequest, type ProduceRequest } from '../../protocol/messages/produce-request.js';
import { produceResponse, type ProduceResponse } from '../../protocol/messages/produce-response.js';
import {
  attributesOf,
  BATCH_HEADER_SIZE,
  COMPRESSION_BITS,
  isTransactional,
  MAGIC_V2,
  magicOf,
} from '../../protocol/record/record-batch.js';
import { endOfBatch } from '../../storage/log-validator.js';
import type { BrokerNode } from '../broker-node.js';
import { type Api, CLOSE_CONNECTION, type Handler, NO_RESPONSE } from '../handler.js';

const ADMIN_CLIENT_ID = '__admin_client';
const ZSTD = 4;
const FIRST_VERSION_WITH_ZSTD = 7;

/**
 * Produce, v3–v11: appends record batches to the partitions this broker leads.
 * acks=0 sends no response; on error the connection closes, so that the client refreshes its metadata.
 * v7 zstd (KIP-110) · v8 per-record errors (KIP-467) · v9 flexible (KIP-482) · v10 leader hints (KIP-951)
 * Source: kafka.server.KafkaApis.handleProduceRequest, 3.9
 */
const handleProduce: Handler<ProduceRequest, ProduceResponse, BrokerNode> = (request, context, node) => {
  const refusal = refusalOf(request, context.apiVersion);
  if (refusal !== NONE) return request.acks === 0 ? CLOSE_CONNECTION : refuseAll(request, refusal);
  const appended = node.replicaManager.appendRecords(request.topicData, {
    requiredAcks: request.acks,
    timeoutMs: request.timeoutMs,
    origin: 'client',
    internalTopicsAllowed: context.clientId === ADMIN_CLIENT_ID,
    connectionId: context.connectionId,
  });
  return whenDone(appended, (responses) => {
    if (request.acks === 0) return responses.every(isDone) ? NO_RESPONSE : CLOSE_CONNECTION;
    return { responses, throttleTimeMs: 0, nodeEndpoints: leaderHints(responses, context, node) };
  });
};

type TopicResponse = ProduceResponse['responses'][number];

function isDone(topic: TopicResponse): boolean {
  return topic.partitionResponses.every((partition) => partition.errorCode === NONE);
}

/**
 * What refuses a request as a whole. Nobody is in a transaction: this broker has no transaction coordinator yet.
 * @throws KafkaError CORRUPT_MESSAGE, which refuses it too, when the first batch of a partition cannot be told
 */
function refusalOf(request: ProduceRequest, version: number): number {
  for (const topic of request.topicData) {
    for (const { records } of topic.partitionData) {
      if (!Buffer.isBuffer(records) || endOfBatch(records, 0) < BATCH_HEADER_SIZE) continue;
      if (magicOf(records, 0) !== MAGIC_V2) continue;
      const attributes = attributesOf(records, 0);
      if (isTransactional(attributes)) {
        return errorCode(
          request.transactionalId === null ? 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED' : 'INVALID_PRODUCER_ID_MAPPING',
        );
      }
      if ((attributes & COMPRESSION_BITS) === ZSTD && version < FIRST_VERSION_WITH_ZSTD) {
        return errorCode('UNSUPPORTED_COMPRESSION_TYPE');
      }
    }
  }
  return NONE;
}

function refuseAll(request: ProduceRequest, code: number, errorMessage: string | null = null): ProduceResponse {
  return {
    responses: request.topicData.map((topic) => ({
      name: topic.name,
      partitionResponses: topic.partitionData.map(({ index }) => ({
        index,
        errorCode: code,
        baseOffset: -1,
        logAppendTimeMs: -1,
        logStartOffset: -1,
        recordErrors: [],
        errorMessage,
        currentLeader: { leaderId: -1, leaderEpoch: -1 },
      })),
    })),
    throttleTimeMs: 0,
    nodeEndpoints: [],
  };
}

const NO_HINTS: ProduceResponse['nodeEndpoints'] = [];
const NOT_LEADER = errorCode('NOT_LEADER_OR_FOLLOWER');

/** v10: who leads a partition that this broker does not, so that the client need not ask. */
function leaderHints(
  responses: readonly TopicResponse[],
  context: { readonly apiVersion: number; readonly listenerName: string },
  node: BrokerNode,
): ProduceResponse['nodeEndpoints'] {
  if (context.apiVersion < 10 || responses.every(isDone)) return NO_HINTS;
  const hints = new Map<number, ProduceResponse['nodeEndpoints'][number]>();
  for (const topic of responses) {
    for (const partition of topic.partitionResponses) {
      if (partition.errorCode !== NOT_LEADER) continue;
      partition.currentLeader = node.replicaManager.currentLeader(topic.name, partition.index);
      const endpoint = node.endpointOf(partition.currentLeader.leaderId, context.listenerName);
      if (endpoint !== undefined) hints.set(endpoint.nodeId, endpoint);
    }
  }
  return [...hints.values()];
}

export const produceApi: Api<BrokerNode, typeof produceRequest, typeof produceResponse> = {
  request: produceRequest,
  response: produceResponse,
  versions: { min: 3, max: 11 },
  handle: handleProduce,
  overlaps: true,
  errorResponse: (request, code, message) =>
    request.acks === 0 ? CLOSE_CONNECTION : refuseAll(request, code, message),
};
