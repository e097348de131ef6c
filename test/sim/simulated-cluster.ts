import { parseBrokerConfig } from '../../config/broker-config.js';
import type { LogRecord } from '../../src/protocol/record/record-reader.js';
import { batchesIn, recordsOf } from '../../src/protocol/record/record-reader.js';
import { Broker } from '../../src/server/broker.js';
import { brokerSettings } from '../../src/server/broker-settings.js';
import type { Platform } from '../../src/platform/platform.js';
import type { World } from '../../src/platform/sim/world.js';
import type { Partition } from '../../src/replication/partition.js';
import { sessionClient } from '../../zk/client/session.js';
import { defaultConfig } from '../../zk/server/config.js';
import { ZooKeeperServer } from '../../zk/server/zookeeper-server.js';
import { bytesBelow } from './log-view.js';
import { SimulatedProcess } from './simulated-process.js';

export interface ClusterOptions {
  readonly brokers: number;
  /** Of every broker, under Kafka's names. */
  readonly settings?: Readonly<Record<string, string>>;
  /** `none`: nobody looks after each event, so that a run goes on past a violation. */
  readonly checkers?: 'all' | 'none';
}

export const ZOOKEEPER_PORT = 2181;
export const KAFKA_PORT = 9092;

/** Short enough that a run sees many elections; replicas of internal topics as a production cluster has them. */
const SETTINGS: Readonly<Record<string, string>> = {
  'log.dirs': '/kafka-logs',
  'zookeeper.connect': `zookeeper:${ZOOKEEPER_PORT}`,
  'zookeeper.session.timeout.ms': '6000',
  'log.segment.bytes': '8192', // logs of a few hundred records have many segments
  'log.index.size.max.bytes': '65536', // allocated for every log, and in memory here
  'replica.lag.time.max.ms': '5000',
  'offsets.topic.num.partitions': '2',
  'offsets.topic.replication.factor': '3',
  'default.replication.factor': '3',
  'min.insync.replicas': '2',
  'group.initial.rebalance.delay.ms': '0',
};

export type SimulatedBroker = SimulatedProcess<Broker> & { readonly id: number };

/** ZooKeeper and brokers, each on a machine of its own: `zookeeper`, `broker-1`, `broker-2` … The production code, unchanged. */
export class SimulatedCluster {
  readonly zookeeper: SimulatedProcess<ZooKeeperServer>;
  readonly brokers: readonly SimulatedBroker[];

  constructor(world: World, options: ClusterOptions) {
    this.zookeeper = new SimulatedProcess(world, 'zookeeper', startZooKeeper);
    this.brokers = Array.from({ length: options.brokers }, (_, i) => {
      const id = i + 1;
      const settings = { ...SETTINGS, ...options.settings };
      const process = new SimulatedProcess(world, `broker-${id}`, (platform, exit) =>
        startBroker(id, settings, platform, exit),
      );
      return Object.assign(process, { id });
    });
    this.zookeeper.run();
    for (const broker of this.brokers) broker.run();
  }

  get bootstrapServers(): { host: string; port: number }[] {
    return this.brokers.map(({ name }) => ({ host: name, port: KAFKA_PORT }));
  }

  /** Everything runs that has been killed. */
  runAll(): void {
    this.zookeeper.run();
    for (const broker of this.brokers) broker.run();
  }

  /** The active controller, undefined while there is none. */
  get controller(): SimulatedBroker | undefined {
    return this.brokers.find(({ running }) => running?.controller.isActive === true);
  }

  /** The live leader of the latest epoch. */
  leaderOf(topic: string, partition: number): SimulatedBroker | undefined {
    let leader: SimulatedBroker | undefined;
    let leaderEpoch = -1;
    for (const broker of this.brokers) {
      const replica = broker.running?.replicaManager.partition(topic, partition);
      if (replica?.isLeader !== true || replica.leaderEpoch <= leaderEpoch) continue;
      leader = broker;
      leaderEpoch = replica.leaderEpoch;
    }
    return leader;
  }

  replica(broker: SimulatedBroker, topic: string, partition: number): Partition | undefined {
    return broker.running?.replicaManager.partition(topic, partition);
  }

  /** Whether every broker lives, one controls, and each partition of the topic has a leader and all its replicas in sync. */
  isWhole(topics: Iterable<string>): boolean {
    const [first] = this.brokers;
    if (this.zookeeper.running === undefined || this.controller === undefined || first?.running === undefined) {
      return false;
    }
    if (this.brokers.some(({ running }) => running?.metadata.image.brokers.size !== this.brokers.length)) return false;
    for (const topic of topics) {
      const partitions = first.running.metadata.image.topics.get(topic)?.partitions ?? [];
      if (partitions.length === 0) return false;
      for (const partition of partitions.keys()) if (!this.isInSync(topic, partition)) return false;
    }
    return true;
  }

  /** The records below the leader's high watermark, in order. */
  committed(topic: string, partition: number): LogRecord[] {
    const leader = this.leaderOf(topic, partition);
    const log = leader && this.replica(leader, topic, partition)?.log;
    if (log === undefined) throw new Error(`${topic}-${partition} has no leader`);
    const bytes = bytesBelow(log, log.logStartOffset, log.highWatermark);
    return [...batchesIn(bytes)].flatMap(({ at }) => recordsOf(bytes, at));
  }

  private isInSync(topic: string, partition: number): boolean {
    const leader = this.leaderOf(topic, partition);
    const replica = leader && this.replica(leader, topic, partition);
    if (replica?.log === undefined || replica.isr.isr.length !== replica.replicas.length) return false;
    const { highWatermark, logEndOffset } = replica.log;
    return (
      highWatermark === logEndOffset &&
      this.brokers.every((broker) => {
        const other = this.replica(broker, topic, partition);
        return !replica.replicas.includes(broker.id) || other?.log?.logEndOffset === logEndOffset;
      })
    );
  }
}

async function startZooKeeper(platform: Platform, exit: (reason: string) => void): Promise<ZooKeeperServer> {
  const config = { ...defaultConfig('/zookeeper'), tickTimeMs: 2000, minSessionTimeoutMs: 4000 };
  const server = new ZooKeeperServer({ ...config, clientPort: ZOOKEEPER_PORT }, platform, {
    onFailure: (error) => exit(String(error)),
  });
  await server.start();
  return server;
}

async function startBroker(
  id: number,
  given: Readonly<Record<string, string>>,
  platform: Platform,
  exit: (reason: string) => void,
): Promise<Broker> {
  const own = { 'broker.id': `${id}`, listeners: `PLAINTEXT://broker-${id}:${KAFKA_PORT}` };
  const { values } = parseBrokerConfig(new Map(Object.entries({ ...given, ...own })));
  const broker = new Broker(brokerSettings(values, `broker-${id}`), values, platform, (config) =>
    sessionClient(config, platform),
  );
  broker.onFatal((reason) => exit(reason));
  await broker.start();
  return broker;
}
