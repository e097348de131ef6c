import type { Socket } from '../platform/network.js';
import type { BufferPool } from './buffer-pool.js';

/** Frames up to this size share a buffer and leave in one write; larger ones have a buffer and a write of their own. */
const SHARED_BYTES = 8192;
const CHUNK_BYTES = 16384;

/**
 * The way out of one connection: responses on the broker's side, requests on the client's. Frames are encoded straight into
 * pooled buffers, in the order in which they are sent; the small ones of one turn of the loop become one write.
 */
export class FrameWriter {
  private readonly socket: Socket;
  private readonly pool: BufferPool;
  /** Holds encoded frames in [0, at). */
  private chunk: Buffer | undefined;
  private at = 0;
  /** A large frame that was allocated and is being encoded. */
  private large: Buffer | undefined;
  private largeSize = 0;

  constructor(socket: Socket, pool: BufferPool) {
    this.socket = socket;
    this.pool = pool;
  }

  /** Bytes that are encoded, or with the socket, and not yet with the network. */
  get queuedBytes(): number {
    return this.at + this.socket.queuedBytes;
  }

  /** Exactly `size` bytes for the next frame; {@link push} or {@link abandon} follows before the next call. */
  readonly allocate = (size: number): Buffer => {
    if (size > SHARED_BYTES) {
      this.large = this.pool.take(size);
      this.largeSize = size;
      return this.large.subarray(0, size);
    }
    if (this.chunk !== undefined && this.at + size > this.chunk.length) this.flush();
    this.chunk ??= this.pool.take(CHUNK_BYTES);
    return this.chunk.subarray(this.at, this.at + size);
  };

  /** What was allocated last is complete, `size` bytes of it. */
  push(size: number): void {
    const large = this.large;
    if (large === undefined) {
      this.at += size;
      return;
    }
    this.large = undefined;
    this.flush();
    this.write(large, this.largeSize);
  }

  /** What was allocated last is not sent after all. */
  abandon(): void {
    if (this.large !== undefined) this.pool.give(this.large);
    this.large = undefined;
  }

  /** Hands what is encoded to the socket. */
  flush(): void {
    const chunk = this.chunk;
    if (chunk === undefined || this.at === 0) return;
    const size = this.at;
    this.chunk = undefined;
    this.at = 0;
    this.write(chunk, size);
  }

  private write(buffer: Buffer, size: number): void {
    const pool = this.pool;
    this.socket.write(buffer.subarray(0, size), () => pool.give(buffer));
  }
}
