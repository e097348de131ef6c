/**
 * Files as a commit log needs them. Paths are absolute, separated by `/`. Everything is synchronous and lands in the page
 * cache, except what waits for the device (`flush`) and reads of cold data (`read`).
 * Failures throw Node's errors (`code` ENOENT, EEXIST, ENOSPC, EIO …), in the simulator too.
 */
export interface Disk {
  /** `read`: must exist. `write`: made when missing, read and write, contents kept. */
  open(path: string, mode: 'read' | 'write'): DiskFile;
  readFile(path: string): Buffer;
  /** Names of what is in the folder, sorted. */
  list(folder: string): DiskEntry[];
  stat(path: string): DiskEntry | undefined;
  /** With its parents; one that exists is fine. */
  mkdir(folder: string): void;
  /** Atomic; replaces a file of that name. */
  rename(from: string, to: string): void;
  /** A file, or a folder with all in it; one that is missing is fine. */
  remove(path: string): void;
  /** Makes names in the folder durable (creations, renames, removals). */
  flushFolder(folder: string): Promise<void>;
  flushFolderSync(folder: string): void;
  /**
   * Takes the folder's `.lock` for this process until released or the process ends, kill -9 included.
   * @throws Error with `code` ELOCKED if another live process holds it
   */
  lock(path: string): DiskLock;
}

export interface DiskEntry {
  readonly name: string;
  readonly isFolder: boolean;
  readonly size: number;
  /** ms since the epoch. */
  readonly modifiedMs: number;
}

export interface DiskLock {
  release(): void;
}

export interface DiskFile {
  readonly path: string;
  /** Bytes, kept by the handle: one writer per file. */
  readonly size: number;
  /** Writes all of bytes[start, end) at the end. After a failure the file is cut back to its size before. */
  append(bytes: Uint8Array, start?: number, end?: number): void;
  /** Writes all of `bytes` at `position`, growing the file when it lies beyond. */
  write(bytes: Uint8Array, position: number): void;
  /** Reads up to `length` bytes from `position` into `target` at `at`; fewer only at the end of the file. Returns the count. */
  readSync(target: Uint8Array, at: number, length: number, position: number): number;
  read(target: Uint8Array, at: number, length: number, position: number): Promise<number>;
  truncate(size: number): void;
  /** Makes the contents durable. */
  flush(): Promise<void>;
  flushSync(): void;
  close(): void;
}

/** Replaces `path` durably: after a crash it holds the old contents or all of the new. */
export async function replaceFile(disk: Disk, path: string, contents: Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`;
  disk.remove(temporary);
  const file = disk.open(temporary, 'write');
  try {
    file.append(contents);
    await file.flush();
  } finally {
    file.close();
  }
  disk.rename(temporary, path);
  await disk.flushFolder(path.slice(0, path.lastIndexOf('/')) || '/');
}
