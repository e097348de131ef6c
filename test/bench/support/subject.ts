import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVER_FLAGS } from '../../../src/admin/server-flags.js';
import { kafkaClassPath } from '../../interop/support/kafka-tools.js';
import { eventually, type Address } from './topics.js';

const HOST = '127.0.0.1';
const OURS = process.env['ZKAFKA_PROGRAMS'] ?? join(import.meta.dirname, '../../../dist');

type Command = (file: string) => readonly [program: string, ...args: string[]];

/** How one of the two that are compared runs its programs. */
interface Programs {
  readonly name: 'zkafka' | 'kafka';
  readonly zookeeper: Command;
  readonly broker: Command;
}

const zkafka: Programs = {
  name: 'zkafka',
  zookeeper: (file) => [process.execPath, ...SERVER_FLAGS, join(OURS, 'zookeeper.mjs'), file],
  broker: (file) => [process.execPath, ...SERVER_FLAGS, join(OURS, 'broker.mjs'), file],
};

/** With the flags of bin/kafka-server-start.sh and bin/zookeeper-server-start.sh. */
async function kafka(): Promise<Programs> {
  const classPath = await kafkaClassPath();
  const flags = ['-server', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20', '-XX:InitiatingHeapOccupancyPercent=35'];
  const quiet = join(classPath.slice(0, -'libs/*'.length), 'log4j.properties');
  const java = (heap: string, main: string, file: string) =>
    [
      'java',
      `-Xmx${heap}`,
      `-Xms${heap}`,
      ...flags,
      '-Djava.awt.headless=true',
      `-Dlog4j.configuration=file:${quiet}`,
      '-cp',
      classPath,
      main,
      file,
    ] as const;
  return {
    name: 'kafka',
    zookeeper: (file) => java('512M', 'org.apache.zookeeper.server.quorum.QuorumPeerMain', file),
    broker: (file) => java('1G', 'kafka.Kafka', file),
  };
}

/** Ours, and with `--against kafka` Apache Kafka too. */
export async function subjects(against: string | undefined): Promise<Programs[]> {
  if (!existsSync(join(OURS, 'broker.mjs'))) throw new Error('build first: npm run build');
  return against === 'kafka' ? [zkafka, await kafka()] : [zkafka];
}

/** A ZooKeeper and brokers, as processes on loopback, with their data in a folder that goes with {@link stop}. */
export class Subject {
  readonly name: 'zkafka' | 'kafka';
  private readonly folder = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'zkafka-bench-'));
  private zookeeper: ChildProcess | undefined;
  private brokers: { readonly process: ChildProcess; readonly port: number }[] = [];

  private constructor(programs: Programs) {
    this.name = programs.name;
    process.once('exit', () => this.abandon());
  }

  /** Resolves when the processes run; the brokers may not serve yet. */
  static async start(programs: Programs, brokers: number): Promise<Subject> {
    const subject = new Subject(programs);
    const zookeeperPort = await freePort();
    const ports = await Promise.all(Array.from({ length: brokers }, freePort));
    subject.zookeeper = subject.run('zookeeper', programs.zookeeper, [
      `dataDir=${join(subject.folder, 'zookeeper')}`,
      `clientPort=${zookeeperPort}`,
      `clientPortAddress=${HOST}`,
      'maxClientCnxns=0',
      'admin.enableServer=false',
    ]);
    await eventually(() => opens(zookeeperPort));
    subject.brokers = ports.map((port, id) => ({
      port,
      process: subject.run(`broker-${id}`, programs.broker, [
        `broker.id=${id}`,
        `listeners=PLAINTEXT://${HOST}:${port}`,
        `zookeeper.connect=${HOST}:${zookeeperPort}`,
        `log.dirs=${join(subject.folder, `broker-${id}`)}`,
        'offsets.topic.replication.factor=1',
        'log.segment.delete.delay.ms=1000',
      ]),
    }));
    return subject;
  }

  get bootstrap(): Address {
    return { host: HOST, port: this.brokers[0]?.port ?? 0 };
  }

  get brokerPids(): number[] {
    return this.brokers.map(({ process: { pid } }) => pid ?? 0);
  }

  /** ZooKeeper's too. */
  get allPids(): number[] {
    return [this.zookeeper?.pid ?? 0, ...this.brokerPids];
  }

  /** The last lines of every process. */
  logs(): string {
    return ['zookeeper', ...this.brokers.map((_, id) => `broker-${id}`)]
      .map((name) => `--- ${name}\n${readFileSync(join(this.folder, `${name}.log`), 'utf8').slice(-2000)}`)
      .join('\n');
  }

  /** Everything ends at once, and the data go. */
  async stop(): Promise<void> {
    const processes = this.brokers.map(({ process }) => process);
    if (this.zookeeper !== undefined) processes.push(this.zookeeper);
    const gone = processes.map((child) => new Promise((resolve) => child.once('exit', resolve)));
    this.kill();
    await Promise.all(gone);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The bench ends early. */
  private abandon(): void {
    this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private kill(): void {
    for (const { process } of this.brokers) process.kill('SIGKILL');
    this.zookeeper?.kill('SIGKILL');
  }

  private run(name: string, commandOf: Command, lines: readonly string[]): ChildProcess {
    const file = join(this.folder, `${name}.properties`);
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(file, `${lines.join('\n')}\n`);
    const log = openSync(join(this.folder, `${name}.log`), 'a');
    const [command, ...args] = commandOf(file);
    const child = spawn(command, args, { stdio: ['ignore', log, log] });
    closeSync(log);
    return child;
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130)); // runs what 'exit' does

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Whether somebody listens: undefined if not. */
function opens(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(undefined));
  });
}
