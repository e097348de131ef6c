import { invariant } from '../../common/invariant.js';
import type { Logger } from '../../platform/logger.js';
import type { PartitionWithState, TopicStore } from '../../zookeeper/topic-store.js';
import type { PartitionStateZNode } from '../../zookeeper/znodes/topic-znodes.js';
import {
  electForReassignment,
  electForShutdown,
  electOffline,
  electPreferred,
  initialLeaderAndIsr,
} from '../election.js';
import type { ControlledPartition, ControllerContext, PartitionState } from './controller-context.js';
import type { ControlRequestBatch } from './control-request-batch.js';

/** How to find a leader for a partition that has or had one. */
export type LeaderElection =
  | { readonly type: 'offline'; readonly allowUnclean: boolean }
  | { readonly type: 'preferred' }
  | { readonly type: 'reassignment' }
  | { readonly type: 'controlled-shutdown' };

/** Whether a topic's own configuration, or else the broker's, allows unclean elections. */
export type UncleanElectionAllowed = (topics: ReadonlySet<string>) => Promise<ReadonlyMap<string, boolean>>;

const PREVIOUS: Readonly<Record<PartitionState, readonly PartitionState[]>> = {
  NewPartition: ['NonExistentPartition'],
  OnlinePartition: ['NewPartition', 'OnlinePartition', 'OfflinePartition'],
  OfflinePartition: ['NewPartition', 'OnlinePartition', 'OfflinePartition'],
  NonExistentPartition: ['OfflinePartition'],
};

/**
 * Moves partitions between their states; going online means finding a leader and writing it to ZooKeeper first.
 * Source: kafka.controller.ZkPartitionStateMachine, 3.9
 */
export class PartitionStateMachine {
  private readonly context: ControllerContext;
  private readonly topics: TopicStore;
  private readonly batch: ControlRequestBatch;
  private readonly uncleanAllowed: UncleanElectionAllowed;
  private readonly logger: Logger;

  constructor(
    context: ControllerContext,
    topics: TopicStore,
    batch: ControlRequestBatch,
    uncleanAllowed: UncleanElectionAllowed,
    logger: Logger,
  ) {
    this.context = context;
    this.topics = topics;
    this.batch = batch;
    this.uncleanAllowed = uncleanAllowed;
    this.logger = logger;
  }

  /** First states after an election of controllers, then an attempt to bring all online. */
  async startup(): Promise<void> {
    for (const partition of this.context.allPartitions()) {
      const { leadership } = partition;
      if (leadership === undefined) this.context.setPartitionState(partition, 'NewPartition');
      else {
        const online = this.context.isReplicaOnline(leadership.leader, partition);
        this.context.setPartitionState(partition, online ? 'OnlinePartition' : 'OfflinePartition');
      }
    }
    await this.bringOnline();
  }

  /** Elects leaders for all offline and new partitions, where one is to be had. */
  async bringOnline(): Promise<void> {
    await this.change(this.context.partitionsToBringOnline(), 'OnlinePartition', {
      type: 'offline',
      allowUnclean: false,
    });
  }

  /** Without election: nothing is written and nobody is told. */
  mark(partitions: readonly ControlledPartition[], target: Exclude<PartitionState, 'OnlinePartition'>): void {
    for (const partition of this.valid(partitions, target)) this.context.setPartitionState(partition, target);
  }

  /**
   * Brings partitions online and tells the brokers.
   * @returns those that failed, with the reason
   */
  async change(
    partitions: readonly ControlledPartition[],
    target: 'OnlinePartition',
    election: LeaderElection,
  ): Promise<Map<ControlledPartition, string>> {
    const failed = new Map<ControlledPartition, string>();
    const valid = this.valid(partitions, target);
    const fresh = valid.filter(({ state }) => state === 'NewPartition');
    const known = valid.filter(({ state }) => state !== 'NewPartition');
    if (fresh.length > 0) await this.initialize(fresh, failed);
    if (known.length > 0) await this.elect(known, election, failed);
    this.batch.send();
    for (const [{ key }, reason] of failed) this.logger.warn(`${key} did not come online: ${reason}`);
    return failed;
  }

  private async initialize(
    partitions: readonly ControlledPartition[],
    failed: Map<ControlledPartition, string>,
  ): Promise<void> {
    const { fence } = this.context;
    const writes: (PartitionWithState & { one: ControlledPartition })[] = [];
    for (const one of partitions) {
      const first = initialLeaderAndIsr(one.assignment.replicas, (id) => this.context.isReplicaOnline(id, one));
      if (first === undefined) failed.set(one, `none of its replicas [${one.assignment.replicas.join(',')}] is live`);
      else {
        const state = { ...first, controllerEpoch: fence.epoch };
        writes.push({ topic: one.topic.name, partition: one.partition, state, one });
      }
    }
    const { written, conflicts, failed: refused } = await this.topics.createStates(writes, fence);
    for (const write of written) {
      const one = this.partitionOf(write);
      one.leadership = write.state;
      this.context.setPartitionState(one, 'OnlinePartition');
      this.batch.addLeaderAndIsr(write.state.isr, one, true);
    }
    for (const write of conflicts) failed.set(this.partitionOf(write), 'its state is in ZooKeeper already');
    for (const write of refused) failed.set(this.partitionOf(write), `ZooKeeper refused its state: ${write.error}`);
  }

  /**
   * Differs: Apache Kafka reads every state before it decides. Here the state that this controller wrote or read last is
   * decided on, and the write is refused if another one stands (a leader may write it below IBP 2.7): then it is read again.
   */
  private async elect(
    partitions: readonly ControlledPartition[],
    election: LeaderElection,
    failed: Map<ControlledPartition, string>,
  ): Promise<void> {
    const unclean = await this.uncleanTopics(partitions, election);
    let remaining = partitions;
    for (let again = false; remaining.length > 0; again = true) {
      if (again) remaining = await this.reread(remaining, failed);
      const writes: PartitionWithState[] = [];
      for (const one of remaining) {
        const next = this.decide(one, election, unclean.has(one.topic.name));
        if (next === undefined) failed.set(one, `no replica is eligible by ${election.type} election`);
        else writes.push({ topic: one.topic.name, partition: one.partition, state: next });
      }
      const outcome = await this.topics.updateStates(writes, this.context.fence);
      for (const write of outcome.written) {
        const one = this.partitionOf(write);
        one.leadership = write.state;
        this.context.setPartitionState(one, 'OnlinePartition');
        this.batch.addLeaderAndIsr(this.recipients(one, election), one, false);
      }
      for (const write of outcome.failed) failed.set(this.partitionOf(write), `ZooKeeper refused: ${write.error}`);
      remaining = outcome.conflicts.map((write) => this.partitionOf(write));
    }
  }

  private decide(
    one: ControlledPartition,
    election: LeaderElection,
    unclean: boolean,
  ): PartitionStateZNode | undefined {
    if (one.leadership === undefined) return undefined;
    const { context } = this;
    const current = { ...one.leadership, controllerEpoch: context.fence.epoch };
    const { replicas, removingReplicas } = one.assignment;
    const isOnline = (id: number): boolean => context.isReplicaOnline(id, one);
    switch (election.type) {
      case 'offline':
        return electOffline(current, replicas, isOnline, unclean);
      case 'preferred':
        return electPreferred(current, replicas, isOnline);
      case 'reassignment':
        return electForReassignment(
          current,
          replicas.filter((id) => !removingReplicas.includes(id)),
          isOnline,
        );
      case 'controlled-shutdown':
        return electForShutdown(
          current,
          replicas,
          (id) => context.isReplicaOnline(id, one, true),
          (id) => context.shuttingDownBrokerIds.has(id),
        );
    }
  }

  /** Who has to be told of the new leader. Source: the `liveReplicas` of kafka.controller.ElectionResult, 3.9 */
  private recipients(one: ControlledPartition, election: LeaderElection): number[] {
    const { replicas, removingReplicas } = one.assignment;
    if (election.type === 'preferred') return [...replicas];
    if (election.type === 'reassignment') return replicas.filter((id) => !removingReplicas.includes(id));
    const shuttingDownToo = election.type === 'controlled-shutdown';
    return replicas.filter((id) => this.context.isReplicaOnline(id, one, shuttingDownToo));
  }

  /** Topics whose partitions may get a leader from outside the ISR. Configs are read only where it matters. */
  private async uncleanTopics(
    partitions: readonly ControlledPartition[],
    election: LeaderElection,
  ): Promise<ReadonlySet<string>> {
    if (election.type !== 'offline') return new Set();
    if (election.allowUnclean) return new Set(partitions.map(({ topic }) => topic.name));
    const stuck = partitions.filter(
      (one) => one.leadership?.isr.some((id) => this.context.isReplicaOnline(id, one)) !== true,
    );
    if (stuck.length === 0) return new Set();
    const allowed = await this.uncleanAllowed(new Set(stuck.map(({ topic }) => topic.name)));
    return new Set([...allowed].filter(([, yes]) => yes).map(([topic]) => topic));
  }

  private async reread(
    partitions: readonly ControlledPartition[],
    failed: Map<ControlledPartition, string>,
  ): Promise<ControlledPartition[]> {
    const found = await this.topics.states(
      partitions.map((one) => ({ topic: one.topic.name, partition: one.partition })),
    );
    return partitions.filter((one) => {
      const state = found.get(one.key);
      if (state === undefined || state.controllerEpoch > this.context.fence.epoch) {
        failed.set(one, 'its state is gone, or was written by another controller');
        return false;
      }
      one.leadership = state;
      return true;
    });
  }

  private valid(partitions: readonly ControlledPartition[], target: PartitionState): ControlledPartition[] {
    return partitions.filter((partition) => {
      const valid = PREVIOUS[target].includes(partition.state);
      if (!valid) this.logger.error(`partition ${partition.key} cannot go from ${partition.state} to ${target}`);
      return valid;
    });
  }

  private partitionOf(write: PartitionWithState): ControlledPartition {
    const one = this.context.partition(write.topic, write.partition);
    invariant(one !== undefined, 'a partition was written that the controller does not know', { ...write });
    return one;
  }
}
