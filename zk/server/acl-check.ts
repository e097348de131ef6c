import type { Acl } from '../client/zk-client.js';
import { sha1 } from './sha1.js';

/** Who a connection is: `{ip, 127.0.0.1}` from the start, `{digest, user:hash}` after an auth packet. */
export interface Identity {
  readonly scheme: string;
  readonly id: string;
}

/**
 * Whether one of `identities` may do all that an entry of the list allows for a bit of `permission`.
 * Source: org.apache.zookeeper.server.ZooKeeperServer.checkACL, 3.8
 */
export function isAllowed(acl: readonly Acl[], permission: number, identities: readonly Identity[]): boolean {
  if (acl.length === 0) return true;
  for (const entry of acl) {
    if ((entry.permissions & permission) === 0) continue;
    if (entry.scheme === 'world' && entry.id === 'anyone') return true;
    if (identities.some((identity) => identity.scheme === entry.scheme && matches(entry, identity))) return true;
  }
  return identities.some((identity) => identity.scheme === 'super');
}

/**
 * The list as it is stored: without duplicates, `auth:` replaced by who the client is.
 * @returns undefined if the list is empty, names an unknown scheme or an id that the scheme does not know: INVALID_ACL
 * Source: org.apache.zookeeper.server.PrepRequestProcessor.fixupACL, 3.8
 */
export function fixAcl(acl: readonly Acl[], identities: readonly Identity[]): readonly Acl[] | undefined {
  const fixed: Acl[] = [];
  for (const entry of withoutDuplicates(acl)) {
    if (entry.scheme === 'auth') {
      const own = identities.filter((identity) => identity.scheme === 'digest' || identity.scheme === 'sasl');
      if (own.length === 0) return undefined;
      for (const identity of own) fixed.push({ permissions: entry.permissions, ...identity });
    } else if (isValidEntry(entry)) fixed.push(entry);
    else return undefined;
  }
  return fixed.length === 0 ? undefined : fixed;
}

/** What an auth packet proves; undefined: the scheme is unknown or refuses. */
export function authenticate(scheme: string, auth: Buffer, remoteHost: string): Identity | undefined {
  if (scheme === 'digest') return { scheme, id: digestId(auth.toString('utf8')) };
  if (scheme === 'ip') return { scheme, id: remoteHost };
  return undefined;
}

/** `user:password` → `user:base64(sha1(user:password))`. Source: DigestAuthenticationProvider.generateDigest, 3.8 */
export function digestId(userAndPassword: string): string {
  const user = userAndPassword.split(':', 1)[0] ?? '';
  return `${user}:${sha1(Buffer.from(userAndPassword, 'utf8')).toString('base64')}`;
}

function withoutDuplicates(acl: readonly Acl[]): readonly Acl[] {
  if (acl.length === 1) return acl;
  return acl.filter(
    (entry, i) =>
      acl.findIndex(
        (other) => other.permissions === entry.permissions && other.scheme === entry.scheme && other.id === entry.id,
      ) === i,
  );
}

function isValidEntry(entry: Acl): boolean {
  switch (entry.scheme) {
    case 'world':
      return entry.id === 'anyone';
    case 'digest':
      return entry.id.split(':').length === 2;
    case 'ip':
      return parseIpRange(entry.id) !== undefined;
    default:
      return false;
  }
}

function matches(entry: Acl, identity: Identity): boolean {
  if (entry.scheme !== 'ip') return entry.id === identity.id;
  const range = parseIpRange(entry.id);
  const address = parseIp(identity.id);
  if (range === undefined || address?.length !== range.address.length) return false;
  for (let bit = 0; bit < range.bits; bit++) {
    const mask = 0x80 >> (bit & 7);
    if (((address[bit >> 3] ?? 0) & mask) !== ((range.address[bit >> 3] ?? 0) & mask)) return false;
  }
  return true;
}

function parseIpRange(text: string): { address: number[]; bits: number } | undefined {
  const [host = '', bitsText, rest] = text.split('/');
  const address = parseIp(host);
  if (address === undefined || rest !== undefined) return undefined;
  const bits = bitsText === undefined ? address.length * 8 : /^\d{1,3}$/.test(bitsText) ? Number(bitsText) : -1;
  return bits < 0 || bits > address.length * 8 ? undefined : { address, bits };
}

function parseIp(host: string): number[] | undefined {
  if (host.includes(':')) return parseIpv6(host);
  const parts = host.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return undefined;
  return parts.map(Number);
}

function parseIpv6(host: string): number[] | undefined {
  const sides = host.split('::');
  if (sides.length > 2) return undefined;
  const [left = [], right] = sides.map((side) => (side === '' ? [] : side.split(':')));
  const missing = 8 - left.length - (right?.length ?? 0);
  if (right === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...left, ...Array.from({ length: missing }, () => '0'), ...(right ?? [])];
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return groups.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff]);
}
