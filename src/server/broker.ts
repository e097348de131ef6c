import type { BrokerConfigLayers } from '../../config/describe.js';
import { effectiveBrokerValues } from '../../config/describe.js';
import type { ConfigValues } from '../../config/reader.js';
import { KafkaError } from '../common/errors.js';
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.js';
import type { ProducerIdManager } from '../coordinator/transaction/producer-id-manager.js';
import type { TopicAdmin } from '../controller/zk/topic-admin.js';
import type { ZkController } from '../controller/zk/zk-controller.js';
import type { Endpoint } from '../metadata/endpoint.js';
import { EMPTY_IMAGE, MetadataCache } from '../metadata/metadata-cache.js';
import type { BoundListener, SocketServer } from '../network/socket-server.js';
import type { Logger } from '../platform/logger.js';
import type { Platform } from '../platform/platform.js';
import type { Time } from '../platform/time.js';
import type { FetchService } from '../replication/fetch-service.js';
import type { ReplicaManager } from '../replication/replica-manager.js';
import { LogManager } from '../storage/log-manager.js';
import { ensureChroot } from '../zookeeper/chroot.js';
import { KafkaZkClient } from '../zookeeper/kafka-zk-client.js';
import type { ZkClient, ZkClientConfig } from '../../zk/client/zk-client.js';
import type { AutoTopics } from './auto-topics.js';
import type { BrokerNode, NodeEndpoint } from './broker-node.js';
import { type BrokerParts, wireParts } from './broker-parts.js';
import type { BrokerSettings } from './broker-settings.js';
import { endpointOf } from './endpoints.js';
import { claimIdentity, type BrokerIdentity } from './identity.js';
import { logConfigOf } from './log-config.js';
import { OFFSETS_TOPIC } from './internal-topics.js';
import { BrokerStartError } from './start-error.js';
import { StartedParts } from './started-parts.js';
import type { ZkControlPlane } from './zk-control-plane.js';

/** How a broker reaches ZooKeeper: the adapter on Node, `session` in the simulator. */
export type ZkClientFactory = (config: ZkClientConfig) => ZkClient;

const NO_OVERRIDES: ConfigValues = new Map();

/**
 * One broker in ZooKeeper mode: who it is, and the order in which its parts start and stop. They are made in broker-parts.
 * Source: kafka.server.KafkaServer, 3.9
 */
export class Broker implements BrokerNode {
  readonly settings: BrokerSettings;
  readonly time: Time;
  readonly logger: Logger;
  readonly metadata = new MetadataCache();
  private readonly values: ConfigValues;
  private readonly platform: Platform;
  private readonly zk: KafkaZkClient;
  private readonly ensureChroot: () => Promise<void>;
  private readonly logs: LogManager;
  private readonly controllerListeners: ((epoch: number) => void)[] = [];
  private readonly fatalListeners: ((reason: string, retry: boolean) => void)[] = [];
  private readonly toEnd: StartedParts;
  private identity: BrokerIdentity | undefined;
  private offsetsPartitions = 0;
  private parts: BrokerParts | undefined;
  private starting: Promise<void> | undefined;
  private stopping: Promise<void> | undefined;
  private bound: readonly BoundListener[] = [];
  /** Its own, and while it looks after the chroot another one. */
  private readonly zkClients: ZkClient[] = [];
  private retriesShutdown = true;

  constructor(settings: BrokerSettings, values: ConfigValues, platform: Platform, openZk: ZkClientFactory) {
    this.settings = settings;
    this.values = values;
    this.platform = platform;
    this.time = platform.time;
    this.logger = platform.logger.named('kafka.server.KafkaServer');
    this.toEnd = new StartedParts(this.logger);
    const zkConfig = {
      connectString: settings.zookeeperConnect,
      sessionTimeoutMs: settings.zookeeperSessionTimeoutMs,
      connectTimeoutMs: settings.zookeeperConnectionTimeoutMs,
      maxInFlightRequests: settings.zookeeperMaxInFlightRequests,
    };
    this.ensureChroot = () => ensureChroot(zkConfig, (config) => this.openZk(openZk, config), platform.time);
    this.zk = new KafkaZkClient(this.openZk(openZk, zkConfig), {
      ...platform,
      logger: platform.logger.named('kafka.zk.KafkaZkClient'),
    });
    this.logs = new LogManager(platform, settings.logs, {
      configOf: (_topic, overrides) => logConfigOf(effectiveBrokerValues(this.configLayers()), overrides),
      onLogDirFailure: (logDir, left) => {
        this.onLogDirFailure(logDir, left);
      },
    });
  }

  /** Called when this broker was elected as controller, with its epoch. */
  onController(listener: (epoch: number) => void): void {
    this.controllerListeners.push(listener);
  }

  /** Called when the broker cannot go on. `retry`: started again later, it can. */
  onFatal(listener: (reason: string, retry: boolean) => void): void {
    this.fatalListeners.push(listener);
  }

  /** Resolves when a controller has told this broker of the cluster: from then on its answers help clients. */
  informed(): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.metadata.image.controllerId >= 0) resolve();
      };
      this.metadata.onChange(look);
      look();
    });
  }

  get brokerId(): number {
    return this.identity?.brokerId ?? this.settings.brokerId;
  }

  /** Of the first listener. */
  get boundPort(): number {
    return this.bound[0]?.port ?? -1;
  }

  get controlPlane(): ZkControlPlane {
    return this.started.controlPlane;
  }
  get controller(): ZkController {
    return this.started.controller;
  }
  get replicaManager(): ReplicaManager {
    return this.started.replicaManager;
  }
  get fetches(): FetchService {
    return this.started.fetches;
  }
  get groups(): GroupCoordinator {
    return this.started.groups;
  }
  get producerIds(): ProducerIdManager {
    return this.started.producerIds;
  }
  get topicAdmin(): TopicAdmin {
    return this.started.topicAdmin;
  }
  get autoTopics(): AutoTopics {
    return this.started.autoTopics;
  }

  private get started(): BrokerParts {
    if (this.parts === undefined) throw new KafkaError('BROKER_NOT_AVAILABLE', 'the broker is starting');
    return this.parts;
  }

  configLayers(): BrokerConfigLayers {
    const { brokers } = this.metadata.image.configs;
    return {
      static: this.values,
      dynamicDefault: brokers.get('<default>') ?? NO_OVERRIDES,
      dynamicBroker: brokers.get(String(this.brokerId)) ?? NO_OVERRIDES,
    };
  }

  endpointOf(brokerId: number, listenerName: string): NodeEndpoint | undefined {
    const broker = this.metadata.broker(brokerId);
    const endpoint = broker === undefined ? undefined : endpointOf(broker, listenerName);
    if (broker === undefined || endpoint === undefined) return undefined;
    return { nodeId: brokerId, host: endpoint.host, port: endpoint.port, rack: broker.rack };
  }

  /**
   * In this order: ZooKeeper and identity, logs loaded, sockets bound, control requests accepted, znode, election. If it
   * fails, everything is ended that was begun: ports are free, the znode is gone.
   * @throws BrokerStartError for what a person can mend, and when it is stopped meanwhile
   */
  start(): Promise<void> {
    this.starting = this.startParts().catch(async (error: unknown) => {
      await this.toEnd.endAll();
      this.goOn(); // an end of the ZooKeeper client fails what it was asked
      throw error;
    });
    return this.starting;
  }

  /**
   * Moves the leaderships away if it can, then stops what it started, in reverse. A start that is under way ends at its
   * next step. Called again, it waits for the first call.
   * @param retry false: one attempt, since nobody may be left to take them
   * Source: kafka.server.KafkaServer.shutdown, 3.9
   */
  stop({ retry }: { retry: boolean }): Promise<void> {
    this.stopping ??= this.stopParts(retry);
    return this.stopping;
  }

  private async startParts(): Promise<void> {
    this.logger.info('starting');
    await this.connectZooKeeper();
    this.identity = await claimIdentity(this.settings, this.zk, this.platform);
    this.goOn();
    this.logger.info(`Cluster ID = ${this.identity.clusterId}`);
    this.metadata.applyView(NOTHING_CHANGED, { ...EMPTY_IMAGE, clusterId: this.identity.clusterId });
    this.offsetsPartitions = await this.countOffsetsPartitions();
    const parts = this.wire(this.identity.brokerId);
    this.parts = parts;
    this.toEnd.add('control plane', () => parts.controlPlane.close());
    await parts.controlPlane.startConfigs();
    this.goOn();
    await this.startData(parts);
    await this.startControl(parts);
    this.logger.info(`${this.prefix}started`);
  }

  /** As it is now: growing the topic later must not move the groups. Source: kafka.zk.KafkaZkClient.getTopicPartitionCount, 3.9 */
  private async countOffsetsPartitions(): Promise<number> {
    const found = await this.zk.topics.assignments([OFFSETS_TOPIC]);
    return found.get(OFFSETS_TOPIC)?.partitions.size ?? this.settings.offsetsTopicNumPartitions;
  }

  /** Logs and sockets. Control requests come before the replicas end, and end after them: what is added last ends first. */
  private async startData(parts: BrokerParts): Promise<void> {
    const { toEnd } = this;
    await this.loadLogs();
    toEnd.add('logs', () => this.logs.shutdown());
    toEnd.add('client', () => parts.client.close());
    toEnd.add('way to the controller', () => parts.toController.close());
    toEnd.add('control requests', () => parts.controlPlane.close());
    toEnd.add('replica manager', () => parts.replicaManager.close());
    this.goOn();
    this.bound = await this.bind(parts.sockets);
    toEnd.add('sockets', () => parts.sockets.close());
    this.goOn();
    parts.groups.start();
    toEnd.add('group coordinator', () => parts.groups.stop());
    toEnd.add('fetchers', () => parts.fetchers.close());
    parts.sockets.acceptRequests();
  }

  /** From here on the cluster knows of this broker. */
  private async startControl(parts: BrokerParts): Promise<void> {
    await this.register(parts.controlPlane);
    this.goOn();
    parts.controller.start();
    this.toEnd.add('controller', () => parts.controller.close());
    this.toEnd.add('listeners', () => parts.sockets.stopAccepting());
    if (!this.settings.controlledShutdownEnable) return;
    this.toEnd.add('leaderships', () => parts.controlPlane.controlledShutdown(this.retriesShutdown));
  }

  private async stopParts(retry: boolean): Promise<void> {
    this.logger.info(`${this.prefix}shutting down`);
    this.retriesShutdown = retry;
    if (this.identity === undefined) await this.closeZooKeeper(); // it may wait for a connection: that ends now
    const hasStarted = await this.starting?.then(
      () => true,
      () => false, // whoever called start() hears why
    );
    if (hasStarted !== false) await this.toEnd.endAll();
    this.logger.info(`${this.prefix}shut down completed`);
  }

  /** As Kafka's lines begin once the broker has an id. */
  private get prefix(): string {
    return this.identity === undefined ? '' : `[KafkaServer id=${this.brokerId}] `;
  }

  /** Between the steps of a start. */
  private goOn(): void {
    if (this.stopping !== undefined) throw new BrokerStartError('the broker was stopped while it was starting');
  }

  private openZk(open: ZkClientFactory, config: ZkClientConfig): ZkClient {
    const client = open(config);
    this.zkClients.push(client);
    return client;
  }

  private async closeZooKeeper(): Promise<void> {
    await Promise.all(this.zkClients.map((client) => client.close()));
  }

  private async connectZooKeeper(): Promise<void> {
    this.toEnd.add('ZooKeeper client', () => this.closeZooKeeper());
    this.logger.info(`Connecting to zookeeper on ${this.settings.zookeeperConnect}`);
    try {
      await this.ensureChroot();
      this.goOn();
      await this.zk.connect();
    } catch (error) {
      throw new BrokerStartError(
        `ZooKeeper at ${this.settings.zookeeperConnect} cannot be reached: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    await this.zk.brokers.createPersistentPaths();
  }

  private async loadLogs(): Promise<void> {
    try {
      await this.logs.startup((topic) => this.metadata.topicConfig(topic));
    } catch (error) {
      throw new BrokerStartError(error instanceof Error ? error.message : String(error));
    }
  }

  private async bind(sockets: SocketServer): Promise<BoundListener[]> {
    try {
      return await sockets.bind();
    } catch (error) {
      const { code } = error as { code?: string };
      const where = this.settings.listeners.map(({ host, port }) => `${host}:${port}`).join(', ');
      throw new BrokerStartError(
        code === 'EADDRINUSE'
          ? `Socket server failed to bind to ${where}: Address already in use.`
          : `Socket server failed to bind to ${where}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  private async register(controlPlane: ZkControlPlane): Promise<void> {
    const endpoints = this.settings.advertisedListeners.map((endpoint): Endpoint => {
      const bound = this.bound.find(({ name }) => name === endpoint.listener);
      return endpoint.port === 0 && bound !== undefined ? { ...endpoint, port: bound.port } : endpoint;
    });
    await this.refuseTakenEndpoints(endpoints);
    try {
      await controlPlane.register({ brokerId: this.brokerId, endpoints, rack: this.settings.rack });
    } catch (error) {
      const isTaken = error instanceof KafkaError && error.error === 'DUPLICATE_BROKER_REGISTRATION';
      if (isTaken) throw new BrokerStartError(error.message, { retry: true });
      throw error;
    }
  }

  /** Clients must not find two brokers at one address. Source: kafka.server.KafkaServer.createBrokerInfo, 3.9 */
  private async refuseTakenEndpoints(endpoints: readonly Endpoint[]): Promise<void> {
    const own = new Set(endpoints.map(({ host, port }) => `${host}:${port}`));
    for (const { broker } of (await this.zk.brokers.liveBrokers()).values()) {
      if (broker.id === this.brokerId) continue;
      const taken = broker.endpoints.map(({ host, port }) => `${host}:${port}`).filter((address) => own.has(address));
      if (taken.length === 0) continue;
      throw new BrokerStartError(
        `requirement failed: Configured end points ${taken.join(',')} in advertised listeners are already registered by broker ${broker.id}`,
      );
    }
  }

  private onLogDirFailure(logDir: string, left: number): void {
    this.logger.error(`Log directory ${logDir} is offline`);
    this.parts?.replicaManager.onLogDirFailure();
    if (left === 0) this.fail(`all log dirs in ${this.settings.logs.logDirs.join(', ')} have failed`, false);
  }

  private fail(reason: string, retry: boolean): void {
    for (const listener of this.fatalListeners) listener(reason, retry);
  }

  private wire(brokerId: number): BrokerParts {
    return wireParts({
      node: this,
      brokerId,
      settings: this.settings,
      platform: this.platform,
      metadata: this.metadata,
      zk: this.zk,
      logs: this.logs,
      offsetsPartitions: this.offsetsPartitions,
      onNewSession: (controlPlane) => this.registerAgain(controlPlane),
      onElected: (epoch) => {
        for (const listener of this.controllerListeners) listener(epoch);
      },
      onFault: (error) => {
        this.fail(error instanceof Error ? error.message : String(error), false);
      },
    });
  }

  /** In a new session; a broker whose id was taken meanwhile has to go. */
  private async registerAgain(controlPlane: ZkControlPlane): Promise<void> {
    try {
      await controlPlane.afterNewSession();
    } catch (error) {
      const isTaken = error instanceof KafkaError && error.error === 'DUPLICATE_BROKER_REGISTRATION';
      if (!isTaken) throw error;
      this.fail(error.message, true);
    }
  }
}

const NOTHING_CHANGED = {
  brokersChanged: false,
  controllerChanged: false,
  topics: new Set<string>(),
  deletedTopics: new Set<string>(),
  topicConfigs: new Set<string>(),
  brokerConfigs: new Set<string>(),
};
