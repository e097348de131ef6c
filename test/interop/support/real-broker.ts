import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { kafkaClassPath } from './kafka-tools.js';

/** One Apache Kafka 3.9.1 broker of its own process, with a data folder that goes with {@link remove}. */
export class RealBroker {
  readonly address: string;
  private readonly folder = mkdtempSync(join(tmpdir(), 'kafka-'));
  private readonly settings: readonly string[];
  private child: ChildProcess | undefined;

  constructor(id: number, port: number, zookeeperConnect: string, settings: readonly string[] = []) {
    this.address = `127.0.0.1:${port}`;
    this.settings = [
      `broker.id=${id}`,
      `listeners=PLAINTEXT://${this.address}`,
      `zookeeper.connect=${zookeeperConnect}`,
      'zookeeper.session.timeout.ms=6000',
      `log.dirs=${this.dataFolder}`,
      'group.initial.rebalance.delay.ms=0',
      ...settings,
    ];
  }

  get dataFolder(): string {
    return join(this.folder, 'data');
  }

  /** Starts the process; it serves once its znode stands. */
  async start(): Promise<void> {
    const classPath = await kafkaClassPath();
    const file = join(this.folder, 'server.properties');
    writeFileSync(file, `${this.settings.join('\n')}\n`);
    const log4j = `-Dlog4j.configuration=file:${join(dirname(dirname(classPath)), 'log4j.properties')}`;
    const log = openSync(join(this.folder, 'server.log'), 'a');
    const child = spawn('java', ['-Xmx512M', log4j, '-cp', classPath, 'kafka.Kafka', file], {
      cwd: this.folder,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.child = child;
    const killWithUs = (): void => void child.kill('SIGKILL');
    process.once('exit', killWithUs);
    child.once('exit', () => process.removeListener('exit', killWithUs));
  }

  /** kill -9. Resolves when the process is gone. */
  kill(): Promise<void> {
    return this.end('SIGKILL');
  }

  /** By controlled shutdown. Resolves when the process is gone. */
  stop(): Promise<void> {
    return this.end('SIGTERM');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }

  /** The end of its log. */
  log(): string {
    const file = join(this.folder, 'server.log');
    return existsSync(file) ? readFileSync(file, 'utf8').slice(-4000) : '';
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
