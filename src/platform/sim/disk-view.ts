import type { Disk, DiskFile } from '../disk.js';
import { diskError, entryOf, type SimDisk } from './disk.js';
import { beginFlush, endFlush, type SimInode, truncateInode, writeInode } from './disk-tree.js';
import type { Process } from './world.js';

/** A machine's disk as one process sees it: what a dead process would do does not happen, what it waits for never comes. */
export function diskOf(disk: SimDisk, owner: Process): Disk {
  const alive = (): void => {
    if (!owner.isAlive) throw new Error(`${owner.name} is dead: it has no disk`);
  };
  return {
    open: (path, mode) => {
      alive();
      disk.check('open', path);
      const inode = mode === 'read' ? disk.get(path, 'open') : disk.openForWriting(path);
      if (inode.isFolder) throw diskError('EISDIR', 'illegal operation on a directory', 'open', path);
      return new SimFile(disk, owner, path, inode);
    },
    readFile: (path) => {
      alive();
      disk.check('read', path);
      const inode = disk.get(path, 'open');
      if (inode.isFolder) throw diskError('EISDIR', 'illegal operation on a directory', 'read', path);
      return Buffer.from(inode.bytes.subarray(0, inode.size));
    },
    list: (folder) => {
      alive();
      disk.check('list', folder);
      return disk.list(folder);
    },
    stat: (path) => {
      alive();
      const inode = disk.find(path);
      return inode && entryOf(path.slice(path.lastIndexOf('/') + 1), inode);
    },
    mkdir: (folder) => {
      alive();
      disk.check('mkdir', folder);
      disk.mkdir(folder);
    },
    rename: (from, to) => {
      alive();
      disk.check('rename', from);
      disk.rename(from, to);
    },
    remove: (path) => {
      alive();
      disk.check('remove', path);
      disk.remove(path);
    },
    flushFolder: (folder) =>
      later(disk, owner, disk.flushMs, disk.traceName('flush', folder), () => {
        disk.check('flush', folder);
        disk.flushNames(folder);
      }),
    flushFolderSync: (folder) => {
      alive();
      disk.check('flush', folder);
      disk.flushNames(folder);
    },
    lock: (path) => {
      alive();
      disk.lock(path, owner);
      return { release: () => disk.unlock(path, owner) };
    },
  };
}

class SimFile implements DiskFile {
  readonly path: string;
  private readonly disk: SimDisk;
  private readonly owner: Process;
  private readonly inode: SimInode;
  private isClosed = false;

  constructor(disk: SimDisk, owner: Process, path: string, inode: SimInode) {
    this.disk = disk;
    this.owner = owner;
    this.path = path;
    this.inode = inode;
  }

  get size(): number {
    return this.inode.size;
  }

  append(bytes: Uint8Array, start = 0, end = bytes.length): void {
    this.assertUsable();
    this.disk.check('append', this.path);
    this.put(bytes.subarray(start, end), this.inode.size);
  }

  write(bytes: Uint8Array, position: number): void {
    this.assertUsable();
    this.disk.check('write', this.path);
    this.put(bytes, position);
  }

  readSync(target: Uint8Array, at: number, length: number, position: number): number {
    this.assertUsable();
    this.disk.check('read', this.path);
    return this.copyOut(target, at, length, position);
  }

  read(target: Uint8Array, at: number, length: number, position: number): Promise<number> {
    this.assertUsable();
    const { disk, owner } = this;
    return later(disk, owner, disk.readMs, disk.traceName('read', this.path), () => {
      disk.check('read', this.path);
      return this.copyOut(target, at, length, position);
    });
  }

  truncate(size: number): void {
    this.assertUsable();
    this.disk.check('truncate', this.path);
    truncateInode(this.inode, size);
    this.inode.modifiedMs = this.disk.wallMs();
  }

  flush(): Promise<void> {
    this.assertUsable();
    const { disk, owner, inode } = this;
    const mark = beginFlush(inode);
    return later(disk, owner, disk.flushMs, disk.traceName('flush', this.path), () => {
      disk.check('flush', this.path);
      endFlush(inode, mark);
    });
  }

  flushSync(): void {
    this.assertUsable();
    this.disk.check('flush', this.path);
    endFlush(this.inode, beginFlush(this.inode));
  }

  close(): void {
    this.isClosed = true;
  }

  private put(bytes: Uint8Array, position: number): void {
    this.disk.assertRoomFor(Math.max(0, position + bytes.length - this.inode.size), this.path);
    writeInode(this.inode, bytes, position);
    this.inode.modifiedMs = this.disk.wallMs();
  }

  private copyOut(target: Uint8Array, at: number, length: number, position: number): number {
    const count = Math.max(0, Math.min(length, this.inode.size - position));
    target.set(this.inode.bytes.subarray(position, position + count), at);
    return count;
  }

  private assertUsable(): void {
    if (!this.owner.isAlive) throw new Error(`${this.owner.name} is dead: ${this.path} is not open`);
    if (this.isClosed) throw diskError('EBADF', 'bad file descriptor', 'write', this.path);
  }
}

/** The result of `work`, which the device does after some time; the promise of a dead process never settles. */
function later<T>(
  disk: SimDisk,
  owner: Process,
  durationMs: readonly [number, number],
  what: string,
  work: () => T,
): Promise<T> {
  const delayMs = disk.world.random.between(durationMs[0], durationMs[1]);
  return new Promise((resolve, reject) => {
    disk.world.plan(delayMs, owner, what, () => {
      try {
        resolve(work());
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  });
}
