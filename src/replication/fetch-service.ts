import { KafkaError, type ErrorName } from '../common/errors.js';
import { ZERO_UUID, type Uuid } from '../common/uuid.js';
import type { MetadataCache } from '../metadata/metadata-cache.js';
import type { Logger } from '../platform/logger.js';
import { errorCode } from '../protocol/error-codes.js';
import type { FetchRequest } from '../protocol/messages/fetch-request.js';
import {
  loadColdRecords,
  partitionData,
  partitionError,
  readError,
  recordsSize,
  releaseRecords,
  type FetchedPartition,
  type FetchPartitionData,
  type FetchResponseBody,
  type NodeEndpoint,
} from './fetch-response.js';
import type { FetchContext, FetchSessions, FetchTarget } from './fetch-session.js';
import type { Partition } from './partition.js';
import type { FetchParams } from './partition-fetch.js';
import type { ParkedWork, Purgatory } from './purgatory.js';
import type { ReplicationCounters } from './replication-counters.js';

/** Who fetches: what the handler knows of the connection. */
export interface FetchCaller {
  readonly connectionId: string;
  readonly listenerName: string;
  /** Whether it may act as a follower (CLUSTER_ACTION). */
  mayReplicate(): boolean;
  /** Whether it may read this topic. */
  mayRead(topic: string): boolean;
}

/** What fetching needs of the replica manager. */
export interface FetchableReplicas {
  /** @throws KafkaError UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER, KAFKA_STORAGE_ERROR */
  partitionOrThrow(topic: string, partition: number): Partition;
  partition(topic: string, partition: number): Partition | undefined;
  /** Who leads, as far as this broker knows; −1 and −1 if it does not. */
  currentLeader(topic: string, partition: number): { leaderId: number; leaderEpoch: number };
}

export interface FetchServiceParts {
  readonly replicas: FetchableReplicas;
  readonly sessions: FetchSessions;
  readonly purgatory: Purgatory;
  readonly metadata: Pick<MetadataCache, 'partition' | 'topicName' | 'broker'>;
  readonly counters: ReplicationCounters;
  readonly logger: Logger;
  /** fetch.max.bytes */
  readonly fetchMaxBytes: number;
}

/**
 * Answers Fetch, v4–v17: at once when there is enough to send, something to tell, or no wait wanted; else it is parked until
 * its partitions have `minBytes` or `maxWaitMs` are over.
 * v7 sessions (KIP-227) · v12 diverging epochs (KIP-595) · v13 topic ids (KIP-516) · v15 replica state · v16 leader hints (KIP-951)
 * Source: kafka.server.KafkaApis.handleFetchRequest, ReplicaManager.fetchMessages, DelayedFetch, 3.9
 */
export class FetchService {
  private readonly parts: FetchServiceParts;
  private readonly topicName: (id: Uuid) => string | undefined;

  constructor(parts: FetchServiceParts) {
    this.parts = parts;
    this.topicName = (id) => parts.metadata.topicName(id);
  }

  /**
   * The body holds slices of segments: encoding copies and releases them; one that is not encoded must be given to
   * `releaseFetchResponse`.
   */
  handle(request: FetchRequest, version: number, caller: FetchCaller): FetchResponseBody | Promise<FetchResponseBody> {
    const params = fetchParams(request, version, this.parts.fetchMaxBytes);
    const context = this.parts.sessions.begin(request, version, params.replicaId >= 0, this.topicName);
    const { readable, refused } = this.split(context.targets, params, caller);
    const fetch: OneFetch = { context, params, version, caller, readable, refused };
    if (readable.length === 0) return this.respond(fetch, []);
    const { fetched, answerNow } = this.readAll(readable, params, true);
    if (answerNow) return this.respond(fetch, fetched);
    releaseRecords(fetched);
    return this.park(fetch);
  }

  private split(targets: Iterable<FetchTarget>, params: FetchParams, caller: FetchCaller) {
    const readable: ReadableTarget[] = [];
    const refused: FetchedPartition[] = [];
    const isFollower = params.replicaId >= 0;
    const mayReplicate = isFollower && caller.mayReplicate();
    for (const target of targets) {
      const error = this.refusalOf(target, isFollower, mayReplicate, caller);
      if (error === undefined) readable.push(target as ReadableTarget);
      else refused.push({ target, data: partitionError(target.partition, errorCode(error)) });
    }
    return { readable, refused };
  }

  private refusalOf(
    target: FetchTarget,
    isFollower: boolean,
    mayReplicate: boolean,
    caller: FetchCaller,
  ): ErrorName | undefined {
    if (isFollower && !mayReplicate) return 'TOPIC_AUTHORIZATION_FAILED';
    if (target.topic === undefined) return 'UNKNOWN_TOPIC_ID';
    if (!isFollower && !caller.mayRead(target.topic)) return 'TOPIC_AUTHORIZATION_FAILED';
    const isKnown = this.parts.metadata.partition(target.topic, target.partition) !== undefined;
    return isKnown ? undefined : 'UNKNOWN_TOPIC_OR_PARTITION';
  }

  /** @param isFirst false: the read after a wait, which tells nothing new about a follower */
  private readAll(readable: readonly ReadableTarget[], params: FetchParams, isFirst: boolean) {
    const fetched: FetchedPartition[] = [];
    let bytesLeft = params.maxBytes;
    let bytesRead = 0;
    let minOneBatch = !params.hardMaxBytesLimit;
    let hasNews = false;
    for (const target of readable) {
      const data = this.readOne(target, params, Math.min(target.partitionMaxBytes, bytesLeft), minOneBatch, isFirst);
      const size = recordsSize(data);
      if (size > 0) minOneBatch = false; // limits are ignored for the first batch of a response only
      bytesLeft = Math.max(0, bytesLeft - size);
      bytesRead += size;
      if (data.errorCode !== 0 || data.divergingEpoch.epoch >= 0) hasNews = true;
      fetched.push({ target, data });
    }
    return { fetched, answerNow: hasNews || bytesRead >= params.minBytes || params.maxWaitMs <= 0 };
  }

  private readOne(
    target: ReadableTarget,
    params: FetchParams,
    maxBytes: number,
    minOneBatch: boolean,
    updateFollower: boolean,
  ): FetchPartitionData {
    try {
      const partition = this.parts.replicas.partitionOrThrow(target.topic, target.partition);
      if (partition.topicId !== undefined && !isSameTopicId(target.topicId, partition.topicId)) {
        return readError(target.partition, errorCode('INCONSISTENT_TOPIC_ID'));
      }
      const read = partition.read(target, params, maxBytes, minOneBatch, updateFollower);
      const aborted = params.isolation === 'committed' ? [] : null;
      return partitionData(
        target.partition,
        read.highWatermark,
        read.lastStableOffset,
        read.logStartOffset,
        read.diverging,
        read.slice,
        aborted,
      );
    } catch (thrown) {
      return this.errorData(target, thrown);
    }
  }

  private errorData(target: ReadableTarget, thrown: unknown): FetchPartitionData {
    if (thrown instanceof KafkaError) return readError(target.partition, errorCode(thrown.error));
    this.parts.counters.failedFetches++;
    this.parts.logger.error(
      `Error processing fetch with max size ${target.partitionMaxBytes} on partition ${target.topic}-${target.partition} at offset ${target.fetchOffset}`,
      thrown,
    );
    return readError(target.partition, errorCode('UNKNOWN_SERVER_ERROR'));
  }

  private park(fetch: OneFetch): FetchResponseBody | Promise<FetchResponseBody> {
    const { replicas, purgatory } = this.parts;
    const watched: Partition[] = [];
    for (const target of fetch.readable) {
      const partition = replicas.partition(target.topic, target.partition);
      if (partition !== undefined) watched.push(partition);
    }
    if (this.isReady(fetch)) return this.finish(fetch);
    return new Promise((resolve, reject) => {
      const work: ParkedWork = {
        isReady: () => this.isReady(fetch),
        finish: () => {
          try {
            resolve(this.finish(fetch));
          } catch (thrown) {
            reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
          }
        },
        abandon: () => undefined,
      };
      const lists = watched.map((partition) => partition.parkedFetches);
      purgatory.park(work, fetch.params.maxWaitMs, lists, fetch.caller.connectionId);
    });
  }

  private finish(fetch: OneFetch): FetchResponseBody | Promise<FetchResponseBody> {
    return this.respond(fetch, this.readAll(fetch.readable, fetch.params, false).fetched);
  }

  private isReady({ readable, params }: OneFetch): boolean {
    let bytes = 0;
    for (const target of readable) {
      const partition = this.parts.replicas.partition(target.topic, target.partition);
      const found = partition === undefined ? 'complete' : partition.fetchable(target, params);
      if (found === 'complete') return true;
      bytes += found;
      if (bytes >= params.minBytes) return true;
    }
    return false;
  }

  private respond(fetch: OneFetch, fetched: FetchedPartition[]): FetchResponseBody | Promise<FetchResponseBody> {
    const loading = loadColdRecords(fetched);
    if (loading === undefined) return this.assemble(fetch, fetched);
    return loading.then(() => this.assemble(fetch, fetched));
  }

  private assemble(fetch: OneFetch, fetched: FetchedPartition[]): FetchResponseBody {
    const { counters } = this.parts;
    let bytes = 0;
    for (const { data } of fetched) bytes += recordsSize(data);
    if (fetch.params.replicaId >= 0) counters.replicationBytesOut += bytes;
    else counters.bytesOut += bytes;
    for (const each of fetch.refused) fetched.push(each);
    const endpoints = fetch.version >= 16 ? this.hintLeaders(fetched, fetch.caller.listenerName) : [];
    return fetch.context.respond(fetched, endpoints);
  }

  /** Tells who leads now where the fetcher asked the wrong broker or with an old epoch (KIP-951). */
  private hintLeaders(fetched: readonly FetchedPartition[], listenerName: string): NodeEndpoint[] {
    const endpoints = new Map<number, NodeEndpoint>();
    for (const { target, data } of fetched) {
      if (target.topic === undefined) continue;
      if (data.errorCode !== NOT_LEADER_OR_FOLLOWER && data.errorCode !== FENCED_LEADER_EPOCH) continue;
      const leader = this.parts.replicas.currentLeader(target.topic, target.partition);
      data.currentLeader = leader;
      const broker = this.parts.metadata.broker(leader.leaderId);
      const endpoint = broker?.endpoints.find((each) => each.listener === listenerName);
      if (broker === undefined || endpoint === undefined) continue;
      endpoints.set(broker.id, { nodeId: broker.id, host: endpoint.host, port: endpoint.port, rack: broker.rack });
    }
    return [...endpoints.values()];
  }
}

const NOT_LEADER_OR_FOLLOWER = errorCode('NOT_LEADER_OR_FOLLOWER');
const FENCED_LEADER_EPOCH = errorCode('FENCED_LEADER_EPOCH');

type ReadableTarget = FetchTarget & { readonly topic: string };

interface OneFetch {
  readonly context: FetchContext;
  readonly params: FetchParams;
  readonly version: number;
  readonly caller: FetchCaller;
  readonly readable: readonly ReadableTarget[];
  readonly refused: readonly FetchedPartition[];
}

/** A request below v13 names no id. */
function isSameTopicId(asked: Uuid, known: Uuid): boolean {
  return asked === known || asked === ZERO_UUID;
}

/**
 * @throws KafkaError UNKNOWN_SERVER_ERROR for an isolation level that nobody defined, as Kafka's failing handler answers
 * Source: org.apache.kafka.storage.internals.log.FetchParams.of, 3.9
 */
function fetchParams(request: FetchRequest, version: number, fetchMaxBytes: number): FetchParams {
  const replicaId = version < 15 ? request.replicaId : request.replicaState.replicaId;
  const maxBytes = Math.min(request.maxBytes, fetchMaxBytes);
  const { isolationLevel } = request;
  if (replicaId < 0 && isolationLevel !== 0 && isolationLevel !== 1) {
    throw new KafkaError('UNKNOWN_SERVER_ERROR', `Unknown isolation level ${isolationLevel}`);
  }
  return {
    replicaId,
    replicaEpoch: version < 15 ? -1 : request.replicaState.replicaEpoch,
    isolation: replicaId >= 0 ? 'log-end' : isolationLevel === 1 ? 'committed' : 'high-watermark',
    leaderOnly: replicaId >= 0 || version < 11,
    maxWaitMs: request.maxWaitMs,
    minBytes: Math.min(request.minBytes, maxBytes),
    maxBytes,
    hardMaxBytesLimit: version <= 2,
  };
}
