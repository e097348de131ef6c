import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { SERVER_FLAGS } from '../server-flags.js';

/** What a broker or ZooKeeper process tells the launcher. */
export type ChildMessage =
  | { readonly type: 'ready'; readonly port: number }
  | { readonly type: 'controller'; readonly brokerId: number; readonly epoch: number }
  /** It is about to exit. `retry`: the reason passes by itself (the old session's znode still stands). */
  | { readonly type: 'failed'; readonly message: string; readonly retry: boolean };

/** What the launcher tells a process. `retry` false: nobody may be left to take its leaderships, one attempt is enough. */
export interface StopMessage {
  readonly type: 'stop';
  readonly retry: boolean;
}

export interface ChildSpec {
  /** `zookeeper`, `broker-1`: for lines on the screen and the name of its log file. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly logFile: string;
}

export interface Death {
  /** Its own last words, its signal or its exit code. */
  readonly how: string;
  /** It ended because the znode of its old session still stands. */
  readonly passes: boolean;
}

export interface ChildEvents {
  onReady(port: number): void;
  onController(brokerId: number, epoch: number): void;
  /** A start that cannot succeed: nothing is started again. */
  onFatal(name: string, message: string): void;
  /** It ended without being asked and is started again after `backoffMs`; told once for a row of deaths that pass. */
  onRestart(name: string, death: Death, backoffMs: number): void;
}

const FIRST_BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 5000;
/** Between two tries of one whose old session still stands. */
const WAITING_MS = 1000;
/** One that lived this long starts again with the first back-off. */
const SETTLED_MS = 30_000;

/**
 * One child process, kept alive until it is stopped on purpose. Detached, so that a terminal's Ctrl-C reaches only the
 * launcher, which stops its children in order; a child ends by itself when the launcher is gone (IPC 'disconnect').
 */
export class Child {
  readonly spec: ChildSpec;
  private readonly events: ChildEvents;
  private process: ChildProcess | undefined;
  private stopping = false;
  private everReady = false;
  private isReady = false;
  private awaitingReady: (() => void)[] = [];
  private startedAt = 0;
  /** Its last death was one that passes: no need to tell of the next. */
  private isWaiting = false;
  private backoffMs = FIRST_BACKOFF_MS;
  private failure: { message: string; retry: boolean } | undefined;
  private restart: NodeJS.Timeout | undefined;
  private exited: (() => void)[] = [];

  constructor(spec: ChildSpec, events: ChildEvents) {
    this.spec = spec;
    this.events = events;
  }

  get pid(): number | undefined {
    return this.process?.pid;
  }

  /** Resolves when it serves: at once if it does, else when a start of it succeeds. */
  whenReady(): Promise<void> {
    if (this.isReady) return Promise.resolve();
    return new Promise((resolve) => this.awaitingReady.push(resolve));
  }

  start(): void {
    const log = openSync(this.spec.logFile, 'a');
    this.failure = undefined;
    this.startedAt = Date.now();
    const child = spawn(process.execPath, [...SERVER_FLAGS, this.spec.program, ...this.spec.args], {
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    this.process = child;
    child.on('message', (message) => this.onMessage(message as ChildMessage));
    child.on('error', (error) => this.events.onFatal(this.spec.name, error.message));
    child.on('exit', (code, signal) => this.onExit(code, signal));
  }

  /** Asks it to stop; kills it after `deadlineMs`. Resolves when it is gone. */
  async stop(retry: boolean, deadlineMs: number): Promise<void> {
    this.stopping = true;
    clearTimeout(this.restart);
    const child = this.process;
    if (child === undefined) return;
    const gone = new Promise<void>((resolve) => this.exited.push(resolve));
    const message: StopMessage = { type: 'stop', retry };
    if (child.connected) child.send(message);
    else child.kill('SIGTERM');
    const deadline = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
    await gone;
    clearTimeout(deadline);
  }

  /** kill -9: it is started again like after any other death. */
  kill(): void {
    this.isReady = false;
    this.process?.kill('SIGKILL');
  }

  private onMessage(message: ChildMessage): void {
    if (message.type === 'ready') {
      this.everReady = true;
      this.isReady = true;
      const awaiting = this.awaitingReady;
      this.awaitingReady = [];
      for (const resolve of awaiting) resolve();
      this.events.onReady(message.port);
    } else if (message.type === 'controller') this.events.onController(message.brokerId, message.epoch);
    else this.failure = message;
  }

  private onExit(code: number | null, signal: NodeJS.Signals | null): void {
    this.process = undefined;
    this.isReady = false;
    const waiting = this.exited;
    this.exited = [];
    for (const resolve of waiting) resolve();
    if (this.stopping) return;
    if (this.failure?.retry === false && !this.everReady) {
      this.events.onFatal(this.spec.name, this.failure.message);
      return;
    }
    if (this.failure === undefined && signal === null && !this.everReady) {
      this.events.onFatal(this.spec.name, `ended with exit code ${code ?? 0}, see ${this.spec.logFile}`);
      return;
    }
    const passes = this.failure?.retry === true;
    if (passes) this.backoffMs = WAITING_MS;
    else if (Date.now() - this.startedAt > SETTLED_MS) this.backoffMs = FIRST_BACKOFF_MS;
    const how = this.failure?.message ?? (signal === null ? `exit code ${code ?? 0}` : signal);
    if (!(passes && this.isWaiting)) this.events.onRestart(this.spec.name, { how, passes }, this.backoffMs);
    this.isWaiting = passes;
    this.restart = setTimeout(() => this.start(), this.backoffMs);
    this.backoffMs = passes ? FIRST_BACKOFF_MS : Math.min(this.backoffMs * 2, LONGEST_BACKOFF_MS);
  }
}
