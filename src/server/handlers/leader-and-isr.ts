import { leaderAndIsrRequest } from '../../protocol/messages/leader-and-isr-request.js';
import { leaderAndIsrResponse } from '../../protocol/messages/leader-and-isr-response.js';
import type { BrokerNode } from '../broker-node.js';
import type { Api } from '../handler.js';

/**
 * LeaderAndIsr, v0–v7: the controller makes this broker lead or follow partitions.
 * v2 broker epoch · v5 topic ids · v6 leader recovery state · v7 from a KRaft controller too
 * Source: kafka.server.KafkaApis.handleLeaderAndIsrRequest, 3.9
 */
export const leaderAndIsrApi: Api<BrokerNode, typeof leaderAndIsrRequest, typeof leaderAndIsrResponse> = {
  request: leaderAndIsrRequest,
  response: leaderAndIsrResponse,
  versions: { min: 0, max: 7 },
  handle: (request, context, node) => node.controlPlane.leaderAndIsr(request, context.apiVersion),
  errorResponse: (_request, code) => ({ errorCode: code, partitionErrors: [], topics: [] }),
};
