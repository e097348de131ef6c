import type { Logger } from '../platform/logger.js';
import type { Random } from '../platform/random.js';
import type { Time } from '../platform/time.js';
import type { SessionHandler, SessionInfo, ZkClient, ZkState } from '../../zk/client/zk-client.js';
import { BrokerStore } from './broker-store.js';
import { ConfigStore } from './config-store.js';
import { ControllerStore } from './controller-store.js';
import { NotificationStore } from './notification-store.js';
import { OffsetStore } from './offset-store.js';
import { TopicStore } from './topic-store.js';
import { WatchRegistry } from './watch-registry.js';
import { ZkRequests } from './zk-requests.js';

/**
 * Kafka's view of ZooKeeper, a store for each part of the tree. All its requests are sent again after a lost connection;
 * when the session expires they fail with ZkError SESSION_EXPIRED.
 * Source: kafka.zk.KafkaZkClient, 3.9
 */
export class KafkaZkClient {
  readonly watches: WatchRegistry;
  readonly brokers: BrokerStore;
  readonly controller: ControllerStore;
  readonly topics: TopicStore;
  readonly configs: ConfigStore;
  readonly offsets: OffsetStore;
  readonly notifications: NotificationStore;
  private readonly zk: ZkClient;

  constructor(zk: ZkClient, world: { readonly time: Time; readonly random: Random; readonly logger: Logger }) {
    const requests = new ZkRequests(zk, world.time);
    this.zk = zk;
    this.watches = new WatchRegistry(zk);
    this.brokers = new BrokerStore(zk, requests, this.watches, world);
    this.controller = new ControllerStore(zk, requests, this.watches, world.time);
    this.topics = new TopicStore(requests, this.watches);
    this.configs = new ConfigStore(zk, requests, this.watches);
    this.offsets = new OffsetStore(zk, requests);
    this.notifications = new NotificationStore(zk, requests, this.watches);
  }

  connect(): Promise<SessionInfo> {
    return this.zk.connect();
  }

  close(): Promise<void> {
    return this.zk.close();
  }

  session(): Promise<SessionInfo> {
    return this.zk.session();
  }

  onState(listener: (state: ZkState) => void): void {
    this.zk.onState(listener);
  }

  addSessionHandler(handler: SessionHandler): void {
    this.zk.addSessionHandler(handler);
  }
}
