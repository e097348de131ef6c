import { type Checker, partitionKey, type ReplicaState, Violation } from './checker.js';

/** In a leader epoch of a partition at most one broker ever leads. */
export class OneLeaderPerEpoch implements Checker {
  private readonly leaders = new Map<string, number>();

  observe(replica: ReplicaState): void {
    if (!replica.isLeader) return;
    const epoch = `${partitionKey(replica)} in leader epoch ${replica.leaderEpoch}`;
    const known = this.leaders.get(epoch);
    if (known === undefined) this.leaders.set(epoch, replica.brokerId);
    else if (known !== replica.brokerId) throw new Violation(`${epoch}: ${known} and ${replica.brokerId} lead`);
  }
}
