import { NO_SESSION, ZK_ERROR_CODES, type Acl, type SessionId, type Stat } from '../client/zk-client.js';
import { OP, PERMISSION } from '../jute/op-codes.js';
import { AclCache } from './acl-cache.js';
import { DataNode } from './data-node.js';
import { CONTAINER_OWNER, kindOf, ttlOwner } from './ephemeral-owner.js';
import { grownHashSetOrder } from './java-order.js';
import { nameOf } from './zk-path.js';
import type { StoredData } from './stored-data.js';
import type { CloseSessionTxn, MultiTxn, Txn, TxnHeader } from './txns.js';

/** What a change did, for the answer. Fields that do not apply are undefined. */
export interface TxnResult {
  readonly type: number;
  /** ZK_ERROR_CODES. */
  readonly err: number;
  readonly path?: string;
  readonly stat?: Stat;
  /** Of a multi, one per operation. */
  readonly results?: readonly TxnResult[];
}

/** Told of each change right after it, in Apache's order: that is the order of watch events. */
export interface TreeObserver {
  onCreated(path: string, parent: string): void;
  onDeleted(path: string, parent: string): void;
  onDataChanged(path: string): void;
}

const SYSTEM_NODES = ['/', '/zookeeper', '/zookeeper/quota', '/zookeeper/config'];
const READ_ANYONE: readonly Acl[] = [{ permissions: PERMISSION.read, scheme: 'world', id: 'anyone' }];

/**
 * The znodes and which session owns which ephemeral. It changes by {@link apply} alone, applies what the log says without
 * asking whether it should, and does the same when it replays: a change that is already in (a snapshot is taken while
 * writes go on) does no harm. The root's key is the empty string; its alias `/` is resolved in {@link node}.
 * Source: org.apache.zookeeper.server.DataTree, 3.8
 */
export class DataTree {
  /** The last change applied. */
  lastZxid = 0;
  readonly acls = new AclCache();
  private readonly nodes = new Map<string, DataNode>();
  private readonly ephemeralsOf = new Map<SessionId, Set<string>>();
  private readonly containers = new Set<string>();
  private readonly ttlNodes = new Set<string>();
  private dataBytes = 0;
  private readonly observer: TreeObserver;
  private readonly ttlEnabled: boolean;

  constructor(observer: TreeObserver, options: { readonly ttlEnabled: boolean }) {
    this.observer = observer;
    this.ttlEnabled = options.ttlEnabled;
    this.addSystemNodes();
  }

  /** Nodes as Apache counts them: the root counts twice, as `` and as `/`. */
  get nodeCount(): number {
    return this.nodes.size + 1;
  }

  get ephemeralsCount(): number {
    let count = 0;
    for (const paths of this.ephemeralsOf.values()) count += paths.size;
    return count;
  }

  /** Characters of the paths and bytes of the data. */
  get approximateDataSize(): number {
    return this.dataBytes;
  }

  node(path: string): DataNode | undefined {
    return this.nodes.get(path === '/' ? '' : path);
  }

  /** As clients see it: containers and TTL nodes look like any persistent one. */
  statOf(node: DataNode): Stat {
    const numChildren = node.childCount;
    const isEphemeral = kindOf(node.ephemeralOwner, this.ttlEnabled) === 'ephemeral';
    return {
      czxid: node.czxid,
      mzxid: node.mzxid,
      ctime: node.ctime,
      mtime: node.mtime,
      version: node.version,
      cversion: node.cversion * 2 - numChildren,
      aversion: node.aversion,
      ephemeralOwner: isEphemeral ? node.ephemeralOwner : NO_SESSION,
      dataLength: node.data?.length ?? 0,
      numChildren,
      pzxid: node.pzxid,
    };
  }

  ephemerals(session: SessionId): ReadonlySet<string> {
    return this.ephemeralsOf.get(session) ?? NO_PATHS;
  }

  /** Sessions that own an ephemeral, and which. */
  ephemeralOwners(): ReadonlyMap<SessionId, ReadonlySet<string>> {
    return this.ephemeralsOf;
  }

  containerPaths(): ReadonlySet<string> {
    return this.containers;
  }

  ttlPaths(): ReadonlySet<string> {
    return this.ttlNodes;
  }

  /** Nodes below `path`, at any depth. */
  allChildrenNumber(path: string): number {
    if (path === '/') return this.nodes.size - 1;
    let count = 0;
    const prefix = `${path}/`;
    for (const key of this.nodes.keys()) if (key.startsWith(prefix)) count++;
    return count;
  }

  isSystemPath(path: string): boolean {
    return SYSTEM_NODES.includes(path);
  }

  apply(header: TxnHeader, txn: Txn): TxnResult {
    const result = this.applyTxn(header, txn);
    if (header.zxid > this.lastZxid) this.lastZxid = header.zxid;
    return result;
  }

  /** Puts a node as a snapshot holds it; parents come first. Undefined: the parent is missing. */
  restoreNode(path: string, node: DataNode): boolean {
    if (path !== '') {
      const parent = this.nodes.get(path.slice(0, path.lastIndexOf('/')));
      if (parent === undefined) return false;
      parent.addChild(nameOf(path));
    }
    this.nodes.set(path, node);
    this.dataBytes += path.length + (node.data?.length ?? 0);
    this.addOwner(path, node.ephemeralOwner);
    return true;
  }

  /** Forgets everything, the system's nodes included, before a snapshot is restored. */
  clear(): void {
    this.nodes.clear();
    this.ephemeralsOf.clear();
    this.containers.clear();
    this.ttlNodes.clear();
    this.acls.clear();
    this.dataBytes = 0;
  }

  /** A snapshot of an older version may lack them. */
  addSystemNodes(): void {
    for (const path of ['', '/zookeeper', '/zookeeper/quota', '/zookeeper/config']) {
      if (this.nodes.has(path)) continue;
      const node = new DataNode('', this.acls.openAcl, NO_SESSION);
      if (path === '/zookeeper/config') {
        node.acl = this.acls.intern(READ_ANYONE);
        node.aversion = -1;
      }
      this.restoreNode(path, node);
    }
  }

  private applyTxn(header: TxnHeader, txn: Txn): TxnResult {
    switch (txn.type) {
      case OP.create:
      case OP.create2:
        return this.create(header, txn, txn.ephemeral ? header.sessionId : NO_SESSION);
      case OP.createTtl:
        return this.create(header, txn, ttlOwner(txn.ttlMs));
      case OP.createContainer:
        return this.create(header, txn, CONTAINER_OWNER);
      case OP.delete:
      case OP.deleteContainer:
        return { type: txn.type, err: this.deleteNode(txn.path, header.zxid), path: txn.path };
      case OP.setData:
      case OP.reconfig:
        return this.setData(header, txn.type, txn.path, txn.data, txn.version);
      case OP.setAcl:
        return this.setAcl(txn.type, txn.path, txn.acl, txn.version);
      case OP.check:
        return { type: txn.type, err: 0, path: txn.path };
      case OP.closeSession:
        return this.closeSession(header, txn);
      case OP.createSession:
        return { type: txn.type, err: 0 };
      case OP.error:
        return { type: txn.type, err: txn.err };
      case OP.multi:
        return this.multi(header, txn);
    }
  }

  private create(
    header: TxnHeader,
    txn: { type: number; path: string; data: StoredData; acl: readonly Acl[]; parentCversion: number },
    owner: SessionId,
  ): TxnResult {
    const { type, path } = txn;
    const parentPath = path.slice(0, path.lastIndexOf('/'));
    const parent = this.nodes.get(parentPath);
    if (parent === undefined) return { type, err: ZK_ERROR_CODES.NO_NODE, path };
    const acl = this.acls.intern(txn.acl);
    const existing = this.nodes.get(path);
    if (existing !== undefined) {
      // Replayed over a snapshot that holds it: the parent may have been written before, the ACL may be newer.
      existing.acl = acl;
      countCreation(parent, txn.parentCversion, header.zxid);
      return { type, err: ZK_ERROR_CODES.NODE_EXISTS, path };
    }
    countCreation(parent, txn.parentCversion, header.zxid);
    const node = new DataNode(txn.data, acl, owner);
    node.czxid = node.mzxid = node.pzxid = header.zxid;
    node.ctime = node.mtime = header.timeMs;
    parent.addChild(nameOf(path));
    this.nodes.set(path, node);
    this.dataBytes += path.length + (txn.data?.length ?? 0);
    this.addOwner(path, owner);
    const stat = type === OP.create ? undefined : this.statOf(node);
    this.observer.onCreated(path, parentPath === '' ? '/' : parentPath);
    return stat === undefined ? { type, err: 0, path } : { type, err: 0, path, stat };
  }

  /** Returns the error code. */
  private deleteNode(path: string, zxid: number): number {
    const parentPath = path.slice(0, path.lastIndexOf('/'));
    const parent = this.nodes.get(parentPath);
    if (parent === undefined) return ZK_ERROR_CODES.NO_NODE;
    parent.removeChild(nameOf(path));
    if (zxid > parent.pzxid) parent.pzxid = zxid;
    const node = this.nodes.get(path);
    if (node === undefined) return ZK_ERROR_CODES.NO_NODE;
    this.nodes.delete(path);
    this.dataBytes -= path.length + (node.data?.length ?? 0);
    this.removeOwner(path, node.ephemeralOwner);
    this.observer.onDeleted(path, parentPath === '' ? '/' : parentPath);
    return 0;
  }

  private setData(header: TxnHeader, type: number, path: string, data: StoredData, version: number): TxnResult {
    const node = this.node(path);
    if (node === undefined) return { type, err: ZK_ERROR_CODES.NO_NODE, path };
    this.dataBytes += (data?.length ?? 0) - (node.data?.length ?? 0);
    node.data = data;
    node.mtime = header.timeMs;
    node.mzxid = header.zxid;
    node.version = version;
    const stat = this.statOf(node);
    this.observer.onDataChanged(path);
    return { type, err: 0, path, stat };
  }

  private setAcl(type: number, path: string, acl: readonly Acl[], version: number): TxnResult {
    const node = this.node(path);
    if (node === undefined) return { type, err: ZK_ERROR_CODES.NO_NODE, path };
    node.acl = this.acls.intern(acl);
    node.aversion = version;
    return { type, err: 0, path, stat: this.statOf(node) };
  }

  private closeSession(header: TxnHeader, txn: CloseSessionTxn): TxnResult {
    const own = this.ephemeralsOf.get(header.sessionId);
    this.ephemeralsOf.delete(header.sessionId);
    for (const path of txn.paths ?? []) {
      own?.delete(path);
      this.deleteNode(path, header.zxid);
    }
    if (own === undefined) return { type: txn.type, err: 0 };
    for (const path of grownHashSetOrder(own)) this.deleteNode(path, header.zxid);
    return { type: txn.type, err: 0 };
  }

  /** All or nothing was decided before it was logged: here an error among them means that none is applied. */
  private multi(header: TxnHeader, txn: MultiTxn): TxnResult {
    const failed = txn.txns.some((sub) => sub.type === OP.error);
    const results: TxnResult[] = [];
    let err = 0;
    let behindError = false;
    for (const sub of txn.txns) {
      if (sub.type === OP.error) behindError = true;
      const result: TxnResult =
        failed && sub.type !== OP.error
          ? { type: OP.error, err: behindError ? ZK_ERROR_CODES.RUNTIME_INCONSISTENCY : 0 }
          : this.applyTxn(header, sub);
      if (err === 0) err = result.err;
      results.push(result);
    }
    return { type: txn.type, err, results };
  }

  private addOwner(path: string, owner: SessionId): void {
    if (owner === NO_SESSION) return;
    const kind = kindOf(owner, this.ttlEnabled);
    if (kind === 'container') this.containers.add(path);
    else if (kind === 'ttl') this.ttlNodes.add(path);
    else {
      const own = this.ephemeralsOf.get(owner);
      if (own === undefined) this.ephemeralsOf.set(owner, new Set([path]));
      else own.add(path);
    }
  }

  private removeOwner(path: string, owner: SessionId): void {
    if (owner === NO_SESSION) return;
    const kind = kindOf(owner, this.ttlEnabled);
    if (kind === 'container') this.containers.delete(path);
    else if (kind === 'ttl') this.ttlNodes.delete(path);
    else this.ephemeralsOf.get(owner)?.delete(path);
  }
}

const NO_PATHS: ReadonlySet<string> = new Set();

/** The parent's `cversion` counts creations; it never goes back, so a replayed creation does not count twice. */
function countCreation(parent: DataNode, parentCversion: number, zxid: number): void {
  const cversion = parentCversion === -1 ? parent.cversion + 1 : parentCversion;
  if (cversion <= parent.cversion) return;
  parent.cversion = cversion;
  parent.pzxid = zxid;
}
