import { errorNameOf, KafkaError, type ErrorName } from '../common/errors.js';
import type { Int64 } from '../common/int64.js';
import type { Logger } from '../platform/logger.js';
import { errorCode, NONE } from '../protocol/error-codes.js';
import type { ListOffsetsRequest } from '../protocol/messages/list-offsets-request.js';
import type { ListOffsetsResponse } from '../protocol/messages/list-offsets-response.js';
import type { Partition } from './partition.js';

type AskedPartition = ListOffsetsRequest['topics'][number]['partitions'][number];
type FoundPartition = ListOffsetsResponse['topics'][number]['partitions'][number];

const LATEST = -1;
const EARLIEST = -2;
const MAX_TIMESTAMP = -3;
const EARLIEST_LOCAL = -4;
const LATEST_TIERED = -5;
/** The version from which each special timestamp is understood. */
const SINCE: ReadonlyMap<Int64, number> = new Map([
  [LATEST, 0],
  [EARLIEST, 0],
  [MAX_TIMESTAMP, 7],
  [EARLIEST_LOCAL, 8],
  [LATEST_TIERED, 9],
]);

const CONSUMER = -1;
/** A debugging consumer reads any replica. */
const DEBUGGING_CONSUMER = -2;

export interface ListOffsetsParts {
  readonly replicas: { partitionOrThrow(topic: string, partition: number): Partition };
  readonly logger: Logger;
  readonly mayDescribe: (topic: string) => boolean;
  /** Wall clock. */
  readonly nowMs: () => number;
}

/**
 * ListOffsets, v0–v9: where a log begins and ends, and which offset a time has.
 * v2 isolation · v4 leader epochs (KIP-320) · v5 OFFSET_NOT_AVAILABLE · v7 max timestamp (KIP-734) · v8, v9 tiers
 * v0 knows no offset of a time, only where segments begin
 * Source: kafka.server.KafkaApis.handleListOffsetRequest, 3.9
 */
export async function listOffsets(
  request: ListOffsetsRequest,
  version: number,
  parts: ListOffsetsParts,
): Promise<ListOffsetsResponse> {
  const repeated = repeatedPartitions(request);
  const topics = request.topics.map(async ({ name, partitions }) => {
    const isDenied = !parts.mayDescribe(name);
    const found = partitions.map((asked) => {
      const isRepeated = repeated.has(`${name}-${asked.partitionIndex}`);
      return answerOne(name, asked, request, version, { ...parts, isDenied, isRepeated });
    });
    return { name, partitions: await Promise.all(found) };
  });
  return { throttleTimeMs: 0, topics: await Promise.all(topics) };
}

interface OneParts extends ListOffsetsParts {
  readonly isDenied: boolean;
  readonly isRepeated: boolean;
}

async function answerOne(
  topic: string,
  asked: AskedPartition,
  request: ListOffsetsRequest,
  version: number,
  parts: OneParts,
): Promise<FoundPartition> {
  const error = refusalOf(asked, version, parts);
  if (error !== undefined) return refused(asked, error);
  try {
    const partition = parts.replicas.partitionOrThrow(topic, asked.partitionIndex);
    if (version === 0)
      return { ...refused(asked, 'NONE'), oldStyleOffsets: oldStyleOffsets(partition, asked, request, parts) };
    const found = await offsetOf(partition, asked, request);
    if (found === undefined) return refused(asked, 'NONE');
    return {
      partitionIndex: asked.partitionIndex,
      errorCode: NONE,
      oldStyleOffsets: [],
      timestamp: found.timestamp,
      offset: found.offset,
      leaderEpoch: version >= 4 ? found.leaderEpoch : -1,
    };
  } catch (thrown) {
    if (!(thrown instanceof KafkaError)) parts.logger.error('Error while responding to offset request', thrown);
    const error = errorNameOf(thrown);
    return refused(asked, error === 'OFFSET_NOT_AVAILABLE' && version < 5 ? 'LEADER_NOT_AVAILABLE' : error);
  }
}

function refusalOf(asked: AskedPartition, version: number, parts: OneParts): ErrorName | undefined {
  if (parts.isDenied) return version === 0 ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'TOPIC_AUTHORIZATION_FAILED';
  if (parts.isRepeated) return 'INVALID_REQUEST';
  const since = SINCE.get(asked.timestamp);
  return asked.timestamp < 0 && (since === undefined || version < since) ? 'UNSUPPORTED_VERSION' : undefined;
}

interface FoundOffset {
  readonly offset: number;
  readonly timestamp: Int64;
  readonly leaderEpoch: number;
}

/**
 * A new leader whose high watermark has not reached its epoch's start yet could send a consumer back: it names no offset then.
 * @throws KafkaError OFFSET_NOT_AVAILABLE and what `logFor` throws
 * Source: kafka.cluster.Partition.fetchOffsetForTimestamp, 3.9
 */
async function offsetOf(
  partition: Partition,
  asked: AskedPartition,
  request: ListOffsetsRequest,
): Promise<FoundOffset | undefined> {
  const isConsumer = request.replicaId === CONSUMER;
  const log = partition.logFor(asked.currentLeaderEpoch, request.replicaId !== DEBUGGING_CONSUMER);
  const committed = request.isolationLevel === 1 ? log.lastStableOffset : log.highWatermark;
  const lastFetchable = isConsumer ? committed : log.logEndOffset;
  const { epochStartOffset, leaderEpoch } = partition;
  const isLagging = isConsumer && epochStartOffset !== undefined && epochStartOffset > log.highWatermark;
  switch (asked.timestamp) {
    case LATEST:
      if (isLagging) throw notAvailable(partition);
      return { offset: lastFetchable, timestamp: -1, leaderEpoch };
    case EARLIEST:
    case EARLIEST_LOCAL: // without remote storage the whole log is local
      return log.offsetForTimestamp(EARLIEST);
    case LATEST_TIERED:
      return { offset: -1, timestamp: -1, leaderEpoch: -1 };
    default: {
      const found = await log.offsetForTimestamp(asked.timestamp);
      if (found !== undefined && found.offset < lastFetchable) return found;
      if (isLagging) throw notAvailable(partition);
      return undefined;
    }
  }
}

/**
 * At most `maxNumOffsets` of where segments begin and where the log ends, the latest that `timestamp` allows first.
 * A consumer sees nothing above the high watermark.
 * Source: kafka.log.UnifiedLog.legacyFetchOffsetsBefore, kafka.cluster.Partition.legacyFetchOffsetsForTimestamp, 3.9
 */
function oldStyleOffsets(
  partition: Partition,
  asked: AskedPartition,
  request: ListOffsetsRequest,
  parts: ListOffsetsParts,
): number[] {
  const log = partition.logFor(asked.currentLeaderEpoch, request.replicaId !== DEBUGGING_CONSUMER);
  const segments = log.segmentStarts();
  const places = segments.map(({ baseOffset, modifiedMs }) => ({
    offset: Math.max(baseOffset, log.logStartOffset),
    modifiedMs,
  }));
  const activeSize = segments.at(-1)?.size ?? 0;
  if (activeSize > 0) places.push({ offset: log.logEndOffset, modifiedMs: parts.nowMs() });
  const isAllowed = ({ modifiedMs }: { modifiedMs: number }): boolean =>
    asked.timestamp === LATEST || modifiedMs <= asked.timestamp;
  const last = asked.timestamp === EARLIEST ? 0 : places.findLastIndex(isAllowed);
  const count = Math.min(asked.maxNumOffsets, last + 1);
  const offsets = places.slice(last + 1 - count, last + 1).map(({ offset }) => offset);
  offsets.sort((a, b) => b - a);
  if (request.replicaId !== CONSUMER || offsets.every((offset) => offset <= log.highWatermark)) return offsets;
  return [log.highWatermark, ...offsets.filter((offset) => offset <= log.highWatermark)];
}

function notAvailable(partition: Partition): KafkaError {
  return new KafkaError(
    'OFFSET_NOT_AVAILABLE',
    `Failed to fetch offsets for partition ${partition.key} with leader epoch ${partition.leaderEpoch} as this partition's high watermark is lagging behind the start offset from the beginning of this epoch`,
  );
}

function refused(asked: AskedPartition, error: ErrorName): FoundPartition {
  return {
    partitionIndex: asked.partitionIndex,
    errorCode: errorCode(error),
    oldStyleOffsets: [],
    timestamp: -1,
    offset: -1,
    leaderEpoch: -1,
  };
}

function repeatedPartitions(request: ListOffsetsRequest): ReadonlySet<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const { name, partitions } of request.topics) {
    for (const { partitionIndex } of partitions) {
      const key = `${name}-${partitionIndex}`;
      if (seen.has(key)) repeated.add(key);
      seen.add(key);
    }
  }
  return repeated;
}
