import { invariant } from '../common/invariant.js';
import type { Logger } from '../platform/logger.js';
import type { Listener, Network, Socket, SocketAddress, SocketHandler } from '../platform/network.js';
import { delay, type Time } from '../platform/time.js';
import { BufferPool } from './buffer-pool.js';
import { Connection, type ConnectionServices } from './connection.js';
import { EndOfTurn } from './end-of-turn.js';
import type { RequestReceiver } from './exchange.js';
import { ReceiveBuffers } from './frame-reader.js';
import { IdleWheel } from './idle-wheel.js';
import { RequestBudget } from './request-budget.js';

/** Kafka's settings of the same names. Times ms. */
export interface SocketServerConfig {
  /** The broker's id, for the log. */
  readonly nodeId: number;
  /** Where to listen; an empty host means every address. */
  readonly listeners: readonly { readonly name: string; readonly host: string; readonly port: number }[];
  readonly socketRequestMaxBytes: number;
  readonly socketListenBacklogSize: number;
  readonly queuedMaxRequests: number;
  /** −1: no bound. */
  readonly queuedMaxRequestBytes: number;
  readonly connectionsMaxIdleMs: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerIp: number;
  /** By address as text. */
  readonly maxConnectionsPerIpOverrides: ReadonlyMap<string, number>;
}

/** A listener that is bound, with its true port. */
export interface BoundListener extends SocketAddress {
  readonly name: string;
}

/** Bytes of buffers kept for reuse, receive and response side together. */
const POOLED_BYTES = 16 * 1048576;
const MAX_QUEUED_RESPONSE_BYTES = 1048576;
/** For readers that are slow, when the server closes. */
const LAST_ANSWERS_MS = 200;

/**
 * The broker's listeners and the connections that came in by them. Binding and serving are two steps, since a broker says
 * where it listens before it is ready: until {@link SocketServer.acceptRequests} requests wait unread.
 */
export class SocketServer {
  private readonly config: SocketServerConfig;
  /** Told with its id when a connection is gone: what it waits for need not be waited for. */
  private readonly onConnectionClosed: (connectionId: string) => void;
  private readonly network: Network;
  private readonly time: Time;
  private readonly logger: Logger;
  private readonly services: ConnectionServices;
  private readonly idleWheel: IdleWheel;
  private readonly connections = new Set<Connection>();
  private readonly countByIp = new Map<string, number>();
  /**
   * Beyond max.connections: open, but none of their requests begins before another connection goes. In order of arrival.
   * Differs: Kafka leaves them in the backlog of the listening socket, and closes idle ones for the inter-broker listener.
   */
  private readonly waiting = new Set<Connection>();
  private readonly listeners = new Map<string, Listener>();
  private isServing = false;
  private nextIndex = 0;

  constructor(
    config: SocketServerConfig,
    receiver: RequestReceiver,
    platform: { readonly network: Network; readonly time: Time; readonly logger: Logger },
    onConnectionClosed: (connectionId: string) => void = () => undefined,
  ) {
    this.config = config;
    this.onConnectionClosed = onConnectionClosed;
    this.network = platform.network;
    this.time = platform.time;
    this.logger = platform.logger.named('kafka.network.SocketServer');
    this.idleWheel = new IdleWheel(platform.time, config.connectionsMaxIdleMs);
    const endOfTurn = new EndOfTurn();
    this.services = {
      receiver,
      buffers: new ReceiveBuffers(new BufferPool(POOLED_BYTES)),
      endOfTurn,
      budget: new RequestBudget(config.queuedMaxRequests, config.queuedMaxRequestBytes, endOfTurn),
      idleWheel: this.idleWheel,
      logger: platform.logger.named('org.apache.kafka.common.network.Selector'),
      maxRequestBytes: config.socketRequestMaxBytes,
      maxQueuedResponseBytes: MAX_QUEUED_RESPONSE_BYTES,
      onClosed: (connection) => this.onClosed(connection),
    };
  }

  get connectionCount(): number {
    return this.connections.size;
  }

  /**
   * Binds every listener; if one fails, none stays bound.
   * @throws Error with `code` EADDRINUSE, EACCES or EADDRNOTAVAIL
   */
  async bind(): Promise<BoundListener[]> {
    invariant(this.listeners.size === 0, 'bound already');
    try {
      for (const { name, host, port } of this.config.listeners) {
        this.logger.info(`Awaiting socket connections on ${host === '' ? '0.0.0.0' : host}:${port}.`);
        const options = { backlog: this.config.socketListenBacklogSize };
        const accept = (socket: Socket) => this.accept(socket, name);
        this.listeners.set(name, await this.network.listen({ host, port }, options, accept));
      }
    } catch (error) {
      await this.stopAccepting();
      throw error;
    }
    return this.config.listeners.map(({ name }) => ({ name, ...this.boundAddress(name) }));
  }

  boundAddress(listenerName: string): SocketAddress {
    const listener = this.listeners.get(listenerName);
    invariant(listener !== undefined, 'no such listener', { listenerName });
    return listener.address;
  }

  /** Begins the requests that wait, and from now on each as it comes. */
  acceptRequests(): void {
    this.isServing = true;
    for (const connection of this.connections) {
      if (!this.waiting.has(connection)) connection.admit();
    }
  }

  /** Takes no new connections; those that stand are served on. Resolves when the ports are free. */
  async stopAccepting(): Promise<void> {
    const listeners = [...this.listeners.values()];
    this.listeners.clear();
    await Promise.all(listeners.map((listener) => listener.close()));
  }

  /**
   * Takes nothing more, sends what is answered, and closes every connection. Parked requests go unanswered, as in Kafka.
   * Readers that are slow have a moment to take their answers, so that none of them keeps the node from ending.
   */
  async close(): Promise<void> {
    this.logger.info('[SocketServer listenerType=ZK_BROKER, nodeId=' + `${this.config.nodeId}] Shutting down`);
    const accepting = this.stopAccepting();
    this.waiting.clear();
    const connections = [...this.connections];
    for (const connection of connections) connection.close();
    await accepting;
    const slow = connections.filter(({ unsentBytes }) => unsentBytes > 0);
    if (slow.length === 0) return;
    await delay(this.time, LAST_ANSWERS_MS);
    for (const connection of slow) connection.abort();
  }

  private accept(socket: Socket, listenerName: string): SocketHandler {
    const ip = socket.remote.host;
    const count = this.countByIp.get(ip) ?? 0;
    const limit = this.config.maxConnectionsPerIpOverrides.get(ip) ?? this.config.maxConnectionsPerIp;
    if (count >= limit) {
      this.logger.info(
        `Rejected connection from /${ip}, address already has the configured maximum of ${limit} connections.`,
      );
      socket.destroy();
      return rejected;
    }
    this.countByIp.set(ip, count + 1);
    const isExcess = this.connections.size - this.waiting.size >= this.config.maxConnections;
    const connection = new Connection(
      socket,
      this.nextIndex++,
      listenerName,
      this.isServing && !isExcess,
      this.services,
    );
    this.connections.add(connection);
    if (isExcess) this.waiting.add(connection);
    this.idleWheel.add(connection);
    return connection;
  }

  private onClosed(connection: Connection): void {
    this.connections.delete(connection);
    this.onConnectionClosed(connection.id);
    const ip = connection.clientHost;
    const count = this.countByIp.get(ip) ?? 0;
    if (count > 1) this.countByIp.set(ip, count - 1);
    else this.countByIp.delete(ip);
    if (!this.waiting.delete(connection)) this.admitNext();
  }

  private admitNext(): void {
    for (const next of this.waiting) {
      this.waiting.delete(next);
      if (this.isServing) next.admit();
      return;
    }
  }
}

/** For a socket that was destroyed at once. */
const rejected: SocketHandler = {
  buffer: () => Buffer.allocUnsafe(1),
  onBytes: () => false,
  onClose: () => undefined,
};
