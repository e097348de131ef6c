import type { Logger } from '../../src/platform/logger.js';
import type { Time } from '../../src/platform/time.js';
import { NO_SESSION, ZK_ERROR_CODES, type Acl, type SessionId } from '../client/zk-client.js';
import { isMultiWrite, type MultiOperation } from '../jute/multi.js';
import { CREATE_FLAGS, OP, PERMISSION } from '../jute/op-codes.js';
import { fixAcl, isAllowed, type Identity } from './acl-check.js';
import { CONTAINER_OWNER, isValidTtl, kindOf, ttlOwner } from './ephemeral-owner.js';
import { PendingChanges, type NodeView } from './pending-changes.js';
import { RequestRefused, type Request } from './request.js';
import type { SessionTracker } from './session-tracker.js';
import { stored } from './stored-data.js';
import type { Txn } from './txns.js';
import { parentOf, pathProblem } from './zk-path.js';

export interface PrepOptions {
  readonly ttlEnabled: boolean;
}

/**
 * First stage: decides what each write does, in the order of arrival, against the tree as it will be once everything
 * before it is applied ({@link PendingChanges}). A write gets the next zxid and a transaction, be it an error.
 * Source: org.apache.zookeeper.server.PrepRequestProcessor, 3.8
 */
export class PrepProcessor {
  private readonly pending: PendingChanges;
  private readonly sessions: SessionTracker;
  private readonly time: Time;
  private readonly logger: Logger;
  private readonly options: PrepOptions;
  private lastZxid: number;

  constructor(
    pending: PendingChanges,
    lastZxid: number,
    world: { sessions: SessionTracker; time: Time; logger: Logger },
    options: PrepOptions,
  ) {
    this.pending = pending;
    this.sessions = world.sessions;
    this.time = world.time;
    this.logger = world.logger;
    this.options = options;
    this.lastZxid = lastZxid;
  }

  /** Sets the request's header and transaction if it is a write, its error if it is refused. */
  prepare(request: Request): void {
    try {
      if (isWrite(request.type)) this.prepareWrite(request);
      else if (request.body.type === OP.error) throw new RequestRefused('MARSHALLING_ERROR');
      else this.checkSession(request);
    } catch (error) {
      if (!(error instanceof RequestRefused)) throw error;
      this.refuse(request, error);
    }
  }

  private refuse(request: Request, error: RequestRefused): void {
    if (this.logger.isDebug) this.logger.debug(`refused ${request.type} of 0x${request.session.id}: ${error.message}`);
    request.err = error.code;
    if (!isWrite(request.type)) return;
    if (request.header === undefined) this.stampHeader(request, OP.error);
    else request.header = { ...request.header, type: OP.error };
    request.txn = { type: OP.error, err: error.code };
  }

  private stampHeader(request: Request, type: number): number {
    const zxid = ++this.lastZxid;
    const timeMs = this.time.wallMs();
    request.header = { sessionId: request.session.id, cxid: request.xid, zxid, timeMs, type };
    return zxid;
  }

  private prepareWrite(request: Request): void {
    const zxid = this.stampHeader(request, request.type);
    const body = request.body;
    switch (body.type) {
      case OP.multi:
        request.txn = this.multi(request, body.request, zxid);
        break;
      case OP.createSession:
        request.txn = { type: OP.createSession, timeoutMs: request.session.timeoutMs };
        break;
      case OP.closeSession:
        request.txn = { type: OP.closeSession, paths: this.pending.closeSession(request.session.id, zxid) };
        request.session.isClosing = true;
        break;
      case OP.deleteContainer:
        request.txn = this.deleteContainer(body.request.path, zxid);
        break;
      case OP.reconfig:
        throw new RequestRefused('RECONFIG_DISABLED');
      case OP.create:
      case OP.create2:
      case OP.createContainer:
      case OP.createTtl:
      case OP.delete:
      case OP.setData:
      case OP.setAcl:
        request.txn = this.single(request, body, zxid);
        break;
      default:
        throw new RequestRefused('MARSHALLING_ERROR'); // what was read is no such record
    }
  }

  private single(request: Request, operation: WriteOperation, zxid: number): Txn {
    const identities = request.origin?.identities ?? [];
    this.checkSession(request);
    switch (operation.type) {
      case OP.create:
      case OP.create2:
      case OP.createContainer:
        return this.create(request, operation.type, { ...operation.request, ttlMs: -1 }, identities, zxid);
      case OP.createTtl:
        return this.create(request, operation.type, operation.request, identities, zxid);
      case OP.delete:
        return this.delete(operation.request.path, operation.request.version, identities, zxid);
      case OP.setData:
        return this.setData(operation.request, identities, zxid);
      case OP.setAcl:
        return this.setAcl(operation.request, identities, zxid);
      case OP.check:
        return this.check(operation.request.path, operation.request.version, identities);
    }
  }

  /** One zxid for all; the first failure undoes what the ones before it left pending. */
  private multi(request: Request, operations: readonly MultiOperation[], zxid: number): Txn {
    if (!operations.every(isMultiWrite)) throw new RequestRefused('MARSHALLING_ERROR');
    const txns: Txn[] = [];
    this.pending.begin();
    for (const operation of operations) {
      if (request.err !== 0) {
        txns.push({ type: OP.error, err: ZK_ERROR_CODES.RUNTIME_INCONSISTENCY });
        continue;
      }
      try {
        txns.push(this.single(request, operation, zxid));
      } catch (error) {
        if (!(error instanceof RequestRefused)) throw error;
        request.err = error.code;
        this.pending.undo();
        txns.push({ type: OP.error, err: error.code });
      }
    }
    this.pending.end();
    return { type: OP.multi, txns };
  }

  private create(
    request: Request,
    type: typeof OP.create | typeof OP.create2 | typeof OP.createContainer | typeof OP.createTtl,
    wish: { path: string; data: Buffer | null; acl: readonly Acl[]; flags: number; ttlMs: number },
    identities: readonly Identity[],
    zxid: number,
  ): Txn {
    const mode = createMode(wish.flags);
    if (mode.ttl && !this.options.ttlEnabled) throw new RequestRefused('UNIMPLEMENTED');
    if (mode.ttl ? !isValidTtl(wish.ttlMs) : wish.ttlMs >= 0) throw new RequestRefused('BAD_ARGUMENTS', wish.path);
    const parentPath = parentOf(wish.path);
    if (parentPath === undefined) throw new RequestRefused('BAD_ARGUMENTS', wish.path);
    const acl = fixAcl(wish.acl, identities);
    if (acl === undefined) throw new RequestRefused('INVALID_ACL', wish.path);
    const parent = this.pending.require(parentPath);
    requirePermission(parent.acl, PERMISSION.create, identities, wish.path);
    const path = mode.sequential ? wish.path + sequenceDigits(parent.cversion) : wish.path;
    requireValidPath(path);
    if (this.pending.view(path) !== undefined) throw new RequestRefused('NODE_EXISTS', path);
    if (kindOf(parent.ephemeralOwner, this.options.ttlEnabled) === 'ephemeral') {
      throw new RequestRefused('NO_CHILDREN_FOR_EPHEMERALS', path);
    }
    const parentCversion = parent.cversion + 1;
    const data = stored(wish.data);
    const owner = ownerOf(mode, request.session.id, wish.ttlMs);
    this.pending.set(parentPath, { ...parent, cversion: parentCversion, childCount: parent.childCount + 1 }, zxid);
    this.pending.set(path, { version: 0, cversion: 0, aversion: 0, childCount: 0, ephemeralOwner: owner, acl }, zxid);
    switch (type) {
      case OP.createContainer:
        return { type, path, data, acl, parentCversion };
      case OP.createTtl:
        return { type, path, data, acl, parentCversion, ttlMs: wish.ttlMs };
      default:
        return { type, path, data, acl, ephemeral: mode.ephemeral, parentCversion };
    }
  }

  private delete(path: string, version: number, identities: readonly Identity[], zxid: number): Txn {
    const parentPath = this.parentOfDeletable(path);
    const parent = this.pending.require(parentPath);
    requirePermission(parent.acl, PERMISSION.delete, identities, path);
    const node = this.pending.require(path);
    nextVersion(node.version, version, path);
    if (node.childCount > 0) throw new RequestRefused('NOT_EMPTY', path);
    this.pending.set(parentPath, { ...parent, childCount: parent.childCount - 1 }, zxid);
    this.pending.set(path, undefined, zxid);
    return { type: OP.delete, path };
  }

  /** By the server itself: the container or TTL node may have gained a child or be gone since it was looked at. */
  private deleteContainer(path: string, zxid: number): Txn {
    const parentPath = this.parentOfDeletable(path);
    const node = this.pending.require(path);
    if (node.childCount > 0) throw new RequestRefused('NOT_EMPTY', path);
    if (kindOf(node.ephemeralOwner, this.options.ttlEnabled) === 'ephemeral') {
      throw new RequestRefused('BAD_VERSION', path);
    }
    const parent = this.pending.require(parentPath);
    this.pending.set(parentPath, { ...parent, childCount: parent.childCount - 1 }, zxid);
    this.pending.set(path, undefined, zxid);
    return { type: OP.deleteContainer, path };
  }

  private setData(
    wish: { path: string; data: Buffer | null; version: number },
    identities: readonly Identity[],
    zxid: number,
  ): Txn {
    requireValidPath(wish.path);
    const node = this.pending.require(wish.path);
    requirePermission(node.acl, PERMISSION.write, identities, wish.path);
    const version = nextVersion(node.version, wish.version, wish.path);
    this.pending.set(wish.path, { ...node, version }, zxid);
    return { type: OP.setData, path: wish.path, data: stored(wish.data), version };
  }

  private setAcl(
    wish: { path: string; acl: readonly Acl[]; version: number },
    identities: readonly Identity[],
    zxid: number,
  ): Txn {
    requireValidPath(wish.path);
    const acl = fixAcl(wish.acl, identities);
    if (acl === undefined) throw new RequestRefused('INVALID_ACL', wish.path);
    const node = this.pending.require(wish.path);
    requirePermission(node.acl, PERMISSION.admin, identities, wish.path);
    const version = nextVersion(node.aversion, wish.version, wish.path);
    this.pending.set(wish.path, { ...node, aversion: version, acl }, zxid);
    return { type: OP.setAcl, path: wish.path, acl, version };
  }

  private check(path: string, version: number, identities: readonly Identity[]): Txn {
    requireValidPath(path);
    const node = this.pending.require(path);
    requirePermission(node.acl, PERMISSION.read, identities, path);
    return { type: OP.check, path, version: nextVersion(node.version, version, path) };
  }

  private checkSession(request: Request): void {
    if (request.session.isClosing || this.sessions.get(request.session.id) !== request.session) {
      throw new RequestRefused('SESSION_EXPIRED');
    }
  }

  private parentOfDeletable(path: string): string {
    const parentPath = parentOf(path);
    if (parentPath === undefined || this.pending.isSystemPath(path)) throw new RequestRefused('BAD_ARGUMENTS', path);
    return parentPath;
  }
}

type WriteOperation = Extract<
  Request['body'],
  {
    type:
      | typeof OP.create
      | typeof OP.create2
      | typeof OP.createContainer
      | typeof OP.createTtl
      | typeof OP.delete
      | typeof OP.setData
      | typeof OP.setAcl
      | typeof OP.check;
  }
>;

/** Whether the operation is logged. */
export function isWrite(type: number): boolean {
  switch (type) {
    case OP.create:
    case OP.create2:
    case OP.createContainer:
    case OP.createTtl:
    case OP.delete:
    case OP.deleteContainer:
    case OP.setData:
    case OP.setAcl:
    case OP.multi:
    case OP.reconfig:
    case OP.createSession:
    case OP.closeSession:
      return true;
    default:
      return false;
  }
}

interface CreateModeBits {
  readonly ephemeral: boolean;
  readonly sequential: boolean;
  readonly container: boolean;
  readonly ttl: boolean;
}

function createMode(flags: number): CreateModeBits {
  if (flags < 0 || flags > 6) throw new RequestRefused('BAD_ARGUMENTS', `flags ${flags}`);
  return {
    ephemeral: flags === CREATE_FLAGS.ephemeral || flags === CREATE_FLAGS['ephemeral-sequential'],
    sequential:
      flags === CREATE_FLAGS['persistent-sequential'] ||
      flags === CREATE_FLAGS['ephemeral-sequential'] ||
      flags === CREATE_FLAGS['persistent-sequential-with-ttl'],
    container: flags === CREATE_FLAGS.container,
    ttl: flags === CREATE_FLAGS['persistent-with-ttl'] || flags === CREATE_FLAGS['persistent-sequential-with-ttl'],
  };
}

function ownerOf(mode: CreateModeBits, session: SessionId, ttlMs: number): SessionId {
  if (mode.container) return CONTAINER_OWNER;
  if (mode.ttl) return ttlOwner(ttlMs);
  return mode.ephemeral ? session : NO_SESSION;
}

/** Java's `%010d`. */
function sequenceDigits(cversion: number): string {
  return cversion < 0 ? `-${String(-cversion).padStart(9, '0')}` : String(cversion).padStart(10, '0');
}

function nextVersion(current: number, expected: number, path: string): number {
  if (expected !== -1 && expected !== current) throw new RequestRefused('BAD_VERSION', path);
  return (current + 1) | 0;
}

function requirePermission(acl: NodeView['acl'], bit: number, identities: readonly Identity[], path: string): void {
  if (!isAllowed(acl, bit, identities)) throw new RequestRefused('NO_AUTH', path);
}

function requireValidPath(path: string): void {
  const problem = pathProblem(path);
  if (problem !== undefined) throw new RequestRefused('BAD_ARGUMENTS', `${path}: ${problem}`);
}
