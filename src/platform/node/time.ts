import type { Cancel, Time } from '../time.js';

/** The longest delay that a timer of Node takes; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The clocks and timers of this machine. */
export function nodeTime(): Time {
  return { wallMs: () => Date.now(), nowMs: () => performance.now(), schedule };
}

function schedule(delayMs: number, task: () => void): Cancel {
  if (!(delayMs > 0)) {
    const immediate = setImmediate(task);
    return () => clearImmediate(immediate);
  }
  const dueMs = performance.now() + delayMs;
  let timer = setTimeout(onTimer, timerDelayMs(delayMs));
  // Timers count whole milliseconds of the loop's own clock, so they may fire a little before `dueMs`: then wait again.
  function onTimer(): void {
    const leftMs = dueMs - performance.now();
    if (leftMs > 0) timer = setTimeout(onTimer, timerDelayMs(leftMs));
    else task();
  }
  return () => clearTimeout(timer);
}

function timerDelayMs(delayMs: number): number {
  return Math.min(Math.ceil(delayMs), LONGEST_TIMER_MS);
}
