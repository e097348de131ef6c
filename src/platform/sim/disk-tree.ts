import type { SeededRandom } from './random.js';

const PAGE_BYTES = 4096;

/** What an inode holds. Bytes beyond `durableSize`, and those under an undo record, are in the page cache alone. */
export interface SimInode {
  readonly isFolder: boolean;
  readonly children: Map<string, SimInode>;
  bytes: Buffer;
  size: number;
  modifiedMs: number;
  durableSize: number;
  /** What durable bytes were before they were overwritten or cut off, oldest first. */
  undo: UndoRecord[];
  /** Flushes under way. */
  flushing: FlushMark[];
}

export interface UndoRecord {
  readonly position: number;
  readonly bytes: Buffer;
}

/** What a flush found when it began: so much it makes durable. */
export interface FlushMark {
  size: number;
  undoCount: number;
}

export function newInode(isFolder: boolean, modifiedMs: number): SimInode {
  return {
    isFolder,
    children: new Map(),
    bytes: Buffer.alloc(0),
    size: 0,
    modifiedMs,
    durableSize: 0,
    undo: [],
    flushing: [],
  };
}

/** Writes into the page cache; keeps what a crash may bring back. */
export function writeInode(inode: SimInode, bytes: Uint8Array, position: number): void {
  const end = position + bytes.length;
  keepForUndo(inode, position, Math.min(end, inode.durableSize));
  put(inode, bytes, position);
}

export function truncateInode(inode: SimInode, size: number): void {
  if (size > inode.size) {
    writeInode(inode, Buffer.alloc(size - inode.size), inode.size);
    return;
  }
  keepForUndo(inode, size, inode.durableSize);
  inode.bytes.fill(0, size, inode.size);
  inode.size = size;
  inode.durableSize = Math.min(inode.durableSize, size);
  for (const mark of inode.flushing) mark.size = Math.min(mark.size, size);
}

export function beginFlush(inode: SimInode): FlushMark {
  const mark = { size: inode.size, undoCount: inode.undo.length };
  inode.flushing.push(mark);
  return mark;
}

/** All there was when the flush began survives a crash. */
export function endFlush(inode: SimInode, mark: FlushMark): void {
  inode.flushing = inode.flushing.filter((other) => other !== mark);
  inode.durableSize = Math.max(inode.durableSize, mark.size);
  inode.undo.splice(0, mark.undoCount);
  for (const other of inode.flushing) other.undoCount = Math.max(0, other.undoCount - mark.undoCount);
}

/**
 * What a crash leaves: each unflushed overwrite is there or not, and of the unflushed tail some first part, of which the
 * last page may be zeros (the size was written, the bytes were not).
 */
export function tearInode(inode: SimInode, random: SeededRandom): void {
  const kept = inode.durableSize + random.int(inode.size - inode.durableSize + 1);
  if (kept < inode.size) {
    inode.bytes.fill(0, kept, inode.size);
    inode.size = Math.max(kept, 0);
  }
  if (inode.size > inode.durableSize && random.chance(0.3)) {
    const zeros = random.int(Math.min(PAGE_BYTES, inode.size - inode.durableSize) + 1);
    inode.bytes.fill(0, inode.size - zeros, inode.size);
  }
  for (const { position, bytes } of inode.undo.toReversed()) {
    if (random.chance(0.5)) put(inode, bytes, position);
  }
  inode.durableSize = inode.size;
  inode.undo = [];
  inode.flushing = [];
}

/** Without a thought of crashes. Room doubles, so that appending costs what is appended. */
function put(inode: SimInode, bytes: Uint8Array, position: number): void {
  const end = position + bytes.length;
  if (end > inode.bytes.length) {
    const grown = Buffer.alloc(Math.max(end, 2 * inode.bytes.length, 256));
    inode.bytes.copy(grown, 0, 0, inode.size);
    inode.bytes = grown;
  }
  inode.bytes.set(bytes, position);
  inode.size = Math.max(inode.size, end);
}

function keepForUndo(inode: SimInode, start: number, end: number): void {
  if (start < end) inode.undo.push({ position: start, bytes: Buffer.from(inode.bytes.subarray(start, end)) });
}
