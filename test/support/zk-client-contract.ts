import { createHash } from 'node:crypto';
import { expect } from 'chai';
import type { Platform } from '../../src/platform/platform.js';
import { nodeZkClient } from '../../zk/client/node/adapter.js';
import { sessionClient } from '../../zk/client/session.js';
import {
  NO_SESSION,
  ZkError,
  type SessionInfo,
  type WatchEvent,
  type ZkClient,
  type ZkClientConfig,
  type ZkState,
} from '../../zk/client/zk-client.js';
import { EventLog } from './event-log.js';
import { TcpProxy } from './tcp-proxy.js';

/** A ZooKeeper that the contract is tried on. Its sessions may be as short as 2 s. */
export interface ZooKeeperUnderTest {
  /** Returns the port, which may differ from one start to the next; the data stay. */
  start(): Promise<number>;
  stop(): Promise<void>;
}

export const CLIENTS: Record<string, (config: ZkClientConfig, platform: Platform) => ZkClient> = {
  'adapter over node-zookeeper-client': nodeZkClient,
  session: sessionClient,
};

const OPEN = 31;

/** The error's name that a promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ZkError) return error.error;
    throw error;
  }
  return 'no error';
}

/** A client under test with what it told. */
interface Watched {
  readonly client: ZkClient;
  readonly events: EventLog<WatchEvent>;
  readonly states: EventLog<ZkState>;
}

/** The behaviour that every client shows on every ZooKeeper. */
export function zkClientContract(clientName: string, zooKeeper: ZooKeeperUnderTest, platform: Platform): void {
  describe(`ZooKeeper client: ${clientName}`, () => {
    let proxy: TcpProxy;
    let open: ZkClient[] = [];
    let root = '';
    let test = 0;

    /** Through the proxy unless `direct`. */
    function make(options: Partial<ZkClientConfig> & { chroot?: string; direct?: number } = {}): Watched {
      const config = {
        connectString: `127.0.0.1:${options.direct ?? proxy.port}${options.chroot ?? ''}`,
        sessionTimeoutMs: 6000,
        connectTimeoutMs: 5000,
        maxInFlightRequests: 100,
        ...options,
      };
      const client = CLIENTS[clientName]!(config, platform);
      open.push(client);
      const events = new EventLog<WatchEvent>();
      const states = new EventLog<ZkState>();
      client.onWatch(events.add);
      client.onState(states.add);
      return { client, events, states };
    }

    async function connected(options?: Parameters<typeof make>[0]): Promise<Watched> {
      const watched = make(options);
      await watched.client.connect();
      return watched;
    }

    let port = 0;
    before(async function () {
      this.timeout(60_000);
      port = await zooKeeper.start();
      proxy = await TcpProxy.to(port);
    });
    after(async () => {
      await proxy.close();
      await zooKeeper.stop();
    });
    beforeEach(async () => {
      root = `/${clientName.split(' ')[0]}-${++test}`;
      const { client } = await connected();
      await client.create(root, null);
    });
    afterEach(async () => {
      await Promise.all(open.map((client) => client.close()));
      open = [];
    });

    describe('nodes', () => {
      it('creates, reads, changes and deletes, with exact stats', async () => {
        const { client } = await connected();
        const path = `${root}/a`;
        const created = await client.create(path, Buffer.from('one'));
        expect(created.path).to.equal(path);
        expect(created.stat).to.include({ version: 0, cversion: 0, aversion: 0, dataLength: 3, numChildren: 0 });
        expect(created.stat.ephemeralOwner).to.equal(NO_SESSION);
        expect(created.stat.mzxid).to.equal(created.stat.czxid);

        const changed = await client.setData(path, Buffer.from('second'), 0);
        expect(changed).to.include({ version: 1, dataLength: 6, czxid: created.stat.czxid });
        expect(changed.mzxid).to.be.greaterThan(changed.czxid);
        expect(await client.getData(path, false)).to.deep.equal({ data: Buffer.from('second'), stat: changed });
        expect(await client.exists(path, false)).to.deep.equal(changed);

        await client.delete(path, 1);
        expect(await client.exists(path, false)).to.equal(undefined);
        expect((await client.exists(root, false))?.cversion).to.equal(2);
      });

      it('tells null data from empty data', async () => {
        const { client } = await connected();
        await client.create(`${root}/null`, null);
        await client.create(`${root}/empty`, Buffer.alloc(0));
        expect((await client.getData(`${root}/null`, false)).data).to.equal(null);
        expect((await client.getData(`${root}/empty`, false)).data).to.deep.equal(Buffer.alloc(0));
        await client.setData(`${root}/empty`, null, -1);
        expect((await client.getData(`${root}/empty`, false)).data).to.equal(null);
      });

      it('names the error and the path of what failed', async () => {
        const { client } = await connected();
        await client.create(`${root}/a`, null);
        await client.create(`${root}/a/b`, null);
        expect(await failure(client.create(`${root}/a`, null))).to.equal('NODE_EXISTS');
        expect(await failure(client.create(`${root}/x/y`, null))).to.equal('NO_NODE');
        expect(await failure(client.delete(`${root}/a`, -1))).to.equal('NOT_EMPTY');
        expect(await failure(client.delete(`${root}/a/b`, 7))).to.equal('BAD_VERSION');
        expect(await failure(client.setData(`${root}/a`, null, 3))).to.equal('BAD_VERSION');
        expect(await failure(client.getChildren(`${root}/x`, false))).to.equal('NO_NODE');
        const error: unknown = await client.getData(`${root}/x`, false).catch((thrown: unknown) => thrown);
        expect(error)
          .to.be.instanceOf(ZkError)
          .and.include({ error: 'NO_NODE', path: `${root}/x` });
      });

      it('lists children with the stat of the parent', async () => {
        const { client } = await connected();
        for (const name of ['a', 'b', 'ü']) await client.create(`${root}/${name}`, null);
        const { children, stat } = await client.getChildren(root, false);
        expect(children).to.have.members(['a', 'b', 'ü']);
        expect(stat).to.include({ numChildren: 3, cversion: 3 });
      });

      it('numbers sequential nodes', async () => {
        const { client } = await connected();
        const first = await client.create(`${root}/n_`, null, { mode: 'persistent-sequential' });
        const second = await client.create(`${root}/`, null, { mode: 'ephemeral-sequential' });
        expect(first.path).to.equal(`${root}/n_0000000000`);
        expect(second.path).to.equal(`${root}/0000000001`);
      });

      it('keeps an ephemeral node for as long as its session', async () => {
        const other = await connected();
        const { client } = await connected();
        const session = await client.session();
        const { stat } = await client.create(`${root}/e`, Buffer.from('me'), { mode: 'ephemeral' });
        expect(stat.ephemeralOwner).to.equal(session.id);
        expect(await failure(client.create(`${root}/e/child`, null))).to.equal('NO_CHILDREN_FOR_EPHEMERALS');
        await other.client.exists(`${root}/e`, true);
        await client.close();
        expect(await other.events.when((event) => event.path === `${root}/e`)).to.include({ type: 'deleted' });
        expect(await other.client.exists(`${root}/e`, false)).to.equal(undefined);
      });

      it('creates container and TTL nodes', async () => {
        const { client } = await connected();
        await client.create(`${root}/c`, null, { mode: 'container' });
        await client.create(`${root}/t`, Buffer.from('x'), { mode: 'persistent-with-ttl', ttlMs: 60_000 });
        const numbered = await client.create(`${root}/s`, null, {
          mode: 'persistent-sequential-with-ttl',
          ttlMs: 60_000,
        });
        expect(numbered.path).to.equal(`${root}/s0000000002`);
        expect((await client.getChildren(root, false)).children).to.have.members(['c', 't', 's0000000002']);
        for (const name of ['c', 't']) {
          expect((await client.exists(`${root}/${name}`, false))?.ephemeralOwner, name).to.equal(NO_SESSION);
        }
        const withTtl = { type: 'create', path: `${root}/m`, data: null, mode: 'persistent-with-ttl' } as const;
        expect(await failure(client.multi([withTtl]))).to.equal('BAD_ARGUMENTS');
        const container = await client.multi([{ type: 'create', path: `${root}/m`, data: null, mode: 'container' }]);
        expect(container.ok).to.equal(true);
      });

      it('refuses bad paths and too much data by itself, and goes on', async () => {
        const { client } = await connected();
        for (const path of ['', 'a', '/a/', '/a//b', '/a/./b', '/a/..', '/a\u0000', '/\ue000']) {
          expect(await failure(client.create(path, null)), path).to.equal('BAD_ARGUMENTS');
        }
        expect(await failure(client.setData(root, Buffer.alloc(1_000_001), -1))).to.equal('BAD_ARGUMENTS');
        const half = { type: 'setData', path: root, data: Buffer.alloc(600_000), version: -1 } as const;
        expect(await failure(client.multi([half, half]))).to.equal('BAD_ARGUMENTS');
        expect(await failure(client.setData(root, null, 2 ** 40))).to.equal('MARSHALLING_ERROR');
        expect(await client.setData(root, Buffer.alloc(1_000_000), 0)).to.include({ dataLength: 1_000_000 });
        expect((await client.getData(root, false)).data).to.deep.equal(Buffer.alloc(1_000_000));
      });

      it('answers many pipelined requests in order', async () => {
        const { client } = await connected({ maxInFlightRequests: 7 });
        const versions = Array.from({ length: 500 }, (_, i) => client.setData(root, Buffer.from(`${i}`), i));
        expect((await Promise.all(versions)).map((stat) => stat.version)).to.deep.equal(
          Array.from({ length: 500 }, (_, i) => i + 1),
        );
      });

      it('syncs', async () => {
        const writer = await connected();
        const reader = await connected();
        await writer.client.setData(root, Buffer.from('seen'), -1);
        await reader.client.sync(root);
        expect((await reader.client.getData(root, false)).data).to.deep.equal(Buffer.from('seen'));
      });
    });

    describe('multi', () => {
      it('applies all', async () => {
        const { client } = await connected();
        await client.create(`${root}/epoch`, Buffer.from('7'));
        const result = await client.multi([
          { type: 'check', path: `${root}/epoch`, version: 0 },
          { type: 'create', path: `${root}/e`, data: null, mode: 'ephemeral' },
          { type: 'setData', path: `${root}/e`, data: Buffer.from('two'), version: 0 },
          { type: 'create', path: `${root}/s-`, data: null, mode: 'persistent-sequential' },
          { type: 'delete', path: `${root}/epoch`, version: 0 },
        ]);
        expect(result.ok).to.equal(true);
        expect(result.results.map((one) => one.error)).to.deep.equal(['OK', 'OK', 'OK', 'OK', 'OK']);
        expect(result.results[1]).to.include({ path: `${root}/e` });
        expect(result.results[3]).to.include({ path: `${root}/s-0000000002` });
        expect(result.results[2]).to.have.nested.property('stat.version', 1);
        const data = await client.getData(`${root}/e`, false);
        expect(data.data).to.deep.equal(Buffer.from('two'));
        expect(data.stat).to.include({ version: 1, ephemeralOwner: (await client.session()).id });
      });

      it('refuses all and says which failed', async () => {
        const { client } = await connected();
        const result = await client.multi([
          { type: 'create', path: `${root}/a`, data: null },
          { type: 'delete', path: `${root}/missing`, version: -1 },
          { type: 'create', path: `${root}/b`, data: null },
        ]);
        expect(result.ok).to.equal(false);
        expect(result.results.map((one) => one.error)).to.deep.equal(['OK', 'NO_NODE', 'RUNTIME_INCONSISTENCY']);
        expect(await client.exists(`${root}/a`, false)).to.equal(undefined);
      });

      it('takes version 0 for 0, in check, setData and delete', async () => {
        const { client } = await connected();
        await client.create(`${root}/a`, null);
        await client.setData(`${root}/a`, null, 0);
        for (const operation of [
          { type: 'check', path: `${root}/a`, version: 0 },
          { type: 'setData', path: `${root}/a`, data: null, version: 0 },
          { type: 'delete', path: `${root}/a`, version: 0 },
        ] as const) {
          const result = await client.multi([operation]);
          expect(result.results, operation.type).to.deep.equal([{ error: 'BAD_VERSION' }]);
        }
        expect((await client.multi([{ type: 'check', path: `${root}/a`, version: 1 }])).ok).to.equal(true);
      });

      it('takes no operations at all', async () => {
        const { client } = await connected();
        expect(await client.multi([])).to.deep.equal({ ok: true, results: [] });
      });
    });

    describe('watches', () => {
      it('fire once, each kind for its events', async () => {
        const { client, events } = await connected();
        const other = await connected();
        const path = `${root}/w`;
        await client.exists(path, true);
        await other.client.create(path, null);
        await events.when((event) => event.type === 'created');
        await client.getData(path, true);
        await other.client.setData(path, Buffer.from('1'), -1);
        await other.client.setData(path, Buffer.from('2'), -1);
        await events.when((event) => event.type === 'changed');
        await client.getChildren(path, true);
        await other.client.create(`${path}/c`, null);
        await other.client.delete(`${path}/c`, -1);
        await events.when((event) => event.type === 'child');
        await client.exists(path, true);
        await client.getData(path, true);
        await client.getChildren(path, true);
        await other.client.delete(path, -1);
        await events.when((event) => event.type === 'deleted');
        await client.sync(root);
        expect(events.all).to.deep.equal([
          { type: 'created', path, generation: 1 },
          { type: 'changed', path, generation: 1 },
          { type: 'child', path, generation: 1 },
          { type: 'deleted', path, generation: 1 },
        ]);
      });

      it('leave none behind where the read failed', async () => {
        const { client, events } = await connected();
        expect(await failure(client.getData(`${root}/w`, true))).to.equal('NO_NODE');
        expect(await failure(client.getChildren(`${root}/w`, true))).to.equal('NO_NODE');
        await client.create(`${root}/w`, null);
        await client.sync(root);
        expect(events.all).to.deep.equal([]);
      });

      it('tell the change before the new data can be read', async () => {
        const { client, events } = await connected();
        await client.getData(root, true);
        await client.setData(root, Buffer.from('new'), -1);
        await client.getData(root, false);
        expect(events.all).to.have.length(1);
      });

      it('survive a cut connection', async () => {
        const { client, events, states } = await connected();
        const other = await connected({ direct: port });
        await client.getData(root, true);
        await client.exists(`${root}/new`, true);
        await client.getChildren(root, true);
        proxy.cut();
        await states.when((state) => state === 'disconnected');
        await states.when((state) => state === 'connected', 2);
        await other.client.setData(root, Buffer.from('x'), -1);
        await other.client.create(`${root}/new`, null);
        await events.when((event) => event.type === 'child');
        expect(events.all).to.deep.equal([
          { type: 'changed', path: root, generation: 1 },
          { type: 'created', path: `${root}/new`, generation: 1 },
          { type: 'child', path: root, generation: 1 },
        ]);
        expect(states.all).to.deep.equal(['connected', 'disconnected', 'connected']);
      });

      it('fire for what changed while the connection was down', async () => {
        const { client, events, states } = await connected();
        const other = await connected({ direct: port });
        await client.getData(root, true);
        await client.exists(`${root}/new`, true);
        proxy.refuse();
        await states.when((state) => state === 'disconnected');
        await other.client.setData(root, Buffer.from('x'), -1);
        await other.client.create(`${root}/new`, null);
        proxy.admit();
        await events.when((event) => event.type === 'changed' && event.path === root);
        await events.when((event) => event.type === 'created' && event.path === `${root}/new`);
        expect(events.all).to.have.length(2);
      });

      it('are set again in pieces that a server takes', async () => {
        const { client, events, states } = await connected({ maxInFlightRequests: 2000 });
        const other = await connected({ direct: port });
        const name = 'n'.repeat(200);
        const paths = Array.from({ length: 6000 }, (_, i) => `${root}/${name}${i}`); // 1.3 MB: more than one frame may hold
        await Promise.all(paths.map((path) => client.exists(path, true)));
        proxy.cut();
        await states.when((state) => state === 'connected', 2);
        const last = paths[paths.length - 1]!;
        await other.client.create(last, null);
        expect(await events.when((event) => event.path === last)).to.include({ type: 'created' });
        expect(states.all).to.deep.equal(['connected', 'disconnected', 'connected']);
      });
    });

    describe('connection and session', () => {
      it('fails what was sent with CONNECTION_LOSS, keeps what is asked for later, keeps the session', async () => {
        const { client, states } = await connected({ maxInFlightRequests: 2 });
        const session = await client.session();
        await client.create(`${root}/e`, null, { mode: 'ephemeral' });
        proxy.silence();
        const sent = Array.from({ length: 5 }, () => failure(client.getData(root, false)));
        const after = new Promise<string>((resolve) => {
          client.onState((state) => {
            if (state === 'disconnected') resolve(failure(client.getData(root, false)));
          });
        });
        proxy.speak();
        expect(await Promise.all(sent)).to.deep.equal(Array<string>(5).fill('CONNECTION_LOSS'));
        expect(await after).to.equal('no error');
        expect(await client.session()).to.deep.equal(session);
        expect(await client.exists(`${root}/e`, false)).to.have.property('ephemeralOwner', session.id);
        expect(states.all).to.deep.equal(['connected', 'disconnected', 'connected']);
      });

      it('keeps the session over a restart of the server', async function () {
        this.timeout(60_000);
        const { client, states, events } = await connected({ sessionTimeoutMs: 10_000 });
        const session = await client.session();
        await client.create(`${root}/e`, Buffer.from('mine'), { mode: 'ephemeral' });
        await client.exists(`${root}/later`, true);
        await zooKeeper.stop();
        port = await zooKeeper.start();
        proxy.retarget(port);
        await states.when((state) => state === 'connected', 1);
        expect(await client.session()).to.deep.equal(session);
        expect(await client.getData(`${root}/e`, false)).to.have.nested.property('stat.ephemeralOwner', session.id);
        await client.create(`${root}/later`, null);
        await events.when((event) => event.path === `${root}/later`);
      });

      it('goes through the handlers at expiry, one after the other, and starts a new generation', async () => {
        const other = await connected({ direct: port });
        const { client, states, events } = await connected({ sessionTimeoutMs: 2000 });
        const first = await client.session();
        const story: string[] = [];
        const rebuilt = new EventLog<SessionInfo>();
        const turn = (): Promise<void> => new Promise((resolve) => void platform.time.schedule(5, resolve));
        client.addSessionHandler({
          async beforeSession() {
            story.push(`before a: ${await failure(client.getData(root, false))}`);
            await turn();
            story.push('before a done');
          },
          async afterSession(session) {
            story.push('after a');
            await client.create(`${root}/e`, null, { mode: 'ephemeral' });
            story.push(`after a created, generation ${session.generation}`);
          },
        });
        client.addSessionHandler({
          beforeSession() {
            story.push('before b');
            return Promise.reject(new Error('a handler that fails does not stop the others'));
          },
          async afterSession(session) {
            await turn();
            story.push('after b');
            rebuilt.add(session);
          },
        });
        await client.create(`${root}/e`, null, { mode: 'ephemeral' });
        await client.getData(root, true);
        await other.client.exists(`${root}/e`, true);
        proxy.silence();
        await states.when((state) => state === 'disconnected');
        const pending = failure(client.getData(root, false)).then((error) => story.push(`pending: ${error}`));
        await other.events.when((event) => event.type === 'deleted');
        proxy.speak();
        const second = await rebuilt.when(() => true);
        await pending;
        expect(story).to.deep.equal([
          'pending: SESSION_EXPIRED',
          'before a: SESSION_EXPIRED',
          'before a done',
          'before b',
          'after a',
          'after a created, generation 2',
          'after b',
        ]);
        expect(second).to.include({ generation: 2 });
        expect(second.id).not.to.equal(first.id);
        expect(await client.session()).to.deep.equal(second);
        expect(await client.exists(`${root}/e`, false)).to.have.property('ephemeralOwner', second.id);
        expect(states.all).to.deep.equal(['connected', 'disconnected', 'expired', 'connected']);

        await other.client.setData(root, null, -1); // the watch of the old session is gone
        await client.getData(root, true);
        await other.client.setData(root, null, -1);
        await events.when((event) => event.path === root);
        expect(events.all).to.deep.equal([{ type: 'changed', path: root, generation: 2 }]);
      });

      it('works below a chroot', async () => {
        const { client, events } = await connected({ chroot: root });
        const other = await connected();
        expect((await client.create('/a', Buffer.from('1'))).path).to.equal('/a');
        expect((await client.create('/s', null, { mode: 'persistent-sequential' })).path).to.equal('/s0000000001');
        expect((await client.getChildren('/', true)).children).to.have.members(['a', 's0000000001']);
        await client.exists('/b', true);
        const result = await client.multi([{ type: 'create', path: '/m', data: null }]);
        expect(result.results).to.deep.equal([{ error: 'OK', path: '/m' }]);
        await other.client.create(`${root}/b`, null);
        await events.when((event) => event.type === 'created');
        expect(events.all.map(({ type, path }) => `${type} ${path}`)).to.deep.equal(['child /', 'created /b']);
        expect((await other.client.getData(`${root}/a`, false)).data).to.deep.equal(Buffer.from('1'));
        const error: unknown = await client.getData('/none', false).catch((thrown: unknown) => thrown);
        expect(error).to.be.instanceOf(ZkError).and.include({ path: '/none' });
      });

      it('proves who it is, also after a reconnect', async () => {
        const { client, states } = make();
        await client.addAuth('digest', Buffer.from('alice:secret'));
        await client.connect();
        await client.create(`${root}/mine`, Buffer.from('x'), { acl: [{ permissions: OPEN, scheme: 'auth', id: '' }] });
        const { acl, stat } = await client.getAcl(`${root}/mine`);
        const digest = createHash('sha1').update('alice:secret').digest('base64');
        expect(acl).to.deep.equal([{ permissions: OPEN, scheme: 'digest', id: `alice:${digest}` }]);
        expect(stat.aversion).to.equal(0);
        const other = await connected({ direct: port });
        expect(await failure(other.client.getData(`${root}/mine`, false))).to.equal('NO_AUTH');
        proxy.cut();
        await states.when((state) => state === 'connected', 2);
        expect((await client.getData(`${root}/mine`, false)).data).to.deep.equal(Buffer.from('x'));
        await other.client.addAuth('digest', Buffer.from('alice:secret'));
        expect((await other.client.getData(`${root}/mine`, false)).data).to.deep.equal(Buffer.from('x'));
        const changed = await client.setAcl(
          `${root}/mine`,
          [{ permissions: 1, scheme: 'world', id: 'anyone' }],
          stat.aversion,
        );
        expect(changed.aversion).to.equal(1);
      });

      it('ends with AUTH_FAILED when a credential is refused at the start', async () => {
        const { client, states } = make();
        await client.addAuth('nosuchscheme', Buffer.from('x'));
        expect(await failure(client.connect())).to.equal('AUTH_FAILED');
        expect(states.all).to.include('auth-failed');
        expect(await failure(client.getData('/', false))).to.equal('AUTH_FAILED');
      });

      it('gives up connecting in time, and closes in every state', async () => {
        proxy.refuse();
        const unlucky = make({ connectTimeoutMs: 200 });
        expect(await failure(unlucky.client.connect())).to.equal('CONNECTION_LOSS');
        const never = make();
        await never.client.close();
        const connecting = make();
        const attempt = failure(connecting.client.connect());
        await connecting.client.close();
        expect(await attempt).to.equal('SESSION_EXPIRED');
        proxy.admit();
        const cut = await connected();
        proxy.refuse();
        await cut.states.when((state) => state === 'disconnected');
        const waits = failure(cut.client.getData(root, false));
        await cut.client.close();
        await cut.client.close();
        expect(await waits).to.equal('SESSION_EXPIRED');
        expect(await failure(cut.client.getData(root, false))).to.equal('SESSION_EXPIRED');
        expect(cut.states.all).to.deep.equal(['connected', 'disconnected', 'closed']);
        proxy.admit();
      });
    });
  });
}
