import type { Cancel, Time } from '../../src/platform/time.js';
import type { SessionId } from '../client/zk-client.js';
import { firstSessionId, sessionIdText } from './session-id.js';

/** One client session. It outlives connections and, through the log, servers. */
export interface Session {
  readonly id: SessionId;
  /** Negotiated, ms. */
  readonly timeoutMs: number;
  /** Its end is on the way: no request of it is accepted. */
  isClosing: boolean;
  /** The bucket that holds it: ms of the monotonic clock. */
  expiresAtMs: number;
}

/**
 * Which sessions live, and when they end if nothing is heard of them. Expiry goes in buckets of one tick: a session ends
 * up to a tick late, never early, and touching it costs nothing while its bucket stays the same.
 * Source: org.apache.zookeeper.server.SessionTrackerImpl, ExpiryQueue, 3.8
 */
export class SessionTracker {
  private readonly sessions = new Map<SessionId, Session>();
  private readonly buckets = new Map<number, Set<Session>>();
  private readonly time: Time;
  private readonly tickMs: number;
  private readonly onExpired: (session: Session) => void;
  private nextId: bigint;
  private timer: { readonly atMs: number; readonly cancel: Cancel } | undefined;
  private running = false;

  constructor(time: Time, tickMs: number, onExpired: (session: Session) => void) {
    this.time = time;
    this.tickMs = tickMs;
    this.onExpired = onExpired;
    this.nextId = firstSessionId(1, time.wallMs());
  }

  get count(): number {
    return this.sessions.size;
  }

  /** Expiry begins: sessions tracked before, from the log, have had no chance to be heard and start anew. */
  start(): void {
    this.running = true;
    for (const session of this.sessions.values()) this.touch(session, session.timeoutMs);
    this.arm();
  }

  stop(): void {
    this.running = false;
    this.timer?.cancel();
    this.timer = undefined;
  }

  get(id: SessionId): Session | undefined {
    return this.sessions.get(id);
  }

  all(): Iterable<Session> {
    return this.sessions.values();
  }

  /** Sessions by the time (monotonic, ms) they end at, earliest first. */
  expiring(): [number, ReadonlySet<Session>][] {
    return [...this.buckets.entries()].sort(([a], [b]) => a - b);
  }

  /** A session with a fresh id. */
  create(timeoutMs: number): Session {
    while (this.sessions.has(sessionIdText(this.nextId))) this.nextId++;
    return this.track(sessionIdText(this.nextId++), timeoutMs);
  }

  /** A session as the log has it; one that is tracked already stays. */
  track(id: SessionId, timeoutMs: number): Session {
    const known = this.sessions.get(id);
    if (known !== undefined) return known;
    const session: Session = { id, timeoutMs, isClosing: false, expiresAtMs: 0 };
    this.sessions.set(id, session);
    this.touch(session, timeoutMs);
    return session;
  }

  /** It was heard of. @param timeoutMs of the connection that it was heard on */
  touch(session: Session, timeoutMs: number): void {
    const expiresAtMs = (Math.floor((this.time.nowMs() + timeoutMs) / this.tickMs) + 1) * this.tickMs;
    if (expiresAtMs === session.expiresAtMs) return;
    this.leaveBucket(session);
    session.expiresAtMs = expiresAtMs;
    const bucket = this.buckets.get(expiresAtMs);
    if (bucket === undefined) this.buckets.set(expiresAtMs, new Set([session]));
    else bucket.add(session);
    if (this.running && (this.timer === undefined || expiresAtMs < this.timer.atMs)) this.arm();
  }

  /** The log says that it ended. */
  remove(id: SessionId): void {
    const session = this.sessions.get(id);
    if (session === undefined) return;
    this.sessions.delete(id);
    this.leaveBucket(session);
    session.expiresAtMs = 0;
  }

  private leaveBucket(session: Session): void {
    const bucket = this.buckets.get(session.expiresAtMs);
    bucket?.delete(session);
    if (bucket?.size === 0) this.buckets.delete(session.expiresAtMs);
  }

  /** One timer, at the earliest bucket. */
  private arm(): void {
    let atMs = Infinity;
    for (const bucketAtMs of this.buckets.keys()) atMs = Math.min(atMs, bucketAtMs);
    if (atMs === this.timer?.atMs) return;
    this.timer?.cancel();
    this.timer = undefined;
    if (atMs === Infinity) return;
    const cancel = this.time.schedule(Math.max(0, atMs - this.time.nowMs()), () => {
      // A turn later: when this process stood still, what it did not read yet may keep sessions alive.
      const cancelExpiry = this.time.schedule(0, () => {
        this.timer = undefined;
        this.expire();
      });
      this.timer = { atMs, cancel: cancelExpiry };
    });
    this.timer = { atMs, cancel };
  }

  private expire(): void {
    const nowMs = this.time.nowMs();
    for (const [atMs, bucket] of this.expiring()) {
      if (atMs > nowMs) break;
      this.buckets.delete(atMs);
      for (const session of bucket) {
        session.expiresAtMs = 0;
        session.isClosing = true;
        this.onExpired(session);
      }
    }
    this.arm();
  }
}
