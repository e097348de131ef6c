import { errorNameOf, KafkaError } from '../common/errors.js';
import type { Logger } from '../platform/logger.js';
import { errorCode, NONE } from '../protocol/error-codes.js';
import type { OffsetForLeaderEpochRequest } from '../protocol/messages/offset-for-leader-epoch-request.js';
import type { OffsetForLeaderEpochResponse } from '../protocol/messages/offset-for-leader-epoch-response.js';
import type { Partition } from './partition.js';

type AskedPartition = OffsetForLeaderEpochRequest['topics'][number]['partitions'][number];
type EpochEndAnswer = OffsetForLeaderEpochResponse['topics'][number]['partitions'][number];

export interface OffsetsForLeaderEpochParts {
  readonly replicas: { partitionOrThrow(topic: string, partition: number): Partition };
  readonly logger: Logger;
  /** DESCRIBE on the topic, or CLUSTER_ACTION. */
  readonly mayDescribe: (topic: string) => boolean;
}

/**
 * OffsetForLeaderEpoch, v0–v4: where an epoch ends in the leader's log, for who wants to know whether its own log parted from it.
 * v2 current leader epoch, for consumers too (KIP-320) · v3 replica id · v4 flexible
 * Source: kafka.server.KafkaApis.handleOffsetForLeaderEpochRequest, 3.9
 */
export function offsetsForLeaderEpoch(
  request: OffsetForLeaderEpochRequest,
  parts: OffsetsForLeaderEpochParts,
): OffsetForLeaderEpochResponse {
  const topics = request.topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((asked) =>
      parts.mayDescribe(topic)
        ? endOf(topic, asked, parts)
        : answer(asked, errorCode('TOPIC_AUTHORIZATION_FAILED'), -1, -1),
    ),
  }));
  return { throttleTimeMs: 0, topics };
}

function endOf(topic: string, asked: AskedPartition, parts: OffsetsForLeaderEpochParts): EpochEndAnswer {
  try {
    const log = parts.replicas.partitionOrThrow(topic, asked.partition).logFor(asked.currentLeaderEpoch, true);
    const { epoch, endOffset } = log.endOffsetForEpoch(asked.leaderEpoch);
    return answer(asked, NONE, epoch, endOffset);
  } catch (thrown) {
    if (!(thrown instanceof KafkaError)) parts.logger.error('Error while responding to an epoch request', thrown);
    return answer(asked, errorCode(errorNameOf(thrown)), -1, -1);
  }
}

function answer(asked: AskedPartition, error: number, leaderEpoch: number, endOffset: number): EpochEndAnswer {
  return { errorCode: error, partition: asked.partition, leaderEpoch, endOffset };
}
