import type { TopicPartition } from '../common/topic-partition.js';
import type { ZkClient } from '../../zk/client/zk-client.js';
import { fenceGuard, type ControllerFence } from './fence.js';
import type { WatchRegistry } from './watch-registry.js';
import type { ZkRequests } from './zk-requests.js';
import { decodeConfigChange } from './znodes/config-znodes.js';
import {
  CONFIG_CHANGES,
  ISR_CHANGE_NOTIFICATION,
  ISR_CHANGE_PREFIX,
  LOG_DIR_EVENT_NOTIFICATION,
  LOG_DIR_EVENT_PREFIX,
} from './znodes/paths.js';
import {
  decodeLogDirEvent,
  decodePartitionList,
  encodeLogDirEvent,
  encodePartitionList,
} from './znodes/topic-znodes.js';

/** A sequential znode below one of the notification folders. */
export interface Notification<T> {
  readonly name: string;
  /** The number behind the name's prefix: notifications are handled in its order. */
  readonly sequence: number;
  /** undefined when the data cannot be read. */
  readonly content: T | undefined;
  /** ms since the epoch, ZooKeeper's clock. */
  readonly createdMs: number;
}

export type NotificationFolder =
  typeof CONFIG_CHANGES | typeof ISR_CHANGE_NOTIFICATION | typeof LOG_DIR_EVENT_NOTIFICATION;

/** The sequential znodes by which brokers tell each other, and the controller, that something changed. */
export class NotificationStore {
  private readonly zk: ZkClient;
  private readonly requests: ZkRequests;
  private readonly watches: WatchRegistry;

  constructor(zk: ZkClient, requests: ZkRequests, watches: WatchRegistry) {
    this.zk = zk;
    this.requests = requests;
    this.watches = watches;
  }

  /** Config entities to read again (`topics/t1`), in order; those up to sequence `after` are left out, unread. */
  configChanges(after: number): Promise<Notification<string>[]> {
    return this.list(CONFIG_CHANGES, decodeConfigChange, after);
  }

  /** Partitions whose leaders changed the ISR in ZooKeeper themselves. */
  isrChanges(): Promise<Notification<TopicPartition[]>[]> {
    return this.list(ISR_CHANGE_NOTIFICATION, decodePartitionList, -1);
  }

  /** Brokers that lost a log directory. */
  logDirEvents(): Promise<Notification<number>[]> {
    return this.list(LOG_DIR_EVENT_NOTIFICATION, decodeLogDirEvent, -1);
  }

  async notifyIsrChange(partitions: readonly TopicPartition[]): Promise<void> {
    await this.createSequential(ISR_CHANGE_PREFIX, encodePartitionList(partitions));
  }

  async notifyLogDirFailure(brokerId: number): Promise<void> {
    await this.createSequential(LOG_DIR_EVENT_PREFIX, encodeLogDirEvent(brokerId));
  }

  /** The controller removes what it has handled. */
  async remove(folder: NotificationFolder, names: readonly string[], fence: ControllerFence): Promise<void> {
    if (names.length === 0) return;
    await this.requests.writeGuarded(
      [fenceGuard(fence)],
      names.map((name) => ({ type: 'delete', path: `${folder}/${name}`, version: -1 })),
    );
  }

  /** Old config changes, removed by whoever finds them; one that is missing is fine. */
  async removeConfigChanges(names: readonly string[]): Promise<void> {
    await Promise.all(names.map((name) => this.requests.delete(`${CONFIG_CHANGES}/${name}`)));
  }

  /** Sets the child watch that was asked for and returns the names, unread. */
  async names(folder: NotificationFolder): Promise<string[]> {
    const names = (await this.requests.children(folder, this.watches.wantsChildren(folder))) ?? [];
    return names.sort((a, b) => sequenceOf(a) - sequenceOf(b));
  }

  private async list<T>(
    folder: NotificationFolder,
    decode: (data: Buffer | null) => T | undefined,
    after: number,
  ): Promise<Notification<T>[]> {
    const names = (await this.names(folder)).filter((name) => sequenceOf(name) > after);
    const found = await Promise.all(
      names.map(async (name) => {
        const node = await this.requests.read(`${folder}/${name}`);
        if (node === undefined) return undefined;
        return { name, sequence: sequenceOf(name), content: decode(node.data), createdMs: node.stat.ctime };
      }),
    );
    return found.filter((notification) => notification !== undefined);
  }

  /** After a lost connection it may be there twice: both say the same, and nobody counts them. */
  private async createSequential(prefix: string, data: Buffer): Promise<void> {
    await this.requests.retry(() => this.zk.create(prefix, data, { mode: 'persistent-sequential' }));
  }
}

function sequenceOf(name: string): number {
  return Number(/\d+$/.exec(name)?.[0] ?? -1);
}
