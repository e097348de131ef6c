import { NONE } from '../../protocol/error-codes.js';
import {
  allocateProducerIdsRequest,
  type AllocateProducerIdsRequest,
} from '../../protocol/messages/allocate-producer-ids-request.js';
import {
  allocateProducerIdsResponse,
  type AllocateProducerIdsResponse,
} from '../../protocol/messages/allocate-producer-ids-response.js';
import type { BrokerNode } from '../broker-node.js';
import type { Api, Handler } from '../handler.js';

/**
 * AllocateProducerIds, v0: a block of producer ids for one broker, from the controller (KIP-730).
 * Source: kafka.server.KafkaApis.handleAllocateProducerIdsRequest, 3.9
 */
const handleAllocateProducerIds: Handler<AllocateProducerIdsRequest, AllocateProducerIdsResponse, BrokerNode> = async (
  request,
  _context,
  node,
) => {
  const block = await node.controller.allocateProducerIds(request.brokerId, request.brokerEpoch);
  return {
    throttleTimeMs: 0,
    errorCode: NONE,
    producerIdStart: block.first,
    producerIdLen: block.last - block.first + 1,
  };
};

export const allocateProducerIdsApi: Api<
  BrokerNode,
  typeof allocateProducerIdsRequest,
  typeof allocateProducerIdsResponse
> = {
  request: allocateProducerIdsRequest,
  response: allocateProducerIdsResponse,
  versions: { min: 0, max: 0 },
  handle: handleAllocateProducerIds,
  errorResponse: (_request, code) => ({ throttleTimeMs: 0, errorCode: code, producerIdStart: 0, producerIdLen: 0 }),
};
