import { describeGroupsRequest } from '../../protocol/messages/describe-groups-request.js';
import { describeGroupsResponse } from '../../protocol/messages/describe-groups-response.js';
import { describeGroups } from '../../coordinator/group/group-apis.js';
import { GROUP_OPERATIONS, OPERATIONS_OMITTED } from '../authorized-operations.js';
import type { BrokerNode } from '../broker-node.js';
import type { Api } from '../handler.js';

/** DescribeGroups, v0–v5. Source: kafka.server.KafkaApis.handleDescribeGroupsRequest, 3.9 */
export const describeGroupsApi: Api<BrokerNode, typeof describeGroupsRequest, typeof describeGroupsResponse> = {
  request: describeGroupsRequest,
  response: describeGroupsResponse,
  versions: { min: 0, max: 5 },
  handle: (request, context, node) =>
    describeGroups(node.groups, request, () =>
      context.apiVersion >= 3 && request.includeAuthorizedOperations ? GROUP_OPERATIONS : OPERATIONS_OMITTED,
    ),
  errorResponse: (request, code) => ({
    throttleTimeMs: 0,
    groups: request.groups.map((groupId) => ({
      errorCode: code,
      groupId,
      groupState: '',
      protocolType: '',
      protocolData: '',
      members: [],
      authorizedOperations: OPERATIONS_OMITTED,
    })),
  }),
};
