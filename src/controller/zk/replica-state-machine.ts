import { topicPartitionKey } from '../../common/topic-partition.js';
import type { Logger } from '../../platform/logger.js';
import type { PartitionWithState, TopicStore } from '../../zookeeper/topic-store.js';
import { withoutReplica } from '../election.js';
import {
  replicasOf,
  replicaState,
  type ControlledPartition,
  type ControllerContext,
  type Replica,
  type ReplicaState,
} from './controller-context.js';
import type { ControlRequestBatch } from './control-request-batch.js';

const PREVIOUS: Readonly<Record<ReplicaState, readonly ReplicaState[]>> = {
  NewReplica: ['NonExistentReplica'],
  OnlineReplica: ['NewReplica', 'OnlineReplica', 'OfflineReplica', 'ReplicaDeletionIneligible'],
  OfflineReplica: ['NewReplica', 'OnlineReplica', 'OfflineReplica', 'ReplicaDeletionIneligible'],
  ReplicaDeletionStarted: ['OfflineReplica'],
  ReplicaDeletionSuccessful: ['ReplicaDeletionStarted'],
  ReplicaDeletionIneligible: ['OfflineReplica', 'ReplicaDeletionStarted'],
  NonExistentReplica: ['ReplicaDeletionSuccessful'],
};

/**
 * Moves replicas between their states and tells the brokers; going offline takes a replica out of the ISR in ZooKeeper first.
 * Source: kafka.controller.ZkReplicaStateMachine, 3.9
 */
export class ReplicaStateMachine {
  private readonly context: ControllerContext;
  private readonly topics: TopicStore;
  private readonly batch: ControlRequestBatch;
  private readonly logger: Logger;

  constructor(context: ControllerContext, topics: TopicStore, batch: ControlRequestBatch, logger: Logger) {
    this.context = context;
    this.topics = topics;
    this.batch = batch;
    this.logger = logger;
  }

  /** After an election of controllers: what is on a live broker is online, the rest goes offline. */
  async startup(): Promise<void> {
    const online: Replica[] = [];
    const offline: Replica[] = [];
    for (const partition of this.context.allPartitions()) {
      for (const replica of replicasOf(partition)) {
        const isOnline = this.context.isReplicaOnline(replica.brokerId, partition);
        // Offline ones start where a deletion leaves them, so that a deletion that was under way can be resumed.
        partition.replicaStates.set(replica.brokerId, isOnline ? 'OnlineReplica' : 'ReplicaDeletionIneligible');
        (isOnline ? online : offline).push(replica);
      }
    }
    await this.change(online, 'OnlineReplica');
    await this.change(offline, 'OfflineReplica');
  }

  async change(replicas: readonly Replica[], target: ReplicaState): Promise<void> {
    if (replicas.length === 0) return;
    const valid = replicas.filter((replica) => this.isValid(replica, target));
    if (target === 'OfflineReplica') await this.takeOffline(valid);
    else for (const replica of valid) this.step(replica, target);
    this.batch.send();
  }

  private step(replica: Replica, target: ReplicaState): void {
    const { partition, brokerId } = replica;
    switch (target) {
      case 'NewReplica':
        if (partition.leadership?.leader === brokerId) {
          this.logger.error(`replica ${brokerId} of ${partition.key} cannot be new: it is to be the leader`);
          return;
        }
        this.batch.addLeaderAndIsr([brokerId], partition, true);
        break;
      case 'OnlineReplica':
        if (replicaState(replica) !== 'NewReplica') this.batch.addLeaderAndIsr([brokerId], partition, false);
        break;
      case 'ReplicaDeletionStarted':
        this.batch.addStopReplica([brokerId], partition, true);
        break;
      case 'NonExistentReplica':
        partition.replicaStates.delete(brokerId);
        return;
      case 'OfflineReplica':
      case 'ReplicaDeletionSuccessful':
      case 'ReplicaDeletionIneligible':
        break;
    }
    partition.replicaStates.set(brokerId, target);
  }

  /** All replicas of one broker at a time: they are different partitions, so their writes cannot meet. */
  private async takeOffline(replicas: readonly Replica[]): Promise<void> {
    for (const brokerId of new Set(replicas.map((replica) => replica.brokerId))) {
      const ofBroker = replicas.filter((replica) => replica.brokerId === brokerId);
      for (const { partition } of ofBroker) this.batch.addStopReplica([brokerId], partition, false);
      const led = ofBroker.map(({ partition }) => partition).filter(({ leadership }) => leadership !== undefined);
      const settled = await this.leaveIsr(brokerId, led);
      for (const partition of settled) {
        if (this.context.isBeingDeleted(partition)) continue;
        const others = partition.assignment.replicas.filter((id) => id !== brokerId);
        this.batch.addLeaderAndIsr(others, partition, false);
      }
      for (const { partition } of ofBroker) {
        if (partition.leadership === undefined) {
          this.batch.addUpdateMetadata(this.context.liveOrShuttingDownBrokerIds, [partition]);
        }
        partition.replicaStates.set(brokerId, 'OfflineReplica');
      }
    }
  }

  /** @returns the partitions whose ISR is without the broker now (or it is the last member, who stays) */
  private async leaveIsr(
    brokerId: number,
    partitions: readonly ControlledPartition[],
  ): Promise<Set<ControlledPartition>> {
    const settled = new Set(partitions);
    let remaining = partitions;
    for (let again = false; remaining.length > 0; again = true) {
      if (again) remaining = await this.reread(remaining, settled);
      const byKey = new Map(remaining.map((one) => [one.key, one]));
      const writes = remaining.flatMap((one): PartitionWithState[] => {
        const next = one.leadership === undefined ? undefined : withoutReplica(one.leadership, brokerId);
        if (next === undefined) return [];
        const state = { ...next, controllerEpoch: this.context.fence.epoch };
        return [{ topic: one.topic.name, partition: one.partition, state }];
      });
      const { written, conflicts, failed } = await this.topics.updateStates(writes, this.context.fence);
      const find = ({ topic, partition }: PartitionWithState): ControlledPartition | undefined =>
        byKey.get(topicPartitionKey(topic, partition));
      for (const write of written) {
        const one = find(write);
        if (one !== undefined) one.leadership = write.state;
      }
      for (const write of failed) {
        const one = find(write);
        if (one !== undefined) settled.delete(one);
        this.logger.error(`replica ${brokerId} stays in the ISR of ${write.topic}-${write.partition}: ${write.error}`);
      }
      remaining = conflicts.map(find).filter((one) => one !== undefined);
    }
    return settled;
  }

  private async reread(
    partitions: readonly ControlledPartition[],
    settled: Set<ControlledPartition>,
  ): Promise<ControlledPartition[]> {
    const states = await this.topics.states(
      partitions.map((one) => ({ topic: one.topic.name, partition: one.partition })),
    );
    return partitions.filter((one) => {
      const state = states.get(one.key);
      if (state === undefined) {
        settled.delete(one);
        this.logger.error(`no state in ZooKeeper for ${one.key}`);
        return false;
      }
      one.leadership = state;
      return true;
    });
  }

  private isValid(replica: Replica, target: ReplicaState): boolean {
    const state = replicaState(replica);
    const valid = PREVIOUS[target].includes(state);
    if (!valid) {
      this.logger.error(`replica ${replica.brokerId} of ${replica.partition.key} cannot go from ${state} to ${target}`);
    }
    return valid;
  }
}
