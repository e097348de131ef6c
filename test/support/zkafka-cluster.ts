import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from '../../src/admin/cluster/cluster.js';

/** Where the built programs lie; another build is named by the environment, as the benchmarks do. */
const PROGRAMS = process.env['ZKAFKA_PROGRAMS'] ?? join(import.meta.dirname, '../../dist');

export interface ClusterUnderTestOptions {
  readonly brokers?: number;
  /** External ZooKeeper; default: the embedded one. */
  readonly zookeeper?: string;
  readonly settings?: readonly string[];
}

/** A cluster of real processes on free ports of loopback, in a folder that goes with {@link remove}. */
export class ClusterUnderTest {
  readonly cluster: Cluster;
  readonly dir = mkdtempSync(join(tmpdir(), 'zkafka-'));
  readonly lines: string[] = [];

  constructor({ brokers = 3, zookeeper, settings = [] }: ClusterUnderTestOptions = {}) {
    if (!existsSync(join(PROGRAMS, 'broker.mjs'))) throw new Error('build first: npm run build');
    this.cluster = new Cluster(
      {
        brokers,
        port: 0,
        zookeeperPort: 0,
        zookeeper,
        dir: join(this.dir, 'cluster'),
        fresh: false,
        programs: PROGRAMS,
        brokerSettings: settings,
      },
      {
        onLine: (line) => this.lines.push(line),
        onController: (id, epoch) => this.lines.push(`controller ${id} epoch ${epoch}`),
        onFatal: (message) => this.lines.push(`fatal: ${message}`),
      },
    );
  }

  /** @throws Error with the ends of all logs */
  async start(): Promise<void> {
    try {
      await this.cluster.start();
    } catch (error) {
      throw new Error(`${String(error)}\n${this.logs()}`, { cause: error });
    }
  }

  /** Where a broker keeps its logs. */
  dataFolder(id: number): string {
    return join(this.cluster.dir, `broker-${id}`);
  }

  logs(): string {
    const folder = join(this.dir, 'cluster/logs');
    return ['zookeeper', 'broker-1', 'broker-2', 'broker-3']
      .filter((name) => existsSync(join(folder, `${name}.log`)))
      .map((name) => `--- ${name}\n${readFileSync(join(folder, `${name}.log`), 'utf8').slice(-3000)}`)
      .join('\n');
  }

  async remove(): Promise<void> {
    await this.cluster.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
