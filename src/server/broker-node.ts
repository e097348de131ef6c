import type { BrokerConfigLayers } from '../../config/describe.js';
import type { TopicAdmin } from '../controller/zk/topic-admin.js';
import type { ZkController } from '../controller/zk/zk-controller.js';
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.js';
import type { ProducerIdManager } from '../coordinator/transaction/producer-id-manager.js';
import type { MetadataCache } from '../metadata/metadata-cache.js';
import type { Logger } from '../platform/logger.js';
import type { Time } from '../platform/time.js';
import type { FetchService } from '../replication/fetch-service.js';
import type { ReplicaManager } from '../replication/replica-manager.js';
import type { AutoTopics } from './auto-topics.js';
import type { BrokerSettings } from './broker-settings.js';
import type { ZkControlPlane } from './zk-control-plane.js';

/** What a request handler may use of its broker. */
export interface BrokerNode {
  readonly brokerId: number;
  readonly settings: BrokerSettings;
  readonly time: Time;
  readonly logger: Logger;
  readonly metadata: MetadataCache;
  readonly controlPlane: ZkControlPlane;
  readonly controller: ZkController;
  readonly replicaManager: ReplicaManager;
  readonly fetches: FetchService;
  readonly groups: GroupCoordinator;
  readonly producerIds: ProducerIdManager;
  readonly topicAdmin: TopicAdmin;
  readonly autoTopics: AutoTopics;
  /** Where this broker's settings come from, dynamic ones as they are now. */
  configLayers(): BrokerConfigLayers;
  /** Where clients of that listener reach a broker; undefined if it is not alive or does not listen there. */
  endpointOf(brokerId: number, listenerName: string): NodeEndpoint | undefined;
}

/** As responses carry it. */
export interface NodeEndpoint {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}
