import { KafkaError } from '../../common/errors.js';
import { topicPartitionKey } from '../../common/topic-partition.js';
import type { Logger } from '../../platform/logger.js';
import { errorCode, NONE } from '../../protocol/error-codes.js';
import type { AlterPartitionRequest } from '../../protocol/messages/alter-partition-request.js';
import type { AlterPartitionResponse } from '../../protocol/messages/alter-partition-response.js';
import type { LeaderAndIsrResponse } from '../../protocol/messages/leader-and-isr-response.js';
import type { StopReplicaResponse } from '../../protocol/messages/stop-replica-response.js';
import type { ControllerFence } from '../../zookeeper/fence.js';
import type { KafkaZkClient } from '../../zookeeper/kafka-zk-client.js';
import type { ProducerIdBlockZNode } from '../../zookeeper/znodes/cluster-znodes.js';
import type { ReplicaAssignment } from '../../zookeeper/znodes/topic-znodes.js';
import { ISR_CHANGE_NOTIFICATION, LOG_DIR_EVENT_NOTIFICATION } from '../../zookeeper/znodes/paths.js';
import { answerAlterPartition, planAlterPartition, type AlterPartitionPlan } from './alter-partition.js';
import { BrokerChanges } from './broker-changes.js';
import { ControlRequestBatch } from './control-request-batch.js';
import { ControllerChannel } from './controller-channel.js';
import { ControllerContext, coordinates, type ControlledPartition, type Replica } from './controller-context.js';
import { ControllerWatches, type ControllerEvents } from './controller-watches.js';
import { LeaderElections } from './leader-elections.js';
import { PartitionStateMachine, type UncleanElectionAllowed } from './partition-state-machine.js';
import type { ControllerConfig, ControllerWorld } from './reign-parts.js';
import { ReplicaStateMachine } from './replica-state-machine.js';
import { TopicChanges } from './topic-changes.js';
import { TopicDeletion } from './topic-deletion.js';

/**
 * All that one elected controller knows and does, from its election to its resignation. Its methods are the events of the
 * controller's queue: one runs at a time. Each reads ZooKeeper, decides, writes behind the fence, and tells the brokers.
 * A write that meets a newer controller throws STALE_CONTROLLER_EPOCH, and whoever holds the queue ends this reign.
 * Source: kafka.controller.KafkaController, 3.9
 */
export class ControllerReign {
  readonly context: ControllerContext;
  readonly brokers: BrokerChanges;
  readonly topics: TopicChanges;
  readonly leaders: LeaderElections;
  private readonly config: ControllerConfig;
  private readonly zk: KafkaZkClient;
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
    const { logger, random } = world;
    const context = new ControllerContext(fence);
    const channel = new ControllerChannel(
      { controllerId: config.brokerId, controllerEpoch: fence.epoch },
      config,
      world,
      events,
    );
    const batch = new ControlRequestBatch(context, channel);
    const watches = new ControllerWatches(zk.watches, events);
    const unclean = uncleanElectionAllowed(zk, config.uncleanLeaderElection);
    const partitions = new PartitionStateMachine(context, zk.topics, batch, unclean, logger);
    const replicas = new ReplicaStateMachine(context, zk.topics, batch, logger);
    const forget = (topic: string): void => {
      watches.forgetTopic(topic);
    };
    const deletion = new TopicDeletion(context, zk.topics, { partitions, replicas, batch }, forget, logger);
    const parts = { config, zk, random, logger, context, channel, batch, partitions, replicas, deletion, watches };
    this.brokers = new BrokerChanges(parts);
    this.topics = new TopicChanges(parts);
    this.leaders = new LeaderElections(parts);
    this.config = config;
    this.zk = zk;
    this.logger = logger;
    this.context = context;
    this.channel = channel;
    this.batch = batch;
    this.partitions = partitions;
    this.replicas = replicas;
    this.deletion = deletion;
    this.watches = watches;
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
    const ineligible = marked.filter((topic) => this.hasOfflineReplica(topic));
    if (this.config.deleteTopics) this.deletion.init(marked, ineligible);
    this.batch.tellEverybody([]);
    await this.replicas.startup();
    await this.partitions.startup();
    this.ready = true;
    this.logger.info(`Ready to serve as the new controller with epoch ${fence.epoch}`);
    await this.onTopicDeletion();
    await this.leaders.onPreferredElection();
    await this.leaders.onReassignmentRequest();
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
    await this.topics.addTopics(await topics.assignments(names));
    const all = [...this.context.allPartitions()];
    const states = await topics.states(all.map(coordinates));
    for (const partition of all) partition.leadership = states.get(partition.key);
    this.logger.info(
      `Initialized broker epochs cache: ${this.context.liveOrShuttingDownBrokerIds.join(', ')}; ${names.length} topics, ${all.length} partitions`,
    );
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
    if (offline.length > 0) await this.brokers.onReplicasOffline(offline.map((partition) => ({ partition, brokerId })));
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
    if (partitions.length > 0) this.batch.tellEverybody(partitions);
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
    if (named.length > 0) this.batch.tellEverybody(named);
    return answerAlterPartition(request, plans, outcome);
  }

  /** @throws KafkaError BROKER_ID_NOT_REGISTERED, STALE_BROKER_EPOCH */
  async allocateProducerIds(brokerId: number, brokerEpoch: number): Promise<ProducerIdBlockZNode> {
    const known = this.context.brokerEpoch(brokerId);
    if (known === undefined) throw new KafkaError('BROKER_ID_NOT_REGISTERED');
    if (known !== brokerEpoch) throw new KafkaError('STALE_BROKER_EPOCH');
    return this.zk.controller.nextProducerIdBlock(brokerId);
  }

  private hasOfflineReplica(name: string): boolean {
    const topic = this.context.topics.get(name);
    return [...(topic?.partitions.values() ?? [])].some((partition) =>
      partition.assignment.replicas.some((id) => !this.context.isReplicaOnline(id, partition)),
    );
  }

  private isBeingReassigned(name: string): boolean {
    return [...(this.context.topics.get(name)?.partitions.values() ?? [])].some(isMoving);
  }

  /** By topic and partition: assignments that somebody is changing. */
  reassignments(): Map<string, Map<number, ReplicaAssignment>> {
    const moving = new Map<string, Map<number, ReplicaAssignment>>();
    for (const one of this.context.allPartitions()) {
      if (!isMoving(one)) continue;
      const ofTopic = moving.get(one.topic.name) ?? new Map<number, ReplicaAssignment>();
      moving.set(one.topic.name, ofTopic.set(one.partition, one.assignment));
    }
    return moving;
  }
}

function isMoving({ assignment }: ControlledPartition): boolean {
  return assignment.addingReplicas.length + assignment.removingReplicas.length > 0;
}

/** Topics say so themselves; else the broker's setting holds. */
function uncleanElectionAllowed(zk: KafkaZkClient, byDefault: boolean): UncleanElectionAllowed {
  return async (topics) => {
    const configs = await zk.configs.readMany('topics', topics);
    return new Map(
      [...configs].map(([topic, config]) => {
        const own = config.get('unclean.leader.election.enable');
        return [topic, own === undefined ? byDefault : own.trim().toLowerCase() === 'true'];
      }),
    );
  };
}
