/** Work that is put off until whoever is acting now has finished. */
export interface Deferred {
  atEndOfTurn(): void;
}

/**
 * Gathers what a turn of the loop leaves to do: a produce request may complete the parked requests of a dozen connections,
 * and each of them then writes once, and begins its next request outside the append that woke it.
 */
export class EndOfTurn {
  private depth = 0;
  private microtask = false;
  private waiting = new Set<Deferred>();

  /** Every `enter` has its `leave`, in a `finally`. */
  enter(): void {
    this.depth++;
  }

  leave(): void {
    try {
      if (this.depth === 1) this.run();
    } finally {
      this.depth--;
    }
  }

  /** Runs `work` once when the outermost turn ends; outside a turn, after the promise reactions that are due already. */
  add(work: Deferred): void {
    this.waiting.add(work);
    if (this.depth > 0 || this.microtask) return;
    this.microtask = true;
    queueMicrotask(() => {
      this.microtask = false;
      this.enter();
      this.leave();
    });
  }

  /** What throws does not keep the others from their turn; the first error is thrown when all had theirs. */
  private run(): void {
    const errors: unknown[] = [];
    while (this.waiting.size > 0) {
      const due = this.waiting;
      this.waiting = new Set();
      for (const work of due) {
        try {
          work.atEndOfTurn();
        } catch (error) {
          errors.push(error);
        }
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}
