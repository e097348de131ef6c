import { errorNameOf, KafkaError } from '../../common/errors.js';
import type { ControllerApi, ControlPlane } from '../../metadata/control-plane.js';
import type { Logger } from '../../platform/logger.js';
import type { Time } from '../../platform/time.js';
import { errorName } from '../../protocol/error-codes.js';
import {
  allocateProducerIdsRequest,
  type AllocateProducerIdsRequest,
} from '../../protocol/messages/allocate-producer-ids-request.js';
import {
  allocateProducerIdsResponse,
  type AllocateProducerIdsResponse,
} from '../../protocol/messages/allocate-producer-ids-response.js';

const ALLOCATE_PRODUCER_IDS: ControllerApi<AllocateProducerIdsRequest, AllocateProducerIdsResponse> = {
  apiKey: 67,
  version: 0,
  request: allocateProducerIdsRequest,
  response: allocateProducerIdsResponse,
  lane: 'replica-state',
};

/** Ids [next, end). */
interface IdBlock {
  next: number;
  readonly end: number;
  /** Giving out this one asks for the next block: nine tenths of the block are used. */
  readonly prefetchAt: number;
}

const RETRY_MS = 50;
const EMPTY: IdBlock = { next: 0, end: 0, prefetchAt: -1 };

/**
 * Gives out producer ids from blocks that the controller allocates (1,000 ids), the next block asked for before this one is
 * used up. Without one at hand the client is told to try again, not kept waiting.
 * Source: kafka.coordinator.transaction.RPCProducerIdManager, 3.9
 */
export class ProducerIdManager {
  private readonly brokerId: number;
  private readonly controlPlane: Pick<ControlPlane, 'send' | 'brokerEpoch'>;
  private readonly time: Time;
  private readonly logger: Logger;
  private current = EMPTY;
  private following: IdBlock | undefined;
  private isAsking = false;
  private retryAtMs = -Infinity;

  constructor(brokerId: number, controlPlane: Pick<ControlPlane, 'send' | 'brokerEpoch'>, time: Time, logger: Logger) {
    this.brokerId = brokerId;
    this.controlPlane = controlPlane;
    this.time = time;
    this.logger = logger.named('kafka.coordinator.transaction.RPCProducerIdManager');
  }

  /** @throws KafkaError COORDINATOR_LOAD_IN_PROGRESS while the next block is on its way: every client tries again on it */
  generate(): number {
    if (this.current.next === this.current.end) this.takeFollowing();
    const id = this.current.next++;
    if (id === this.current.prefetchAt) this.ask();
    return id;
  }

  private takeFollowing(): void {
    if (this.following === undefined) {
      this.ask();
      throw new KafkaError('COORDINATOR_LOAD_IN_PROGRESS', 'Producer ID block is full. Waiting for next block');
    }
    this.current = this.following;
    this.following = undefined;
  }

  private ask(): void {
    if (this.isAsking || this.following !== undefined || this.time.nowMs() < this.retryAtMs) return;
    this.isAsking = true;
    const request = { brokerId: this.brokerId, brokerEpoch: this.controlPlane.brokerEpoch('zk') };
    this.controlPlane.send(ALLOCATE_PRODUCER_IDS, request).then(
      (response) => this.onAnswer(response),
      (thrown: unknown) => this.onRefusal(`no answer: ${errorNameOf(thrown)}`),
    );
  }

  private onAnswer(response: AllocateProducerIdsResponse): void {
    const { producerIdStart: start, producerIdLen: length } = response;
    const error = errorName(response.errorCode);
    if (error !== 'NONE') this.onRefusal(error);
    else if (start < this.current.end) this.onRefusal(`block at ${start} is not above the current one`);
    else if (start < 0 || length <= 0 || !Number.isSafeInteger(start + length))
      this.onRefusal(`invalid block at ${start}`);
    else {
      this.isAsking = false;
      this.following = { next: start, end: start + length, prefetchAt: start + Math.floor(length * 0.9) };
    }
  }

  /** The next client that needs an id asks again, after a short while. */
  private onRefusal(why: string): void {
    this.logger.warn(`Could not get a block of producer ids from the controller: ${why}`);
    this.isAsking = false;
    this.retryAtMs = this.time.nowMs() + RETRY_MS;
  }
}
