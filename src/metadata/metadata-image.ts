import type { Uuid } from '../common/uuid.js';
import type { Endpoint } from './endpoint.js';

/** What every node knows of the cluster at one moment. Never changed in place: the next image shares what did not change. */
export interface MetadataImage {
  readonly clusterId: string;
  /** Broker id of the active controller, −1 unknown. */
  readonly controllerId: number;
  /** Live brokers by id. */
  readonly brokers: ReadonlyMap<number, BrokerImage>;
  readonly topics: ReadonlyMap<string, TopicImage>;
  readonly topicNames: ReadonlyMap<Uuid, string>;
  readonly configs: ConfigImage;
}

export interface BrokerImage {
  readonly id: number;
  readonly endpoints: readonly Endpoint[];
  readonly rack: string | null;
}

export interface TopicImage {
  readonly name: string;
  /** ZERO_UUID when the controller sends none (inter.broker.protocol.version < 2.8). */
  readonly topicId: Uuid;
  /** [partition]; may have holes (undefined) while a topic is growing. */
  readonly partitions: readonly (PartitionImage | undefined)[];
}

export interface PartitionImage {
  readonly partition: number;
  /** Broker id, −1 none, −2 being deleted. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly controllerEpoch: number;
  readonly isr: readonly number[];
  readonly partitionEpoch: number;
  readonly replicas: readonly number[];
  readonly offlineReplicas: readonly number[];
}

/** Overrides by entity, as the znodes below /config hold them: only what was set. */
export interface ConfigImage {
  readonly topics: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** By broker id as text; `<default>` for the cluster-wide ones. */
  readonly brokers: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** What an image changed against the one before. */
export interface MetadataDelta {
  readonly brokersChanged: boolean;
  readonly controllerChanged: boolean;
  /** Topics with a changed, new or deleted partition. */
  readonly topics: ReadonlySet<string>;
  /** Gone; also those that are there again, under the same name with another id. */
  readonly deletedTopics: ReadonlySet<string>;
  readonly topicConfigs: ReadonlySet<string>;
  readonly brokerConfigs: ReadonlySet<string>;
}
