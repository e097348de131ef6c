import type { Cancel, Time } from '../../src/platform/time.js';

interface Task {
  readonly atMs: number;
  readonly sequence: number;
  readonly run: () => void;
}

/** A clock that a test moves by hand: tasks run in the order of their time when it is advanced past them. */
export class FakeTime implements Time {
  private now: number;
  private sequence = 0;
  private tasks: Task[] = [];

  constructor(nowMs = 1_000_000) {
    this.now = nowMs;
  }

  /** Tasks that wait. */
  get pending(): number {
    return this.tasks.length;
  }

  wallMs(): number {
    return this.now;
  }

  nowMs(): number {
    return this.now;
  }

  schedule(delayMs: number, run: () => void): Cancel {
    const task = { atMs: this.now + Math.max(0, delayMs), sequence: this.sequence++, run };
    this.tasks.push(task);
    return () => {
      this.tasks = this.tasks.filter((each) => each !== task);
    };
  }

  /** Runs what falls due within the next `ms`, each at its time. */
  advance(ms: number): void {
    const until = this.now + ms;
    for (let next = this.next(until); next !== undefined; next = this.next(until)) {
      this.tasks = this.tasks.filter((each) => each !== next);
      this.now = next.atMs;
      next.run();
    }
    this.now = until;
  }

  private next(until: number): Task | undefined {
    return this.tasks
      .filter((task) => task.atMs <= until)
      .sort((a, b) => a.atMs - b.atMs || a.sequence - b.sequence)[0];
  }
}
