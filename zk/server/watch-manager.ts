import { EVENT } from '../jute/op-codes.js';

/** Who gets the events: a client's connection. */
export interface Watcher {
  /** @param type EVENT */
  onWatchEvent(type: number, path: string): void;
}

/** `standard` fires once; the others stay, `recursive` ones for the whole subtree (without child events). */
export type WatchMode = 'standard' | 'persistent' | 'recursive';

/**
 * Watches of one family: data watches (getData, exists) or child watches (getChildren). One watcher has one mode per
 * path, the last one set. Source: org.apache.zookeeper.server.watch.WatchManager, 3.8
 */
export class WatchManager {
  private readonly watchersOf = new Map<string, Map<Watcher, WatchMode>>();
  private readonly pathsOf = new Map<Watcher, Set<string>>();
  private recursiveCount = 0;

  get pathCount(): number {
    return this.watchersOf.size;
  }

  get watcherCount(): number {
    return this.pathsOf.size;
  }

  /** Pairs of watcher and path. */
  get size(): number {
    let size = 0;
    for (const watchers of this.watchersOf.values()) size += watchers.size;
    return size;
  }

  paths(): ReadonlyMap<string, ReadonlyMap<Watcher, WatchMode>> {
    return this.watchersOf;
  }

  watchers(): ReadonlyMap<Watcher, ReadonlySet<string>> {
    return this.pathsOf;
  }

  add(path: string, watcher: Watcher, mode: WatchMode = 'standard'): void {
    let watchers = this.watchersOf.get(path);
    if (watchers === undefined) this.watchersOf.set(path, (watchers = new Map<Watcher, WatchMode>()));
    const before = watchers.get(watcher);
    if (before === mode) return;
    if (before === 'recursive') this.recursiveCount--;
    if (mode === 'recursive') this.recursiveCount++;
    watchers.set(watcher, mode);
    let paths = this.pathsOf.get(watcher);
    if (paths === undefined) this.pathsOf.set(watcher, (paths = new Set()));
    paths.add(path);
  }

  /** Returns whether there was one. */
  remove(path: string, watcher: Watcher): boolean {
    const watchers = this.watchersOf.get(path);
    const mode = watchers?.get(watcher);
    if (watchers === undefined || mode === undefined) return false;
    if (mode === 'recursive') this.recursiveCount--;
    watchers.delete(watcher);
    if (watchers.size === 0) this.watchersOf.delete(path);
    const paths = this.pathsOf.get(watcher);
    paths?.delete(path);
    if (paths?.size === 0) this.pathsOf.delete(watcher);
    return true;
  }

  /** The connection is gone. */
  removeWatcher(watcher: Watcher): void {
    for (const path of [...(this.pathsOf.get(watcher) ?? [])]) this.remove(path, watcher);
  }

  /** Whether anybody watches this path: Apache does not ask who. */
  contains(path: string): boolean {
    return this.watchersOf.has(path);
  }

  /**
   * Tells whoever watches `path`, or a parent of it recursively, once each.
   * @param told those who know already (a deletion is both a data and a child event): skipped
   * @returns whom it told, undefined for nobody
   */
  trigger(path: string, type: number, told?: ReadonlySet<Watcher>): ReadonlySet<Watcher> | undefined {
    const audience = this.recursiveCount === 0 ? this.here(path) : this.hereAndAbove(path, type);
    if (audience === undefined) return undefined;
    for (const watcher of audience) if (told?.has(watcher) !== true) watcher.onWatchEvent(type, path);
    return audience;
  }

  private here(path: string): Set<Watcher> | undefined {
    const watchers = this.watchersOf.get(path);
    if (watchers === undefined) return undefined;
    const audience = new Set(watchers.keys());
    this.spend(path, watchers);
    return audience;
  }

  private hereAndAbove(path: string, type: number): Set<Watcher> | undefined {
    const audience = new Set<Watcher>();
    for (let at = path; ; at = at.slice(0, at.lastIndexOf('/')) || '/') {
      const watchers = this.watchersOf.get(at);
      for (const [watcher, mode] of watchers ?? []) {
        if (mode === 'recursive' ? type !== EVENT.childrenChanged : at === path) audience.add(watcher);
      }
      if (at === path && watchers !== undefined) this.spend(at, watchers);
      if (at === '/') break;
    }
    return audience.size === 0 ? undefined : audience;
  }

  /** One-shot watches have fired. */
  private spend(path: string, watchers: ReadonlyMap<Watcher, WatchMode>): void {
    for (const [watcher, mode] of watchers) if (mode === 'standard') this.remove(path, watcher);
  }
}
