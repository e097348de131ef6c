import { ZkError } from './zk-client.js';

/** Characters a path may not hold: control characters, surrogates and private use, specials. */
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\ud800-\uf8ff\ufff0-\uffff]/;
const BAD_SHAPE = /\/\/|\/\.\.?(?:\/|$)|.\/$/;

/**
 * Refuses what ZooKeeper's own client refuses.
 * @throws ZkError BAD_ARGUMENTS
 * Source: org.apache.zookeeper.common.PathUtils.validatePath, 3.8
 */
export function checkPath(path: string): void {
  if (!path.startsWith('/')) throw new ZkError('BAD_ARGUMENTS', path, 'a path begins with /');
  if (BAD_SHAPE.test(path)) {
    throw new ZkError('BAD_ARGUMENTS', path, 'empty node name, . or .., or / at the end');
  }
  if (FORBIDDEN.test(path)) throw new ZkError('BAD_ARGUMENTS', path, 'a character that no path may hold');
}

/** The server's path for one of the client. `chroot` is empty or `/a/b`. */
export function underChroot(chroot: string, path: string): string {
  if (chroot === '') return path;
  return path === '/' ? chroot : chroot + path;
}

/** The client's path for one of the server; undefined when it lies outside the chroot. */
export function withoutChroot(chroot: string, path: string): string | undefined {
  if (chroot === '') return path;
  if (path === chroot) return '/';
  return path.startsWith(`${chroot}/`) ? path.slice(chroot.length) : undefined;
}
