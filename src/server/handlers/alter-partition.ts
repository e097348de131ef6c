import { alterPartitionRequest } from '../../protocol/messages/alter-partition-request.js';
import { alterPartitionResponse } from '../../protocol/messages/alter-partition-response.js';
import type { BrokerNode } from '../broker-node.js';
import type { Api } from '../handler.js';

/**
 * AlterPartition, v0–v3: a leader asks the controller to change an ISR (KIP-497). v2 topic ids · v3 broker epochs (KIP-903)
 * Source: kafka.server.KafkaApis.handleAlterPartitionRequest, 3.9
 */
export const alterPartitionApi: Api<BrokerNode, typeof alterPartitionRequest, typeof alterPartitionResponse> = {
  request: alterPartitionRequest,
  response: alterPartitionResponse,
  versions: { min: 0, max: 3 },
  handle: (request, context, node) => node.controller.alterPartition(request, context.apiVersion),
  errorResponse: (_request, code) => ({ throttleTimeMs: 0, errorCode: code, topics: [] }),
};
