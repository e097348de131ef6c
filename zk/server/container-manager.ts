import type { Cancel, Time } from '../../src/platform/time.js';
import type { DataTree } from './data-tree.js';
import { ttlOf } from './ephemeral-owner.js';

/** How often empty containers and outlived TTL nodes are looked for. */
export const CONTAINER_CHECK_MS = 60_000;

/**
 * Nodes that may go: containers that had children and have none, TTL nodes without children that nobody changed for longer
 * than their TTL. Source: org.apache.zookeeper.server.ContainerManager.getCandidates, 3.8
 */
export function removableContainers(tree: DataTree, wallMs: number): string[] {
  const candidates: string[] = [];
  for (const path of tree.containerPaths()) {
    const node = tree.node(path);
    // cversion 0: it waits for its first child.
    if (node !== undefined && node.cversion > 0 && node.childCount === 0) candidates.push(path);
  }
  for (const path of tree.ttlPaths()) {
    const node = tree.node(path);
    if (node === undefined || node.childCount > 0) continue;
    if (wallMs - node.mtime > ttlOf(node.ephemeralOwner)) candidates.push(path);
  }
  return candidates;
}

/** Calls `task` every `intervalMs` until cancelled. */
export function repeat(time: Time, intervalMs: number, task: () => void): Cancel {
  let cancel = time.schedule(intervalMs, run);
  function run(): void {
    cancel = time.schedule(intervalMs, run);
    task();
  }
  return () => cancel();
}
