import { offsetCommitRequest } from '../../protocol/messages/offset-commit-request.js';
import { offsetCommitResponse } from '../../protocol/messages/offset-commit-response.js';
import { commitOffsets } from '../../coordinator/group/offset-apis.js';
import type { BrokerNode } from '../broker-node.js';
import type { Api } from '../handler.js';

/** OffsetCommit, v0–v9. A topic this broker does not know is UNKNOWN_TOPIC_OR_PARTITION. Source: kafka.server.KafkaApis.handleOffsetCommitRequest, 3.9 */
export const offsetCommitApi: Api<BrokerNode, typeof offsetCommitRequest, typeof offsetCommitResponse> = {
  request: offsetCommitRequest,
  response: offsetCommitResponse,
  versions: { min: 0, max: 9 },
  handle: (request, context, node) =>
    commitOffsets(node.groups, request, context.apiVersion, node.time.wallMs(), (topic, partition) =>
      node.metadata.partition(topic, partition) === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'NONE',
    ),
  errorResponse: (request, code) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: code })),
    })),
  }),
};
