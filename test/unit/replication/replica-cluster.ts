import { KafkaError } from '../../../src/common/errors.js';
import { topicPartitionKey } from '../../../src/common/topic-partition.js';
import type { ControllerApi, LeadOrFollow } from '../../../src/metadata/control-plane.js';
import { MetadataCache } from '../../../src/metadata/metadata-cache.js';
import type { MetadataImage, PartitionImage, TopicImage } from '../../../src/metadata/metadata-image.js';
import { silentLogger } from '../../../src/platform/logger.js';
import { codecOf } from '../../../src/protocol/codec.js';
import { errorCode } from '../../../src/protocol/error-codes.js';
import type { AlterPartitionRequest } from '../../../src/protocol/messages/alter-partition-request.js';
import type { AlterPartitionResponse } from '../../../src/protocol/messages/alter-partition-response.js';
import { fetchRequest, type FetchRequest } from '../../../src/protocol/messages/fetch-request.js';
import { fetchResponse, type FetchResponse } from '../../../src/protocol/messages/fetch-response.js';
import { listOffsetsRequest, type ListOffsetsRequest } from '../../../src/protocol/messages/list-offsets-request.js';
import { listOffsetsResponse } from '../../../src/protocol/messages/list-offsets-response.js';
import { FetchService } from '../../../src/replication/fetch-service.js';
import { FetchSessions } from '../../../src/replication/fetch-session.js';
import type { FetchAnswer, FetchTransport } from '../../../src/replication/fetch-transport.js';
import { listOffsets } from '../../../src/replication/list-offsets.js';
import type { LogProvider } from '../../../src/replication/log-provider.js';
import { ReplicaFetcherManager } from '../../../src/replication/replica-fetcher-manager.js';
import { ReplicaManager } from '../../../src/replication/replica-manager.js';
import { newReplicationCounters } from '../../../src/replication/replication-counters.js';
import { DEFAULT_REPLICATION_SETTINGS, type ReplicationSettings } from '../../../src/replication/settings.js';
import type { Log } from '../../../src/storage/log.js';
import { FakeTime } from '../../support/fake-time.js';
import { MemoryLog } from '../../support/memory-log.js';

export const TOPIC_ID = 'qBfyc2M2SYutRT3r6bakkA';
export const LISTENER = 'PLAINTEXT';

/** The log manager of a test: logs in memory, checkpoints kept. */
export class MemoryLogs implements LogProvider {
  readonly logs = new Map<string, MemoryLog>();
  readonly ids = new Map<string, string>();
  readonly checkpoint = new Map<string, number>();
  checkpoints = 0;
  failure: KafkaError | undefined;
  /** How a log is made; another implementation of Log may be put in. */
  make: (topic: string, partition: number) => MemoryLog = (topic, partition) => new MemoryLog(topic, partition);

  get(topic: string, partition: number): MemoryLog | undefined {
    return this.logs.get(topicPartitionKey(topic, partition));
  }

  getOrCreate(topic: string, partition: number, topicId: string | undefined): Log {
    if (this.failure !== undefined) throw this.failure;
    const key = topicPartitionKey(topic, partition);
    const log = this.logs.get(key) ?? this.make(topic, partition);
    this.logs.set(key, log);
    if (topicId !== undefined) this.ids.set(key, topicId);
    return log;
  }

  topicIdOf(topic: string, partition: number): string | undefined {
    return this.ids.get(topicPartitionKey(topic, partition));
  }

  assignTopicId(topic: string, partition: number, topicId: string): void {
    this.ids.set(topicPartitionKey(topic, partition), topicId);
  }

  delete(topic: string, partition: number): void {
    this.logs.delete(topicPartitionKey(topic, partition));
    this.ids.delete(topicPartitionKey(topic, partition));
  }

  readonly offline = new Set<string>();

  isOffline(topic: string, partition: number): boolean {
    return this.offline.has(topicPartitionKey(topic, partition));
  }

  checkpointedHighWatermark(topic: string, partition: number): number | undefined {
    return this.checkpoint.get(topicPartitionKey(topic, partition));
  }

  checkpointHighWatermarks(logs: Iterable<Log>): Promise<void> {
    this.checkpoints++;
    for (const log of logs) this.checkpoint.set(topicPartitionKey(log.topic, log.partition), log.highWatermark);
    return Promise.resolve();
  }
}

/** Stands in for the controller: answers AlterPartition with what it was asked for, unless told to fail. */
export class StubController {
  readonly asked: AlterPartitionRequest[] = [];
  /** Of the next answers, one a partition. */
  errors: string[] = [];
  /** Holds answers back until {@link release}. */
  isHeld = false;
  private held: (() => void)[] = [];

  brokerEpoch(): number {
    return 25;
  }

  send<Q, R>(_api: ControllerApi<Q, R>, request: Q): Promise<R> {
    const asked = request as AlterPartitionRequest;
    this.asked.push(asked);
    const answer = this.answerTo(asked) as R;
    if (!this.isHeld) return Promise.resolve(answer);
    return new Promise((resolve) => this.held.push(() => resolve(answer)));
  }

  release(): void {
    this.isHeld = false;
    for (const resolve of this.held.splice(0)) resolve();
  }

  private answerTo(request: AlterPartitionRequest): AlterPartitionResponse {
    return {
      throttleTimeMs: 0,
      errorCode: 0,
      topics: request.topics.map(({ topicName, topicId, partitions }) => ({
        topicName,
        topicId,
        partitions: partitions.map((each) => ({
          partitionIndex: each.partitionIndex,
          errorCode: errorCode((this.errors.shift() ?? 'NONE') as 'NONE'),
          leaderId: request.brokerId,
          leaderEpoch: each.leaderEpoch,
          isr: each.newIsrWithEpochs.map(({ brokerId }) => brokerId),
          leaderRecoveryState: 0,
          partitionEpoch: each.partitionEpoch + 1,
        })),
      })),
    };
  }
}

/** One broker's replica layer, whole but for disk and sockets. */
export class TestBroker {
  readonly id: number;
  readonly logs: MemoryLogs;
  readonly metadata = new MetadataCache();
  readonly controller = new StubController();
  readonly manager: ReplicaManager;
  readonly sessions: FetchSessions;
  readonly fetching: FetchService;
  readonly fetchers: ReplicaFetcherManager;
  isDown = false;

  constructor(
    id: number,
    time: FakeTime,
    transport: FetchTransport,
    settings: Partial<ReplicationSettings> = {},
    logs = new MemoryLogs(),
  ) {
    this.id = id;
    this.logs = logs;
    const all = { ...DEFAULT_REPLICATION_SETTINGS, ...settings, brokerId: id };
    const counters = newReplicationCounters();
    const { metadata, controller } = this;
    const base = { settings: all, time, logger: silentLogger, counters };
    this.manager = new ReplicaManager({ ...base, logs, metadata, controlPlane: controller });
    let nextId = 0;
    const random = { int: () => nextId++, float: () => 0, bytes: (count: number) => Buffer.alloc(count) };
    this.sessions = new FetchSessions(all.maxIncrementalFetchSessionCacheSlots, time, random, counters);
    this.fetching = new FetchService({
      replicas: this.manager,
      sessions: this.sessions,
      purgatory: this.manager.purgatory,
      metadata,
      counters,
      logger: silentLogger,
      fetchMaxBytes: all.fetchMaxBytes,
    });
    const onHighWatermarkMoved = () => this.manager.noteHighWatermarkMoved();
    this.fetchers = new ReplicaFetcherManager({ ...base, transport, brokerEpoch: () => 25, onHighWatermarkMoved });
    this.manager.attachFetchers(this.fetchers);
  }

  log(partition = 0): MemoryLog {
    const log = this.logs.get('orders', partition);
    if (log === undefined) throw new Error(`broker ${this.id} has no log`);
    return log;
  }
}

/** Brokers that fetch from one another: every request and answer goes through the codec, and takes a turn of the clock. */
export class ReplicaCluster implements FetchTransport {
  readonly time = new FakeTime();
  readonly brokers = new Map<number, TestBroker>();
  /** Requests seen, in order. */
  readonly fetches: { leader: number; request: FetchRequest }[] = [];

  private readonly settings: Partial<ReplicationSettings>;

  constructor(ids: readonly number[], settings: Partial<ReplicationSettings> = {}) {
    this.settings = settings;
    for (const id of ids) this.brokers.set(id, new TestBroker(id, this.time, this, settings));
    this.announce();
  }

  broker(id: number): TestBroker {
    const broker = this.brokers.get(id);
    if (broker === undefined) throw new Error(`no broker ${id}`);
    return broker;
  }

  /** kill -9: what the process knew is gone. Its logs stay, and the last checkpoint of its high watermarks. */
  kill(id: number): void {
    const broker = this.broker(id);
    broker.isDown = true;
    broker.fetchers.close();
    const checkpoint = new Map(broker.logs.checkpoint);
    void broker.manager.close().then(() => {
      broker.logs.checkpoint.clear();
      for (const [key, offset] of checkpoint) broker.logs.checkpoint.set(key, offset);
    });
  }

  /** A new process on the logs of the old one. */
  restart(id: number): TestBroker {
    const { logs } = this.broker(id);
    for (const log of logs.logs.values()) log.updateHighWatermark(0);
    const broker = new TestBroker(id, this.time, this, this.settings, logs);
    this.brokers.set(id, broker);
    return broker;
  }

  /** A new metadata image on every broker: `orders` with one partition, and the live brokers. */
  announce(partitions: Partial<PartitionImage>[] = [{}]): void {
    for (const broker of this.brokers.values()) broker.metadata.applyView(NO_DELTA, this.image(partitions));
  }

  private image(partitions: Partial<PartitionImage>[]): MetadataImage {
    const topic: TopicImage = {
      name: 'orders',
      topicId: TOPIC_ID,
      partitions: partitions.map((each, partition) => ({ ...A_PARTITION, partition, ...each })),
    };
    const live = [...this.brokers.values()].filter(({ isDown }) => !isDown);
    return {
      clusterId: 'test',
      controllerId: 1,
      brokers: new Map(live.map(({ id }) => [id, aBrokerImage(id)])),
      topics: new Map([['orders', topic]]),
      topicNames: new Map([[TOPIC_ID, 'orders']]),
      configs: { topics: new Map(), brokers: new Map() },
    };
  }

  /** LeaderAndIsr for `orders-0` to every live broker. */
  async elect(leader: number, leaderEpoch: number, isr: readonly number[], to = this.live()): Promise<void> {
    const replicas = [...this.brokers.keys()];
    const change = aChange({ leader, leaderEpoch, isr, replicas, partitionEpoch: leaderEpoch });
    for (const id of to) await this.broker(id).manager.applyReplicas([change]);
  }

  live(): number[] {
    return [...this.brokers.values()].filter(({ isDown }) => !isDown).map(({ id }) => id);
  }

  /** Lets time pass in small steps, promises included. */
  async run(ms = 2_000): Promise<void> {
    for (let passed = 0; passed < ms; passed += 10) {
      this.time.advance(10);
      await settle();
    }
  }

  fetch(
    leader: number,
    _fetcherId: number,
    version: number,
    request: FetchRequest,
    answer: FetchAnswer<FetchResponse>,
  ): void {
    const codec = codecOf(fetchRequest, version);
    const sent = codec.decode(codec.toBuffer(request));
    this.fetches.push({ leader, request: sent });
    this.later(leader, answer, async (broker) => {
      const caller = { connectionId: 'f', listenerName: LISTENER, mayReplicate: () => true, mayRead: () => true };
      const body = await broker.fetching.handle(sent, version, caller);
      const responses = codecOf(fetchResponse, version);
      return responses.decode(responses.toBuffer(body));
    });
  }

  listOffsets(
    leader: number,
    _fetcherId: number,
    version: number,
    request: ListOffsetsRequest,
    answer: FetchAnswer<Awaited<ReturnType<typeof listOffsets>>>,
  ): void {
    const codec = codecOf(listOffsetsRequest, version);
    const sent = codec.decode(codec.toBuffer(request));
    this.later(leader, answer, async (broker) => {
      const parts = { replicas: broker.manager, logger: silentLogger, mayDescribe: () => true, nowMs: () => 0 };
      const responses = codecOf(listOffsetsResponse, version);
      return responses.decode(responses.toBuffer(await listOffsets(sent, version, parts)));
    });
  }

  close(): void {
    // nothing is kept for a connection
  }

  private later<R>(leader: number, answer: FetchAnswer<R>, handle: (broker: TestBroker) => Promise<R>): void {
    this.time.schedule(1, () => {
      const broker = this.broker(leader);
      const gone = () => answer.onFailure(new KafkaError('NETWORK_EXCEPTION', `broker ${leader} is down`));
      if (broker.isDown) {
        gone();
        return;
      }
      void handle(broker).then((response) => {
        if (broker.isDown) gone();
        else answer.onResponse(response);
      });
    });
  }
}

export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const NO_DELTA = {
  brokersChanged: false,
  controllerChanged: false,
  topics: new Set<string>(),
  deletedTopics: new Set<string>(),
  topicConfigs: new Set<string>(),
  brokerConfigs: new Set<string>(),
};

const A_PARTITION: PartitionImage = {
  partition: 0,
  leader: 1,
  leaderEpoch: 0,
  controllerEpoch: 1,
  isr: [1],
  partitionEpoch: 0,
  replicas: [1],
  offlineReplicas: [],
};

function aBrokerImage(id: number) {
  const endpoint = { listener: LISTENER, securityProtocol: 'PLAINTEXT' as const, host: 'localhost', port: 9090 + id };
  return { id, endpoints: [endpoint], rack: null };
}

export function aChange(change: Partial<LeadOrFollow> = {}): LeadOrFollow {
  return {
    type: 'lead-or-follow',
    topic: 'orders',
    partition: 0,
    topicId: TOPIC_ID,
    controllerId: 1,
    controllerEpoch: 1,
    leader: 1,
    leaderEpoch: 0,
    isr: [1],
    partitionEpoch: 0,
    replicas: [1],
    addingReplicas: [],
    removingReplicas: [],
    isNew: true,
    recovering: false,
    topicConfig: new Map(),
    ...change,
  };
}
