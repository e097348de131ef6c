import { brokerReader, type ConfigReader, type ConfigValues } from '../../config/reader.js';
import { logDirs } from '../../config/resolve.js';
import type { GroupConfig } from '../coordinator/group/group-ports.js';
import type { Endpoint } from '../metadata/endpoint.js';
import type { SocketServerConfig } from '../network/socket-server.js';
import type { ReplicationSettings } from '../replication/settings.js';
import type { LogManagerSettings } from '../storage/log-manager.js';
import { listenerSettings } from './listener-settings.js';

/** A broker's settings, typed, grouped as the parts take them. Names are Kafka's, camel-cased; times ms. */
export interface BrokerSettings {
  /** −1: generated, or taken from meta.properties. */
  readonly brokerId: number;
  readonly brokerIdGenerationEnable: boolean;
  readonly reservedBrokerMaxId: number;
  readonly rack: string | null;
  readonly listeners: readonly Endpoint[];
  /** Ports of 0 stand for the bound ones. */
  readonly advertisedListeners: readonly Endpoint[];
  readonly interBrokerListenerName: string;
  readonly zookeeperConnect: string;
  readonly zookeeperSessionTimeoutMs: number;
  readonly zookeeperConnectionTimeoutMs: number;
  readonly zookeeperMaxInFlightRequests: number;
  readonly requestTimeoutMs: number;
  readonly controllerSocketTimeoutMs: number;
  readonly replicaSocketTimeoutMs: number;
  readonly controlledShutdownEnable: boolean;
  readonly controlledShutdownMaxRetries: number;
  readonly controlledShutdownRetryBackoffMs: number;
  readonly autoCreateTopicsEnable: boolean;
  readonly deleteTopicEnable: boolean;
  readonly numPartitions: number;
  readonly defaultReplicationFactor: number;
  readonly uncleanLeaderElectionEnable: boolean;
  readonly autoLeaderRebalanceEnable: boolean;
  readonly leaderImbalancePerBrokerPercentage: number;
  readonly leaderImbalanceCheckIntervalMs: number;
  readonly offsetsTopicNumPartitions: number;
  readonly offsetsTopicReplicationFactor: number;
  readonly offsetsTopicSegmentBytes: number;
  readonly offsetsCommitTimeoutMs: number;
  readonly transactionMaxTimeoutMs: number;
  readonly group: GroupConfig;
  readonly replication: Omit<ReplicationSettings, 'brokerId'>;
  readonly logs: LogManagerSettings;
  readonly sockets: Omit<SocketServerConfig, 'nodeId' | 'listeners'>;
}

/**
 * @param hostName of this machine: what a listener without a host is advertised as
 * @throws BrokerStartError when listeners cannot be read or need what is not served
 */
export function brokerSettings(values: ConfigValues, hostName: string): BrokerSettings {
  const broker = brokerReader(values);
  const zookeeperSessionTimeoutMs = broker.number('zookeeper.session.timeout.ms');
  return {
    brokerId: broker.number('broker.id'),
    brokerIdGenerationEnable: broker.boolean('broker.id.generation.enable'),
    reservedBrokerMaxId: broker.number('reserved.broker.max.id'),
    rack: broker.text('broker.rack') ?? null,
    ...listenerSettings(broker, hostName),
    zookeeperConnect: broker.text('zookeeper.connect') ?? '',
    zookeeperSessionTimeoutMs,
    zookeeperConnectionTimeoutMs: broker.maybeNumber('zookeeper.connection.timeout.ms') ?? zookeeperSessionTimeoutMs,
    zookeeperMaxInFlightRequests: broker.number('zookeeper.max.in.flight.requests'),
    requestTimeoutMs: broker.number('request.timeout.ms'),
    replicaSocketTimeoutMs: broker.number('replica.socket.timeout.ms'),
    controllerSocketTimeoutMs: broker.number('controller.socket.timeout.ms'),
    controlledShutdownEnable: broker.boolean('controlled.shutdown.enable'),
    controlledShutdownMaxRetries: broker.number('controlled.shutdown.max.retries'),
    controlledShutdownRetryBackoffMs: broker.number('controlled.shutdown.retry.backoff.ms'),
    autoCreateTopicsEnable: broker.boolean('auto.create.topics.enable'),
    deleteTopicEnable: broker.boolean('delete.topic.enable'),
    numPartitions: broker.number('num.partitions'),
    defaultReplicationFactor: broker.number('default.replication.factor'),
    uncleanLeaderElectionEnable: broker.boolean('unclean.leader.election.enable'),
    autoLeaderRebalanceEnable: broker.boolean('auto.leader.rebalance.enable'),
    leaderImbalancePerBrokerPercentage: broker.number('leader.imbalance.per.broker.percentage'),
    leaderImbalanceCheckIntervalMs: broker.number('leader.imbalance.check.interval.seconds') * 1000,
    offsetsTopicNumPartitions: broker.number('offsets.topic.num.partitions'),
    offsetsTopicReplicationFactor: broker.number('offsets.topic.replication.factor'),
    offsetsTopicSegmentBytes: broker.number('offsets.topic.segment.bytes'),
    offsetsCommitTimeoutMs: broker.number('offsets.commit.timeout.ms'),
    transactionMaxTimeoutMs: broker.number('transaction.max.timeout.ms'),
    group: groupConfig(broker, values),
    replication: {
      replicaLagTimeMaxMs: broker.number('replica.lag.time.max.ms'),
      replicaFetchMaxBytes: broker.number('replica.fetch.max.bytes'),
      replicaFetchResponseMaxBytes: broker.number('replica.fetch.response.max.bytes'),
      replicaFetchWaitMaxMs: broker.number('replica.fetch.wait.max.ms'),
      replicaFetchMinBytes: broker.number('replica.fetch.min.bytes'),
      replicaFetchBackoffMs: broker.number('replica.fetch.backoff.ms'),
      numReplicaFetchers: broker.number('num.replica.fetchers'),
      replicaHighWatermarkCheckpointIntervalMs: broker.number('replica.high.watermark.checkpoint.interval.ms'),
      fetchMaxBytes: broker.number('fetch.max.bytes'),
      maxIncrementalFetchSessionCacheSlots: broker.number('max.incremental.fetch.session.cache.slots'),
    },
    logs: {
      logDirs: logDirs(values),
      logRetentionCheckIntervalMs: broker.number('log.retention.check.interval.ms'),
      logFlushSchedulerIntervalMs: broker.number('log.flush.scheduler.interval.ms'),
      logFlushOffsetCheckpointIntervalMs: broker.number('log.flush.offset.checkpoint.interval.ms'),
      logFlushStartOffsetCheckpointIntervalMs: broker.number('log.flush.start.offset.checkpoint.interval.ms'),
      producerIdExpirationMs: broker.number('producer.id.expiration.ms'),
      producerIdExpirationCheckIntervalMs: broker.number('producer.id.expiration.check.interval.ms'),
      fileDeleteDelayMs: broker.number('log.segment.delete.delay.ms'),
      initialTaskDelayMs: broker.number('log.initial.task.delay.ms'),
    },
    sockets: {
      socketRequestMaxBytes: broker.number('socket.request.max.bytes'),
      socketListenBacklogSize: broker.number('socket.listen.backlog.size'),
      queuedMaxRequests: broker.number('queued.max.requests'),
      queuedMaxRequestBytes: broker.number('queued.max.request.bytes'),
      connectionsMaxIdleMs: broker.number('connections.max.idle.ms'),
      maxConnections: broker.number('max.connections'),
      maxConnectionsPerIp: broker.number('max.connections.per.ip'),
      maxConnectionsPerIpOverrides: perIpOverrides(broker.list('max.connections.per.ip.overrides')),
    },
  };
}

function groupConfig(broker: ConfigReader, values: ConfigValues): GroupConfig {
  return {
    groupMinSessionTimeoutMs: broker.number('group.min.session.timeout.ms'),
    groupMaxSessionTimeoutMs: broker.number('group.max.session.timeout.ms'),
    groupInitialRebalanceDelayMs: broker.number('group.initial.rebalance.delay.ms'),
    groupMaxSize: broker.number('group.max.size'),
    offsetMetadataMaxBytes: broker.number('offset.metadata.max.bytes'),
    offsetsRetentionMs: broker.number('offsets.retention.minutes') * 60_000,
    offsetsRetentionCheckIntervalMs: broker.number('offsets.retention.check.interval.ms'),
    offsetsStorage: values.get('offsets.storage') === 'kafka' ? 'kafka' : 'zookeeper',
  };
}

function perIpOverrides(items: readonly string[]): Map<string, number> {
  return new Map(
    items.map((item) => {
      const colon = item.lastIndexOf(':');
      return [item.slice(0, colon), Number(item.slice(colon + 1))];
    }),
  );
}
