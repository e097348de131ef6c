import type { EpochEnd } from './partition-fetch.js';

/**
 * Where a follower cuts its log when the leader says that it diverged: the leader's largest epoch not above the follower's
 * last one ends at `leader`. If the follower does not know that epoch, it cuts at the end of the one before and asks again;
 * records that both have are never cut more than once round trip by round trip.
 * @param ours end of the follower's largest epoch not above `leader.epoch`; −1 and −1 if it has none
 * @param fetchOffset where to cut when the leader knows no end
 * Source: kafka.server.AbstractFetcherThread.getOffsetTruncationState, 3.9 (KIP-101, KIP-279)
 */
export function truncationOffset(leader: EpochEnd, ours: EpochEnd, logEndOffset: number, fetchOffset: number): number {
  if (leader.endOffset < 0) return fetchOffset;
  if (leader.epoch < 0 || ours.epoch < 0) return Math.min(leader.endOffset, logEndOffset);
  if (ours.epoch !== leader.epoch) return Math.min(ours.endOffset, logEndOffset);
  return Math.min(ours.endOffset, leader.endOffset, logEndOffset);
}

/** What to do about OFFSET_OUT_OF_RANGE, once the leader's end is known, and its start where that matters. */
export type OutOfRangePlan =
  | { readonly kind: 'truncate'; readonly offset: number }
  | { readonly kind: 'ask-start' }
  | { readonly kind: 'start-anew'; readonly offset: number }
  | { readonly kind: 'go-on'; readonly offset: number };

/**
 * The leader's log ends before ours: an unclean election, cut. It begins after our end: ours is out of date altogether,
 * begin anew there. Else go on from our end: the leader has grown since.
 * @param leaderStart undefined: not asked yet
 * Source: kafka.server.AbstractFetcherThread.fetchOffsetAndTruncate, 3.9
 */
export function planOutOfRange(
  leaderEnd: number,
  leaderStart: number | undefined,
  logEndOffset: number,
): OutOfRangePlan {
  if (leaderEnd < logEndOffset) return { kind: 'truncate', offset: leaderEnd };
  if (leaderStart === undefined) return { kind: 'ask-start' };
  if (leaderStart > logEndOffset) return { kind: 'start-anew', offset: leaderStart };
  return { kind: 'go-on', offset: logEndOffset };
}
