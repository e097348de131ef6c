import { ClusterClient } from '../../../src/client/cluster-client.js';
import { Consumer } from '../../../src/client/consumer.js';
import { KafkaError } from '../../../src/common/errors.js';
import type { Platform } from '../../../src/platform/platform.js';
import { delay } from '../../../src/platform/time.js';
import type { KnownRecord } from '../checkers/records.js';
import type { SimulatedCluster } from '../simulated-cluster.js';
import type { StartWorkload, Workload } from '../simulation.js';

export interface ConsumerGroupOptions {
  readonly topic: string;
  readonly members: number;
  readonly groupId?: string;
}

const POLL_MS = 500;
const AFTER_AN_ERROR_MS = 200;

/** Members that read a topic together, and commit what they have read after each poll. */
export class ConsumerGroup implements Workload {
  /** In the order of reading, of all members together. */
  readonly consumed: KnownRecord[] = [];
  commits = 0;
  private readonly sequences = new Set<number>();
  private readonly options: ConsumerGroupOptions;
  private readonly done: Promise<unknown>;
  private isStopped = false;

  constructor(cluster: SimulatedCluster, platforms: readonly Platform[], options: ConsumerGroupOptions) {
    this.options = options;
    this.done = Promise.all(platforms.map((platform) => this.run(cluster, platform)));
  }

  get topics(): readonly string[] {
    return [this.options.topic, '__consumer_offsets'];
  }

  /** Records read, each counted once. */
  get distinct(): number {
    return this.sequences.size;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.done;
  }

  private async run(cluster: SimulatedCluster, platform: Platform): Promise<void> {
    const client = new ClusterClient(
      { bootstrapServers: cluster.bootstrapServers, clientId: 'member', allowAutoTopicCreation: false },
      platform,
    );
    const consumer = new Consumer(client, {
      groupId: this.options.groupId ?? 'readers',
      autoOffsetReset: 'earliest',
      enableAutoCommit: false,
      sessionTimeoutMs: 6000,
      rebalanceTimeoutMs: 6000,
      heartbeatIntervalMs: 1000,
    });
    consumer.subscribe([this.options.topic]);
    while (!this.isStopped) await this.readOn(consumer, platform);
    await consumer.close();
    client.close();
  }

  /** A member whose commit failed goes on: what it read is read again after a rebalance, by it or by others. */
  private async readOn(consumer: Consumer, platform: Platform): Promise<void> {
    try {
      const records = await consumer.poll(POLL_MS);
      for (const { topic, partition, offset, value } of records) {
        const sequence = Number(value);
        this.consumed.push({ topic, partition, offset, sequence });
        this.sequences.add(sequence);
      }
      if (records.length === 0) return;
      await consumer.commit();
      this.commits++;
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      platform.logger.warn('reading or committing failed', error);
      await delay(platform.time, AFTER_AN_ERROR_MS);
    }
  }
}

export function consumerGroup(options: ConsumerGroupOptions): StartWorkload<ConsumerGroup> {
  return (cluster, world) => {
    const platforms = Array.from({ length: options.members }, (_, i) => world.host(`member-${i + 1}`).platform);
    return new ConsumerGroup(cluster, platforms, options);
  };
}
