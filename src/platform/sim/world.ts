import type { Cancel } from '../time.js';
import { EventHeap, type Planned } from './event-heap.js';
import { SimHost } from './host.js';
import type { LogLine } from './logger.js';
import { SimFabric } from './fabric.js';
import { tickAt } from './tick.js';
import { SeededRandom } from './random.js';
import { Trace } from './trace.js';
import { realTurn } from './turn.js';

export interface WorldOptions {
  /** The same seed and the same calls give the same run. */
  readonly seed: number | string;
  /** Wall clock at the beginning, ms since the epoch. */
  readonly startWallMs?: number;
}

/** One life of a simulated process: what it planned dies with it. */
export interface Process {
  readonly name: string;
  isAlive: boolean;
  /** Until then (virtual ms) the process does not run, as in a long pause of its garbage collector. */
  pausedUntilMs: number;
}

interface Event extends Planned {
  atMs: number;
  sequence: number;
  /** Whose code runs; undefined for the world itself: wires and devices. */
  readonly owner: Process | undefined;
  readonly what: string;
  run: (() => void) | undefined;
}

/** 2024-01-01T00:00:00Z */
const START_WALL_MS = 1_704_067_200_000;
const DEFAULT_LIMIT_MS = 300_000;
const LOG_LINES_KEPT = 5000;

/**
 * A world of processes on hosts with virtual time, in this one real process. Nothing happens but in {@link step}: the next
 * event runs, the promises that hang on it are run to their end, and time jumps to the event after it.
 */
export class World {
  readonly seed: number | string;
  readonly random: SeededRandom;
  readonly trace = new Trace();
  readonly network: SimFabric;
  /** The last lines logged by all hosts. */
  readonly logs: LogLine[] = [];
  readonly startWallMs: number;
  private readonly hosts = new Map<string, SimHost>();
  private readonly events = new EventHeap<Event>();
  private clockMs = 0;
  private sequence = 0;
  private cancelled = 0;

  constructor(options: WorldOptions) {
    this.seed = options.seed;
    this.random = new SeededRandom(options.seed);
    this.startWallMs = options.startWallMs ?? START_WALL_MS;
    this.network = new SimFabric(this);
  }

  /** Virtual monotonic time, ms. */
  get nowMs(): number {
    return this.clockMs;
  }

  /** The machine of that name; it begins, with a process running, when it is first asked for. */
  host(name: string): SimHost {
    const known = this.hosts.get(name);
    if (known !== undefined) return known;
    const host = new SimHost(this, name, this.hosts.size + 1);
    this.hosts.set(name, host);
    return host;
  }

  /** By name or address. */
  findHost(nameOrIp: string): SimHost | undefined {
    const named = this.hosts.get(nameOrIp);
    if (named !== undefined) return named;
    for (const host of this.hosts.values()) if (host.ip === nameOrIp) return host;
    return undefined;
  }

  /** Plans an event `delayMs` from now. One of a process is dropped if the process does not live any more by then. */
  plan(delayMs: number, owner: Process | undefined, what: string, run: () => void): Cancel {
    return this.planAt(tickAt(this.clockMs + Math.max(0, delayMs)), owner, what, run);
  }

  /** As {@link plan}, for a moment of the clock that lies ahead: events planned for one moment run as they were planned. */
  planAt(atMs: number, owner: Process | undefined, what: string, run: () => void): Cancel {
    const event: Event = { atMs, sequence: this.sequence++, owner, what, run };
    this.events.add(event);
    return () => this.cancel(event);
  }

  /** Runs the next event and what follows from it at once. False: nothing is planned. */
  async step(): Promise<boolean> {
    const event = this.next();
    if (event === undefined) return false;
    this.events.takeFirst();
    const { run, owner } = event;
    event.run = undefined;
    this.clockMs = event.atMs;
    this.trace.add(`${event.atMs.toFixed(3)} ${owner?.name ?? '-'} ${event.what}`);
    run?.();
    if (owner !== undefined) await realTurn(); // wires and devices run no code of a process
    return true;
  }

  /**
   * Runs until `condition` holds; it is asked after every event.
   * @throws Error if `limitMs` of virtual time pass before, or nothing is left that could happen
   */
  async runUntil(condition: () => boolean, limitMs = DEFAULT_LIMIT_MS): Promise<void> {
    await realTurn(); // what the caller set in motion
    const endMs = this.clockMs + limitMs;
    while (!condition()) {
      const next = this.next();
      if (next === undefined) throw this.stuck('nothing is left that could happen');
      if (next.atMs > endMs) throw this.stuck(`it did not come true within ${limitMs} ms`);
      await this.step();
    }
  }

  /** Runs `durationMs` of virtual time. */
  async runFor(durationMs: number): Promise<void> {
    await realTurn();
    const endMs = this.clockMs + durationMs;
    for (let next = this.next(); next !== undefined && next.atMs <= endMs; next = this.next()) await this.step();
    this.clockMs = endMs;
  }

  /** Runs until the promise settles, and gives its value or throws its error. */
  async complete<T>(promise: Promise<T>, limitMs = DEFAULT_LIMIT_MS): Promise<T> {
    let isSettled = false;
    const settled = (): void => {
      isSettled = true;
    };
    promise.then(settled, settled);
    await this.runUntil(() => isSettled, limitMs);
    return promise;
  }

  /** Equal for equal runs. */
  traceHash(): string {
    return this.trace.hash();
  }

  log(line: LogLine): void {
    if (this.logs.length >= 2 * LOG_LINES_KEPT) this.logs.splice(0, LOG_LINES_KEPT);
    this.logs.push(line);
    this.trace.add(`${line.atMs.toFixed(3)} ${line.host} ${line.level} ${line.message}`);
  }

  private cancel(event: Event): void {
    if (event.run === undefined) return;
    event.run = undefined;
    this.cancelled++;
    if (this.cancelled < 1000 || this.cancelled < this.events.length / 2) return;
    this.events.retain((planned) => planned.run !== undefined);
    this.cancelled = 0;
  }

  /** The first event that will run, brought to the front: cancelled ones and those of the dead go, a pause puts off. */
  private next(): Event | undefined {
    for (let event = this.events.first; event !== undefined; event = this.events.first) {
      const pausedUntilMs = event.owner?.pausedUntilMs ?? 0;
      if (event.run === undefined) {
        this.events.takeFirst();
        this.cancelled--;
      } else if (event.owner?.isAlive === false) {
        this.events.takeFirst();
        event.run = undefined;
      } else if (pausedUntilMs > event.atMs) {
        this.events.takeFirst();
        event.atMs = pausedUntilMs;
        event.sequence = this.sequence++;
        this.events.add(event);
      } else {
        return event;
      }
    }
    return undefined;
  }

  private stuck(reason: string): Error {
    const last = this.trace.lines().slice(-20).join('\n  ');
    return new Error(`seed ${this.seed}, at ${this.clockMs.toFixed(3)} ms: ${reason}. The last events:\n  ${last}`);
  }
}
