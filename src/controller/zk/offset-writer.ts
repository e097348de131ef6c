import { KafkaError } from '../../common/errors.js';
import { topicPartitionKey } from '../../common/topic-partition.js';
import type { Time } from '../../platform/time.js';
import type { OffsetEntry, OffsetStore } from '../../zookeeper/offset-store.js';
import type { TopicStore } from '../../zookeeper/topic-store.js';
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

/** One offset on its way, and all who wait for it. */
interface Pending {
  /** Monotonic ms after which the newest of it may be written no more. */
  expiresMs: number;
  entry: OffsetEntry;
  write: OffsetWrite;
  context: ControllerContext;
  readonly waiters: ((error: KafkaError | undefined) => void)[];
}

/** Of one key one write is outstanding; what comes meanwhile melts into one that follows. */
interface Slot {
  following: Pending | undefined;
}

/** What one coordinator partition has to write. */
interface Lane {
  waiting: Pending[];
  /** Batches that ZooKeeper has not answered yet. */
  inFlight: number;
  isScheduled: boolean;
}

const MAX_WAITING = 100_000;
const MAX_IN_FLIGHT = 2;
const MAX_ATTEMPTS = 3;
/**
 * A coordinator waits two seconds, then writes the offset itself, and newer ones after it: what came that long ago must not
 * be written here any more, or a number would go back.
 */
const PATIENCE_MS = 1500;

/**
 * Writes consumer offsets to /consumers, so that neither an old controller nor an old coordinator can move one: each multi
 * checks /controller_epoch and the state of the coordinator's partition. One write is outstanding for a key; of newer ones
 * that wait for it only the newest is written, and all of them are answered with it.
 */
export class OffsetWriter {
  private readonly offsets: OffsetStore;
  private readonly topics: TopicStore;
  private readonly time: Time;
  private readonly slots = new Map<string, Slot>();
  private readonly lanes = new Map<string, Lane>();
  private waiting = 0;

  constructor(offsets: OffsetStore, topics: TopicStore, time: Time) {
    this.offsets = offsets;
    this.topics = topics;
    this.time = time;
  }

  /** @throws KafkaError NOT_COORDINATOR, NOT_CONTROLLER, COORDINATOR_NOT_AVAILABLE (too much waits, or ZooKeeper refused) */
  async write(write: OffsetWrite, context: ControllerContext): Promise<void> {
    if (this.waiting + write.entries.length > MAX_WAITING) {
      throw new KafkaError('COORDINATOR_NOT_AVAILABLE', 'too many offset writes are waiting for ZooKeeper');
    }
    this.waiting += write.entries.length;
    try {
      await Promise.all(write.entries.map((entry) => this.writeOne(entry, write, context)));
    } finally {
      this.waiting -= write.entries.length;
    }
  }

  private writeOne(entry: OffsetEntry, write: OffsetWrite, context: ControllerContext): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter = (error: KafkaError | undefined): void => {
        if (error === undefined) resolve();
        else reject(error);
      };
      const expiresMs = this.time.nowMs() + PATIENCE_MS;
      const slot = this.slots.get(keyOf(entry));
      if (slot === undefined) {
        this.slots.set(keyOf(entry), { following: undefined });
        this.submit({ expiresMs, entry, write, context, waiters: [waiter] });
      } else if (slot.following === undefined) {
        slot.following = { expiresMs, entry, write, context, waiters: [waiter] };
      } else {
        Object.assign(slot.following, { expiresMs, entry, write, context });
        slot.following.waiters.push(waiter);
      }
    });
  }

  /** Writes of one coordinator in one of its terms, under one controller, may share their multis. */
  private submit(pending: Pending): void {
    const { write, context } = pending;
    const name = `${write.coordinatorTopic}-${write.coordinatorPartition}/${write.coordinatorId}/${write.leaderEpoch}/${context.fence.epoch}`;
    const lane = this.lanes.get(name) ?? { waiting: [], inFlight: 0, isScheduled: false };
    this.lanes.set(name, lane);
    lane.waiting.push(pending);
    if (lane.isScheduled || lane.inFlight === MAX_IN_FLIGHT) return;
    lane.isScheduled = true;
    queueMicrotask(() => {
      lane.isScheduled = false;
      void this.flush(name, lane);
    });
  }

  /** What comes while batches are under way waits and leaves in one: the busier ZooKeeper is, the more share its work. */
  private async flush(name: string, lane: Lane): Promise<void> {
    lane.inFlight++;
    for (let batch = taken(lane); batch[0] !== undefined; batch = taken(lane)) {
      const answers = await this.persist(batch, batch[0].write, batch[0].context);
      batch.forEach(({ waiters }, i) => {
        for (const waiter of waiters) waiter(answers[i]);
      });
      for (const { entry } of batch) this.next(keyOf(entry));
    }
    lane.inFlight--;
    if (lane.inFlight === 0 && !lane.isScheduled) this.lanes.delete(name);
  }

  /** @returns what became of each: undefined is well */
  private async persist(
    batch: readonly Pending[],
    write: OffsetWrite,
    context: ControllerContext,
  ): Promise<(KafkaError | undefined)[]> {
    const nowMs = this.time.nowMs();
    const inTime = batch.filter(({ expiresMs }) => nowMs <= expiresMs);
    const entries = inTime.map(({ entry }) => entry);
    try {
      const results = entries.length === 0 ? [] : await this.writeFenced(entries, write, context);
      const outcomes = new Map(inTime.map((pending, i) => [pending, results[i] ?? 'no answer']));
      return batch.map((pending) => {
        const outcome = outcomes.get(pending) ?? 'it waited for too long';
        return outcome === 'OK' ? undefined : new KafkaError('COORDINATOR_NOT_AVAILABLE', `not written: ${outcome}`);
      });
    } catch (error) {
      const known = error instanceof KafkaError ? error : new KafkaError('COORDINATOR_NOT_AVAILABLE', String(error));
      const moved = known.error === 'STALE_CONTROLLER_EPOCH';
      return batch.map(() => (moved ? new KafkaError('NOT_CONTROLLER', known.message) : known));
    }
  }

  /**
   * The state's version changes also while its leader stays (each ISR change raises it), so a broken fence is looked at: if
   * the same coordinator still leads in the same epoch, it is tried again at the version that stands now.
   */
  private async writeFenced(
    entries: readonly OffsetEntry[],
    write: OffsetWrite,
    context: ControllerContext,
  ): Promise<readonly string[]> {
    const { coordinatorTopic: topic, coordinatorPartition: partition } = write;
    let state = context.partition(topic, partition)?.leadership;
    for (let attempt = 1; ; attempt++) {
      if (state?.leader !== write.coordinatorId || state.leaderEpoch !== write.leaderEpoch) {
        throw new KafkaError('NOT_COORDINATOR');
      }
      const fence = { topic, partition, leaderVersion: state.partitionEpoch };
      try {
        return await this.offsets.writeOffsets(fence, entries, context.fence);
      } catch (error) {
        const isFenced = error instanceof KafkaError && error.error === 'NOT_COORDINATOR';
        if (!isFenced || attempt === MAX_ATTEMPTS) throw error;
        state = (await this.topics.states([{ topic, partition }])).get(topicPartitionKey(topic, partition));
      }
    }
  }

  /** The key's write is over: what waits for it goes next. */
  private next(key: string): void {
    const following = this.slots.get(key)?.following;
    if (following === undefined) {
      this.slots.delete(key);
      return;
    }
    this.slots.set(key, { following: undefined });
    this.submit(following);
  }
}

function taken(lane: Lane): readonly Pending[] {
  const batch = lane.waiting;
  lane.waiting = [];
  return batch;
}

function keyOf(entry: OffsetEntry): string {
  return `${entry.group}\n${entry.topic}\n${entry.partition}`;
}
