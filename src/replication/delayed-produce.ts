import { errorCode, NONE } from '../protocol/error-codes.js';
import type { ProduceResponse } from '../protocol/messages/produce-response.js';
import type { Partition } from './partition.js';
import type { ParkedWork } from './purgatory.js';

export type ProduceTopicResponse = ProduceResponse['responses'][number];
export type ProducePartitionResponse = ProduceTopicResponse['partitionResponses'][number];

/** One partition of a produce request with acks=all whose records are in the leader's log. */
export interface PendingAppend {
  readonly partition: Partition;
  /** The high watermark that commits all of them. */
  readonly requiredOffset: number;
  readonly response: ProducePartitionResponse;
  isPending: boolean;
}

const REQUEST_TIMED_OUT = errorCode('REQUEST_TIMED_OUT');

/**
 * A produce request that waits until the ISR has its records. Partitions are settled one by one; those that are not when time
 * is up are answered with REQUEST_TIMED_OUT, though their records may be committed later.
 * Source: kafka.server.DelayedProduce, 3.9
 */
export class DelayedProduce implements ParkedWork {
  private readonly appends: readonly PendingAppend[];
  private readonly done: () => void;

  constructor(appends: readonly PendingAppend[], done: () => void) {
    this.appends = appends;
    this.done = done;
    for (const append of appends) append.response.errorCode = REQUEST_TIMED_OUT;
  }

  isReady(): boolean {
    let isReady = true;
    for (const append of this.appends) {
      if (!append.isPending) continue;
      const state = append.partition.acknowledgement(append.requiredOffset);
      if (state === 'waiting') {
        isReady = false;
        continue;
      }
      append.isPending = false;
      append.response.errorCode = state === undefined ? NONE : errorCode(state);
    }
    return isReady;
  }

  finish(): void {
    this.done();
  }

  abandon(): void {
    // nobody reads the answer
  }
}
