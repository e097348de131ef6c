import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Launcher, nothingRunsIn, processesIn } from '../support/launcher.js';

async function listening(port = 0): Promise<Server> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe('the launcher', function () {
  this.timeout(30_000);
  let folder: string;
  let dir: string;
  const running: Launcher[] = [];

  const launch = (...args: readonly string[]): Launcher => {
    const launcher = new Launcher(dir, ...args);
    running.push(launcher);
    return launcher;
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zkafka-launcher-'));
    dir = join(folder, 'cluster');
  });
  afterEach(async () => {
    for (const launcher of running.splice(0)) {
      launcher.process.kill('SIGKILL');
      await launcher.end();
    }
    await nothingRunsIn(folder);
    rmSync(folder, { recursive: true, force: true });
  });

  it('says what to try, and stops in order and soon after Ctrl-C', async () => {
    const launcher = launch('--port', '0');
    await launcher.says(/Ctrl-C stops everything/);
    expect(launcher.output).to.match(/bootstrap {3}127\.0\.0\.1:\d+,127\.0\.0\.1:\d+,127\.0\.0\.1:\d+\n/);
    expect(launcher.output).to.match(/controller {2}broker \d \(epoch 1\)/);
    const askedMs = performance.now();
    launcher.process.kill('SIGINT');
    expect(await launcher.end()).to.equal(0);
    expect(performance.now() - askedMs).to.be.lessThan(5000);
    expect(launcher.output).to.match(/stopped\n$/);
    expect(await processesIn(folder)).to.deep.equal([]);
    for (const id of [1, 2, 3]) {
      const log = readFileSync(join(dir, `logs/broker-${id}.log`), 'utf8');
      expect(log).to.match(/started \(kafka\.server\.KafkaServer\)/);
      expect(log).to.match(/shut down completed \(kafka\.server\.KafkaServer\)/);
      expect(existsSync(join(dir, `broker-${id}/.kafka_cleanshutdown`))).to.equal(true);
    }
  });

  it('takes up its data again, and with --fresh forgets them', async () => {
    const clusterId = (launcher: Launcher): Promise<string> =>
      launcher
        .says(/Ctrl-C stops/)
        .then(() => /cluster\.id=(.+)/.exec(readFileSync(join(dir, 'broker-1/meta.properties'), 'utf8'))?.[1] ?? '');
    const ids: string[] = [];
    for (const args of [[], [], ['--fresh']]) {
      const launcher = launch('--port', '0', '--brokers', '1', ...args);
      ids.push(await clusterId(launcher));
      launcher.process.kill('SIGTERM');
      expect(await launcher.end()).to.equal(0);
    }
    expect(ids[1]).to.equal(ids[0]);
    expect(ids[2]).to.not.equal(ids[0]);
  });

  it('leaves nobody behind when it is killed', async () => {
    const launcher = launch('--port', '0', '--brokers', '2');
    await launcher.says(/Ctrl-C stops/);
    expect(await processesIn(join(dir, 'broker-'))).to.have.length(2);
    launcher.process.kill('SIGKILL');
    await nothingRunsIn(folder);
  });

  it('starts a broker again that was killed', async () => {
    const launcher = launch('--port', '0', '--brokers', '1');
    await launcher.says(/Ctrl-C stops/);
    const [line] = await processesIn(join(dir, 'broker-1.properties'));
    process.kill(Number.parseInt(line ?? '', 10), 'SIGKILL');
    await launcher.says(/broker-1 ended \(SIGKILL\); starting it again/);
    await launcher.says(/controller: broker 1 \(epoch 2\)/); // after the old session ended
  });

  it('refuses a port that is taken, in one line, and leaves nothing running', async () => {
    const taken = await listening();
    const { port } = taken.address() as AddressInfo;
    const launcher = launch('--port', String(port), '--brokers', '1');
    expect(await launcher.end()).to.equal(1);
    expect(launcher.output.trim().split('\n')).to.have.length(2);
    expect(launcher.output).to.match(new RegExp(`zkafka: broker-1: .*127\\.0\\.0\\.1:${port}.*in use`));
    expect(await processesIn(folder)).to.deep.equal([]);
    taken.close();
  });

  it("refuses ZooKeeper's port that is taken", async () => {
    const free = await listening();
    const taken = await listening();
    const { port } = taken.address() as AddressInfo;
    free.close();
    const launcher = launch('--port', String(port - 1), '--brokers', '1'); // ZooKeeper takes the one after the brokers'
    expect(await launcher.end()).to.equal(1);
    expect(launcher.output).to.match(new RegExp(`zkafka: zookeeper: .*${port}`));
    expect(await processesIn(folder)).to.deep.equal([]);
    taken.close();
  });

  it('refuses the data of another cluster', async () => {
    const first = launch('--port', '0', '--brokers', '1');
    await first.says(/Ctrl-C stops/);
    first.process.kill('SIGTERM');
    await first.end();
    const other = join(folder, 'other');
    mkdirSync(other);
    for (const name of ['broker-1', 'cluster.json']) cpSync(join(dir, name), join(other, name), { recursive: true });
    dir = other; // with a ZooKeeper of its own
    const launcher = launch('--port', '0', '--brokers', '1');
    expect(await launcher.end()).to.equal(1);
    expect(launcher.output).to.match(/zkafka: broker-1: The Cluster ID \S+ doesn't match stored clusterId/);
    expect(await processesIn(folder)).to.deep.equal([]);
  });

  it('refuses a folder in which another one runs, without touching it', async () => {
    const first = launch('--port', '0', '--brokers', '1');
    await first.says(/Ctrl-C stops/);
    const second = launch('--port', '0', '--brokers', '1', '--fresh');
    expect(await second.end()).to.equal(1);
    expect(second.output).to.match(/another zkafka runs in .*: stop it, or name another --dir/);
    expect(existsSync(join(dir, 'broker-1/meta.properties'))).to.equal(true);
    first.process.kill('SIGINT');
    expect(await first.end()).to.equal(0);
  });

  it('refuses the folder of a cluster on another ZooKeeper, and a ZooKeeper that cannot be reached', async () => {
    const closed = await listening();
    const { port } = closed.address() as AddressInfo;
    closed.close();
    const connect = `127.0.0.1:${port}/chroot`;
    const unreachable = launch('--port', '0', '--brokers', '1', '--zookeeper', connect);
    expect(await unreachable.end()).to.equal(1);
    expect(unreachable.output).to.match(new RegExp(`zkafka: broker-1: ZooKeeper at ${connect} cannot be reached`));
    const embedded = launch('--port', '0', '--brokers', '1');
    expect(await embedded.end()).to.equal(1);
    expect(embedded.output).to.match(/holds the data of a cluster on the ZooKeeper at .*, not on the embedded/);
    expect(await processesIn(folder)).to.deep.equal([]);
  });

  it('plays the demonstration', async function () {
    this.timeout(120_000); // some 15 s on an idle machine
    const launcher = launch('--port', '0', '--demo');
    expect(await launcher.end(), launcher.output).to.equal(0);
    expect(launcher.output).to.match(/broker \d was elected, epoch 1 → 2/);
    expect(launcher.output).to.match(/every acknowledged record was read, in order, none twice at the same offset/);
    expect(launcher.output).to.match(/The demonstration held\./);
    expect(await processesIn(folder)).to.deep.equal([]);
  });
});
