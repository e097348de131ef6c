import { errorNameOf, KafkaError } from '../common/errors.js';
import { type TopicPartition, topicPartitionKey } from '../common/topic-partition.js';
import type { Int64 } from '../common/int64.js';
import { ZERO_UUID } from '../common/uuid.js';
import type { Destination } from '../network/call.js';
import { apis } from '../protocol/apis.js';
import { errorName, NONE } from '../protocol/error-codes.js';
import type { FetchRequest } from '../protocol/messages/fetch-request.js';
import { controlTypeOf } from '../protocol/record/control-batch.js';
import {
  attributesOf,
  isControl,
  isLogAppendTime,
  isTransactional,
  lastOffsetOf,
  leaderEpochOf,
  producerIdOf,
} from '../protocol/record/record-batch.js';
import { batchesIn, type LogRecord, readRecords } from '../protocol/record/record-reader.js';
import { AbortedTransactions } from './aborted-transactions.js';
import type { ClusterClient } from './cluster-client.js';
import { isRetriable } from './retry.js';

/** Kafka's consumer settings of the same names; times ms. */
export interface FetchConfig {
  readonly fetchMaxWaitMs: number;
  readonly fetchMinBytes: number;
  readonly fetchMaxBytes: number;
  readonly maxPartitionFetchBytes: number;
  /** `read_committed`: no records of open or aborted transactions. */
  readonly isolationLevel: 'read_uncommitted' | 'read_committed';
}

export interface ConsumedRecord extends LogRecord, TopicPartition {
  readonly timestamp: Int64;
  /** Whose clock it is: the producer's or the leader's. */
  readonly timestampType: 'CreateTime' | 'LogAppendTime';
  /** −1 unknown. */
  readonly leaderEpoch: number;
}

/** One partition that is read: where from, and what was read and not yet handed out. */
export class FetchPosition {
  readonly topic: string;
  readonly partition: number;
  /** Of the next record to fetch. */
  offset: number;
  /** Of the next record to hand out: what a commit writes. */
  consumed: number;
  /** −1 before the first answer. */
  highWatermark = -1;
  readonly buffered: ConsumedRecord[] = [];
  /** Not before this, after an error. */
  notBeforeMs = 0;
  /** Another position took its place; what still comes for it is dropped. */
  isDropped = false;

  constructor(topic: string, partition: number, offset: number) {
    this.topic = topic;
    this.partition = partition;
    this.offset = offset;
    this.consumed = offset;
  }
}

/**
 * Reads partitions from their leaders, one request to each leader at a time, a few megabytes ahead of who consumes.
 * Full fetches without sessions: a client of the simulator and the command line has few partitions.
 */
export class Fetcher {
  private readonly cluster: ClusterClient;
  private readonly config: FetchConfig;
  private readonly positions = new Map<string, FetchPosition>();
  /** Leaders that are being asked. */
  private readonly asking = new Set<number>();
  private readonly outOfRange: FetchPosition[] = [];
  private failure: KafkaError | undefined;
  private wakeUp: (() => void) | undefined;

  constructor(cluster: ClusterClient, config: FetchConfig) {
    this.cluster = cluster;
    this.config = config;
  }

  /** Reads from `offset` on; what was read of the partition and not handed out is forgotten. */
  seek(topic: string, partition: number, offset: number): void {
    const key = topicPartitionKey(topic, partition);
    this.drop(key);
    this.positions.set(key, new FetchPosition(topic, partition, offset));
  }

  /** Reads these partitions and no others; those without a position yet get it by {@link seek}. */
  retain(partitions: readonly TopicPartition[]): void {
    const keys = new Set(partitions.map(({ topic, partition }) => topicPartitionKey(topic, partition)));
    for (const key of this.positions.keys()) if (!keys.has(key)) this.drop(key);
  }

  positionOf(topic: string, partition: number): FetchPosition | undefined {
    return this.positions.get(topicPartitionKey(topic, partition));
  }

  get all(): FetchPosition[] {
    return [...this.positions.values()];
  }

  /** Positions that the log does not have, since the last call. Each waits for a {@link seek}. */
  takeOutOfRange(): FetchPosition[] {
    return this.outOfRange.splice(0).filter(({ isDropped }) => !isDropped);
  }

  /**
   * Hands out up to `maxRecords`, in order per partition.
   * @throws KafkaError that no retry helps, such as TOPIC_AUTHORIZATION_FAILED or CORRUPT_MESSAGE
   */
  take(maxRecords: number): ConsumedRecord[] {
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
    const taken: ConsumedRecord[] = [];
    for (const position of this.positions.values()) {
      if (taken.length >= maxRecords) break;
      const records = position.buffered.splice(0, maxRecords - taken.length);
      const last = records.at(-1);
      if (last !== undefined) position.consumed = last.offset + 1;
      if (position.buffered.length === 0) position.consumed = position.offset; // past what is not handed out
      for (const record of records) taken.push(record);
    }
    return taken;
  }

  /** Asks every leader that is not being asked for the partitions of which nothing is left to hand out. */
  askAhead(): void {
    const nowMs = this.cluster.platform.time.nowMs();
    const byLeader = new Map<number, { to: Destination; positions: FetchPosition[] }>();
    let isLeaderMissing = false;
    for (const position of this.positions.values()) {
      if (position.buffered.length > 0 || position.notBeforeMs > nowMs) continue;
      const leader = this.cluster.leaderOf(position.topic, position.partition);
      if (leader === undefined) {
        isLeaderMissing = true;
        position.notBeforeMs = nowMs + LEADER_BACKOFF_MS;
      } else if (!this.asking.has(leader.nodeId)) {
        const of = byLeader.get(leader.nodeId) ?? { to: { ...leader, lane: 'fetch' }, positions: [] };
        byLeader.set(leader.nodeId, of);
        of.positions.push(position);
      }
    }
    if (isLeaderMissing) this.refresh();
    for (const { to, positions } of byLeader.values()) void this.ask(to, positions);
  }

  /** Resolves when something came, an error included, or after `timeoutMs`. */
  async arrival(timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.cluster.platform.time.schedule(timeoutMs, resolve);
      this.wakeUp = () => {
        cancel();
        resolve();
      };
    });
    this.wakeUp = undefined;
  }

  private async ask(to: Destination, positions: readonly FetchPosition[]): Promise<void> {
    this.asking.add(to.nodeId);
    try {
      const { fetchMaxWaitMs } = this.config;
      const call = {
        api: apis.fetch,
        maxVersion: 12,
        body: this.request(positions),
        timeoutMs: fetchMaxWaitMs + 30000,
      };
      const response = await this.cluster.send(to, call);
      if (response.errorCode !== NONE) throw new KafkaError(errorName(response.errorCode));
      for (const { topic, partitions } of response.responses) {
        for (const answer of partitions) {
          const position = positions.find((own) => own.topic === topic && own.partition === answer.partitionIndex);
          if (position === undefined || position.isDropped) continue;
          if (answer.errorCode !== NONE) this.onError(position, new KafkaError(errorName(answer.errorCode)));
          else {
            position.highWatermark = answer.highWatermark;
            if (!Buffer.isBuffer(answer.records)) continue;
            await this.onRecords(position, answer.records, new AbortedTransactions(answer.abortedTransactions));
          }
        }
      }
    } catch (error) {
      const failure = error instanceof KafkaError ? error : new KafkaError(errorNameOf(error), String(error));
      for (const position of positions) if (!position.isDropped) this.onError(position, failure);
    } finally {
      this.asking.delete(to.nodeId);
      this.wakeUp?.();
    }
  }

  private request(positions: readonly FetchPosition[]): FetchRequest {
    const byTopic = new Map<string, FetchPosition[]>();
    for (const position of positions) {
      byTopic.set(position.topic, [...(byTopic.get(position.topic) ?? []), position]);
    }
    const { fetchMaxWaitMs, fetchMinBytes, fetchMaxBytes, maxPartitionFetchBytes } = this.config;
    return {
      clusterId: null,
      replicaId: -1,
      replicaState: { replicaId: -1, replicaEpoch: -1 },
      maxWaitMs: fetchMaxWaitMs,
      minBytes: fetchMinBytes,
      maxBytes: fetchMaxBytes,
      isolationLevel: isolationLevelOf(this.config),
      sessionId: 0,
      sessionEpoch: -1,
      topics: [...byTopic].map(([topic, own]) => ({
        topic,
        topicId: ZERO_UUID,
        partitions: own.map(({ partition, offset }) => ({
          partition,
          currentLeaderEpoch: -1,
          fetchOffset: offset,
          lastFetchedEpoch: -1,
          logStartOffset: -1,
          partitionMaxBytes: maxPartitionFetchBytes,
          replicaDirectoryId: ZERO_UUID,
        })),
      })),
      forgottenTopicsData: [],
      rackId: '',
    };
  }

  private async onRecords(position: FetchPosition, bytes: Buffer, aborted: AbortedTransactions): Promise<void> {
    const { topic, partition } = position;
    const { codecs } = this.cluster.platform;
    for (const { at } of batchesIn(bytes)) {
      const attributes = attributesOf(bytes, at);
      const lastOffset = lastOffsetOf(bytes, at);
      // without read_committed the leader names no aborted transactions
      const isAborted = isTransactional(attributes) && aborted.covers(producerIdOf(bytes, at), lastOffset);
      if (isControl(attributes)) {
        const [marker] = isAborted ? await readRecords(bytes, at, codecs) : [];
        if (marker !== undefined && controlTypeOf(marker.key) === 'abort') aborted.end(producerIdOf(bytes, at));
      } else if (!isAborted) {
        const leaderEpoch = leaderEpochOf(bytes, at);
        const timestampType = isLogAppendTime(attributes) ? 'LogAppendTime' : 'CreateTime';
        for (const record of await readRecords(bytes, at, codecs)) {
          if (record.offset < position.offset) continue; // the batch begins before the position
          position.buffered.push({ ...record, topic, partition, timestampType, leaderEpoch });
        }
      }
      position.offset = Math.max(position.offset, lastOffset + 1);
    }
  }

  private onError(position: FetchPosition, error: KafkaError): void {
    if (error.error === 'OFFSET_OUT_OF_RANGE') {
      position.notBeforeMs = Infinity;
      this.outOfRange.push(position);
    } else if (isRetriable(error.error)) {
      position.notBeforeMs = this.cluster.platform.time.nowMs() + LEADER_BACKOFF_MS;
      this.refresh();
    } else {
      this.failure = error;
    }
  }

  private refresh(): void {
    this.cluster.refresh().then(
      () => this.wakeUp?.(),
      () => undefined, // asked again with the next try
    );
  }

  private drop(key: string): void {
    const position = this.positions.get(key);
    if (position !== undefined) position.isDropped = true;
    this.positions.delete(key);
  }
}

/** Its number in Fetch and ListOffsets. */
export function isolationLevelOf({ isolationLevel }: Pick<FetchConfig, 'isolationLevel'>): number {
  return isolationLevel === 'read_committed' ? 1 : 0;
}

/** Between two tries at a partition whose leader is moving. */
const LEADER_BACKOFF_MS = 100;
