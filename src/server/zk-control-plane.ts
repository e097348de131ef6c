import { KafkaError } from '../common/errors.js';
import type {
  BrokerRegistration,
  ClusterView,
  ControllerApi,
  ControlPlane,
  ReplicaChanges,
} from '../metadata/control-plane.js';
import type { MetadataCache } from '../metadata/metadata-cache.js';
import type { MetadataDelta } from '../metadata/metadata-image.js';
import { imageAfterUpdateMetadata } from '../metadata/update-metadata.js';
import { EventQueue } from '../platform/event-queue.js';
import type { Logger } from '../platform/logger.js';
import type { Time } from '../platform/time.js';
import { type ErrorCode, errorCode, NONE } from '../protocol/error-codes.js';
import type { LeaderAndIsrRequest } from '../protocol/messages/leader-and-isr-request.js';
import type { LeaderAndIsrResponse } from '../protocol/messages/leader-and-isr-response.js';
import type { StopReplicaRequest } from '../protocol/messages/stop-replica-request.js';
import type { StopReplicaResponse } from '../protocol/messages/stop-replica-response.js';
import type { UpdateMetadataRequest } from '../protocol/messages/update-metadata-request.js';
import type { UpdateMetadataResponse } from '../protocol/messages/update-metadata-response.js';
import type { KafkaZkClient } from '../zookeeper/kafka-zk-client.js';
import { CONFIG_CHANGES } from '../zookeeper/znodes/paths.js';
import { ControlledShutdown } from './controlled-shutdown.js';
import type { BrokerToController } from './broker-to-controller.js';
import {
  leadOrFollowChanges,
  leaderAndIsrAnswer,
  stopReplicaAnswer,
  stopReplicaChanges,
  topicsOf,
} from './control-requests.js';

export interface ZkControlPlaneConfig {
  readonly brokerId: number;
  readonly controlledShutdownMaxRetries: number;
  readonly controlledShutdownRetryBackoffMs: number;
}

/** Config changes older than this are removed by whoever finds them. Source: ZkConfigManager, 3.9 */
const CHANGE_EXPIRATION_MS = 15 * 60 * 1000;

/**
 * ZooKeeper mode: the controller's LeaderAndIsr, UpdateMetadata and StopReplica in the order of arrival, together with
 * the config changes that ZooKeeper announces, on one queue. That one queue is why a log never runs with an outdated
 * config: LeaderAndIsr reads the topic's znode with the queue held, and a change that comes meanwhile is applied after it.
 * Source: kafka.server.KafkaApis (control requests), kafka.server.ZkConfigManager, 3.9
 */
export class ZkControlPlane implements ControlPlane {
  private readonly zk: KafkaZkClient;
  private readonly metadata: MetadataCache;
  private readonly channel: BrokerToController;
  private readonly time: Time;
  private readonly logger: Logger;
  private readonly queue: EventQueue;
  private readonly shutdown: ControlledShutdown;
  private replicas: ReplicaChanges | undefined;
  private view: ClusterView | undefined;
  private registration: BrokerRegistration | undefined;
  private epoch = -1;
  private controllerEpoch = 0;
  private lastConfigChange = -1;
  private configChangesQueued = false;
  private readonly registered: ((epoch: number) => void)[] = [];

  constructor(
    config: ZkControlPlaneConfig,
    zk: KafkaZkClient,
    metadata: MetadataCache,
    channel: BrokerToController,
    platform: { readonly time: Time; readonly logger: Logger },
  ) {
    this.zk = zk;
    this.metadata = metadata;
    this.channel = channel;
    this.time = platform.time;
    this.logger = platform.logger.named('kafka.server.ZkControlPlane');
    this.shutdown = new ControlledShutdown(config, this, platform);
    this.queue = new EventQueue((event, error) => {
      this.logger.error(`Error while processing ${event.name}`, error);
    });
  }

  attach(replicas: ReplicaChanges, view: ClusterView): void {
    this.replicas = replicas;
    this.view = view;
  }

  /** Called with each new broker epoch: after the first registration, and after every new session. */
  onRegistered(listener: (epoch: number) => void): void {
    this.registered.push(listener);
  }

  brokerEpoch(by: 'zk' | 'kraft'): number {
    return by === 'zk' ? this.epoch : -1;
  }

  async register(broker: BrokerRegistration): Promise<void> {
    this.registration = broker;
    this.epoch = await this.zk.brokers.register({
      id: broker.brokerId,
      endpoints: broker.endpoints,
      rack: broker.rack,
      jmxPort: -1,
      timestampMs: this.time.wallMs(),
    });
    for (const listener of this.registered) listener(this.epoch);
    this.queueConfigChanges(); // its watch went with an earlier session, be it that of a start that took long
  }

  /** In a new session everything that was ephemeral is gone: the registration, and what the watches stood for. */
  async afterNewSession(): Promise<void> {
    if (this.registration === undefined) return;
    await this.register(this.registration);
  }

  /** Reads every override and watches for changes. Before the broker registers, so that no change is missed. */
  async startConfigs(): Promise<void> {
    this.zk.watches.watchChildren(CONFIG_CHANGES, () => {
      this.queueConfigChanges();
    });
    const names = await this.zk.notifications.names(CONFIG_CHANGES);
    this.lastConfigChange = Math.max(-1, ...names.map((name) => Number(/\d+$/.exec(name)?.[0] ?? -1)));
    const [topics, brokers] = await Promise.all([
      this.zk.configs.readAll('topics'),
      this.zk.configs.readAll('brokers'),
    ]);
    this.applyConfigs(topics, brokers);
  }

  send<Q, R>(api: ControllerApi<Q, R>, request: Q): Promise<R> {
    return this.channel.send(api, request);
  }

  async controlledShutdown(retry = true): Promise<void> {
    await this.shutdown.run(retry);
  }

  leaderAndIsr(request: LeaderAndIsrRequest, version: number): Promise<LeaderAndIsrResponse> {
    return this.inOrder('LeaderAndIsr', async () => {
      const refused = this.refusal(request);
      if (refused !== NONE) return { errorCode: refused, partitionErrors: [], topics: [] };
      const topics = topicsOf(request);
      const read = await this.zk.configs.readMany('topics', topics);
      this.controllerEpoch = request.controllerEpoch;
      this.applyConfigs(read, new Map());
      const changes = leadOrFollowChanges(request, (topic) => read.get(topic) ?? new Map<string, string>());
      const errors = (await this.replicas?.applyReplicas(changes)) ?? new Map<string, ErrorCode>();
      return leaderAndIsrAnswer(request, version, errors);
    });
  }

  updateMetadata(request: UpdateMetadataRequest): Promise<UpdateMetadataResponse> {
    return this.inOrder('UpdateMetadata', () => {
      const refused = this.refusal(request);
      if (refused !== NONE) return { errorCode: refused };
      const { image, delta } = imageAfterUpdateMetadata(this.metadata.image, request);
      this.controllerEpoch = request.controllerEpoch;
      this.view?.applyView(delta, image);
      return { errorCode: NONE };
    });
  }

  stopReplica(request: StopReplicaRequest): Promise<StopReplicaResponse> {
    return this.inOrder('StopReplica', async () => {
      const refused = this.refusal(request);
      if (refused !== NONE) return { errorCode: refused, partitionErrors: [] };
      const changes = stopReplicaChanges(request);
      this.controllerEpoch = request.controllerEpoch;
      const errors = (await this.replicas?.applyReplicas(changes)) ?? new Map<string, ErrorCode>();
      return stopReplicaAnswer(changes, errors);
    });
  }

  async close(): Promise<void> {
    await this.queue.close();
  }

  private inOrder<R>(name: string, work: () => R | Promise<R>): Promise<R> {
    return new Promise((resolve, reject) => {
      this.queue.append({
        name,
        run: async () => {
          try {
            resolve(await work());
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        },
        abandon: () => {
          reject(new KafkaError('BROKER_NOT_AVAILABLE', 'the broker is shutting down'));
        },
      });
    });
  }

  /** A deposed controller, or one that speaks to an earlier life of this broker. */
  private refusal(request: { controllerId: number; controllerEpoch: number; brokerEpoch: number }): ErrorCode {
    if (request.brokerEpoch !== -1 && request.brokerEpoch < this.epoch) {
      this.logger.info(
        `Received a request with broker epoch ${request.brokerEpoch} smaller than the current broker epoch ${this.epoch} from controller ${request.controllerId} with epoch ${request.controllerEpoch}.`,
      );
      return errorCode('STALE_BROKER_EPOCH');
    }
    if (request.controllerEpoch < this.controllerEpoch) {
      this.logger.warn(
        `Ignoring a request from controller ${request.controllerId} since its controller epoch ${request.controllerEpoch} is old. Latest known controller epoch is ${this.controllerEpoch}`,
      );
      return errorCode('STALE_CONTROLLER_EPOCH');
    }
    return NONE;
  }

  /** At most one waits: it reads everything that came until it runs. */
  private queueConfigChanges(): void {
    if (this.configChangesQueued) return;
    this.configChangesQueued = true;
    this.queue.append({
      name: 'ConfigChange',
      run: () => {
        this.configChangesQueued = false;
        return this.readConfigChanges();
      },
    });
  }

  private async readConfigChanges(): Promise<void> {
    const changes = await this.zk.notifications.configChanges(-1);
    const topics = new Map<string, Overrides>();
    const brokers = new Map<string, Overrides>();
    for (const { content, sequence } of changes) {
      if (sequence <= this.lastConfigChange || content === undefined) continue;
      const slash = content.indexOf('/');
      const entity = content.slice(slash + 1);
      // the last of several changes is what the znode holds now: it is read once
      if (content.startsWith('topics/')) topics.set(entity, NO_OVERRIDES);
      else if (content.startsWith('brokers/')) brokers.set(entity, NO_OVERRIDES);
    }
    const [readTopics, readBrokers] = await Promise.all([
      this.zk.configs.readMany('topics', topics.keys()),
      this.zk.configs.readMany('brokers', brokers.keys()),
    ]);
    this.lastConfigChange = changes.at(-1)?.sequence ?? this.lastConfigChange;
    this.applyConfigs(readTopics, readBrokers);
    const now = this.time.wallMs();
    const old = changes.filter((change) => now - change.createdMs > CHANGE_EXPIRATION_MS);
    await this.zk.notifications.removeConfigChanges(old.map((change) => change.name));
  }

  /** Puts in what was read of some entities; the view hears of it only if an override changed. */
  private applyConfigs(topics: ReadonlyMap<string, Overrides>, brokers: ReadonlyMap<string, Overrides>): void {
    const before = this.metadata.image;
    const nextTopics = mergedOverrides(before.configs.topics, topics);
    const nextBrokers = mergedOverrides(before.configs.brokers, brokers);
    if (nextTopics.changed.size === 0 && nextBrokers.changed.size === 0) return;
    const delta: MetadataDelta = {
      brokersChanged: false,
      controllerChanged: false,
      topics: new Set(),
      deletedTopics: new Set(),
      topicConfigs: nextTopics.changed,
      brokerConfigs: nextBrokers.changed,
    };
    this.view?.applyView(delta, { ...before, configs: { topics: nextTopics.all, brokers: nextBrokers.all } });
  }
}

type Overrides = ReadonlyMap<string, string>;
const NO_OVERRIDES: Overrides = new Map();

/** An entity without overrides is not kept. The map is copied only if something changed. */
function mergedOverrides(
  before: ReadonlyMap<string, Overrides>,
  read: ReadonlyMap<string, Overrides>,
): { readonly all: ReadonlyMap<string, Overrides>; readonly changed: Set<string> } {
  const changed = new Set<string>();
  for (const [entity, overrides] of read) {
    if (!sameOverrides(before.get(entity) ?? NO_OVERRIDES, overrides)) changed.add(entity);
  }
  if (changed.size === 0) return { all: before, changed };
  const all = new Map(before);
  for (const entity of changed) {
    const overrides = read.get(entity) ?? NO_OVERRIDES;
    if (overrides.size === 0) all.delete(entity);
    else all.set(entity, overrides);
  }
  return { all, changed };
}

function sameOverrides(a: Overrides, b: Overrides): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of b) if (a.get(key) !== value) return false;
  return true;
}
