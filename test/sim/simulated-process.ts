import type { Platform } from '../../src/platform/platform.js';
import type { SimHost } from '../../src/platform/sim/host.js';
import type { World } from '../../src/platform/sim/world.js';

/** How long a supervisor waits before it starts a program again that has ended, ms. */
const RESTART_DELAY_MS = 1000;

/** A program in a process of its own, and the supervisor that starts it again when it ends by itself. */
export class SimulatedProcess<T> {
  readonly host: SimHost;
  /** Grows with every start. */
  life = 0;
  /** What the program made once it was up; undefined while it starts or is dead. */
  running: T | undefined;
  private readonly world: World;
  private readonly start: (platform: Platform, exit: (reason: string) => void) => Promise<T>;
  private isWanted = false;

  /** @param start must not be told of its own end: the process is gone then */
  constructor(world: World, name: string, start: (platform: Platform, exit: (reason: string) => void) => Promise<T>) {
    this.world = world;
    this.host = world.host(name);
    this.start = start;
  }

  get name(): string {
    return this.host.name;
  }

  /** Starts it as soon as the world moves; one that runs goes on. */
  run(): void {
    if (this.isWanted) return;
    this.isWanted = true;
    this.launch();
  }

  /** kill -9. It stays down until {@link run}. */
  kill(): void {
    this.isWanted = false;
    this.end(() => this.host.kill());
  }

  /** The machine loses power, and what was not flushed. It stays down until {@link run}. */
  crash(): void {
    this.isWanted = false;
    this.end(() => this.host.crash());
  }

  pause(durationMs: number): void {
    this.host.pause(durationMs);
  }

  private end(how: () => void): void {
    this.running = undefined;
    how();
  }

  private launch(): void {
    const life = ++this.life;
    const platform = this.host.restart();
    const exit = (reason: string): void => {
      platform.logger.error(`exits: ${reason}`);
      this.world.plan(0, undefined, `${this.name} exits`, () => {
        if (this.life === life) this.end(() => this.host.kill());
      });
      this.world.plan(RESTART_DELAY_MS, undefined, `${this.name} is started again`, () => {
        if (this.isWanted && this.life === life) this.launch();
      });
    };
    platform.time.schedule(0, () => {
      this.start(platform, exit).then(
        (running) => {
          if (this.life === life) this.running = running;
        },
        (error: unknown) => exit(error instanceof Error ? (error.stack ?? error.message) : String(error)),
      );
    });
  }
}
