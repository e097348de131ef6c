import { errorCode, NONE } from '../../protocol/error-codes.js';
import { listPartitionReassignmentsRequest } from '../../protocol/messages/list-partition-reassignments-request.js';
import { listPartitionReassignmentsResponse } from '../../protocol/messages/list-partition-reassignments-response.js';
import type { BrokerNode } from '../broker-node.js';
import type { Api } from '../handler.js';

/**
 * ListPartitionReassignments, v0: on the controller only. Reassignments cannot be started here yet, so there are none.
 * Source: kafka.server.KafkaApis.handleListPartitionReassignmentsRequest, 3.9
 */
export const listPartitionReassignmentsApi: Api<
  BrokerNode,
  typeof listPartitionReassignmentsRequest,
  typeof listPartitionReassignmentsResponse
> = {
  request: listPartitionReassignmentsRequest,
  response: listPartitionReassignmentsResponse,
  versions: { min: 0, max: 0 },
  handle: (_request, _context, node) => ({
    throttleTimeMs: 0,
    errorCode: node.controller.isActive ? NONE : errorCode('NOT_CONTROLLER'),
    errorMessage: node.controller.isActive ? '' : 'This is not the correct controller for this cluster.',
    topics: [],
  }),
  errorResponse: (_request, code, message) => ({
    throttleTimeMs: 0,
    errorCode: code,
    errorMessage: message,
    topics: [],
  }),
};
