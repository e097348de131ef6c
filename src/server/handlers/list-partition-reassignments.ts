import { NONE } from '../../protocol/error-codes.js';
import {
  listPartitionReassignmentsRequest,
  type ListPartitionReassignmentsRequest,
} from '../../protocol/messages/list-partition-reassignments-request.js';
import {
  listPartitionReassignmentsResponse,
  type ListPartitionReassignmentsResponse,
} from '../../protocol/messages/list-partition-reassignments-response.js';
import type { BrokerNode } from '../broker-node.js';
import type { Api, Handler } from '../handler.js';

/**
 * ListPartitionReassignments, v0: on the controller only. What stands in the topics' znodes: this cluster cannot begin a
 * reassignment yet, but may have found one.
 * Source: kafka.server.KafkaApis.handleListPartitionReassignmentsRequest, 3.9
 */
const handleListPartitionReassignments: Handler<
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
  BrokerNode
> = async (request, _context, node) => {
  const moving = await node.controller.partitionReassignments();
  const asked = request.topics?.map(({ name, partitionIndexes }) => ({ name, wanted: new Set(partitionIndexes) }));
  const topics = (asked ?? [...moving.keys()].map((name) => ({ name, wanted: undefined }))).flatMap(
    ({ name, wanted }) => {
      const partitions = [...(moving.get(name) ?? [])]
        .filter(([partition]) => wanted?.has(partition) !== false)
        .map(([partitionIndex, { replicas, addingReplicas, removingReplicas }]) => ({
          partitionIndex,
          replicas: [...replicas],
          addingReplicas: [...addingReplicas],
          removingReplicas: [...removingReplicas],
        }));
      return partitions.length === 0 ? [] : [{ name, partitions }];
    },
  );
  return { throttleTimeMs: 0, errorCode: NONE, errorMessage: '', topics };
};

export const listPartitionReassignmentsApi: Api<
  BrokerNode,
  typeof listPartitionReassignmentsRequest,
  typeof listPartitionReassignmentsResponse
> = {
  request: listPartitionReassignmentsRequest,
  response: listPartitionReassignmentsResponse,
  versions: { min: 0, max: 0 },
  handle: handleListPartitionReassignments,
  errorResponse: (_request, code, message) => ({
    throttleTimeMs: 0,
    errorCode: code,
    errorMessage: message,
    topics: [],
  }),
};
