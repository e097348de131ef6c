import type { Cancel, Time } from '../platform/time.js';

/** Work that waits `file.delete.delay.ms` so that readers finish first: removing segment files and deleted partitions. */
export class DelayedDeletion {
  private readonly time: Time;
  private readonly onError: (error: unknown) => void;
  private readonly waiting = new Set<Cancel>();

  constructor(time: Time, onError: (error: unknown) => void) {
    this.time = time;
    this.onError = onError;
  }

  add(delayMs: number, remove: () => void): void {
    const cancel = this.time.schedule(delayMs, () => {
      this.waiting.delete(cancel);
      try {
        remove();
      } catch (error) {
        this.onError(error);
      }
    });
    this.waiting.add(cancel);
  }

  /** Leaves what waits to the next start, which removes it. */
  cancelAll(): void {
    for (const cancel of this.waiting) cancel();
    this.waiting.clear();
  }
}
