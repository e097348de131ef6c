import { listOffsetsRequest } from '../../protocol/messages/list-offsets-request.js';
import { listOffsetsResponse } from '../../protocol/messages/list-offsets-response.js';
import { listOffsets } from '../../replication/list-offsets.js';
import type { BrokerNode } from '../broker-node.js';
import type { Api } from '../handler.js';

/** ListOffsets, v0–v9. Source: kafka.server.KafkaApis.handleListOffsetRequest, 3.9 */
export const listOffsetsApi: Api<BrokerNode, typeof listOffsetsRequest, typeof listOffsetsResponse> = {
  request: listOffsetsRequest,
  response: listOffsetsResponse,
  versions: { min: 0, max: 9 },
  handle: (request, context, node) =>
    listOffsets(request, context.apiVersion, {
      replicas: node.replicaManager,
      logger: node.logger,
      mayDescribe: () => true,
      nowMs: () => node.time.wallMs(),
    }),
  errorResponse: (request, code) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode: code,
        oldStyleOffsets: [],
        timestamp: -1,
        offset: -1,
        leaderEpoch: -1,
      })),
    })),
  }),
};
