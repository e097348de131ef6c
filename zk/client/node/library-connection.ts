import { connect as connectSocket } from 'node:net';
import ConnectionManager from 'node-zookeeper-client/lib/ConnectionManager.js';
import type { Logger } from '../../../src/platform/logger.js';
import type { Cancel, Time } from '../../../src/platform/time.js';
import type { JuteReader } from '../../jute/jute.js';
import { EVENT, OP } from '../../jute/op-codes.js';
import { Conversation, nextXid, type Credential, type SessionMemory } from '../conversation.js';
import { readReply, type ZkRequest } from '../requests.js';
import type { ServerRotation } from '../server-rotation.js';
import { watchLeftBy, type Watch, type WatchLists } from '../watch-table.js';
import { ZK_ERROR_CODES, type WatchEvent } from '../zk-client.js';

const { STATES } = ConnectionManager;

/** A request as the library queues it, carrying ours. */
export interface LibraryRequest extends ConnectionManager.Request {
  /** undefined: closeSession, which the library makes itself. */
  readonly message?: ZkRequest;
}

export interface LibraryConnectionParts {
  readonly memory: SessionMemory;
  readonly rotation: ServerRotation;
  readonly credentials: readonly Credential[];
  readonly time: Time;
  readonly logger: Logger;
  onState(state: number): void;
  onWatch(type: WatchEvent['type'], path: string): void;
}

/**
 * The library's connection manager made safe. Its states, its queues of packets that wait and that are sent, its watch
 * bookkeeping and `queue` and `close` stay; what happens on a socket is our {@link Conversation}, since the library's own
 *
 * 1. keeps half an answer for the next connection, which it poisons for ever;
 * 2. never notices a silent path, and pings by the wrong clock;
 * 3. waits for ever for a server that accepts and says nothing;
 * 4. throws in the socket's handler on error codes and events it does not know;
 * 5. makes version 0 of a transaction "any version" (ours are encoded by requests.ts);
 * 6. leaves queued requests unanswered when the connection or the session ends;
 * 7. lets them overtake the credentials, queues these and the watches anew at every attempt, and sends all watches at once;
 * 8. lets the xid grow beyond 31 bits.
 */
export class LibraryConnection extends ConnectionManager {
  private readonly parts: LibraryConnectionParts;
  private conversation: Conversation | undefined;
  private cancelRetry: Cancel = () => undefined;
  private brokenBy: string | undefined;
  private ended = false;
  private watchesFired = 0;
  /** One function for all paths: what the library calls when a watch was ours. */
  private readonly noteFired = (): void => {
    this.watchesFired++;
  };

  constructor(parts: LibraryConnectionParts) {
    // The library would misread IPv6 addresses: it gets a name, and servers come from the rotation.
    super('localhost', { sessionTimeout: parts.memory.timeoutMs, spinDelay: 0 }, (state) => parts.onState(state));
    this.parts = parts;
  }

  get isReady(): boolean {
    return this.conversation?.isReady === true;
  }

  authenticate(...args: Parameters<Conversation['authenticate']>): void {
    if (this.conversation === undefined) args[1]();
    else this.conversation.authenticate(...args);
  }

  /** Drops the connection without a word and fails what was sent. */
  abandon(): void {
    this.ended = true;
    this.cancelRetry();
    this.conversation?.end();
    this.socket?.destroy();
    this.failEverything(ZK_ERROR_CODES.CONNECTION_LOSS);
  }

  override findNextServer(callback: (server: ConnectionManager.Server) => void): void {
    const { server, delayMs } = this.parts.rotation.next();
    this.cancelRetry = this.parts.time.schedule(delayMs, () => callback(server));
  }

  override connect(): void {
    if (this.ended) return;
    this.setState(STATES.CONNECTING);
    this.findNextServer((server) => this.openSocket(server));
  }

  override onSocketConnected(): void {
    this.conversation?.begin();
  }

  override onPacketQueueReadable(): void {
    while (this.isReady && this.socket?.writableNeedDrain === false) {
      const packet = this.packetQueue.shift();
      if (packet === undefined) return;
      this.sendPacket(packet);
    }
  }

  /** Fails what was sent, then what waits, in the order of issue; then the library tells the state and, if it may, connects anew. */
  override onSocketClosed(hadError: boolean): void {
    const { conversation } = this;
    this.conversation = undefined;
    conversation?.end();
    if (conversation !== undefined && !this.ended && this.state !== STATES.CLOSING) {
      this.parts.logger.info(conversation.describeEnd(this.brokenBy ?? 'closed by the server'));
    }
    this.queueBehindSent();
    super.onSocketClosed(hadError);
  }

  private openSocket({ host, port }: ConnectionManager.Server): void {
    const { memory, rotation, credentials, time, logger } = this.parts;
    const where = `${host}:${port}`;
    const deadlineMs = memory.timeoutMs / rotation.count;
    const conversation = new Conversation(memory, credentials, time, deadlineMs, {
      write: (bytes) => void socket.write(bytes),
      watches: () => this.watchLists(),
      onReady: () => this.onReady(where),
      onReply: (xid, err, from) => this.onReply(xid, err, from),
      onWatchEvent: (type, path) => this.onWatchEvent(type, path),
      onStrange: (what) => logger.warn(`${where} sent what this client does not know, ignored: ${what}`),
      onExpired: () => this.endWith(STATES.SESSION_EXPIRED),
      onAuthFailed: () => this.endWith(STATES.AUTHENTICATION_FAILED),
      onBroken: (reason) => this.breakOff(`${where}: ${reason}`),
    });
    const onread = {
      buffer: () => conversation.space(),
      callback: (count: number) => {
        conversation.received(count);
        return true;
      },
    };
    const socket = connectSocket({ host, port, noDelay: true, onread });
    this.conversation = conversation;
    this.socket = socket;
    this.brokenBy = undefined;
    socket.on('connect', () => this.onSocketConnected());
    socket.on('drain', () => this.onSocketDrain());
    socket.on('end', () => socket.destroy());
    socket.on('error', (error) => (this.brokenBy ??= `${where}: ${error.message}`));
    socket.on('close', (hadError) => {
      if (this.socket === socket) this.onSocketClosed(hadError);
    });
  }

  private sendPacket(packet: ConnectionManager.Packet): void {
    const { header, message } = packet.request as LibraryRequest;
    const xid = nextXid(this.xid);
    if (message !== undefined) {
      const refused = this.conversation?.request(xid, message);
      if (refused !== undefined) {
        packet.callback({ code: ZK_ERROR_CODES[refused.error] });
        return;
      }
    } else if (header.type === OP.closeSession) {
      this.conversation?.closeSession(xid);
    }
    this.xid = xid;
    header.xid = xid;
    this.pendingQueue.push(packet);
  }

  private onReady(where: string): void {
    const { memory, rotation, logger } = this.parts;
    rotation.succeeded();
    logger.info(
      `Session establishment complete on server ${where}, session id = 0x${memory.id}, negotiated timeout = ${memory.timeoutMs}`,
    );
    this.setState(STATES.CONNECTED);
  }

  private onReply(xid: number, err: number, from: JuteReader): void {
    const packet = this.pendingQueue[0];
    if (packet?.request.header.xid !== xid) {
      this.breakOff(`answer to request ${xid}, expected ${packet?.request.header.xid ?? 'none'}`);
      return;
    }
    const { message } = packet.request as LibraryRequest;
    const reply = message === undefined || err !== 0 ? undefined : readReply(message, from);
    this.pendingQueue.shift();
    if (message === undefined) {
      this.breakOff('the session is closed');
    } else if (err === 0 || err === ZK_ERROR_CODES.NO_NODE) {
      const watch = watchLeftBy(message, err === 0);
      if (watch !== undefined) this.keepWatch(watch);
    }
    packet.callback(err === 0 ? null : { code: err }, reply);
  }

  private keepWatch({ kind, path }: Watch): void {
    const { watcherManager } = this;
    if (kind === 'data') watcherManager.registerDataWatcher(path, this.noteFired);
    else if (kind === 'exist') watcherManager.registerExistenceWatcher(path, this.noteFired);
    else watcherManager.registerChildWatcher(path, this.noteFired);
  }

  private watchLists(): WatchLists {
    const { watcherManager } = this;
    return {
      data: watcherManager.getDataWatcherPaths(),
      exist: watcherManager.getExistenceWatcherPaths(),
      child: watcherManager.getChildWatcherPaths(),
    };
  }

  private onWatchEvent(type: WatchEvent['type'], path: string): void {
    this.watchesFired = 0;
    this.watcherManager.emit({ type: EVENT_TYPES[type], path });
    if (this.watchesFired > 0) this.parts.onWatch(type, path);
  }

  /** The socket's 'close' does the rest. */
  private breakOff(reason: string): void {
    this.brokenBy ??= reason;
    this.conversation?.end();
    this.socket?.destroy();
  }

  private endWith(state: number): void {
    this.ended = true;
    this.setState(state);
    this.socket?.destroy();
  }

  private failEverything(code: number): void {
    this.queueBehindSent();
    this.cleanupPendingQueue(code);
  }

  private queueBehindSent(): void {
    for (let waits = this.packetQueue.shift(); waits !== undefined; waits = this.packetQueue.shift()) {
      this.pendingQueue.push(waits);
    }
  }
}

const EVENT_TYPES: Readonly<Record<WatchEvent['type'], number>> = {
  created: EVENT.created,
  deleted: EVENT.deleted,
  changed: EVENT.dataChanged,
  child: EVENT.childrenChanged,
};
