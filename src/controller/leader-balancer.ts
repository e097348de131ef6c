/** A partition with a leader, as the balancer looks at it. */
export interface LedPartition {
  readonly replicas: readonly number[];
  readonly leader: number;
}

/**
 * Partitions that should go back to their preferred leader: all of a broker's that are led elsewhere, if their share among
 * those that prefer it is above the threshold.
 * @param imbalancePercent leader.imbalance.per.broker.percentage
 * Source: kafka.controller.KafkaController.checkAndTriggerAutoLeaderRebalance, 3.9
 */
export function partitionsToRebalance<P extends LedPartition>(partitions: Iterable<P>, imbalancePercent: number): P[] {
  const byPreferred = new Map<number, { all: number; elsewhere: P[] }>();
  for (const partition of partitions) {
    const preferred = partition.replicas[0];
    if (preferred === undefined) continue;
    const share = byPreferred.get(preferred) ?? { all: 0, elsewhere: [] };
    share.all++;
    if (partition.leader !== preferred) share.elsewhere.push(partition);
    byPreferred.set(preferred, share);
  }
  return [...byPreferred.values()]
    .filter(({ all, elsewhere }) => elsewhere.length / all > imbalancePercent / 100)
    .flatMap(({ elsewhere }) => elsewhere);
}
