import type { Cancel, Time } from '../../src/platform/time.js';

/** A clock that stands still until it is told otherwise; due tasks run in order, promises between them. */
export class ManualTime implements Time {
  private now = 1_000_000;
  private tasks: { at: number; order: number; run: () => void }[] = [];
  private count = 0;

  wallMs(): number {
    return 1_700_000_000_000 + this.now;
  }
  nowMs(): number {
    return this.now;
  }
  schedule(delayMs: number, run: () => void): Cancel {
    const task = { at: this.now + delayMs, order: this.count++, run };
    this.tasks.push(task);
    return () => (this.tasks = this.tasks.filter((other) => other !== task));
  }

  get armed(): number {
    return this.tasks.length;
  }

  /** The clock goes on while nothing else does: the loop stood still. */
  stall(ms: number): void {
    this.now += ms;
  }

  async advance(ms: number): Promise<void> {
    const end = this.now + ms;
    for (;;) {
      await settled();
      const due = this.tasks.filter((task) => task.at <= end).sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (due === undefined) break;
      this.tasks = this.tasks.filter((task) => task !== due);
      this.now = Math.max(this.now, due.at);
      due.run();
    }
    this.now = end;
    await settled();
  }
}

/** Every promise that can go on without a timer or I/O has. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
