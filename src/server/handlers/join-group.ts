import { joinGroupRequest } from '../../protocol/messages/join-group-request.js';
import { joinGroupResponse } from '../../protocol/messages/join-group-response.js';
import { joinGroup } from '../../coordinator/group/group-apis.js';
import type { BrokerNode } from '../broker-node.js';
import type { Api } from '../handler.js';

/** JoinGroup, v0–v9. Source: kafka.server.KafkaApis.handleJoinGroupRequest, 3.9 */
export const joinGroupApi: Api<BrokerNode, typeof joinGroupRequest, typeof joinGroupResponse> = {
  request: joinGroupRequest,
  response: joinGroupResponse,
  versions: { min: 0, max: 9 },
  handle: (request, context, node) => joinGroup(node.groups, request, context),
  errorResponse: (request, code) => ({
    throttleTimeMs: 0,
    errorCode: code,
    generationId: -1,
    protocolType: null,
    protocolName: '',
    leader: '',
    skipAssignment: false,
    memberId: request.memberId,
    members: [],
  }),
};
