import type { Uuid } from '../../common/uuid.js';
import { ZERO_UUID } from '../../common/uuid.js';
import type { Endpoint } from '../../metadata/endpoint.js';
import type { LeaderAndIsrRequest } from '../../protocol/messages/leader-and-isr-request.js';
import type { StopReplicaRequest } from '../../protocol/messages/stop-replica-request.js';
import type { UpdateMetadataRequest } from '../../protocol/messages/update-metadata-request.js';
import type { BrokerZNode } from '../../zookeeper/znodes/cluster-znodes.js';

/** What a control request says of the one who sends it. */
export interface ControllerIdentity {
  readonly controllerId: number;
  readonly controllerEpoch: number;
}

type LeaderAndIsrPartition = LeaderAndIsrRequest['topicStates'][number]['partitionStates'][number];
type MetadataPartition = UpdateMetadataRequest['topicStates'][number]['partitionStates'][number];

interface OfTopic<T> {
  readonly topic: string;
  readonly topicId: Uuid;
  readonly state: T;
}

export type LeaderAndIsrEntry = OfTopic<LeaderAndIsrPartition>;
export type MetadataEntry = OfTopic<MetadataPartition>;
export interface StopEntry {
  readonly topic: string;
  readonly partition: number;
  readonly leaderEpoch: number;
  readonly deletePartition: boolean;
}

/** What all brokers are told of the cluster: built once, shared by the queues of all of them. */
export class MetadataContent {
  /** By topicPartitionKey. */
  readonly partitions: ReadonlyMap<string, MetadataEntry>;
  readonly liveBrokers: readonly BrokerZNode[];
  private body: Pick<UpdateMetadataRequest, 'topicStates' | 'liveBrokers'> | undefined;

  constructor(partitions: ReadonlyMap<string, MetadataEntry>, liveBrokers: readonly BrokerZNode[]) {
    this.partitions = partitions;
    this.liveBrokers = liveBrokers;
  }

  /** With what a broker has not been told yet; the newer word stands. */
  after(older: MetadataContent): MetadataContent {
    return new MetadataContent(new Map([...older.partitions, ...this.partitions]), this.liveBrokers);
  }

  request(identity: ControllerIdentity, brokerEpoch: number): UpdateMetadataRequest {
    this.body ??= { topicStates: byTopic(this.partitions.values()), liveBrokers: this.liveBrokers.map(liveBroker) };
    return {
      controllerId: identity.controllerId,
      isKRaftController: false,
      type: 0,
      controllerEpoch: identity.controllerEpoch,
      brokerEpoch,
      ungroupedPartitionStates: [],
      topicStates: this.body.topicStates,
      liveBrokers: this.body.liveBrokers,
    };
  }
}

/**
 * What one broker is to be told next, in the order LeaderAndIsr, UpdateMetadata, StopReplica. While a broker is slow, newer
 * batches melt into the one that waits, so a queue holds each partition a few times at most, however long it waits.
 */
export interface ControlBatch {
  /** By topicPartitionKey. */
  readonly leaderAndIsr: ReadonlyMap<string, LeaderAndIsrEntry>;
  readonly metadata: MetadataContent | undefined;
  /** By topicPartitionKey. */
  readonly stop: ReadonlyMap<string, StopEntry>;
  /** Brokers as of this batch, to tell followers where their leaders are. */
  readonly brokers: readonly BrokerZNode[];
}

/**
 * One batch that says what `older` and then `newer` say; undefined if the order matters: a replica that is to be deleted and
 * then made again.
 */
export function mergeBatches(older: ControlBatch, newer: ControlBatch): ControlBatch | undefined {
  for (const key of newer.leaderAndIsr.keys()) if (older.stop.get(key)?.deletePartition === true) return undefined;
  const leaderAndIsr = new Map(older.leaderAndIsr);
  const stop = new Map(older.stop);
  for (const [key, entry] of newer.leaderAndIsr) {
    const isNew = entry.state.isNew || leaderAndIsr.get(key)?.state.isNew === true;
    leaderAndIsr.set(key, isNew === entry.state.isNew ? entry : { ...entry, state: { ...entry.state, isNew } });
    stop.delete(key);
  }
  for (const [key, entry] of newer.stop) {
    stop.set(key, { ...entry, deletePartition: entry.deletePartition || stop.get(key)?.deletePartition === true });
  }
  const metadata =
    newer.metadata === undefined || older.metadata === undefined
      ? (newer.metadata ?? older.metadata)
      : newer.metadata.after(older.metadata);
  return { leaderAndIsr, metadata, stop, brokers: newer.brokers };
}

/** LeaderAndIsr v5 and later; `listener` is the one between brokers. */
export function leaderAndIsrBody(
  batch: ControlBatch,
  identity: ControllerIdentity,
  brokerEpoch: number,
  listener: string,
): LeaderAndIsrRequest {
  const leaders = new Set([...batch.leaderAndIsr.values()].map(({ state }) => state.leader));
  return {
    controllerId: identity.controllerId,
    isKRaftController: false,
    controllerEpoch: identity.controllerEpoch,
    brokerEpoch,
    type: 0,
    ungroupedPartitionStates: [],
    topicStates: byTopic(batch.leaderAndIsr.values()),
    liveLeaders: batch.brokers.flatMap((broker) => {
      const endpoint = leaders.has(broker.id) ? endpointOf(broker, listener) : undefined;
      return endpoint === undefined ? [] : [{ brokerId: broker.id, hostName: endpoint.host, port: endpoint.port }];
    }),
  };
}

/** StopReplica v3 and later. */
export function stopReplicaBody(
  stop: Iterable<StopEntry>,
  identity: ControllerIdentity,
  brokerEpoch: number,
): StopReplicaRequest {
  const topics = new Map<string, StopReplicaRequest['topicStates'][number]>();
  for (const { topic, partition, leaderEpoch, deletePartition } of stop) {
    const state = topics.get(topic) ?? { topicName: topic, partitionStates: [] };
    topics.set(topic, state);
    state.partitionStates.push({ partitionIndex: partition, leaderEpoch, deletePartition });
  }
  return {
    controllerId: identity.controllerId,
    isKRaftController: false,
    controllerEpoch: identity.controllerEpoch,
    brokerEpoch,
    deletePartitions: false,
    ungroupedPartitions: [],
    topics: [],
    topicStates: [...topics.values()],
  };
}

export function endpointOf(broker: BrokerZNode, listener: string): Endpoint | undefined {
  return broker.endpoints.find((endpoint) => endpoint.listener === listener);
}

function byTopic<T>(entries: Iterable<OfTopic<T>>): { topicName: string; topicId: Uuid; partitionStates: T[] }[] {
  const topics = new Map<string, { topicName: string; topicId: Uuid; partitionStates: T[] }>();
  for (const { topic, topicId, state } of entries) {
    const group = topics.get(topic) ?? { topicName: topic, topicId: ZERO_UUID, partitionStates: [] };
    topics.set(topic, group);
    group.topicId = topicId;
    group.partitionStates.push(state);
  }
  return [...topics.values()];
}

/** Numbers of the security protocols on the wire. Source: org.apache.kafka.common.security.auth.SecurityProtocol, 3.9 */
const SECURITY_PROTOCOL_IDS = { PLAINTEXT: 0, SSL: 1, SASL_PLAINTEXT: 2, SASL_SSL: 3 } as const;

function liveBroker(broker: BrokerZNode): UpdateMetadataRequest['liveBrokers'][number] {
  return {
    id: broker.id,
    v0Host: '',
    v0Port: 0,
    endpoints: broker.endpoints.map(({ host, port, listener, securityProtocol }) => ({
      port,
      host,
      listener,
      securityProtocol: SECURITY_PROTOCOL_IDS[securityProtocol],
    })),
    rack: broker.rack,
  };
}
