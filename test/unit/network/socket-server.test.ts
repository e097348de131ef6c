import { expect } from 'chai';
import { SocketServer, type SocketServerConfig } from '../../../src/network/socket-server.js';
import type { Logger } from '../../../src/platform/logger.js';
import { EchoReceiver, FakeNetwork, FakeTime, framed, settle, unframed } from './fakes.js';

const CONFIG: SocketServerConfig = {
  nodeId: 1,
  listeners: [{ name: 'PLAINTEXT', host: '127.0.0.1', port: 9092 }],
  socketRequestMaxBytes: 1_000_000,
  socketListenBacklogSize: 50,
  queuedMaxRequests: 500,
  queuedMaxRequestBytes: -1,
  connectionsMaxIdleMs: 600_000,
  maxConnections: 2147483647,
  maxConnectionsPerIp: 2147483647,
  maxConnectionsPerIpOverrides: new Map(),
};

/** Keeps the lines. */
function recordingLogger(lines: string[]): Logger {
  const keep = (message: string, error?: unknown): void => {
    lines.push(error instanceof Error ? `${message} ${error.name}: ${error.message}` : message);
  };
  const logger: Logger = { isDebug: true, debug: keep, info: keep, warn: keep, error: keep, named: () => logger };
  return logger;
}

async function started(overrides: Partial<SocketServerConfig> = {}) {
  const network = new FakeNetwork();
  const time = new FakeTime();
  const receiver = new EchoReceiver();
  const log: string[] = [];
  const server = new SocketServer({ ...CONFIG, ...overrides }, receiver, {
    network,
    time,
    logger: recordingLogger(log),
  });
  await server.bind();
  server.acceptRequests();
  return { network, time, receiver, log, server, connect: (host?: string) => network.incoming(9092, host) };
}

describe('SocketServer', () => {
  it('answers pipelined requests in order and in one write', async () => {
    const { connect } = await started();
    const client = connect();
    client.feed(framed('a', 'b', 'c'));
    expect(client.writes.map(unframed)).deep.equal([['a', 'b', 'c']]);
  });

  it('begins no request before the one before it is answered', async () => {
    const { connect, receiver } = await started();
    const client = connect();
    client.feed(framed('p1', 'a', 'p2', 'b'));
    expect(receiver.bodies).deep.equal(['p1']);
    expect(client.isPaused).equal(true);
    receiver.begun[0]!.finish();
    await settle();
    expect(receiver.bodies).deep.equal(['p1', 'a', 'p2']);
    expect(unframed(client.written)).deep.equal(['p1', 'a']);
    receiver.begun[2]!.finish();
    await settle();
    expect(unframed(client.written)).deep.equal(['p1', 'a', 'p2', 'b']);
    expect(client.isPaused).equal(false);
  });

  it('lets requests overlap that say so, and answers them in order all the same', async () => {
    const { connect, receiver } = await started();
    const client = connect();
    client.feed(framed('o1', 'o2', 'O3', 'a'));
    expect(receiver.bodies).deep.equal(['o1', 'o2', 'O3']);
    receiver.begun[1]!.finish();
    await settle();
    expect(client.writes).deep.equal([]);
    receiver.begun[0]!.finish();
    await settle();
    expect(client.writes.map(unframed)).deep.equal([['o1', 'o2', 'O3', 'a']]);
  });

  it('answers nothing to a request that wants no response', async () => {
    const { connect } = await started();
    const client = connect();
    client.feed(framed('n', 'a'));
    expect(unframed(client.written)).deep.equal(['a']);
  });

  it('closes for a refused request, after the answers before it', async () => {
    const { connect, receiver, server } = await started();
    const client = connect();
    client.feed(framed('a', 'x', 'b'));
    expect(unframed(client.written)).deep.equal(['a']);
    expect(client.state).equal('ended');
    expect(receiver.bodies).deep.equal(['a', 'x']);
    expect(server.connectionCount).equal(0);
  });

  it('closes for a length that is negative or too large, in the words of Kafka', async () => {
    for (const [size, text] of [
      [-1, 'Invalid receive (size = -1)'],
      [1_000_001, 'Invalid receive (size = 1000001 larger than 1000000)'],
    ] as const) {
      const { connect, log, server } = await started();
      const client = connect();
      const length = Buffer.alloc(4);
      length.writeInt32BE(size);
      client.feed(length);
      expect(client.state).equal('ended');
      expect(server.connectionCount).equal(0);
      expect(log.at(-1)).equal(
        `Unexpected error from /127.0.0.1 (channelId=127.0.0.1:9092-127.0.0.1:50000-0); closing connection ` +
          `InvalidReceiveException: ${text}`,
      );
    }
  });

  it('begins no more overlapping requests than queued.max.requests, and always one of each connection', async () => {
    const { connect, receiver } = await started({ queuedMaxRequests: 2 });
    const [first, second] = [connect(), connect()];
    first.feed(framed('o1', 'o2', 'o3', 'o4'));
    expect(receiver.bodies).deep.equal(['o1', 'o2', 'o3']); // one of its own, two of the budget
    second.feed(framed('o5', 'o6'));
    expect(receiver.bodies).deep.equal(['o1', 'o2', 'o3', 'o5']);
    expect(second.isPaused).equal(true);
    receiver.begun[0]!.finish();
    await settle();
    expect(receiver.bodies).deep.equal(['o1', 'o2', 'o3', 'o5', 'o4']);
    first.handler!.onClose();
    await settle();
    expect(receiver.bodies).deep.equal(['o1', 'o2', 'o3', 'o5', 'o4', 'o6']);
    expect(second.isPaused).equal(false);
  });

  it('counts bytes as well when queued.max.request.bytes is set', async () => {
    const { connect, receiver } = await started({ queuedMaxRequestBytes: 10 });
    const client = connect();
    client.feed(framed('o1', 'o23456789', 'o3', 'o4'));
    expect(receiver.bodies).deep.equal(['o1', 'o23456789']);
    receiver.begun[0]!.finish(); // now o23456789 is the one that is not counted
    await settle();
    expect(receiver.bodies).deep.equal(['o1', 'o23456789', 'o3', 'o4']);
  });

  it('begins no request of a client that does not read its answers', async () => {
    const { connect, receiver } = await started();
    const client = connect();
    client.isStuck = true;
    const large = `a${'x'.repeat(600_000)}`;
    client.feed(framed(large));
    client.feed(framed(large));
    client.feed(framed('late'));
    expect(receiver.begun.length).equal(2);
    expect(client.isPaused).equal(true);
    client.drain();
    await settle();
    expect(client.isPaused).equal(false);
    client.feed(framed('late'));
    expect(receiver.bodies.at(-1)).equal('late');
    expect(unframed(client.written).map((body) => body.length)).deep.equal([600_001, 600_001, 4]);
  });

  it('discards the answer to a request whose connection is gone', async () => {
    const { connect, receiver } = await started();
    const client = connect();
    client.feed(framed('o1', 'O2'));
    client.handler!.onClose();
    expect(receiver.begun.map(({ isDiscarded }) => isDiscarded)).deep.equal([false, true]);
    receiver.begun[0]!.finish();
    expect(receiver.begun.map(({ isDiscarded }) => isDiscarded)).deep.equal([true, true]);
    expect(client.writes).deep.equal([]);
  });

  it('closes what is idle for connections.max.idle.ms, and nothing that is active or waits for an answer', async () => {
    const { connect, time, server } = await started({ connectionsMaxIdleMs: 1600 });
    const [idle, active, parked] = [connect(), connect(), connect()];
    parked.feed(framed('p'));
    for (let i = 0; i < 20; i++) {
      time.advance(100);
      active.feed(framed('a'));
    }
    expect([idle.state, active.state, parked.state]).deep.equal(['ended', 'open', 'open']);
    time.advance(1500);
    expect(active.state).equal('open');
    time.advance(400);
    expect(active.state).equal('ended');
    expect(server.connectionCount).equal(1);
  });

  it('has one timer for all connections, and none without any', async () => {
    const { connect, time } = await started();
    expect(time.scheduled).equal(0);
    const clients = [connect(), connect(), connect()];
    expect(time.scheduled).equal(1);
    for (const client of clients) client.handler!.onClose();
    expect(time.scheduled).equal(0);
  });

  it('rejects connections beyond max.connections.per.ip, with overrides', async () => {
    const overrides = new Map([['10.0.0.9', 0]]);
    const { connect, log, server } = await started({ maxConnectionsPerIp: 1, maxConnectionsPerIpOverrides: overrides });
    const first = connect('10.0.0.1');
    expect(connect('10.0.0.1').state).equal('destroyed');
    expect(log.at(-1)).equal(
      'Rejected connection from /10.0.0.1, address already has the configured maximum of 1 connections.',
    );
    expect(connect('10.0.0.9').state).equal('destroyed');
    expect(connect('10.0.0.2').state).equal('open');
    first.handler!.onClose();
    expect(connect('10.0.0.1').state).equal('open');
    expect(server.connectionCount).equal(2);
  });

  it('lets connections beyond max.connections wait until another one goes', async () => {
    const { connect, receiver } = await started({ maxConnections: 1 });
    const [first, second] = [connect(), connect()];
    second.feed(framed('b'));
    expect(receiver.bodies).deep.equal([]);
    first.handler!.onClose();
    await settle();
    expect(unframed(second.written)).deep.equal(['b']);
  });

  it('lets requests wait that come before it serves', async () => {
    const network = new FakeNetwork();
    const receiver = new EchoReceiver();
    const platform = { network, time: new FakeTime(), logger: recordingLogger([]) };
    const server = new SocketServer(CONFIG, receiver, platform);
    expect(await server.bind()).deep.equal([{ name: 'PLAINTEXT', host: '127.0.0.1', port: 9092 }]);
    const client = network.incoming(9092);
    client.feed(framed('early', 'too'));
    expect(receiver.bodies).deep.equal([]);
    server.acceptRequests();
    await settle();
    expect(unframed(client.written)).deep.equal(['early', 'too']);
    expect(client.isPaused).equal(false);
  });

  it('unbinds what it bound when a listener cannot be bound', async () => {
    const network = new FakeNetwork();
    const listeners = [
      { name: 'A', host: '', port: 9092 },
      { name: 'B', host: '', port: 9092 },
    ];
    const platform = { network, time: new FakeTime(), logger: recordingLogger([]) };
    const server = new SocketServer({ ...CONFIG, listeners }, new EchoReceiver(), platform);
    const error: unknown = await server.bind().catch((thrown: unknown) => thrown);
    expect(error).property('code', 'EADDRINUSE');
    expect(network.accepts.size).equal(0);
  });

  it('does not wait for ever for a client that does not read, when it is closed', async () => {
    const { connect, server, time } = await started();
    const [stuck, fine] = [connect(), connect()];
    stuck.isStuck = true;
    stuck.feed(framed('a'));
    fine.feed(framed('b'));
    const closed = server.close();
    await settle();
    expect([stuck.state, fine.state]).deep.equal(['ended', 'ended']);
    time.advance(200);
    await closed;
    expect([stuck.state, fine.state]).deep.equal(['destroyed', 'ended']);
  });

  it('sends what is answered and closes everything when it is closed', async () => {
    const { connect, server, network, receiver } = await started();
    const [parked, idle] = [connect(), connect()];
    parked.feed(framed('a', 'p'));
    await server.close();
    expect(unframed(parked.written)).deep.equal(['a']);
    expect([parked.state, idle.state]).deep.equal(['ended', 'ended']);
    expect(network.closedPorts).deep.equal([9092]);
    expect(server.connectionCount).equal(0);
    receiver.begun[1]!.finish();
    await settle();
    expect(parked.writes.length).equal(1);
  });
});
