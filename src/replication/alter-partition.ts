import { errorNameOf, type ErrorName } from '../common/errors.js';
import { topicPartitionKey, type TopicPartition } from '../common/topic-partition.js';
import { ZERO_UUID, type Uuid } from '../common/uuid.js';
import type { ControllerApi, ControlPlane } from '../metadata/control-plane.js';
import type { Logger } from '../platform/logger.js';
import type { Time } from '../platform/time.js';
import { errorName } from '../protocol/error-codes.js';
import { alterPartitionRequest, type AlterPartitionRequest } from '../protocol/messages/alter-partition-request.js';
import { alterPartitionResponse, type AlterPartitionResponse } from '../protocol/messages/alter-partition-response.js';

/** A leader's wish for its ISR. */
export interface AlterPartitionItem extends TopicPartition {
  readonly topicId: Uuid | undefined;
  readonly leaderEpoch: number;
  /** The version the change is based on. */
  readonly partitionEpoch: number;
  readonly newIsr: readonly number[];
  /** Once; may submit again. */
  onOutcome(outcome: AlterPartitionOutcome): void;
}

export type AlterPartitionOutcome =
  | {
      readonly kind: 'altered';
      readonly isr: readonly number[];
      readonly leaderEpoch: number;
      readonly partitionEpoch: number;
    }
  | { readonly kind: 'failed'; readonly error: ErrorName };

/** What partitions see of {@link AlterPartitionManager}. */
export interface AlterPartitions {
  submit(item: AlterPartitionItem): void;
}

const RETRY_MS = 50;

/**
 * Sends ISR changes to the controller: all that wait in one request, one request at a time, at most one change a partition.
 * A change that got no answer for itself stays and is sent again.
 * Source: kafka.server.DefaultAlterPartitionManager, 3.9
 */
export class AlterPartitionManager implements AlterPartitions {
  private readonly brokerId: number;
  private readonly controlPlane: Pick<ControlPlane, 'send' | 'brokerEpoch'>;
  private readonly time: Time;
  private readonly logger: Logger;
  private readonly waiting = new Map<string, AlterPartitionItem>();
  private inFlight = false;
  private closed = false;

  constructor(brokerId: number, controlPlane: Pick<ControlPlane, 'send' | 'brokerEpoch'>, time: Time, logger: Logger) {
    this.brokerId = brokerId;
    this.controlPlane = controlPlane;
    this.time = time;
    this.logger = logger.named('kafka.server.DefaultAlterPartitionManager');
  }

  /** One that is still unanswered wins: the new one fails with OPERATION_NOT_ATTEMPTED. */
  submit(item: AlterPartitionItem): void {
    const key = topicPartitionKey(item.topic, item.partition);
    if (this.waiting.has(key)) {
      item.onOutcome({ kind: 'failed', error: 'OPERATION_NOT_ATTEMPTED' });
      return;
    }
    this.waiting.set(key, item);
    this.propagate();
  }

  close(): void {
    this.closed = true;
    this.waiting.clear();
  }

  private propagate(): void {
    if (this.inFlight || this.closed || this.waiting.size === 0) return;
    this.inFlight = true;
    const items = [...this.waiting.values()];
    const version = items.every((item) => item.topicId !== undefined) ? 3 : 1;
    const request = buildRequest(items, this.brokerId, this.controlPlane.brokerEpoch('zk'), version);
    this.controlPlane.send(apiOf(version), request).then(
      (response) => this.onAnswer(items, response),
      (thrown: unknown) => {
        this.logger.warn(`AlterPartition of ${items.length} partitions failed: ${errorNameOf(thrown)}`, thrown);
        this.retryLater();
      },
    );
  }

  private onAnswer(items: readonly AlterPartitionItem[], response: AlterPartitionResponse): void {
    const error = errorName(response.errorCode);
    if (error !== 'NONE') {
      this.logger.warn(`Controller answered AlterPartition with ${error}, retrying.`);
      this.retryLater();
      return;
    }
    this.inFlight = false;
    const outcomes = outcomesOf(response);
    for (const item of items) {
      const outcome =
        outcomes.get(outcomeKey(item.topic, item.partition)) ??
        (item.topicId === undefined ? undefined : outcomes.get(outcomeKey(item.topicId, item.partition)));
      if (outcome === undefined) {
        this.logger.warn(`Controller did not answer for ${item.topic}-${item.partition}: it is asked again.`);
        continue;
      }
      const key = topicPartitionKey(item.topic, item.partition);
      if (this.waiting.get(key) === item) this.waiting.delete(key);
      item.onOutcome(outcome);
    }
    this.propagate();
  }

  private retryLater(): void {
    this.time.schedule(RETRY_MS, () => {
      this.inFlight = false;
      this.propagate();
    });
  }
}

function apiOf(version: number): ControllerApi<AlterPartitionRequest, AlterPartitionResponse> {
  return {
    apiKey: 56,
    version,
    request: alterPartitionRequest,
    response: alterPartitionResponse,
    lane: 'replica-state',
  };
}

/** Version 3 names topics by id and ISR members with their epochs (−1: unknown in ZooKeeper mode), version 1 neither. */
function buildRequest(
  items: readonly AlterPartitionItem[],
  brokerId: number,
  brokerEpoch: number,
  version: number,
): AlterPartitionRequest {
  const topics = new Map<string, AlterPartitionRequest['topics'][number]>();
  for (const item of items) {
    let topic = topics.get(item.topic);
    if (topic === undefined) {
      topic = { topicName: item.topic, topicId: item.topicId ?? ZERO_UUID, partitions: [] };
      topics.set(item.topic, topic);
    }
    topic.partitions.push({
      partitionIndex: item.partition,
      leaderEpoch: item.leaderEpoch,
      newIsr: version < 3 ? [...item.newIsr] : [],
      newIsrWithEpochs: version < 3 ? [] : item.newIsr.map((id) => ({ brokerId: id, brokerEpoch: -1 })),
      leaderRecoveryState: 0,
      partitionEpoch: item.partitionEpoch,
    });
  }
  return { brokerId, brokerEpoch, topics: [...topics.values()] };
}

const outcomeKey = (topic: string, partition: number): string => `${topic}:${partition}`;

function outcomesOf(response: AlterPartitionResponse): Map<string, AlterPartitionOutcome> {
  const outcomes = new Map<string, AlterPartitionOutcome>();
  for (const topic of response.topics) {
    for (const partition of topic.partitions) {
      const error = errorName(partition.errorCode);
      const outcome: AlterPartitionOutcome =
        error !== 'NONE'
          ? { kind: 'failed', error }
          : {
              kind: 'altered',
              isr: partition.isr,
              leaderEpoch: partition.leaderEpoch,
              partitionEpoch: partition.partitionEpoch,
            };
      const name = topic.topicId === ZERO_UUID ? topic.topicName : topic.topicId;
      outcomes.set(outcomeKey(name, partition.partitionIndex), outcome);
    }
  }
  return outcomes;
}
