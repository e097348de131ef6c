import type { Request } from './request.js';
import type { TxnLog } from './txn-log.js';

/**
 * Second stage: keeps requests until what they wrote is durable, then hands them on in order. One flush at a time; all
 * that arrives meanwhile shares the next (group commit). Reads stand here only behind writes of their own connection.
 * Source: org.apache.zookeeper.server.SyncRequestProcessor, 3.8
 */
export class SyncProcessor {
  private readonly log: TxnLog;
  private readonly deliver: (batch: readonly Request[]) => void;
  private readonly onFailure: (error: unknown) => void;
  private queue: Request[] = [];
  private queueHasWrites = false;
  private isFlushing = false;
  private hasFailed = false;
  private whenIdle: (() => void)[] = [];
  private batchSize = 0;

  /** @param onFailure the log cannot be written: what waits is never answered, and nothing more is taken */
  constructor(log: TxnLog, deliver: (batch: readonly Request[]) => void, onFailure: (error: unknown) => void) {
    this.log = log;
    this.deliver = deliver;
    this.onFailure = onFailure;
  }

  /** Requests that wait for the disk. */
  get length(): number {
    return this.queue.length + this.batchSize;
  }

  add(request: Request): void {
    if (request.header !== undefined && request.txn !== undefined) {
      this.log.append(request.header, request.txn);
      this.queueHasWrites = true;
    }
    this.queue.push(request);
  }

  /** Called at the end of a turn of the loop: begins a flush unless one is under way. */
  kick(): void {
    if (this.isFlushing || this.hasFailed || this.queue.length === 0) return;
    const batch = this.queue;
    this.queue = [];
    if (!this.queueHasWrites) {
      this.deliver(batch);
      return;
    }
    this.queueHasWrites = false;
    this.isFlushing = true;
    this.batchSize = batch.length;
    this.log.flush().then(
      () => this.onFlushed(batch),
      (error: unknown) => this.fail(error),
    );
  }

  /** Resolves when nothing waits. */
  drain(): Promise<void> {
    this.kick();
    if (!this.isFlushing) return Promise.resolve();
    return new Promise((resolve) => this.whenIdle.push(resolve));
  }

  private onFlushed(batch: readonly Request[]): void {
    this.isFlushing = false;
    this.batchSize = 0;
    this.deliver(batch);
    this.kick();
    this.maybeIdle();
  }

  private fail(error: unknown): void {
    this.isFlushing = false;
    this.hasFailed = true;
    this.onFailure(error);
    this.maybeIdle();
  }

  private maybeIdle(): void {
    if (this.isFlushing) return;
    const waiting = this.whenIdle;
    this.whenIdle = [];
    for (const resolve of waiting) resolve();
  }
}
