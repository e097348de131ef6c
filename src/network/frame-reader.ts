import type { BufferPool } from './buffer-pool.js';

/** Takes what a {@link FrameReader} cuts off. */
export interface FrameSink {
  /**
   * One frame, bytes[start, end), its length not included. The bytes are gone once this returns.
   * False: not now. The frame stays, and is offered again by {@link FrameReader.resume}.
   */
  onFrame(bytes: Buffer, start: number, end: number): boolean;
}

/**
 * Where the bytes of all connections land first. A connection that holds no half frame reads straight into `landing`, so
 * an idle one costs no buffer at all; this rests on the network's promise that bytes appear in the buffer in the same turn
 * as `onBytes`. Half frames wait in a buffer of their own, from the pool.
 */
export class ReceiveBuffers {
  readonly landing: Buffer;
  readonly pool: BufferPool;
  /** Bytes that connections with large frames may hold on to between frames, all together. */
  private retainable: number;

  constructor(pool: BufferPool, landingBytes = LANDING_BYTES, retainableBytes = 16 * 1048576) {
    this.pool = pool;
    this.landing = Buffer.allocUnsafeSlow(landingBytes);
    this.retainable = retainableBytes;
  }

  tryRetain(bytes: number): boolean {
    if (bytes > this.retainable) return false;
    this.retainable -= bytes;
    return true;
  }

  unretain(bytes: number): void {
    this.retainable += bytes;
  }
}

/** Best of 64 KB to 4 MB: more system calls below, out of the processor's cache above. */
const LANDING_BYTES = 262144;
/** A length that a peer merely claims gets this much at once; beyond it the buffer grows as bytes really arrive. */
const TRUSTED_BYTES = 1048576 + 65536;
const LENGTH_BYTES = 4;
/** After so many small reads in a row a large buffer is given back. */
const SMALL_READS = 16;

/** A length prefix that no request may have. Its text is Kafka's. */
export class InvalidReceiveError extends Error {
  override readonly name = 'InvalidReceiveException';
}

/**
 * Cuts one connection's bytes into length-prefixed frames, in place: only a frame that is not whole yet is moved.
 * Used for requests on the broker's side and for responses on the client's.
 */
export class FrameReader {
  private readonly buffers: ReceiveBuffers;
  private readonly maxFrameBytes: number;
  private readonly sink: FrameSink;
  private bytes: Buffer;
  /** What is not cut yet is bytes[start, end); new bytes land at `end`. */
  private start = 0;
  private end = 0;
  private cutting = false;
  private released = false;
  private retained = 0;
  private smallReads = 0;

  /** @param maxFrameBytes `socket.request.max.bytes`, or the like for responses */
  constructor(buffers: ReceiveBuffers, maxFrameBytes: number, sink: FrameSink) {
    this.buffers = buffers;
    this.maxFrameBytes = maxFrameBytes;
    this.sink = sink;
    this.bytes = buffers.landing;
  }

  /** Where the next bytes go. */
  buffer(): Buffer {
    return this.end === 0 ? this.bytes : this.bytes.subarray(this.end);
  }

  /** Bytes that arrived and were not taken. */
  get heldBytes(): number {
    return this.end - this.start;
  }

  /**
   * `count` bytes arrived where {@link buffer} said.
   * @throws InvalidReceiveError for a negative length and one above the limit: the connection is of no more use
   */
  received(count: number): void {
    this.end += count;
    this.cut();
    if (!this.released) this.settle(count);
  }

  /** Offers again what the sink refused. Leaves the buffer where it is: the socket may be told to read into it already. */
  resume(): void {
    if (!this.released && !this.cutting) this.cut();
  }

  /** Gives the buffers back; nothing is cut any more. */
  release(): void {
    if (this.released) return;
    this.released = true;
    if (!this.cutting) this.giveBack();
  }

  private cut(): void {
    this.cutting = true;
    try {
      while (this.end - this.start >= LENGTH_BYTES) {
        const size = this.bytes.readInt32BE(this.start);
        if (size < 0 || size > this.maxFrameBytes)
          throw new InvalidReceiveError(invalidReceive(size, this.maxFrameBytes));
        const from = this.start + LENGTH_BYTES;
        if (this.end - from < size || !this.sink.onFrame(this.bytes, from, from + size)) return;
        this.start = from + size;
        if (this.isReleased()) return;
      }
    } finally {
      this.cutting = false;
      if (this.isReleased()) this.giveBack();
    }
  }

  /** Apart, since a sink may release the reader that calls it. */
  private isReleased(): boolean {
    return this.released;
  }

  /** Makes room behind what is left: nothing left needs no buffer, a half frame needs one that will hold it. */
  private settle(justReceived: number): void {
    const left = this.end - this.start;
    const isLanding = this.bytes === this.buffers.landing;
    if (left === 0) {
      this.start = this.end = 0;
      if (!isLanding && !this.mayRetain(justReceived)) this.giveBack();
      return;
    }
    const frame = left < LENGTH_BYTES ? LENGTH_BYTES : LENGTH_BYTES + this.bytes.readInt32BE(this.start);
    const minFree = isLanding ? 1 : this.bytes.length >> 2;
    const trusted = Math.min(frame, Math.max(TRUSTED_BYTES, 4 * left));
    if (!isLanding && this.start + trusted <= this.bytes.length && this.bytes.length - this.end >= minFree) return;
    if (!isLanding && trusted <= this.bytes.length && this.bytes.length - left >= minFree) {
      this.bytes.copyWithin(0, this.start, this.end);
    } else {
      const busy = justReceived >= this.buffers.landing.length >> 2;
      const wanted = Math.max(trusted, left + (left >> 1) + 1024, busy ? this.buffers.landing.length : 0);
      const grown = this.buffers.pool.take(wanted);
      this.bytes.copy(grown, 0, this.start, this.end);
      this.giveBack();
      this.bytes = grown;
    }
    this.start = 0;
    this.end = left;
  }

  /**
   * A connection whose frames outgrow the landing buffer would copy the first part of every frame: it keeps its own, as
   * long as the connections together stay within bounds.
   */
  private mayRetain(justReceived: number): boolean {
    this.smallReads = justReceived < this.buffers.landing.length >> 2 ? this.smallReads + 1 : 0;
    if (this.smallReads >= SMALL_READS) return false;
    if (this.retained > 0) return true;
    if (this.bytes.length <= this.buffers.landing.length || !this.buffers.tryRetain(this.bytes.length)) return false;
    this.retained = this.bytes.length;
    return true;
  }

  private giveBack(): void {
    this.buffers.unretain(this.retained);
    this.retained = 0;
    if (this.bytes !== this.buffers.landing) this.buffers.pool.give(this.bytes);
    this.bytes = this.buffers.landing;
    this.start = this.end = 0;
  }
}

/** Source: org.apache.kafka.common.network.NetworkReceive.readFrom, 3.9 */
function invalidReceive(size: number, limit: number): string {
  return size < 0 ? `Invalid receive (size = ${size})` : `Invalid receive (size = ${size} larger than ${limit})`;
}
