import { describeTopic } from '../../config/describe.js';
import { parseTopicConfig } from '../../config/topic-config.js';
import { GroupCoordinator } from '../coordinator/group/group-coordinator.js';
import { ProducerIdManager } from '../coordinator/transaction/producer-id-manager.js';
import { TopicAdmin } from '../controller/zk/topic-admin.js';
import { ZkController } from '../controller/zk/zk-controller.js';
import type { MetadataCache } from '../metadata/metadata-cache.js';
import type { NetworkClient } from '../network/network-client.js';
import { SocketServer } from '../network/socket-server.js';
import type { Platform } from '../platform/platform.js';
import { FetchService } from '../replication/fetch-service.js';
import { FetchSessions } from '../replication/fetch-session.js';
import { ReplicaFetcherManager } from '../replication/replica-fetcher-manager.js';
import { newReplicationCounters } from '../replication/replication-counters.js';
import { ReplicaManager } from '../replication/replica-manager.js';
import type { LogManager } from '../storage/log-manager.js';
import type { KafkaZkClient } from '../zookeeper/kafka-zk-client.js';
import { apiTable } from './api-table.js';
import { AutoTopics } from './auto-topics.js';
import { brokerNetworkClient, controllerSender, fetchTransport } from './broker-links.js';
import type { BrokerNode } from './broker-node.js';
import type { BrokerSettings } from './broker-settings.js';
import { BrokerToController } from './broker-to-controller.js';
import { coordinatorElections, forgetDeletedTopics, offsetsWriter } from './offsets-partitions.js';
import { RequestRouter } from './request-router.js';
import { ZkControlPlane } from './zk-control-plane.js';
import { ZNodeOffsetStore } from './znode-offset-store.js';

/** What the parts of a broker are made from. */
export interface Wiring {
  readonly node: BrokerNode;
  readonly brokerId: number;
  readonly settings: BrokerSettings;
  readonly platform: Platform;
  readonly metadata: MetadataCache;
  readonly zk: KafkaZkClient;
  readonly logs: LogManager;
  /** Of __consumer_offsets, as many as at the start. */
  readonly offsetsPartitions: number;
  /** A new ZooKeeper session stands: registers again. */
  onNewSession(controlPlane: ZkControlPlane): Promise<void>;
  /** This broker is controller now. */
  onElected(epoch: number): void;
  /** A bug was found: the node has to stop. */
  onFault(error: unknown): void;
}

export interface BrokerParts {
  readonly client: NetworkClient;
  readonly toController: BrokerToController;
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

/** Makes every part of a broker, and plugs into each what it asks for: the only wiring. */
export function wireParts(wiring: Wiring): BrokerParts {
  const { node, brokerId, settings, platform, metadata, zk, logs } = wiring;
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
    logs,
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
    for (const topic of delta.topicConfigs) logs.updateTopicConfig(topic, metadata.topicConfig(topic));
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
    writer: offsetsWriter(replicaManager, wiring.offsetsPartitions, settings.offsetsCommitTimeoutMs),
    offsetStore: new ZNodeOffsetStore(brokerId, zk, controlPlane, metadata, platform.logger),
    time: platform.time,
    random: platform.random,
    codecs: platform.codecs,
    logger: platform.logger.named('kafka.coordinator.group.GroupCoordinator'),
  });
  replicaManager.onLeadership(coordinatorElections(groups));
  forgetDeletedTopics(metadata, groups, node.logger);
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
        describeTopic(node.configLayers(), config, ALL_CONFIGS).map(
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
    toController,
    controlPlane,
    replicaManager,
    fetchers,
    fetches,
    groups,
    topicAdmin,
    controller: wireController(wiring, client, controlPlane),
    producerIds: new ProducerIdManager(brokerId, controlPlane, platform.time, platform.logger),
    autoTopics: new AutoTopics(topicAdmin, settings),
    sockets: wireSockets(wiring, replicaManager),
  };
}

function wireController(wiring: Wiring, client: NetworkClient, controlPlane: ZkControlPlane): ZkController {
  const { brokerId, settings, platform } = wiring;
  const controller = new ZkController(
    wiring.zk,
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
      registerBroker: () => wiring.onNewSession(controlPlane),
      onFatal: (error) => {
        wiring.onFault(error);
      },
    },
  );
  controller.onActiveController(() => {
    if (controller.isActive) wiring.onElected(controller.epoch);
  });
  return controller;
}

function wireSockets(wiring: Wiring, replicaManager: ReplicaManager): SocketServer {
  const { brokerId, settings, platform } = wiring;
  const router = new RequestRouter<BrokerNode>(wiring.node, apiTable(), {
    logger: platform.logger,
    features: () => ({ finalizedFeaturesEpoch: 0, zkMigrationReady: false }),
    onFault: (error) => {
      wiring.onFault(error);
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

const ALL_CONFIGS = { names: null, includeSynonyms: false, includeDocumentation: false };
