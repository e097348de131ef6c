import { ZERO_UUID, type Uuid } from '../common/uuid.js';
import { invariant } from '../common/invariant.js';
import type { Log } from '../storage/log.js';
import type { Partition } from './partition.js';

/** How far a fetcher is with one partition. A partition that is added again gets a new one. */
export interface FetchState {
  readonly partition: Partition;
  readonly topicId: Uuid;
  /** Of the leader that is fetched from. */
  readonly leaderEpoch: number;
  fetchOffset: number;
  /** Epoch of the record before `fetchOffset`, −1 unknown. */
  lastFetchedEpoch: number;
  /** The offset that the leader was last asked for, −1 none: an answer for another one is out of date. */
  requestedOffset: number;
  /** Answers in a row by which the leader does not lead it yet: the back-off grows with them. */
  failures: number;
  /** `waiting`: after an error, for the back-off or for the leader's offsets. `gone`: removed, or failed for good. */
  phase: 'fetching' | 'waiting' | 'gone';
}

/**
 * Fetching begins at the log end; the leader finds out whether what is before it agrees. A log that knows no epoch cannot be
 * compared: it is cut to its high watermark first.
 * Source: kafka.server.ReplicaManager.initialFetchOffset, AbstractFetcherThread.partitionFetchState, 3.9
 */
export function newFetchState(partition: Partition): FetchState {
  const log = logOf(partition);
  if (log.latestEpoch < 0) partition.truncateTo(log.highWatermark);
  return {
    partition,
    topicId: partition.topicId ?? ZERO_UUID,
    leaderEpoch: partition.leaderEpoch,
    fetchOffset: log.logEndOffset,
    lastFetchedEpoch: log.latestEpoch,
    requestedOffset: -1,
    failures: 0,
    phase: 'fetching',
  };
}

export function logOf(partition: Partition): Log {
  const { log } = partition;
  invariant(log !== undefined, 'a partition that is fetched has a log', { partition: partition.key });
  return log;
}
