import * as fs from 'node:fs';
import type { Disk, DiskEntry, DiskFile } from '../disk.js';
import { lockFile } from './folder-lock.js';

/** The files of this machine. */
export function nodeDisk(): Disk {
  return {
    open: (path, mode) => new NodeFile(path, mode),
    readFile: (path) => fs.readFileSync(path),
    list,
    stat,
    mkdir: (folder) => void fs.mkdirSync(folder, { recursive: true }),
    rename: (from, to) => fs.renameSync(from, to),
    remove: (path) => fs.rmSync(path, { recursive: true, force: true }),
    flushFolder,
    flushFolderSync,
    lock: lockFile,
  };
}

function list(folder: string): DiskEntry[] {
  const entries: DiskEntry[] = [];
  for (const name of fs.readdirSync(folder).sort()) {
    const entry = stat(`${folder}/${name}`);
    if (entry !== undefined) entries.push(entry); // else it went away meanwhile
  }
  return entries;
}

function stat(path: string): DiskEntry | undefined {
  const stats = fs.statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  return {
    name: path.slice(path.lastIndexOf('/') + 1),
    isFolder: stats.isDirectory(),
    size: stats.size,
    modifiedMs: Math.floor(stats.mtimeMs),
  };
}

/** Windows cannot open folders, and needs no such flush. */
const FOLDERS_NEED_FLUSH = process.platform !== 'win32';

async function flushFolder(folder: string): Promise<void> {
  if (!FOLDERS_NEED_FLUSH) return;
  const handle = await fs.promises.open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function flushFolderSync(folder: string): void {
  if (!FOLDERS_NEED_FLUSH) return;
  const fd = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/**
 * One open file. A number of a closed file is given to the next one opened, so a close waits for the reads and flushes
 * that are under way: they must not end up in another file.
 */
class NodeFile implements DiskFile {
  readonly path: string;
  private readonly fd: number;
  private bytes: number;
  private underWay = 0;
  private isClosed = false;

  constructor(path: string, mode: 'read' | 'write') {
    this.path = path;
    this.fd = fs.openSync(path, mode === 'read' ? 'r' : fs.constants.O_RDWR | fs.constants.O_CREAT, 0o644);
    this.bytes = fs.fstatSync(this.fd).size;
  }

  get size(): number {
    return this.bytes;
  }

  append(bytes: Uint8Array, start = 0, end = bytes.length): void {
    this.assertOpen();
    const before = this.bytes;
    try {
      this.writeFully(bytes, start, end, before);
    } catch (error) {
      fs.ftruncateSync(this.fd, before);
      throw error;
    }
    this.bytes = before + (end - start);
  }

  write(bytes: Uint8Array, position: number): void {
    this.assertOpen();
    this.writeFully(bytes, 0, bytes.length, position);
    this.bytes = Math.max(this.bytes, position + bytes.length);
  }

  readSync(target: Uint8Array, at: number, length: number, position: number): number {
    this.assertOpen();
    let done = 0;
    while (done < length) {
      const count = fs.readSync(this.fd, target, at + done, length - done, position + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  async read(target: Uint8Array, at: number, length: number, position: number): Promise<number> {
    this.assertOpen();
    this.underWay++;
    try {
      let done = 0;
      while (done < length) {
        const count = await this.readOnce(target, at + done, length - done, position + done);
        if (count === 0) break;
        done += count;
      }
      return done;
    } finally {
      this.done();
    }
  }

  truncate(size: number): void {
    this.assertOpen();
    fs.ftruncateSync(this.fd, size);
    this.bytes = size;
  }

  /** fdatasync: contents and size are durable, the time of the last change need not be. */
  async flush(): Promise<void> {
    this.assertOpen();
    this.underWay++;
    try {
      await new Promise<void>((resolve, reject) =>
        fs.fdatasync(this.fd, (error) => {
          if (error === null) resolve();
          else reject(error);
        }),
      );
    } finally {
      this.done();
    }
  }

  flushSync(): void {
    this.assertOpen();
    fs.fdatasyncSync(this.fd);
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    if (this.underWay === 0) fs.closeSync(this.fd);
  }

  /** The kernel may write less than asked for: at a full device, or when a signal comes in between. */
  private writeFully(bytes: Uint8Array, start: number, end: number, position: number): void {
    let at = start;
    while (at < end) at += fs.writeSync(this.fd, bytes, at, end - at, position + (at - start));
  }

  private readOnce(target: Uint8Array, at: number, length: number, position: number): Promise<number> {
    return new Promise((resolve, reject) =>
      fs.read(this.fd, target, at, length, position, (error, count) => {
        if (error === null) resolve(count);
        else reject(error);
      }),
    );
  }

  private done(): void {
    this.underWay--;
    if (this.isClosed && this.underWay === 0) fs.closeSync(this.fd);
  }

  private assertOpen(): void {
    if (this.isClosed) throw Object.assign(new Error(`EBADF: ${this.path} is closed`), { code: 'EBADF' });
  }
}
