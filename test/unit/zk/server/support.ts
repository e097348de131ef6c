import { silentLogger } from '../../../../src/platform/logger.js';
import { World } from '../../../../src/platform/sim/world.js';
import { OPEN_ACL, type Acl } from '../../../../zk/client/zk-client.js';
import type { MultiOperation } from '../../../../zk/jute/multi.js';
import { OP } from '../../../../zk/jute/op-codes.js';
import { DataTree, type TxnResult } from '../../../../zk/server/data-tree.js';
import { PendingChanges } from '../../../../zk/server/pending-changes.js';
import { PrepProcessor } from '../../../../zk/server/prep-processor.js';
import { newRequest, type Request, type RequestBody } from '../../../../zk/server/request.js';
import { SessionTracker, type Session } from '../../../../zk/server/session-tracker.js';
import { Watches } from '../../../../zk/server/watches.js';

/** Prep and tree without log and wire: requests are prepared at once and applied when the test says so. */
export class Workbench {
  readonly watches = new Watches();
  readonly tree: DataTree;
  readonly sessions: SessionTracker;
  readonly session: Session;
  private readonly pending: PendingChanges;
  private readonly prep: PrepProcessor;
  private waiting: Request[] = [];

  constructor(options: { ttlEnabled: boolean } = { ttlEnabled: false }) {
    const { time } = new World({ seed: 1 }).host('zk').platform;
    this.tree = new DataTree(this.watches, options);
    this.pending = new PendingChanges(this.tree);
    this.sessions = new SessionTracker(time, 1000, () => undefined);
    this.session = this.sessions.create(6000);
    this.prep = new PrepProcessor(this.pending, 0, { sessions: this.sessions, time, logger: silentLogger }, options);
  }

  /** Returns the request with what prep made of it. */
  prepare(body: RequestBody, session = this.session): Request {
    const request = newRequest(undefined, session, 1, body, 0);
    this.prep.prepare(request);
    this.waiting.push(request);
    return request;
  }

  /** Applies everything prepared. Returns the results. */
  apply(): TxnResult[] {
    const waiting = this.waiting;
    this.waiting = [];
    return waiting.flatMap(({ header, txn }) => {
      if (header === undefined || txn === undefined) return [];
      const result = this.tree.apply(header, txn);
      this.pending.onApplied(header.zxid);
      return [result];
    });
  }

  /** Both. */
  do(body: RequestBody, session = this.session): TxnResult {
    this.prepare(body, session);
    return this.apply().at(-1)!;
  }
}

export function create(path: string, flags = 0, data = '', acl: readonly Acl[] = OPEN_ACL) {
  return { type: OP.create, request: { path, data: Buffer.from(data), acl, flags } } as const;
}

export function create2(path: string, flags = 0) {
  return { ...create(path, flags), type: OP.create2 } as const;
}

export function remove(path: string, version = -1) {
  return { type: OP.delete, request: { path, version } } as const;
}

export function setData(path: string, data: string, version = -1) {
  return { type: OP.setData, request: { path, data: Buffer.from(data), version } } as const;
}

export function check(path: string, version: number) {
  return { type: OP.check, request: { path, version } } as const;
}

export function multi(...operations: MultiOperation[]) {
  return { type: OP.multi, request: operations } as const;
}
