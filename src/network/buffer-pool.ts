/**
 * Bytes per size class. The odd ones leave room for the header of a response that carries a whole 1, 4 or 16 MB of records.
 */
const CLASSES = [4096, 16384, 65536, 262144, 1048576 + 65536, 4 * 1048576 + 65536, 16 * 1048576 + 65536] as const;

/**
 * Buffers that come back: for responses, until the socket has written them, and for the receive side of busy connections.
 * What is kept for reuse is bounded; beyond the bound, and above the largest class, buffers go to the garbage collector.
 */
export class BufferPool {
  private readonly free: Buffer[][] = CLASSES.map(() => []);
  private readonly maxKeptBytes: number;
  private kept = 0;

  constructor(maxKeptBytes: number) {
    this.maxKeptBytes = maxKeptBytes;
  }

  /** Bytes that wait for their next use. */
  get keptBytes(): number {
    return this.kept;
  }

  /** At least `minBytes` long (the whole size class), contents undefined. The taker gives this very buffer back, or drops it. */
  take(minBytes: number): Buffer {
    const index = classFor(minBytes);
    if (index < 0) return Buffer.allocUnsafeSlow(minBytes);
    const buffer = this.free[index]?.pop();
    if (buffer === undefined) return Buffer.allocUnsafeSlow(CLASSES[index] ?? minBytes);
    this.kept -= buffer.length;
    return buffer;
  }

  /** `buffer` is what {@link take} returned, not a view on it; nobody reads or writes it any more. */
  give(buffer: Buffer): void {
    const index = classFor(buffer.length);
    if (index < 0 || CLASSES[index] !== buffer.length || this.kept + buffer.length > this.maxKeptBytes) return;
    this.kept += buffer.length;
    this.free[index]?.push(buffer);
  }
}

/** The smallest class that holds `bytes`, −1 above the largest. */
function classFor(bytes: number): number {
  for (let index = 0; index < CLASSES.length; index++) if (bytes <= (CLASSES[index] ?? 0)) return index;
  return -1;
}
