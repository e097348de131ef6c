import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { nodePlatform } from '../../../src/platform/node/platform.js';
import { OP } from '../../../zk/jute/op-codes.js';
import { RawZkClient } from '../../support/raw-zk-client.js';

/** The `zookeeper` program as its own process, over real sockets, on a real disk. */
describe('the zookeeper program', () => {
  const { network } = nodePlatform({ name: 'test', console: false });
  const program = path.resolve(import.meta.dirname, '../../../zk/server/main.ts');
  let folder: string;
  let children: ChildProcess[];

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'zkafka-zk-main-'));
    children = [];
  });

  afterEach(() => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  function run(settings: Record<string, string | number>): { child: ChildProcess; errors: () => string } {
    const file = path.join(folder, 'zoo.cfg');
    writeFileSync(
      file,
      Object.entries(settings)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    );
    const child = spawn(process.execPath, ['--import', 'tsx', program, file], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    children.push(child);
    let errors = '';
    child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    return { child, errors: () => errors };
  }

  async function start(settings: Record<string, string | number> = {}): Promise<{ child: ChildProcess; port: number }> {
    const dataDir = path.join(folder, 'data');
    const { child } = run({ dataDir, clientPort: 0, clientPortAddress: '127.0.0.1', ...settings });
    const [message] = (await once(child, 'message')) as [{ type: string; port: number }];
    expect(message.type).to.equal('ready');
    return { child, port: message.port };
  }

  it('loses nothing acknowledged to kill -9 under load, and keeps the session', async () => {
    const { child, port } = await start();
    const client = await RawZkClient.connect(network, port, { timeoutMs: 30_000 });
    let acknowledged = 0;
    let sent = 0;
    await new Promise<void>((resolve) => {
      const send = (): void => {
        if (client.isClosed) return;
        void client.create(`/n${sent++}`, 'x'.repeat(100)).then(({ err }) => {
          expect(err).to.equal(0);
          if (++acknowledged === 3000) {
            child.kill('SIGKILL');
            resolve();
          }
          send();
        });
      };
      for (let i = 0; i < 200; i++) send();
    });
    await client.whenClosed();
    const second = await start();
    const { sessionId, password } = client.session!;
    const back = await RawZkClient.connect(network, second.port, { sessionId, password, timeoutMs: 30_000 });
    expect(back.session!.sessionId).to.equal(sessionId);
    const replies = await Promise.all(Array.from({ length: acknowledged }, (_, i) => back.read(OP.exists, `/n${i}`)));
    expect(replies.filter((reply) => reply.err !== 0)).to.deep.equal([]);
    back.destroy();
  }).timeout(30_000);

  it('stops in order on SIGTERM, and when its parent is gone', async () => {
    const first = await start();
    first.child.kill('SIGTERM');
    expect(await once(first.child, 'exit')).to.deep.equal([0, null]);
    const second = await start();
    second.child.disconnect();
    expect(await once(second.child, 'exit')).to.deep.equal([0, null]);
  }).timeout(20_000);

  it('says in one line why it cannot start', async () => {
    const { port, child } = await start();
    const dataDir = path.join(folder, 'data');
    const other = path.join(folder, 'other');
    const cases: [Record<string, string | number>, number, RegExp][] = [
      [
        { dataDir: other, clientPort: port, clientPortAddress: '127.0.0.1' },
        1,
        /^zookeeper: address 127\.0\.0\.1:\d+ is in use\n$/,
      ],
      [{ dataDir, clientPort: 0 }, 1, /^zookeeper: another server has the data folder\n$/],
      [{ dataDir, clientPort: 'x' }, 2, /^zookeeper: .*zoo\.cfg: clientPort=x: not a whole number\n$/],
    ];
    for (const [settings, code, line] of cases) {
      const { child: failing, errors } = run(settings);
      expect(await once(failing, 'close')).to.deep.equal([code, null]);
      expect(errors()).to.match(line);
    }
    child.kill('SIGTERM');
    await once(child, 'exit');
    expect(readFileSync(path.join(dataDir, 'version-2/snapshot.0')).length).to.be.greaterThan(0);
  }).timeout(30_000);
});
