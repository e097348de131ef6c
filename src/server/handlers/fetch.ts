import { fetchRequest, type FetchRequest } from '../../protocol/messages/fetch-request.js';
import { fetchResponse, type FetchResponse } from '../../protocol/messages/fetch-response.js';
import { releaseFetchResponse } from '../../replication/fetch-response.js';
import type { BrokerNode } from '../broker-node.js';
import type { Api, Handler, RequestContext } from '../handler.js';

/**
 * Fetch, v4–v17: record batches for consumers and followers.
 * v7 sessions (KIP-227) · v12 diverging epochs (KIP-595) · v13 topic ids (KIP-516) · v16 leader hints (KIP-951)
 * Source: kafka.server.KafkaApis.handleFetchRequest, 3.9
 */
const handleFetch: Handler<FetchRequest, FetchResponse, BrokerNode> = (request, context, node) =>
  node.fetches.handle(request, context.apiVersion, callerOf(context));

/** Without an authorizer everybody may read, and follow. */
function callerOf(context: RequestContext) {
  return {
    connectionId: context.connectionId,
    listenerName: context.listenerName,
    mayReplicate: () => true,
    mayRead: () => true,
  };
}

export const fetchApi: Api<BrokerNode, typeof fetchRequest, typeof fetchResponse> = {
  request: fetchRequest,
  response: fetchResponse,
  versions: { min: 4, max: 17 },
  handle: handleFetch,
  errorResponse: (request, code, _message, version) => ({
    throttleTimeMs: 0,
    errorCode: code,
    sessionId: request.sessionId,
    // Before sessions there was no error of the whole: each partition carries it.
    responses: request.topics.map((topic) => ({
      topic: topic.topic,
      topicId: topic.topicId,
      partitions: topic.partitions.map(({ partition }) => ({
        partitionIndex: partition,
        errorCode: code,
        highWatermark: -1,
        lastStableOffset: -1,
        logStartOffset: -1,
        divergingEpoch: { epoch: -1, endOffset: -1 },
        currentLeader: { leaderId: -1, leaderEpoch: -1 },
        snapshotId: { endOffset: -1, epoch: -1 },
        abortedTransactions: version >= 4 ? [] : null,
        preferredReadReplica: -1,
        records: null,
      })),
    })),
    nodeEndpoints: [],
  }),
  release: releaseFetchResponse,
};
