import * as net from 'node:net';
import type { Logger } from '../logger.js';
import type {
  ConnectOptions,
  Listener,
  ListenOptions,
  Network,
  Socket,
  SocketAddress,
  SocketHandler,
} from '../network.js';
import { adopt, canAdopt } from './accepted-socket.js';
import { HIGH_WATER_MARK_BYTES, NodeSocket } from './socket.js';

/** The next address of a host name is tried after this. Node's own 250 ms is short for a loop that may be busy. */
const ADDRESS_ATTEMPT_MS = 1000;

/** TCP of this machine. `logger` hears of connections that could not be accepted. */
export function nodeNetwork(logger: Logger): Network {
  return { listen: (address, options, accept) => listen(address, options, accept, logger), connect };
}

type Accept = (socket: Socket) => SocketHandler;

function listen(address: SocketAddress, options: ListenOptions, accept: Accept, logger: Logger): Promise<Listener> {
  const server = net.createServer({ pauseOnConnect: true, noDelay: true, keepAlive: true });
  server.on('connection', (raw: net.Socket) => onConnection(raw, server, accept));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.removeListener('error', reject);
      server.on('error', (error) => logger.warn('Could not accept a connection', error)); // such as EMFILE
      resolve(listenerOf(server));
    });
    const host = address.host === '' ? {} : { host: address.host };
    const backlog = options.backlog === undefined ? {} : { backlog: options.backlog };
    server.listen({ port: address.port, ...host, ...backlog });
  });
}

function listenerOf(server: net.Server): Listener {
  const bound = server.address() as net.AddressInfo;
  return {
    address: { host: bound.address, port: bound.port },
    // The port is free as soon as close() returns; its callback would wait for the last connection.
    close: () =>
      new Promise((resolve) => {
        server.close();
        setImmediate(resolve);
      }),
  };
}

function onConnection(raw: net.Socket, server: net.Server, accept: Accept): void {
  const remote = { host: raw.remoteAddress ?? '', port: raw.remotePort ?? 0 };
  const socket = new NodeSocket(remote, { host: raw.localAddress ?? '', port: raw.localPort ?? 0 });
  const handler = accept(socket);
  if (canAdopt(raw, server)) {
    socket.begin(adoptFor(socket, raw, handler), handler);
  } else {
    raw.on('data', (chunk: Buffer) => socket.onData(chunk));
    socket.begin(raw, handler);
  }
  socket.resume();
}

function adoptFor(socket: NodeSocket, raw: net.Socket, handler: SocketHandler): net.Socket {
  const read = { buffer: () => handler.buffer(), callback: (count: number) => socket.onRead(count) };
  return adopt(raw, read, HIGH_WATER_MARK_BYTES);
}

function connect(address: SocketAddress, options: ConnectOptions, handler: SocketHandler): Socket {
  const socket = new NodeSocket(address);
  const read = { buffer: () => handler.buffer(), callback: (count: number) => socket.onRead(count) };
  const inner = new net.Socket({ onread: read, highWaterMark: HIGH_WATER_MARK_BYTES } as net.SocketConstructorOpts);
  socket.begin(inner, handler);
  const deadline = startDeadline(socket, address, options.timeoutMs);
  inner.once('close', () => clearTimeout(deadline));
  inner.once('connect', () => {
    clearTimeout(deadline);
    handler.onConnect?.();
  });
  inner.setNoDelay(true);
  inner.setKeepAlive(true);
  try {
    inner.connect({ ...address, autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_MS });
  } catch (error) {
    socket.fail(error as Error); // a port out of range
  }
  return socket;
}

function startDeadline(socket: NodeSocket, { host, port }: SocketAddress, timeoutMs: number | undefined) {
  if (timeoutMs === undefined) return undefined;
  const error = new Error(`connect ETIMEDOUT ${host}:${port} after ${timeoutMs} ms`);
  return setTimeout(() => socket.fail(Object.assign(error, { code: 'ETIMEDOUT' })), timeoutMs);
}
