import { KafkaError } from '../common/errors.js';
import type { TopicPartition } from '../common/topic-partition.js';
import { topicPartitionKey } from '../common/topic-partition.js';
import type { ZkErrorName, ZkOperation } from '../../zk/client/zk-client.js';
import { fenceGuard, type ControllerFence } from './fence.js';
import type { WatchRegistry } from './watch-registry.js';
import { pipelined, type ZkRequests } from './zk-requests.js';
import {
  configPath,
  DELETE_TOPICS,
  deleteTopicPath,
  partitionPath,
  partitionsPath,
  partitionStatePath,
  PREFERRED_REPLICA_ELECTION,
  REASSIGN_PARTITIONS,
  topicPath,
  TOPICS,
} from './znodes/paths.js';
import {
  decodePartitionList,
  decodePartitionState,
  decodeReassignPartitions,
  decodeTopic,
  encodePartitionState,
  encodeTopic,
  type PartitionStateZNode,
  type TopicZNode,
} from './znodes/topic-znodes.js';

/** A partition and the state it has or is to have. */
export interface PartitionWithState extends TopicPartition {
  readonly state: PartitionStateZNode;
}

/** What became of a batch of state writes. */
export interface StateWrites {
  /** With the new znode version as partitionEpoch. */
  readonly written: readonly PartitionWithState[];
  /** The znode's version was another one: read it again, decide again. */
  readonly conflicts: readonly PartitionWithState[];
  readonly failed: readonly (PartitionWithState & { readonly error: ZkErrorName })[];
}

/** /brokers/topics and the admin znodes about topics. */
export class TopicStore {
  private readonly requests: ZkRequests;
  private readonly watches: WatchRegistry;

  constructor(requests: ZkRequests, watches: WatchRegistry) {
    this.requests = requests;
    this.watches = watches;
  }

  /** Names, in the server's order. */
  async names(): Promise<string[]> {
    return (await this.requests.children(TOPICS, this.watches.wantsChildren(TOPICS))) ?? [];
  }

  async exists(topic: string): Promise<boolean> {
    return (await this.requests.exists(topicPath(topic))) !== undefined;
  }

  /** Pipelined; topics that are gone are left out. Sets the watches that were asked for. */
  async assignments(topics: Iterable<string>): Promise<Map<string, TopicZNode & { readonly zkVersion: number }>> {
    const found = await pipelined([...topics], async (topic) => {
      const node = await this.requests.read(topicPath(topic), this.watches.wantsNode(topicPath(topic)));
      return [topic, node] as const;
    });
    const assignments = new Map<string, TopicZNode & { readonly zkVersion: number }>();
    for (const [topic, node] of found) {
      if (node !== undefined) assignments.set(topic, { ...decodeTopic(node.data), zkVersion: node.stat.version });
    }
    return assignments;
  }

  /** Pipelined; keyed by topicPartitionKey. Partitions without a (readable) state are left out. */
  async states(partitions: Iterable<TopicPartition>): Promise<Map<string, PartitionStateZNode>> {
    const found = await pipelined([...partitions], async ({ topic, partition }) => {
      const node = await this.requests.read(partitionStatePath(topic, partition));
      const state = node === undefined ? undefined : decodePartitionState(node.data, node.stat.version);
      return [topicPartitionKey(topic, partition), state] as const;
    });
    const states = new Map<string, PartitionStateZNode>();
    for (const [key, state] of found) if (state !== undefined) states.set(key, state);
    return states;
  }

  /**
   * The topic's znode, unfenced, as whoever accepts CreateTopics makes it; its config is written before.
   * @throws KafkaError TOPIC_ALREADY_EXISTS
   */
  async createTopic(topic: string, assignment: TopicZNode): Promise<void> {
    if (!(await this.requests.createWithParents(topicPath(topic), encodeTopic(assignment)))) {
      const found = await this.requests.read(topicPath(topic));
      const ours =
        found !== undefined &&
        assignment.topicId !== undefined &&
        decodeTopic(found.data).topicId === assignment.topicId;
      if (!ours) throw new KafkaError('TOPIC_ALREADY_EXISTS', `Topic '${topic}' already exists.`);
    }
  }

  /** Growth, unfenced, as whoever accepts CreatePartitions writes it. */
  async growTopic(topic: string, assignment: TopicZNode): Promise<void> {
    const [result] = await this.requests.writeGuarded(
      [],
      [{ type: 'setData', path: topicPath(topic), data: encodeTopic(assignment), version: -1 }],
    );
    if (result?.error === 'NO_NODE') {
      throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${topic}' does not exist.`);
    }
    if (result?.error !== 'OK')
      throw new KafkaError('UNKNOWN_SERVER_ERROR', `${topicPath(topic)}: ${result?.error ?? ''}`);
  }

  /** The controller's own changes of an assignment (a reassignment, a topic id). Tells whether it was written. */
  async writeAssignment(
    topic: string,
    assignment: TopicZNode,
    zkVersion: number,
    fence: ControllerFence,
  ): Promise<boolean> {
    const [result] = await this.requests.writeGuarded(
      [fenceGuard(fence)],
      [{ type: 'setData', path: topicPath(topic), data: encodeTopic(assignment), version: zkVersion }],
    );
    return result?.error === 'OK';
  }

  /**
   * First states of new partitions, in Kafka's order: each topic's `partitions`, each partition, each state.
   * A state that exists already is in `conflicts`.
   * Source: kafka.zk.KafkaZkClient.createTopicPartitionStatesRaw, 3.9
   */
  async createStates(partitions: readonly PartitionWithState[], fence: ControllerFence): Promise<StateWrites> {
    const guards = [fenceGuard(fence)];
    const create = (path: string, data: Buffer | null): ZkOperation => ({ type: 'create', path, data });
    const topics = new Set(partitions.map(({ topic }) => topic));
    const folders = this.requests.writeGuarded(
      guards,
      [...topics].map((topic) => create(partitionsPath(topic), null)),
    );
    const nodes = this.requests.writeGuarded(
      guards,
      partitions.map(({ topic, partition }) => create(partitionPath(topic, partition), null)),
    );
    const states = this.requests.writeGuarded(
      guards,
      partitions.map(({ topic, partition, state }) =>
        create(partitionStatePath(topic, partition), encodePartitionState(state)),
      ),
    );
    const [, , results] = await Promise.all([folders, nodes, states]);
    return sorted(partitions, results, 'NODE_EXISTS', () => 0);
  }

  /** Leadership changes: each state replaces the version that its `partitionEpoch` names. */
  async updateStates(partitions: readonly PartitionWithState[], fence: ControllerFence): Promise<StateWrites> {
    const results = await this.requests.writeGuarded(
      [fenceGuard(fence)],
      partitions.map(({ topic, partition, state }) => ({
        type: 'setData',
        path: partitionStatePath(topic, partition),
        data: encodePartitionState(state),
        version: state.partitionEpoch,
      })),
    );
    return sorted(partitions, results, 'BAD_VERSION', (state) => state.partitionEpoch + 1);
  }

  /** Topics that somebody wants deleted. */
  async deletions(): Promise<string[]> {
    return (await this.requests.children(DELETE_TOPICS, this.watches.wantsChildren(DELETE_TOPICS))) ?? [];
  }

  async isMarkedForDeletion(topic: string): Promise<boolean> {
    return (await this.requests.exists(deleteTopicPath(topic))) !== undefined;
  }

  /** A second mark is no error: the topic goes all the same. */
  async markForDeletion(topic: string): Promise<void> {
    await this.requests.createWithParents(deleteTopicPath(topic), null);
  }

  async unmarkForDeletion(topics: readonly string[], fence: ControllerFence): Promise<void> {
    await this.requests.writeGuarded(
      [fenceGuard(fence)],
      topics.map((topic) => ({ type: 'delete', path: deleteTopicPath(topic), version: -1 })),
    );
  }

  /**
   * Removes all of a topic, bottom up: states, partitions, the topic, its config, at last the mark in /admin/delete_topics.
   * Source: kafka.controller.ControllerDeletionClient.deleteTopic, 3.9
   */
  async deleteTopic(topic: string, fence: ControllerFence): Promise<void> {
    const guards = [fenceGuard(fence)];
    for (;;) {
      const paths = [...(await this.subtree(topicPath(topic))), configPath('topics', topic)];
      const results = await this.requests.writeGuarded(guards, paths.map(deletion));
      if (results.every(({ error }) => error === 'OK' || error === 'NO_NODE')) break;
      const refused = results.find(({ error }) => error !== 'OK' && error !== 'NO_NODE' && error !== 'NOT_EMPTY');
      if (refused !== undefined) throw new KafkaError('UNKNOWN_SERVER_ERROR', `topic ${topic}: ${refused.error}`);
    }
    await this.requests.writeGuarded(guards, [deletion(deleteTopicPath(topic))]);
  }

  /** Paths below and including `path`, children before parents. */
  private async subtree(path: string): Promise<string[]> {
    const names = await this.requests.children(path);
    if (names === undefined) return [];
    const below = await Promise.all(names.map((name) => this.subtree(`${path}/${name}`)));
    return [...below.flat(), path];
  }

  /** What /admin/preferred_replica_election asks for; empty when it is not there. */
  async preferredElections(): Promise<TopicPartition[]> {
    const path = PREFERRED_REPLICA_ELECTION;
    return decodePartitionList((await this.requests.read(path, this.watches.wantsNode(path)))?.data ?? null);
  }

  async deletePreferredElection(fence: ControllerFence): Promise<void> {
    await this.requests.writeGuarded([fenceGuard(fence)], [deletion(PREFERRED_REPLICA_ELECTION)]);
  }

  /** What /admin/reassign_partitions asks for; undefined when it is not there. */
  async reassignments(): Promise<(TopicPartition & { readonly replicas: readonly number[] })[] | undefined> {
    const path = REASSIGN_PARTITIONS;
    const found = await this.requests.read(path, this.watches.wantsNode(path));
    return found === undefined ? undefined : decodeReassignPartitions(found.data);
  }

  async deleteReassignments(fence: ControllerFence): Promise<void> {
    await this.requests.writeGuarded([fenceGuard(fence)], [deletion(REASSIGN_PARTITIONS)]);
  }

  /** Sets a watch on a path that need not exist (reassignments, preferred election). */
  async watchExistence(path: string): Promise<boolean> {
    return (await this.requests.exists(path, true)) !== undefined;
  }
}

function deletion(path: string): ZkOperation {
  return { type: 'delete', path, version: -1 };
}

function sorted(
  partitions: readonly PartitionWithState[],
  results: Awaited<ReturnType<ZkRequests['writeGuarded']>>,
  conflict: ZkErrorName,
  newVersion: (state: PartitionStateZNode) => number,
): StateWrites {
  const written: PartitionWithState[] = [];
  const conflicts: PartitionWithState[] = [];
  const failed: (PartitionWithState & { error: ZkErrorName })[] = [];
  partitions.forEach((one, i) => {
    const result = results[i];
    if (result?.error === 'OK') {
      const partitionEpoch = result.stat?.version ?? newVersion(one.state);
      written.push({ ...one, state: { ...one.state, partitionEpoch } });
    } else if (result?.error === conflict) conflicts.push(one);
    else failed.push({ ...one, error: result?.error ?? 'SYSTEM_ERROR' });
  });
  return { written, conflicts, failed };
}
