import { heartbeatRequest } from '../../protocol/messages/heartbeat-request.js';
import { heartbeatResponse } from '../../protocol/messages/heartbeat-response.js';
import { heartbeat } from '../../coordinator/group/group-apis.js';
import type { BrokerNode } from '../broker-node.js';
import type { Api } from '../handler.js';

/** Heartbeat, v0–v4. Source: kafka.server.KafkaApis.handleHeartbeatRequest, 3.9 */
export const heartbeatApi: Api<BrokerNode, typeof heartbeatRequest, typeof heartbeatResponse> = {
  request: heartbeatRequest,
  response: heartbeatResponse,
  versions: { min: 0, max: 4 },
  handle: (request, _context, node) => heartbeat(node.groups, request),
  errorResponse: (_request, code) => ({ throttleTimeMs: 0, errorCode: code }),
};
