import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ZooKeeperUnderTest } from '../../support/zk-client-contract.js';

const VERSION = '3.8.4';
const CACHE = join(import.meta.dirname, '../../../node_modules/.cache/zookeeper', VERSION);
const START_DEADLINE_MS = 30_000;

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>local</groupId><artifactId>zookeeper</artifactId><version>1</version><dependencies>
<dependency><groupId>org.apache.zookeeper</groupId><artifactId>zookeeper</artifactId><version>${VERSION}</version></dependency>
<dependency><groupId>commons-cli</groupId><artifactId>commons-cli</artifactId><version>1.5.0</version></dependency>
<dependency><groupId>io.dropwizard.metrics</groupId><artifactId>metrics-core</artifactId><version>4.1.12.1</version></dependency>
<dependency><groupId>org.xerial.snappy</groupId><artifactId>snappy-java</artifactId><version>1.1.10.5</version></dependency>
</dependencies></project>`;

/** The folder of Apache ZooKeeper's jars, fetched from Maven Central the first time. Needs `mvn`. */
async function jars(): Promise<string> {
  const folder = join(CACHE, 'libs');
  const done = join(CACHE, 'complete');
  if (existsSync(done)) return folder;
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(join(CACHE, 'pom.xml'), POM);
  const goal = ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${folder}`];
  await promisify(execFile)('mvn', goal, { cwd: CACHE, timeout: 300_000 });
  writeFileSync(done, '');
  return folder;
}

/** One Apache ZooKeeper of its own process, on a free port of loopback, with a data folder that goes with {@link remove}. */
export class RealZooKeeper implements ZooKeeperUnderTest {
  private readonly folder = mkdtempSync(join(tmpdir(), 'zookeeper-'));
  private child: ChildProcess | undefined;

  /** @throws Error with the end of the server's log if it does not answer in time */
  async start(): Promise<number> {
    const libs = await jars();
    const port = await freePort();
    const log = join(this.folder, 'server.log');
    writeFileSync(join(this.folder, 'zoo.cfg'), configuration(join(this.folder, 'data'), port));
    const args = ['-Xmx256M', '-cp', `${libs}/*`, 'org.apache.zookeeper.server.quorum.QuorumPeerMain', 'zoo.cfg'];
    const child = spawn('java', args, { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = createWriteStream(log, { flags: 'a' });
    child.stdout.pipe(output, { end: false });
    child.stderr.pipe(output, { end: false });
    this.child = child;
    const killWithUs = (): void => void child.kill('SIGKILL');
    process.once('exit', killWithUs);
    child.once('exit', () => process.removeListener('exit', killWithUs));
    const deadline = performance.now() + START_DEADLINE_MS;
    // Our own process answers, or none: `envi` names its data folder through user.dir.
    while (!(await fourLetterWord(port, 'envi')).includes(`user.dir=${this.folder}`)) {
      if (child.exitCode !== null || performance.now() > deadline) {
        throw new Error(`Apache ZooKeeper did not start on port ${port}: ${readFileSync(log, 'utf8').slice(-2000)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return port;
  }

  /** Stops the process; the data stay for another {@link start}. */
  async stop(): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await gone;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function configuration(dataDir: string, port: number): string {
  return [
    `dataDir=${dataDir}`,
    'tickTime=500',
    `clientPort=${port}`,
    'clientPortAddress=127.0.0.1',
    'maxClientCnxns=0',
    'admin.enableServer=false',
    '4lw.commands.whitelist=*',
    'extendedTypesEnabled=true',
    '',
  ].join('\n');
}

/** One that nobody uses at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The whole answer; empty when nobody answers. */
function fourLetterWord(port: number, word: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(word));
    socket.setTimeout(1000, () => socket.destroy());
    socket.on('data', (bytes) => (answer += bytes.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}
