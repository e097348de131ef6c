import type { Deferred, EndOfTurn } from './end-of-turn.js';

/**
 * How many requests, and how many bytes of them, may run beyond the one that each connection may always have
 * (`queued.max.requests`, `queued.max.request.bytes`). That one is never counted: a follower's fetch, which completes
 * the produce requests that wait for it, must get through whatever else waits.
 */
export class RequestBudget {
  private readonly maxRequests: number;
  /** −1: no bound. */
  private readonly maxBytes: number;
  private readonly endOfTurn: EndOfTurn;
  private requests = 0;
  private bytes = 0;
  private readonly refused = new Set<Deferred>();

  constructor(maxRequests: number, maxBytes: number, endOfTurn: EndOfTurn) {
    this.maxRequests = maxRequests;
    this.maxBytes = maxBytes;
    this.endOfTurn = endOfTurn;
  }

  get inFlight(): number {
    return this.requests;
  }

  /** False: `who` is called at the end of a turn in which something was given back. One request always fits. */
  tryTake(bytes: number, who: Deferred): boolean {
    const fits =
      this.requests === 0 ||
      (this.requests < this.maxRequests && (this.maxBytes < 0 || this.bytes + bytes <= this.maxBytes));
    if (!fits) {
      this.refused.add(who);
      return false;
    }
    this.requests++;
    this.bytes += bytes;
    return true;
  }

  give(bytes: number): void {
    this.requests--;
    this.bytes -= bytes;
    if (this.refused.size === 0) return;
    for (const who of this.refused) this.endOfTurn.add(who);
    this.refused.clear();
  }

  /** `who` is gone and no longer waits. */
  forget(who: Deferred): void {
    this.refused.delete(who);
  }
}
