import type { Cancel, Time } from '../../src/platform/time.js';
import { JuteReader, JuteWriter, type JuteType } from '../jute/jute.js';
import {
  authPacket,
  connectRequestFrame,
  connectResponseFrame,
  replyHeader,
  requestHeader,
  setWatches,
  watcherEvent,
} from '../jute/messages.js';
import { EVENT, OP, XID } from '../jute/op-codes.js';
import { Fifo } from './fifo.js';
import { FrameReader } from './frame-reader.js';
import { Liveness } from './liveness.js';
import { opCodeOf, writeRequest, type ZkFailure, type ZkRequest } from './requests.js';
import { watchBatches, type WatchLists } from './watch-table.js';
import { NO_SESSION, type SessionId, type WatchEvent } from './zk-client.js';

/** Answers may be large (the children of a node with 100,000 of them), not endless. */
const MAX_FRAME_BYTES = 64 * 1024 * 1024;
const FIRST_BYTES = 4096;
const MAX_XID = 0x7fffffff;

export interface Credential {
  readonly scheme: string;
  readonly auth: Buffer;
}

/** What of a session outlives its connections. */
export interface SessionMemory {
  id: SessionId;
  password: Buffer;
  /** Asked for, and once a server has answered, what it granted. */
  timeoutMs: number;
  /** The last transaction that an answer spoke of: no server that is behind it may serve us. */
  lastZxid: number;
}

export function newSessionMemory(timeoutMs: number): SessionMemory {
  return { id: NO_SESSION, password: Buffer.alloc(16), timeoutMs, lastZxid: 0 };
}

/** From 1 to 2³¹−1 and again from 1: the negative ones are the protocol's own. */
export function nextXid(xid: number): number {
  return xid >= MAX_XID ? 1 : xid + 1;
}

/** The connection's side of a {@link Conversation}. After the first of the last four calls nothing more is called. */
export interface ConversationOwner {
  write(bytes: Buffer): void;
  watches(): WatchLists;
  /** The session stands on this connection: credentials accepted, watches sent. Requests may follow. */
  onReady(): void;
  /** A request's answer; `from` stands after the header. Throws JuteError if it cannot read it. */
  onReply(xid: number, err: number, from: JuteReader): void;
  onWatchEvent(type: WatchEvent['type'], path: string): void;
  /** The server said something that we do not know and need not answer. */
  onStrange(what: string): void;
  onExpired(): void;
  onAuthFailed(): void;
  /** The connection is of no use any more. */
  onBroken(reason: string): void;
}

/**
 * ZooKeeper's client protocol on one connection, apart from how bytes travel: handshake under a deadline, then credentials,
 * then watches, then requests; pings and the detection of silence; answers and events told apart. It lives from the first
 * attempt to connect until {@link end}.
 */
export class Conversation {
  private readonly memory: SessionMemory;
  private readonly credentials: readonly Credential[];
  private readonly time: Time;
  private readonly owner: ConversationOwner;
  private readonly frames = new FrameReader(MAX_FRAME_BYTES);
  private readonly reader = new JuteReader(Buffer.alloc(0));
  private readonly authAnswers = new Fifo<(failure?: ZkFailure) => void>();
  private readonly cancelDeadline: Cancel;
  private out = new JuteWriter(FIRST_BYTES);
  private flushing = false;
  private hasStood = false;
  private phase: 'handshake' | 'credentials' | 'ready' | 'ended' = 'handshake';
  private liveness: Liveness | undefined;

  /** `deadlineMs` counts from now until {@link ConversationOwner.onReady}: connecting, handshake and credentials together. */
  constructor(
    memory: SessionMemory,
    credentials: readonly Credential[],
    time: Time,
    deadlineMs: number,
    owner: ConversationOwner,
  ) {
    this.memory = memory;
    this.credentials = credentials;
    this.time = time;
    this.owner = owner;
    this.cancelDeadline = time.schedule(deadlineMs, () =>
      this.fail(`no session after ${Math.round(deadlineMs)} ms on this connection`),
    );
  }

  get isReady(): boolean {
    return this.phase === 'ready';
  }

  /** The log line for its end. */
  describeEnd(reason: string): string {
    return `${this.hasStood ? 'Connection to ZooKeeper lost, reconnecting' : 'No connection to ZooKeeper'}: ${reason}`;
  }

  /** The transport stands. */
  begin(): void {
    const { id, password, timeoutMs, lastZxid } = this.memory;
    this.frame((to) =>
      connectRequestFrame.write(to, {
        protocolVersion: 0,
        lastZxidSeen: lastZxid,
        timeoutMs,
        sessionId: id,
        password,
        readOnly: false,
      }),
    );
  }

  /** Returns MARSHALLING_ERROR, and sends nothing, if a value does not fit the record (a version beyond 32 bits). */
  request(xid: number, request: ZkRequest): ZkFailure | undefined {
    try {
      this.frame((to) => {
        requestHeader.write(to, { xid, type: opCodeOf(request) });
        writeRequest(to, request);
      });
      return undefined;
    } catch (error) {
      return { error: 'MARSHALLING_ERROR', detail: error instanceof Error ? error.message : String(error) };
    }
  }

  closeSession(xid: number): void {
    this.frame((to) => requestHeader.write(to, { xid, type: OP.closeSession }));
  }

  /**
   * Sends one more credential. `done` when the server has answered, with AUTH_FAILED if it refused; without a failure also when
   * the connection ends before, and at once during the handshake, after which all credentials are sent anyway.
   */
  authenticate(credential: Credential, done: (failure?: ZkFailure) => void): void {
    if (this.phase === 'handshake' || this.phase === 'ended') {
      done();
      return;
    }
    this.authAnswers.push(done);
    this.message(XID.auth, OP.auth, authPacket, { type: 0, scheme: credential.scheme, auth: credential.auth });
  }

  /** Where the next bytes go; see {@link received}. */
  space(): Buffer {
    return this.frames.space();
  }

  /** `count` bytes stand at the start of {@link space}. Never throws. */
  received(count: number): void {
    if (this.phase === 'ended') return;
    this.liveness?.received();
    try {
      this.frames.advance(count, (frame) => this.onFrame(frame));
    } catch (error) {
      this.fail(`unreadable answer: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** No more timers, no more calls. */
  end(): void {
    if (this.phase === 'ended') return;
    this.phase = 'ended';
    this.cancelDeadline();
    this.liveness?.stop();
    for (let done = this.authAnswers.shift(); done !== undefined; done = this.authAnswers.shift()) done();
  }

  private onFrame(frame: Buffer): boolean {
    this.reader.bytes = frame;
    this.reader.position = 0;
    this.reader.end = frame.length;
    if (this.phase === 'handshake') this.onHandshake(this.reader);
    else this.onMessage(this.reader);
    return !this.hasEnded();
  }

  /** What a callback may have done, which the compiler does not see. */
  private hasEnded(): boolean {
    return this.phase === 'ended';
  }

  private onHandshake(from: JuteReader): void {
    const answer = connectResponseFrame.read(from);
    const isOurs = this.memory.id === NO_SESSION || answer.sessionId === this.memory.id;
    if (answer.timeoutMs <= 0 || !isOurs) {
      this.end();
      this.owner.onExpired();
      return;
    }
    this.memory.id = answer.sessionId;
    this.memory.password = Buffer.from(answer.password ?? []);
    this.memory.timeoutMs = answer.timeoutMs;
    this.liveness = new Liveness(this.time, answer.timeoutMs, {
      ping: () => this.frame((to) => requestHeader.write(to, { xid: XID.ping, type: OP.ping })),
      onSilence: (silentMs) => this.fail(`nothing heard for ${Math.round(silentMs)} ms`),
    });
    this.phase = 'credentials';
    for (const credential of this.credentials) this.authenticate(credential, () => undefined);
    for (const batch of watchBatches(this.owner.watches())) {
      this.message(XID.setWatches, OP.setWatches, setWatches, {
        relativeZxid: this.memory.lastZxid,
        dataWatches: batch.data,
        existWatches: batch.exist,
        childWatches: batch.child,
      });
    }
    this.maybeReady();
  }

  private maybeReady(): void {
    if (this.phase !== 'credentials' || this.authAnswers.length > 0) return;
    this.phase = 'ready';
    this.hasStood = true;
    this.cancelDeadline();
    this.owner.onReady();
  }

  private onMessage(from: JuteReader): void {
    const { xid, zxid, err } = replyHeader.read(from);
    if (zxid > 0) this.memory.lastZxid = zxid;
    switch (xid) {
      case XID.ping:
        return;
      case XID.auth:
        this.onAuthAnswer(err);
        return;
      case XID.watch:
        this.onEvent(from);
        return;
      case XID.setWatches:
        if (err !== 0) this.fail(`watches refused with code ${err}`);
        return;
      default:
        this.owner.onReply(xid, err, from);
        return;
    }
  }

  private onAuthAnswer(err: number): void {
    const done = this.authAnswers.shift();
    if (err === 0) {
      done?.();
      this.maybeReady();
      return;
    }
    done?.({ error: 'AUTH_FAILED' });
    this.end();
    this.owner.onAuthFailed();
  }

  private onEvent(from: JuteReader): void {
    const { type, path } = watcherEvent.read(from);
    const name = EVENT_NAMES.get(type);
    if (name === undefined) this.owner.onStrange(`event of type ${type} at ${path}`);
    else this.owner.onWatchEvent(name, path);
  }

  private message<T>(xid: number, type: number, record: JuteType<T>, value: T): void {
    this.frame((to) => {
      requestHeader.write(to, { xid, type });
      record.write(to, value);
    });
  }

  /** Appends a frame to what leaves together at the end of this turn. */
  private frame(write: (to: JuteWriter) => void): void {
    if (this.phase === 'ended') return;
    const at = this.out.reserve(4);
    try {
      write(this.out);
    } catch (error) {
      this.out.position = at;
      throw error;
    }
    this.out.bytes.writeInt32BE(this.out.position - at - 4, at);
    if (this.flushing) return; // leaves with what waits
    this.flushing = true;
    queueMicrotask(() => this.flush());
  }

  private flush(): void {
    this.flushing = false;
    if (this.phase === 'ended') return;
    const bytes = this.out.written();
    this.out = new JuteWriter(FIRST_BYTES);
    this.liveness?.sent();
    this.owner.write(bytes);
  }

  private fail(reason: string): void {
    if (this.phase === 'ended') return;
    this.end();
    this.owner.onBroken(reason);
  }
}

const EVENT_NAMES = new Map<number, WatchEvent['type']>([
  [EVENT.created, 'created'],
  [EVENT.deleted, 'deleted'],
  [EVENT.dataChanged, 'changed'],
  [EVENT.childrenChanged, 'child'],
]);
