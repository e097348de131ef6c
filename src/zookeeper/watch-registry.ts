import type { WatchEvent, ZkClient } from '../../zk/client/zk-client.js';

/** What to do when something happens to a znode. Called from the event: queue the work, do none of it here. */
export interface NodeWatcher {
  onCreated?(): void;
  onDeleted?(): void;
  onChanged?(): void;
}

/**
 * Who wants to hear of which znode. ZooKeeper's watches fire once and are set by reading, so a read of a path sets one when
 * somebody here wants it, and whoever is called reads again to be called again. Registrations survive sessions, the watches
 * behind them do not: after a new session each owner reads its paths again.
 */
export class WatchRegistry {
  private readonly nodes = new Map<string, Set<NodeWatcher>>();
  private readonly children = new Map<string, Set<() => void>>();

  constructor(zk: ZkClient) {
    zk.onWatch((event) => {
      this.dispatch(event);
    });
  }

  /** @returns how to take it back */
  watchNode(path: string, watcher: NodeWatcher): () => void {
    return register(this.nodes, path, watcher);
  }

  /** @returns how to take it back */
  watchChildren(path: string, onChange: () => void): () => void {
    return register(this.children, path, onChange);
  }

  wantsNode(path: string): boolean {
    return this.nodes.has(path);
  }

  wantsChildren(path: string): boolean {
    return this.children.has(path);
  }

  private dispatch(event: WatchEvent): void {
    if (event.type === 'child') {
      for (const onChange of [...(this.children.get(event.path) ?? [])]) onChange();
      return;
    }
    for (const watcher of [...(this.nodes.get(event.path) ?? [])]) {
      if (event.type === 'created') watcher.onCreated?.();
      else if (event.type === 'deleted') watcher.onDeleted?.();
      else watcher.onChanged?.();
    }
  }
}

function register<T>(all: Map<string, Set<T>>, path: string, one: T): () => void {
  const set = all.get(path) ?? new Set<T>();
  set.add(one);
  all.set(path, set);
  return () => {
    set.delete(one);
    if (set.size === 0 && all.get(path) === set) all.delete(path);
  };
}
