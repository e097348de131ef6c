/** Leadership of one partition, as both control planes know it. */
export interface LeaderAndIsr {
  /** Broker id, −1: none. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly isr: readonly number[];
  /** After an unclean election, until the new leader has cleaned up (KIP-704). */
  readonly recovering: boolean;
  /** Counts the changes of the leadership record itself; in ZooKeeper mode the version of its znode. */
  readonly partitionEpoch: number;
}

export const NO_LEADER = -1;
/** Stands for the leader, and for the leader epoch in StopReplica, while the topic is being deleted. */
export const LEADER_DURING_DELETE = -2;

export type IsOnline = (brokerId: number) => boolean;

/**
 * The first leadership of a new partition: its live replicas, led by the first of them.
 * @returns undefined if no replica is live (the partition stays new)
 * Source: kafka.controller.ZkPartitionStateMachine.initializeLeaderAndIsrForPartitions, 3.9
 */
export function initialLeaderAndIsr(replicas: readonly number[], isOnline: IsOnline): LeaderAndIsr | undefined {
  const isr = replicas.filter(isOnline);
  const leader = isr[0];
  return leader === undefined ? undefined : { leader, leaderEpoch: 0, isr, recovering: false, partitionEpoch: 0 };
}

/**
 * New leader of a partition whose leader is gone: the first replica in assignment order that is live and in sync.
 * With `unclean`, failing that, the first live one: records that only the old leader had are lost.
 * @returns undefined if no replica is eligible (the partition stays offline)
 * Source: kafka.controller.Election.leaderForOffline, 3.9
 */
export function electOffline<S extends LeaderAndIsr>(
  current: S,
  replicas: readonly number[],
  isOnline: IsOnline,
  unclean: boolean,
): S | undefined {
  const inSync = replicas.find((id) => isOnline(id) && current.isr.includes(id));
  const leader = inSync ?? (unclean ? replicas.find(isOnline) : undefined);
  if (leader === undefined) return undefined;
  if (inSync === undefined) return { ...ledBy(current, leader, [leader]), recovering: true };
  return ledBy(current, leader, current.isr.filter(isOnline));
}

/**
 * New leader at the end of a reassignment: the first target replica that is live and in sync.
 * Source: kafka.controller.Election.leaderForReassign, 3.9
 */
export function electForReassignment<S extends LeaderAndIsr>(
  current: S,
  targetReplicas: readonly number[],
  isOnline: IsOnline,
): S | undefined {
  const leader = targetReplicas.find((id) => isOnline(id) && current.isr.includes(id));
  return leader === undefined ? undefined : ledBy(current, leader, current.isr);
}

/**
 * The preferred leader (the first replica of the assignment), if it is live and in sync.
 * Source: kafka.controller.Election.leaderForPreferredReplica, 3.9
 */
export function electPreferred<S extends LeaderAndIsr>(
  current: S,
  replicas: readonly number[],
  isOnline: IsOnline,
): S | undefined {
  const preferred = replicas[0];
  if (preferred === undefined || !isOnline(preferred) || !current.isr.includes(preferred)) return undefined;
  return ledBy(current, preferred, current.isr);
}

/**
 * New leader of a partition whose leader is about to stop; the brokers that stop leave the ISR.
 * @param isOnline also true for the brokers that are shutting down
 * Source: kafka.controller.Election.leaderForControlledShutdown, 3.9
 */
export function electForShutdown<S extends LeaderAndIsr>(
  current: S,
  replicas: readonly number[],
  isOnline: IsOnline,
  isShuttingDown: IsOnline,
): S | undefined {
  const leader = replicas.find((id) => isOnline(id) && current.isr.includes(id) && !isShuttingDown(id));
  if (leader === undefined) return undefined;
  return ledBy(
    current,
    leader,
    current.isr.filter((id) => !isShuttingDown(id)),
  );
}

/**
 * Leadership without a replica that went offline. The last member stays in the ISR, for it alone has all records; if it was
 * the leader too, there is none now.
 * @returns undefined if the replica is not in the ISR: nothing to change
 * Source: kafka.controller.ZkReplicaStateMachine.doRemoveReplicasFromIsr, 3.9
 */
export function withoutReplica<S extends LeaderAndIsr>(current: S, replica: number): S | undefined {
  if (!current.isr.includes(replica)) return undefined;
  const leader = current.leader === replica ? NO_LEADER : current.leader;
  const isr = current.isr.length === 1 ? current.isr : current.isr.filter((id) => id !== replica);
  return ledBy(current, leader, isr);
}

function ledBy<S extends LeaderAndIsr>(current: S, leader: number, isr: readonly number[]): S {
  return { ...current, leader, isr, leaderEpoch: current.leaderEpoch + 1 };
}
