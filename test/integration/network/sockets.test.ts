import { expect } from 'chai';
import { once } from 'node:events';
import * as net from 'node:net';
import { CLIENT_DEFAULTS, NetworkClient } from '../../../src/network/network-client.js';
import { SocketServer, type SocketServerConfig } from '../../../src/network/socket-server.js';
import { silentLogger } from '../../../src/platform/logger.js';
import { nodeNetwork } from '../../../src/platform/node/network.js';
import { nodeRandom } from '../../../src/platform/node/random.js';
import { nodeTime } from '../../../src/platform/node/time.js';
import { apis } from '../../../src/protocol/apis.js';
import { RequestRouter, routeOf } from '../../../src/server/request-router.js';
import { EchoReceiver, framed, unframed } from '../../unit/network/fakes.js';

const CONFIG: SocketServerConfig = {
  nodeId: 1,
  listeners: [{ name: 'PLAINTEXT', host: '127.0.0.1', port: 0 }],
  socketRequestMaxBytes: 20_000_000,
  socketListenBacklogSize: 50,
  queuedMaxRequests: 500,
  queuedMaxRequestBytes: -1,
  connectionsMaxIdleMs: 600_000,
  maxConnections: 1000,
  maxConnectionsPerIp: 1000,
  maxConnectionsPerIpOverrides: new Map(),
};

const platform = { network: nodeNetwork(silentLogger), time: nodeTime(), random: nodeRandom(), logger: silentLogger };

/** A raw client: what it receives is kept until the test asks for it. */
class RawClient {
  readonly socket: net.Socket;
  private readonly chunks: Buffer[] = [];
  receivedBytes = 0;
  private awaited: (() => void) | undefined;

  private constructor(port: number) {
    this.socket = net.connect({ host: '127.0.0.1', port, noDelay: true });
    this.socket.on('error', () => undefined); // a test that cares looks at the close
    this.socket.on('data', (chunk: Buffer) => {
      this.chunks.push(chunk);
      this.receivedBytes += chunk.length;
      this.awaited?.();
    });
  }

  static async to(port: number): Promise<RawClient> {
    const client = new RawClient(port);
    await once(client.socket, 'connect');
    return client;
  }

  /** The next `bytes` bytes. */
  async read(bytes: number): Promise<Buffer> {
    while (this.receivedBytes < bytes) await new Promise<void>((resolve) => (this.awaited = resolve));
    const all = Buffer.concat(this.chunks.splice(0));
    this.receivedBytes = all.length - bytes;
    this.chunks.push(all.subarray(bytes));
    return all.subarray(0, bytes);
  }
}

describe('SocketServer over real sockets', () => {
  const servers: SocketServer[] = [];
  const clients: RawClient[] = [];

  afterEach(async () => {
    for (const client of clients.splice(0)) client.socket.destroy();
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  async function start(overrides: Partial<SocketServerConfig> = {}) {
    const receiver = new EchoReceiver();
    const server = new SocketServer({ ...CONFIG, ...overrides }, receiver, platform);
    servers.push(server);
    const [bound] = await server.bind();
    server.acceptRequests();
    const connect = async (): Promise<RawClient> => {
      const client = await RawClient.to(bound!.port);
      clients.push(client);
      return client;
    };
    return { server, receiver, port: bound!.port, connect };
  }

  it('echoes what comes byte by byte', async () => {
    const { connect } = await start();
    const client = await connect();
    const bytes = framed('hello', 'world');
    for (const byte of bytes) {
      client.socket.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    expect(unframed(await client.read(bytes.length))).deep.equal(['hello', 'world']);
  });

  it('echoes thousands of pipelined requests of all sizes, in order', async () => {
    const { connect } = await start();
    const client = await connect();
    const bodies = Array.from({ length: 3000 }, (_, i) => `a${i}-${'x'.repeat((i * 7919) % 2000)}`);
    bodies.push(`a${'y'.repeat(9_000_000)}`, 'after');
    const bytes = framed(...bodies);
    client.socket.write(bytes);
    const echoed = await client.read(bytes.length);
    expect(echoed.equals(bytes)).equal(true);
  });

  it('serves many connections that share one landing buffer', async () => {
    const { connect } = await start();
    const everyone = await Promise.all(Array.from({ length: 20 }, connect));
    const bytes = everyone.map((_, i) =>
      framed(...Array.from({ length: 50 }, (_, j) => `a${i}.${j}`.repeat(40 * i + 1))),
    );
    const chunk = 777;
    for (let at = 0; at < Math.max(...bytes.map(({ length }) => length)); at += chunk) {
      everyone.forEach((client, i) => client.socket.write(bytes[i]!.subarray(at, at + chunk)));
      if (at % (chunk * 16) === 0) await new Promise(setImmediate);
    }
    for (const [i, client] of everyone.entries()) {
      expect((await client.read(bytes[i]!.length)).equals(bytes[i]!)).equal(true);
    }
  });

  it('stops reading a client that does not read, and goes on when it does', async () => {
    const { connect, receiver } = await start();
    const client = await connect();
    client.socket.pause();
    const bytes = framed(...Array.from({ length: 40 }, () => `a${'z'.repeat(1_000_000)}`));
    client.socket.write(bytes);
    let begun = -1;
    while (begun !== receiver.begun.length) {
      begun = receiver.begun.length; // until nothing has moved for a while
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(begun).greaterThan(0).and.lessThan(40);
    client.socket.resume();
    expect((await client.read(bytes.length)).equals(bytes)).equal(true);
    expect(receiver.begun.length).equal(40);
  });

  it('closes for a frame that is too large and for an idle connection, and serves the others on', async () => {
    const { connect, server } = await start({ connectionsMaxIdleMs: 200 });
    const [greedy, idle, good] = [await connect(), await connect(), await connect()];
    greedy.socket.write(Buffer.from([0x7f, 0, 0, 0]));
    await once(greedy.socket, 'close');
    const keepingBusy = setInterval(() => good.socket.write(framed('a')), 50);
    await once(idle.socket, 'close');
    clearInterval(keepingBusy);
    expect(good.receivedBytes).greaterThan(0);
    expect(server.connectionCount).equal(1);
  });

  it('lets a client reach an API and back, promise by promise', async () => {
    const router = new RequestRouter(
      {},
      [
        routeOf<object, typeof apis.heartbeat.request, typeof apis.heartbeat.response>({
          request: apis.heartbeat.request,
          response: apis.heartbeat.response,
          versions: { min: 0, max: 3 },
          handle: (request) =>
            new Promise((resolve) => {
              setImmediate(() => resolve({ throttleTimeMs: 0, errorCode: request.generationId }));
            }),
          overlaps: true,
        }),
      ],
      {
        logger: silentLogger,
        features: () => ({ finalizedFeaturesEpoch: -1, zkMigrationReady: false }),
        onFault: (error) => {
          throw error;
        },
      },
    );
    const server = new SocketServer(CONFIG, router, platform);
    servers.push(server);
    const [bound] = await server.bind();
    server.acceptRequests();
    const client = new NetworkClient({ ...CLIENT_DEFAULTS, clientId: 'test' }, platform);
    const to = { nodeId: 1, host: '127.0.0.1', port: bound!.port };
    const beat = (generationId: number) => ({ groupId: 'g', generationId, memberId: 'm', groupInstanceId: null });
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, i) => client.send(to, { api: apis.heartbeat, body: beat(i) })),
    );
    expect(answers.map(({ errorCode }) => errorCode)).deep.equal(Array.from({ length: 500 }, (_, i) => i));
    client.close();
  });

  it('frees its port when it is closed', async () => {
    const { server, port, connect } = await start();
    const client = await connect();
    const closed = once(client.socket, 'close');
    await server.close();
    await closed;
    const again = new SocketServer(
      { ...CONFIG, listeners: [{ name: 'P', host: '127.0.0.1', port }] },
      new EchoReceiver(),
      platform,
    );
    servers.push(again);
    expect((await again.bind())[0]!.port).equal(port);
  });
});
