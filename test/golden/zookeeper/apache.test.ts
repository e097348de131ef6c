import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { silentLogger } from '../../../src/platform/logger.js';
import { nodePlatform } from '../../../src/platform/node/platform.js';
import { decode } from '../../../zk/jute/jute.js';
import { statResponse } from '../../../zk/jute/messages.js';
import { OP } from '../../../zk/jute/op-codes.js';
import { defaultConfig } from '../../../zk/server/config.js';
import { DataTree } from '../../../zk/server/data-tree.js';
import { recover } from '../../../zk/server/recovery.js';
import { Watches } from '../../../zk/server/watches.js';
import { ZooKeeperServer } from '../../../zk/server/zookeeper-server.js';
import { RawZkClient } from '../../support/raw-zk-client.js';
import { playScript, type PlayedScript } from '../../support/zk-script.js';

/** What is compared here was made by Apache ZooKeeper 3.8.4 with extendedTypesEnabled: see README.md in this folder. */
const golden = import.meta.dirname;
const platform = { ...nodePlatform({ name: 'test', console: false }), logger: silentLogger };

describe('ZooKeeper beside Apache 3.8.4', () => {
  let folder: string;
  let server: ZooKeeperServer | undefined;
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'zkafka-golden-'))));
  afterEach(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true });
  });
  const start = async (): Promise<number> => {
    const config = { ...defaultConfig(folder), clientPortAddress: '127.0.0.1', clientPort: 0, ttlEnabled: true };
    server = new ZooKeeperServer(config, platform);
    return (await server.start()).port;
  };

  it('answers every request, stat, zxid and order of events alike', async () => {
    const expected = JSON.parse(readFileSync(path.join(golden, 'replies.json'), 'utf8')) as PlayedScript;
    const played = await playScript(platform.network, await start());
    for (const [i, step] of played.steps.entries()) expect(step).to.deep.equal(expected.steps[i]);
    expect(played).to.deep.equal(expected);
  }).timeout(10_000);

  it('reads its snapshot as what its log says', () => {
    const byLog = treeOf(path.join(golden, 'data/version-2'));
    const bySnapshot = treeOf(path.join(golden, 'snapshot/version-2'));
    expect(byLog.nodes.length).to.be.greaterThan(20);
    expect(bySnapshot).to.deep.equal(byLog);
  });

  it('takes over its data folder, a live session with its password and its ephemerals included', async () => {
    cpSync(path.join(golden, 'data'), folder, { recursive: true });
    const port = await start();
    const session = { sessionId: '010000325b720002', password: Buffer.from('167fe6f0d9c8e68490a6fe66e3c242ee', 'hex') };
    const client = await RawZkClient.connect(platform.network, port, { ...session, timeoutMs: 40_000 });
    expect(client.session).to.include({ timeoutMs: 40_000, sessionId: session.sessionId });
    const { body } = await client.read(OP.exists, '/live');
    expect(decode(statResponse, body).stat.ephemeralOwner).to.equal(session.sessionId);
    await client.send(OP.closeSession);
    const other = await RawZkClient.connect(platform.network, port);
    expect((await other.read(OP.exists, '/live')).err).to.equal(-101);
    other.destroy();
  });

  function treeOf(data: string): { nodes: unknown[]; sessions: unknown; lastZxid: number } {
    const tree = new DataTree(new Watches(), { ttlEnabled: true });
    const { sessions } = recover(platform.disk, { snapshots: data, logs: data }, tree, silentLogger);
    const nodes: unknown[] = [];
    const walk = (at: string): void => {
      const node = tree.node(at)!;
      nodes.push([at, node.data, node.acl, tree.statOf(node), node.ephemeralOwner]);
      for (const name of [...node.children].sort()) walk(`${at === '/' ? '' : at}/${name}`);
    };
    walk('/');
    return { nodes, sessions: [...sessions].sort(), lastZxid: tree.lastZxid };
  }
});
