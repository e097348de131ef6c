import type { ConnectOptions, Listener, Network, Socket, SocketAddress, SocketHandler } from '../network.js';
import { SimSocket } from './connection.js';
import type { SimHost } from './host.js';
import { connectionReset, netError } from './net-error.js';
import { tickAt } from './tick.js';
import type { Process, World } from './world.js';

/** How long Linux tries to reach a machine that does not answer: six more SYNs. */
const CONNECT_GIVES_UP_MS = 127_000;
const FIRST_FREE_PORT = 32_768;
const LAST_PORT = 65_535;
const NAMES_OF_SELF = new Set(['localhost', '127.0.0.1', '::1', '', '0.0.0.0', '::']);

type Accept = (socket: Socket) => SocketHandler;

interface Bound {
  readonly owner: Process;
  readonly port: number;
  readonly accept: Accept;
}

/** How the wires behave; may be changed while the world runs. */
export interface WireOptions {
  /** One way between two machines, ms: [shortest, longest). */
  latencyMs: readonly [number, number];
  /** Share of segments that take up to `slowMs` longer, as after a loss. */
  slowShare: number;
  slowMs: number;
  /** Share of segments that are cut to a random size. */
  cutShare: number;
}

/** One direction of a connection: what is sent later does not arrive earlier. */
export interface Stream {
  lastArrivalMs: number;
}

/** One direction between two machines. While it is cut, what is sent waits, as TCP sends it again and again. */
interface Wire {
  isCut: boolean;
  held: (() => void)[];
}

/** The network between all hosts: who listens where, and the wires with their faults. */
export class SimFabric {
  readonly options: WireOptions = { latencyMs: [0.05, 0.5], slowShare: 0.01, slowMs: 20, cutShare: 0.2 };
  readonly world: World;
  private readonly bound = new Map<string, Bound>();
  private readonly wires = new Map<string, Wire>();
  private readonly sockets = new Set<SimSocket>();
  private nextPort = FIRST_FREE_PORT;

  constructor(world: World) {
    this.world = world;
  }

  /** Nothing that `from` sends from now on gets to `to`; connections stay open and wait. */
  cutOneWay(from: string, to: string): void {
    this.world.trace.add(`${this.world.nowMs.toFixed(3)} cut ${from}>${to}`);
    this.wire(from, to).isCut = true;
  }

  /** Cuts the groups from one another, both ways. */
  partition(...groups: readonly (readonly string[])[]): void {
    for (const group of groups) {
      for (const other of groups) {
        if (group !== other) for (const a of group) for (const b of other) this.cutOneWay(a, b);
      }
    }
  }

  /** Mends all wires; what waited goes on its way. */
  heal(): void {
    this.world.trace.add(`${this.world.nowMs.toFixed(3)} heal`);
    for (const wire of this.wires.values()) {
      wire.isCut = false;
      const held = wire.held;
      wire.held = [];
      for (const send of held) send();
    }
  }

  /** Breaks all connections between two hosts: both ends see ECONNRESET. */
  reset(a: string, b: string): void {
    for (const socket of [...this.sockets]) {
      const ends = [socket.host.name, socket.peer?.host.name];
      if (ends.includes(a) && ends.includes(b)) socket.fail(connectionReset());
    }
  }

  /** Sockets that are not closed, of all hosts. */
  get openSockets(): number {
    return this.sockets.size;
  }

  /** Runs `arrive` when the way from one host to the other is done, and never while the wire is cut. */
  send(from: SimHost, to: SimHost, what: string, arrive: () => void, stream?: Stream): void {
    const wire = this.wire(from.name, to.name);
    if (wire.isCut) {
      wire.held.push(() => this.send(from, to, what, arrive, stream));
      return;
    }
    const now = this.world.nowMs;
    const arrivesMs = Math.max(stream?.lastArrivalMs ?? 0, tickAt(now + this.latencyMs(from, to)));
    if (stream !== undefined) stream.lastArrivalMs = arrivesMs;
    // at that very moment, not after a delay that is rounded anew: nothing of a stream overtakes what left before it
    this.world.planAt(arrivesMs, undefined, `${from.name}>${to.name} ${what}`, arrive);
  }

  listen(host: SimHost, owner: Process, address: SocketAddress, accept: Accept): Promise<Listener> {
    const port = address.port === 0 ? this.freePort() : address.port;
    const key = portKey(host, port);
    const bound = { owner, port, accept };
    return new Promise((resolve, reject) => {
      this.world.plan(0, owner, `listen ${port}`, () => {
        if (this.bound.has(key)) {
          reject(netError('EADDRINUSE', `listen EADDRINUSE: address already in use ${address.host}:${port}`));
          return;
        }
        this.bound.set(key, bound);
        resolve({
          address: { host: address.host === '' ? '::' : address.host, port },
          close: () => this.unlisten(key, bound),
        });
      });
    });
  }

  connect(
    host: SimHost,
    owner: Process,
    address: SocketAddress,
    options: ConnectOptions,
    handler: SocketHandler,
  ): Socket {
    const to = NAMES_OF_SELF.has(address.host) ? host : this.world.findHost(address.host);
    const where = `${address.host}:${address.port}`;
    const end = { host, owner, address: { host: host.ip, port: this.freePort() } };
    const socket = new SimSocket(this, end, { host: to?.ip ?? address.host, port: address.port });
    socket.handler = handler;
    if (!owner.isAlive) return socket;
    const timeoutMs = Math.min(options.timeoutMs ?? CONNECT_GIVES_UP_MS, CONNECT_GIVES_UP_MS);
    socket.connectDeadline = this.world.plan(timeoutMs, owner, 'connect timeout', () =>
      socket.fail(netError('ETIMEDOUT', `connect ETIMEDOUT ${where}`)),
    );
    if (to === undefined) {
      const error = netError('ENOTFOUND', `getaddrinfo ENOTFOUND ${address.host}`);
      this.world.plan(1, owner, 'unknown host', () => socket.fail(error));
    } else {
      this.send(host, to, `syn ${address.port}`, () => this.onSyn(socket, to, address.port));
    }
    return socket;
  }

  /** What a kernel does for a process that died: its ports are free, its connections end. */
  closeAllOf(owner: Process): void {
    this.unbindAllOf(owner);
    for (const socket of this.socketsOf(owner)) socket.destroy();
  }

  /** The machine is gone without a word. */
  loseAllOf(owner: Process): void {
    this.unbindAllOf(owner);
    for (const socket of this.socketsOf(owner)) socket.vanish();
  }

  /** A machine that is up again knows nothing of the connections before: who still sends is reset. */
  hostIsBack(host: SimHost): void {
    for (const socket of [...this.sockets]) {
      if (socket.peer?.host === host && socket.isPeerGone) socket.peerIsBack();
    }
  }

  resetLater(socket: SimSocket): void {
    const from = socket.peer?.host ?? socket.host;
    this.send(from, socket.host, 'rst', () => socket.fail(connectionReset()));
  }

  add(socket: SimSocket): void {
    this.sockets.add(socket);
  }

  onClosed(socket: SimSocket): void {
    this.sockets.delete(socket);
  }

  /** How much of `most` bytes the next segment carries. */
  segmentBytes(most: number): number {
    const { random } = this.world;
    return random.chance(this.options.cutShare) ? 1 + random.int(most) : most;
  }

  private onSyn(client: SimSocket, to: SimHost, port: number): void {
    const bound = this.bound.get(portKey(to, port));
    if (bound === undefined) {
      if (!to.isPowered) return; // no answer
      const error = netError('ECONNREFUSED', `connect ECONNREFUSED ${to.ip}:${port}`);
      this.send(to, client.host, 'refused', () => client.fail(error));
      return;
    }
    const end = { host: to, owner: bound.owner, address: { host: to.ip, port } };
    const server = new SimSocket(this, end, client.local, client);
    client.peer = server;
    server.answer('syn-ack', () => client.onEstablished());
    this.world.plan(0, bound.owner, `accept ${port}`, () => server.accepted(bound.accept));
  }

  private unlisten(key: string, bound: Bound): Promise<void> {
    if (this.bound.get(key) === bound) this.bound.delete(key);
    return new Promise((resolve) => void this.world.plan(0, bound.owner, `unlisten ${bound.port}`, resolve));
  }

  private unbindAllOf(owner: Process): void {
    for (const [key, bound] of this.bound) if (bound.owner === owner) this.bound.delete(key);
  }

  private socketsOf(owner: Process): SimSocket[] {
    return [...this.sockets].filter((socket) => socket.owner === owner);
  }

  private freePort(): number {
    if (this.nextPort > LAST_PORT) this.nextPort = FIRST_FREE_PORT;
    return this.nextPort++;
  }

  private wire(from: string, to: string): Wire {
    const key = `${from}>${to}`;
    let wire = this.wires.get(key);
    if (wire === undefined) this.wires.set(key, (wire = { isCut: false, held: [] }));
    return wire;
  }

  private latencyMs(from: SimHost, to: SimHost): number {
    const { latencyMs, slowMs, slowShare } = this.options;
    const { random } = this.world;
    if (from === to) return random.between(0.01, 0.05);
    const slow = random.chance(slowShare) ? random.between(0, slowMs) : 0;
    return random.between(latencyMs[0], latencyMs[1]) + slow;
  }
}

function portKey(host: SimHost, port: number): string {
  return `${host.name}:${port}`;
}

/** The network as one process sees it. */
export function networkOf(fabric: SimFabric, host: SimHost, owner: Process): Network {
  return {
    listen: (address, _options, accept) => fabric.listen(host, owner, address, accept),
    connect: (address, options, handler) => fabric.connect(host, owner, address, options, handler),
  };
}
