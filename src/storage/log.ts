import type { Int64 } from '../common/int64.js';
import type { RecordSource } from '../protocol/schema.js';

/**
 * What the replica layer asks of one partition's log; `unified-log` is the implementation. All calls are synchronous
 * decisions over the page cache, except flush, close and cold reads. Offsets are record offsets, not bytes.
 */
export interface Log {
  readonly topic: string;
  readonly partition: number;
  readonly logStartOffset: number;
  /** Offset of the next record. */
  readonly logEndOffset: number;
  readonly highWatermark: number;
  /** The first offset of an open transaction, at most the high watermark. */
  readonly lastStableOffset: number;
  readonly config: LogConfig;
  /** Leader epoch of the last record, −1 if none (leader-epoch-checkpoint). */
  readonly latestEpoch: number;

  /**
   * Validates the batches in `records`, checks producer sequences, stamps offsets and epoch in place, appends, and rolls
   * the segment when due.
   * @throws KafkaError CORRUPT_MESSAGE, INVALID_RECORD, MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE, INVALID_TIMESTAMP,
   *   OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH, UNSUPPORTED_COMPRESSION_TYPE, KAFKA_STORAGE_ERROR …
   */
  appendAsLeader(records: Buffer, leaderEpoch: number, origin: AppendOrigin): AppendResult;
  /** Appends what the leader sent, offsets and epochs as they stand. Batches below the log end are an invariant error. */
  appendAsFollower(records: Buffer): AppendResult;
  /**
   * Batches from the one that holds `offset` on. As in Kafka the last one may be cut off at `maxBytes`: readers drop it.
   * @param upperBound offset that is not read (high watermark, last stable offset or log end)
   * @param minOneBatch return the first batch even if it is larger than `maxBytes`
   * @throws KafkaError OFFSET_OUT_OF_RANGE below logStartOffset or above logEndOffset
   */
  read(offset: number, maxBytes: number, upperBound: number, minOneBatch: boolean): LogSlice;

  /** Never above logEndOffset; returns whether it moved. A fall is allowed for followers (truncation) only. */
  updateHighWatermark(offset: number): boolean;
  /** Notes that `epoch` begins at the log end (becoming leader), even without data. */
  assignEpochStart(epoch: number): void;
  /**
   * Where `epoch` ends: the largest epoch known that is ≤ `epoch`, and the start of the one after it (log end for the
   * latest). Both −1 if unknown. Source: kafka.log.UnifiedLog.endOffsetForEpoch, 3.9
   */
  endOffsetForEpoch(epoch: number): { epoch: number; endOffset: number };
  epochForOffset(offset: number): number | undefined;
  /** Drops everything from `offset` on, indexes, epochs and producer state included. False if there was nothing to drop. */
  truncateTo(offset: number): boolean;
  /** Drops everything; the log then begins (and ends) at `offset`. */
  truncateFullyAndStartAt(offset: number): void;
  /**
   * Raises the log start (DeleteRecords, leader's log start); whole segments below go at the next retention pass.
   * @throws KafkaError OFFSET_OUT_OF_RANGE above the high watermark
   */
  maybeIncrementLogStartOffset(offset: number): void;
  /**
   * First offset whose record has timestamp ≥ `timestamp`; −1 latest, −2 earliest, −3 max timestamp are special.
   * undefined: none. Decompresses where it must, hence a promise.
   */
  offsetForTimestamp(timestamp: Int64): Promise<{ offset: number; timestamp: Int64; leaderEpoch: number } | undefined>;
  /** Bytes of all segments. */
  readonly sizeInBytes: number;
  /** Segments in order, the active one last: what ListOffsets v0 counts by. `modifiedMs`: wall clock. */
  segmentStarts(): { readonly baseOffset: number; readonly modifiedMs: number; readonly size: number }[];
  updateConfig(config: LogConfig): void;
  flush(): Promise<void>;
  close(): Promise<void>;
}

export type AppendOrigin = 'client' | 'coordinator' | 'replication';

export interface AppendResult {
  /** −1 when nothing was appended. */
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** ms, or −1 under CreateTime. */
  readonly logAppendTimeMs: Int64;
  readonly logStartOffset: number;
  /** A batch that the producer had sent before: nothing was appended, the offsets are those of the first time. */
  readonly isDuplicate: boolean;
}

/**
 * A stretch of one segment, found but not read. The segment stays until released, deleted or not; `copyTo` and `load`
 * release it themselves.
 */
export interface LogSlice extends RecordSource {
  /** Offset that was asked for. */
  readonly fetchOffset: number;
  /** Far behind the tail, and such reads are slow at the moment: to be read off the loop. */
  readonly isCold: boolean;
  /** True when the single batch exceeds the limit and was returned all the same. */
  readonly firstBatchTooLarge: boolean;
  /** Reads into a new buffer off the loop: for cold slices, before the response is encoded. */
  load(): Promise<Buffer>;
  release(): void;
}

/** Topic-level settings, resolved against the broker's defaults. Times ms, −1 unlimited; names are Kafka's, camel-cased. */
export interface LogConfig {
  readonly segmentBytes: number;
  readonly segmentMs: number;
  readonly segmentJitterMs: number;
  readonly segmentIndexBytes: number;
  readonly indexIntervalBytes: number;
  readonly retentionMs: number;
  readonly retentionBytes: number;
  readonly fileDeleteDelayMs: number;
  readonly flushMessages: number;
  readonly flushMs: number;
  readonly maxMessageBytes: number;
  readonly cleanupPolicy: { readonly delete: boolean; readonly compact: boolean };
  readonly compressionType: 'producer' | 'uncompressed' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime';
  readonly messageTimestampBeforeMaxMs: number;
  readonly messageTimestampAfterMaxMs: number;
  readonly minInSyncReplicas: number;
  readonly uncleanLeaderElectionEnable: boolean;
  readonly preallocate: boolean;
}
