import { KafkaError } from '../common/errors.js';
import { invariant } from '../common/invariant.js';
import { errorName } from '../protocol/error-codes.js';
import { BATCH_HEADER_SIZE, batchSizeOf, lastOffsetOf } from '../protocol/record/record-batch.js';
import type { Partition } from './partition.js';
import type { ReplicaManager } from './replica-manager.js';

const READ_BYTES = 5_242_880;

/**
 * One internal topic as its coordinator uses it: appends with acks=all while this broker leads, and reads it back from the
 * start when it begins to lead.
 * Source: kafka.coordinator.group.GroupMetadataManager.storeGroup, doLoadGroupsAndOffsets, 3.9
 */
export class InternalTopic {
  private readonly topic: string;
  private readonly replicas: ReplicaManager;
  /** offsets.commit.timeout.ms */
  private readonly timeoutMs: number;

  constructor(topic: string, replicas: ReplicaManager, timeoutMs: number) {
    this.topic = topic;
    this.replicas = replicas;
    this.timeoutMs = timeoutMs;
  }

  /**
   * Resolves once every in-sync replica has the batch. The bytes are stamped in place before this returns.
   * @throws KafkaError NOT_LEADER_OR_FOLLOWER if this broker does not lead it in `leaderEpoch`, and what appending refuses
   */
  async append(partition: number, leaderEpoch: number, batch: Buffer): Promise<void> {
    this.ledPartition(partition, leaderEpoch);
    const topics = [{ name: this.topic, partitionData: [{ index: partition, records: batch }] }];
    const [response] = await this.replicas.appendRecords(topics, {
      requiredAcks: -1,
      timeoutMs: this.timeoutMs,
      origin: 'coordinator',
      internalTopicsAllowed: true,
    });
    const error = errorName(response?.partitionResponses[0]?.errorCode ?? -1);
    if (error !== 'NONE') throw new KafkaError(error, `append to ${this.topic}-${partition}: ${error}`);
  }

  /**
   * Whole batches from the log's start to what is its end now.
   * @throws KafkaError NOT_LEADER_OR_FOLLOWER, also in the middle, when the leadership is lost
   */
  async *read(partition: number, leaderEpoch: number): AsyncGenerator<Buffer> {
    const { log } = this.ledPartition(partition, leaderEpoch);
    if (log === undefined) return;
    const end = log.logEndOffset;
    for (let offset = log.logStartOffset; offset < end;) {
      this.ledPartition(partition, leaderEpoch);
      const slice = log.read(offset, READ_BYTES, end, true);
      if (slice.sizeInBytes === 0) return;
      const bytes = await slice.load();
      offset = endOfBatches(bytes);
      yield bytes;
    }
  }

  private ledPartition(partition: number, leaderEpoch: number): Partition {
    const hosted = this.replicas.partitionOrThrow(this.topic, partition);
    if (!hosted.isLeader || hosted.leaderEpoch !== leaderEpoch) {
      throw new KafkaError('NOT_LEADER_OR_FOLLOWER', `${hosted.key} is not led here in epoch ${leaderEpoch}`);
    }
    return hosted;
  }
}

/** The offset after the last batch in `bytes`. */
function endOfBatches(bytes: Buffer): number {
  let end = -1;
  for (let at = 0; at + BATCH_HEADER_SIZE <= bytes.length; at += batchSizeOf(bytes, at))
    end = lastOffsetOf(bytes, at) + 1;
  invariant(end >= 0, 'a read of an internal topic holds whole batches', { size: bytes.length });
  return end;
}
