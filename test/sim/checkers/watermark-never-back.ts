import { type Checker, replicaKey, type ReplicaState, Violation } from './checker.js';

/** A leader's high watermark never goes back while its leader epoch lasts: what consumers may read stays readable. */
export class WatermarkNeverBack implements Checker {
  private readonly last = new Map<string, ReplicaState>();

  observe(replica: ReplicaState): void {
    const key = replicaKey(replica);
    const before = this.last.get(key);
    this.last.set(key, replica);
    const isSameReign = before?.isLeader === true && replica.isLeader && before.leaderEpoch === replica.leaderEpoch;
    if (isSameReign && replica.highWatermark < before.highWatermark) {
      throw new Violation(
        `${key}: the high watermark went from ${before.highWatermark} back to ${replica.highWatermark} in leader epoch ${replica.leaderEpoch}`,
      );
    }
  }
}
