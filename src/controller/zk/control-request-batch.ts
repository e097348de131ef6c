import { ZERO_UUID } from '../../common/uuid.js';
import { LEADER_DURING_DELETE } from '../election.js';
import { MetadataContent, type LeaderAndIsrEntry, type MetadataEntry, type StopEntry } from './control-batch.js';
import type { ControlledPartition, ControllerContext } from './controller-context.js';
import type { ControllerChannel } from './controller-channel.js';

/** StopReplica without a known leader epoch. */
const NO_EPOCH = -1;

/**
 * Collects what one change means for each broker, then hands every broker its share.
 * Source: kafka.controller.AbstractControllerBrokerRequestBatch, 3.9
 */
export class ControlRequestBatch {
  private readonly context: ControllerContext;
  private readonly channel: ControllerChannel;
  private leaderAndIsr = new Map<number, Map<string, LeaderAndIsrEntry>>();
  private stop = new Map<number, Map<string, StopEntry>>();
  private metadata = new Map<string, MetadataEntry>();
  private metadataBrokers = new Set<number>();

  constructor(context: ControllerContext, channel: ControllerChannel) {
    this.context = context;
    this.channel = channel;
  }

  /** Tells the brokers to lead or follow, and all brokers what leadership there is now. The partition must have one. */
  addLeaderAndIsr(brokerIds: readonly number[], partition: ControlledPartition, isNew: boolean): void {
    const { leadership, assignment, topic } = partition;
    if (leadership === undefined) return;
    for (const id of brokerIds) {
      const entries = entriesOf(this.leaderAndIsr, id);
      const state = {
        topicName: topic.name,
        partitionIndex: partition.partition,
        controllerEpoch: leadership.controllerEpoch,
        leader: leadership.leader,
        leaderEpoch: leadership.leaderEpoch,
        isr: [...leadership.isr],
        partitionEpoch: leadership.partitionEpoch,
        replicas: [...assignment.replicas],
        addingReplicas: [...assignment.addingReplicas],
        removingReplicas: [...assignment.removingReplicas],
        isNew: isNew || entries.get(partition.key)?.state.isNew === true,
        leaderRecoveryState: leadership.recovering ? 1 : 0,
      };
      entries.set(partition.key, { topic: topic.name, topicId: topic.topicId ?? ZERO_UUID, state });
    }
    this.addUpdateMetadata(this.context.liveOrShuttingDownBrokerIds, [partition]);
  }

  addStopReplica(brokerIds: readonly number[], partition: ControlledPartition, deletePartition: boolean): void {
    const leaderEpoch = this.context.isBeingDeleted(partition)
      ? LEADER_DURING_DELETE
      : (partition.leadership?.leaderEpoch ?? NO_EPOCH);
    for (const id of brokerIds) {
      const entries = entriesOf(this.stop, id);
      const already = entries.get(partition.key)?.deletePartition === true;
      entries.set(partition.key, {
        topic: partition.topic.name,
        partition: partition.partition,
        leaderEpoch,
        deletePartition: deletePartition || already,
      });
    }
  }

  /** The brokers learn of the live brokers in any case. Partitions that never had a leader are left out. */
  addUpdateMetadata(brokerIds: readonly number[], partitions: Iterable<ControlledPartition>): void {
    for (const id of brokerIds) this.metadataBrokers.add(id);
    for (const partition of partitions) {
      const entry = metadataEntry(partition, this.context);
      if (entry !== undefined) this.metadata.set(partition.key, entry);
    }
  }

  /** The live brokers, and these partitions, to everybody, now. */
  tellEverybody(partitions: Iterable<ControlledPartition>): void {
    this.addUpdateMetadata(this.context.liveOrShuttingDownBrokerIds, partitions);
    this.send();
  }

  /** Hands over what was collected and starts anew. Brokers that are gone get nothing. */
  send(): void {
    const brokers = this.context.liveOrShuttingDownBrokers;
    const content = this.metadataBrokers.size === 0 ? undefined : new MetadataContent(this.metadata, brokers);
    for (const { id } of brokers) {
      const leaderAndIsr = this.leaderAndIsr.get(id) ?? new Map<string, LeaderAndIsrEntry>();
      const stop = this.stop.get(id) ?? new Map<string, StopEntry>();
      const metadata = this.metadataBrokers.has(id) ? content : undefined;
      if (leaderAndIsr.size === 0 && stop.size === 0 && metadata === undefined) continue;
      this.channel.enqueue(id, { leaderAndIsr, metadata, stop, brokers });
    }
    this.leaderAndIsr = new Map();
    this.stop = new Map();
    this.metadata = new Map();
    this.metadataBrokers = new Set();
  }
}

function entriesOf<T>(all: Map<number, Map<string, T>>, brokerId: number): Map<string, T> {
  const entries = all.get(brokerId) ?? new Map<string, T>();
  all.set(brokerId, entries);
  return entries;
}

function metadataEntry(partition: ControlledPartition, context: ControllerContext): MetadataEntry | undefined {
  const { leadership, topic, assignment } = partition;
  if (leadership === undefined) return undefined;
  const deleted = context.isBeingDeleted(partition);
  return {
    topic: topic.name,
    topicId: topic.topicId ?? ZERO_UUID,
    state: {
      topicName: topic.name,
      partitionIndex: partition.partition,
      controllerEpoch: leadership.controllerEpoch,
      leader: deleted ? LEADER_DURING_DELETE : leadership.leader,
      leaderEpoch: deleted ? 0 : leadership.leaderEpoch,
      isr: [...leadership.isr],
      zkVersion: deleted ? 0 : leadership.partitionEpoch,
      replicas: [...assignment.replicas],
      offlineReplicas: assignment.replicas.filter((id) => !context.isReplicaOnline(id, partition)),
    },
  };
}
