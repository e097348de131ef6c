import { listGroupsRequest } from '../../protocol/messages/list-groups-request.js';
import { listGroupsResponse } from '../../protocol/messages/list-groups-response.js';
import { listGroups } from '../../coordinator/group/group-apis.js';
import type { BrokerNode } from '../broker-node.js';
import type { Api } from '../handler.js';

/** ListGroups, v0–v5. Source: kafka.server.KafkaApis.handleListGroupsRequest, 3.9 */
export const listGroupsApi: Api<BrokerNode, typeof listGroupsRequest, typeof listGroupsResponse> = {
  request: listGroupsRequest,
  response: listGroupsResponse,
  versions: { min: 0, max: 5 },
  handle: (request, _context, node) => listGroups(node.groups, request),
  errorResponse: (_request, code) => ({ throttleTimeMs: 0, errorCode: code, groups: [] }),
};
