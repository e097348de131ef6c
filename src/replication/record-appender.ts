import { errorNameOf, KafkaError, type ErrorName } from '../common/errors.js';
import type { Logger } from '../platform/logger.js';
import { errorCode, NONE } from '../protocol/error-codes.js';
import type { ProduceRequest } from '../protocol/messages/produce-request.js';
import type { AppendOrigin } from '../storage/log.js';
import { problemOfClient } from '../storage/log-validator.js';
import {
  DelayedProduce,
  type PendingAppend,
  type ProducePartitionResponse,
  type ProduceTopicResponse,
} from './delayed-produce.js';
import { OFFLINE, type HostedPartitions } from './hosted-partitions.js';
import type { Partition } from './partition.js';
import type { Purgatory } from './purgatory.js';
import type { ReplicationCounters } from './replication-counters.js';

export interface AppendOptions {
  /** 0, 1 or −1 (all); anything else is answered with INVALID_REQUIRED_ACKS. */
  readonly requiredAcks: number;
  /** How long to wait for the ISR. */
  readonly timeoutMs: number;
  readonly origin: AppendOrigin;
  /** Whether the caller may write `__consumer_offsets` and `__transaction_state`. */
  readonly internalTopicsAllowed: boolean;
  /** Whose wait ends with it; empty for the broker's own appends. */
  readonly connectionId?: string;
}

export type TopicAppend = ProduceRequest['topicData'][number];

const INTERNAL_TOPICS: ReadonlySet<string> = new Set(['__consumer_offsets', '__transaction_state']);

/** The leader's side of Produce. */
export class RecordAppender {
  private readonly hosted: HostedPartitions;
  private readonly purgatory: Purgatory;
  private readonly counters: ReplicationCounters;
  private readonly logger: Logger;
  /** Have new records; their parked fetches look at the end of the turn. */
  private readonly appendedTo = new Set<Partition>();

  constructor(hosted: HostedPartitions, purgatory: Purgatory, counters: ReplicationCounters, logger: Logger) {
    this.hosted = hosted;
    this.purgatory = purgatory;
    this.counters = counters;
    this.logger = logger;
  }

  /**
   * Appends to the partitions this broker leads: the answer at once, or with acks=all a promise while the ISR copies. Errors
   * stand in the answer, partition by partition. The records are not needed any more when this returns.
   * Source: kafka.server.ReplicaManager.appendRecords, 3.9
   */
  appendRecords(
    topics: readonly TopicAppend[],
    options: AppendOptions,
  ): ProduceTopicResponse[] | Promise<ProduceTopicResponse[]> {
    const { requiredAcks } = options;
    if (requiredAcks < -1 || requiredAcks > 1) return refuseAll(topics, 'INVALID_REQUIRED_ACKS');
    const pending: PendingAppend[] = [];
    const responses = topics.map(({ name, partitionData }) => ({
      name,
      partitionResponses: partitionData.map(({ index, records }) =>
        this.appendOne(name, index, records, options, pending),
      ),
    }));
    for (const { partition } of pending) {
      if (partition.afterAppend()) partition.wakeProduces();
      this.wakeFetchesSoon(partition);
    }
    if (requiredAcks !== -1 || pending.length === 0) return responses;
    return this.whenCommitted(pending, responses, options);
  }

  private appendOne(
    topic: string,
    index: number,
    records: TopicAppend['partitionData'][number]['records'],
    options: AppendOptions,
    pending: PendingAppend[],
  ): ProducePartitionResponse {
    try {
      if (!options.internalTopicsAllowed && INTERNAL_TOPICS.has(topic)) {
        throw new KafkaError('INVALID_TOPIC_EXCEPTION', `Cannot append to internal topic ${topic}`);
      }
      // Differs: Kafka never answers a partition without records (its handler fails on null).
      if (!Buffer.isBuffer(records)) throw new KafkaError('INVALID_RECORD', `no records for ${topic}-${index}`);
      const partition = this.hosted.getOrThrow(topic, index);
      const result = partition.appendAsLeader(records, options.requiredAcks, options.origin);
      this.counters.bytesIn += records.length;
      const response = appended(index, result.firstOffset, result.logAppendTimeMs, result.logStartOffset);
      pending.push({ partition, requiredOffset: result.lastOffset + 1, response, isPending: true });
      return response;
    } catch (thrown) {
      return isRequestAtFault(records, options, thrown)
        ? refused(index, 'INVALID_RECORD')
        : this.appendFailed(topic, index, thrown);
    }
  }

  /**
   * When the turn is over: of several requests that one read of a socket brought, followers then fetch all the records at
   * once, where waking them at the first append would have them ask for the others one by one.
   */
  private wakeFetchesSoon(partition: Partition): void {
    if (this.appendedTo.size === 0) queueMicrotask(() => this.wakeFetches());
    this.appendedTo.add(partition);
  }

  private wakeFetches(): void {
    const partitions = [...this.appendedTo];
    this.appendedTo.clear();
    for (const partition of partitions) partition.wakeFetches();
  }

  /** What is plain for the client to see is answered bare; the rest with the log start, and a message when it names records. */
  private appendFailed(topic: string, index: number, thrown: unknown): ProducePartitionResponse {
    const error = errorNameOf(thrown);
    const response = appended(index, -1, -1, -1);
    response.errorCode = errorCode(error);
    if (PLAIN_PRODUCE_ERRORS.has(error)) return response;
    this.counters.failedProduces++;
    this.logger.error(`Error processing append operation on partition ${topic}-${index}`, thrown);
    response.logStartOffset = this.logStartOffset(topic, index);
    if (thrown instanceof KafkaError && thrown.recordErrors.length > 0) {
      response.errorMessage = thrown.message;
      response.recordErrors = thrown.recordErrors.map(({ batchIndex, message }) => ({
        batchIndex,
        batchIndexErrorMessage: message,
      }));
    }
    return response;
  }

  private whenCommitted(
    pending: readonly PendingAppend[],
    responses: ProduceTopicResponse[],
    options: AppendOptions,
  ): ProduceTopicResponse[] | Promise<ProduceTopicResponse[]> {
    let done: () => void = () => undefined;
    const delayed = new DelayedProduce(pending, () => done());
    if (delayed.isReady()) return responses;
    return new Promise((resolve) => {
      done = () => resolve(responses);
      const lists = pending.map(({ partition }) => partition.parkedProduces);
      this.purgatory.park(delayed, options.timeoutMs, lists, options.connectionId ?? '');
    });
  }

  private logStartOffset(topic: string, partition: number): number {
    const hosted = this.hosted.get(topic, partition);
    return hosted === undefined || hosted === OFFLINE ? -1 : (hosted.log?.logStartOffset ?? -1);
  }
}

/** Kafka refuses records that are no single batch before it asks anything of the partition: its log start stays unsaid. */
function isRequestAtFault(records: unknown, { origin }: AppendOptions, thrown: unknown): boolean {
  if (origin !== 'client' || errorNameOf(thrown) !== 'INVALID_RECORD') return false;
  return !Buffer.isBuffer(records) || problemOfClient(records) !== undefined;
}

/** Source: kafka.server.ReplicaManager.appendToLocalLog, 3.9 */
const PLAIN_PRODUCE_ERRORS: ReadonlySet<ErrorName> = new Set<ErrorName>([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'NOT_LEADER_OR_FOLLOWER',
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'CORRUPT_MESSAGE',
  'KAFKA_STORAGE_ERROR',
  'INVALID_TOPIC_EXCEPTION',
]);

const NO_LEADER: ProducePartitionResponse['currentLeader'] = Object.freeze({ leaderId: -1, leaderEpoch: -1 });

function appended(
  index: number,
  baseOffset: number,
  logAppendTimeMs: ProducePartitionResponse['logAppendTimeMs'],
  logStartOffset: number,
): ProducePartitionResponse {
  return {
    index,
    errorCode: NONE,
    baseOffset,
    logAppendTimeMs,
    logStartOffset,
    recordErrors: [],
    errorMessage: null,
    currentLeader: NO_LEADER,
  };
}

function refuseAll(topics: readonly TopicAppend[], error: ErrorName): ProduceTopicResponse[] {
  return topics.map(({ name, partitionData }) => ({
    name,
    partitionResponses: partitionData.map(({ index }) => refused(index, error)),
  }));
}

function refused(index: number, error: ErrorName): ProducePartitionResponse {
  const response = appended(index, -1, -1, -1);
  response.errorCode = errorCode(error);
  return response;
}
