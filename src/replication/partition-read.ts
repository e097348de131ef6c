import { KafkaError } from '../common/errors.js';
import type { Log } from '../storage/log.js';
import type { EpochEnd, FetchParams, PartitionFetch, PartitionRead } from './partition-fetch.js';

/**
 * Reads one partition as far as its isolation allows, unless the fetcher's log has parted from this one.
 * @throws KafkaError OFFSET_OUT_OF_RANGE
 * Source: kafka.cluster.Partition.readRecords, 3.9
 */
export function readLog(
  log: Log,
  fetch: PartitionFetch,
  params: FetchParams,
  maxBytes: number,
  minOneBatch: boolean,
): PartitionRead {
  const { highWatermark, lastStableOffset, logStartOffset } = log;
  const diverging = fetch.lastFetchedEpoch >= 0 ? divergenceOf(log, fetch) : undefined;
  const slice = diverging === undefined ? readSlice(log, fetch.fetchOffset, params, maxBytes, minOneBatch) : undefined;
  return { slice, diverging, highWatermark, lastStableOffset, logStartOffset };
}

/** Nothing at or above the bound is read, but an offset up to the log end is in range. */
function readSlice(log: Log, offset: number, params: FetchParams, maxBytes: number, minOneBatch: boolean) {
  const upperBound = upperBoundOf(log, params);
  if (offset >= upperBound && offset <= log.logEndOffset && offset >= log.logStartOffset) return undefined;
  return log.read(offset, maxBytes, upperBound, minOneBatch);
}

function upperBoundOf(log: Log, { isolation }: FetchParams): number {
  switch (isolation) {
    case 'log-end':
      return log.logEndOffset;
    case 'high-watermark':
      return log.highWatermark;
    case 'committed':
      return log.lastStableOffset;
  }
}

/**
 * Where the fetcher's log parted from ours, going by the epoch of its last record; undefined: it is a prefix of ours.
 * @throws KafkaError OFFSET_OUT_OF_RANGE when the epoch is unknown, or the offset is below the log start
 */
function divergenceOf(log: Log, fetch: PartitionFetch): EpochEnd | undefined {
  const end = log.endOffsetForEpoch(fetch.lastFetchedEpoch);
  if (end.endOffset < 0 || end.epoch < 0) {
    throw new KafkaError(
      'OFFSET_OUT_OF_RANGE',
      `Could not determine the end offset of the last fetched epoch ${fetch.lastFetchedEpoch} from the request`,
    );
  }
  if (fetch.fetchOffset < log.logStartOffset) {
    throw new KafkaError(
      'OFFSET_OUT_OF_RANGE',
      `Received request for offset ${fetch.fetchOffset} for partition ${log.topic}-${log.partition}, but we only have log segments in the range ${log.logStartOffset} to ${log.logEndOffset}.`,
    );
  }
  return end.epoch < fetch.lastFetchedEpoch || end.endOffset < fetch.fetchOffset ? end : undefined;
}

/**
 * Whether a parked fetch would be answered differently now.
 * @returns the bytes it could read, up to its limit (with minBytes ≤ 1: 1 if there are any), or `complete`: there is an error,
 *   a truncated log or a divergence to tell of
 * Source: kafka.server.DelayedFetch.tryComplete, 3.9
 */
export function fetchableBytes(log: Log, fetch: PartitionFetch, params: FetchParams): number | 'complete' {
  const end = upperBoundOf(log, params);
  if (fetch.fetchOffset > end) return 'complete';
  try {
    if (fetch.lastFetchedEpoch >= 0 && divergenceOf(log, fetch) !== undefined) return 'complete';
    if (fetch.fetchOffset === end) return 0;
    if (params.minBytes <= 1) return 1;
    const slice = log.read(fetch.fetchOffset, fetch.partitionMaxBytes, end, true);
    const size = slice.sizeInBytes;
    slice.release();
    return Math.min(size, fetch.partitionMaxBytes);
  } catch (thrown) {
    if (thrown instanceof KafkaError) return 'complete'; // the read that follows throws it again, for the answer
    throw thrown;
  }
}
