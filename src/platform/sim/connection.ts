import type { Socket, SocketAddress, SocketHandler } from '../network.js';
import type { Cancel } from '../time.js';
import type { SimFabric, Stream } from './fabric.js';
import type { SimHost } from './host.js';
import { connectionReset } from './net-error.js';
import type { Process } from './world.js';

/** Sent and not yet taken by the receiving process: the kernels' send and receive buffers together. */
const WINDOW_BYTES = 128 * 1024;
const HIGH_WATER_MARK_BYTES = 256 * 1024;
const SEGMENT_BYTES = 64 * 1024;
/** Room of the window is told and used in portions, as TCP does against silly windows. */
const PORTION_BYTES = 16 * 1024;

/** One end of a connection: whose it is and where. */
export interface End {
  readonly host: SimHost;
  readonly owner: Process;
  readonly address: SocketAddress;
}

interface Queued {
  readonly bytes: Uint8Array;
  sent: number;
  readonly written: (() => void) | undefined;
}

/**
 * One end of a TCP connection. Bytes go through a window into segments of a size that the seed chooses, and come to the
 * peer in order; a handler is called in events of its own process alone.
 */
export class SimSocket implements Socket {
  readonly host: SimHost;
  readonly owner: Process;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  /** Undefined until the SYN reached the listener. */
  peer: SimSocket | undefined;
  handler: SocketHandler | undefined;
  connectDeadline: Cancel | undefined;
  private readonly fabric: SimFabric;
  private state: 'connecting' | 'open' | 'closed';
  /** Its machine lost power: it neither sends nor answers. */
  private isGone = false;
  private isEnding = false;
  private isWaitingForDrain = false;
  private corks = 0;
  private queue: Queued[] = [];
  private queued = 0;
  private unacknowledged = 0;
  private readonly stream: Stream = { lastArrivalMs: 0 };
  private received: Buffer[] = [];
  /** Read and not yet acknowledged. */
  private taken = 0;
  private isPaused = false;
  private isReadPlanned = false;
  private isFinReceived = false;

  constructor(fabric: SimFabric, end: End, remote: SocketAddress, peer?: SimSocket) {
    this.fabric = fabric;
    this.host = end.host;
    this.owner = end.owner;
    this.local = end.address;
    this.remote = remote;
    this.peer = peer;
    this.state = peer === undefined ? 'connecting' : 'open';
    fabric.add(this);
  }

  get queuedBytes(): number {
    return this.queued;
  }

  write(bytes: Uint8Array, written?: () => void): boolean {
    if (this.state === 'closed' || this.isEnding) {
      if (written !== undefined) this.call('written', written);
      return true;
    }
    this.queue.push({ bytes, sent: 0, written });
    this.queued += bytes.length;
    this.pump();
    if (this.queued <= HIGH_WATER_MARK_BYTES) return true;
    this.isWaitingForDrain = true;
    return false;
  }

  cork(): void {
    this.corks++;
  }

  uncork(): void {
    if (this.corks > 0) this.corks--;
    this.pump();
  }

  resume(): void {
    this.isPaused = false;
    this.planRead();
  }

  end(): void {
    if (this.state === 'closed') return;
    this.isEnding = true;
    this.corks = 0;
    this.pump();
  }

  destroy(): void {
    if (this.state === 'closed') return;
    if (this.received.length > 0) this.toPeer('rst', (peer) => peer.fail(connectionReset()));
    else this.toPeer('fin', (peer) => peer.onFin());
    this.finish();
  }

  /** The connection ends here with an error. */
  fail(error: Error): void {
    if (this.state !== 'closed') this.finish(error);
  }

  /** The machine is without power: no word to anyone. */
  vanish(): void {
    this.isGone = true;
    this.finish();
  }

  /** The machine of the peer, which vanished, runs again. What we sent to it meanwhile is sent again, and refused. */
  peerIsBack(): void {
    if (this.state === 'open' && this.unacknowledged > 0) this.fabric.resetLater(this);
  }

  get isPeerGone(): boolean {
    return this.peer?.isGone === true;
  }

  /** Runs in the accepting process. */
  accepted(accept: (socket: Socket) => SocketHandler): void {
    if (this.state === 'closed') return;
    this.handler = accept(this);
    this.planRead();
  }

  /** The answer to our SYN is there. */
  onEstablished(): void {
    if (this.state !== 'connecting') {
      this.toPeer('rst', (peer) => peer.fail(connectionReset())); // given up meanwhile
      return;
    }
    this.call('connect', () => {
      if (this.state !== 'connecting') return;
      this.state = 'open';
      this.connectDeadline?.();
      this.handler?.onConnect?.();
      this.pump();
      this.planRead();
    });
  }

  /** Sends a word of the handshake on the way that bytes will go. */
  answer(what: string, arrive: () => void): void {
    this.toPeer(what, arrive);
  }

  onSegment(bytes: Buffer): void {
    if (this.state !== 'closed') {
      this.received.push(bytes);
      this.planRead();
    } else if (this.host.isPowered) {
      this.toPeer('rst', (peer) => peer.fail(connectionReset()));
    }
  }

  onFin(): void {
    this.isFinReceived = true;
    this.planRead();
  }

  /** Hands queued bytes to the wire, as far as the window goes. */
  private pump(): void {
    if (this.state !== 'open' || this.corks > 0) return;
    while (this.queued > 0 && this.roomBytes >= Math.min(this.queued, PORTION_BYTES)) this.sendSegment();
    this.takeEmpty();
    if (this.isWaitingForDrain && this.queued <= HIGH_WATER_MARK_BYTES) {
      this.isWaitingForDrain = false;
      this.call('drain', () => {
        if (this.state === 'open') this.handler?.onDrain?.();
      });
    }
    if (this.isEnding && this.queued === 0) {
      this.toPeer('fin', (peer) => peer.onFin());
      this.finish();
    }
  }

  private get roomBytes(): number {
    return WINDOW_BYTES - this.unacknowledged;
  }

  private sendSegment(): void {
    const most = Math.min(this.queued, this.roomBytes, SEGMENT_BYTES);
    const segment = Buffer.alloc(this.fabric.segmentBytes(most));
    let filled = 0;
    while (filled < segment.length) {
      const first = this.queue[0] as Queued;
      const count = Math.min(segment.length - filled, first.bytes.length - first.sent);
      segment.set(first.bytes.subarray(first.sent, first.sent + count), filled);
      first.sent += count;
      filled += count;
      this.takeEmpty();
    }
    this.queued -= filled;
    this.unacknowledged += filled;
    this.toPeer(`data ${filled}`, (peer) => peer.onSegment(segment));
  }

  /** Lets go of buffers that are sent. */
  private takeEmpty(): void {
    for (let first = this.queue[0]; first !== undefined; first = this.queue[0]) {
      if (first.sent < first.bytes.length) return;
      this.queue.shift();
      if (first.written !== undefined) this.call('written', first.written);
    }
  }

  private onAcknowledged(count: number): void {
    this.unacknowledged -= count;
    this.pump();
  }

  private acknowledge(count: number): void {
    this.taken += count;
    if (this.taken < PORTION_BYTES && this.received.length > 0) return;
    const taken = this.taken;
    this.taken = 0;
    this.toPeer(`ack ${taken}`, (peer) => peer.onAcknowledged(taken));
  }

  private planRead(): void {
    if (this.isReadPlanned || this.isPaused || this.handler === undefined || this.state !== 'open') return;
    if (this.received.length === 0 && !this.isFinReceived) return;
    this.isReadPlanned = true;
    this.call('read', () => this.read());
  }

  /** One read: what came, as far as the owner's buffer goes. */
  private read(): void {
    this.isReadPlanned = false;
    if (this.state !== 'open' || this.isPaused || this.handler === undefined) return;
    const first = this.received[0];
    if (first === undefined) {
      this.destroy(); // the peer sends no more: as Kafka, we end too
      return;
    }
    const target = this.isEnding ? first : this.handler.buffer();
    const count = Math.min(first.length, target.length);
    if (!this.isEnding) target.set(first.subarray(0, count));
    if (count < first.length) this.received[0] = first.subarray(count);
    else this.received.shift();
    this.acknowledge(count);
    if (!this.isEnding && !this.handler.onBytes(count)) this.isPaused = true;
    this.planRead();
  }

  private toPeer(what: string, arrive: (peer: SimSocket) => void): void {
    const peer = this.peer;
    if (peer === undefined) return;
    this.fabric.send(this.host, peer.host, what, () => arrive(peer), this.stream);
  }

  private finish(error?: Error): void {
    this.state = 'closed';
    this.connectDeadline?.();
    for (const { written } of this.queue) if (written !== undefined) this.call('written', written);
    this.queue = [];
    this.queued = 0;
    this.received = [];
    this.call('close', () => this.handler?.onClose(error));
    this.fabric.onClosed(this);
  }

  private call(what: string, run: () => void): void {
    this.fabric.world.plan(0, this.owner, what, run);
  }
}
