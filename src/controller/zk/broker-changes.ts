import { KafkaError } from '../../common/errors.js';
import type { TopicPartition } from '../../common/topic-partition.js';
import type { Logger } from '../../platform/logger.js';
import type { LiveBroker } from '../../zookeeper/broker-store.js';
import type { KafkaZkClient } from '../../zookeeper/kafka-zk-client.js';
import type { ControlRequestBatch } from './control-request-batch.js';
import type { ControllerChannel } from './controller-channel.js';
import { coordinates, type ControllerContext, type Replica } from './controller-context.js';
import type { ControllerWatches } from './controller-watches.js';
import type { PartitionStateMachine } from './partition-state-machine.js';
import type { ReignParts } from './reign-parts.js';
import type { ReplicaStateMachine } from './replica-state-machine.js';
import type { TopicDeletion } from './topic-deletion.js';

/** Broker ids, ascending. */
export interface BrokerChange {
  readonly added: readonly number[];
  /** Came back under another epoch before its going was noticed. */
  readonly bounced: readonly number[];
  readonly dead: readonly number[];
}

/**
 * What changed among the brokers.
 * Source: kafka.controller.KafkaController.processBrokerChange, 3.9
 */
export function planBrokerChange(context: ControllerContext, found: ReadonlyMap<number, LiveBroker>): BrokerChange {
  const known = context.liveOrShuttingDownBrokerIds;
  const ascending = (ids: number[]): number[] => ids.sort((a, b) => a - b);
  return {
    added: ascending([...found.keys()].filter((id) => context.brokerEpoch(id) === undefined)),
    bounced: ascending(known.filter((id) => (found.get(id)?.epoch ?? -1) > (context.brokerEpoch(id) ?? 0))),
    dead: ascending(known.filter((id) => !found.has(id))),
  };
}

/** Brokers that come, go, change and shut down, and what that means for the partitions they hold. */
export class BrokerChanges {
  private readonly context: ControllerContext;
  private readonly zk: KafkaZkClient;
  private readonly channel: ControllerChannel;
  private readonly batch: ControlRequestBatch;
  private readonly partitions: PartitionStateMachine;
  private readonly replicas: ReplicaStateMachine;
  private readonly deletion: TopicDeletion;
  private readonly watches: ControllerWatches;
  private readonly logger: Logger;

  constructor(parts: ReignParts) {
    this.context = parts.context;
    this.zk = parts.zk;
    this.channel = parts.channel;
    this.batch = parts.batch;
    this.partitions = parts.partitions;
    this.replicas = parts.replicas;
    this.deletion = parts.deletion;
    this.watches = parts.watches;
    this.logger = parts.logger;
  }

  async onBrokerChange(): Promise<void> {
    const found = await this.zk.brokers.liveBrokers();
    const { added, bounced, dead } = planBrokerChange(this.context, found);
    this.logger.info(
      `Newly added brokers: ${added.join(',')}, deleted brokers: ${dead.join(',')}, bounced brokers: ${bounced.join(',')}, all live brokers: ${[...found.keys()].join(',')}`,
    );
    for (const id of [...added, ...bounced]) {
      const live = found.get(id);
      if (live !== undefined) this.channel.addBroker(live);
    }
    for (const id of dead) this.channel.removeBroker(id);
    const enter = (ids: readonly number[]): void => {
      for (const live of ids.map((id) => found.get(id))) if (live !== undefined) this.context.setLiveBroker(live);
    };
    if (added.length > 0) {
      enter(added);
      await this.onBrokerStartup(added);
    }
    if (bounced.length > 0) {
      for (const id of bounced) this.context.removeLiveBroker(id);
      await this.onBrokerFailure(bounced);
      enter(bounced);
      await this.onBrokerStartup(bounced);
    }
    if (dead.length > 0) {
      for (const id of dead) this.context.removeLiveBroker(id);
      await this.onBrokerFailure(dead);
    }
  }

  /** Source: kafka.controller.KafkaController.onBrokerStartup, 3.9 */
  private async onBrokerStartup(ids: readonly number[]): Promise<void> {
    const { context } = this;
    for (const id of ids) context.setOfflineDirs(id, new Set());
    this.batch.addUpdateMetadata(
      context.liveOrShuttingDownBrokerIds.filter((id) => !ids.includes(id)),
      [],
    );
    this.batch.send();
    this.batch.addUpdateMetadata(ids, context.allPartitions());
    this.batch.send();
    const replicas = ids.flatMap((id) => context.replicasOnBroker(id));
    await this.replicas.change(replicas, 'OnlineReplica');
    await this.partitions.bringOnline();
    const deleted = replicas.filter(({ partition }) => context.isBeingDeleted(partition));
    if (deleted.length > 0)
      await this.deletion.resumeTopics(new Set(deleted.map(({ partition }) => partition.topic.name)));
    for (const id of ids) this.watches.addBroker(id);
    await Promise.all(ids.map((id) => this.zk.brokers.watchBroker(id)));
  }

  /** Source: kafka.controller.KafkaController.onBrokerFailure, 3.9 */
  private async onBrokerFailure(ids: readonly number[]): Promise<void> {
    this.logger.info(`Broker failure callback for ${ids.join(',')}`);
    for (const id of ids) {
      this.context.setOfflineDirs(id, new Set());
      this.context.shuttingDownBrokerIds.delete(id);
      this.watches.forgetBroker(id);
    }
    await this.onReplicasOffline(ids.flatMap((id) => this.context.replicasOnBroker(id)));
  }

  /**
   * Replicas cannot be reached: their broker is gone, or their log directory.
   * Source: kafka.controller.KafkaController.onReplicasBecomeOffline, 3.9
   */
  async onReplicasOffline(replicas: readonly Replica[]): Promise<void> {
    const deleted = replicas.filter(({ partition }) => this.context.isBeingDeleted(partition));
    const kept = replicas.filter(({ partition }) => !this.context.isBeingDeleted(partition));
    const leaderless = this.context.partitionsWithOfflineLeader();
    this.partitions.mark(leaderless, 'OfflinePartition');
    await this.partitions.bringOnline();
    await this.replicas.change(kept, 'OfflineReplica');
    if (deleted.length > 0) await this.deletion.failReplicas(deleted);
    if (leaderless.length === 0) this.batch.tellEverybody([]);
  }

  /** A live broker has changed what it says of itself. Our line to it stays as it is, with what waits there. */
  async onBrokerModification(id: number): Promise<void> {
    const found = await this.zk.brokers.liveBroker(id);
    const known = this.context.liveOrShuttingDownBroker(id);
    if (found === undefined || known === undefined) return;
    if (JSON.stringify(found.broker.endpoints) === JSON.stringify(known.broker.endpoints)) return;
    this.context.setLiveBroker({ broker: found.broker, epoch: known.epoch });
    this.batch.tellEverybody([]);
  }

  /**
   * A broker is about to stop: moves the leadership it has, and takes it out of the ISRs where it follows.
   * @returns partitions with other replicas that it still leads
   * @throws KafkaError STALE_BROKER_EPOCH, BROKER_NOT_AVAILABLE
   * Source: kafka.controller.KafkaController.doControlledShutdown, 3.9
   */
  async controlledShutdown(id: number, brokerEpoch: number): Promise<TopicPartition[]> {
    const { context } = this;
    const known = context.brokerEpoch(id);
    // As Apache's, which fails to look the epoch of an unknown broker up.
    if (brokerEpoch !== -1 && known === undefined) throw new KafkaError('UNKNOWN_SERVER_ERROR', `key not found: ${id}`);
    if (brokerEpoch !== -1 && known !== undefined && brokerEpoch < known) {
      throw new KafkaError(
        'STALE_BROKER_EPOCH',
        `Received stale broker epoch ${brokerEpoch} for broker ${id}, the current one is ${known}`,
      );
    }
    if (known === undefined) throw new KafkaError('BROKER_NOT_AVAILABLE', `Broker id ${id} does not exist.`);
    this.logger.info(`Shutting down broker ${id}`);
    context.shuttingDownBrokerIds.add(id);
    const affected = context
      .partitionsOnBroker(id)
      .filter(
        (one) => one.assignment.replicas.length > 1 && one.leadership !== undefined && !context.isBeingDeleted(one),
      );
    const led = affected.filter(({ leadership }) => leadership?.leader === id);
    const followed = affected.filter(({ leadership }) => leadership?.leader !== id);
    await this.partitions.change(led, 'OnlinePartition', { type: 'controlled-shutdown' });
    for (const partition of followed) this.batch.addStopReplica([id], partition, false);
    this.batch.send();
    await this.replicas.change(
      followed.map((partition) => ({ partition, brokerId: id })),
      'OfflineReplica',
    );
    return affected.filter(({ leadership }) => leadership?.leader === id).map(coordinates);
  }
}
