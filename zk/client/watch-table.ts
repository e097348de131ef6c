import type { ZkRequest } from './requests.js';
import type { WatchEvent } from './zk-client.js';

/** Paths under watch, by kind: what setWatches tells a server after a reconnect. */
export interface WatchLists {
  readonly data: readonly string[];
  readonly exist: readonly string[];
  readonly child: readonly string[];
}
export type WatchKind = keyof WatchLists;

export interface Watch {
  readonly kind: WatchKind;
  readonly path: string;
}

/**
 * The watch that an answered request leaves behind: `exists` of a missing node waits for its creation, of one that is there
 * for its change, like `getData`.
 * Source: org.apache.zookeeper.ZooKeeper.ExistsWatchRegistration, 3.8
 */
export function watchLeftBy(request: ZkRequest, found: boolean): Watch | undefined {
  switch (request.op) {
    case 'exists':
      return request.watch ? { kind: found ? 'data' : 'exist', path: request.path } : undefined;
    case 'getData':
      return request.watch && found ? { kind: 'data', path: request.path } : undefined;
    case 'getChildren':
      return request.watch && found ? { kind: 'child', path: request.path } : undefined;
    default:
      return undefined;
  }
}

/**
 * The kinds of watch that an event uses up.
 * Source: org.apache.zookeeper.ZKWatchManager.materialize, 3.8
 */
export const WATCHES_USED_BY: Readonly<Record<WatchEvent['type'], readonly WatchKind[]>> = {
  created: ['data', 'exist'],
  changed: ['data', 'exist'],
  child: ['child'],
  deleted: ['data', 'exist', 'child'],
};

/** One-shot watches of one session, as ZooKeeper's own client keeps them. */
export class WatchTable {
  private readonly paths: Record<WatchKind, Set<string>> = { data: new Set(), exist: new Set(), child: new Set() };

  add({ kind, path }: Watch): void {
    this.paths[kind].add(path);
  }

  /** Takes the watches that the event uses up. Returns whether there was one: without, the event is nobody's. */
  fire(type: WatchEvent['type'], path: string): boolean {
    let watched = false;
    for (const kind of WATCHES_USED_BY[type]) watched = this.paths[kind].delete(path) || watched;
    return watched;
  }

  lists(): WatchLists {
    return { data: [...this.paths.data], exist: [...this.paths.exist], child: [...this.paths.child] };
  }
}

/** Cuts the lists into such pieces that one request stays below the server's frame limit. Source: ClientCnxn.SET_WATCHES_MAX_LENGTH, 3.8 */
export function watchBatches(lists: WatchLists, maxBytes = 128 * 1024): WatchLists[] {
  const batches: WatchLists[] = [];
  let batch: Record<WatchKind, string[]> = { data: [], exist: [], child: [] };
  let bytes = 0;
  for (const kind of ['data', 'exist', 'child'] as const) {
    for (const path of lists[kind]) {
      const size = 4 + Buffer.byteLength(path);
      if (bytes > 0 && bytes + size > maxBytes) {
        batches.push(batch);
        batch = { data: [], exist: [], child: [] };
        bytes = 0;
      }
      batch[kind].push(path);
      bytes += size;
    }
  }
  if (bytes > 0) batches.push(batch);
  return batches;
}
