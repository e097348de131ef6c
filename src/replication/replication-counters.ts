/** Plain numbers that hot paths bump and the metrics registry reads. */
export interface ReplicationCounters {
  isrShrinks: number;
  isrExpands: number;
  failedIsrUpdates: number;
  /** Of clients, not of followers. */
  bytesIn: number;
  failedProduces: number;
  /** To consumers. */
  bytesOut: number;
  /** To followers. */
  replicationBytesOut: number;
  replicationBytesIn: number;
  failedFetches: number;
  sessionEvictions: number;
}

export function newReplicationCounters(): ReplicationCounters {
  return {
    isrShrinks: 0,
    isrExpands: 0,
    failedIsrUpdates: 0,
    bytesIn: 0,
    failedProduces: 0,
    bytesOut: 0,
    replicationBytesOut: 0,
    replicationBytesIn: 0,
    failedFetches: 0,
    sessionEvictions: 0,
  };
}
