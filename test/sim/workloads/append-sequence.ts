import { AdminClient } from '../../../src/client/admin-client.js';
import { ClusterClient } from '../../../src/client/cluster-client.js';
import { Producer } from '../../../src/client/producer.js';
import { KafkaError } from '../../../src/common/errors.js';
import type { Platform } from '../../../src/platform/platform.js';
import { delay } from '../../../src/platform/time.js';
import type { KnownRecord } from '../checkers/records.js';
import type { SimulatedCluster } from '../simulated-cluster.js';
import type { StartWorkload, Workload } from '../simulation.js';

export interface AppendSequenceOptions {
  readonly acks: 0 | 1 | 'all';
  readonly topic?: string;
  readonly partitions?: number;
  readonly topicConfig?: Readonly<Record<string, string>>;
  /** Between two records, ms. */
  readonly everyMs?: number;
}

const WAIT_FOR_BROKERS_MS = 200;

/** One producer that counts: record n goes to partition n modulo their number. */
export class AppendSequence implements Workload {
  readonly topic: string;
  readonly partitions: number;
  readonly acknowledgedRecords: KnownRecord[] = [];
  /** Sequences of records whose fate nobody knows, with the error. */
  readonly failed = new Map<number, string>();
  private readonly options: AppendSequenceOptions;
  private readonly platform: Platform;
  private readonly client: ClusterClient;
  private readonly cluster: SimulatedCluster;
  private readonly done: Promise<void>;
  private sent = 0;
  private isStopped = false;

  constructor(cluster: SimulatedCluster, platform: Platform, options: AppendSequenceOptions) {
    this.topic = options.topic ?? 'orders';
    this.partitions = options.partitions ?? 2;
    this.options = options;
    this.platform = platform;
    this.cluster = cluster;
    this.client = new ClusterClient(
      { bootstrapServers: cluster.bootstrapServers, clientId: 'producer', allowAutoTopicCreation: false },
      platform,
    );
    this.done = this.run();
  }

  get topics(): readonly string[] {
    return [this.topic];
  }

  get acknowledged(): number {
    return this.acknowledgedRecords.length;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.done;
  }

  /** All that is committed now, partition by partition. */
  committedRecords(): KnownRecord[] {
    return Array.from({ length: this.partitions }, (_, partition) =>
      this.cluster.committed(this.topic, partition).map(({ offset, value }) => ({
        topic: this.topic,
        partition,
        offset,
        sequence: Number(value),
      })),
    ).flat();
  }

  private async run(): Promise<void> {
    await this.createTopic();
    const idempotent = this.options.acks === 'all';
    const producer = new Producer(this.client, { acks: this.options.acks, idempotent, requestTimeoutMs: 5000 });
    while (!this.isStopped) {
      this.send(producer, this.sent++);
      await delay(this.platform.time, this.options.everyMs ?? 20);
    }
    await producer.close();
    this.client.close();
  }

  private send(producer: Producer, sequence: number): void {
    const { topic } = this;
    const partition = sequence % this.partitions;
    producer.send({ topic, partition, value: Buffer.from(String(sequence)) }).then(
      ({ offset }) => this.acknowledgedRecords.push({ topic, partition, offset, sequence }),
      (error: unknown) => this.failed.set(sequence, error instanceof KafkaError ? error.error : String(error)),
    );
  }

  /** Once every broker is there to take its replica. */
  private async createTopic(): Promise<void> {
    const admin = new AdminClient(this.client);
    while ((await admin.describeCluster()).brokers.size < this.cluster.brokers.length) {
      await delay(this.platform.time, WAIT_FOR_BROKERS_MS);
    }
    const failures = await admin.createTopics([
      {
        name: this.topic,
        numPartitions: this.partitions,
        replicationFactor: this.cluster.brokers.length,
        configs: this.options.topicConfig ?? {},
      },
    ]);
    for (const failure of failures.values()) if (failure.error !== 'TOPIC_ALREADY_EXISTS') throw failure;
  }
}

export function appendSequence(options: AppendSequenceOptions): StartWorkload<AppendSequence> {
  return (cluster, world) => new AppendSequence(cluster, world.host('producer').platform, options);
}
