import type { DiskEntry } from '../disk.js';
import { newInode, type SimInode, tearInode } from './disk-tree.js';
import type { Process, World } from './world.js';

export type DiskOperation =
  'open' | 'append' | 'write' | 'read' | 'truncate' | 'flush' | 'rename' | 'remove' | 'mkdir' | 'list';

/** A creation, renaming or removal that is in the page cache alone. */
interface NameChange {
  readonly folders: readonly SimInode[];
  undo(): void;
}

/** The disk of one machine: a tree of files that outlives processes, and what of it a crash would take back. */
export class SimDisk {
  /** An append or write beyond it fails with ENOSPC. */
  capacityBytes = Number.POSITIVE_INFINITY;
  /** Asked before each operation: a code such as EIO makes it fail. */
  fault: ((operation: DiskOperation, path: string) => string | undefined) | undefined;
  /** How long flushes and cold reads take, ms: [shortest, longest). */
  flushMs: readonly [number, number] = [0.2, 5];
  readMs: readonly [number, number] = [0.02, 0.5];
  readonly world: World;
  private readonly root: SimInode;
  private readonly host: string;
  /** In order. A crash undoes the last of them, some or all. */
  private unflushedNames: NameChange[] = [];
  private readonly locks = new Map<SimInode, Process>();

  constructor(world: World, host: string) {
    this.world = world;
    this.host = host;
    this.root = newInode(true, 0);
  }

  find(path: string): SimInode | undefined {
    let inode: SimInode | undefined = this.root;
    for (const name of namesOf(path)) inode = inode?.children.get(name);
    return inode;
  }

  /** @throws ENOENT */
  get(path: string, call: string): SimInode {
    const inode = this.find(path);
    if (inode === undefined) throw diskError('ENOENT', 'no such file or directory', call, path);
    return inode;
  }

  /** The file of that path; made when missing. */
  openForWriting(path: string): SimInode {
    const known = this.find(path);
    if (known !== undefined) return known;
    const { folder, name } = this.place(path, 'open');
    const inode = newInode(false, this.wallMs());
    this.link(folder, name, inode);
    return inode;
  }

  mkdir(path: string): void {
    let folder = this.root;
    for (const name of namesOf(path)) {
      let child = folder.children.get(name);
      if (child === undefined) {
        child = newInode(true, this.wallMs());
        this.link(folder, name, child);
      } else if (!child.isFolder) {
        throw diskError('EEXIST', 'file already exists', 'mkdir', path);
      }
      folder = child;
    }
  }

  rename(from: string, to: string): void {
    const inode = this.get(from, 'rename');
    const source = this.place(from, 'rename');
    const target = this.place(to, 'rename');
    const replaced = target.folder.children.get(target.name);
    if (replaced === inode) return;
    if (replaced !== undefined) assertReplaceable(inode, replaced, to);
    source.folder.children.delete(source.name);
    target.folder.children.set(target.name, inode);
    this.unflushedNames.push({
      folders: [source.folder, target.folder],
      undo: () => {
        if (replaced === undefined) target.folder.children.delete(target.name);
        else target.folder.children.set(target.name, replaced);
        source.folder.children.set(source.name, inode);
      },
    });
  }

  remove(path: string): void {
    const inode = this.find(path);
    if (inode === undefined) return;
    const { folder, name } = this.place(path, 'rm');
    folder.children.delete(name);
    this.unflushedNames.push({ folders: [folder], undo: () => void folder.children.set(name, inode) });
  }

  list(path: string): DiskEntry[] {
    const folder = this.get(path, 'scandir');
    if (!folder.isFolder) throw diskError('ENOTDIR', 'not a directory', 'scandir', path);
    return [...folder.children.keys()].sort().map((name) => entryOf(name, folder.children.get(name) as SimInode));
  }

  /** Names in the folder are durable, with all changes of names before: a journal is written in order. */
  flushNames(path: string): void {
    const folder = this.get(path, 'open');
    const last = this.unflushedNames.findLastIndex((change) => change.folders.includes(folder));
    this.unflushedNames.splice(0, last + 1);
  }

  lock(path: string, owner: Process): void {
    const inode = this.openForWriting(path);
    const holder = this.locks.get(inode);
    if (holder?.isAlive === true) {
      throw Object.assign(new Error(`ELOCKED: another process holds the lock file ${path}`), { code: 'ELOCKED', path });
    }
    this.locks.set(inode, owner);
  }

  unlock(path: string, owner: Process): void {
    const inode = this.find(path);
    if (inode !== undefined && this.locks.get(inode) === owner) this.locks.delete(inode);
  }

  releaseLocksOf(owner: Process): void {
    for (const [inode, holder] of this.locks) if (holder === owner) this.locks.delete(inode);
  }

  /** @throws ENOSPC */
  assertRoomFor(bytes: number, path: string): void {
    if (this.capacityBytes === Number.POSITIVE_INFINITY || this.usedBytes() + bytes <= this.capacityBytes) return;
    throw diskError('ENOSPC', 'no space left on device', 'write', path);
  }

  /** The power goes: what was not flushed is lost, or there in part. */
  losePower(): void {
    const { random } = this.world;
    const kept = random.int(this.unflushedNames.length + 1);
    for (const change of this.unflushedNames.slice(kept).reverse()) change.undo();
    this.unflushedNames = [];
    this.tear(this.root);
  }

  /** @throws the error that was asked for */
  check(operation: DiskOperation, path: string): void {
    const code = this.fault?.(operation, path);
    if (code !== undefined) throw diskError(code, 'injected fault', operation, path);
  }

  wallMs(): number {
    return Math.floor(this.world.startWallMs + this.world.nowMs);
  }

  traceName(what: string, path: string): string {
    return `${what} ${this.host}:${path}`;
  }

  private link(folder: SimInode, name: string, inode: SimInode): void {
    folder.children.set(name, inode);
    this.unflushedNames.push({ folders: [folder], undo: () => void folder.children.delete(name) });
  }

  /** Where a path is or would be. */
  private place(path: string, call: string): { folder: SimInode; name: string } {
    const names = namesOf(path);
    const name = names.pop();
    const folder = this.find(names.join('/'));
    if (name === undefined || folder === undefined) throw diskError('ENOENT', 'no such file or directory', call, path);
    if (!folder.isFolder) throw diskError('ENOTDIR', 'not a directory', call, path);
    return { folder, name };
  }

  private usedBytes(): number {
    const sizeOf = (inode: SimInode): number =>
      [...inode.children.values()].reduce((sum, child) => sum + sizeOf(child), inode.size);
    return sizeOf(this.root);
  }

  private tear(inode: SimInode): void {
    if (!inode.isFolder) tearInode(inode, this.world.random);
    for (const name of [...inode.children.keys()].sort()) this.tear(inode.children.get(name) as SimInode);
  }
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

export function entryOf(name: string, inode: SimInode): DiskEntry {
  return { name, isFolder: inode.isFolder, size: inode.size, modifiedMs: inode.modifiedMs };
}

/** As Node words it. */
export function diskError(code: string, reason: string, call: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${reason}, ${call} '${path}'`), { code, syscall: call, path });
}

function assertReplaceable(inode: SimInode, replaced: SimInode, to: string): void {
  if (!inode.isFolder && replaced.isFolder) throw diskError('EISDIR', 'illegal operation on a directory', 'rename', to);
  if (inode.isFolder && !replaced.isFolder) throw diskError('ENOTDIR', 'not a directory', 'rename', to);
  if (replaced.children.size > 0) throw diskError('ENOTEMPTY', 'directory not empty', 'rename', to);
}
