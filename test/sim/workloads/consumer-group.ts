import { ClusterClient } from '../../../src/client/cluster-client.js';
import { Consumer } from '../../../src/client/consumer.js';
import { KafkaError } from '../../../src/common/errors.js';
import type { Platform } from '../../../src/platform/platform.js';
import type { World } from '../../../src/platform/sim/world.js';
import { delay } from '../../../src/platform/time.js';
import type { KnownRecord } from '../checkers/records.js';
import type { SimulatedCluster } from '../simulated-cluster.js';
import { SimulatedProcess } from '../simulated-process.js';
import type { StartWorkload, Workload } from '../simulation.js';

export interface ConsumerGroupOptions {
  readonly topic: string;
  readonly members: number;
  readonly groupId?: string;
}

const POLL_MS = 500;
const AFTER_AN_ERROR_MS = 200;

interface Member {
  /** Ends when the group is stopped. */
  readonly done: Promise<void>;
}

/** Members that read a topic together, and commit what they have read after each poll. */
export class ConsumerGroup implements Workload {
  /** In the order of reading, of all members together. */
  readonly consumed: KnownRecord[] = [];
  commits = 0;
  private readonly sequences = new Set<number>();
  /** One process a member. */
  readonly members: readonly SimulatedProcess<Member>[];
  private readonly options: ConsumerGroupOptions;
  private readonly cluster: SimulatedCluster;
  private isStopped = false;

  constructor(cluster: SimulatedCluster, world: World, options: ConsumerGroupOptions) {
    this.options = options;
    this.cluster = cluster;
    this.members = Array.from(
      { length: options.members },
      (_, i) =>
        new SimulatedProcess(world, `member-${i + 1}`, (platform) => Promise.resolve({ done: this.run(platform) })),
    );
    for (const member of this.members) member.run();
  }

  get topics(): readonly string[] {
    return [this.options.topic, '__consumer_offsets'];
  }

  /** Records read, each counted once. */
  get distinct(): number {
    return this.sequences.size;
  }

  /** Members that are dead stay dead. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all(this.members.flatMap(({ running }) => running?.done ?? []));
  }

  private async run(platform: Platform): Promise<void> {
    const client = new ClusterClient(
      { bootstrapServers: this.cluster.bootstrapServers, clientId: 'member', allowAutoTopicCreation: false },
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
  return (cluster, world) => new ConsumerGroup(cluster, world, options);
}
