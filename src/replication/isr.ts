import { isCaughtUp, type FollowerState } from './follower-state.js';

/**
 * The in-sync replicas of a partition as its leader sees them: what the controller confirmed, and at most one change that it
 * was asked for and has not answered (KIP-497). Until the answer the leader assumes the stricter of both, `maximalIsr`.
 * Source: kafka.cluster.PartitionState, 3.9
 */
export type IsrState = CommittedIsr | PendingIsr;

export interface CommittedIsr {
  readonly kind: 'committed';
  readonly isr: readonly number[];
  readonly maximalIsr: readonly number[];
}

export interface PendingIsr {
  readonly kind: 'pending-expand' | 'pending-shrink';
  /** Still the committed one. */
  readonly isr: readonly number[];
  readonly maximalIsr: readonly number[];
  /** What the controller was asked for. */
  readonly proposedIsr: readonly number[];
  readonly lastCommitted: CommittedIsr;
}

export function committedIsr(isr: readonly number[]): CommittedIsr {
  return { kind: 'committed', isr, maximalIsr: isr };
}

/** The new member counts for the high watermark at once: it may be in the ISR before the answer is here. */
export function expandIsr(state: CommittedIsr, brokerId: number): PendingIsr {
  const proposedIsr = [...state.isr, brokerId];
  return { kind: 'pending-expand', isr: state.isr, maximalIsr: proposedIsr, proposedIsr, lastCommitted: state };
}

/** The members to leave count until the controller agreed: else the high watermark could pass what an ISR member lacks. */
export function shrinkIsr(state: CommittedIsr, outOfSync: readonly number[]): PendingIsr {
  const proposedIsr = state.isr.filter((id) => !outOfSync.includes(id));
  return { kind: 'pending-shrink', isr: state.isr, maximalIsr: state.isr, proposedIsr, lastCommitted: state };
}

/** ISR members that were not at the leader's end for `maxLagMs`; one the leader knows nothing of is out of sync too. */
export function outOfSyncReplicas(
  isr: readonly number[],
  leaderId: number,
  followers: readonly FollowerState[],
  leaderEndOffset: number,
  nowMs: number,
  maxLagMs: number,
): number[] {
  return isr.filter((id) => {
    if (id === leaderId) return false;
    const follower = followers.find((f) => f.brokerId === id);
    return follower === undefined || !isCaughtUp(follower, leaderEndOffset, nowMs, maxLagMs);
  });
}

/** May join the ISR: it has all that is committed, and has got past the point where this leader's epoch began. */
export function isInSync(follower: FollowerState, highWatermark: number, leaderEpochStartOffset: number): boolean {
  return follower.logEndOffset >= highWatermark && follower.logEndOffset >= leaderEpochStartOffset;
}

/**
 * Up to where every replica that counts has the log: the maximal ISR, and those close enough to join it soon, so that a new
 * leader's watermark is not ahead of a member that joins. The caller never lets the watermark fall.
 * Source: kafka.cluster.Partition.maybeIncrementLeaderHW, 3.9
 */
export function highWatermarkOf(
  leaderEndOffset: number,
  followers: readonly FollowerState[],
  maximalIsr: readonly number[],
  nowMs: number,
  maxLagMs: number,
  isAlive: (brokerId: number) => boolean,
): number {
  let highWatermark = leaderEndOffset;
  for (const follower of followers) {
    if (follower.logEndOffset >= highWatermark) continue;
    const counts =
      maximalIsr.includes(follower.brokerId) ||
      (isCaughtUp(follower, leaderEndOffset, nowMs, maxLagMs) && isAlive(follower.brokerId));
    if (counts) highWatermark = follower.logEndOffset;
  }
  return highWatermark;
}
