import type { Network, Socket } from '../../src/platform/network.js';
import { NO_SESSION, type Acl } from '../../zk/client/zk-client.js';
import { decode, JuteReader, JuteWriter, type JuteType } from '../../zk/jute/jute.js';
import {
  connectRequestFrame,
  connectResponseFrame,
  replyHeader,
  requestHeader,
  watcherEvent,
  createRequest,
  watchedPathRequest,
  type ConnectRequest,
  type ConnectResponse,
} from '../../zk/jute/messages.js';
import { OP, XID } from '../../zk/jute/op-codes.js';

export const OPEN: readonly Acl[] = [{ permissions: 31, scheme: 'world', id: 'anyone' }];

export interface RawReply {
  readonly xid: number;
  readonly zxid: number;
  readonly err: number;
  readonly body: Buffer;
}

/** What a client sees, in the order it came: replies as `xid err`, events as `event type path`. */
export type Sight = string;

/**
 * A client without any cleverness: it sends the frames a test tells it to and keeps what comes back, in order. It never
 * pings and never reconnects.
 */
export class RawZkClient {
  readonly sights: Sight[] = [];
  isClosed = false;
  session: ConnectResponse | undefined;
  private readonly socket: Socket;
  private readonly waiting = new Map<number, (reply: RawReply) => void>();
  private readonly onSession: (session: ConnectResponse) => void;
  private readonly onEnd: (reason: Error) => void;
  private received = Buffer.alloc(0);
  private readonly chunk = Buffer.alloc(64 << 10);
  private xid = 0;
  private isPaused = false;
  private closers: (() => void)[] = [];

  private constructor(
    network: Network,
    port: number,
    host: string,
    onSession: (session: ConnectResponse) => void,
    onEnd: (reason: Error) => void,
  ) {
    this.onSession = onSession;
    this.onEnd = onEnd;
    this.socket = network.connect(
      { host, port },
      {},
      {
        buffer: () => this.chunk,
        onBytes: (count) => {
          this.received = Buffer.concat([this.received, this.chunk.subarray(0, count)]);
          this.takeFrames();
          return !this.isPaused;
        },
        onClose: () => {
          this.isClosed = true;
          this.onEnd(new Error('closed before the session stood'));
          for (const close of this.closers) close();
        },
      },
    );
  }

  /** Connects and asks for a session; resolves with the server's answer, be it a refusal (timeout 0). */
  static connect(
    network: Network,
    port: number,
    wish: Partial<ConnectRequest> = {},
    host = '127.0.0.1',
  ): Promise<RawZkClient> {
    return new Promise((resolve, reject) => {
      const client: RawZkClient = new RawZkClient(network, port, host, () => resolve(client), reject);
      client.sendFrame((writer) =>
        connectRequestFrame.write(writer, {
          protocolVersion: 0,
          lastZxidSeen: 0,
          timeoutMs: 6000,
          sessionId: NO_SESSION,
          password: Buffer.alloc(16),
          readOnly: false,
          ...wish,
        }),
      );
    });
  }

  /** Connects and sends these bytes as they are. */
  static raw(network: Network, port: number, bytes: Buffer, host = '127.0.0.1'): RawZkClient {
    const client = new RawZkClient(
      network,
      port,
      host,
      () => undefined,
      () => undefined,
    );
    client.socket.write(bytes);
    return client;
  }

  get receivedBytes(): Buffer {
    return this.received;
  }

  /** Sends a request; the answer is its promise, and a line in {@link sights}. */
  send<T>(type: number, recordType?: JuteType<T>, record?: T, xid = ++this.xid): Promise<RawReply> {
    this.sendFrame((writer) => {
      requestHeader.write(writer, { xid, type });
      if (recordType !== undefined) recordType.write(writer, record as T);
    });
    return new Promise((resolve) => this.waiting.set(xid, resolve));
  }

  create(path: string, data = '', flags = 0): Promise<RawReply> {
    return this.send(OP.create, createRequest, { path, data: Buffer.from(data), acl: OPEN, flags });
  }

  read(type: number, path: string, watch = false): Promise<RawReply> {
    return this.send(type, watchedPathRequest, { path, watch });
  }

  sendBytes(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  /** Takes nothing more from the socket after the next bytes. */
  stopReading(): void {
    this.isPaused = true;
  }

  readOn(): void {
    this.isPaused = false;
    this.socket.resume();
  }

  destroy(): void {
    this.socket.destroy();
  }

  whenClosed(): Promise<void> {
    return this.isClosed ? Promise.resolve() : new Promise((resolve) => this.closers.push(resolve));
  }

  private sendFrame(write: (writer: JuteWriter) => void): void {
    const writer = new JuteWriter();
    const at = writer.reserve(4);
    write(writer);
    writer.bytes.writeInt32BE(writer.position - at - 4, at);
    this.socket.write(writer.written());
  }

  private takeFrames(): void {
    while (this.received.length >= 4) {
      const length = this.received.readInt32BE(0);
      if (length < 0 || this.received.length < 4 + length) return;
      const frame = this.received.subarray(4, 4 + length);
      this.received = this.received.subarray(4 + length);
      this.onFrame(frame);
    }
  }

  private onFrame(frame: Buffer): void {
    if (this.session === undefined) {
      this.session = decode(connectResponseFrame, frame);
      this.onSession(this.session);
      return;
    }
    const reader = new JuteReader(frame);
    const header = replyHeader.read(reader);
    if (header.xid === XID.watch) {
      const event = watcherEvent.read(reader);
      this.sights.push(`event ${event.type} ${event.path}`);
      return;
    }
    this.sights.push(`${header.xid} ${header.err}`);
    const answer = this.waiting.get(header.xid);
    this.waiting.delete(header.xid);
    answer?.({ ...header, body: frame.subarray(reader.position) });
  }
}
