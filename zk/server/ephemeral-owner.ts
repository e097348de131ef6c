import { NO_SESSION, type SessionId } from '../client/zk-client.js';

/*
 * `ephemeralOwner` says what kind of node it is: zero a persistent one, a session id an ephemeral, its highest byte
 * 0xff a TTL node (the lower five bytes are the TTL in ms), 0x8000000000000000 a container.
 * Source: org.apache.zookeeper.server.EphemeralType, 3.8
 */

export const CONTAINER_OWNER: SessionId = '8000000000000000';
const MAX_TTL_MS = 0xffffffffff;

export type NodeKind = 'persistent' | 'ephemeral' | 'container' | 'ttl';

/** @param ttlEnabled `zookeeper.extendedTypesEnabled`: without it an owner 0xff… is a session */
export function kindOf(owner: SessionId, ttlEnabled: boolean): NodeKind {
  if (owner === NO_SESSION) return 'persistent';
  if (owner === CONTAINER_OWNER) return 'container';
  if (ttlEnabled && owner.startsWith('ff')) return 'ttl';
  return 'ephemeral';
}

export function isValidTtl(ttlMs: number): boolean {
  return ttlMs > 0 && ttlMs <= MAX_TTL_MS;
}

export function ttlOwner(ttlMs: number): SessionId {
  return `ff0000${ttlMs.toString(16).padStart(10, '0')}`;
}

/** ms. */
export function ttlOf(owner: SessionId): number {
  return parseInt(owner.slice(6), 16);
}
