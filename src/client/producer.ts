import { errorNameOf, KafkaError } from '../common/errors.js';
import { invariant } from '../common/invariant.js';
import { topicPartitionKey } from '../common/topic-partition.js';
import type { CompressionType } from '../platform/codecs.js';
import type { Cancel } from '../platform/time.js';
import type { Destination } from '../network/call.js';
import { apis } from '../protocol/apis.js';
import { errorName } from '../protocol/error-codes.js';
import { buildCompressedBatch } from '../protocol/record/batch-builder.js';
import type { Backoff } from './retry.js';
import { isRetriable, throwIfError } from './retry.js';
import type { ClusterClient } from './cluster-client.js';
import type { ClientTopic } from './client-metadata.js';
import { partitionForKey, StickyPartitioner } from './partitioner.js';
import {
  PartitionQueue,
  type ProducerBatch,
  type ProducerRecord,
  type RecordMetadata,
  sizeOfRecord,
} from './producer-batch.js';

/** Kafka's producer settings of the same names; times ms. */
export interface ProducerConfig {
  readonly acks?: 0 | 1 | 'all';
  /** `enable.idempotence`; needs acks all. */
  readonly idempotent?: boolean;
  readonly batchBytes?: number;
  readonly lingerMs?: number;
  /** From {@link Producer.send} to the acknowledgement or the error, retries included. */
  readonly deliveryTimeoutMs?: number;
  /** How long the leader waits for its followers. */
  readonly requestTimeoutMs?: number;
  readonly compression?: CompressionType;
  /** Records not yet acknowledged; beyond it `send` waits. */
  readonly bufferBytes?: number;
}

const PRODUCER_DEFAULTS = {
  acks: 'all',
  idempotent: true,
  batchBytes: 16384,
  lingerMs: 0,
  deliveryTimeoutMs: 120000,
  requestTimeoutMs: 30000,
  compression: 'none',
  bufferBytes: 33554432,
} as const;

interface Identity {
  readonly producerId: number;
  readonly producerEpoch: number;
}

interface Shipment {
  readonly queue: PartitionQueue;
  readonly batch: ProducerBatch;
}

/** Errors after which a producer's sequence of numbers has a hole: it goes on under a new producer id. */
const ENDS_IDENTITY = new Set(['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID', 'INVALID_PRODUCER_EPOCH']);

/**
 * Writes records. What is sent in one turn travels together; one batch of a partition is on its way at a time, so that
 * retries keep the order (Differs: Java's producer has five, which the broker's sequence checks keep in order).
 */
export class Producer {
  private readonly cluster: ClusterClient;
  private readonly config: Required<ProducerConfig>;
  private readonly partitioner: StickyPartitioner;
  private readonly queues = new Map<string, PartitionQueue>();
  private readonly backoffs = new Map<PartitionQueue, Backoff>();
  private identity: Identity | undefined;
  private isIdentifying = false;
  private mustRestart = false;
  private bufferedBytes = 0;
  /** By topic: records that wait for room or for metadata, the last one's end. */
  private readonly later = new Map<string, Promise<void>>();
  private readonly waitingForRoom: (() => void)[] = [];
  private readonly waitingForFlush: (() => void)[] = [];
  private isDrainDue = false;
  private isFlushing = false;
  private isClosed = false;
  private cancelTimer: Cancel | undefined;
  private timerAtMs = Infinity;

  constructor(cluster: ClusterClient, config: ProducerConfig = {}) {
    this.cluster = cluster;
    this.config = { ...PRODUCER_DEFAULTS, ...config };
    this.partitioner = new StickyPartitioner(cluster.platform.random, this.config.batchBytes);
    invariant(!this.config.idempotent || this.config.acks === 'all', 'an idempotent producer needs acks=all');
  }

  /**
   * Resolves when the record is acknowledged (with acks=0: when it was handed to the network).
   * Records for one partition are written in the order of these calls.
   * @throws KafkaError of the last try, when time is up or no retry helps
   */
  send(record: ProducerRecord): Promise<RecordMetadata> {
    if (this.isClosed) return Promise.reject(new KafkaError('NETWORK_EXCEPTION', 'the producer is closed'));
    const topic = this.cluster.metadata.topics.get(record.topic);
    if (topic === undefined || this.isFull() || this.later.has(record.topic)) return this.sendLater(record);
    return this.append(record, topic);
  }

  /** Resolves when everything sent so far is acknowledged or has failed. */
  async flush(): Promise<void> {
    await Promise.all(this.later.values()); // the last of each topic, which waits for those before it
    if (this.isEmpty()) return;
    this.isFlushing = true;
    this.scheduleDrain();
    await new Promise<void>((resolve) => this.waitingForFlush.push(resolve));
  }

  /** Flushes; nothing can be sent any more. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.flush();
    this.cancelTimer?.();
  }

  /** Waits for room and for the topic to be known; records of one topic keep their order. */
  private async sendLater(record: ProducerRecord): Promise<RecordMetadata> {
    const own = this.appendAfter(this.later.get(record.topic), record);
    const settled = own.then(
      () => undefined,
      () => undefined, // its own caller hears of it
    );
    this.later.set(record.topic, settled);
    const { acknowledged } = await own.finally(() => {
      if (this.later.get(record.topic) === settled) this.later.delete(record.topic);
    });
    return acknowledged;
  }

  private async appendAfter(before: Promise<void> | undefined, record: ProducerRecord) {
    await before;
    while (this.isFull()) await new Promise<void>((resolve) => this.waitingForRoom.push(resolve));
    const topic = await this.cluster.topic(record.topic);
    return { acknowledged: this.append(record, topic) };
  }

  private append(record: ProducerRecord, topic: ClientTopic): Promise<RecordMetadata> {
    const { time } = this.cluster.platform;
    const size = sizeOfRecord(record);
    const partition = this.partitionFor(record, topic, size);
    if (topic.partitions[partition] === undefined) {
      return Promise.reject(
        new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `${topic.name} has no partition ${partition}`),
      );
    }
    const queue = this.queueOf(topic.name, partition);
    const batch = queue.batchFor(size, this.config.batchBytes, time.nowMs());
    this.bufferedBytes += size;
    this.scheduleDrain();
    const { key = null, value = null, headers = [], timestamp = time.wallMs() } = record;
    return batch.add({ key, value, headers, timestamp }, size);
  }

  private partitionFor(record: ProducerRecord, topic: ClientTopic, size: number): number {
    if (record.partition !== undefined) return record.partition;
    if (record.key === undefined || record.key === null) return this.partitioner.choose(topic, size);
    return partitionForKey(record.key, topic.partitions.length);
  }

  private queueOf(topic: string, partition: number): PartitionQueue {
    const key = topicPartitionKey(topic, partition);
    let queue = this.queues.get(key);
    if (queue === undefined) this.queues.set(key, (queue = new PartitionQueue(topic, partition)));
    return queue;
  }

  private isFull(): boolean {
    return this.bufferedBytes >= this.config.bufferBytes;
  }

  private isEmpty(): boolean {
    return this.bufferedBytes === 0;
  }

  /** After what is being sent in this turn has been added. */
  private scheduleDrain(): void {
    if (this.isDrainDue) return;
    this.isDrainDue = true;
    queueMicrotask(() => {
      this.isDrainDue = false;
      this.drain();
    });
  }

  private drain(): void {
    if (!this.isIdentified()) return;
    const nowMs = this.cluster.platform.time.nowMs();
    const byLeader = new Map<number, { to: Destination; shipments: Shipment[] }>();
    let isLeaderMissing = false;
    for (const queue of this.queues.values()) {
      const batch = queue.batches[0];
      if (batch === undefined || queue.isInFlight || !this.isReady(queue, batch, nowMs)) continue;
      const to = this.cluster.leaderOf(queue.topic, queue.partition);
      if (to === undefined) {
        isLeaderMissing = true;
        this.retryOrFail({ queue, batch }, new KafkaError('LEADER_NOT_AVAILABLE'));
        continue;
      }
      const load = byLeader.get(to.nodeId) ?? { to, shipments: [] };
      byLeader.set(to.nodeId, load);
      load.shipments.push({ queue, batch });
      queue.isInFlight = true;
    }
    if (isLeaderMissing) this.refreshMetadata();
    for (const { to, shipments } of byLeader.values()) void this.ship(to, shipments);
  }

  private isReady(queue: PartitionQueue, batch: ProducerBatch, nowMs: number): boolean {
    const isComplete = queue.batches.length > 1 || batch.sizeInBytes >= this.config.batchBytes || this.isFlushing;
    const lingersUntil = isComplete || this.isFull() ? 0 : batch.createdMs + this.config.lingerMs;
    const readyMs = Math.max(queue.notBeforeMs, lingersUntil);
    if (readyMs <= nowMs) return true;
    this.wakeAt(readyMs);
    return false;
  }

  private async ship(to: Destination, shipments: readonly Shipment[]): Promise<void> {
    try {
      const body = await this.encode(shipments);
      const call = { api: apis.produce, body, timeoutMs: 2 * this.config.requestTimeoutMs };
      if (this.config.acks === 0) {
        await this.cluster.sendOneWay(to, call);
        for (const shipment of shipments) this.succeed(shipment, -1);
        return;
      }
      const { responses } = await this.cluster.send(to, call);
      const answered = new Map(
        responses.flatMap(({ name, partitionResponses }) =>
          partitionResponses.map((answer) => [topicPartitionKey(name, answer.index), answer]),
        ),
      );
      for (const shipment of shipments) {
        const answer = answered.get(topicPartitionKey(shipment.queue.topic, shipment.queue.partition));
        if (answer === undefined) this.settleError(shipment, new KafkaError('UNKNOWN_SERVER_ERROR', 'no answer'));
        else if (answer.errorCode === 0) this.succeed(shipment, answer.baseOffset);
        else this.settleError(shipment, new KafkaError(errorName(answer.errorCode), answer.errorMessage ?? undefined));
      }
    } catch (error) {
      const failure = error instanceof KafkaError ? error : new KafkaError(errorNameOf(error), String(error));
      for (const shipment of shipments) if (shipment.queue.isInFlight) this.settleError(shipment, failure);
    } finally {
      this.scheduleDrain();
    }
  }

  private async encode(shipments: readonly Shipment[]) {
    const { codecs } = this.cluster.platform;
    const { acks, requestTimeoutMs, compression } = this.config;
    const byTopic = new Map<string, { index: number; records: Buffer }[]>();
    for (const { queue, batch } of shipments) {
      if (this.identity !== undefined) queue.giveSequence(batch);
      const identified = this.identity === undefined ? {} : { ...this.identity, baseSequence: batch.baseSequence };
      const records = await buildCompressedBatch({ records: batch.records, ...identified }, compression, codecs);
      const partitions = byTopic.get(queue.topic) ?? [];
      byTopic.set(queue.topic, partitions);
      partitions.push({ index: queue.partition, records });
    }
    return {
      transactionalId: null,
      acks: acks === 'all' ? -1 : acks,
      timeoutMs: requestTimeoutMs,
      topicData: [...byTopic].map(([name, partitionData]) => ({ name, partitionData })),
    };
  }

  private succeed({ queue, batch }: Shipment, baseOffset: number): void {
    this.backoffs.delete(queue);
    this.finish(queue, batch);
    batch.acknowledge(queue.topic, queue.partition, baseOffset);
  }

  private settleError(shipment: Shipment, error: KafkaError): void {
    const { queue } = shipment;
    queue.isInFlight = false;
    if (error.error === 'DUPLICATE_SEQUENCE_NUMBER') {
      this.succeed(shipment, -1); // it was written by an earlier try
      return;
    }
    if (ENDS_IDENTITY.has(error.error)) this.mustRestart = true;
    this.retryOrFail(shipment, error);
    if (isRetriable(error.error)) this.refreshMetadata();
  }

  private retryOrFail({ queue, batch }: Shipment, error: KafkaError): void {
    const nowMs = this.cluster.platform.time.nowMs();
    const backoff = this.backoffs.get(queue) ?? this.cluster.newBackoff();
    this.backoffs.set(queue, backoff);
    const retryMs = nowMs + backoff.nextMs();
    if (isRetriable(error.error) && retryMs < batch.createdMs + this.config.deliveryTimeoutMs) {
      queue.notBeforeMs = retryMs;
      this.wakeAt(retryMs);
      return;
    }
    this.backoffs.delete(queue);
    if (batch.baseSequence >= 0) this.mustRestart = true; // its numbers will never be seen
    this.finish(queue, batch);
    batch.fail(error);
  }

  private finish(queue: PartitionQueue, batch: ProducerBatch): void {
    queue.isInFlight = false;
    queue.notBeforeMs = 0;
    queue.batches.shift();
    this.bufferedBytes -= batch.sizeInBytes;
    if (!this.isFull()) for (const wake of this.waitingForRoom.splice(0)) wake();
    if (!this.isEmpty()) return;
    this.isFlushing = false;
    for (const wake of this.waitingForFlush.splice(0)) wake();
  }

  /** Whether sending may go on; if a producer id is missing or must be replaced, sees to it. */
  private isIdentified(): boolean {
    if (!this.config.idempotent) return true;
    if (this.mustRestart) {
      const queues = [...this.queues.values()];
      if (queues.some(({ isInFlight }) => isInFlight)) return false; // their end drains again
      for (const queue of queues) queue.restartSequence();
      this.mustRestart = false;
      this.identity = undefined;
    }
    if (this.identity !== undefined) return true;
    if (!this.isIdentifying && !this.isEmpty()) void this.identify();
    return false;
  }

  private async identify(): Promise<void> {
    this.isIdentifying = true;
    try {
      const deadlineMs = this.cluster.deadlineMs(this.config.deliveryTimeoutMs);
      this.identity = await this.cluster.retrying(deadlineMs, async () => {
        const body = { transactionalId: null, transactionTimeoutMs: 0x7fffffff, producerId: -1, producerEpoch: -1 };
        const answer = await this.cluster.sendToAny({ api: apis.initProducerId, body });
        throwIfError(answer.errorCode);
        return { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
      });
    } catch (error) {
      const failure = error instanceof KafkaError ? error : new KafkaError(errorNameOf(error), String(error));
      for (const queue of this.queues.values()) {
        for (const batch of [...queue.batches]) {
          this.finish(queue, batch);
          batch.fail(failure);
        }
      }
    } finally {
      this.isIdentifying = false;
      this.scheduleDrain();
    }
  }

  private refreshMetadata(): void {
    this.cluster.refresh().then(
      () => this.scheduleDrain(),
      () => undefined, // the batch's next try asks again
    );
  }

  private wakeAt(atMs: number): void {
    if (atMs >= this.timerAtMs) return;
    const { time } = this.cluster.platform;
    this.cancelTimer?.();
    this.timerAtMs = atMs;
    this.cancelTimer = time.schedule(Math.max(0, atMs - time.nowMs()), () => {
      this.timerAtMs = Infinity;
      this.drain();
    });
  }
}
