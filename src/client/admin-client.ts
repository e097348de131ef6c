import { KafkaError } from '../common/errors.js';
import { apis } from '../protocol/apis.js';
import { type ErrorCode, errorName, NONE } from '../protocol/error-codes.js';
import type { DescribeConfigsResponse } from '../protocol/messages/describe-configs-response.js';
import type { DescribeGroupsResponse } from '../protocol/messages/describe-groups-response.js';
import type { ListPartitionReassignmentsResponse } from '../protocol/messages/list-partition-reassignments-response.js';
import type { ClusterClient } from './cluster-client.js';
import type { ClientMetadata, ClientTopic } from './client-metadata.js';
import { throwIfError } from './retry.js';

export interface NewTopic {
  readonly name: string;
  /** Default: the broker's. */
  readonly numPartitions?: number;
  readonly replicationFactor?: number;
  /** Broker ids, [partition][replica]; excludes the two numbers. */
  readonly replicasAssignments?: readonly (readonly number[])[];
  readonly configs?: Readonly<Record<string, string>>;
}

/** How a topic grows. */
export interface NewPartitions {
  /** The new total. */
  readonly count: number;
  /** Of the partitions to come: broker ids, [partition][replica]. Default: the controller places them. */
  readonly assignments?: readonly (readonly number[])[];
}

export type DescribedConfigs = DescribeConfigsResponse['results'][0]['configs'];
export type OngoingReassignment = ListPartitionReassignmentsResponse['topics'][0]['partitions'][0];

export type ResourceType = 'topic' | 'broker';
const RESOURCE_TYPES = { topic: 2, broker: 4 } as const;

/** How a request for several named things went: an entry for each that failed. */
export type Failures = ReadonlyMap<string, KafkaError>;

const BROKERS_DEFAULT = -1;

/** Creates, deletes and describes. Everything here asks again while errors pass, until the time for an operation is over. */
export class AdminClient {
  private readonly cluster: ClusterClient;
  private readonly timeoutMs: number;

  /** @param timeoutMs for the brokers to carry out a change */
  constructor(cluster: ClusterClient, timeoutMs = 30000) {
    this.cluster = cluster;
    this.timeoutMs = timeoutMs;
  }

  async createTopics(topics: readonly NewTopic[], validateOnly = false): Promise<Failures> {
    const body = {
      topics: topics.map(({ name, numPartitions, replicationFactor, replicasAssignments = [], configs = {} }) => ({
        name,
        numPartitions: numPartitions ?? BROKERS_DEFAULT,
        replicationFactor: replicationFactor ?? BROKERS_DEFAULT,
        assignments: replicasAssignments.map((brokerIds, partitionIndex) => ({
          partitionIndex,
          brokerIds: [...brokerIds],
        })),
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      })),
      timeoutMs: this.timeoutMs,
      validateOnly,
    };
    return this.retrying(async () => {
      const answer = await this.cluster.sendToController({ api: apis.createTopics, body });
      return failuresOf(answer.topics);
    });
  }

  async deleteTopics(names: readonly string[]): Promise<Failures> {
    const body = { topics: [], topicNames: [...names], timeoutMs: this.timeoutMs };
    return this.retrying(async () => {
      const answer = await this.cluster.sendToController({ api: apis.deleteTopics, maxVersion: 5, body });
      return failuresOf(answer.responses);
    });
  }

  async createPartitions(increases: ReadonlyMap<string, NewPartitions>): Promise<Failures> {
    const topics = [...increases].map(([name, { count, assignments }]) => ({
      name,
      count,
      assignments: assignments?.map((brokerIds) => ({ brokerIds: [...brokerIds] })) ?? null,
    }));
    const body = { topics, timeoutMs: this.timeoutMs, validateOnly: false };
    return this.retrying(async () => {
      const answer = await this.cluster.sendToController({ api: apis.createPartitions, body });
      return failuresOf(answer.results);
    });
  }

  /** Names, sorted. */
  async listTopics(includeInternal = false): Promise<string[]> {
    const { topics } = await this.describeCluster();
    return [...topics.values()]
      .filter(({ isInternal }) => includeInternal || !isInternal)
      .map(({ name }) => name)
      .sort();
  }

  /** Brokers, controller and all topics. */
  describeCluster(): Promise<ClientMetadata> {
    return this.cluster.retrying(this.cluster.deadlineMs(), () => this.cluster.allTopics());
  }

  /** Topics that do not exist are missing. */
  async describeTopics(names: readonly string[]): Promise<ClientTopic[]> {
    const { topics } = await this.describeCluster();
    return names.flatMap((name) => topics.get(name) ?? []);
  }

  /** @throws KafkaError UNKNOWN_TOPIC_OR_PARTITION … */
  async describeConfigs(type: ResourceType, name: string): Promise<DescribedConfigs> {
    return this.cluster.retrying(this.cluster.deadlineMs(), async () => {
      const call = { api: apis.describeConfigs, body: describeConfigsRequest(type, [name]) };
      const broker = type === 'broker' ? this.cluster.metadata.brokers.get(Number(name)) : undefined;
      const answer = await (broker === undefined ? this.cluster.sendToAny(call) : this.cluster.send(broker, call));
      const [result] = answer.results;
      if (result === undefined) throw new KafkaError('UNKNOWN_SERVER_ERROR', 'no answer for the resource');
      throwIfError(result.errorCode, result.errorMessage);
      return result.configs;
    });
  }

  /** By topic. @throws KafkaError UNKNOWN_TOPIC_OR_PARTITION … of the first topic that has an error */
  async describeTopicConfigs(names: readonly string[]): Promise<ReadonlyMap<string, DescribedConfigs>> {
    if (names.length === 0) return new Map();
    return this.cluster.retrying(this.cluster.deadlineMs(), async () => {
      const body = describeConfigsRequest('topic', names);
      const { results } = await this.cluster.sendToAny({ api: apis.describeConfigs, body });
      for (const { errorCode, errorMessage } of results) throwIfError(errorCode, errorMessage);
      return new Map(results.map(({ resourceName, configs }) => [resourceName, configs]));
    });
  }

  /** What moves just now, [topic][partition]. */
  async listReassignments(): Promise<ReadonlyMap<string, ReadonlyMap<number, OngoingReassignment>>> {
    return this.cluster.retrying(this.cluster.deadlineMs(), async () => {
      const body = { timeoutMs: this.timeoutMs, topics: null };
      const answer = await this.cluster.sendToController({ api: apis.listPartitionReassignments, body });
      throwIfError(answer.errorCode, answer.errorMessage);
      return new Map(
        answer.topics.map(({ name, partitions }) => [name, new Map(partitions.map((p) => [p.partitionIndex, p]))]),
      );
    });
  }

  /** Group ids of all brokers, sorted. */
  async listGroups(): Promise<string[]> {
    const { brokers } = await this.describeCluster();
    const lists = await Promise.all(
      [...brokers.values()].map((broker) =>
        this.cluster.retrying(this.cluster.deadlineMs(), async () => {
          const body = { statesFilter: [], typesFilter: [] };
          const answer = await this.cluster.send(broker, { api: apis.listGroups, body });
          throwIfError(answer.errorCode);
          return answer.groups.map(({ groupId }) => groupId);
        }),
      ),
    );
    return [...new Set(lists.flat())].sort();
  }

  /** A group that does not exist is described as Dead. */
  async describeGroup(groupId: string): Promise<DescribeGroupsResponse['groups'][0]> {
    return this.cluster.retrying(this.cluster.deadlineMs(), async () => {
      const coordinator = await this.cluster.findCoordinator('group', groupId);
      const body = { groups: [groupId], includeAuthorizedOperations: false };
      const answer = await this.cluster.send(coordinator, { api: apis.describeGroups, body });
      const [group] = answer.groups;
      if (group === undefined) throw new KafkaError('UNKNOWN_SERVER_ERROR', 'no answer for the group');
      throwIfError(group.errorCode);
      return group;
    });
  }

  /** Asks again while the whole request met a controller that is moving: then every entry says NOT_CONTROLLER. */
  private retrying(attempt: () => Promise<Map<string, KafkaError>>): Promise<Failures> {
    return this.cluster.retrying(this.cluster.deadlineMs(), async () => {
      const failures = await attempt();
      for (const error of failures.values()) if (error.error === 'NOT_CONTROLLER') throw error;
      return failures;
    });
  }
}

function describeConfigsRequest(type: ResourceType, names: readonly string[]) {
  const resourceType = RESOURCE_TYPES[type];
  return {
    resources: names.map((resourceName) => ({ resourceType, resourceName, configurationKeys: null })),
    includeSynonyms: false,
    includeDocumentation: false,
  };
}

interface NamedResult {
  readonly name: string | null;
  readonly errorCode: ErrorCode;
  readonly errorMessage: string | null;
}

function failuresOf(results: readonly NamedResult[]): Map<string, KafkaError> {
  const failures = new Map<string, KafkaError>();
  for (const { name, errorCode, errorMessage } of results) {
    if (errorCode === NONE) continue;
    const error = errorName(errorCode);
    failures.set(name ?? '', new KafkaError(error, errorMessage ?? error));
  }
  return failures;
}
