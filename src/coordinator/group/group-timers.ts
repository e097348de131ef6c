import type { Cancel, Time } from '../../platform/time.js';

interface Session {
  deadlineMs: number;
  armedForMs: number;
  cancel: Cancel;
  onExpired: () => void;
}

/** The clocks of one group: a session a member, one for a rebalance, one for its syncs. */
export class GroupTimers {
  private readonly time: Time;
  private readonly sessions = new Map<string, Session>();
  private cancelJoin: Cancel | undefined;
  private cancelSync: Cancel | undefined;

  constructor(time: Time) {
    this.time = time;
  }

  /**
   * The member has until `timeoutMs` from now to show up again. A heartbeat only moves the deadline; the timer that is
   * armed finds out when it fires, so that heartbeats cost no timers.
   */
  restartSession(memberId: string, timeoutMs: number, onExpired: () => void): void {
    const deadlineMs = this.time.nowMs() + timeoutMs;
    const session = this.sessions.get(memberId);
    if (session !== undefined && session.armedForMs <= deadlineMs) {
      session.deadlineMs = deadlineMs;
      session.onExpired = onExpired;
      return;
    }
    session?.cancel();
    this.arm(memberId, { deadlineMs, armedForMs: deadlineMs, cancel: () => undefined, onExpired });
  }

  private arm(memberId: string, session: Session): void {
    session.armedForMs = session.deadlineMs;
    session.cancel = this.time.schedule(Math.max(0, session.deadlineMs - this.time.nowMs()), () => {
      if (session.deadlineMs > this.time.nowMs()) {
        this.arm(memberId, session);
        return;
      }
      this.sessions.delete(memberId);
      session.onExpired();
    });
    this.sessions.set(memberId, session);
  }

  stopSession(memberId: string): void {
    this.sessions.get(memberId)?.cancel();
    this.sessions.delete(memberId);
  }

  startJoin(delayMs: number, onDue: () => void): void {
    this.cancelJoin?.();
    this.cancelJoin = this.time.schedule(delayMs, () => {
      this.cancelJoin = undefined;
      onDue();
    });
  }

  stopJoin(): void {
    this.cancelJoin?.();
    this.cancelJoin = undefined;
  }

  startSync(delayMs: number, onDue: () => void): void {
    this.cancelSync?.();
    this.cancelSync = this.time.schedule(delayMs, () => {
      this.cancelSync = undefined;
      onDue();
    });
  }

  stopSync(): void {
    this.cancelSync?.();
    this.cancelSync = undefined;
  }

  stopAll(): void {
    this.stopJoin();
    this.stopSync();
    for (const session of this.sessions.values()) session.cancel();
    this.sessions.clear();
  }
}
