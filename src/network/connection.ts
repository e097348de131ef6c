import type { Logger } from '../platform/logger.js';
import type { Socket, SocketHandler } from '../platform/network.js';
import type { Deferred, EndOfTurn } from './end-of-turn.js';
import type { Exchange, RequestReceiver } from './exchange.js';
import { FrameReader, type FrameSink, type ReceiveBuffers } from './frame-reader.js';
import type { Idler, IdleWheel } from './idle-wheel.js';
import type { RequestBudget } from './request-budget.js';
import { FrameWriter } from './frame-writer.js';

/** What the connections of one socket server share. */
export interface ConnectionServices {
  readonly receiver: RequestReceiver;
  readonly buffers: ReceiveBuffers;
  readonly endOfTurn: EndOfTurn;
  readonly budget: RequestBudget;
  readonly idleWheel: IdleWheel;
  readonly logger: Logger;
  /** `socket.request.max.bytes` */
  readonly maxRequestBytes: number;
  /** Responses waiting for a slow reader: above this no further request of it is begun. */
  readonly maxQueuedResponseBytes: number;
  /** Tells the server that the connection is gone. */
  onClosed(connection: Connection): void;
}

/**
 * One client's connection. Requests are answered in order, and begun in order: the next one begins when the one before
 * is answered, as in Kafka, except that requests which say so (Produce) overlap. What is not begun waits in the receive
 * buffer, and the socket is read no further.
 * Differs: Kafka lets no requests of a connection overlap. With acks=all, overlapping saves a pipelining producer the wait
 * for the followers between its batches; appends and answers keep their order either way.
 */
export class Connection implements SocketHandler, FrameSink, Deferred, Idler {
  readonly listenerName: string;
  readonly principal: string;
  readonly clientHost: string;
  /** From the ApiVersions request (KIP-511); empty until then. */
  clientSoftwareName = '';
  clientSoftwareVersion = '';
  lastActiveTick = 0;
  private readonly services: ConnectionServices;
  private readonly socket: Socket;
  private readonly index: number;
  private readonly reader: FrameReader;
  private readonly writer: FrameWriter;
  /** Begun and not yet answered, in order. All but the first have been taken from the budget. */
  private readonly pending: Exchange[] = [];
  /** False: its requests wait, because the broker is not up or has too many connections. */
  private admitted: boolean;
  /** A whole request was not begun and waits in the receive buffer. */
  private isHolding = false;
  private isSocketPaused = false;
  private isClosed = false;
  private knownId: string | undefined;

  constructor(socket: Socket, index: number, listenerName: string, admitted: boolean, services: ConnectionServices) {
    this.socket = socket;
    this.index = index;
    this.listenerName = listenerName;
    this.principal = 'User:ANONYMOUS';
    this.clientHost = socket.remote.host;
    this.admitted = admitted;
    this.services = services;
    this.reader = new FrameReader(services.buffers, services.maxRequestBytes, this);
    this.writer = new FrameWriter(socket, services.buffers.pool);
  }

  /** `127.0.0.1:9092-127.0.0.1:51822-0`, as Kafka names a connection. */
  get id(): string {
    return (this.knownId ??= connectionId(this.socket, this.index));
  }

  /** Requests begun and not yet answered. */
  get pendingCount(): number {
    return this.pending.length;
  }

  /** Lets its requests begin. */
  admit(): void {
    this.admitted = true;
    if (this.isHolding) this.services.endOfTurn.add(this);
  }

  /** The owner of a parked exchange has changed its state. */
  settled(exchange: Exchange): void {
    if (this.isClosed) exchange.discard();
    else if (exchange === this.pending[0]) this.services.endOfTurn.add(this);
  }

  /** Sends what is encoded, then closes. What is parked is not answered any more. */
  close(): void {
    if (this.isClosed) return;
    this.writer.flush();
    this.socket.end();
    this.onClose();
  }

  /** Bytes that a reader who is slow has not taken yet. */
  get unsentBytes(): number {
    return this.writer.queuedBytes;
  }

  /** After {@link close}: drops what is unsent. */
  abort(): void {
    this.socket.destroy();
  }

  buffer(): Buffer {
    return this.reader.buffer();
  }

  onBytes(count: number): boolean {
    const { endOfTurn, idleWheel } = this.services;
    this.lastActiveTick = idleWheel.tick;
    endOfTurn.enter();
    try {
      this.reader.received(count);
      this.writer.flush();
    } catch (error) {
      this.onUnexpected(error);
    } finally {
      endOfTurn.leave();
    }
    this.isSocketPaused = this.isBlocked();
    return !this.isSocketPaused;
  }

  onFrame(bytes: Buffer, start: number, end: number): boolean {
    this.isHolding = this.isClosed || !this.tryBegin(bytes, start, end);
    if (this.isHolding) return false;
    const isCounted = this.pending.length > 0;
    const exchange = this.services.receiver.begin(this, bytes, start, end);
    if (this.isOver()) {
      if (isCounted) this.services.budget.give(exchange.sizeInBytes);
      if (exchange.state !== 'parked') exchange.discard();
    } else if (this.pending.length === 0 && exchange.state !== 'parked') this.answer(exchange);
    else this.pending.push(exchange);
    return true;
  }

  atEndOfTurn(): void {
    if (this.isClosed) return;
    try {
      this.answerSettled();
      if (this.isHolding) this.reader.resume();
      this.writer.flush();
    } catch (error) {
      this.onUnexpected(error);
    }
    this.maybeResumeSocket();
  }

  onDrain(): void {
    if (this.isHolding || this.isSocketPaused) this.services.endOfTurn.add(this);
  }

  onClose(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    const { budget, idleWheel } = this.services;
    const pending = this.pending.splice(0);
    pending.forEach((exchange, at) => {
      if (at > 0) budget.give(exchange.sizeInBytes);
      if (exchange.state !== 'parked') exchange.discard();
    });
    budget.forget(this);
    idleWheel.remove(this);
    this.reader.release();
    this.services.onClosed(this);
  }

  isBusy(): boolean {
    return this.pending.length > 0 || this.isSocketPaused;
  }

  onIdle(): void {
    const { logger } = this.services;
    if (logger.isDebug) logger.debug(`About to close the idle connection from ${this.id}`);
    this.close();
  }

  /** Whether the request may begin now; if it overlaps with others, it has its share of the budget then. */
  private tryBegin(bytes: Buffer, start: number, end: number): boolean {
    if (!this.admitted || this.isCongested()) return false;
    const last = this.pending.at(-1);
    if (last === undefined) return true;
    if (!last.overlaps || !this.services.receiver.mayOverlap(bytes, start, end)) return false;
    return this.services.budget.tryTake(end - start, this);
  }

  private answerSettled(): void {
    for (let first = this.pending[0]; first !== undefined && first.state !== 'parked'; first = this.pending[0]) {
      this.pending.shift();
      const next = this.pending[0];
      if (next !== undefined) this.services.budget.give(next.sizeInBytes); // the first one is never counted
      this.answer(first);
      if (this.isClosed) return;
    }
  }

  private answer(exchange: Exchange): void {
    this.lastActiveTick = this.services.idleWheel.tick;
    if (exchange.state === 'answered') exchange.encode(this.writer);
    else if (exchange.state === 'refused') this.close();
  }

  private isBlocked(): boolean {
    return this.isHolding || this.isCongested();
  }

  private isCongested(): boolean {
    return this.writer.queuedBytes > this.services.maxQueuedResponseBytes;
  }

  /** Apart, since a call in between may have closed it. */
  private isOver(): boolean {
    return this.isClosed;
  }

  private maybeResumeSocket(): void {
    if (!this.isSocketPaused || this.isOver() || this.isBlocked()) return;
    this.isSocketPaused = false;
    this.socket.resume();
  }

  /** Source: org.apache.kafka.common.network.Selector.pollSelectionKeys, kafka.network.Processor, 3.9 */
  private onUnexpected(error: unknown): void {
    this.services.logger.warn(
      `Unexpected error from /${this.clientHost} (channelId=${this.id}); closing connection`,
      error,
    );
    this.close();
  }
}

/** Source: kafka.network.ConnectionId, 3.9 */
function connectionId({ local, remote }: Socket, index: number): string {
  return `${local.host}:${local.port}-${remote.host}:${remote.port}-${index}`;
}
