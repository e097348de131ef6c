import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { DiskLock } from '../disk.js';

/**
 * Takes the lock file at `path` for this process; the file itself stays, empty, as Kafka's `.lock` does.
 *
 * Node offers neither flock nor fcntl locks, and a file that holds a process id is stale after kill -9 and racy to take
 * over. What the kernel itself gives out once and takes back when a process ends is
 * - on Linux a name in the abstract socket namespace: we bind one made of the lock file's device and inode. Its reach is
 *   the network namespace: containers that share a volume and nothing else do not see each other.
 * - on macOS and the BSDs an open file with O_EXLOCK.
 * A running Apache broker holds an fcntl lock on the same file, which Linux shows in /proc/locks: that is respected too.
 * @throws Error with `code` ELOCKED if another live process holds it
 */
export function lockFile(path: string): DiskLock {
  return process.platform === 'linux' ? lockByAbstractSocket(path) : lockByOpenFlag(path);
}

function lockByAbstractSocket(path: string): DiskLock {
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o644);
  const { dev, ino } = fstatSync(fd);
  closeSync(fd);
  if (isLockedByFcntl(ino)) throw lockedError(path);
  const server = createServer((socket) => socket.destroy());
  server.on('error', ignoreLateError); // a bind that fails tells so in a later turn; `listening` tells it now
  server.listen(`\0zkafka-lock-${dev}-${ino}`);
  if (!server.listening) throw lockedError(path);
  server.unref();
  return { release: () => void server.close() };
}

/** Lines of /proc/locks: `1: POSIX  ADVISORY  WRITE 4711 fd:01:1234 0 EOF`. Node takes none, so any is someone else's. */
function isLockedByFcntl(inode: number): boolean {
  let locks: string;
  try {
    locks = readFileSync('/proc/locks', 'latin1');
  } catch {
    return false; // not mounted, or kept from us: then only zkafka brokers exclude each other
  }
  return locks.split('\n').some((line) => line.includes(' POSIX ') && line.includes(`:${inode} `));
}

const O_NONBLOCK_ON_BSD = 0x4;
const O_EXLOCK_ON_BSD = 0x20;

function lockByOpenFlag(path: string): DiskLock {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_CREAT | O_NONBLOCK_ON_BSD | O_EXLOCK_ON_BSD, 0o644);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') throw lockedError(path);
    throw error;
  }
  let held = true;
  return {
    release: () => {
      if (held) closeSync(fd);
      held = false;
    },
  };
}

function lockedError(path: string): Error {
  return Object.assign(new Error(`ELOCKED: another process holds the lock file ${path}`), { code: 'ELOCKED', path });
}

function ignoreLateError(): void {
  // see above
}
