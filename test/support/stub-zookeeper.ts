import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { decode, encode, JuteReader, JuteWriter, type JuteType } from '../../zk/jute/jute.js';
import {
  authPacket,
  connectRequestFrame,
  connectResponseFrame,
  replyHeader,
  requestHeader,
  setWatches,
  watcherEvent,
  type ConnectRequest,
} from '../../zk/jute/messages.js';
import { OP, XID } from '../../zk/jute/op-codes.js';
import { EventLog } from './event-log.js';

/** What a client sent, as far as tests look at it. */
export type Received =
  | { readonly type: 'connect'; readonly connection: number; readonly request: ConnectRequest }
  | { readonly type: 'auth'; readonly connection: number; readonly scheme: string }
  | {
      readonly type: 'setWatches';
      readonly connection: number;
      readonly bytes: number;
      readonly paths: readonly string[];
    }
  | { readonly type: 'ping'; readonly connection: number; readonly atMs: number }
  | { readonly type: 'request'; readonly connection: number; readonly xid: number; readonly op: number };

/** One connection, as a test's script sees it. */
export class StubConnection {
  readonly number: number;
  private readonly socket: Socket;

  constructor(number: number, socket: Socket) {
    this.number = number;
    this.socket = socket;
  }

  /** Raw bytes: half a frame, garbage. */
  write(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  frame(body: Buffer): void {
    const length = Buffer.alloc(4);
    length.writeInt32BE(body.length);
    this.write(Buffer.concat([length, body]));
  }

  reply(xid: number, err: number, body: Buffer = Buffer.alloc(0), zxid = 1): void {
    this.frame(Buffer.concat([encode(replyHeader, { xid, zxid, err }), body]));
  }

  event(type: number, path: string): void {
    this.reply(XID.watch, 0, encode(watcherEvent, { type, state: 3, path }), -1);
  }

  cut(): void {
    this.socket.destroy();
  }
}

/** What a stub does; what is left out is done properly. Returning true means: I took care of it. */
export interface StubScript {
  onAccept?(connection: StubConnection): boolean;
  onConnectRequest?(connection: StubConnection, request: ConnectRequest): boolean;
  onAuth?(connection: StubConnection): boolean;
  onPing?(connection: StubConnection): boolean;
  onRequest?(connection: StubConnection, xid: number, op: number, body: JuteReader): boolean;
}

/** A ZooKeeper that misbehaves on demand: it grants sessions, answers pings, and NO_NODE to every request, unless its script says otherwise. */
export class StubZooKeeper {
  readonly received = new EventLog<Received>();
  readonly timeoutMs: number;
  private readonly script: StubScript;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private connections = 0;

  constructor(script: StubScript = {}, timeoutMs = 6000) {
    this.script = script;
    this.timeoutMs = timeoutMs;
    this.server = createServer({ noDelay: true }, (socket) => this.accept(socket));
  }

  async start(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  dropConnections(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket);
    const connection = new StubConnection(++this.connections, socket);
    let pending: Buffer = Buffer.alloc(0);
    let greeted = false;
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
    if (this.script.onAccept?.(connection) === true) return;
    socket.on('data', (bytes) => {
      pending = Buffer.concat([pending, bytes]);
      while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
        const end = 4 + pending.readInt32BE(0);
        const body = pending.subarray(4, end);
        pending = pending.subarray(end);
        if (greeted) this.onMessage(connection, body);
        else this.onGreeting(connection, body);
        greeted = true;
      }
    });
  }

  private onGreeting(connection: StubConnection, body: Buffer): void {
    const request = decode(connectRequestFrame, body);
    this.received.add({ type: 'connect', connection: connection.number, request });
    if (this.script.onConnectRequest?.(connection, request) !== true) this.grant(connection, request);
  }

  /** A session, or the one that the client names. */
  grant(connection: StubConnection, request: ConnectRequest, timeoutMs = this.timeoutMs): void {
    const isNew = /^0+$/.test(request.sessionId);
    connection.frame(
      encode(connectResponseFrame, {
        protocolVersion: 0,
        timeoutMs,
        sessionId: isNew ? `00000000000000${(0x10 + connection.number).toString(16)}` : request.sessionId,
        password: Buffer.alloc(16, 7),
        readOnly: false,
      }),
    );
  }

  private onMessage(connection: StubConnection, body: Buffer): void {
    const from = new JuteReader(body);
    const { xid, type } = requestHeader.read(from);
    const number = connection.number;
    if (xid === XID.ping) {
      this.received.add({ type: 'ping', connection: number, atMs: performance.now() });
      if (this.script.onPing?.(connection) !== true) connection.reply(XID.ping, 0);
    } else if (xid === XID.auth) {
      this.received.add({ type: 'auth', connection: number, scheme: authPacket.read(from).scheme });
      if (this.script.onAuth?.(connection) !== true) connection.reply(XID.auth, 0);
    } else if (xid === XID.setWatches) {
      const { dataWatches, existWatches, childWatches } = setWatches.read(from);
      const paths = [...dataWatches, ...existWatches, ...childWatches];
      this.received.add({ type: 'setWatches', connection: number, bytes: body.length, paths });
      connection.reply(XID.setWatches, 0);
    } else {
      this.received.add({ type: 'request', connection: number, xid, op: type });
      if (this.script.onRequest?.(connection, xid, type, from) === true) return;
      connection.reply(xid, type === OP.closeSession ? 0 : -101);
    }
  }
}

/** A whole frame's bytes of an answer, to be cut anywhere. */
export function answerFrame<T>(xid: number, type: JuteType<T>, value: T): Buffer {
  const writer = new JuteWriter();
  writer.int(0);
  replyHeader.write(writer, { xid, zxid: 1, err: 0 });
  type.write(writer, value);
  writer.bytes.writeInt32BE(writer.position - 4, 0);
  return Buffer.from(writer.written());
}
