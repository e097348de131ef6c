/** Takes a scheduled task back; after it ran, or twice, is harmless. */
export type Cancel = () => void;

/** Clocks and timers. Real in platform/node, virtual in platform/sim. */
export interface Time {
  /** Wall clock, ms since the epoch (UTC), whole. It may jump: for timestamps in records and znodes, never for timeouts. */
  wallMs(): number;
  /** Monotonic clock, ms, may be fractional. For timeouts and durations. */
  nowMs(): number;
  /** Runs `task` once, `delayMs` from now (0: in a later turn of the loop, never in this one). */
  schedule(delayMs: number, task: () => void): Cancel;
}

/** Resolves after `delayMs`. For back-off between tries, not for waiting on something that has an event. */
export function delay(time: Time, delayMs: number): Promise<void> {
  return new Promise((resolve) => void time.schedule(delayMs, resolve));
}
