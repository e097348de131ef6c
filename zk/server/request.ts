import { ZK_ERROR_CODES, type ZkErrorName } from '../client/zk-client.js';
import type { Decoded, JuteReader, JuteType } from '../jute/jute.js';
import { JuteError } from '../jute/jute.js';
import {
  addWatchRequest,
  checkVersionRequest,
  createRequest,
  createTtlRequest,
  deleteRequest,
  nullablePathRequest,
  pathRequest,
  reconfigRequest,
  setAclRequest,
  setDataRequest,
  setWatches,
  setWatches2,
  watchedPathRequest,
  watcherTypeRequest,
  type SetWatches,
} from '../jute/messages.js';
import { multiRequest, type MultiOperation } from '../jute/multi.js';
import { OP } from '../jute/op-codes.js';
import type { Identity } from './acl-check.js';
import type { Session } from './session-tracker.js';
import type { Txn, TxnHeader } from './txns.js';
import type { Watcher } from './watch-manager.js';

/** Where a request came from and its answer goes: a connection. */
export interface RequestOrigin extends Watcher {
  readonly identities: readonly Identity[];
  /** `write` undefined or `err` not 0: the header alone. */
  reply<T>(xid: number, zxid: number, err: number, type?: JuteType<T>, body?: T): void;
  /** One request of this origin is answered: {@link Request} objects still on their way. */
  outstanding: number;
  /** The session stands (or does not: undefined). */
  onSession(session: Session | undefined): void;
  /** Sends what is queued, then closes. */
  close(): void;
  /** For statistics: the operation's four letters, as Apache abbreviates it. */
  onAnswered(operation: string, xid: number, zxid: number, latencyMs: number): void;
}

/** The decoded record of a request, by operation. */
export type RequestBody =
  | {
      readonly type: typeof OP.create | typeof OP.create2 | typeof OP.createContainer;
      readonly request: Decoded<typeof createRequest>;
    }
  | { readonly type: typeof OP.createTtl; readonly request: Decoded<typeof createTtlRequest> }
  | { readonly type: typeof OP.delete; readonly request: Decoded<typeof deleteRequest> }
  | { readonly type: typeof OP.deleteContainer; readonly request: Decoded<typeof pathRequest> }
  | { readonly type: typeof OP.setData; readonly request: Decoded<typeof setDataRequest> }
  | { readonly type: typeof OP.setAcl; readonly request: Decoded<typeof setAclRequest> }
  | { readonly type: typeof OP.check; readonly request: Decoded<typeof checkVersionRequest> }
  | { readonly type: typeof OP.multi | typeof OP.multiRead; readonly request: readonly MultiOperation[] }
  | {
      readonly type: typeof OP.exists | typeof OP.getData | typeof OP.getChildren | typeof OP.getChildren2;
      readonly request: Decoded<typeof watchedPathRequest>;
    }
  | {
      readonly type: typeof OP.getAcl | typeof OP.getAllChildrenNumber | typeof OP.sync;
      readonly request: Decoded<typeof pathRequest>;
    }
  | { readonly type: typeof OP.getEphemerals; readonly request: Decoded<typeof nullablePathRequest> }
  | { readonly type: typeof OP.setWatches | typeof OP.setWatches2; readonly request: SetWatches }
  | { readonly type: typeof OP.addWatch; readonly request: Decoded<typeof addWatchRequest> }
  | {
      readonly type: typeof OP.checkWatches | typeof OP.removeWatches;
      readonly request: Decoded<typeof watcherTypeRequest>;
    }
  | { readonly type: typeof OP.ping | typeof OP.whoAmI | typeof OP.closeSession | typeof OP.reconfig }
  | { readonly type: typeof OP.createSession }
  /** The bytes were no such record. */
  | { readonly type: typeof OP.error; readonly wanted: number };

/** One request on its way through prep, sync and final. */
export interface Request {
  /** Undefined: the server's own (a session expired, a container is empty), nobody is answered. */
  readonly origin: RequestOrigin | undefined;
  readonly session: Session;
  readonly xid: number;
  readonly type: number;
  readonly body: RequestBody;
  /** Monotonic, ms. */
  readonly createdMs: number;
  /** Set by prep: what is logged. Undefined for reads. */
  header: TxnHeader | undefined;
  txn: Txn | undefined;
  /** Set by prep: refused, with this code. */
  err: number;
}

export function newRequest(
  origin: RequestOrigin | undefined,
  session: Session,
  xid: number,
  body: RequestBody,
  createdMs: number,
): Request {
  const type = body.type === OP.error ? body.wanted : body.type;
  return { origin, session, xid, type, body, createdMs, header: undefined, txn: undefined, err: 0 };
}

/** Thrown by prep and final where a request is refused; the code is what the client gets. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
  readonly code: number;
  constructor(error: Exclude<ZkErrorName, 'OK'>, detail?: string) {
    super(detail === undefined ? error : `${error} ${detail}`);
    this.code = ZK_ERROR_CODES[error];
  }
}

const BODY_TYPES: ReadonlyMap<number, JuteType<unknown>> = new Map<number, JuteType<unknown>>([
  [OP.create, createRequest],
  [OP.create2, createRequest],
  [OP.createContainer, createRequest],
  [OP.createTtl, createTtlRequest],
  [OP.delete, deleteRequest],
  [OP.deleteContainer, pathRequest],
  [OP.setData, setDataRequest],
  [OP.setAcl, setAclRequest],
  [OP.multi, multiRequest],
  [OP.multiRead, multiRequest],
  [OP.exists, watchedPathRequest],
  [OP.getData, watchedPathRequest],
  [OP.getChildren, watchedPathRequest],
  [OP.getChildren2, watchedPathRequest],
  [OP.getAcl, pathRequest],
  [OP.getAllChildrenNumber, pathRequest],
  [OP.sync, pathRequest],
  [OP.getEphemerals, nullablePathRequest],
  [OP.addWatch, addWatchRequest],
  [OP.checkWatches, watcherTypeRequest],
  [OP.removeWatches, watcherTypeRequest],
  [OP.setWatches2, setWatches2],
  [OP.reconfig, reconfigRequest],
] as [number, JuteType<unknown>][]);

/**
 * The request's record, decoded at once: the bytes are the connection's read buffer. Data is a slice of it still, prep
 * copies what it keeps. @returns undefined for an operation that clients cannot send
 */
export function readBody(type: number, from: JuteReader): RequestBody | undefined {
  switch (type) {
    case OP.ping:
    case OP.whoAmI:
    case OP.closeSession:
      return { type };
    default:
  }
  try {
    if (type === OP.setWatches) {
      return { type, request: { ...setWatches.read(from), persistentWatches: [], persistentRecursiveWatches: [] } };
    }
    const bodyType = BODY_TYPES.get(type);
    return bodyType === undefined ? undefined : ({ type, request: bodyType.read(from) } as RequestBody);
  } catch (error) {
    if (error instanceof JuteError) return { type: OP.error, wanted: type };
    throw error;
  }
}
