/**
 * What a leader knows of one follower from its fetches. Changed in place: a follower fetches thousands of times a second.
 * Times are monotonic ms; −Infinity is "never". Offsets are −1 while unknown.
 */
export interface FollowerState {
  readonly brokerId: number;
  logStartOffset: number;
  logEndOffset: number;
  /** The leader's log end when this follower last fetched. */
  lastFetchLeaderLogEndOffset: number;
  lastFetchMs: number;
  /** When the follower last stood at what was then the leader's log end. */
  lastCaughtUpMs: number;
  /** As the follower's fetch names it (v15+), −1 if it does not. */
  brokerEpoch: number;
}

export function newFollowerState(brokerId: number): FollowerState {
  return {
    brokerId,
    logStartOffset: -1,
    logEndOffset: -1,
    lastFetchLeaderLogEndOffset: -1,
    lastFetchMs: -Infinity,
    lastCaughtUpMs: -Infinity,
    brokerEpoch: -1,
  };
}

/**
 * A leader epoch begins. A follower of the ISR counts as caught up now; another one must not hold the high watermark back.
 * A leader that was leader before keeps the offsets it knows.
 * Source: kafka.cluster.Replica.resetReplicaState, 3.9
 */
export function resetFollower(
  follower: FollowerState,
  nowMs: number,
  leaderEndOffset: number,
  isNewLeader: boolean,
  isInIsr: boolean,
): void {
  const sinceMs = isInIsr ? nowMs : -Infinity;
  follower.lastCaughtUpMs = sinceMs;
  if (isNewLeader) {
    follower.logStartOffset = -1;
    follower.logEndOffset = -1;
    follower.lastFetchLeaderLogEndOffset = -1;
    follower.lastFetchMs = -Infinity;
    follower.brokerEpoch = -1;
  } else {
    follower.lastFetchLeaderLogEndOffset = leaderEndOffset;
    follower.lastFetchMs = sinceMs;
  }
}

/**
 * A fetch from `fetchOffset`: the follower has everything before it. It is caught up now if that is the leader's end, and
 * was caught up at its previous fetch if it has reached the end of then: so a follower that always trails a busy leader by
 * one request stays in sync.
 * Source: kafka.cluster.Replica.updateFetchStateOrThrow, 3.9
 */
export function recordFetch(
  follower: FollowerState,
  fetchOffset: number,
  logStartOffset: number,
  nowMs: number,
  leaderEndOffset: number,
  brokerEpoch: number,
): void {
  if (fetchOffset >= leaderEndOffset) {
    follower.lastCaughtUpMs = Math.max(follower.lastCaughtUpMs, nowMs);
  } else if (fetchOffset >= follower.lastFetchLeaderLogEndOffset) {
    follower.lastCaughtUpMs = Math.max(follower.lastCaughtUpMs, follower.lastFetchMs);
  }
  follower.logStartOffset = logStartOffset;
  follower.logEndOffset = fetchOffset;
  follower.lastFetchLeaderLogEndOffset = Math.max(leaderEndOffset, follower.lastFetchLeaderLogEndOffset);
  follower.lastFetchMs = nowMs;
  follower.brokerEpoch = brokerEpoch;
}

/** A follower at the leader's end is in sync however long ago it fetched: nothing is missing. */
export function isCaughtUp(follower: FollowerState, leaderEndOffset: number, nowMs: number, maxLagMs: number): boolean {
  return follower.logEndOffset === leaderEndOffset || nowMs - follower.lastCaughtUpMs <= maxLagMs;
}
