import { offsetForLeaderEpochRequest } from '../../protocol/messages/offset-for-leader-epoch-request.js';
import { offsetForLeaderEpochResponse } from '../../protocol/messages/offset-for-leader-epoch-response.js';
import { offsetsForLeaderEpoch } from '../../replication/offsets-for-leader-epoch.js';
import type { BrokerNode } from '../broker-node.js';
import type { Api } from '../handler.js';

/** OffsetForLeaderEpoch, v0–v4. Source: kafka.server.KafkaApis.handleOffsetForLeaderEpochRequest, 3.9 */
export const offsetForLeaderEpochApi: Api<
  BrokerNode,
  typeof offsetForLeaderEpochRequest,
  typeof offsetForLeaderEpochResponse
> = {
  request: offsetForLeaderEpochRequest,
  response: offsetForLeaderEpochResponse,
  versions: { min: 0, max: 4 },
  handle: (request, _context, node) =>
    offsetsForLeaderEpoch(request, { replicas: node.replicaManager, logger: node.logger, mayDescribe: () => true }),
  errorResponse: (request, code) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition }) => ({ errorCode: code, partition, leaderEpoch: -1, endOffset: -1 })),
    })),
  }),
};
