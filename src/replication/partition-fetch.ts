import type { LogSlice } from '../storage/log.js';

/** What a fetch asks of one partition; names are the wire's, so that a decoded request fits. */
export interface PartitionFetch {
  readonly partition: number;
  /** −1: not checked. */
  readonly currentLeaderEpoch: number;
  readonly fetchOffset: number;
  /** Leader epoch of the record before `fetchOffset`, −1 unknown (KIP-595, v12). */
  readonly lastFetchedEpoch: number;
  /** The follower's log start; −1 from consumers. */
  readonly logStartOffset: number;
  readonly partitionMaxBytes: number;
}

/** What holds for all partitions of one fetch. */
export interface FetchParams {
  /** ≥ 0 a follower; −1 a consumer. */
  readonly replicaId: number;
  /** Broker epoch of the follower (v15), −1 unknown. */
  readonly replicaEpoch: number;
  readonly isolation: 'log-end' | 'high-watermark' | 'committed';
  /** Followers, and consumers before v11 (KIP-392), read from the leader alone. */
  readonly leaderOnly: boolean;
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  /** v0–v2: not one byte more than asked for, even if a batch is cut. */
  readonly hardMaxBytesLimit: boolean;
}

/** The outcome of reading one partition, without errors: these are thrown. */
export interface PartitionRead {
  /** undefined: nothing to read. The holder copies or releases it. */
  readonly slice: LogSlice | undefined;
  /** The fetcher's log is not a prefix of ours: it ends like this (KIP-595). Nothing was read. */
  readonly diverging: EpochEnd | undefined;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
}

/** An epoch and the offset after its last record; −1 and −1 when not known. */
export interface EpochEnd {
  readonly epoch: number;
  readonly endOffset: number;
}
