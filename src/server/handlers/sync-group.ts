import { syncGroupRequest } from '../../protocol/messages/sync-group-request.js';
import { syncGroupResponse } from '../../protocol/messages/sync-group-response.js';
import { syncGroup } from '../../coordinator/group/group-apis.js';
import type { BrokerNode } from '../broker-node.js';
import type { Api } from '../handler.js';

/** SyncGroup, v0–v5. Source: kafka.server.KafkaApis.handleSyncGroupRequest, 3.9 */
export const syncGroupApi: Api<BrokerNode, typeof syncGroupRequest, typeof syncGroupResponse> = {
  request: syncGroupRequest,
  response: syncGroupResponse,
  versions: { min: 0, max: 5 },
  handle: (request, context, node) => syncGroup(node.groups, request, context),
  errorResponse: (_request, code) => ({
    throttleTimeMs: 0,
    errorCode: code,
    protocolType: null,
    protocolName: null,
    assignment: Buffer.alloc(0),
  }),
};
