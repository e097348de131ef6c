import type { Cancel, Time } from '../platform/time.js';

/** A connection as the wheel sees it. */
export interface Idler {
  /** {@link IdleWheel.tick} when something last happened. */
  lastActiveTick: number;
  /** Whether it waits for us rather than we for it: then it is not idle, however long that takes. */
  isBusy(): boolean;
  onIdle(): void;
}

const SLOTS = 16;

/**
 * Finds connections on which nothing happened for `connections.max.idle.ms`: one timer for all of them, and none while
 * there are none. An activity costs the store of a number; a connection is looked at once a round.
 * A connection is closed between 1 and 1 + 1/16 times the limit after its last activity.
 */
export class IdleWheel {
  private readonly time: Time;
  private readonly tickMs: number;
  private readonly slots: Set<Idler>[] = Array.from({ length: SLOTS + 2 }, () => new Set<Idler>());
  private readonly slotOf = new Map<Idler, Set<Idler>>();
  private cancel: Cancel | undefined;
  /** Counts on while connections exist. */
  tick = 0;

  /** @param maxIdleMs below 1: nothing ever counts as idle */
  constructor(time: Time, maxIdleMs: number) {
    this.time = time;
    this.tickMs = maxIdleMs < 1 ? 0 : Math.max(1, Math.ceil(maxIdleMs / SLOTS));
  }

  add(idler: Idler): void {
    if (this.tickMs === 0) return;
    idler.lastActiveTick = this.tick;
    this.place(idler);
    this.cancel ??= this.time.schedule(this.tickMs, this.onTick);
  }

  remove(idler: Idler): void {
    this.slotOf.get(idler)?.delete(idler);
    this.slotOf.delete(idler);
    if (this.slotOf.size > 0 || this.cancel === undefined) return;
    this.cancel();
    this.cancel = undefined;
  }

  private place(idler: Idler): void {
    // One tick more than the limit: the activity may have been at the very end of its tick.
    const slot = this.slots[(idler.lastActiveTick + SLOTS + 1) % this.slots.length];
    if (slot === undefined) return;
    slot.add(idler);
    this.slotOf.set(idler, slot);
  }

  private readonly onTick = (): void => {
    this.cancel = this.time.schedule(this.tickMs, this.onTick);
    this.tick++;
    const slot = this.slots[this.tick % this.slots.length];
    if (slot === undefined) return;
    const due = [...slot];
    slot.clear();
    for (const idler of due) {
      if (idler.isBusy()) idler.lastActiveTick = this.tick;
      if (idler.lastActiveTick + SLOTS + 1 > this.tick) this.place(idler);
      else idler.onIdle();
    }
  };
}
