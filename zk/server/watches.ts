import { ADD_WATCH_MODE, EVENT, WATCHER_TYPE } from '../jute/op-codes.js';
import type { SetWatches } from '../jute/messages.js';
import type { DataTree, TreeObserver } from './data-tree.js';
import { WatchManager, type Watcher } from './watch-manager.js';

/** Both families of watches, fed by the tree: which change fires which, in Apache's order. */
export class Watches implements TreeObserver {
  readonly data = new WatchManager();
  readonly child = new WatchManager();

  onCreated(path: string, parent: string): void {
    this.data.trigger(path, EVENT.created);
    this.child.trigger(parent, EVENT.childrenChanged);
  }

  onDeleted(path: string, parent: string): void {
    const told = this.data.trigger(path, EVENT.deleted);
    this.child.trigger(path, EVENT.deleted, told);
    this.child.trigger(parent, EVENT.childrenChanged);
  }

  onDataChanged(path: string): void {
    this.data.trigger(path, EVENT.dataChanged);
  }

  /** @param mode ADD_WATCH_MODE */
  addPersistent(path: string, watcher: Watcher, mode: number): void {
    const watchMode = mode === ADD_WATCH_MODE.persistentRecursive ? 'recursive' : 'persistent';
    this.data.add(path, watcher, watchMode);
    this.child.add(path, watcher, watchMode);
  }

  /** @param type WATCHER_TYPE */
  contains(path: string, type: number): boolean {
    return this.family(type).some((watches) => watches.contains(path));
  }

  /** Returns whether there was one. */
  remove(path: string, type: number, watcher: Watcher): boolean {
    return this.family(type)
      .map((watches) => watches.remove(path, watcher))
      .includes(true);
  }

  removeWatcher(watcher: Watcher): void {
    this.data.removeWatcher(watcher);
    this.child.removeWatcher(watcher);
  }

  /**
   * A reconnected client brings its watches and the last zxid it saw: what it missed since fires now, the rest is armed.
   * Source: org.apache.zookeeper.server.DataTree.setWatches, 3.8
   */
  restore(tree: DataTree, request: SetWatches, watcher: Watcher): void {
    for (const path of request.dataWatches) {
      const node = tree.node(path);
      if (node === undefined) watcher.onWatchEvent(EVENT.deleted, path);
      else if (node.mzxid > request.relativeZxid) watcher.onWatchEvent(EVENT.dataChanged, path);
      else this.data.add(path, watcher);
    }
    for (const path of request.existWatches) {
      if (tree.node(path) !== undefined) watcher.onWatchEvent(EVENT.created, path);
      else this.data.add(path, watcher);
    }
    for (const path of request.childWatches) {
      const node = tree.node(path);
      if (node === undefined) watcher.onWatchEvent(EVENT.deleted, path);
      else if (node.pzxid > request.relativeZxid) watcher.onWatchEvent(EVENT.childrenChanged, path);
      else this.child.add(path, watcher);
    }
    for (const path of request.persistentWatches) this.addPersistent(path, watcher, ADD_WATCH_MODE.persistent);
    for (const path of request.persistentRecursiveWatches) {
      this.addPersistent(path, watcher, ADD_WATCH_MODE.persistentRecursive);
    }
  }

  private family(type: number): WatchManager[] {
    if (type === WATCHER_TYPE.children) return [this.child];
    if (type === WATCHER_TYPE.data) return [this.data];
    return [this.child, this.data];
  }
}
