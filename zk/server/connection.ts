import type { Logger } from '../../src/platform/logger.js';
import type { Socket, SocketHandler } from '../../src/platform/network.js';
import type { Cancel, Time } from '../../src/platform/time.js';
import { NO_SESSION, ZK_ERROR_CODES } from '../client/zk-client.js';
import { JuteError, JuteReader, JuteWriter, type JuteType } from '../jute/jute.js';
import {
  authPacket,
  connectRequestFrame,
  connectResponseFrame,
  replyHeader,
  requestHeader,
  watcherEvent,
  type ConnectRequest,
} from '../jute/messages.js';
import { KEEPER_STATE, OP, XID } from '../jute/op-codes.js';
import { authenticate, type Identity } from './acl-check.js';
import { commandOf } from './four-letter-words.js';
import { newRequest, readBody, type Request, type RequestOrigin } from './request.js';
import { ServerStats } from './server-stats.js';
import { sessionPassword } from './session-id.js';
import type { Session } from './session-tracker.js';

/** What a connection needs of its server. */
export interface ConnectionOwner {
  readonly time: Time;
  readonly logger: Logger;
  readonly stats: ServerStats;
  readonly juteMaxBuffer: number;
  /** A connect request came: {@link Connection.onSession} follows, or the connection closes. */
  connect(connection: Connection, request: ConnectRequest): void;
  /** Returns whether the session still lives. */
  touch(session: Session, timeoutMs: number): boolean;
  submit(request: Request): void;
  fourLetterWord(command: string, connection: Connection): string;
  /** It has bytes to send at the end of the turn. */
  onDirty(connection: Connection): void;
  /** Called after a read, when all frames of it are submitted. */
  endOfTurn(): void;
  /** Too much waits for the disk: this one should read no more for now. */
  isThrottled(connection: Connection): boolean;
  onClosed(connection: Connection): void;
}

/** A client has this long from the connection to its session. Source: NIOServerCnxnFactory, sessionlessCnxnTimeout, 3.8 */
const HANDSHAKE_MS = 10_000;
/** A client that we say goodbye to has this long to take its last answers. */
const FAREWELL_MS = 10_000;
const SMALL_BUFFER_BYTES = 4 << 10;
const LARGE_BUFFER_BYTES = 128 << 10;
/** After so many the buffer shrinks: ten thousand idle clients are cheap. */
const QUIET_READS = 16;
/** A client that takes no bytes but keeps producing events is cut off here. */
const MAX_QUEUED_BYTES = 256 << 20;
/** Replies of a turn go out before its end when there are this many bytes: the socket then says whether to read on. */
const FLUSH_BYTES = 256 << 10;

/**
 * One client's connection: frames in, replies and events out. Replies of one turn leave in one write.
 * Source: org.apache.zookeeper.server.NIOServerCnxn, 3.8
 */
export class Connection implements SocketHandler, RequestOrigin {
  readonly socket: Socket;
  readonly establishedMs: number;
  readonly stats = new ServerStats();
  identities: readonly Identity[];
  outstanding = 0;
  session: Session | undefined;
  /** Negotiated for this connection. */
  timeoutMs = 0;
  lastOperation = 'NA';
  lastXid = -1;
  lastZxid = -1;
  lastResponseMs = 0;
  lastLatencyMs = 0;
  private readonly owner: ConnectionOwner;
  private cancelDeadline: Cancel;
  private input = Buffer.allocUnsafeSlow(SMALL_BUFFER_BYTES);
  /** Reads in a row that a small buffer would have done for. */
  private quietReads = 0;
  /** Of `input`: frames before `taken` are done, bytes before `filled` have come. */
  private taken = 0;
  private filled = 0;
  private output: JuteWriter | undefined;
  private state: 'new' | 'connecting' | 'open' | 'closing' | 'closed' = 'new';
  private isPaused = false;
  private isReading = false;
  private isClogged = false;
  private wantsReadOnlyByte: boolean | undefined;

  constructor(socket: Socket, owner: ConnectionOwner) {
    this.socket = socket;
    this.owner = owner;
    this.establishedMs = owner.time.wallMs();
    this.identities = [{ scheme: 'ip', id: socket.remote.host }];
    this.cancelDeadline = owner.time.schedule(HANDSHAKE_MS, () => {
      owner.logger.info(`Closing socket connection for ${this.remote}: no session after ${HANDSHAKE_MS} ms`);
      this.destroy();
    });
  }

  /** As Java prints an address. */
  get remote(): string {
    return `/${this.socket.remote.host}:${this.socket.remote.port}`;
  }

  buffer(): Buffer {
    return this.input.subarray(this.filled);
  }

  onBytes(count: number): boolean {
    const isBusy = count === this.input.length - this.filled;
    this.filled += count;
    this.readFrames();
    this.owner.endOfTurn();
    this.quietReads = count > SMALL_BUFFER_BYTES ? 0 : this.quietReads + 1;
    this.makeRoom(isBusy);
    return !this.isPaused;
  }

  onDrain(): void {
    this.isClogged = false;
    this.maybeResume();
    this.owner.endOfTurn();
  }

  onClose(error?: Error): void {
    if (error !== undefined && this.owner.logger.isDebug) {
      this.owner.logger.debug(`Connection ${this.remote} broke: ${error.message}`);
    }
    this.state = 'closed';
    this.cancelDeadline();
    this.output = undefined;
    this.owner.onClosed(this);
  }

  reply<T>(xid: number, zxid: number, err: number, type?: JuteType<T>, body?: T): void {
    const writer = this.beginFrame();
    if (writer === undefined) return;
    const at = writer.reserve(4);
    replyHeader.write(writer, { xid, zxid, err });
    if (type !== undefined && err === 0) type.write(writer, body as T);
    this.endFrame(writer, at);
  }

  onWatchEvent(type: number, path: string): void {
    const writer = this.beginFrame();
    if (writer === undefined) return;
    const at = writer.reserve(4);
    replyHeader.write(writer, { xid: XID.watch, zxid: -1, err: 0 });
    watcherEvent.write(writer, { type, state: KEEPER_STATE.syncConnected, path });
    this.endFrame(writer, at);
  }

  onSession(session: Session | undefined): void {
    const writer = this.beginFrame();
    if (writer === undefined) return;
    const at = writer.reserve(4);
    connectResponseFrame.write(writer, {
      protocolVersion: 0,
      timeoutMs: session === undefined ? 0 : this.timeoutMs,
      sessionId: session?.id ?? NO_SESSION,
      password: session === undefined ? Buffer.alloc(16) : sessionPassword(session.id),
      readOnly: this.wantsReadOnlyByte,
    });
    this.endFrame(writer, at);
    if (session === undefined) {
      this.close();
      return;
    }
    this.cancelDeadline();
    this.session = session;
    this.state = 'open';
    this.maybeResume();
  }

  onAnswered(operation: string, xid: number, zxid: number, latencyMs: number): void {
    this.lastOperation = operation;
    this.lastXid = xid;
    this.lastZxid = zxid;
    this.lastResponseMs = this.owner.time.nowMs();
    this.lastLatencyMs = Math.floor(latencyMs);
    this.stats.onAnswered(latencyMs);
    this.owner.stats.onAnswered(latencyMs);
  }

  /** Sends what is queued, reads no more, then closes. */
  close(): void {
    if (this.state === 'closed' || this.state === 'closing') return;
    this.state = 'closing';
    this.isPaused = true;
    this.flush();
    this.cancelDeadline();
    this.cancelDeadline = this.owner.time.schedule(FAREWELL_MS, () => this.destroy());
    this.socket.end();
  }

  destroy(): void {
    this.isPaused = true;
    this.state = 'closed';
    this.socket.destroy();
  }

  /** Hands the turn's replies to the socket. */
  flush(): void {
    const { output } = this;
    if (output === undefined || output.position === 0) return;
    this.output = undefined;
    if (this.socket.write(output.written())) return;
    this.isClogged = true;
    this.isPaused = true;
    if (this.socket.queuedBytes <= MAX_QUEUED_BYTES) return;
    this.owner.logger.warn(
      `Closing ${this.remote}: it reads nothing while ${this.socket.queuedBytes} bytes wait for it`,
    );
    this.destroy();
  }

  /** Reads on if nothing is in the way any more. */
  maybeResume(): void {
    if (!this.isPaused || this.state !== 'open' || this.isClogged || this.owner.isThrottled(this)) return;
    this.isPaused = false;
    if (this.isReading) return; // called from a frame: the loop over frames goes on by itself
    this.readFrames();
    this.resumeUnlessPaused();
  }

  private resumeUnlessPaused(): void {
    if (!this.isPaused) this.socket.resume();
  }

  /** Takes the whole frames that are there. */
  private readFrames(): void {
    this.isReading = true;
    while (!this.isPaused && this.filled - this.taken >= 4) {
      const length = this.input.readInt32BE(this.taken);
      if (this.state === 'new' && this.maybeCommand(length)) break;
      if (length < 0 || length > this.owner.juteMaxBuffer) {
        this.refuse(`it sent a frame of length ${length} (jute.maxbuffer is ${this.owner.juteMaxBuffer})`);
        break;
      }
      const start = this.taken + 4;
      if (this.filled - start < length) break;
      this.taken = start + length;
      this.onFrame(new JuteReader(this.input, start, this.taken));
    }
    this.isReading = false;
  }

  /**
   * Moves what is left to the front, and sees to it that the frame it begins fits. Only where the socket is about to ask
   * for {@link buffer}: at any other time it may be reading into the one it got.
   */
  private makeRoom(isBusy: boolean): void {
    const left = this.filled - this.taken;
    const frameBytes =
      left < 4 ? 0 : 4 + Math.max(0, Math.min(this.input.readInt32BE(this.taken), this.owner.juteMaxBuffer));
    let size = this.input.length;
    if (left === 0 && (size > LARGE_BUFFER_BYTES || this.quietReads >= QUIET_READS)) size = SMALL_BUFFER_BYTES;
    if (isBusy) size = Math.max(size, LARGE_BUFFER_BYTES);
    size = Math.max(size, frameBytes, left + SMALL_BUFFER_BYTES);
    if (size === this.input.length) {
      if (this.taken > 0) this.input.copyWithin(0, this.taken, this.filled);
    } else {
      const resized = Buffer.allocUnsafeSlow(size);
      this.input.copy(resized, 0, this.taken, this.filled);
      this.input = resized;
    }
    this.taken = 0;
    this.filled = left;
  }

  private onFrame(frame: JuteReader): void {
    this.stats.packetsReceived++;
    this.owner.stats.packetsReceived++;
    try {
      if (this.state === 'new') this.onConnectRequest(frame);
      else this.onRequest(frame);
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      this.refuse(`it sent a damaged frame: ${error.message}`);
    }
  }

  private onConnectRequest(frame: JuteReader): void {
    const request = connectRequestFrame.read(frame);
    this.wantsReadOnlyByte = request.readOnly === undefined ? undefined : false;
    this.state = 'connecting';
    this.isPaused = true;
    this.owner.connect(this, request);
  }

  private onRequest(frame: JuteReader): void {
    const { session, owner } = this;
    if (session === undefined) return;
    const { xid, type } = requestHeader.read(frame);
    if (type === OP.auth) {
      this.onAuth(xid, frame);
      return;
    }
    if (!owner.touch(session, this.timeoutMs)) return; // its end is on the way and closes this connection
    const body = readBody(type, frame);
    if (body === undefined) {
      this.reply(xid, this.lastZxid, ZK_ERROR_CODES.UNIMPLEMENTED);
      this.close();
      return;
    }
    owner.submit(newRequest(this, session, xid, body, owner.time.nowMs()));
    if (owner.isThrottled(this)) this.isPaused = true;
  }

  private onAuth(xid: number, frame: JuteReader): void {
    const { scheme, auth } = authPacket.read(frame);
    const identity = authenticate(scheme, auth ?? Buffer.alloc(0), this.socket.remote.host);
    if (identity === undefined) {
      this.owner.logger.warn(`Authentication failed for scheme: ${scheme}`);
      this.reply(xid, 0, ZK_ERROR_CODES.AUTH_FAILED);
      this.close();
      return;
    }
    if (!this.identities.some((known) => known.scheme === identity.scheme && known.id === identity.id)) {
      this.identities = [...this.identities, identity];
    }
    this.owner.logger.info(`auth success for scheme ${scheme} and address ${this.remote}`);
    this.reply(xid, 0, 0);
  }

  private maybeCommand(code: number): boolean {
    const command = commandOf(code);
    if (command === undefined) return false;
    const writer = this.beginFrame();
    writer?.raw(Buffer.from(this.owner.fourLetterWord(command, this), 'utf8'));
    this.close();
    return true;
  }

  private refuse(reason: string): void {
    this.owner.logger.warn(`Closing ${this.remote}: ${reason}`);
    this.close();
  }

  private beginFrame(): JuteWriter | undefined {
    if (this.state === 'closing' || this.state === 'closed') return undefined;
    if (this.output === undefined) {
      this.output = new JuteWriter(1024);
      this.owner.onDirty(this);
    }
    return this.output;
  }

  private endFrame(writer: JuteWriter, at: number): void {
    writer.bytes.writeInt32BE(writer.position - at - 4, at);
    this.stats.packetsSent++;
    this.owner.stats.packetsSent++;
    if (writer.position >= FLUSH_BYTES) this.flush();
  }
}
