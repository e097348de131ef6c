import type { Time } from '../platform/time.js';

/** Out of the page cache a read of a megabyte takes a tenth of a millisecond, from a disk that turns or is far away more than this. */
const SLOW_MS = 5;
/** One slow read may be the scheduler's doing. */
const SLOW_IN_A_ROW = 2;
const OFF_LOOP_MS = 1000;

/**
 * How to read what lies far behind the tail: at once, which is best if it is still in the page cache (0.4 CPU seconds a GB,
 * to 1.2 through a thread and a buffer of its own), or off the loop, so that nobody waits for the disk. Only the time that
 * reads take tells which: slow ones send those of the next second off the loop. All logs of a broker share what is learnt,
 * so on a slow disk one read a second is what others wait for.
 */
export class ColdReads {
  private readonly time: Time;
  private slowInARow = 0;
  private offLoopUntilMs = -Infinity;

  constructor(time: Time) {
    this.time = time;
  }

  get areOffLoop(): boolean {
    return this.time.nowMs() < this.offLoopUntilMs;
  }

  /** Does a read at once, and learns from it. */
  timed(read: () => number): number {
    const startMs = this.time.nowMs();
    const result = read();
    const endMs = this.time.nowMs();
    this.slowInARow = endMs - startMs > SLOW_MS ? this.slowInARow + 1 : 0;
    if (this.slowInARow >= SLOW_IN_A_ROW) this.offLoopUntilMs = endMs + OFF_LOOP_MS;
    return result;
  }
}
