/** A piece of work of one owner. `name` is for logs and traces. */
export interface QueuedEvent {
  readonly name: string;
  run(): void | Promise<void>;
  /** Called instead of `run` when the queue is cleared or closed before its turn. */
  abandon?(): void;
}

/**
 * One owner, one queue: events run one at a time, in order, each to its end (promises included) before the next begins.
 * An event that throws reaches `onError` and the queue goes on.
 */
export class EventQueue {
  private events: QueuedEvent[] = [];
  private running = false;
  private closed = false;
  private idle: (() => void)[] = [];
  private readonly onError: (event: QueuedEvent, error: unknown) => void;

  constructor(onError: (event: QueuedEvent, error: unknown) => void) {
    this.onError = onError;
  }

  /** Events that wait, the running one not counted. */
  get length(): number {
    return this.events.length;
  }

  append(event: QueuedEvent): void {
    this.add(event, false);
  }

  /** Ahead of everything that waits: for what ends a role (expiry, resignation). */
  prepend(event: QueuedEvent): void {
    this.add(event, true);
  }

  /** Drops what waits, calling each one's `abandon`; the running event goes on. */
  clear(): void {
    const dropped = this.events;
    this.events = [];
    for (const event of dropped) event.abandon?.();
  }

  /** Clears, takes nothing more, resolves when the running event is done. */
  async close(): Promise<void> {
    this.closed = true;
    this.clear();
    await this.whenIdle();
  }

  /** Resolves when nothing runs and nothing waits. */
  whenIdle(): Promise<void> {
    if (!this.running && this.events.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.idle.push(resolve));
  }

  private add(event: QueuedEvent, first: boolean): void {
    if (this.closed) {
      event.abandon?.();
      return;
    }
    if (first) this.events.unshift(event);
    else this.events.push(event);
    if (!this.running) void this.drain();
  }

  private async drain(): Promise<void> {
    this.running = true;
    await Promise.resolve(); // an event never runs inside the call that queued it
    for (let event = this.events.shift(); event !== undefined; event = this.events.shift()) {
      try {
        await event.run();
      } catch (error) {
        this.onError(event, error);
      }
    }
    this.running = false;
    const waiting = this.idle;
    this.idle = [];
    for (const resolve of waiting) resolve();
  }
}
