import type * as net from 'node:net';
import type { Socket, SocketAddress, SocketHandler } from '../network.js';

/** More than this waiting to be sent: `write` returns false. */
export const HIGH_WATER_MARK_BYTES = 256 * 1024;

/**
 * A socket of Node behind {@link Socket}. It is made before its handler and before Node's socket stand ({@link begin}),
 * since each of the three needs another one; what is asked of it before is done then.
 */
export class NodeSocket implements Socket {
  private readonly asked: SocketAddress;
  private readonly bound: SocketAddress | undefined;
  private handler: SocketHandler | undefined;
  private inner: net.Socket | undefined;
  private before: (() => void)[] | undefined = [];
  private failure: Error | undefined;
  private isWaitingForDrain = false;
  /** After `end` or `destroy`: bytes that still come in are dropped. */
  private isClosing = false;
  /** The rest of a `data` event that came while the owner wanted no more (TLS and the fallback only). */
  private held: Uint8Array | undefined;
  private isHeldScheduled = false;

  /**
   * @param asked the other end, as far as it is known before the connection stands
   * @param bound our end, where it is known from the beginning
   */
  constructor(asked: SocketAddress, bound?: SocketAddress) {
    this.asked = { host: plainHost(asked.host), port: asked.port };
    this.bound = bound && { host: plainHost(bound.host), port: bound.port };
  }

  begin(inner: net.Socket, handler: SocketHandler): void {
    this.inner = inner;
    this.handler = handler;
    inner.on('drain', () => this.onDrain());
    inner.on('end', () => this.destroy()); // as Kafka: who sends no more is not answered either
    inner.on('error', (error) => (this.failure = error));
    inner.on('close', () => this.onClose());
    const before = this.before ?? [];
    this.before = undefined;
    for (const call of before) call();
  }

  /** Where Node's reads go, when it reads into buffers of ours. */
  nextBuffer(): Uint8Array {
    return (this.handler as SocketHandler).buffer();
  }

  onRead(count: number): boolean {
    return this.isClosing || (this.handler as SocketHandler).onBytes(count);
  }

  /** Where reads come in as `data` events. */
  onData(chunk: Uint8Array): void {
    if (this.held !== undefined) {
      this.held = Buffer.concat([this.held, chunk]);
    } else if (!this.feed(chunk)) {
      this.inner?.pause();
    }
  }

  fail(error: Error): void {
    this.failure = error;
    this.destroy();
  }

  get remote(): SocketAddress {
    return this.asked;
  }

  get local(): SocketAddress {
    return this.bound ?? { host: plainHost(this.inner?.localAddress ?? ''), port: this.inner?.localPort ?? 0 };
  }

  get queuedBytes(): number {
    return this.inner?.writableLength ?? 0;
  }

  write(bytes: Uint8Array, written?: () => void): boolean {
    if (this.before !== undefined) {
      this.before.push(() => this.write(bytes, written));
      return true;
    }
    const inner = this.inner as net.Socket;
    if (this.isClosing || inner.destroyed) {
      if (written !== undefined) process.nextTick(written);
      return true;
    }
    inner.write(bytes, written);
    if (inner.writableLength <= HIGH_WATER_MARK_BYTES) return true;
    this.isWaitingForDrain = true;
    return false;
  }

  cork(): void {
    if (this.before !== undefined) this.before.push(() => this.cork());
    else this.inner?.cork();
  }

  uncork(): void {
    if (this.before !== undefined) this.before.push(() => this.uncork());
    else this.inner?.uncork();
  }

  resume(): void {
    if (this.before !== undefined) this.before.push(() => this.resume());
    else if (this.held === undefined) this.inner?.resume();
    else if (!this.isHeldScheduled) {
      this.isHeldScheduled = true;
      setImmediate(() => this.feedHeld());
    }
  }

  end(): void {
    if (this.before !== undefined) this.before.push(() => this.end());
    else {
      this.isClosing = true;
      this.inner?.destroySoon();
    }
  }

  destroy(): void {
    if (this.before !== undefined) this.before.push(() => this.destroy());
    else {
      this.isClosing = true;
      this.inner?.destroy();
    }
  }

  /** Copies a chunk into the owner's buffers. False: the owner wants no more, the rest is held. */
  private feed(chunk: Uint8Array): boolean {
    let at = 0;
    while (at < chunk.length && !this.isClosing) {
      const target = this.nextBuffer();
      const count = Math.min(target.length, chunk.length - at);
      target.set(chunk.subarray(at, at + count));
      at += count;
      if (!this.onRead(count)) {
        if (at < chunk.length) this.held = chunk.subarray(at);
        return false;
      }
    }
    return true;
  }

  private feedHeld(): void {
    this.isHeldScheduled = false;
    const held = this.held;
    this.held = undefined;
    if (held === undefined || this.feed(held)) this.inner?.resume();
  }

  private onDrain(): void {
    if (!this.isWaitingForDrain) return;
    this.isWaitingForDrain = false;
    this.handler?.onDrain?.();
  }

  private onClose(): void {
    this.isClosing = true;
    this.held = undefined;
    this.handler?.onClose(this.failure);
  }
}

/** A listener for both families reports IPv4 as `::ffff:10.0.0.1`; Kafka, its ACLs and its logs say `10.0.0.1`. */
function plainHost(host: string): string {
  return host.startsWith('::ffff:') && host.includes('.') ? host.slice('::ffff:'.length) : host;
}
