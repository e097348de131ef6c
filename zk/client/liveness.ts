import type { Cancel, Time } from '../../src/platform/time.js';

/** How long a connection that looks dead after a stall of our own loop gets, so that bytes that wait are read first. */
const STALL_GRACE_MS = 100;

export interface LivenessOwner {
  ping(): void;
  /** Nothing came for ⅔ of the session timeout: the path is dead, while there is time for another server. */
  onSilence(silentMs: number): void;
}

/**
 * Watches one connection: a ping ⅓ of the session timeout after the last send, the end ⅔ after the last byte received.
 * The two are timed apart, so that neither a talkative program hides a dead server nor a talkative server an idle program.
 * Source: org.apache.zookeeper.ClientCnxn.SendThread.run, 3.8
 */
export class Liveness {
  private readonly time: Time;
  private readonly owner: LivenessOwner;
  private readonly pingAfterMs: number;
  private readonly silenceMs: number;
  private lastSentMs: number;
  private lastReceivedMs: number;
  private dueMs = 0;
  private cancel: Cancel = () => undefined;

  constructor(time: Time, sessionTimeoutMs: number, owner: LivenessOwner) {
    this.time = time;
    this.owner = owner;
    this.pingAfterMs = Math.max(1, Math.floor(sessionTimeoutMs / 3));
    this.silenceMs = Math.max(2, Math.floor((sessionTimeoutMs * 2) / 3));
    this.lastSentMs = this.lastReceivedMs = time.nowMs();
    this.scheduleNext(this.lastSentMs);
  }

  sent(): void {
    this.lastSentMs = this.time.nowMs();
  }

  received(): void {
    this.lastReceivedMs = this.time.nowMs();
  }

  stop(): void {
    this.cancel();
  }

  private check(): void {
    const now = this.time.nowMs();
    const silentMs = now - this.lastReceivedMs;
    const late = now - this.dueMs > this.pingAfterMs / 2;
    if (silentMs >= this.silenceMs && !late) {
      this.owner.onSilence(silentMs);
      return;
    }
    if (now - this.lastSentMs >= this.pingAfterMs) {
      this.lastSentMs = now;
      this.owner.ping();
    }
    this.scheduleNext(now);
  }

  private scheduleNext(now: number): void {
    const pingInMs = this.lastSentMs + this.pingAfterMs - now;
    const silenceInMs = this.lastReceivedMs + this.silenceMs - now;
    const delayMs = silenceInMs <= 0 ? STALL_GRACE_MS : Math.max(1, Math.ceil(Math.min(pingInMs, silenceInMs)));
    this.dueMs = now + delayMs;
    this.cancel = this.time.schedule(delayMs, () => this.check());
  }
}
