import { fetchOffsets } from '../../coordinator/group/offset-apis.js';
import { offsetFetchRequest } from '../../protocol/messages/offset-fetch-request.js';
import { offsetFetchResponse } from '../../protocol/messages/offset-fetch-response.js';
import type { BrokerNode } from '../broker-node.js';
import type { Api } from '../handler.js';

/**
 * OffsetFetch, v0–v9. v0 reads znodes, and there an unknown topic is an error.
 * Source: kafka.server.KafkaApis.handleOffsetFetchRequest, 3.9
 */
export const offsetFetchApi: Api<BrokerNode, typeof offsetFetchRequest, typeof offsetFetchResponse> = {
  request: offsetFetchRequest,
  response: offsetFetchResponse,
  versions: { min: 0, max: 9 },
  handle: (request, context, node) =>
    fetchOffsets(node.groups, request, context.apiVersion, (topic, partition) =>
      context.apiVersion === 0 && node.metadata.partition(topic, partition) === undefined
        ? 'UNKNOWN_TOPIC_OR_PARTITION'
        : 'NONE',
    ),
  errorResponse: (request, code, _message, version) => ({
    throttleTimeMs: 0,
    topics:
      version >= 2
        ? []
        : (request.topics ?? []).map(({ name, partitionIndexes }) => ({
            name,
            partitions: partitionIndexes.map((partitionIndex) => ({
              partitionIndex,
              committedOffset: -1,
              committedLeaderEpoch: -1,
              metadata: '',
              errorCode: code,
            })),
          })),
    errorCode: code,
    groups: request.groups.map(({ groupId }) => ({ groupId, topics: [], errorCode: code })),
  }),
};
