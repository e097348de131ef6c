import type { Uuid } from '../common/uuid.js';
import type { ErrorCode } from '../protocol/error-codes.js';
import type { FetchResponse } from '../protocol/messages/fetch-response.js';
import type { LogSlice } from '../storage/log.js';
import type { FetchTarget } from './fetch-session.js';
import type { EpochEnd } from './partition-fetch.js';

/** The body as it is encoded: records are slices of segments until then. */
export type FetchResponseBody = FetchResponse;
type FetchTopic = FetchResponse['responses'][number];
export type FetchPartitionData = FetchTopic['partitions'][number];
export type NodeEndpoint = FetchResponse['nodeEndpoints'][number];
type LeaderIdAndEpoch = FetchPartitionData['currentLeader'];

/** One partition that was read, or whose error is told. */
export interface FetchedPartition {
  readonly target: FetchTarget;
  readonly data: FetchPartitionData;
}

const NO_RECORDS = Buffer.alloc(0);
const NO_DIVERGENCE: EpochEnd = Object.freeze({ epoch: -1, endOffset: -1 });
const NO_LEADER: LeaderIdAndEpoch = Object.freeze({ leaderId: -1, leaderEpoch: -1 });
const NO_SNAPSHOT: FetchPartitionData['snapshotId'] = Object.freeze({ endOffset: -1, epoch: -1 });

/** @param abortedTransactions null for read_uncommitted */
export function partitionData(
  partition: number,
  highWatermark: number,
  lastStableOffset: number,
  logStartOffset: number,
  diverging: EpochEnd | undefined,
  slice: LogSlice | undefined,
  abortedTransactions: FetchPartitionData['abortedTransactions'],
): FetchPartitionData {
  return {
    partitionIndex: partition,
    errorCode: 0,
    highWatermark,
    lastStableOffset,
    logStartOffset,
    divergingEpoch: diverging ?? NO_DIVERGENCE,
    currentLeader: NO_LEADER,
    snapshotId: NO_SNAPSHOT,
    abortedTransactions,
    preferredReadReplica: -1,
    records: slice ?? NO_RECORDS,
  };
}

/** All offsets unknown, no transactions: what Kafka answers where nothing was read. */
export function partitionError(partition: number, errorCode: ErrorCode): FetchPartitionData {
  const data = partitionData(partition, -1, -1, -1, undefined, undefined, []);
  data.errorCode = errorCode;
  return data;
}

/** What Kafka answers where reading failed: the same, but that nothing is said of transactions. */
export function readError(partition: number, errorCode: ErrorCode): FetchPartitionData {
  const data = partitionData(partition, -1, -1, -1, undefined, undefined, null);
  data.errorCode = errorCode;
  return data;
}

export function recordsSize(data: FetchPartitionData): number {
  const { records } = data;
  if (records === null) return 0;
  return Buffer.isBuffer(records) ? records.length : records.sizeInBytes;
}

/** Partitions of one topic that follow one another share its entry; the order is kept, so a topic may come twice. */
export function fetchResponseOf(
  errorCode: ErrorCode,
  sessionId: number,
  fetched: readonly FetchedPartition[],
  endpoints: NodeEndpoint[],
): FetchResponseBody {
  const responses: FetchTopic[] = [];
  let last: FetchTopic | undefined;
  for (const { target, data } of fetched) {
    if (last === undefined || !isSameTopic(last, target.topic, target.topicId)) {
      last = { topic: target.topic ?? '', topicId: target.topicId, partitions: [] };
      responses.push(last);
    }
    last.partitions.push(data);
  }
  return { throttleTimeMs: 0, errorCode, sessionId, responses, nodeEndpoints: endpoints };
}

function isSameTopic(topic: FetchTopic, name: string | undefined, id: Uuid): boolean {
  return topic.topicId === id && topic.topic === (name ?? '');
}

const isSlice = (records: FetchPartitionData['records']): records is LogSlice =>
  records !== null && !Buffer.isBuffer(records) && 'release' in records;

/** For what was read and is not sent. */
export function releaseRecords(fetched: readonly FetchedPartition[]): void {
  for (const { data } of fetched) {
    if (isSlice(data.records)) data.records.release();
  }
}

/** For a response that is never encoded: encoding releases what it copies. */
export function releaseFetchResponse(response: FetchResponseBody): void {
  for (const topic of response.responses) {
    for (const partition of topic.partitions) {
      if (isSlice(partition.records)) partition.records.release();
    }
  }
}

/** Reads what is far behind the tail off the loop, so that encoding never waits for a disk; undefined: there is none. */
export function loadColdRecords(fetched: readonly FetchedPartition[]): Promise<unknown> | undefined {
  let loading: Promise<void>[] | undefined;
  for (const { data } of fetched) {
    const { records } = data;
    if (!isSlice(records) || !records.isCold) continue;
    loading ??= [];
    loading.push(
      records.load().then((bytes) => {
        data.records = bytes;
      }),
    );
  }
  return loading === undefined ? undefined : Promise.all(loading);
}
