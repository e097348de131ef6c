import type { Platform } from '../platform.js';
import { pureCodecs } from '../pure/codecs.js';
import { SimDisk } from './disk.js';
import { diskOf } from './disk-view.js';
import { recordingLogger } from './logger.js';
import { networkOf } from './fabric.js';
import { SeededRandom } from './random.js';
import type { Process, World } from './world.js';

/** A machine with a disk and an address, and one process on it at a time. */
export class SimHost {
  readonly name: string;
  /** IPv4, as peers see it. The name is known to all hosts too. */
  readonly ip: string;
  /** Outlives the process. */
  readonly disk: SimDisk;
  /** What the wall clock here is ahead of the true one, ms. */
  wallOffsetMs = 0;
  private readonly world: World;
  private process: Process;
  private outside: Platform;
  private lives = 0;
  private hasPower = true;

  constructor(world: World, name: string, index: number) {
    this.world = world;
    this.name = name;
    this.ip = `10.0.${index >> 8}.${index & 255}`;
    this.disk = new SimDisk(world, name);
    this.process = this.newProcess();
    this.outside = this.platformOf(this.process);
  }

  /** The outside world of the process that runs now; a dead one's is dead too. */
  get platform(): Platform {
    return this.outside;
  }

  /** Whether a process runs. */
  get isAlive(): boolean {
    return this.process.isAlive;
  }

  /** Whether its kernel answers. */
  get isPowered(): boolean {
    return this.hasPower;
  }

  /** kill -9: timers never fire, nothing is called any more, the kernel closes the sockets. The disk keeps what was written. */
  kill(): void {
    if (!this.process.isAlive) return;
    this.process.isAlive = false;
    this.world.trace.add(`${this.world.nowMs.toFixed(3)} ${this.name} killed`);
    this.world.network.closeAllOf(this.process);
    this.disk.releaseLocksOf(this.process);
  }

  /** The power goes: as {@link kill}, but peers hear nothing, and unflushed bytes and names are lost or torn. */
  crash(): void {
    this.hasPower = false;
    const wasAlive = this.process.isAlive;
    this.process.isAlive = false;
    this.world.trace.add(`${this.world.nowMs.toFixed(3)} ${this.name} crashed`);
    if (wasAlive) this.world.network.loseAllOf(this.process);
    this.disk.releaseLocksOf(this.process);
    this.disk.losePower();
  }

  /** A new process on the same machine; a living one is killed first. */
  restart(): Platform {
    this.kill();
    this.hasPower = true;
    this.process = this.newProcess();
    this.outside = this.platformOf(this.process);
    this.world.network.hostIsBack(this);
    return this.outside;
  }

  /** The process stands still for `durationMs`, as in a long garbage collection; its sockets stay open. */
  pause(durationMs: number): void {
    this.process.pausedUntilMs = Math.max(this.process.pausedUntilMs, this.world.nowMs + durationMs);
  }

  private newProcess(): Process {
    this.lives++;
    return { name: this.name, isAlive: true, pausedUntilMs: 0 };
  }

  private platformOf(process: Process): Platform {
    const { world, name } = this;
    return {
      time: {
        wallMs: () => Math.floor(world.startWallMs + world.nowMs + this.wallOffsetMs),
        nowMs: () => world.nowMs,
        schedule: (delayMs, task) => (process.isAlive ? world.plan(delayMs, process, 'timer', task) : () => undefined),
      },
      random: new SeededRandom(`${world.seed}/${name}/${this.lives}`),
      network: networkOf(world.network, this, process),
      disk: diskOf(this.disk, process),
      codecs: pureCodecs,
      logger: recordingLogger(name, (line) => {
        if (process.isAlive) world.log({ atMs: world.nowMs, host: name, ...line });
      }),
    };
  }
}
