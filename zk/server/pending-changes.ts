import type { Acl, SessionId } from '../client/zk-client.js';
import type { DataTree } from './data-tree.js';
import { changedCloneOrder } from './java-order.js';
import { RequestRefused } from './request.js';

/** What prep must know of a node to decide. */
export interface NodeView {
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  readonly childCount: number;
  readonly ephemeralOwner: SessionId;
  readonly acl: readonly Acl[];
}

interface Change {
  readonly zxid: number;
  readonly path: string;
  /** Undefined: deleted. */
  readonly node: NodeView | undefined;
}

/**
 * The tree as it will be when everything prepared is applied: the tree, and on top of it the changes on their way to the
 * disk. Source: org.apache.zookeeper.server.PrepRequestProcessor.getRecordForPath, outstandingChanges, 3.8
 */
export class PendingChanges {
  private readonly tree: DataTree;
  private readonly latest = new Map<string, Change>();
  /** In order of zxid; those before `head` are applied. */
  private changes: Change[] = [];
  private head = 0;
  private undoLog: { path: string; before: Change | undefined }[] | undefined;

  constructor(tree: DataTree) {
    this.tree = tree;
  }

  isSystemPath(path: string): boolean {
    return this.tree.isSystemPath(path);
  }

  view(path: string): NodeView | undefined {
    const change = this.latest.get(keyOf(path));
    if (change !== undefined) return change.node;
    const node = this.tree.node(path);
    return node === undefined ? undefined : viewOf(node);
  }

  /** @throws RequestRefused NO_NODE */
  require(path: string): NodeView {
    const node = this.view(path);
    if (node === undefined) throw new RequestRefused('NO_NODE', path);
    return node;
  }

  set(path: string, node: NodeView | undefined, zxid: number): void {
    const key = keyOf(path);
    const change = { zxid, path: key, node };
    this.undoLog?.push({ path: key, before: this.latest.get(key) });
    this.latest.set(key, change);
    this.changes.push(change);
  }

  /** From here to {@link end}, changes can be taken back. */
  begin(): void {
    this.undoLog = [];
  }

  /** Takes back what was set since {@link begin}. */
  undo(): void {
    const undoLog = this.undoLog ?? [];
    this.changes.length -= undoLog.length;
    for (const { path, before } of undoLog.reverse()) {
      if (before === undefined) this.latest.delete(path);
      else this.latest.set(path, before);
    }
    this.undoLog = undefined;
  }

  end(): void {
    this.undoLog = undefined;
  }

  /** All ephemerals the session has or will have, marked deleted. In the order in which they go. */
  closeSession(session: SessionId, zxid: number): string[] {
    const removed = new Set<string>();
    const added = new Set<string>();
    for (let i = this.head; i < this.changes.length; i++) {
      const { path, node } = this.changes[i] as Change;
      if (node === undefined) {
        added.delete(path);
        removed.add(path);
      } else if (node.ephemeralOwner === session) {
        removed.delete(path);
        added.add(path);
      }
    }
    const paths = changedCloneOrder(this.tree.ephemerals(session), removed, added);
    for (const path of paths) {
      const parentPath = path.slice(0, path.lastIndexOf('/'));
      const parent = this.view(parentPath);
      if (parent !== undefined) this.set(parentPath, { ...parent, childCount: parent.childCount - 1 }, zxid);
      this.set(path, undefined, zxid);
    }
    return paths;
  }

  /** Everything up to `zxid` is in the tree. */
  onApplied(zxid: number): void {
    for (let change = this.changes[this.head]; change !== undefined && change.zxid <= zxid;) {
      if (this.latest.get(change.path) === change) this.latest.delete(change.path);
      change = this.changes[++this.head];
    }
    if (this.head === this.changes.length) {
      this.changes = [];
      this.head = 0;
    } else if (this.head > 4096 && this.head * 2 > this.changes.length) {
      this.changes = this.changes.slice(this.head);
      this.head = 0;
    }
  }
}

/** The root is `/` to clients and `` to the tree. */
function keyOf(path: string): string {
  return path === '/' ? '' : path;
}

function viewOf(node: NodeView): NodeView {
  return {
    version: node.version,
    cversion: node.cversion,
    aversion: node.aversion,
    childCount: node.childCount,
    ephemeralOwner: node.ephemeralOwner,
    acl: node.acl,
  };
}
