/** Time goes in steps of a power of two, so that sums and differences of times are exact. */
const TICKS_PER_MS = 1024;

/** The first moment of the clock that is not before `ms`. */
export function tickAt(ms: number): number {
  return Math.ceil(ms * TICKS_PER_MS) / TICKS_PER_MS;
}
