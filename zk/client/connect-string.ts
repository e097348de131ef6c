import type { SocketAddress } from '../../src/platform/network.js';
import { ZkError } from './zk-client.js';
import { checkPath } from './znode-path.js';

/** Source: org.apache.zookeeper.client.ConnectStringParser, 3.8 */
export const DEFAULT_PORT = 2181;

export interface ConnectString {
  /** In the order of the text; whoever connects shuffles them. */
  readonly servers: readonly SocketAddress[];
  /** `/kafka`; empty when there is none. */
  readonly chroot: string;
}

/**
 * Reads `host:port[,host:port…][/chroot]`; an IPv6 host stands in brackets; without a port, 2181.
 * @throws ZkError BAD_ARGUMENTS naming what is wrong
 */
export function parseConnectString(text: string): ConnectString {
  const slash = text.indexOf('/');
  const hosts = slash === -1 ? text : text.slice(0, slash);
  const servers = hosts
    .split(',')
    .map((host) => host.trim())
    .filter((host) => host !== '')
    .map((host) => parseServer(host, text));
  if (servers.length === 0) throw malformed(text, 'no server');
  return { servers, chroot: slash === -1 ? '' : parseChroot(text.slice(slash)) };
}

function parseChroot(text: string): string {
  if (text === '/') return '';
  checkPath(text);
  return text;
}

function parseServer(text: string, whole: string): SocketAddress {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d+))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (match === null || host === undefined || host === '') throw malformed(whole, `"${text}" is not host:port`);
  const port = match[3] === undefined ? DEFAULT_PORT : Number(match[3]);
  if (port < 1 || port > 65535) throw malformed(whole, `port ${port} of "${text}"`);
  return { host, port };
}

function malformed(text: string, reason: string): ZkError {
  return new ZkError('BAD_ARGUMENTS', undefined, `connect string "${text}": ${reason}`);
}
