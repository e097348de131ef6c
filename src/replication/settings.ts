/** What the replica layer reads of the broker's settings; names are Kafka's, camel-cased. Times are ms. */
export interface ReplicationSettings {
  readonly brokerId: number;
  /** `replica.lag.time.max.ms`: a follower that was not at the leader's end for so long leaves the ISR. */
  readonly replicaLagTimeMaxMs: number;
  /** Bytes of one partition in a follower's fetch. */
  readonly replicaFetchMaxBytes: number;
  readonly replicaFetchResponseMaxBytes: number;
  readonly replicaFetchWaitMaxMs: number;
  readonly replicaFetchMinBytes: number;
  readonly replicaFetchBackoffMs: number;
  /** Fetchers per source broker. */
  readonly numReplicaFetchers: number;
  readonly replicaHighWatermarkCheckpointIntervalMs: number;
  /** `fetch.max.bytes`: upper bound of every fetch response. */
  readonly fetchMaxBytes: number;
  readonly maxIncrementalFetchSessionCacheSlots: number;
}

/** Kafka's defaults, without the broker id. */
export const DEFAULT_REPLICATION_SETTINGS: Omit<ReplicationSettings, 'brokerId'> = {
  replicaLagTimeMaxMs: 30_000,
  replicaFetchMaxBytes: 1_048_576,
  replicaFetchResponseMaxBytes: 10_485_760,
  replicaFetchWaitMaxMs: 500,
  replicaFetchMinBytes: 1,
  replicaFetchBackoffMs: 1_000,
  numReplicaFetchers: 1,
  replicaHighWatermarkCheckpointIntervalMs: 5_000,
  fetchMaxBytes: 57_671_680,
  maxIncrementalFetchSessionCacheSlots: 1_000,
};
