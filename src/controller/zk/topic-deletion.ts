import type { Logger } from '../../platform/logger.js';
import type { TopicStore } from '../../zookeeper/topic-store.js';
import {
  replicasOfTopic,
  replicaState,
  type ControlledTopic,
  type ControllerContext,
  type Replica,
} from './controller-context.js';
import type { ControlRequestBatch } from './control-request-batch.js';
import type { PartitionStateMachine } from './partition-state-machine.js';
import type { ReplicaStateMachine } from './replica-state-machine.js';

/**
 * Deletes topics: every replica is stopped and deleted by its broker first, then the znodes go, bottom up. A topic with a
 * replica that is offline, or that is being reassigned, waits until that is over; a failed replica is tried again.
 * Source: kafka.controller.TopicDeletionManager, 3.9
 */
export class TopicDeletion {
  private readonly context: ControllerContext;
  private readonly topics: TopicStore;
  private readonly partitions: PartitionStateMachine;
  private readonly replicas: ReplicaStateMachine;
  private readonly batch: ControlRequestBatch;
  private readonly onDeleted: (topic: string) => void;
  private readonly logger: Logger;

  /** `onDeleted` is called before the topic's znodes go: nobody needs its watch any more. */
  constructor(
    context: ControllerContext,
    topics: TopicStore,
    machines: {
      readonly partitions: PartitionStateMachine;
      readonly replicas: ReplicaStateMachine;
      readonly batch: ControlRequestBatch;
    },
    onDeleted: (topic: string) => void,
    logger: Logger,
  ) {
    this.context = context;
    this.topics = topics;
    this.partitions = machines.partitions;
    this.replicas = machines.replicas;
    this.batch = machines.batch;
    this.onDeleted = onDeleted;
    this.logger = logger;
  }

  /** After an election of controllers: what was marked before, and what of it cannot go on now. */
  init(marked: Iterable<string>, ineligible: Iterable<string>): void {
    for (const topic of marked) this.context.topicsToBeDeleted.add(topic);
    for (const topic of ineligible) this.markIneligible([topic], 'an offline replica or a reassignment');
  }

  async enqueue(topics: Iterable<string>): Promise<void> {
    for (const topic of topics) this.context.topicsToBeDeleted.add(topic);
    await this.resume();
  }

  /** What made these topics wait is over. */
  async resumeTopics(topics: Iterable<string>): Promise<void> {
    for (const topic of topics) this.context.topicsIneligibleForDeletion.delete(topic);
    await this.resume();
  }

  markIneligible(topics: Iterable<string>, reason: string): void {
    for (const topic of topics) {
      if (!this.context.topicsToBeDeleted.has(topic)) continue;
      this.context.topicsIneligibleForDeletion.add(topic);
      this.logger.info(`Halted deletion of topic ${topic} due to ${reason}`);
    }
  }

  /** A broker died, or answered with an error: its replicas wait, and so do their topics. */
  async failReplicas(replicas: readonly Replica[]): Promise<void> {
    const failed = replicas.filter(({ partition }) => this.context.isBeingDeleted(partition));
    if (failed.length === 0) return;
    await this.replicas.change(failed, 'ReplicaDeletionIneligible');
    this.markIneligible(new Set(failed.map(({ partition }) => partition.topic.name)), 'replica deletion failure');
    await this.resume();
  }

  /** A broker has deleted these replicas. */
  async completeReplicas(replicas: readonly Replica[]): Promise<void> {
    const done = replicas.filter(({ partition }) => this.context.isBeingDeleted(partition));
    await this.replicas.change(done, 'ReplicaDeletionSuccessful');
    await this.resume();
  }

  /** Goes on with every topic that can go on. */
  async resume(): Promise<void> {
    const eligible: ControlledTopic[] = [];
    for (const name of [...this.context.topicsToBeDeleted]) {
      const topic = this.context.topics.get(name);
      if (topic === undefined) {
        this.context.topicsToBeDeleted.delete(name);
        continue;
      }
      const states = new Set(replicasOfTopic(topic).map(replicaState));
      if (states.size === 1 && states.has('ReplicaDeletionSuccessful')) {
        await this.complete(topic);
        continue;
      }
      if (!states.has('ReplicaDeletionStarted') && states.has('ReplicaDeletionIneligible')) {
        const failed = replicasOfTopic(topic).filter(
          (replica) => replicaState(replica) === 'ReplicaDeletionIneligible',
        );
        await this.replicas.change(failed, 'OfflineReplica');
      }
      const inProgress = states.has('ReplicaDeletionStarted');
      if (!inProgress && !this.context.topicsIneligibleForDeletion.has(name)) eligible.push(topic);
    }
    if (eligible.length > 0) await this.begin(eligible);
  }

  /** Tells everybody that the topics go, then makes their live replicas stop and delete. */
  private async begin(topics: readonly ControlledTopic[]): Promise<void> {
    const fresh = topics.filter(({ name }) => !this.context.topicsWithDeletionStarted.has(name));
    const partitions = fresh.flatMap((topic) => [...topic.partitions.values()]);
    this.partitions.mark(partitions, 'OfflinePartition');
    this.partitions.mark(partitions, 'NonExistentPartition');
    for (const { name } of fresh) this.context.topicsWithDeletionStarted.add(name);
    this.batch.addUpdateMetadata(
      this.context.liveOrShuttingDownBrokerIds,
      topics.flatMap((topic) => [...topic.partitions.values()]),
    );
    this.batch.send();

    const all = topics.flatMap(replicasOfTopic);
    const isOnline = ({ brokerId, partition }: Replica): boolean => this.context.isReplicaOnline(brokerId, partition);
    const dead = all.filter((replica) => !isOnline(replica));
    const alive = all.filter((replica) => isOnline(replica) && replicaState(replica) !== 'ReplicaDeletionSuccessful');
    await this.replicas.change(
      dead.filter((replica) => replicaState(replica) !== 'ReplicaDeletionIneligible'),
      'ReplicaDeletionIneligible',
    );
    await this.replicas.change(alive, 'OfflineReplica');
    await this.replicas.change(alive, 'ReplicaDeletionStarted');
    this.markIneligible(new Set(dead.map(({ partition }) => partition.topic.name)), 'offline replicas');
  }

  private async complete(topic: ControlledTopic): Promise<void> {
    this.onDeleted(topic.name);
    await this.replicas.change(replicasOfTopic(topic), 'NonExistentReplica');
    await this.topics.deleteTopic(topic.name, this.context.fence);
    this.context.removeTopic(topic.name);
    this.logger.info(`Deletion of topic ${topic.name} successfully completed`);
  }
}
