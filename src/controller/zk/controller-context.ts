import { topicPartitionKey, type TopicPartition } from '../../common/topic-partition.js';
import type { Uuid } from '../../common/uuid.js';
import type { LiveBroker } from '../../zookeeper/broker-store.js';
import type { ControllerFence } from '../../zookeeper/fence.js';
import type { BrokerZNode } from '../../zookeeper/znodes/cluster-znodes.js';
import type { PartitionStateZNode, ReplicaAssignment, TopicZNode } from '../../zookeeper/znodes/topic-znodes.js';

export type PartitionState = 'NonExistentPartition' | 'NewPartition' | 'OnlinePartition' | 'OfflinePartition';

export type ReplicaState =
  | 'NonExistentReplica'
  | 'NewReplica'
  | 'OnlineReplica'
  | 'OfflineReplica'
  | 'ReplicaDeletionStarted'
  | 'ReplicaDeletionSuccessful'
  | 'ReplicaDeletionIneligible';

/** A partition as the controller sees it. Changed only by {@link ControllerContext}. */
export interface ControlledPartition {
  readonly topic: ControlledTopic;
  readonly partition: number;
  /** topicPartitionKey. */
  readonly key: string;
  assignment: ReplicaAssignment;
  /** undefined until the first leader was written. */
  leadership: PartitionStateZNode | undefined;
  state: PartitionState;
  /** By broker id. */
  readonly replicaStates: Map<number, ReplicaState>;
}

export interface ControlledTopic {
  readonly name: string;
  topicId: Uuid | undefined;
  readonly partitions: Map<number, ControlledPartition>;
}

/** One replica of one partition. */
export interface Replica {
  readonly partition: ControlledPartition;
  readonly brokerId: number;
}

/**
 * What the active controller knows: brokers, topics, leadership, and where each partition and replica stands in its state
 * machine. Plain data with indexes, so that a broker's failure costs what that broker held, not what the cluster holds.
 * Source: kafka.controller.ControllerContext, 3.9
 */
export class ControllerContext {
  readonly fence: ControllerFence;
  readonly topics = new Map<string, ControlledTopic>();
  readonly shuttingDownBrokerIds = new Set<number>();
  readonly topicsToBeDeleted = new Set<string>();
  readonly topicsWithDeletionStarted = new Set<string>();
  readonly topicsIneligibleForDeletion = new Set<string>();
  private readonly brokers = new Map<number, LiveBroker>();
  private readonly topicNames = new Map<Uuid, string>();
  private readonly byBroker = new Map<number, Set<ControlledPartition>>();
  private readonly notOnline = new Set<ControlledPartition>();
  /** Replicas in failed log directories of live brokers. */
  private readonly offlineDirs = new Map<number, ReadonlySet<ControlledPartition>>();

  constructor(fence: ControllerFence) {
    this.fence = fence;
  }

  // ——— brokers

  setLiveBroker(live: LiveBroker): void {
    this.brokers.set(live.broker.id, live);
  }

  removeLiveBroker(id: number): void {
    this.brokers.delete(id);
  }

  get liveOrShuttingDownBrokers(): readonly BrokerZNode[] {
    return [...this.brokers.values()].map(({ broker }) => broker);
  }

  get liveOrShuttingDownBrokerIds(): number[] {
    return [...this.brokers.keys()];
  }

  liveOrShuttingDownBroker(id: number): LiveBroker | undefined {
    return this.brokers.get(id);
  }

  brokerEpoch(id: number): number | undefined {
    return this.brokers.get(id)?.epoch;
  }

  isLive(id: number): boolean {
    return this.brokers.has(id) && !this.shuttingDownBrokerIds.has(id);
  }

  isReplicaOnline(id: number, partition: ControlledPartition, includeShuttingDown = false): boolean {
    const brokerOnline = includeShuttingDown ? this.brokers.has(id) : this.isLive(id);
    return brokerOnline && this.offlineDirs.get(id)?.has(partition) !== true;
  }

  /** Replicas that a live broker has reported in failed directories. */
  offlineDirsOf(id: number): ReadonlySet<ControlledPartition> {
    return this.offlineDirs.get(id) ?? new Set();
  }

  setOfflineDirs(id: number, partitions: ReadonlySet<ControlledPartition>): void {
    if (partitions.size === 0) this.offlineDirs.delete(id);
    else this.offlineDirs.set(id, partitions);
  }

  // ——— topics and partitions

  /** Adds a topic, or the partitions that it did not have; returns those that are new. */
  addTopic(name: string, znode: TopicZNode): ControlledPartition[] {
    const topic = this.topics.get(name) ?? { name, topicId: undefined, partitions: new Map() };
    this.topics.set(name, topic);
    topic.topicId = znode.topicId;
    if (znode.topicId !== undefined) this.topicNames.set(znode.topicId, name);
    const added: ControlledPartition[] = [];
    for (const [partition, assignment] of znode.partitions) {
      if (topic.partitions.has(partition)) continue;
      const one: ControlledPartition = {
        topic,
        partition,
        key: topicPartitionKey(name, partition),
        assignment,
        leadership: undefined,
        state: 'NonExistentPartition',
        replicaStates: new Map(),
      };
      topic.partitions.set(partition, one);
      for (const id of assignment.replicas) this.index(id, one);
      added.push(one);
    }
    return added;
  }

  removeTopic(name: string): void {
    const topic = this.topics.get(name);
    if (topic === undefined) return;
    for (const partition of topic.partitions.values()) {
      for (const id of partition.assignment.replicas) this.byBroker.get(id)?.delete(partition);
      this.notOnline.delete(partition);
    }
    if (topic.topicId !== undefined) this.topicNames.delete(topic.topicId);
    this.topics.delete(name);
    this.topicsToBeDeleted.delete(name);
    this.topicsWithDeletionStarted.delete(name);
    this.topicsIneligibleForDeletion.delete(name);
  }

  setAssignment(partition: ControlledPartition, assignment: ReplicaAssignment): void {
    for (const id of partition.assignment.replicas) this.byBroker.get(id)?.delete(partition);
    partition.assignment = assignment;
    for (const id of assignment.replicas) this.index(id, partition);
  }

  topicName(topicId: Uuid): string | undefined {
    return this.topicNames.get(topicId);
  }

  partition(topic: string, partition: number): ControlledPartition | undefined {
    return this.topics.get(topic)?.partitions.get(partition);
  }

  *allPartitions(): Generator<ControlledPartition> {
    for (const topic of this.topics.values()) yield* topic.partitions.values();
  }

  partitionsOnBroker(id: number): ControlledPartition[] {
    return [...(this.byBroker.get(id) ?? [])];
  }

  replicasOnBroker(id: number): Replica[] {
    return this.partitionsOnBroker(id).map((partition) => ({ partition, brokerId: id }));
  }

  /** Partitions whose leader is not online, topics being deleted left out. */
  partitionsWithOfflineLeader(): ControlledPartition[] {
    const found: ControlledPartition[] = [];
    for (const [id, partitions] of this.byBroker) {
      if (this.isLive(id) && !this.offlineDirs.has(id)) continue;
      for (const partition of partitions) {
        const led = partition.leadership?.leader === id && !this.isReplicaOnline(id, partition);
        if (led && !this.isBeingDeleted(partition)) found.push(partition);
      }
    }
    for (const partition of this.notOnline) {
      if (partition.leadership?.leader === -1 && !this.isBeingDeleted(partition)) found.push(partition);
    }
    return found;
  }

  /** Offline and new partitions, topics being deleted left out: those an election may bring online. */
  partitionsToBringOnline(): ControlledPartition[] {
    return [...this.notOnline].filter((partition) => !this.isBeingDeleted(partition));
  }

  isBeingDeleted(partition: ControlledPartition): boolean {
    return this.topicsToBeDeleted.has(partition.topic.name);
  }

  setPartitionState(partition: ControlledPartition, state: PartitionState): void {
    partition.state = state;
    if (state === 'NewPartition' || state === 'OfflinePartition') this.notOnline.add(partition);
    else this.notOnline.delete(partition);
  }

  private index(id: number, partition: ControlledPartition): void {
    const partitions = this.byBroker.get(id) ?? new Set();
    partitions.add(partition);
    this.byBroker.set(id, partitions);
  }
}

/** Its name for ZooKeeper and the wire. */
export function coordinates(one: ControlledPartition): TopicPartition {
  return { topic: one.topic.name, partition: one.partition };
}

/** A replica's state; one that was never seen does not exist. */
export function replicaState(replica: Replica): ReplicaState {
  return replica.partition.replicaStates.get(replica.brokerId) ?? 'NonExistentReplica';
}

export function replicasOf(partition: ControlledPartition): Replica[] {
  return partition.assignment.replicas.map((brokerId) => ({ partition, brokerId }));
}

export function replicasOfTopic(topic: ControlledTopic): Replica[] {
  return [...topic.partitions.values()].flatMap(replicasOf);
}
