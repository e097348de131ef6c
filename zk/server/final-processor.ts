import type { Time } from '../../src/platform/time.js';
import type { Acl, SessionId, Stat } from '../client/zk-client.js';
import { record, type JuteType } from '../jute/jute.js';
import {
  create2Response,
  errorResponse,
  getAclResponse,
  getAllChildrenNumberResponse,
  getChildren2Response,
  getChildrenResponse,
  getEphemeralsResponse,
  pathResponse,
  stat,
  statResponse,
  whoAmIResponse,
} from '../jute/messages.js';
import { multiResponse, type MultiOperation, type MultiOperationResult } from '../jute/multi.js';
import { ADD_WATCH_MODE, OP, PERMISSION, WATCHER_TYPE, XID } from '../jute/op-codes.js';
import { isAllowed, type Identity } from './acl-check.js';
import type { DataNode } from './data-node.js';
import type { DataTree, TxnResult } from './data-tree.js';
import type { PendingChanges } from './pending-changes.js';
import { RequestRefused, type Request, type RequestOrigin } from './request.js';
import { bytesOf, storedData, type StoredData } from './stored-data.js';
import type { Watches } from './watches.js';

const getDataResponse = record({ data: storedData, stat });

/** Told when the log's word on sessions is applied. */
export interface SessionEvents {
  onSessionCreated(id: SessionId, timeoutMs: number): void;
  /** @param byClient its own request, which is answered before the connection closes */
  onSessionClosed(id: SessionId, byClient: boolean): void;
}

/**
 * Last stage: applies what is durable to the tree (watches fire), reads, and answers. Runs each request to its end, so
 * what a client reads is never older than an event it has got, and an event never comes after the data it is about.
 * Source: org.apache.zookeeper.server.FinalRequestProcessor, 3.8
 */
export class FinalProcessor {
  private readonly tree: DataTree;
  private readonly watches: Watches;
  private readonly pending: PendingChanges;
  private readonly events: SessionEvents;
  private readonly time: Time;

  constructor(tree: DataTree, watches: Watches, pending: PendingChanges, events: SessionEvents, time: Time) {
    this.tree = tree;
    this.watches = watches;
    this.pending = pending;
    this.events = events;
    this.time = time;
  }

  process(request: Request): void {
    const result = this.apply(request);
    const { origin } = request;
    if (origin !== undefined) this.answer(request, origin, result);
    if (request.type === OP.closeSession && request.err === 0) {
      this.events.onSessionClosed(request.session.id, origin !== undefined);
      origin?.close();
    }
  }

  private apply(request: Request): TxnResult | undefined {
    const { header, txn } = request;
    if (header === undefined || txn === undefined) return undefined;
    const result = this.tree.apply(header, txn);
    this.pending.onApplied(header.zxid);
    if (txn.type === OP.createSession) this.events.onSessionCreated(header.sessionId, txn.timeoutMs);
    return result;
  }

  private answer(request: Request, origin: RequestOrigin, result: TxnResult | undefined): void {
    const zxid = this.tree.lastZxid;
    if (request.type === OP.createSession) {
      origin.onSession(request.session);
    } else if (request.type === OP.ping) {
      origin.reply(XID.ping, zxid, request.err);
    } else {
      try {
        if (request.err !== 0 && request.txn?.type !== OP.multi) throw new Refusal(request.err);
        this.respond(request, origin, zxid, result);
      } catch (error) {
        if (!(error instanceof Refusal) && !(error instanceof RequestRefused)) throw error;
        origin.reply(request.xid, zxid, error.code);
      }
    }
    origin.onAnswered(NAMES[request.type] ?? 'NA', request.xid, zxid, this.time.nowMs() - request.createdMs);
  }

  private respond(request: Request, origin: RequestOrigin, zxid: number, result: TxnResult | undefined): void {
    const reply = <T>(type: JuteType<T>, body: T): void => origin.reply(request.xid, zxid, 0, type, body);
    if (result !== undefined) {
      this.respondToWrite(request, origin, zxid, result);
      return;
    }
    const { body } = request;
    switch (body.type) {
      case OP.exists:
        reply(statResponse, { stat: this.exists(body.request, origin) });
        break;
      case OP.getData:
        reply(getDataResponse, this.getData(body.request, origin));
        break;
      case OP.getChildren:
        reply(getChildrenResponse, { children: this.getChildren(body.request, origin).children });
        break;
      case OP.getChildren2:
        reply(getChildren2Response, this.getChildren(body.request, origin));
        break;
      case OP.getAcl:
        reply(getAclResponse, this.getAcl(body.request.path, origin.identities));
        break;
      case OP.sync:
        reply(pathResponse, body.request);
        break;
      case OP.multiRead:
        reply(multiResponse, this.multiRead(body.request, origin));
        break;
      case OP.getAllChildrenNumber:
        this.readable(body.request.path, origin.identities);
        reply(getAllChildrenNumberResponse, { totalNumber: this.tree.allChildrenNumber(body.request.path) });
        break;
      case OP.getEphemerals:
        reply(getEphemeralsResponse, { ephemerals: this.ephemerals(request.session.id, body.request.path) });
        break;
      case OP.whoAmI:
        reply(whoAmIResponse, { clientInfo: origin.identities.map(userOf) });
        break;
      case OP.setWatches:
      case OP.setWatches2:
        this.watches.restore(this.tree, body.request, origin);
        origin.reply(request.xid, zxid, 0);
        break;
      case OP.addWatch:
        requireOneOf(body.request.mode, Object.values(ADD_WATCH_MODE));
        this.watches.addPersistent(body.request.path, origin, body.request.mode);
        reply(errorResponse, { err: 0 });
        break;
      case OP.checkWatches:
        requireOneOf(body.request.type, Object.values(WATCHER_TYPE));
        if (!this.watches.contains(body.request.path, body.request.type)) throw new RequestRefused('NO_WATCHER');
        origin.reply(request.xid, zxid, 0);
        break;
      case OP.removeWatches:
        requireOneOf(body.request.type, Object.values(WATCHER_TYPE));
        if (!this.watches.remove(body.request.path, body.request.type, origin)) throw new RequestRefused('NO_WATCHER');
        origin.reply(request.xid, zxid, 0);
        break;
      default:
        throw new RequestRefused('UNIMPLEMENTED');
    }
  }

  private respondToWrite(request: Request, origin: RequestOrigin, zxid: number, result: TxnResult): void {
    const { type, err, path, stat, results } = result;
    if (err !== 0 && type !== OP.multi) {
      origin.reply(request.xid, zxid, err);
    } else if (type === OP.create && path !== undefined) {
      origin.reply(request.xid, zxid, 0, pathResponse, { path });
    } else if (isStatCreate(type) && path !== undefined && stat !== undefined) {
      origin.reply(request.xid, zxid, 0, create2Response, { path, stat });
    } else if ((type === OP.setData || type === OP.setAcl) && stat !== undefined) {
      origin.reply(request.xid, zxid, 0, statResponse, { stat });
    } else if (type === OP.multi && results !== undefined) {
      origin.reply(request.xid, zxid, 0, multiResponse, results.map(multiResult));
    } else {
      origin.reply(request.xid, zxid, 0); // delete, closeSession
    }
  }

  /** The watch stands even if the node does not: it waits for its creation. */
  private exists(request: { path: string; watch: boolean }, origin: RequestOrigin): Stat {
    if (request.path.includes('\0')) throw new RequestRefused('BAD_ARGUMENTS');
    const node = this.tree.node(request.path);
    if (node !== undefined) requireRead(node, origin.identities);
    if (request.watch) this.watches.data.add(request.path, origin);
    if (node === undefined) throw new RequestRefused('NO_NODE');
    return this.tree.statOf(node);
  }

  private getData(request: { path: string; watch: boolean }, origin: RequestOrigin): { data: StoredData; stat: Stat } {
    const node = this.readable(request.path, origin.identities);
    if (request.watch) this.watches.data.add(request.path, origin);
    return { data: node.data, stat: this.tree.statOf(node) };
  }

  private getChildren(
    request: { path: string; watch: boolean },
    origin: RequestOrigin,
  ): { children: readonly string[]; stat: Stat } {
    const node = this.readable(request.path, origin.identities);
    if (request.watch) this.watches.child.add(request.path, origin);
    return { children: [...node.children], stat: this.tree.statOf(node) };
  }

  /** Whoever may not administer the node sees no password hashes. */
  private getAcl(path: string, identities: readonly Identity[]): { acl: readonly Acl[]; stat: Stat } {
    const node = this.tree.node(path);
    if (node === undefined) throw new RequestRefused('NO_NODE');
    if (!isAllowed(node.acl, PERMISSION.read | PERMISSION.admin, identities)) throw new RequestRefused('NO_AUTH');
    const acl = isAllowed(node.acl, PERMISSION.admin, identities) ? node.acl : node.acl.map(withoutHash);
    return { acl, stat: this.tree.statOf(node) };
  }

  private multiRead(operations: readonly MultiOperation[], origin: RequestOrigin): MultiOperationResult[] {
    return operations.map((operation): MultiOperationResult => {
      try {
        if (operation.type === OP.getData) {
          const { data, stat } = this.getData(operation.request, origin);
          return { type: OP.getData, data: bytesOf(data), stat };
        }
        if (operation.type === OP.getChildren) {
          return { type: OP.getChildren, children: this.getChildren(operation.request, origin).children };
        }
      } catch (error) {
        if (!(error instanceof RequestRefused)) throw error;
        return { type: OP.error, err: error.code };
      }
      throw new RequestRefused('MARSHALLING_ERROR');
    });
  }

  private ephemerals(session: SessionId, prefix: string | null): string[] {
    const own = [...this.tree.ephemerals(session)];
    const wanted = prefix?.trim() ?? '';
    return wanted === '' || wanted === '/' ? own : own.filter((path) => path.startsWith(prefix ?? ''));
  }

  private readable(path: string, identities: readonly Identity[]): DataNode {
    const node = this.tree.node(path);
    if (node === undefined) throw new RequestRefused('NO_NODE');
    requireRead(node, identities);
    return node;
  }
}

/** Prep said no: the code it gave. */
class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: number;
  constructor(code: number) {
    super(`refused with ${code}`);
    this.code = code;
  }
}

function requireRead(node: DataNode, identities: readonly Identity[]): void {
  if (!isAllowed(node.acl, PERMISSION.read, identities)) throw new RequestRefused('NO_AUTH');
}

/** Apache's enums throw at a number they do not know, and that is a marshalling error. */
function requireOneOf(value: number, known: readonly number[]): void {
  if (!known.includes(value)) throw new RequestRefused('MARSHALLING_ERROR');
}

function isStatCreate(type: number): boolean {
  return type === OP.create2 || type === OP.createTtl || type === OP.createContainer;
}

function multiResult(result: TxnResult): MultiOperationResult {
  const { type, err, path = '', stat } = result;
  if (type === OP.create) return { type, path };
  if (isStatCreate(type) && stat !== undefined) return { type: OP.create2, path, stat };
  if (type === OP.setData && stat !== undefined) return { type, stat };
  if (type === OP.delete || type === OP.check) return { type };
  return { type: OP.error, err };
}

function withoutHash(entry: Acl): Acl {
  return entry.scheme === 'digest' ? { ...entry, id: entry.id.replace(/:.*/, ':x') } : entry;
}

function userOf(identity: Identity): { authScheme: string; user: string } {
  const user = identity.scheme === 'digest' ? (identity.id.split(':', 1)[0] ?? '') : identity.id;
  return { authScheme: identity.scheme, user };
}

/** The last operation of a connection, as `cons` prints it. */
const NAMES: Readonly<Record<number, string>> = {
  [OP.create]: 'CREA',
  [OP.create2]: 'CREA',
  [OP.createContainer]: 'CREA',
  [OP.createTtl]: 'CREA',
  [OP.delete]: 'DELE',
  [OP.deleteContainer]: 'DELE',
  [OP.setData]: 'SETD',
  [OP.setAcl]: 'SETA',
  [OP.multi]: 'MULT',
  [OP.multiRead]: 'MLTR',
  [OP.exists]: 'EXIS',
  [OP.getData]: 'GETD',
  [OP.getAcl]: 'GETA',
  [OP.getChildren]: 'GETC',
  [OP.getChildren2]: 'GETC',
  [OP.getAllChildrenNumber]: 'GETACN',
  [OP.getEphemerals]: 'GETE',
  [OP.sync]: 'SYNC',
  [OP.ping]: 'PING',
  [OP.createSession]: 'SESS',
  [OP.closeSession]: 'CLOS',
  [OP.setWatches]: 'SETW',
  [OP.setWatches2]: 'STW2',
  [OP.addWatch]: 'ADDW',
  [OP.checkWatches]: 'CHKW',
  [OP.removeWatches]: 'REMW',
  [OP.whoAmI]: 'HOMI',
};
