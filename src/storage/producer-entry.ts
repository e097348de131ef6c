import type { Int64 } from '../common/int64.js';
import { addSequence, NO_PRODUCER_EPOCH, NO_SEQUENCE } from '../protocol/record/record-batch.js';

/** As many batches as a producer may have in flight: a resent one is recognised among these. */
const REMEMBERED_BATCHES = 5;

/** A batch that a producer wrote. */
export interface WrittenBatch {
  readonly lastSequence: number;
  readonly lastOffset: number;
  /** Last offset less the first one. */
  readonly offsetDelta: number;
  /** Largest timestamp in the batch, ms. */
  readonly timestamp: Int64;
}

export function firstSequenceOf(batch: WrittenBatch): number {
  const first = batch.lastSequence - batch.offsetDelta;
  return first < 0 ? first + 0x80000000 : first;
}

export function firstOffsetOf(batch: WrittenBatch): number {
  return batch.lastOffset - batch.offsetDelta;
}

/**
 * What a partition knows of one producer id.
 * Source: org.apache.kafka.storage.internals.log.ProducerStateEntry, 3.9
 */
export class ProducerEntry {
  readonly producerId: number;
  epoch = NO_PRODUCER_EPOCH;
  /** −1 before the first transaction marker. */
  coordinatorEpoch = -1;
  /** ms: of the last batch or marker. */
  lastTimestamp: Int64 = -1;
  /** First offset of its open transaction. */
  transactionFirstOffset: number | undefined = undefined;
  /** Oldest first. */
  private batches: WrittenBatch[] = [];

  constructor(producerId: number) {
    this.producerId = producerId;
  }

  get lastBatch(): WrittenBatch | undefined {
    return this.batches[this.batches.length - 1];
  }

  get lastSequence(): number {
    return this.lastBatch?.lastSequence ?? NO_SEQUENCE;
  }

  /** A batch of this epoch and exactly these sequence numbers, if it is among the last five. */
  findDuplicate(epoch: number, baseSequence: number, lastSequence: number): WrittenBatch | undefined {
    if (epoch !== this.epoch) return undefined;
    for (const batch of this.batches) {
      if (batch.lastSequence === lastSequence && firstSequenceOf(batch) === baseSequence) return batch;
    }
    return undefined;
  }

  /** May a batch that begins with `sequence` follow under `epoch`? A producer unknown so far may begin anywhere. */
  accepts(epoch: number, sequence: number): boolean {
    if (this.epoch === NO_PRODUCER_EPOCH) return true;
    if (epoch !== this.epoch) return sequence === 0;
    return sequence === addSequence(this.lastSequence, 1);
  }

  addBatch(epoch: number, batch: WrittenBatch): void {
    this.changeEpoch(epoch);
    if (this.batches.length === REMEMBERED_BATCHES) this.batches.shift();
    this.batches.push(batch);
    this.lastTimestamp = batch.timestamp;
  }

  /** Another epoch begins its sequences anew. */
  changeEpoch(epoch: number): void {
    if (epoch === this.epoch) return;
    this.epoch = epoch;
    this.batches = [];
  }
}
