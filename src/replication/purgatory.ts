import type { Time } from '../platform/time.js';
import { TimingWheel, type WheelEntry } from './timing-wheel.js';

/** A request that cannot be answered yet. Neither method throws. */
export interface ParkedWork {
  /** Whether it can be answered now. Asked after each event of a partition it watches, so it is cheap. */
  isReady(): boolean;
  /** Answers, once: because it is ready, or because its time is up. */
  finish(timedOut: boolean): void;
  /** Instead of `finish`: nobody waits for the answer any more. */
  abandon(): void;
}

/** One parked request: an entry of the wheel and of each list that watches for it. */
class Parked implements WheelEntry<Parked> {
  /** undefined once it is done: lists drop it when they come across it. */
  work: ParkedWork | undefined;
  readonly connectionId: string;
  private readonly purgatory: Purgatory;
  wheelTick = -1;
  wheelPrevious: Parked | undefined = undefined;
  wheelNext: Parked | undefined = undefined;

  constructor(purgatory: Purgatory, work: ParkedWork, connectionId: string) {
    this.purgatory = purgatory;
    this.work = work;
    this.connectionId = connectionId;
  }

  onExpire(): void {
    this.take()?.finish(true);
  }

  completeIfReady(): boolean {
    if (this.work?.isReady() !== true) return false;
    this.purgatory.wheel.remove(this);
    this.take()?.finish(false);
    return true;
  }

  take(): ParkedWork | undefined {
    const work = this.work;
    this.work = undefined;
    return work;
  }
}

const FIRST_PURGE = 16;

/** Who waits for an event of one partition. Done entries are dropped on the way, and when they could outnumber live ones. */
export class WatcherList {
  private parked: Parked[] = [];
  private purgeAt = FIRST_PURGE;

  /** Entries held, done ones included. */
  get size(): number {
    return this.parked.length;
  }

  /** Something happened: finishes what is ready, in the order of arrival. Work that is parked meanwhile is left alone. */
  checkAndComplete(): void {
    if (this.parked.length === 0) return;
    const before = this.parked;
    this.parked = [];
    for (const parked of before) {
      if (parked.work !== undefined && !parked.completeIfReady()) this.parked.push(parked);
    }
  }

  /** The purgatory's. */
  add(parked: Parked): void {
    if (this.parked.length >= this.purgeAt) {
      this.parked = this.parked.filter((each) => each.work !== undefined);
      this.purgeAt = Math.max(FIRST_PURGE, 2 * this.parked.length);
    }
    this.parked.push(parked);
  }
}

/**
 * Where requests wait for data or for replicas: woken in the same tick by the append or fetch that they wait for, answered as
 * they stand when their time is up. What it holds is bounded by the requests that connections may have in flight.
 * Source: org.apache.kafka.server.purgatory.DelayedOperationPurgatory, 3.9
 */
export class Purgatory {
  readonly wheel: TimingWheel<Parked>;

  constructor(time: Time) {
    this.wheel = new TimingWheel(time);
  }

  /** Requests that wait. */
  get size(): number {
    return this.wheel.size;
  }

  /** The caller has seen that `work` is not ready. @param connectionId see {@link dropConnection} */
  park(work: ParkedWork, timeoutMs: number, watchers: Iterable<WatcherList>, connectionId: string): void {
    const parked = new Parked(this, work, connectionId);
    for (const list of watchers) list.add(parked);
    this.wheel.add(parked, timeoutMs);
  }

  /** The connection is gone: what it waited for is abandoned. Costs a walk over everything that waits. */
  dropConnection(connectionId: string): void {
    this.wheel.forEach((parked) => {
      if (parked.connectionId !== connectionId) return;
      this.wheel.remove(parked);
      parked.take()?.abandon();
    });
  }

  /** The broker stops: everything is abandoned. */
  close(): void {
    this.wheel.close();
    this.wheel.forEach((parked) => {
      this.wheel.remove(parked);
      parked.take()?.abandon();
    });
  }
}
