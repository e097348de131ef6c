import type { KafkaError } from '../common/errors.js';
import { type Int64 } from '../common/int64.js';
import { addSequence } from '../protocol/record/record-batch.js';
import type { NewHeader, NewRecord } from '../protocol/record/batch-builder.js';

export interface ProducerRecord {
  readonly topic: string;
  /** Default: by key, or sticky without one. */
  readonly partition?: number;
  readonly key?: Buffer | null;
  readonly value?: Buffer | null;
  readonly headers?: readonly NewHeader[];
  /** ms; default now. */
  readonly timestamp?: Int64;
}

/** Where an acknowledged record stands. */
export interface RecordMetadata {
  readonly topic: string;
  readonly partition: number;
  /** −1 with acks=0, and for a duplicate whose offset the broker no longer knows. */
  readonly offset: number;
}

interface Waiter {
  readonly resolve: (metadata: RecordMetadata) => void;
  readonly reject: (error: KafkaError) => void;
}

/** Room for the lengths, deltas and attributes around a record's own bytes. */
const RECORD_OVERHEAD = 32;

/** About what the record takes in a batch, at most. */
export function sizeOfRecord({ key, value, headers }: ProducerRecord): number {
  let size = RECORD_OVERHEAD + (key?.length ?? 0) + (value?.length ?? 0);
  for (const header of headers ?? []) size += 10 + 3 * header.key.length + (header.value?.length ?? 0);
  return size;
}

/** Records that go to one partition together, and who waits for them. */
export class ProducerBatch {
  readonly records: NewRecord[] = [];
  sizeInBytes = 0;
  readonly createdMs: number;
  /** −1 until the first try of an idempotent producer. */
  baseSequence = -1;
  private readonly waiters: Waiter[] = [];

  /** @param createdMs on the monotonic clock */
  constructor(createdMs: number) {
    this.createdMs = createdMs;
  }

  add(record: NewRecord, sizeInBytes: number): Promise<RecordMetadata> {
    this.records.push(record);
    this.sizeInBytes += sizeInBytes;
    return new Promise((resolve, reject) => this.waiters.push({ resolve, reject }));
  }

  /** @param baseOffset of the first record, −1 unknown */
  acknowledge(topic: string, partition: number, baseOffset: number): void {
    this.waiters.forEach(({ resolve }, at) => {
      resolve({ topic, partition, offset: baseOffset < 0 ? -1 : baseOffset + at });
    });
  }

  fail(error: KafkaError): void {
    for (const { reject } of this.waiters) reject(error);
  }
}

/** The batches of one partition, in order; at most the first is on its way. */
export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  readonly batches: ProducerBatch[] = [];
  isInFlight = false;
  /** Not before this, after an error. */
  notBeforeMs = 0;
  private nextSequence = 0;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  /** The batch that takes a record of that size: the last one, unless it is full or has begun to be sent. */
  batchFor(sizeInBytes: number, maxBytes: number, nowMs: number): ProducerBatch {
    const last = this.batches.at(-1);
    const isSent = last?.baseSequence !== -1 || (this.isInFlight && this.batches.length === 1);
    if (last !== undefined && !isSent && last.sizeInBytes + sizeInBytes <= maxBytes) return last;
    const batch = new ProducerBatch(nowMs);
    this.batches.push(batch);
    return batch;
  }

  /** Numbers the batch at its first try; later tries keep the number, so that the broker knows the batch again. */
  giveSequence(batch: ProducerBatch): void {
    if (batch.baseSequence >= 0) return;
    batch.baseSequence = this.nextSequence;
    this.nextSequence = addSequence(this.nextSequence, batch.records.length);
  }

  /** A new producer id begins anew. */
  restartSequence(): void {
    this.nextSequence = 0;
    for (const batch of this.batches) batch.baseSequence = -1;
  }
}
