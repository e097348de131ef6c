import { SeededRandom } from '../../src/platform/sim/random.js';
import { World } from '../../src/platform/sim/world.js';
import { EqualBelowWatermark } from './checkers/equal-below-watermark.js';
import { NoBugLogged } from './checkers/no-bug-logged.js';
import { OneLeaderPerEpoch } from './checkers/one-leader-per-epoch.js';
import { WatermarkNeverBack } from './checkers/watermark-never-back.js';
import { Observer } from './observer.js';
import { type ClusterOptions, SimulatedCluster } from './simulated-cluster.js';
import type { SimulatedProcess } from './simulated-process.js';

/** What drives a cluster from outside, through clients. */
export interface Workload {
  /** Topics it uses. */
  readonly topics: readonly string[];
  /** Begins nothing new; resolves when everything begun has ended. */
  stop(): Promise<void>;
}

export type StartWorkload<W extends Workload> = (cluster: SimulatedCluster, world: World) => W;

const HEALS_WITHIN_MS = 60_000;
const LOG_LINES_SHOWN = 60;

/**
 * A world with one cluster in it, workloads on it, and checkers that look after every event. The same seed and the same
 * calls give the same run: {@link traceHash} tells.
 */
export class Simulation {
  readonly world: World;
  readonly seed: number;
  /** For what is done to the world; its own events draw from another sequence. */
  readonly chance: SeededRandom;
  private observed: Observer | undefined;
  private current: SimulatedCluster | undefined;
  private readonly workloads: Workload[] = [];
  private readonly demands: (() => void)[] = [];
  private readonly bugs = new NoBugLogged();

  constructor({ seed }: { seed: number }) {
    this.seed = seed;
    this.world = new World({ seed });
    this.chance = new SeededRandom(`${seed}/nemesis`);
  }

  cluster(options: ClusterOptions): SimulatedCluster {
    const cluster = new SimulatedCluster(this.world, options);
    this.current = cluster;
    if (options.checkers !== 'none') {
      const checkers = [new OneLeaderPerEpoch(), new WatermarkNeverBack(), new EqualBelowWatermark()];
      this.observed = new Observer(cluster, checkers);
    }
    return cluster;
  }

  workload<W extends Workload>(start: StartWorkload<W>): W {
    if (this.current === undefined) throw new Error('a workload needs a cluster');
    const workload = start(this.current, this.world);
    this.workloads.push(workload);
    return workload;
  }

  /** @param demand called after every event from now on; throws a Violation if it does not hold */
  always(demand: () => void): void {
    this.demands.push(demand);
  }

  /** kill -9, until it is run again or the world {@link settle}s. */
  kill(process: SimulatedProcess<unknown> | undefined): void {
    if (process === undefined) throw new Error('there is nobody to kill');
    process.kill();
  }

  /**
   * Asks after every event.
   * @throws Violation if a checker found one
   * @throws Error if the condition does not come true in time
   */
  runUntil(condition: () => boolean, limitMs?: number): Promise<void> {
    return this.world.runUntil(() => {
      this.observed?.look();
      this.bugs.look(this.world.logs);
      for (const demand of this.demands) demand();
      return condition();
    }, limitMs);
  }

  /** Lets virtual time pass. Errors as {@link runUntil}. */
  runFor(durationMs: number): Promise<void> {
    let isOver = false;
    this.world.plan(durationMs, undefined, 'time is over', () => (isOver = true));
    return this.runUntil(() => isOver);
  }

  async complete<T>(promise: Promise<T>, limitMs?: number): Promise<T> {
    let isSettled = false;
    const settled = (): void => {
      isSettled = true;
    };
    promise.then(settled, settled);
    await this.runUntil(() => isSettled, limitMs);
    return promise;
  }

  /** All misfortune ends: wires are mended, processes run, replicas catch up. */
  async heal(limitMs = HEALS_WITHIN_MS): Promise<void> {
    const { current } = this;
    this.world.network.heal();
    current?.runAll();
    const topics = this.workloads.flatMap((workload) => workload.topics);
    await this.runUntil(() => current === undefined || current.isWhole(topics), limitMs);
  }

  /** As {@link heal}; the workloads stop, too. */
  async settle(): Promise<void> {
    await this.heal();
    await this.complete(Promise.all(this.workloads.map((workload) => workload.stop())));
    await this.heal();
  }

  traceHash(): string {
    return this.world.traceHash();
  }

  /** The error with what is needed to find its cause: the seed and what was logged last. */
  report(error: unknown): Error {
    const lines = this.world.logs
      .filter(({ level }) => level !== 'debug')
      .slice(-LOG_LINES_SHOWN)
      .map(({ atMs, host, level, message, error: cause }) => {
        const reason = cause instanceof Error ? ` (${cause.message})` : '';
        return `  ${atMs.toFixed(1)} ${host} ${level} ${message}${reason}`;
      });
    const message = error instanceof Error ? error.message : String(error);
    return new Error(`seed ${this.seed}: ${message}\nlast log lines:\n${lines.join('\n')}`, { cause: error });
  }
}
