import { AdminClient } from '../../../src/client/admin-client.js';
import { ClusterClient } from '../../../src/client/cluster-client.js';
import { KafkaError } from '../../../src/common/errors.js';
import type { Platform } from '../../../src/platform/platform.js';
import { delay } from '../../../src/platform/time.js';
import type { SimulatedCluster } from '../simulated-cluster.js';
import type { StartWorkload, Workload } from '../simulation.js';

const NAMES = ['churn-a', 'churn-b'];
const PAUSE_MS = 700;

/**
 * Creates and deletes the same few topics again and again, whatever becomes of it: a leader, follower or controller that
 * confuses one topic with the next of that name would show.
 */
export class TopicChurn implements Workload {
  readonly topics: readonly string[] = [];
  created = 0;
  deleted = 0;
  private readonly admin: AdminClient;
  private readonly client: ClusterClient;
  private readonly platform: Platform;
  private readonly done: Promise<void>;
  private isStopped = false;

  constructor(cluster: SimulatedCluster, platform: Platform) {
    this.platform = platform;
    this.client = new ClusterClient(
      { bootstrapServers: cluster.bootstrapServers, clientId: 'churn', allowAutoTopicCreation: false },
      platform,
    );
    this.admin = new AdminClient(this.client);
    this.done = this.run();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.done;
    this.client.close();
  }

  private async run(): Promise<void> {
    for (let i = 0; !this.isStopped; i++) {
      const name = NAMES[i % NAMES.length]!;
      this.created += await this.tried(() =>
        this.admin.createTopics([{ name, numPartitions: 2, replicationFactor: 2 }]),
      );
      await delay(this.platform.time, PAUSE_MS);
      this.deleted += await this.tried(() => this.admin.deleteTopics([name]));
      await delay(this.platform.time, PAUSE_MS);
    }
    for (const name of NAMES) await this.deleteForGood(name);
  }

  private async deleteForGood(name: string): Promise<void> {
    while ((await this.admin.listTopics()).includes(name)) {
      await this.tried(() => this.admin.deleteTopics([name]));
      await delay(this.platform.time, PAUSE_MS);
    }
  }

  /** 1 if it was done, 0 if the cluster would not or could not, which a misfortune may explain. */
  private async tried(work: () => Promise<ReadonlyMap<string, KafkaError>>): Promise<number> {
    try {
      const failures = await work();
      for (const failure of failures.values()) this.platform.logger.info(`the cluster refused: ${failure.message}`);
      return failures.size === 0 ? 1 : 0;
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      this.platform.logger.warn('the cluster did not answer', error);
      return 0;
    }
  }
}

export const topicChurn: StartWorkload<TopicChurn> = (cluster, world) =>
  new TopicChurn(cluster, world.host('churn').platform);
