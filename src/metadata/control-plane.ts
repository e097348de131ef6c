import type { TopicPartition } from '../common/topic-partition.js';
import type { Uuid } from '../common/uuid.js';
import type { ErrorCode } from '../protocol/error-codes.js';
import type { Message } from '../protocol/schema.js';
import type { Endpoint } from './endpoint.js';
import type { MetadataDelta, MetadataImage } from './metadata-image.js';

/** What a broker needs from whoever governs the cluster. Implementations: zk-control-plane, later kraft-control-plane. */
export interface ControlPlane {
  /** Resolves once the registration stands; the epoch follows by `onRegistered`: it changes with every session. */
  register(broker: BrokerRegistration): Promise<void>;
  /** −1 before the first registration. In a migration there are two at once. */
  brokerEpoch(by: 'zk' | 'kraft'): number;
  attach(replicas: ReplicaChanges, view: ClusterView): void;
  /**
   * To the active controller, found and found again as it moves; resolves with its answer, or rejects with
   * KafkaError REQUEST_TIMED_OUT, NOT_CONTROLLER or NETWORK_EXCEPTION when it gave up.
   */
  send<Q, R>(api: ControllerApi<Q, R>, request: Q): Promise<R>;
  /** Resolves once this broker leads nothing, or when retries (`retry` false: none) are used up. */
  controlledShutdown(retry?: boolean): Promise<void>;
}

/** An API that the controller answers: the declarations of both messages and the version to use. */
export interface ControllerApi<Q, R> {
  readonly apiKey: number;
  readonly version: number;
  readonly request: Message & { readonly type?: Q };
  readonly response: Message & { readonly type?: R };
  /** Which of the three connections to the controller it travels on; none waits behind another. */
  readonly lane: 'replica-state' | 'forwarded' | 'offsets';
  /** How long a controller is looked for, in all; default: that of the lane. */
  readonly timeoutMs?: number;
}

export interface BrokerRegistration {
  readonly brokerId: number;
  readonly endpoints: readonly Endpoint[];
  readonly rack: string | null;
}

/** LeaderAndIsr and StopReplica: moves replicas, and nothing else does. What is not named stays as it is. */
export interface ReplicaChanges {
  /** Keyed by topicPartitionKey. Never rejects for a single partition: its error stands in the map. */
  applyReplicas(changes: readonly ReplicaChange[]): Promise<Map<string, ErrorCode>>;
}

export type ReplicaChange = LeadOrFollow | StopReplica;

/** One partition of a LeaderAndIsr request. */
export interface LeadOrFollow extends TopicPartition {
  readonly type: 'lead-or-follow';
  /** undefined from a controller below inter.broker.protocol.version 2.8. */
  readonly topicId: Uuid | undefined;
  readonly controllerId: number;
  readonly controllerEpoch: number;
  /** Broker id, −1 none, −2 being deleted. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly isr: readonly number[];
  /** zkVersion of the partition's state znode. */
  readonly partitionEpoch: number;
  readonly replicas: readonly number[];
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
  /** The partition is new: its log may be created. */
  readonly isNew: boolean;
  /** True after an unclean election until the leader has cleaned up. */
  readonly recovering: boolean;
  /** Topic overrides as they stood in ZooKeeper when the change was taken; for a log that is created now. */
  readonly topicConfig: ReadonlyMap<string, string>;
}

export interface StopReplica extends TopicPartition {
  readonly type: 'stop';
  /** −1 unknown (old controller), −2 the topic is deleted: stop whatever the epoch. */
  readonly leaderEpoch: number;
  readonly deletePartition: boolean;
}

/** UpdateMetadata and the config znodes: what this broker tells others and decides by. Never moves a replica. */
export interface ClusterView {
  applyView(delta: MetadataDelta, image: MetadataImage): void;
}
