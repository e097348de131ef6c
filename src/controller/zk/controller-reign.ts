import { KafkaError } from '../../common/errors.js';
import { topicPartitionKey, type TopicPartition } from '../../common/topic-partition.js';
import { uuidFromBytes } from '../../common/uuid.js';
import type { Logger } from '../../platform/logger.js';
import { randomUuid, type Random } from '../../platform/random.js';
import type { Time } from '../../platform/time.js';
import { errorCode, NONE } from '../../protocol/error-codes.js';
import type { AlterPartitionRequest } from '../../protocol/messages/alter-partition-request.js';
import type { AlterPartitionResponse } from '../../protocol/messages/alter-partition-response.js';
import type { LeaderAndIsrResponse } from '../../protocol/messages/leader-and-isr-response.js';
import type { StopReplicaResponse } from '../../protocol/messages/stop-replica-response.js';
import type { ControllerFence } from '../../zookeeper/fence.js';
import type { KafkaZkClient } from '../../zookeeper/kafka-zk-client.js';
import type { ProducerIdBlockZNode } from '../../zookeeper/znodes/cluster-znodes.js';
import {
  ISR_CHANGE_NOTIFICATION,
  LOG_DIR_EVENT_NOTIFICATION,
  PREFERRED_REPLICA_ELECTION,
  REASSIGN_PARTITIONS,
} from '../../zookeeper/znodes/paths.js';
import type { TopicZNode } from '../../zookeeper/znodes/topic-znodes.js';
import { electPreferred } from '../election.js';
import { partitionsToRebalance } from '../leader-balancer.js';
import { answerAlterPartition, planAlterPartition, type AlterPartitionPlan } from './alter-partition.js';
import { planBrokerChange } from './broker-change.js';
import { ControlRequestBatch } from './control-request-batch.js';
import { ControllerChannel, type ControllerChannelSender } from './controller-channel.js';
import { ControllerContext, replicasOf, type ControlledPartition, type Replica } from './controller-context.js';
import { ControllerWatches, type ControllerEvents } from './controller-watches.js';
import { PartitionStateMachine } from './partition-state-machine.js';
import { ReplicaStateMachine } from './replica-state-machine.js';
import { TopicDeletion } from './topic-deletion.js';

export interface ControllerConfig {
  readonly brokerId: number;
  /** inter.broker.listener.name, upper case. */
  readonly interBrokerListener: string;
  /** unclean.leader.election.enable, for topics without their own. */
  readonly uncleanLeaderElection: boolean;
  /** delete.topic.enable */
  readonly deleteTopics: boolean;
  /** leader.imbalance.per.broker.percentage */
  readonly leaderImbalancePercent: number;
}

export interface ControllerWorld {
  readonly time: Time;
  readonly random: Random;
  readonly logger: Logger;
  readonly send: ControllerChannelSender;
}

/**
 * All that one elected controller knows and does, from its election to its resignation. Its methods are the events of the
 * controller's queue: one runs at a time. Each reads ZooKeeper, decides, writes behind the fence, and tells the brokers.
 * A write that meets a newer controller throws STALE_CONTROLLER_EPOCH, and whoever holds the queue ends this reign.
 * Source: kafka.controller.KafkaController, 3.9
 */
export class ControllerReign {
  readonly context: ControllerContext;
  private readonly config: ControllerConfig;
  private readonly zk: KafkaZkClient;
  private readonly random: Random;
  private readonly logger: Logger;
  private readonly channel: ControllerChannel;
  private readonly batch: ControlRequestBatch;
  private readonly partitions: PartitionStateMachine;
  private readonly replicas: ReplicaStateMachine;
  private readonly deletion: TopicDeletion;
  private readonly watches: ControllerWatches;
  private ready = false;

  constructor(
    fence: ControllerFence,
    config: ControllerConfig,
    zk: KafkaZkClient,
    world: ControllerWorld,
    events: ControllerEvents,
  ) {
    const { logger } = world;
    this.config = config;
    this.zk = zk;
    this.random = world.random;
    this.logger = logger;
    const context = new ControllerContext(fence);
    this.context = context;
    const identity = { controllerId: config.brokerId, controllerEpoch: fence.epoch };
    this.channel = new ControllerChannel(identity, config, world, events);
    this.batch = new ControlRequestBatch(context, this.channel);
    this.watches = new ControllerWatches(zk.watches, events);
    this.partitions = new PartitionStateMachine(
      context,
      zk.topics,
      this.batch,
      (topics) => this.uncleanElectionAllowed(topics),
      logger,
    );
    this.replicas = new ReplicaStateMachine(context, zk.topics, this.batch, logger);
    this.deletion = new TopicDeletion(
      context,
      zk.topics,
      { partitions: this.partitions, replicas: this.replicas, batch: this.batch },
      (topic) => {
        this.watches.forgetTopic(topic);
      },
      logger,
    );
  }

  /**
   * Takes over: watches first, so that no change after the reading is missed; then reads the cluster; then tells everybody
   * who lives before anybody is told to lead; then lets both state machines put in order what the old controller left.
   * Source: kafka.controller.KafkaController.onControllerFailover, 3.9
   */
  async begin(): Promise<void> {
    await this.zk.controller.ensureFeatureZNode();
    this.watches.start();
    const { notifications } = this.zk;
    const { fence } = this.context;
    for (const folder of [LOG_DIR_EVENT_NOTIFICATION, ISR_CHANGE_NOTIFICATION] as const) {
      await notifications.remove(folder, await notifications.names(folder), fence);
    }
    await this.load();
    const marked = (await this.zk.topics.deletions()).filter((topic) => this.context.topics.has(topic));
    if (this.config.deleteTopics)
      this.deletion.init(
        marked,
        marked.filter((topic) => this.hasOfflineReplica(topic)),
      );
    this.tellEverybody([]);
    await this.replicas.startup();
    await this.partitions.startup();
    this.ready = true;
    this.logger.info(`Ready to serve as the new controller with epoch ${fence.epoch}`);
    await this.onTopicDeletion();
    await this.onPreferredElection();
    await this.onReassignmentRequest();
  }

  /** False until what the old controller left has been put in order. */
  get isReady(): boolean {
    return this.ready;
  }

  /** Nothing is sent or heard after this. */
  end(): void {
    this.watches.stop();
    this.channel.close();
  }

  /** Stops speaking to the brokers at once, also in the middle of an event that waits for ZooKeeper. */
  fallSilent(): void {
    this.channel.close();
  }

  private async load(): Promise<void> {
    const { brokers, topics } = this.zk;
    for (const live of (await brokers.liveBrokers()).values()) {
      this.context.setLiveBroker(live);
      this.channel.addBroker(live);
      this.watches.addBroker(live.broker.id);
    }
    await Promise.all(this.context.liveOrShuttingDownBrokerIds.map((id) => brokers.watchBroker(id)));
    const names = await topics.names();
    for (const name of names) this.watches.addTopic(name);
    await this.addTopics(await topics.assignments(names));
    const all = [...this.context.allPartitions()];
    const states = await topics.states(all.map(coordinates));
    for (const partition of all) partition.leadership = states.get(partition.key);
    this.logger.info(
      `Initialized broker epochs cache: ${this.context.liveOrShuttingDownBrokerIds.join(', ')}; ${names.length} topics, ${all.length} partitions`,
    );
  }

  /** Topics from before inter.broker.protocol.version 2.8 get their id here. Returns the partitions that are new to us. */
  private async addTopics(
    found: ReadonlyMap<string, TopicZNode & { readonly zkVersion: number }>,
  ): Promise<ControlledPartition[]> {
    const added: ControlledPartition[] = [];
    for (const [name, znode] of found) {
      let topic: TopicZNode = znode;
      if (znode.topicId === undefined) {
        topic = { ...znode, topicId: randomUuid(this.random, uuidFromBytes) };
        await this.zk.topics.writeAssignment(name, topic, znode.zkVersion, this.context.fence);
      }
      added.push(...this.context.addTopic(name, topic));
    }
    return added;
  }

  // ——— brokers come and go

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

  /** Source: kafka.controller.KafkaController.onReplicasBecomeOffline, 3.9 */
  private async onReplicasOffline(replicas: readonly Replica[]): Promise<void> {
    const deleted = replicas.filter(({ partition }) => this.context.isBeingDeleted(partition));
    const kept = replicas.filter(({ partition }) => !this.context.isBeingDeleted(partition));
    const leaderless = this.context.partitionsWithOfflineLeader();
    this.partitions.mark(leaderless, 'OfflinePartition');
    await this.partitions.bringOnline();
    await this.replicas.change(kept, 'OfflineReplica');
    if (deleted.length > 0) await this.deletion.failReplicas(deleted);
    if (leaderless.length === 0) this.tellEverybody([]);
  }

  /** A live broker has changed what it says of itself (its listeners). */
  async onBrokerModification(id: number): Promise<void> {
    const found = await this.zk.brokers.liveBroker(id);
    const known = this.context.liveOrShuttingDownBroker(id);
    if (found === undefined || known === undefined) return;
    if (JSON.stringify(found.broker.endpoints) === JSON.stringify(known.broker.endpoints)) return;
    this.context.setLiveBroker({ broker: found.broker, epoch: known.epoch });
    this.channel.addBroker({ broker: found.broker, epoch: known.epoch });
    this.tellEverybody([]);
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

  // ——— topics come, grow and go

  async onTopicChange(): Promise<void> {
    const { context } = this;
    const names = new Set(await this.zk.topics.names());
    const fresh = [...names].filter((name) => !context.topics.has(name));
    const gone = [...context.topics.keys()].filter((name) => !names.has(name));
    for (const name of fresh) this.watches.addTopic(name);
    const found = await this.zk.topics.assignments(fresh);
    for (const name of gone) {
      this.watches.forgetTopic(name);
      context.removeTopic(name);
    }
    const added = await this.addTopics(found);
    if (fresh.length > 0 || gone.length > 0) {
      this.logger.info(
        `New topics: [${fresh.join(', ')}], deleted topics: [${gone.join(', ')}], new partitions: ${added.length}`,
      );
    }
    await this.onNewPartitions(added);
  }

  async onPartitionModifications(name: string): Promise<void> {
    const { context } = this;
    const known = context.topics.get(name);
    const found = (await this.zk.topics.assignments([name])).get(name);
    if (known === undefined || found === undefined) return;
    if (context.topicsToBeDeleted.has(name)) {
      await this.undoGrowth(name, found);
      return;
    }
    const added = context.addTopic(name, { partitions: found.partitions, topicId: known.topicId });
    if (added.length > 0) this.logger.info(`New partitions to be added: ${added.map(({ key }) => key).join(', ')}`);
    await this.onNewPartitions(added);
  }

  /** A topic that is being deleted does not grow: its assignment is put back. */
  private async undoGrowth(name: string, found: TopicZNode & { readonly zkVersion: number }): Promise<void> {
    const known = this.context.topics.get(name);
    if (known === undefined || [...found.partitions.keys()].every((partition) => known.partitions.has(partition)))
      return;
    this.logger.warn(`Skipping adding partitions for topic ${name} since it is currently being deleted`);
    const partitions = new Map([...known.partitions].map(([partition, { assignment }]) => [partition, assignment]));
    await this.zk.topics.writeAssignment(
      name,
      { topicId: found.topicId, partitions },
      found.zkVersion,
      this.context.fence,
    );
  }

  /** Source: kafka.controller.KafkaController.onNewPartitionCreation, 3.9 */
  private async onNewPartitions(added: readonly ControlledPartition[]): Promise<void> {
    if (added.length === 0) return;
    this.partitions.mark(added, 'NewPartition');
    const replicas = added.flatMap(replicasOf);
    await this.replicas.change(replicas, 'NewReplica');
    await this.partitions.change(added, 'OnlinePartition', { type: 'offline', allowUnclean: false });
    await this.replicas.change(replicas, 'OnlineReplica');
  }

  async onTopicDeletion(): Promise<void> {
    const marked = await this.zk.topics.deletions();
    const unknown = marked.filter((topic) => !this.context.topics.has(topic));
    const known = marked.filter((topic) => this.context.topics.has(topic));
    if (unknown.length > 0) {
      this.logger.warn(`Ignoring request to delete non-existing topics ${unknown.join(',')}`);
      await this.zk.topics.unmarkForDeletion(unknown, this.context.fence);
    }
    if (!this.config.deleteTopics) {
      if (known.length === 0) return;
      this.logger.info(`Removing ${known.join(',')} since delete topic is disabled`);
      await this.zk.topics.unmarkForDeletion(known, this.context.fence);
      return;
    }
    const reassigned = known.filter((topic) => this.isBeingReassigned(topic));
    await this.deletion.enqueue(known.filter((topic) => !reassigned.includes(topic)));
    for (const topic of reassigned) this.context.topicsToBeDeleted.add(topic);
    this.deletion.markIneligible(reassigned, 'topic reassignment in progress');
  }

  // ——— what the brokers answer and report

  async onLeaderAndIsrResponse(brokerId: number, response: LeaderAndIsrResponse): Promise<void> {
    if (response.errorCode !== NONE) {
      this.logger.error(`broker ${brokerId} refused a LeaderAndIsr request: error ${response.errorCode}`);
      return;
    }
    const before = this.context.offlineDirsOf(brokerId);
    const after = new Set(before);
    for (const { topicId, partitionErrors } of response.topics) {
      const topic = this.context.topicName(topicId);
      for (const { partitionIndex, errorCode: code } of partitionErrors) {
        const partition = topic === undefined ? undefined : this.context.partition(topic, partitionIndex);
        if (partition === undefined) continue;
        if (code === errorCode('KAFKA_STORAGE_ERROR')) after.add(partition);
        else if (code === NONE) after.delete(partition);
      }
    }
    this.context.setOfflineDirs(brokerId, after);
    const offline = [...after].filter((partition) => !before.has(partition));
    if (offline.length > 0) await this.onReplicasOffline(offline.map((partition) => ({ partition, brokerId })));
  }

  async onStopReplicaResponse(
    brokerId: number,
    response: StopReplicaResponse,
    deleted: ReadonlySet<string>,
  ): Promise<void> {
    const replicas = [...deleted].flatMap((key): Replica[] => {
      const partition = this.partitionOf(key);
      return partition === undefined || !this.context.isBeingDeleted(partition) ? [] : [{ partition, brokerId }];
    });
    const errors = new Map(
      response.partitionErrors.map((one) => [topicPartitionKey(one.topicName, one.partitionIndex), one.errorCode]),
    );
    const isFailed = ({ partition }: Replica): boolean =>
      (response.errorCode !== NONE ? response.errorCode : (errors.get(partition.key) ?? NONE)) !== NONE;
    await this.deletion.failReplicas(replicas.filter(isFailed));
    await this.deletion.completeReplicas(replicas.filter((replica) => !isFailed(replica)));
  }

  private partitionOf(key: string): ControlledPartition | undefined {
    const dash = key.lastIndexOf('-');
    return this.context.partition(key.slice(0, dash), Number(key.slice(dash + 1)));
  }

  /** Leaders below inter.broker.protocol.version 2.7 have written their ISR themselves: read, tell everybody. */
  async onIsrChangeNotification(): Promise<void> {
    const changes = await this.zk.notifications.isrChanges();
    const named = changes.flatMap(({ content }) => content ?? []);
    const partitions = named
      .map(({ topic, partition }) => this.context.partition(topic, partition))
      .filter((partition) => partition !== undefined);
    const states = await this.zk.topics.states(partitions.map(coordinates));
    for (const partition of partitions) partition.leadership = states.get(partition.key) ?? partition.leadership;
    if (partitions.length > 0) this.tellEverybody(partitions);
    const names = changes.map(({ name }) => name);
    await this.zk.notifications.remove(ISR_CHANGE_NOTIFICATION, names, this.context.fence);
  }

  /** A broker has lost a log directory: it is asked about all its replicas, and its answer says which are gone. */
  async onLogDirEvent(): Promise<void> {
    const events = await this.zk.notifications.logDirEvents();
    const ids = new Set(events.map(({ content }) => content).filter((id) => id !== undefined));
    await this.replicas.change(
      [...ids].flatMap((id) => this.context.replicasOnBroker(id)),
      'OnlineReplica',
    );
    const names = events.map(({ name }) => name);
    await this.zk.notifications.remove(LOG_DIR_EVENT_NOTIFICATION, names, this.context.fence);
  }

  /**
   * Leaders ask for another ISR.
   * Source: kafka.controller.KafkaController.processAlterPartition, 3.9
   */
  async alterPartition(request: AlterPartitionRequest, version: number): Promise<AlterPartitionResponse> {
    const { context } = this;
    if (context.brokerEpoch(request.brokerId) !== request.brokerEpoch) {
      this.logger.info(
        `Ignoring AlterPartition due to stale broker epoch ${request.brokerEpoch} and local broker epoch ${context.brokerEpoch(request.brokerId) ?? 'none'}`,
      );
      return { throttleTimeMs: 0, errorCode: errorCode('STALE_BROKER_EPOCH'), topics: [] };
    }
    const plans = request.topics.map((topic): AlterPartitionPlan[] => {
      const name = version >= 2 ? context.topicName(topic.topicId) : topic.topicName;
      if (name === undefined) return topic.partitions.map(() => ({ type: 'refuse', error: 'UNKNOWN_TOPIC_ID' }));
      return topic.partitions.map((asked) => {
        const partition = context.partition(name, asked.partitionIndex);
        return planAlterPartition(partition, asked, request.brokerId, version, context);
      });
    });
    const writes = plans.flat().filter((plan) => plan.type === 'write');
    const outcome = await this.zk.topics.updateStates(
      writes.map(({ partition, state }) => ({ ...coordinates(partition), state })),
      context.fence,
    );
    for (const { topic, partition, state } of outcome.written) {
      const known = context.partition(topic, partition);
      if (known !== undefined) known.leadership = state;
    }
    const named = plans.flat().flatMap((plan) => (plan.type === 'refuse' ? [] : [plan.partition]));
    if (named.length > 0) this.tellEverybody(named);
    return answerAlterPartition(request, plans, outcome);
  }

  /** @throws KafkaError BROKER_ID_NOT_REGISTERED, STALE_BROKER_EPOCH */
  async allocateProducerIds(brokerId: number, brokerEpoch: number): Promise<ProducerIdBlockZNode> {
    const known = this.context.brokerEpoch(brokerId);
    if (known === undefined) throw new KafkaError('BROKER_ID_NOT_REGISTERED');
    if (known !== brokerEpoch) throw new KafkaError('STALE_BROKER_EPOCH');
    return this.zk.controller.nextProducerIdBlock(brokerId);
  }

  // ——— preferred leaders

  /** Gives leadership back to preferred leaders where too much of it is elsewhere. */
  async balanceLeaders(): Promise<void> {
    const { context } = this;
    const led = [...context.allPartitions()]
      .filter((one) => one.leadership !== undefined && !context.isBeingDeleted(one))
      .map((one) => ({ one, replicas: one.assignment.replicas, leader: one.leadership?.leader ?? -1 }));
    const elect = partitionsToRebalance(led, this.config.leaderImbalancePercent)
      .map(({ one }) => one)
      .filter((one) => this.preferredCanLead(one));
    await this.partitions.change(elect, 'OnlinePartition', { type: 'preferred' });
  }

  /** Somebody wrote /admin/preferred_replica_election. */
  async onPreferredElection(): Promise<void> {
    const asked = await this.zk.topics.preferredElections();
    const elect = asked
      .map(({ topic, partition }) => this.context.partition(topic, partition))
      .filter((one) => one !== undefined)
      .filter((one) => one.leadership?.leader !== one.assignment.replicas[0] && !this.context.isBeingDeleted(one));
    await this.partitions.change(elect, 'OnlinePartition', { type: 'preferred' });
    await this.zk.topics.deletePreferredElection(this.context.fence);
    if (await this.zk.topics.watchExistence(PREFERRED_REPLICA_ELECTION)) await this.onPreferredElection();
  }

  /** Somebody wrote /admin/reassign_partitions. It is left there: reassignments are not carried out yet. */
  async onReassignmentRequest(): Promise<void> {
    await this.zk.topics.watchExistence(REASSIGN_PARTITIONS);
    const asked = await this.zk.topics.reassignments();
    if (asked === undefined) return;
    this.logger.warn(`/admin/reassign_partitions names ${asked.length} partitions: reassignment is not supported yet`);
  }

  private preferredCanLead(one: ControlledPartition): boolean {
    if (one.leadership === undefined) return false;
    const { context } = this;
    return (
      electPreferred(one.leadership, one.assignment.replicas, (id) => context.isReplicaOnline(id, one)) !== undefined
    );
  }

  // ——— odds and ends

  private tellEverybody(partitions: Iterable<ControlledPartition>): void {
    this.batch.addUpdateMetadata(this.context.liveOrShuttingDownBrokerIds, partitions);
    this.batch.send();
  }

  private async uncleanElectionAllowed(topics: ReadonlySet<string>): Promise<ReadonlyMap<string, boolean>> {
    const configs = await this.zk.configs.readMany('topics', topics);
    return new Map(
      [...configs].map(([topic, config]) => {
        const own = config.get('unclean.leader.election.enable');
        return [topic, own === undefined ? this.config.uncleanLeaderElection : own.trim().toLowerCase() === 'true'];
      }),
    );
  }

  private hasOfflineReplica(name: string): boolean {
    const topic = this.context.topics.get(name);
    return [...(topic?.partitions.values() ?? [])].some((partition) =>
      partition.assignment.replicas.some((id) => !this.context.isReplicaOnline(id, partition)),
    );
  }

  private isBeingReassigned(name: string): boolean {
    const partitions = [...(this.context.topics.get(name)?.partitions.values() ?? [])];
    return partitions.some(
      ({ assignment }) => assignment.addingReplicas.length + assignment.removingReplicas.length > 0,
    );
  }
}

function coordinates(one: ControlledPartition): TopicPartition {
  return { topic: one.topic.name, partition: one.partition };
}
