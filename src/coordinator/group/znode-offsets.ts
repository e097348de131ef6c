import { type ErrorName, KafkaError } from '../../common/errors.js';
import type { Logger } from '../../platform/logger.js';
import type { GroupTopicPartition, OffsetStore, OffsetWrite } from './group-ports.js';

interface Waiting {
  write: OffsetWrite;
  readonly replies: ((error: ErrorName) => void)[];
}
interface Key {
  isWriting: boolean;
  next: Waiting | undefined;
}

/**
 * Carries committed numbers to their znodes. One write is outstanding a key; of those that arrive meanwhile the newest
 * is written, in all their names. What is ready goes out together, so that commits share multis. It holds no more than
 * one number for each commit that waits for its answer.
 */
export class ZnodeOffsets {
  private readonly store: OffsetStore;
  private readonly logger: Logger;
  private readonly keys = new Map<string, Key>();
  private ready: Key[] = [];

  constructor(store: OffsetStore, logger: Logger) {
    this.store = store;
    this.logger = logger;
  }

  /** Resolves when this number, or a newer one of the same key, stands in the znode, or did not get there. */
  write(write: OffsetWrite): Promise<ErrorName> {
    return new Promise((resolve) => {
      const name = keyOf(write);
      let key = this.keys.get(name);
      if (key === undefined) this.keys.set(name, (key = { isWriting: false, next: undefined }));
      if (key.next !== undefined) {
        key.next.write = write;
        key.next.replies.push(resolve);
        return;
      }
      key.next = { write, replies: [resolve] };
      if (!key.isWriting) this.makeReady(key);
    });
  }

  private makeReady(key: Key): void {
    this.ready.push(key);
    if (this.ready.length === 1) void Promise.resolve().then(() => this.flush());
  }

  private async flush(): Promise<void> {
    const keys = this.ready;
    this.ready = [];
    const batch: Waiting[] = [];
    for (const key of keys) {
      if (key.next === undefined) continue;
      batch.push(key.next);
      key.next = undefined;
      key.isWriting = true;
    }
    const outcomes = await this.writeAll(batch.map(({ write }) => write));
    keys.forEach((key, i) => {
      key.isWriting = false;
      const written = batch[i];
      if (key.next !== undefined) this.makeReady(key);
      else if (written !== undefined) this.keys.delete(keyOf(written.write));
      for (const reply of written?.replies ?? []) reply(outcomes[i] ?? 'COORDINATOR_NOT_AVAILABLE');
    });
  }

  private async writeAll(writes: readonly OffsetWrite[]): Promise<readonly ErrorName[]> {
    try {
      return await this.store.write(writes);
    } catch (error) {
      this.logger.warn(`Failed to write ${writes.length} consumer offsets to ZooKeeper`, error);
      const outcome =
        error instanceof KafkaError && error.error === 'NOT_COORDINATOR' ? error.error : 'COORDINATOR_NOT_AVAILABLE';
      return writes.map(() => outcome);
    }
  }
}

function keyOf({ groupId, topic, partition }: GroupTopicPartition): string {
  return `${groupId}\n${topic}\n${partition}`; // no znode name holds a newline
}

/** Whether a group can have znodes of its name; others live in the log alone. Source: org.apache.zookeeper.common.PathUtils */
export function isZnodeName(groupId: string): boolean {
  if (groupId === '' || groupId === '.' || groupId === '..') return false;
  for (let i = 0; i < groupId.length; i++) {
    const unit = groupId.charCodeAt(i);
    const isForbidden =
      unit === 0x2f ||
      unit < 0x20 ||
      (unit >= 0x7f && unit <= 0x9f) ||
      (unit >= 0xd800 && unit <= 0xf8ff) ||
      unit >= 0xfff0;
    if (isForbidden) return false;
  }
  return true;
}
