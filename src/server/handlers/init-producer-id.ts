import { KafkaError } from '../../common/errors.js';
import { NONE } from '../../protocol/error-codes.js';
import { initProducerIdRequest, type InitProducerIdRequest } from '../../protocol/messages/init-producer-id-request.js';
import {
  initProducerIdResponse,
  type InitProducerIdResponse,
} from '../../protocol/messages/init-producer-id-response.js';
import type { BrokerNode } from '../broker-node.js';
import type { Api, Handler } from '../handler.js';

const NO_PRODUCER_ID = -1;
const NO_PRODUCER_EPOCH = -1;

/**
 * InitProducerId, v0–v5: an id for an idempotent producer. A transactional one has no coordinator here yet: NOT_COORDINATOR.
 * Source: kafka.server.KafkaApis.handleInitProducerIdRequest, 3.9
 */
const handleInitProducerId: Handler<InitProducerIdRequest, InitProducerIdResponse, BrokerNode> = (
  request,
  context,
  node,
) => {
  const { producerId, producerEpoch, transactionalId } = request;
  if (context.apiVersion >= 3 && (producerId === NO_PRODUCER_ID) !== (producerEpoch === NO_PRODUCER_EPOCH)) {
    throw new KafkaError('INVALID_REQUEST', 'producer id and epoch come together or not at all');
  }
  if (transactionalId === '') throw new KafkaError('INVALID_REQUEST', 'the transactional id is empty');
  if (transactionalId !== null) {
    const { transactionTimeoutMs: timeoutMs } = request;
    if (timeoutMs <= 0 || timeoutMs > node.settings.transactionMaxTimeoutMs) {
      throw new KafkaError('INVALID_TRANSACTION_TIMEOUT');
    }
    throw new KafkaError('NOT_COORDINATOR', `no transaction coordinator for ${transactionalId}`);
  }
  return {
    throttleTimeMs: 0,
    errorCode: NONE,
    producerId: node.producerIds.generate(),
    producerEpoch: 0,
  };
};

export const initProducerIdApi: Api<BrokerNode, typeof initProducerIdRequest, typeof initProducerIdResponse> = {
  request: initProducerIdRequest,
  response: initProducerIdResponse,
  versions: { min: 0, max: 5 },
  handle: handleInitProducerId,
  errorResponse: (_request, code) => ({
    throttleTimeMs: 0,
    errorCode: code,
    producerId: NO_PRODUCER_ID,
    producerEpoch: NO_PRODUCER_EPOCH,
  }),
};
