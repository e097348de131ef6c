import type { BrokerConfigLayers } from '../../config/describe.js';
import { describeTopic, effectiveBrokerValues } from '../../config/describe.js';
import type { ConfigValues } from '../../config/reader.js';
import { parseTopicConfig } from '../../config/topic-config.js';
import { KafkaError } from '../common/errors.js';
import { GroupCoordinator } from '../coordinator/group/group-coordinator.js';
import { ProducerIdManager } from '../coordinator/transaction/producer-id-manager.js';
import { TopicAdmin } from '../controller/zk/topic-admin.js';
import { ZkController } from '../controller/zk/zk-controller.js';
import type { Endpoint } from '../metadata/endpoint.js';
import { EMPTY_IMAGE, MetadataCache } from '../metadata/metadata-cache.js';
import type { NetworkClient } from '../network/network-client.js';
import { type BoundListener, SocketServer } from '../network/socket-server.js';
import type { Logger } from '../platform/logger.js';
import type { Platform } from '../platform/platform.js';
import type { Time } from '../platform/time.js';
import { FetchService } from '../replication/fetch-service.js';
import { FetchSessions } from '../replication/fetch-session.js';
import { ReplicaFetcherManager } from '../replication/replica-fetcher-manager.js';
import { newReplicationCounters } from '../replication/replication-counters.js';
import { ReplicaManager } from '../replication/replica-manager.js';
import { LogManager } from '../storage/log-manager.js';
import { ensureChroot } from '../zookeeper/chroot.js';
import { KafkaZkClient } from '../zookeeper/kafka-zk-client.js';
import type { ZkClient, ZkClientConfig } from '../../zk/client/zk-client.js';
import { apiTable } from './api-table.js';
import { AutoTopics } from './auto-topics.js';
import { brokerNetworkClient, controllerSender, fetchTransport } from './broker-links.js';
import type { BrokerNode, NodeEndpoint } from './broker-node.js';
import type { BrokerSettings } from './broker-settings.js';
import { BrokerToController } from './broker-to-controller.js';
import { endpointOf } from './endpoints.js';
import { claimIdentity, type BrokerIdentity } from './identity.js';
import { logConfigOf } from './log-config.js';
import { coordinatorElections, forgetDeletedTopics, offsetsWriter } from './offsets-partitions.js';
import { RequestRouter } from './request-router.js';
import { BrokerStartError } from './start-error.js';
import { ZkControlPlane } from './zk-control-plane.js';
import { ZNodeOffsetStore } from './znode-offset-store.js';

/** How a broker reaches ZooKeeper: the adapter on Node, `session` in the simulator. */
export type ZkClientFactory = (config: ZkClientConfig) => ZkClient;

const NO_OVERRIDES: ConfigValues = new Map();

/**
 * One broker in ZooKeeper mode: the only place where its parts are put together, and the order in which they start and stop.
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
  private identity: BrokerIdentity | undefined;
  private parts: Parts | undefined;
  private bound: readonly BoundListener[] = [];

  constructor(settings: BrokerSettings, values: ConfigValues, platform: Platform, openZk: ZkClientFactory) {
    this.settings = settings;
    this.values = values;
    this.platform = platform;
    this.time = platform.time;
    this.logger = platform.logger.named('kafka.server.KafkaServer');
    const zkConfig = {
      connectString: settings.zookeeperConnect,
      sessionTimeoutMs: settings.zookeeperSessionTimeoutMs,
      connectTimeoutMs: settings.zookeeperConnectionTimeoutMs,
      maxInFlightRequests: settings.zookeeperMaxInFlightRequests,
    };
    this.ensureChroot = () => ensureChroot(zkConfig, openZk, platform.time);
    this.zk = new KafkaZkClient(openZk(zkConfig), platform);
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

  private get started(): Parts {
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
   * In this order: ZooKeeper and identity, logs loaded, sockets bound, control requests accepted, znode, election.
   * @throws BrokerStartError for what a person can mend
   */
  async start(): Promise<void> {
    this.logger.info('starting');
    await this.connectZooKeeper();
    this.identity = await claimIdentity(this.settings, this.zk, this.platform);
    this.logger.info(`Cluster ID = ${this.identity.clusterId}`);
    this.metadata.applyView(NOTHING_CHANGED, { ...EMPTY_IMAGE, clusterId: this.identity.clusterId });
    const parts = this.wire(this.identity.brokerId);
    this.parts = parts;
    await parts.controlPlane.startConfigs();
    await this.loadLogs();
    this.bound = await this.bind(parts.sockets);
    parts.groups.start();
    parts.sockets.acceptRequests();
    await this.register(parts.controlPlane);
    parts.controller.start();
    this.logger.info('started');
  }

  /**
   * Moves the leaderships away if it can, then stops what it started, in reverse.
   * @param retry false: one attempt, since nobody may be left to take them
   * Source: kafka.server.KafkaServer.shutdown, 3.9
   */
  async stop({ retry }: { retry: boolean }): Promise<void> {
    this.logger.info('shutting down');
    const { parts } = this;
    if (parts !== undefined) {
      if (this.settings.controlledShutdownEnable) await parts.controlPlane.controlledShutdown(retry);
      await parts.sockets.stopAccepting();
      await parts.controller.close();
      parts.fetchers.close();
      parts.groups.stop();
      await parts.sockets.close();
      await parts.replicaManager.close();
      await parts.controlPlane.close();
      parts.client.close();
      await this.logs.shutdown(-1);
    }
    await this.zk.close();
    this.logger.info('shut down completed');
  }

  private async connectZooKeeper(): Promise<void> {
    try {
      await this.ensureChroot();
      await this.zk.connect();
    } catch (error) {
      await this.zk.close();
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
    try {
      await controlPlane.register({ brokerId: this.brokerId, endpoints, rack: this.settings.rack });
    } catch (error) {
      const isTaken = error instanceof KafkaError && error.error === 'DUPLICATE_BROKER_REGISTRATION';
      if (isTaken) throw new BrokerStartError(error.message, { retry: true });
      throw error;
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

  /** Makes every part, and plugs into each what it asks for. */
  private wire(brokerId: number): Parts {
    const { settings, platform, metadata, zk } = this;
    const client = brokerNetworkClient(
      brokerId,
      { requestTimeoutMs: settings.requestTimeoutMs, socketRequestMaxBytes: settings.sockets.socketRequestMaxBytes },
      platform,
    );
    const toController = new BrokerToController(client, metadata, settings, platform);
    const controlPlane = new ZkControlPlane({ ...settings, brokerId }, zk, metadata, toController, platform);
    const counters = newReplicationCounters();
    const replication = { ...settings.replication, brokerId };
    const replicaManager = new ReplicaManager({
      settings: replication,
      logs: this.logs,
      metadata,
      controlPlane,
      time: platform.time,
      logger: platform.logger,
      counters,
    });
    const fetchers = new ReplicaFetcherManager({
      settings: replication,
      transport: fetchTransport(client, metadata, {
        interBrokerListenerName: settings.interBrokerListenerName,
        timeoutMs: settings.replicaSocketTimeoutMs,
      }),
      time: platform.time,
      logger: platform.logger,
      counters,
      brokerEpoch: () => controlPlane.brokerEpoch('zk'),
      onHighWatermarkMoved: () => {
        replicaManager.noteHighWatermarkMoved();
      },
    });
    replicaManager.attachFetchers(fetchers);
    controlPlane.attach(replicaManager, metadata);
    metadata.onChange((delta) => {
      for (const topic of delta.topicConfigs) this.logs.updateTopicConfig(topic, metadata.topicConfig(topic));
    });
    const fetches = new FetchService({
      replicas: replicaManager,
      sessions: new FetchSessions(
        settings.replication.maxIncrementalFetchSessionCacheSlots,
        platform.time,
        platform.random,
        counters,
      ),
      purgatory: replicaManager.purgatory,
      metadata,
      counters,
      logger: platform.logger.named('kafka.server.KafkaApis'),
      fetchMaxBytes: settings.replication.fetchMaxBytes,
    });
    const groups = new GroupCoordinator({
      config: settings.group,
      writer: offsetsWriter(replicaManager, metadata, settings),
      offsetStore: new ZNodeOffsetStore(brokerId, zk, controlPlane, metadata, platform.logger),
      time: platform.time,
      random: platform.random,
      codecs: platform.codecs,
      logger: platform.logger.named('kafka.coordinator.group.GroupCoordinator'),
    });
    replicaManager.onLeadership(coordinatorElections(groups));
    forgetDeletedTopics(metadata, groups, this.logger);
    const topicAdmin = new TopicAdmin(
      zk,
      metadata,
      { defaultPartitions: settings.numPartitions, defaultReplicationFactor: settings.defaultReplicationFactor },
      {
        time: platform.time,
        random: platform.random,
        logger: platform.logger.named('kafka.zk.AdminZkClient'),
        validateTopicConfig: (config) => void parseTopicConfig(config),
        describeTopicConfig: (config) =>
          describeTopic(this.configLayers(), config, ALL_CONFIGS).map(
            ({ name, value, readOnly, configSource, isSensitive }) => ({
              name,
              value,
              readOnly,
              configSource,
              isSensitive,
            }),
          ),
      },
    );
    return {
      client,
      controlPlane,
      replicaManager,
      fetchers,
      fetches,
      groups,
      topicAdmin,
      controller: this.wireController(brokerId, client, controlPlane),
      producerIds: new ProducerIdManager(brokerId, controlPlane, platform.time, platform.logger),
      autoTopics: new AutoTopics(topicAdmin, metadata, settings),
      sockets: this.wireSockets(brokerId, replicaManager),
    };
  }

  private wireController(brokerId: number, client: NetworkClient, controlPlane: ZkControlPlane): ZkController {
    const { settings, platform } = this;
    const controller = new ZkController(
      this.zk,
      {
        brokerId,
        interBrokerListener: settings.interBrokerListenerName,
        uncleanLeaderElection: settings.uncleanLeaderElectionEnable,
        deleteTopics: settings.deleteTopicEnable,
        leaderImbalancePercent: settings.leaderImbalancePerBrokerPercentage,
        autoLeaderRebalance: settings.autoLeaderRebalanceEnable,
        leaderImbalanceCheckIntervalMs: settings.leaderImbalanceCheckIntervalMs,
      },
      {
        time: platform.time,
        random: platform.random,
        logger: platform.logger,
        send: controllerSender(client, settings.controllerSocketTimeoutMs),
        registerBroker: () => this.registerAgain(controlPlane),
        onFatal: (error) => {
          this.fail(error instanceof Error ? error.message : String(error), false);
        },
      },
    );
    controller.onActiveController(() => {
      if (controller.isActive) for (const listener of this.controllerListeners) listener(controller.epoch);
    });
    return controller;
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

  private wireSockets(brokerId: number, replicaManager: ReplicaManager): SocketServer {
    const { settings, platform } = this;
    const router = new RequestRouter<BrokerNode>(this, apiTable(), {
      logger: platform.logger,
      features: () => ({ finalizedFeaturesEpoch: 0, zkMigrationReady: false }),
      onFault: (error) => {
        this.fail(error.message, false);
      },
    });
    return new SocketServer(
      {
        ...settings.sockets,
        nodeId: brokerId,
        listeners: settings.listeners.map(({ listener, host, port }) => ({ name: listener, host, port })),
      },
      router,
      platform,
      (connectionId) => {
        replicaManager.dropConnection(connectionId);
      },
    );
  }
}

interface Parts {
  readonly client: NetworkClient;
  readonly controlPlane: ZkControlPlane;
  readonly controller: ZkController;
  readonly replicaManager: ReplicaManager;
  readonly fetchers: ReplicaFetcherManager;
  readonly fetches: FetchService;
  readonly groups: GroupCoordinator;
  readonly producerIds: ProducerIdManager;
  readonly topicAdmin: TopicAdmin;
  readonly autoTopics: AutoTopics;
  readonly sockets: SocketServer;
}

const ALL_CONFIGS = { names: null, includeSynonyms: false, includeDocumentation: false };

const NOTHING_CHANGED = {
  brokersChanged: false,
  controllerChanged: false,
  topics: new Set<string>(),
  deletedTopics: new Set<string>(),
  topicConfigs: new Set<string>(),
  brokerConfigs: new Set<string>(),
};
