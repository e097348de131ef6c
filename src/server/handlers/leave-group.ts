import { leaveGroupRequest } from '../../protocol/messages/leave-group-request.js';
import { leaveGroupResponse } from '../../protocol/messages/leave-group-response.js';
import { leaveGroup } from '../../coordinator/group/group-apis.js';
import type { BrokerNode } from '../broker-node.js';
import type { Api } from '../handler.js';

/** LeaveGroup, v0–v5. Source: kafka.server.KafkaApis.handleLeaveGroupRequest, 3.9 */
export const leaveGroupApi: Api<BrokerNode, typeof leaveGroupRequest, typeof leaveGroupResponse> = {
  request: leaveGroupRequest,
  response: leaveGroupResponse,
  versions: { min: 0, max: 5 },
  handle: (request, context, node) => leaveGroup(node.groups, request, context),
  errorResponse: (_request, code) => ({ throttleTimeMs: 0, errorCode: code, members: [] }),
};
