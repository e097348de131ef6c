import { stopReplicaRequest } from '../../protocol/messages/stop-replica-request.js';
import { stopReplicaResponse } from '../../protocol/messages/stop-replica-response.js';
import type { BrokerNode } from '../broker-node.js';
import type { Api } from '../handler.js';

/**
 * StopReplica, v0–v4: the controller takes replicas from this broker, their data too if the topic is deleted.
 * Source: kafka.server.KafkaApis.handleStopReplicaRequest, 3.9
 */
export const stopReplicaApi: Api<BrokerNode, typeof stopReplicaRequest, typeof stopReplicaResponse> = {
  request: stopReplicaRequest,
  response: stopReplicaResponse,
  versions: { min: 0, max: 4 },
  handle: (request, _context, node) => node.controlPlane.stopReplica(request),
  errorResponse: (_request, code) => ({ errorCode: code, partitionErrors: [] }),
};
