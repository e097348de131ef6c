import { KafkaError } from '../../common/errors.js';
import { uuidFromBytes, ZERO_UUID, type Uuid } from '../../common/uuid.js';
import type { MetadataCache } from '../../metadata/metadata-cache.js';
import type { Logger } from '../../platform/logger.js';
import { randomUuid, type Random } from '../../platform/random.js';
import type { Time } from '../../platform/time.js';
import type { CreatePartitionsRequest } from '../../protocol/messages/create-partitions-request.js';
import type { CreateTopicsRequest } from '../../protocol/messages/create-topics-request.js';
import type { CreateTopicsResponse } from '../../protocol/messages/create-topics-response.js';
import type { KafkaZkClient } from '../../zookeeper/kafka-zk-client.js';
import { plainAssignment } from '../../zookeeper/znodes/topic-znodes.js';
import { placeReplicas, type UsableBroker } from '../replica-placement.js';
import {
  hasCollisionChars,
  validateAddedAssignment,
  validateNewAssignment,
  validateNoCollision,
  validateTopicName,
} from '../topic-validation.js';
import { hasLeaders, MetadataWaiters } from './metadata-waiters.js';

export interface TopicAdminConfig {
  /** num.partitions */
  readonly defaultPartitions: number;
  /** default.replication.factor */
  readonly defaultReplicationFactor: number;
}

export type TopicConfigs = NonNullable<CreateTopicsResponse['topics'][number]['configs']>;

export interface TopicAdminWorld {
  readonly time: Time;
  readonly random: Random;
  readonly logger: Logger;
  /** @throws KafkaError INVALID_CONFIG */
  readonly validateTopicConfig: (config: ReadonlyMap<string, string>) => void;
  /** All settings of a topic with these overrides, as CreateTopics v5+ answers them. */
  readonly describeTopicConfig: (config: ReadonlyMap<string, string>) => TopicConfigs;
}

/** More cannot be written: an assignment takes at least ten bytes (`"12345":[1],`) of a znode's million. */
const MAX_PARTITIONS = 100_000;

type CreatableTopic = CreateTopicsRequest['topics'][number];
type Growth = CreatePartitionsRequest['topics'][number];

/** What became of one topic of a request. `error` undefined: done. */
export interface TopicOutcome {
  readonly topic: string;
  readonly error: KafkaError | undefined;
}

export interface CreatedTopic extends TopicOutcome {
  readonly topicId: Uuid;
  readonly partitionCount: number;
  readonly replicationFactor: number;
  readonly configs: TopicConfigs;
}

/**
 * Creates, grows and deletes topics for the broker that accepted the request: writes znodes that the controller watches,
 * unfenced, as Apache Kafka does, and answers when the metadata shows the result.
 * Source: kafka.server.ZkAdminManager and kafka.zk.AdminZkClient, 3.9
 */
export class TopicAdmin {
  private readonly zk: KafkaZkClient;
  private readonly cache: MetadataCache;
  private readonly config: TopicAdminConfig;
  private readonly world: TopicAdminWorld;
  private readonly waiters: MetadataWaiters;

  constructor(zk: KafkaZkClient, cache: MetadataCache, config: TopicAdminConfig, world: TopicAdminWorld) {
    this.zk = zk;
    this.cache = cache;
    this.config = config;
    this.world = world;
    this.waiters = new MetadataWaiters(cache, world.time);
  }

  /** One outcome a topic, in order. With `validateOnly` nothing is written; with no time left nobody waits. */
  async createTopics(
    topics: readonly CreatableTopic[],
    options: { readonly timeoutMs: number; readonly validateOnly: boolean },
  ): Promise<CreatedTopic[]> {
    const { timeoutMs, validateOnly } = options;
    const outcomes: CreatedTopic[] = [];
    for (const topic of topics) outcomes.push(await this.createTopic(topic, validateOnly));
    if (validateOnly) return outcomes;
    const awaited = new Map(
      outcomes
        .filter(({ error }) => error === undefined)
        .map(({ topic, partitionCount }) => [topic, [...Array(partitionCount).keys()]] as const),
    );
    const late = await this.leaderless(awaited, timeoutMs);
    return outcomes.map((one) =>
      late.has(one.topic) ? { ...failed(one.topic, timedOut()), topicId: one.topicId } : one,
    );
  }

  private async createTopic(asked: CreatableTopic, validateOnly: boolean): Promise<CreatedTopic> {
    try {
      const { assignment, config } = this.plan(asked);
      await this.validate(asked.name, assignment, config);
      const topicId = validateOnly ? ZERO_UUID : await this.writeTopic(asked.name, assignment, config);
      const configs = this.world.describeTopicConfig(config);
      const replicationFactor = [...assignment.values()][0]?.length ?? 0;
      return {
        topic: asked.name,
        error: undefined,
        topicId,
        partitionCount: assignment.size,
        replicationFactor,
        configs,
      };
    } catch (error) {
      return failed(asked.name, this.kafkaErrorOf(error, `creating topic ${asked.name}`));
    }
  }

  /**
   * Differs: Apache Kafka tries, until its memory or ZooKeeper's limit of 1 MB for a znode ends it.
   * @throws KafkaError INVALID_PARTITIONS
   */
  private checkCount(partitionCount: number): void {
    if (partitionCount <= MAX_PARTITIONS) return;
    throw new KafkaError(
      'INVALID_PARTITIONS',
      `${partitionCount} partitions do not fit into the znode of a topic: ${MAX_PARTITIONS} is the most.`,
    );
  }

  /** Decides where the partitions go, and with which overrides. @throws KafkaError of many kinds */
  private plan(asked: CreatableTopic): { assignment: Map<number, readonly number[]>; config: Map<string, string> } {
    if (this.cache.image.topics.has(asked.name)) throw alreadyExists(asked.name);
    const nulls = asked.configs.filter(({ value }) => value === null).map(({ name }) => name);
    if (nulls.length > 0) {
      throw new KafkaError('INVALID_CONFIG', `Null value not supported for topic configs: ${nulls.join(',')}`);
    }
    const counts = asked.numPartitions !== -1 || asked.replicationFactor !== -1;
    if (counts && asked.assignments.length > 0) {
      throw new KafkaError(
        'INVALID_REQUEST',
        'Both numPartitions or replicationFactor and replicasAssignments were set. Both cannot be used at the same time.',
      );
    }
    this.checkCount(asked.numPartitions);
    const config = new Map(asked.configs.map(({ name, value }) => [name, value ?? '']));
    const assignment: Map<number, readonly number[]> =
      asked.assignments.length > 0
        ? new Map(asked.assignments.map(({ partitionIndex, brokerIds }) => [partitionIndex, brokerIds]))
        : placeReplicas(
            [...this.cache.image.brokers.values()].sort((a, b) => a.id - b.id),
            {
              partitionCount: asked.numPartitions === -1 ? this.config.defaultPartitions : asked.numPartitions,
              replicationFactor:
                asked.replicationFactor === -1 ? this.config.defaultReplicationFactor : asked.replicationFactor,
            },
            this.world.random,
          );
    return { assignment, config };
  }

  /** Source: kafka.zk.AdminZkClient.validateTopicCreate, 3.9 */
  private async validate(
    topic: string,
    assignment: ReadonlyMap<number, readonly number[]>,
    config: ReadonlyMap<string, string>,
  ): Promise<void> {
    validateTopicName(topic);
    const { topics } = this.zk;
    const [marked, exists] = await Promise.all([topics.isMarkedForDeletion(topic), topics.exists(topic)]);
    if (marked) throw new KafkaError('TOPIC_ALREADY_EXISTS', `Topic '${topic}' is marked for deletion.`);
    if (exists) throw alreadyExists(topic);
    if (hasCollisionChars(topic)) validateNoCollision(topic, await topics.names());
    validateNewAssignment(assignment);
    this.world.validateTopicConfig(config);
  }

  /** Config first: whoever sees the topic must find its config. */
  private async writeTopic(
    topic: string,
    assignment: ReadonlyMap<number, readonly number[]>,
    config: ReadonlyMap<string, string>,
  ): Promise<Uuid> {
    const topicId = randomUuid(this.world.random, uuidFromBytes);
    const partitions = new Map([...assignment].map(([partition, replicas]) => [partition, plainAssignment(replicas)]));
    await this.zk.configs.write('topics', topic, config);
    await this.zk.topics.createTopic(topic, { topicId, partitions });
    this.world.logger.info(
      `Creating topic ${topic} with configuration ${JSON.stringify(Object.fromEntries(config))} and ${partitions.size} partitions`,
    );
    return topicId;
  }

  /** One outcome a topic, in order. */
  async createPartitions(
    topics: readonly Growth[],
    options: { readonly timeoutMs: number; readonly validateOnly: boolean },
  ): Promise<TopicOutcome[]> {
    const { timeoutMs, validateOnly } = options;
    const brokers = [...(await this.zk.brokers.liveBrokers()).values()]
      .map(({ broker }) => broker)
      .sort((a, b) => a.id - b.id);
    const grown = new Map<string, readonly number[]>();
    const outcomes: TopicOutcome[] = [];
    for (const asked of topics) {
      try {
        grown.set(asked.name, await this.grow(asked, brokers, validateOnly));
        outcomes.push({ topic: asked.name, error: undefined });
      } catch (error) {
        outcomes.push(failed(asked.name, this.kafkaErrorOf(error, `adding partitions to topic ${asked.name}`)));
      }
    }
    if (validateOnly) return outcomes;
    const late = await this.leaderless(grown, timeoutMs);
    return outcomes.map((one) => (late.has(one.topic) ? { topic: one.topic, error: timedOut() } : one));
  }

  /** @returns all partitions that the topic has then. Source: kafka.server.ZkAdminManager.createPartitions, 3.9 */
  private async grow(asked: Growth, brokers: readonly UsableBroker[], validateOnly: boolean): Promise<number[]> {
    const { name, count } = asked;
    const existing = (await this.zk.topics.assignments([name])).get(name);
    if (existing === undefined || existing.partitions.size === 0) {
      throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${name}' does not exist.`);
    }
    const reassigning = [...existing.partitions.values()].some(
      ({ addingReplicas, removingReplicas }) => addingReplicas.length + removingReplicas.length > 0,
    );
    if (reassigning) {
      throw new KafkaError(
        'REASSIGNMENT_IN_PROGRESS',
        `A partition reassignment is in progress for the topic '${name}'.`,
      );
    }
    const before = existing.partitions.size;
    if (count < before) {
      throw new KafkaError(
        'INVALID_PARTITIONS',
        `Topic currently has ${before} partitions, which is higher than the requested ${count}.`,
      );
    }
    if (count === before) throw new KafkaError('INVALID_PARTITIONS', `Topic already has ${before} partitions.`);
    this.checkCount(count);
    const first = existing.partitions.get(0)?.replicas;
    if (first === undefined) {
      throw new KafkaError(
        'UNKNOWN_SERVER_ERROR',
        `Unexpected existing replica assignment for topic '${name}', partition id 0 is missing.`,
      );
    }
    const added = this.placeAdded(asked, before, first, brokers);
    const partitions = new Map(existing.partitions);
    for (const [partition, replicas] of added) partitions.set(partition, plainAssignment(replicas));
    if (!validateOnly) await this.zk.topics.growTopic(name, { topicId: existing.topicId, partitions });
    return [...partitions.keys()];
  }

  private placeAdded(
    asked: Growth,
    before: number,
    first: readonly number[],
    brokers: readonly UsableBroker[],
  ): ReadonlyMap<number, readonly number[]> {
    const increment = asked.count - before;
    if (asked.assignments === null) {
      const startIndex = brokers.findIndex(({ id }) => id >= (first[0] ?? 0));
      return placeReplicas(
        brokers,
        {
          partitionCount: increment,
          replicationFactor: first.length,
          fixedStartIndex: Math.max(0, startIndex),
          startPartition: before,
        },
        this.world.random,
      );
    }
    const lists = asked.assignments.map(({ brokerIds }) => brokerIds);
    const known = brokers.map(({ id }) => id);
    const unknown = [...new Set(lists.flat())].filter((id) => !known.includes(id));
    if (unknown.length > 0) {
      throw new KafkaError(
        'INVALID_REPLICA_ASSIGNMENT',
        `Unknown broker(s) in replica assignment: ${unknown.join(', ')}.`,
      );
    }
    if (lists.length !== increment) {
      throw new KafkaError(
        'INVALID_REPLICA_ASSIGNMENT',
        `Increasing the number of partitions by ${increment} but ${lists.length} assignments provided.`,
      );
    }
    const added = new Map(lists.map((replicas, i) => [before + i, replicas]));
    validateAddedAssignment(added, first.length, known);
    return added;
  }

  /** Marks topics; answers when none of them is in the metadata any more. Each error is without a message, as Kafka's. */
  async deleteTopics(topics: readonly string[], timeoutMs: number): Promise<TopicOutcome[]> {
    const outcomes = await Promise.all(
      topics.map(async (topic): Promise<TopicOutcome> => {
        try {
          if (!(await this.zk.topics.exists(topic))) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION');
          await this.zk.topics.markForDeletion(topic);
          return { topic, error: undefined };
        } catch (error) {
          return { topic, error: this.kafkaErrorOf(error, `deleting topic ${topic}`) };
        }
      }),
    );
    const marked = new Set(outcomes.filter(({ error }) => error === undefined).map(({ topic }) => topic));
    const gone = timeoutMs > 0 && (marked.size === 0 || (await this.waiters.absence(marked, timeoutMs)));
    if (gone) return outcomes;
    const { image } = this.cache;
    return outcomes.map((one) =>
      marked.has(one.topic) && (timeoutMs <= 0 || image.topics.has(one.topic)) ? { ...one, error: timedOut() } : one,
    );
  }

  /** Waits for leaders; returns the topics that have not got them all in time. Without time, that is all of them. */
  private async leaderless(
    partitions: ReadonlyMap<string, readonly number[]>,
    timeoutMs: number,
  ): Promise<Set<string>> {
    if (partitions.size === 0) return new Set();
    if (timeoutMs <= 0) return new Set(partitions.keys());
    if (await this.waiters.leaders(partitions, timeoutMs)) return new Set();
    const { topics } = this.cache.image;
    return new Set(
      [...partitions].filter(([topic, list]) => !hasLeaders(topics.get(topic), list)).map(([topic]) => topic),
    );
  }

  private kafkaErrorOf(error: unknown, doing: string): KafkaError {
    if (error instanceof KafkaError) return error;
    this.world.logger.error(`Error ${doing}`, error);
    return new KafkaError('UNKNOWN_SERVER_ERROR', error instanceof Error ? error.message : String(error));
  }
}

function failed(topic: string, error: KafkaError): CreatedTopic {
  return { topic, error, topicId: ZERO_UUID, partitionCount: -1, replicationFactor: -1, configs: [] };
}

function alreadyExists(topic: string): KafkaError {
  return new KafkaError('TOPIC_ALREADY_EXISTS', `Topic '${topic}' already exists.`);
}

/** Its message is null on the wire. */
function timedOut(): KafkaError {
  return new KafkaError('REQUEST_TIMED_OUT', '');
}
