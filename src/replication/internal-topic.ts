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
      const bytes = wholeBatches(await slice.load());
      offset = lastOffsetOf(bytes, lastBatchAt(bytes)) + 1;
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

/** A read ends where its limit is, within a batch or not. */
function wholeBatches(bytes: Buffer): Buffer {
  const last = lastBatchAt(bytes);
  return bytes.subarray(0, last + batchSizeOf(bytes, last));
}

/** Position of the last batch that is there to its end; the first one always is. */
function lastBatchAt(bytes: Buffer): number {
  let last = -1;
  for (let at = 0; at + BATCH_HEADER_SIZE <= bytes.length; at += batchSizeOf(bytes, at)) {
    if (at + batchSizeOf(bytes, at) <= bytes.length) last = at;
  }
  invariant(last >= 0, 'a read begins with a whole batch', { size: bytes.length });
  return last;
}
