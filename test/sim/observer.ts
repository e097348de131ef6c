import type { Partition } from '../../src/replication/partition.js';
import type { Checker, ReplicaState } from './checkers/checker.js';
import { loggedBatches } from './log-view.js';
import type { SimulatedBroker, SimulatedCluster } from './simulated-cluster.js';

/** Looks at all replicas after an event, and tells the checkers of those that changed. */
export class Observer {
  private readonly cluster: SimulatedCluster;
  private readonly checkers: readonly Checker[];
  private readonly last = new WeakMap<Partition, ReplicaState>();

  constructor(cluster: SimulatedCluster, checkers: readonly Checker[]) {
    this.cluster = cluster;
    this.checkers = checkers;
  }

  /** @throws Violation */
  look(): void {
    for (const broker of this.cluster.brokers) {
      const { running } = broker;
      if (running === undefined) continue;
      for (const { name, partitions } of running.metadata.image.topics.values()) {
        for (const partition of partitions.keys()) this.lookAt(broker, name, partition);
      }
    }
  }

  private lookAt(broker: SimulatedBroker, topic: string, partition: number): void {
    const replica = this.cluster.replica(broker, topic, partition);
    const log = replica?.log;
    if (replica === undefined || log === undefined) return;
    const { isLeader, leaderEpoch, topicId } = replica;
    if (topicId === undefined) return;
    const { highWatermark } = log;
    const before = this.last.get(replica);
    if (before?.isLeader === isLeader && before.leaderEpoch === leaderEpoch && before.highWatermark === highWatermark) {
      return;
    }
    const { id: brokerId, life } = broker;
    const now = { topic, topicId, partition, brokerId, life, isLeader, leaderEpoch, highWatermark };
    this.last.set(replica, now);
    for (const checker of this.checkers) checker.observe(now, (from, to) => loggedBatches(log, from, to));
  }
}
