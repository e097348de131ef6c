import type { Cancel, Time } from '../platform/time.js';

/** A timer of the wheel: linked into its slot, so that adding and removing one costs the same however many wait. */
export interface WheelEntry<E> {
  /** Called once, by the wheel, unless removed before. */
  onExpire(): void;
  /** The wheel's own; −1 outside of it. */
  wheelTick: number;
  wheelPrevious: E | undefined;
  wheelNext: E | undefined;
}

const TICK_MS = 1;
const SLOTS = 1024;

/**
 * Deadlines of parked requests in one hashed wheel of 1 ms ticks and a single timer, set for the earliest deadline known; an
 * entry that is removed leaves the timer alone, and an empty wheel has none. One turn is 1,024 ms: entries further ahead stay
 * in their slot and wait for their turn.
 * Source: the idea is org.apache.kafka.server.util.timer.TimingWheel's, 3.9, with one level instead of several
 */
export class TimingWheel<E extends WheelEntry<E>> {
  private readonly time: Time;
  private readonly slots: (E | undefined)[] = new Array<E | undefined>(SLOTS).fill(undefined);
  private count = 0;
  /** Everything up to and with this tick has expired. */
  private currentTick = 0;
  private armedTick = Infinity;
  private disarm: Cancel = () => undefined;

  constructor(time: Time) {
    this.time = time;
  }

  /** Entries that wait. */
  get size(): number {
    return this.count;
  }

  /** @param delayMs 0 or less: expires at the next tick, never in this call */
  add(entry: E, delayMs: number): void {
    const nowMs = this.time.nowMs();
    const nowTick = Math.floor(nowMs / TICK_MS);
    if (this.count === 0) this.currentTick = nowTick;
    entry.wheelTick = Math.max(Math.ceil((nowMs + delayMs) / TICK_MS), nowTick + 1);
    const slot = entry.wheelTick % SLOTS;
    const first = this.slots[slot];
    entry.wheelPrevious = undefined;
    entry.wheelNext = first;
    if (first !== undefined) first.wheelPrevious = entry;
    this.slots[slot] = entry;
    this.count++;
    if (entry.wheelTick < this.armedTick) this.arm(entry.wheelTick, nowMs);
  }

  /** One that expired or was removed before is fine. */
  remove(entry: E): void {
    if (entry.wheelTick < 0) return;
    if (entry.wheelPrevious === undefined) this.slots[entry.wheelTick % SLOTS] = entry.wheelNext;
    else entry.wheelPrevious.wheelNext = entry.wheelNext;
    if (entry.wheelNext !== undefined) entry.wheelNext.wheelPrevious = entry.wheelPrevious;
    entry.wheelPrevious = undefined;
    entry.wheelNext = undefined;
    entry.wheelTick = -1;
    this.count--;
  }

  /** Every entry, in no order; `visit` may remove the one it is given. */
  forEach(visit: (entry: E) => void): void {
    for (const first of this.slots) {
      for (let entry = first, next: E | undefined; entry !== undefined; entry = next) {
        next = entry.wheelNext;
        visit(entry);
      }
    }
  }

  /** Drops the timer; entries stay and never expire. */
  close(): void {
    this.disarm();
    this.armedTick = -Infinity;
  }

  private arm(tick: number, nowMs: number): void {
    this.disarm();
    this.armedTick = tick;
    this.disarm = this.time.schedule(Math.max(0, tick * TICK_MS - nowMs), () => this.advance());
  }

  private advance(): void {
    const nowMs = this.time.nowMs();
    const due = Math.floor(nowMs / TICK_MS);
    const expired: E[] = [];
    for (let tick = Math.max(this.currentTick + 1, due - SLOTS + 1); tick <= due; tick++) {
      for (let entry = this.slots[tick % SLOTS], next: E | undefined; entry !== undefined; entry = next) {
        next = entry.wheelNext;
        if (entry.wheelTick > due) continue;
        this.remove(entry);
        expired.push(entry);
      }
    }
    this.currentTick = Math.max(this.currentTick, due);
    this.armedTick = Infinity;
    if (this.count > 0) this.arm(this.earliestTick(), nowMs);
    for (const entry of expired) entry.onExpire();
  }

  /** Of this turn; if all are further ahead, the end of the turn. */
  private earliestTick(): number {
    for (let tick = this.currentTick + 1; tick < this.currentTick + SLOTS; tick++) {
      for (let entry = this.slots[tick % SLOTS]; entry !== undefined; entry = entry.wheelNext) {
        if (entry.wheelTick === tick) return tick;
      }
    }
    return this.currentTick + SLOTS;
  }
}
