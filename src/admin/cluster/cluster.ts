import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DiskLock } from '../../platform/disk.js';
import { lockFile } from '../../platform/node/folder-lock.js';
import { Child, type ChildEvents } from './child.js';

export interface ClusterOptions {
  readonly brokers: number;
  /** Broker i listens on port + i − 1. 0: every process takes a free port. */
  readonly port: number;
  readonly zookeeperPort: number;
  /** Connect string of an external Apache ZooKeeper; undefined: the embedded one is started. */
  readonly zookeeper: string | undefined;
  readonly dir: string;
  readonly fresh: boolean;
  /** Where broker.mjs and zookeeper.mjs lie. */
  readonly programs: string;
  /** Further lines of every broker's server.properties. */
  readonly brokerSettings?: readonly string[];
}

export interface ClusterEvents {
  onLine(line: string): void;
  onController(brokerId: number, epoch: number): void;
  /** The cluster cannot run on; it is being stopped. */
  onFatal(message: string): void;
}

/** What stands in `cluster.json` of the folder: whose data this is. */
interface ClusterMark {
  readonly brokers: number;
  readonly zookeeper: string;
}

const STOP_DEADLINE_MS = 20_000;
const LAST_STOP_DEADLINE_MS = 5000;
const HOST = '127.0.0.1';

/** An embedded ZooKeeper (or none) and N brokers as child processes on loopback, with their data below one folder. */
export class Cluster {
  private readonly options: ClusterOptions;
  private readonly events: ClusterEvents;
  private zookeeper: Child | undefined;
  private readonly brokers = new Map<number, Child>();
  private readonly ports = new Map<number, number>();
  private connect = '';
  private lock: DiskLock | undefined;
  private stopping: Promise<void> | undefined;
  private failed: ((error: Error) => void) | undefined;

  constructor(options: ClusterOptions, events: ClusterEvents) {
    this.options = options;
    this.events = events;
  }

  get zookeeperConnect(): string {
    return this.connect;
  }

  /** `host:port` of each broker that ever became ready, by id. */
  get bootstrap(): string {
    return [...this.ports.entries()]
      .sort(([a], [b]) => a - b)
      .map(([, port]) => `${HOST}:${port}`)
      .join(',');
  }

  get dir(): string {
    return this.options.dir;
  }

  get brokerCount(): number {
    return this.options.brokers;
  }

  brokerPid(id: number): number | undefined {
    return this.brokers.get(id)?.pid;
  }

  kill(id: number): void {
    this.brokers.get(id)?.kill();
  }

  /** Resolves when every broker serves, those that were killed too. */
  async whenReady(): Promise<void> {
    await Promise.all([...this.brokers.values()].map((broker) => broker.whenReady()));
  }

  /** kill -9 of the embedded ZooKeeper; it is started again on the same port and data. */
  killZooKeeper(): void {
    this.zookeeper?.kill();
  }

  /** Resolves when every broker serves. @throws Error with one clear line when that cannot be; everything is stopped then */
  async start(): Promise<void> {
    const failure = new Promise<never>((_, reject) => (this.failed = reject));
    failure.catch(() => undefined); // reported through the race below, or by onFatal later
    try {
      this.prepareFolder();
      this.connect = this.options.zookeeper ?? (await Promise.race([this.startZooKeeper(), failure]));
      const ready = Array.from({ length: this.options.brokers }, (_, i) => this.startBroker(i + 1));
      await Promise.race([Promise.all(ready), failure]);
      this.failed = undefined;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Brokers one by one by controlled shutdown, the last without retries, ZooKeeper at the end. */
  stop(): Promise<void> {
    this.stopping ??= this.stopInOrder();
    return this.stopping;
  }

  private async stopInOrder(): Promise<void> {
    const brokers = [...this.brokers.values()];
    const majority = Math.floor(brokers.length / 2);
    for (const [i, broker] of brokers.entries()) {
      // while most are up, leaderships can move; the last ones would retry in vain
      const retry = i < majority;
      await broker.stop(retry, retry ? STOP_DEADLINE_MS : LAST_STOP_DEADLINE_MS);
    }
    await this.zookeeper?.stop(false, LAST_STOP_DEADLINE_MS);
    this.lock?.release();
  }

  /** @throws Error with one clear line if the folder is somebody else's */
  private prepareFolder(): void {
    const { dir, fresh, brokers, zookeeper } = this.options;
    const markFile = path.join(dir, 'cluster.json');
    if (existsSync(dir) && !existsSync(markFile) && existsSync(path.join(dir, 'broker-1'))) {
      throw new Error(`${dir} holds data that this command did not make: name another --dir`);
    }
    mkdirSync(dir, { recursive: true });
    this.lock = takeLock(path.join(dir, '.lock'), dir);
    if (fresh && existsSync(markFile)) clear(dir);
    mkdirSync(path.join(dir, 'logs'), { recursive: true });
    const mark: ClusterMark = { brokers, zookeeper: zookeeper ?? 'embedded' };
    if (existsSync(markFile)) {
      const before = JSON.parse(readFileSync(markFile, 'utf8')) as ClusterMark;
      if (before.zookeeper !== mark.zookeeper) {
        const named = ({ zookeeper: its }: ClusterMark): string =>
          its === 'embedded' ? 'the embedded ZooKeeper' : `the ZooKeeper at ${its}`;
        throw new Error(
          `${dir} holds the data of a cluster on ${named(before)}, not on ${named(mark)}: name another --dir, or --fresh to start anew`,
        );
      }
    }
    writeFileSync(markFile, `${JSON.stringify(mark)}\n`);
  }

  private startZooKeeper(): Promise<string> {
    const { dir, port } = this.options;
    const file = path.join(dir, 'zookeeper.properties');
    const lines = [
      `dataDir=${path.join(dir, 'zookeeper')}`,
      `clientPort=${port === 0 ? 0 : this.options.zookeeperPort}`,
      `clientPortAddress=${HOST}`,
      'maxClientCnxns=0',
      '4lw.commands.whitelist=*',
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    return new Promise((resolve) => {
      this.zookeeper = this.child('zookeeper', 'zookeeper.mjs', [file], (bound) => {
        // a restarted ZooKeeper must come back where the brokers look for it
        if (port === 0) writeFileSync(file, `${lines.join('\n').replace('clientPort=0', `clientPort=${bound}`)}\n`);
        resolve(`${HOST}:${bound}`);
      });
      this.zookeeper.start();
    });
  }

  private startBroker(id: number): Promise<void> {
    const { dir, port, brokers } = this.options;
    const file = path.join(dir, `broker-${id}.properties`);
    const internalReplicas = Math.min(3, brokers);
    const listener = (bound: number): string => `PLAINTEXT://${HOST}:${bound}`;
    const lines = (bound: number): string =>
      [
        `broker.id=${id}`,
        `listeners=${listener(bound)}`,
        `zookeeper.connect=${this.connect}`,
        'zookeeper.session.timeout.ms=6000',
        `log.dirs=${path.join(dir, `broker-${id}`)}`,
        `offsets.topic.replication.factor=${internalReplicas}`,
        `transaction.state.log.replication.factor=${internalReplicas}`,
        `transaction.state.log.min.isr=${Math.min(2, internalReplicas)}`,
        'group.initial.rebalance.delay.ms=0',
        ...(this.options.brokerSettings ?? []),
        '',
      ].join('\n');
    writeFileSync(file, lines(port === 0 ? 0 : port + id - 1));
    return new Promise((resolve) => {
      const broker = this.child(`broker-${id}`, 'broker.mjs', [file], (bound) => {
        if (port === 0) writeFileSync(file, lines(bound));
        this.ports.set(id, bound);
        resolve();
      });
      this.brokers.set(id, broker);
      broker.start();
    });
  }

  private child(name: string, program: string, args: string[], onReady: (port: number) => void): Child {
    const events: ChildEvents = {
      onReady,
      onController: (brokerId, epoch) => this.events.onController(brokerId, epoch),
      onFatal: (who, message) => {
        const line = `${who}: ${message}`;
        if (this.failed !== undefined) this.failed(new Error(line));
        else this.events.onFatal(line);
      },
      onRestart: (who, { how, passes }, backoffMs) => {
        this.events.onLine(
          passes
            ? `${who} waits for its old ZooKeeper session to end, and tries again every second`
            : `${who} ended (${how}); starting it again in ${backoffMs} ms`,
        );
      },
    };
    const logFile = path.join(this.options.dir, 'logs', `${name}.log`);
    return new Child({ name, program: path.join(this.options.programs, program), args, logFile }, events);
  }
}

function takeLock(file: string, dir: string): DiskLock {
  try {
    return lockFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
    throw new Error(`another zkafka runs in ${dir}: stop it, or name another --dir`, { cause: error });
  }
}

/** Removes what earlier runs left; the lock stays. */
function clear(dir: string): void {
  for (const name of readdirSync(dir)) {
    if (name !== '.lock') rmSync(path.join(dir, name), { recursive: true });
  }
}
