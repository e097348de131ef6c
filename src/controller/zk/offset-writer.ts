import { KafkaError } from '../../common/errors.js';
import type { OffsetEntry, OffsetStore } from '../../zookeeper/offset-store.js';
import type { ControllerContext } from './controller-context.js';

/** Offsets that a group coordinator wants to stand in znodes. */
export interface OffsetWrite {
  /** The partition of __consumer_offsets that the coordinator leads, and as what. */
  readonly coordinatorTopic: string;
  readonly coordinatorPartition: number;
  readonly coordinatorId: number;
  readonly leaderEpoch: number;
  readonly entries: readonly OffsetEntry[];
}

/** Offsets of one key: what is being written, and the newest that waits for it. */
interface Slot {
  waiting: Pending | undefined;
}

interface Pending {
  readonly entry: OffsetEntry;
  readonly write: OffsetWrite;
  readonly context: ControllerContext;
  readonly done: (error: KafkaError | undefined) => void;
}

const MAX_WAITING_KEYS = 100_000;

/**
 * Writes consumer offsets to /consumers, so that neither an old controller nor an old coordinator can move one: each multi
 * checks /controller_epoch and the state of the coordinator's partition. One write is outstanding for a key; of newer ones
 * that wait for it only the newest is written, and all of them are answered with it.
 */
export class OffsetWriter {
  private readonly offsets: OffsetStore;
  private readonly slots = new Map<string, Slot>();
  /** What the next turn of the loop writes, by coordinator partition: commits that come together leave together. */
  private readonly ready = new Map<string, Pending[]>();

  constructor(offsets: OffsetStore) {
    this.offsets = offsets;
  }

  /** @throws KafkaError NOT_COORDINATOR, NOT_CONTROLLER, COORDINATOR_NOT_AVAILABLE (too much waits, or ZooKeeper refused) */
  async write(write: OffsetWrite, context: ControllerContext): Promise<void> {
    if (this.slots.size + write.entries.length > MAX_WAITING_KEYS) {
      throw new KafkaError('COORDINATOR_NOT_AVAILABLE', 'too many offset writes are waiting for ZooKeeper');
    }
    await Promise.all(write.entries.map((entry) => this.writeOne(entry, write, context)));
  }

  private writeOne(entry: OffsetEntry, write: OffsetWrite, context: ControllerContext): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error: KafkaError | undefined): void => {
        if (error === undefined) resolve();
        else reject(error);
      };
      const key = keyOf(entry);
      const slot = this.slots.get(key);
      if (slot === undefined) {
        this.slots.set(key, { waiting: undefined });
        this.submit({ entry, write, context, done });
        return;
      }
      const older = slot.waiting;
      const both = (error: KafkaError | undefined): void => {
        older?.done(error);
        done(error);
      };
      slot.waiting = { entry, write, context, done: older === undefined ? done : both };
    });
  }

  private submit(pending: Pending): void {
    const group = `${pending.write.coordinatorTopic}-${pending.write.coordinatorPartition}`;
    const batch = this.ready.get(group);
    if (batch !== undefined) {
      batch.push(pending);
      return;
    }
    this.ready.set(group, [pending]);
    queueMicrotask(() => {
      const all = this.ready.get(group) ?? [];
      this.ready.delete(group);
      void this.flush(all);
    });
  }

  private async flush(batch: readonly Pending[]): Promise<void> {
    // Writes of one batch may come from two terms of a coordinator, or two reigns: each under its own fences.
    const last = batch.at(-1);
    if (last === undefined) return;
    const same = batch.filter(
      ({ write, context }) => write.leaderEpoch === last.write.leaderEpoch && context === last.context,
    );
    const others = batch.filter((pending) => !same.includes(pending));
    await this.flush(others);
    await this.persist(same, last);
    for (const { entry } of same) this.next(keyOf(entry));
  }

  private async persist(batch: readonly Pending[], { write, context }: Pending): Promise<void> {
    try {
      const state = context.partition(write.coordinatorTopic, write.coordinatorPartition)?.leadership;
      if (state?.leader !== write.coordinatorId || state.leaderEpoch !== write.leaderEpoch) {
        throw new KafkaError('NOT_COORDINATOR');
      }
      const fence = {
        topic: write.coordinatorTopic,
        partition: write.coordinatorPartition,
        leaderVersion: state.partitionEpoch,
      };
      const results = await this.offsets.writeOffsets(
        fence,
        batch.map(({ entry }) => entry),
        context.fence,
      );
      batch.forEach(({ done }, i) => {
        const error = results[i] ?? 'SYSTEM_ERROR';
        done(error === 'OK' ? undefined : new KafkaError('COORDINATOR_NOT_AVAILABLE', `ZooKeeper refused: ${error}`));
      });
    } catch (error) {
      const known = error instanceof KafkaError ? error : new KafkaError('COORDINATOR_NOT_AVAILABLE', String(error));
      const answer = known.error === 'STALE_CONTROLLER_EPOCH' ? new KafkaError('NOT_CONTROLLER', known.message) : known;
      for (const { done } of batch) done(answer);
    }
  }

  /** The key's write is over: what waits for it goes next. */
  private next(key: string): void {
    const slot = this.slots.get(key);
    if (slot === undefined) return;
    if (slot.waiting === undefined) {
      this.slots.delete(key);
      return;
    }
    const pending = slot.waiting;
    slot.waiting = undefined;
    this.submit(pending);
  }
}

function keyOf(entry: OffsetEntry): string {
  return `${entry.group}\n${entry.topic}\n${entry.partition}`;
}
