import { uuidFromBytes } from '../../common/uuid.js';
import type { Logger } from '../../platform/logger.js';
import { randomUuid, type Random } from '../../platform/random.js';
import type { KafkaZkClient } from '../../zookeeper/kafka-zk-client.js';
import type { TopicZNode } from '../../zookeeper/znodes/topic-znodes.js';
import { replicasOf, type ControlledPartition, type ControllerContext } from './controller-context.js';
import type { ControllerWatches } from './controller-watches.js';
import type { PartitionStateMachine } from './partition-state-machine.js';
import type { ReignParts } from './reign-parts.js';
import type { ReplicaStateMachine } from './replica-state-machine.js';

/** Topics that appear in ZooKeeper, or grow there. */
export class TopicChanges {
  private readonly context: ControllerContext;
  private readonly zk: KafkaZkClient;
  private readonly partitions: PartitionStateMachine;
  private readonly replicas: ReplicaStateMachine;
  private readonly watches: ControllerWatches;
  private readonly random: Random;
  private readonly logger: Logger;

  constructor(parts: ReignParts) {
    this.context = parts.context;
    this.zk = parts.zk;
    this.partitions = parts.partitions;
    this.replicas = parts.replicas;
    this.watches = parts.watches;
    this.random = parts.random;
    this.logger = parts.logger;
  }

  /** Topics from before inter.broker.protocol.version 2.8 get their id here. Returns the partitions that are new to us. */
  async addTopics(
    found: ReadonlyMap<string, TopicZNode & { readonly zkVersion: number }>,
  ): Promise<ControlledPartition[]> {
    const added: ControlledPartition[] = [];
    for (const [name, znode] of found) {
      let topic: TopicZNode = znode;
      if (znode.topicId === undefined && znode.partitions.size > 0) {
        topic = { ...znode, topicId: randomUuid(this.random, uuidFromBytes) };
        await this.zk.topics.writeAssignment(name, topic, znode.zkVersion, this.context.fence);
      }
      added.push(...this.context.addTopic(name, topic));
    }
    return added;
  }

  async onTopicChange(): Promise<void> {
    const { context } = this;
    const names = new Set(await this.zk.topics.names());
    const fresh = [...names].filter((name) => !context.topics.has(name));
    const gone = [...context.topics.keys()].filter((name) => !names.has(name));
    for (const name of fresh) this.watches.addTopic(name);
    const found = await this.zk.topics.assignments(fresh);
    for (const name of gone) {
      this.watches.forgetTopic(name);
      context.removeTopic(name);
    }
    const added = await this.addTopics(found);
    if (fresh.length > 0 || gone.length > 0) {
      this.logger.info(
        `New topics: [${fresh.join(', ')}], deleted topics: [${gone.join(', ')}], new partitions: ${added.length}`,
      );
    }
    await this.onNewPartitions(added);
  }

  async onPartitionModifications(name: string): Promise<void> {
    const { context } = this;
    const known = context.topics.get(name);
    const found = (await this.zk.topics.assignments([name])).get(name);
    if (known === undefined || found === undefined) return;
    if (context.topicsToBeDeleted.has(name)) {
      await this.undoGrowth(name, found);
      return;
    }
    const added = context.addTopic(name, { partitions: found.partitions, topicId: known.topicId });
    if (added.length > 0) this.logger.info(`New partitions to be added: ${added.map(({ key }) => key).join(', ')}`);
    await this.onNewPartitions(added);
  }

  /** A topic that is being deleted does not grow: its assignment is put back. */
  private async undoGrowth(name: string, found: TopicZNode & { readonly zkVersion: number }): Promise<void> {
    const known = this.context.topics.get(name);
    if (known === undefined || [...found.partitions.keys()].every((partition) => known.partitions.has(partition)))
      return;
    this.logger.warn(`Skipping adding partitions for topic ${name} since it is currently being deleted`);
    const partitions = new Map([...known.partitions].map(([partition, { assignment }]) => [partition, assignment]));
    await this.zk.topics.writeAssignment(
      name,
      { topicId: found.topicId, partitions },
      found.zkVersion,
      this.context.fence,
    );
  }

  /** Source: kafka.controller.KafkaController.onNewPartitionCreation, 3.9 */
  private async onNewPartitions(added: readonly ControlledPartition[]): Promise<void> {
    if (added.length === 0) return;
    this.partitions.mark(added, 'NewPartition');
    const replicas = added.flatMap(replicasOf);
    await this.replicas.change(replicas, 'NewReplica');
    await this.partitions.change(added, 'OnlinePartition', { type: 'offline', allowUnclean: false });
    await this.replicas.change(replicas, 'OnlineReplica');
  }
}
