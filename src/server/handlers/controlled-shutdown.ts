import { KafkaError } from '../../common/errors.js';
import { NONE } from '../../protocol/error-codes.js';
import {
  controlledShutdownRequest,
  type ControlledShutdownRequest,
} from '../../protocol/messages/controlled-shutdown-request.js';
import {
  controlledShutdownResponse,
  type ControlledShutdownResponse,
} from '../../protocol/messages/controlled-shutdown-response.js';
import type { BrokerNode } from '../broker-node.js';
import type { Api, Handler } from '../handler.js';

/**
 * ControlledShutdown, v0–v3: a broker that is about to stop wants its leaderships moved; answered when they are.
 * Source: kafka.server.KafkaApis.handleControlledShutdownRequest, 3.9
 */
const handleControlledShutdown: Handler<ControlledShutdownRequest, ControlledShutdownResponse, BrokerNode> = async (
  request,
  _context,
  node,
) => {
  if (!node.controller.isActive) throw new KafkaError('NOT_CONTROLLER');
  const remaining = await node.controller.controlledShutdown(request.brokerId, request.brokerEpoch);
  return {
    errorCode: NONE,
    remainingPartitions: remaining.map(({ topic, partition }) => ({ topicName: topic, partitionIndex: partition })),
  };
};

export const controlledShutdownApi: Api<
  BrokerNode,
  typeof controlledShutdownRequest,
  typeof controlledShutdownResponse
> = {
  request: controlledShutdownRequest,
  response: controlledShutdownResponse,
  versions: { min: 0, max: 3 },
  handle: handleControlledShutdown,
  errorResponse: (_request, code) => ({ errorCode: code, remainingPartitions: [] }),
};
