import { errorNameOf, KafkaError } from '../../common/errors.js';
import { errorCode, NONE } from '../../protocol/error-codes.js';
import { envelopeRequest, type EnvelopeRequest } from '../../protocol/messages/envelope-request.js';
import { envelopeResponse, type EnvelopeResponse } from '../../protocol/messages/envelope-response.js';
import type { ForwardedOffsetCommitRequest } from '../../protocol/messages/forwarded-offset-commit-request.js';
import { DecodeError } from '../../protocol/reader.js';
import type { BrokerNode } from '../broker-node.js';
import { type Api, CLOSE_CONNECTION, type Handler } from '../handler.js';
import { OFFSETS_TOPIC } from '../internal-topics.js';
import { decodeForwardedOffsets, encodeForwardedAnswer } from '../offset-forwarding.js';

/**
 * Envelope, v0: consumer offsets that a coordinator of ours wants in znodes; on the controller only. Any other content, and
 * any other listener, closes the connection, as a broker in ZooKeeper mode does with every Envelope.
 * Differs: Apache Kafka's brokers forward nothing in ZooKeeper mode.
 */
const handleEnvelope: Handler<EnvelopeRequest, EnvelopeResponse, BrokerNode> = async (request, context, node) => {
  if (context.listenerName !== node.settings.interBrokerListenerName) return CLOSE_CONNECTION;
  const forwarded = tryDecode(request);
  if (forwarded === undefined) {
    node.logger.warn(`Closing connection ${context.connectionId}: an Envelope that no broker of ours sends`);
    return CLOSE_CONNECTION;
  }
  if (!node.controller.isActive) throw new KafkaError('NOT_CONTROLLER');
  const code = await write(forwarded, node);
  const topics = forwarded.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: code })),
  }));
  return { responseData: encodeForwardedAnswer({ throttleTimeMs: 0, topics }), errorCode: NONE };
};

function tryDecode(request: EnvelopeRequest): ForwardedOffsetCommitRequest | undefined {
  try {
    return decodeForwardedOffsets(request);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** Together or not at all: offsets of one commit share the fences. */
async function write(forwarded: ForwardedOffsetCommitRequest, node: BrokerNode): Promise<number> {
  const { groupId, coordinator } = forwarded;
  try {
    await node.controller.writeOffsets({
      coordinatorTopic: OFFSETS_TOPIC,
      coordinatorPartition: coordinator.partition,
      coordinatorId: coordinator.brokerId,
      leaderEpoch: coordinator.leaderEpoch,
      entries: forwarded.topics.flatMap(({ name, partitions }) =>
        partitions.map((p) => ({
          group: groupId,
          topic: name,
          partition: p.partitionIndex,
          offset: p.committedOffset,
        })),
      ),
    });
    return NONE;
  } catch (error) {
    if (error instanceof KafkaError && error.error === 'NOT_CONTROLLER') throw error;
    return errorCode(errorNameOf(error));
  }
}

export const envelopeApi: Api<BrokerNode, typeof envelopeRequest, typeof envelopeResponse> = {
  request: envelopeRequest,
  response: envelopeResponse,
  versions: { min: 0, max: 0 },
  handle: handleEnvelope,
  overlaps: true, // one coordinator's writes are for different keys: they need not wait for each other's multi
  errorResponse: (_request, code) => ({ responseData: null, errorCode: code }),
};
