import type { Connection } from '../../../src/network/connection.js';
import type { Exchange, ExchangeState, RequestReceiver } from '../../../src/network/exchange.js';
import type { FrameWriter } from '../../../src/network/frame-writer.js';
import type {
  ConnectOptions,
  Listener,
  ListenOptions,
  Network,
  Socket,
  SocketAddress,
  SocketHandler,
} from '../../../src/platform/network.js';
import type { Cancel, Time } from '../../../src/platform/time.js';

/** A socket whose other end is the test: it says what arrives, and sees what was written. */
export class FakeSocket implements Socket {
  readonly remote: SocketAddress;
  readonly local = { host: '127.0.0.1', port: 9092 };
  handler: SocketHandler | undefined;
  /** What was written, one entry a write. */
  readonly writes: Buffer[] = [];
  isPaused = false;
  state: 'open' | 'ended' | 'destroyed' = 'open';
  /** True: bytes pile up as with a reader that does not read. */
  isStuck = false;
  queuedBytes = 0;
  private readonly unwritten: (() => void)[] = [];

  constructor(remote: SocketAddress = { host: '127.0.0.1', port: 50000 }) {
    this.remote = remote;
  }

  /** Brings bytes as the network would: as many at a time as the buffer offered takes. Returns how many were taken. */
  feed(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length && !this.isPaused && this.state === 'open' && this.handler !== undefined) {
      const target = this.handler.buffer();
      if (target.length === 0) throw new Error('an empty buffer was offered');
      const count = Math.min(target.length, bytes.length - at);
      bytes.copy(target, 0, at, at + count);
      at += count;
      if (!this.handler.onBytes(count)) this.isPaused = true;
    }
    return at;
  }

  /** All that was written, as one. */
  get written(): Buffer {
    return Buffer.concat(this.writes);
  }

  write(bytes: Uint8Array, written?: () => void): boolean {
    if (this.state !== 'open') return true;
    this.writes.push(Buffer.from(bytes));
    if (!this.isStuck) {
      written?.();
      return true;
    }
    this.queuedBytes += bytes.length;
    if (written !== undefined) this.unwritten.push(written);
    return false;
  }

  /** The reader reads again. */
  drain(): void {
    this.isStuck = false;
    this.queuedBytes = 0;
    for (const written of this.unwritten.splice(0)) written();
    this.handler?.onDrain?.();
  }

  cork(): void {
    // what is corked is written all the same
  }
  uncork(): void {
    // see cork
  }
  resume(): void {
    this.isPaused = false;
  }
  end(): void {
    if (this.state === 'open') this.state = 'ended';
  }
  destroy(): void {
    this.state = 'destroyed';
  }
}

/** Time that passes when the test says so. */
export class FakeTime implements Time {
  private now = 1000;
  private tasks: { at: number; task: () => void }[] = [];

  wallMs(): number {
    return 1_700_000_000_000 + this.now;
  }
  nowMs(): number {
    return this.now;
  }
  schedule(delayMs: number, task: () => void): Cancel {
    const entry = { at: this.now + delayMs, task };
    this.tasks.push(entry);
    return () => (this.tasks = this.tasks.filter((other) => other !== entry));
  }
  get scheduled(): number {
    return this.tasks.length;
  }
  advance(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const next = this.tasks.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.tasks = this.tasks.filter((entry) => entry !== next);
      this.now = next.at;
      next.task();
    }
    this.now = until;
  }
}

/** Listeners and connections in memory, each handed to the test. */
export class FakeNetwork implements Network {
  readonly accepts = new Map<number, (socket: Socket) => SocketHandler>();
  readonly outgoing: FakeSocket[] = [];
  closedPorts: number[] = [];
  private nextPort = 9092;

  listen(
    address: SocketAddress,
    _options: ListenOptions,
    accept: (socket: Socket) => SocketHandler,
  ): Promise<Listener> {
    const port = address.port === 0 ? this.nextPort++ : address.port;
    if (this.accepts.has(port)) return Promise.reject(Object.assign(new Error('in use'), { code: 'EADDRINUSE' }));
    this.accepts.set(port, accept);
    const close = (): Promise<void> => {
      this.accepts.delete(port);
      this.closedPorts.push(port);
      return Promise.resolve();
    };
    return Promise.resolve({ address: { host: address.host, port }, close });
  }

  connect(address: SocketAddress, _options: ConnectOptions, handler: SocketHandler): Socket {
    const socket = new FakeSocket(address);
    socket.handler = handler;
    this.outgoing.push(socket);
    return socket;
  }

  /** A client comes in by the listener at `port`. */
  incoming(port: number, host = '127.0.0.1'): FakeSocket {
    const socket = new FakeSocket({ host, port: 50000 });
    const accept = this.accepts.get(port);
    if (accept === undefined) throw new Error(`nobody listens at ${port}`);
    socket.handler = accept(socket);
    return socket;
  }
}

/** A request whose first byte says how it is treated, and whose answer is its own body. */
export class EchoExchange implements Exchange {
  state: ExchangeState = 'parked';
  readonly overlaps: boolean;
  readonly sizeInBytes: number;
  readonly body: Buffer;
  isDiscarded = false;
  private readonly connection: Connection;

  constructor(connection: Connection, body: Buffer, overlaps: boolean) {
    this.connection = connection;
    this.body = body;
    this.sizeInBytes = body.length;
    this.overlaps = overlaps;
  }

  finish(state: ExchangeState = 'answered'): void {
    this.state = state;
    this.connection.settled(this);
  }

  encode(to: FrameWriter): void {
    const frame = to.allocate(4 + this.body.length);
    frame.writeInt32BE(this.body.length, 0);
    this.body.copy(frame, 4);
    to.push(frame.length);
  }

  discard(): void {
    this.isDiscarded = true;
  }
}

/**
 * Echoes each request: at once, unless its first letter says otherwise. `p` parks, `o` parks and overlaps with others
 * (as does `O`, which is answered at once), `n` wants no answer, `x` closes the connection.
 */
export class EchoReceiver implements RequestReceiver {
  readonly begun: EchoExchange[] = [];

  mayOverlap(frame: Buffer, start: number): boolean {
    return 'oO'.includes(String.fromCharCode(frame[start] ?? 0));
  }

  begin(connection: Connection, bytes: Buffer, start: number, end: number): Exchange {
    const body = Buffer.from(bytes.subarray(start, end));
    const kind = String.fromCharCode(body[0] ?? 0);
    const exchange = new EchoExchange(connection, body, 'oO'.includes(kind));
    if (kind === 'n') exchange.state = 'unanswered';
    else if (kind === 'x') exchange.state = 'refused';
    else if (!'po'.includes(kind)) exchange.state = 'answered';
    this.begun.push(exchange);
    return exchange;
  }

  get bodies(): string[] {
    return this.begun.map(({ body }) => body.toString());
  }
}

/** Length-prefixed frames. */
export function framed(...bodies: (string | Buffer)[]): Buffer {
  return Buffer.concat(
    bodies.flatMap((body) => {
      const bytes = Buffer.from(body as string);
      const length = Buffer.alloc(4);
      length.writeInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

/** The bodies of length-prefixed frames, as text. */
export function unframed(bytes: Buffer): string[] {
  const bodies: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = bytes.readInt32BE(at);
    bodies.push(bytes.toString('utf8', at + 4, at + 4 + size));
    at += 4 + size;
  }
  return bodies;
}

/** Lets promise reactions that are due run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve();
}
