import { expect } from 'chai';
import { silentLogger } from '../../src/platform/logger.js';
import { nodePlatform } from '../../src/platform/node/platform.js';
import { delay } from '../../src/platform/time.js';
import { getDataResponse } from '../../zk/jute/messages.js';
import { OP } from '../../zk/jute/op-codes.js';
import type { WatchEvent, ZkClient, ZkClientConfig, ZkState } from '../../zk/client/zk-client.js';
import { EventLog } from '../support/event-log.js';
import { answerFrame, StubZooKeeper, type Received, type StubScript } from '../support/stub-zookeeper.js';
import { CLIENTS, failure } from '../support/zk-client-contract.js';

/**
 * What a ZooKeeper or the network between may do to a client. Each test is a defect that node-zookeeper-client 1.1.3 shows when
 * it is used bare; both clients must be free of them.
 */
const platform = { ...nodePlatform({ name: 'test' }), logger: silentLogger };
const STAT = {
  czxid: 1,
  mzxid: 1,
  ctime: 1,
  mtime: 1,
  version: 0,
  cversion: 0,
  aversion: 0,
  ephemeralOwner: '0000000000000000',
  dataLength: 5,
  numChildren: 0,
  pzxid: 1,
};

for (const [name, makeClient] of Object.entries(CLIENTS)) {
  describe(`ZooKeeper client under bad servers: ${name}`, () => {
    let stubs: StubZooKeeper[] = [];
    let clients: ZkClient[] = [];

    async function stub(script: StubScript, timeoutMs?: number): Promise<{ server: StubZooKeeper; port: number }> {
      const server = new StubZooKeeper(script, timeoutMs);
      stubs.push(server);
      return { server, port: await server.start() };
    }

    function clientOf(connectString: string, options: Partial<ZkClientConfig> = {}) {
      const client = makeClient(
        { connectString, sessionTimeoutMs: 6000, connectTimeoutMs: 4000, maxInFlightRequests: 100, ...options },
        platform,
      );
      clients.push(client);
      const states = new EventLog<ZkState>();
      const events = new EventLog<WatchEvent>();
      client.onState(states.add);
      client.onWatch(events.add);
      return { client, states, events };
    }

    afterEach(async () => {
      await Promise.all(clients.map((client) => client.close()));
      await Promise.all(stubs.map((server) => server.stop()));
      clients = [];
      stubs = [];
    });

    it('1: an answer cut in the middle does not harm the next connection', async () => {
      const { port } = await stub({
        onRequest(connection, xid, op) {
          if (op !== OP.getData) return false;
          const frame = answerFrame(xid, getDataResponse, { data: Buffer.from('hello'), stat: STAT });
          if (connection.number === 1) {
            connection.write(frame.subarray(0, 30));
            setImmediate(() => connection.cut());
          } else {
            for (const byte of frame) connection.write(Buffer.from([byte]));
          }
          return true;
        },
      });
      const { client } = clientOf(`127.0.0.1:${port}`);
      await client.connect();
      expect(await failure(client.getData('/a', false))).to.equal('CONNECTION_LOSS');
      expect((await client.getData('/a', false)).data).to.deep.equal(Buffer.from('hello'));
    });

    it('2: a silent path is noticed after ⅔ of the negotiated timeout, and pings go out by the third', async () => {
      let silent = false;
      const { server, port } = await stub(
        {
          onPing: () => silent,
          onRequest: () => silent,
          onConnectRequest: (connection) => silent && connection.number === 1,
        },
        600,
      );
      const { client, states } = clientOf(`127.0.0.1:${port}`, { sessionTimeoutMs: 30_000 });
      expect(await client.connect()).to.include({ negotiatedTimeoutMs: 600 });
      const start = performance.now();
      await server.received.when((message) => message.type === 'ping');
      expect(performance.now() - start).to.be.within(150, 2000);
      silent = true;
      const lost = failure(client.getData('/a', false));
      const silentSince = performance.now();
      await states.when((state) => state === 'disconnected');
      expect(performance.now() - silentSince).to.be.within(200, 3000);
      expect(await lost).to.equal('CONNECTION_LOSS');
      silent = false;
      await states.when((state) => state === 'connected', 2);
    });

    it('2: an idle client pings a talkative server, and leaves a silent one however much it asks itself', async () => {
      let chatter: NodeJS.Timeout | undefined;
      const talkative = await stub(
        {
          onRequest(connection, _xid, op) {
            if (op === OP.exists) chatter = setInterval(() => connection.event(3, '/nobody-watches'), 20);
            return false;
          },
        },
        600,
      );
      const idle = clientOf(`127.0.0.1:${talkative.port}`);
      await idle.client.connect();
      await idle.client.exists('/a', false);
      let pings = 0;
      await talkative.server.received.when((message) => message.type === 'ping' && ++pings === 2);
      clearInterval(chatter);
      expect(idle.events.all).to.deep.equal([]);

      const silent = await stub({ onPing: () => true, onRequest: () => true }, 600);
      const busy = clientOf(`127.0.0.1:${silent.port}`, { maxInFlightRequests: 1000 });
      await busy.client.connect();
      const asking = setInterval(() => void failure(busy.client.exists('/a', false)), 20);
      await busy.states.when((state) => state === 'disconnected');
      clearInterval(asking);
    });

    it('3: a server that accepts and says nothing is left for the next one', async () => {
      const mute = await stub({ onAccept: () => true });
      const good = await stub({});
      const { client } = clientOf(`127.0.0.1:${mute.port},127.0.0.1:${mute.port},127.0.0.1:${good.port}`, {
        sessionTimeoutMs: 900,
      });
      await client.connect();
      expect(good.server.received.all[0]).to.have.property('type', 'connect');
    });

    it('4: an error code and an event that it does not know harm nothing', async () => {
      const { port } = await stub({
        onRequest(connection, xid, op) {
          if (op !== OP.getData) return false;
          connection.event(99, '/a');
          connection.reply(xid, -999);
          return true;
        },
      });
      const { client, states, events } = clientOf(`127.0.0.1:${port}`);
      await client.connect();
      const error: unknown = await client.getData('/a', true).catch((thrown: unknown) => thrown);
      expect(error).to.include({ error: 'SYSTEM_ERROR', path: '/a', message: 'SYSTEM_ERROR /a code -999' });
      expect(await client.exists('/a', false)).to.equal(undefined);
      expect(events.all).to.deep.equal([]);
      expect(states.all).to.deep.equal(['connected']);
    });

    it('4: listeners that throw harm nothing', async () => {
      const { port } = await stub({
        onRequest(connection, xid, op) {
          connection.reply(xid, op === OP.closeSession ? 0 : -101);
          if (op === OP.exists) connection.event(1, '/a');
          return true;
        },
      });
      const { client, events, states } = clientOf(`127.0.0.1:${port}`);
      client.onWatch(() => {
        throw new Error('a listener fails');
      });
      client.onState(() => {
        throw new Error('a listener fails');
      });
      await client.connect();
      await client.exists('/a', true);
      await events.when((event) => event.type === 'created');
      expect(await failure(client.getData('/b', false))).to.equal('NO_NODE');
      expect(states.all).to.deep.equal(['connected']);
    });

    it('4: answers out of order, garbage and absurd lengths end the connection, not the client', async () => {
      const absurd = Buffer.from([0x7f, 0xff, 0xff, 0xff, 0]);
      const negative = Buffer.from([0xff, 0xff, 0xff, 0xf0, 0]);
      const short = Buffer.from([0, 0, 0, 3, 1, 2, 3]);
      for (const bad of [absurd, negative, short, undefined]) {
        const { port } = await stub({
          onRequest(connection, xid, op) {
            if (op !== OP.getData || connection.number > 1) return false;
            if (bad === undefined) connection.reply(xid + 1, 0);
            else connection.write(bad);
            return true;
          },
        });
        const { client } = clientOf(`127.0.0.1:${port}`);
        await client.connect();
        expect(await failure(client.getData('/a', false))).to.equal('CONNECTION_LOSS');
        expect(await failure(client.getData('/a', false))).to.equal('NO_NODE');
      }
    });

    it('6: requests that wait are answered when the session expires, and later ones by the new session', async () => {
      const { port } = await stub({
        onConnectRequest(connection, request) {
          if (/^0+$/.test(request.sessionId)) return false;
          connection.frame(Buffer.from('0000000000000000000000000000000000000010'.padEnd(74, '0'), 'hex'));
          return true;
        },
        onRequest(connection, _xid, op) {
          if (op === OP.sync) connection.cut();
          return op === OP.sync;
        },
      });
      const { client, states } = clientOf(`127.0.0.1:${port}`);
      await client.connect();
      const results: Promise<string>[] = [];
      client.onState((state) => {
        if (state !== 'disconnected') return;
        for (let i = 0; i < 300; i++) results.push(failure(client.getData('/a', false)));
      });
      expect(await failure(client.sync('/'))).to.equal('CONNECTION_LOSS');
      await states.when((state) => state === 'expired');
      expect(new Set(await Promise.all(results))).to.deep.equal(new Set(['SESSION_EXPIRED']));
      expect(await failure(client.getData('/a', false))).to.be.oneOf(['SESSION_EXPIRED', 'NO_NODE']);
      expect((await client.session()).generation).to.equal(2);
      expect(await failure(client.getData('/a', false))).to.equal('NO_NODE');
    });

    it('7: after each handshake come credentials, then watches in pieces, then requests', async () => {
      const { server, port } = await stub({});
      const { client, states } = clientOf(`127.0.0.1:${port}`, { maxInFlightRequests: 3000 });
      await client.addAuth('digest', Buffer.from('a:b'));
      await client.connect();
      await client.addAuth('sasl', Buffer.from('c'));
      const paths = Array.from({ length: 2000 }, (_, i) => `/${'x'.repeat(150)}${i}`);
      await Promise.all(paths.map((path) => client.exists(path, true)));
      const seen = server.received.all.length;
      server.dropConnections();
      const waits = new Promise((resolve) => {
        client.onState((state) => {
          if (state === 'disconnected') resolve(failure(client.getData('/last', false)));
        });
      });
      await waits;
      await states.when((state) => state === 'connected', 2);
      const later = server.received.all.slice(seen);
      const kinds = later.map((message) => message.type).filter((type) => type !== 'ping');
      expect(kinds.slice(0, 3)).to.deep.equal(['connect', 'auth', 'auth']);
      expect(kinds[kinds.length - 1]).to.equal('request');
      const pieces = later.filter(
        (message): message is Received & { type: 'setWatches' } => message.type === 'setWatches',
      );
      expect(kinds).to.have.length(3 + pieces.length + 1);
      expect(pieces.length).to.be.greaterThan(2);
      expect(Math.max(...pieces.map((piece) => piece.bytes))).to.be.below(140_000);
      expect(pieces.flatMap((piece) => piece.paths)).to.have.members(paths);
    });

    it('7: a credential added while others are on their way is sent too', async () => {
      let late: Promise<void> | undefined;
      const { server, port } = await stub({
        onAuth(connection) {
          late ??= clients[0]!.addAuth('digest', Buffer.from('late'));
          setImmediate(() => connection.reply(-4, 0));
          return true;
        },
      });
      const { client } = clientOf(`127.0.0.1:${port}`);
      await client.addAuth('digest', Buffer.from('early'));
      await client.connect();
      await late;
      expect(server.received.all.filter(({ type }) => type === 'auth')).to.have.length(2);
    });

    it('8: the first request is number 1, and close has a deadline', async () => {
      const { server, port } = await stub({ onRequest: (_connection, _xid, op) => op === OP.closeSession }, 400);
      const { client, states } = clientOf(`127.0.0.1:${port}`);
      await client.connect();
      await client.exists('/a', false);
      expect(server.received.all.find((message) => message.type === 'request')).to.include({ xid: 1 });
      await client.close();
      expect(states.all).to.deep.equal(['connected', 'closed']);
    });

    it('10: a client without a server for a while has one session and one set of watches in the end', async () => {
      let refusing = false;
      const { server, port } = await stub({
        onAccept(connection) {
          if (refusing) connection.cut();
          return refusing;
        },
      });
      const { client, states } = clientOf(`127.0.0.1:${port}`);
      await client.connect();
      await client.exists('/a', true);
      refusing = true;
      server.dropConnections();
      await states.when((state) => state === 'disconnected');
      await delay(platform.time, 300);
      refusing = false;
      await states.when((state) => state === 'connected', 1);
      await client.exists('/b', false);
      const watches = server.received.all.filter((message) => message.type === 'setWatches');
      expect(watches.map(({ paths }) => paths)).to.deep.equal([['/a']]);
      expect(await client.session()).to.include({ generation: 1 });
    });

    it('waits for more requests than it sends at once, and refuses what is too many', async () => {
      const { port } = await stub({});
      const { client } = clientOf(`127.0.0.1:${port}`, { maxInFlightRequests: 1 });
      await client.connect();
      const results: Promise<string>[] = [];
      for (let i = 0; i < 100_002; i++) results.push(failure(client.getData('/a', false)));
      expect(await results[100_001]).to.equal('THROTTLED_OP');
      expect(await results[0]).to.equal('NO_NODE');
      const closed = client.close();
      expect(await results[100_000]).to.equal('SESSION_EXPIRED');
      await closed;
    });
  });
}
