import { expect } from 'chai';
import type { Listener, Network, Socket, SocketAddress } from '../../src/platform/network.js';
import { worlds, type WorldUnderTest } from './world-under-test.js';

const ANY_PORT: SocketAddress = { host: '127.0.0.1', port: 0 };
const MEGABYTE = 1024 * 1024;

/** One end of a connection that remembers what it was told, with promises for the moments tests wait for. */
class Peer {
  readonly received: Buffer[] = [];
  readonly events: string[] = [];
  socket!: Socket;
  /** Bytes that may come before reads stop. */
  appetite = Number.POSITIVE_INFINITY;
  /** What reads go into. */
  room = Buffer.alloc(1000);
  closeError: Error | undefined;
  count = 0;
  private waiting: { isDue: () => boolean; resolve: () => void }[] = [];
  private isInside = false;

  get bytes(): Buffer {
    return Buffer.concat(this.received);
  }

  onConnect(): void {
    this.tell('connect');
  }

  buffer(): Buffer {
    return this.room;
  }

  onBytes(count: number): boolean {
    expect(count).to.be.within(1, this.room.length);
    this.received.push(Buffer.from(this.room.subarray(0, count)));
    this.count += count;
    this.tell('bytes');
    return this.count < this.appetite;
  }

  onDrain(): void {
    this.tell('drain');
  }

  onClose(error?: Error): void {
    this.closeError = error;
    this.tell('close');
  }

  /** Calls into the socket: no handler may be called meanwhile. */
  call<T>(use: (socket: Socket) => T): T {
    this.isInside = true;
    const result = use(this.socket);
    this.isInside = false;
    return result;
  }

  when(isDue: (peer: this) => boolean): Promise<void> {
    if (isDue(this)) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ isDue: () => isDue(this), resolve }));
  }

  whenTold(event: string): Promise<void> {
    return this.when(() => this.events.includes(event));
  }

  private tell(event: string): void {
    expect(this.isInside, `${event} inside a call into the socket`).to.equal(false);
    expect(this.events, `${event} after close`).not.to.include('close');
    this.events.push(event);
    const due = this.waiting.filter(({ isDue }) => isDue());
    this.waiting = this.waiting.filter((one) => !due.includes(one));
    for (const { resolve } of due) resolve();
  }
}

function connectTo(network: Network, address: SocketAddress, timeoutMs = 5000): Peer {
  const peer = new Peer();
  peer.socket = network.connect(address, { timeoutMs }, peer);
  return peer;
}

for (const open of worlds) {
  let world: WorldUnderTest;
  let network: Network;
  let listener: Listener;
  let accepted: Peer[];
  let onAccept: (peer: Peer) => void;

  async function connectedPair(): Promise<[client: Peer, server: Peer]> {
    const client = connectTo(network, listener.address);
    await world.complete(client.whenTold('connect'));
    await world.complete(waitFor(() => accepted.length > 0));
    return [client, accepted.at(-1)!];
  }

  function waitFor(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (condition()) resolve();
        else world.platform.time.schedule(1, look);
      };
      look();
    });
  }

  describe(`Network contract (${open.name})`, () => {
    beforeEach(async () => {
      world = open();
      ({ network } = world.platform);
      accepted = [];
      onAccept = () => undefined;
      listener = await world.complete(
        network.listen(ANY_PORT, {}, (socket) => {
          const peer = new Peer();
          peer.socket = socket;
          onAccept(peer);
          accepted.push(peer);
          return peer;
        }),
      );
    });

    afterEach(async () => {
      for (const peer of accepted) peer.socket.destroy();
      await world.complete(listener.close());
      world.close();
    });

    it('tells the true port, and refuses it to a second listener', async () => {
      expect(listener.address.port).to.be.greaterThan(0);
      const second = world.complete(network.listen(listener.address, {}, () => new Peer()));
      expect(await errorCode(second)).to.equal('EADDRINUSE');
    });

    it('has the port free again after close', async () => {
      await world.complete(listener.close());
      const again = await world.complete(network.listen(listener.address, {}, () => new Peer()));
      expect(again.address.port).to.equal(listener.address.port);
      await world.complete(again.close());
    });

    it('carries bytes of both directions in order, whatever the sizes', async () => {
      const [client, server] = await connectedPair();
      const there = pattern(3 * MEGABYTE, 7);
      const back = pattern(100_001, 3);
      client.call((socket) => socket.write(there));
      server.call((socket) => socket.write(back.subarray(0, 1)));
      server.call((socket) => socket.write(back.subarray(1)));
      await world.complete(server.when((peer) => peer.count === there.length));
      await world.complete(client.when((peer) => peer.count === back.length));
      expect(server.bytes.equals(there)).to.equal(true);
      expect(client.bytes.equals(back)).to.equal(true);
      client.socket.destroy();
      await world.complete(server.whenTold('close'));
    });

    it('names both ends', async () => {
      const [client, server] = await connectedPair();
      expect(client.socket.remote.port).to.equal(listener.address.port);
      expect(server.socket.local).to.deep.equal(client.socket.remote);
      expect(server.socket.remote).to.deep.equal(client.socket.local);
      client.socket.destroy();
      await world.complete(client.whenTold('close'));
    });

    it('sends what is written while accepting', async () => {
      onAccept = (peer) => peer.socket.write(Buffer.from('welcome'));
      const [client] = await connectedPair();
      await world.complete(client.when((peer) => peer.count === 7));
      expect(client.bytes.toString()).to.equal('welcome');
      client.socket.destroy();
      await world.complete(client.whenTold('close'));
    });

    it('can refuse a connection while accepting', async () => {
      onAccept = (peer) => peer.socket.destroy();
      const [client, server] = await connectedPair();
      await world.complete(client.whenTold('close'));
      await world.complete(server.whenTold('close'));
      expect(client.count).to.equal(0);
    });

    it('sends what is queued before it ends, and both ends close without an error', async () => {
      const [client, server] = await connectedPair();
      const bytes = pattern(2 * MEGABYTE, 5);
      client.call((socket) => {
        socket.write(bytes);
        socket.end();
      });
      await world.complete(server.whenTold('close'));
      await world.complete(client.whenTold('close'));
      expect(server.bytes.equals(bytes)).to.equal(true);
      expect([client.closeError, server.closeError]).to.deep.equal([undefined, undefined]);
    });

    it('reads no more after false until resume', async () => {
      const [client, server] = await connectedPair();
      server.appetite = 1;
      client.call((socket) => socket.write(pattern(5000, 1)));
      await world.complete(server.when((peer) => peer.count > 0));
      const taken = server.count;
      await world.complete(waitForMs(30));
      expect(server.count).to.equal(taken);
      server.appetite = Number.POSITIVE_INFINITY;
      server.call((socket) => socket.resume());
      await world.complete(server.when((peer) => peer.count === 5000));
      expect(server.bytes.equals(pattern(5000, 1))).to.equal(true);
      client.socket.destroy();
      await world.complete(server.whenTold('close'));
    });

    it('pushes back on a writer whose peer does not read, and tells when it goes on', async () => {
      const [client, server] = await connectedPair();
      server.appetite = 1;
      server.room = Buffer.alloc(64 * 1024);
      const piece = pattern(64 * 1024, 2);
      let sent = 0;
      while (client.call((socket) => socket.write(piece))) {
        sent += piece.length;
        expect(sent, 'never pushes back').to.be.lessThan(64 * MEGABYTE);
        await world.complete(waitForMs(0));
      }
      sent += piece.length;
      expect(client.socket.queuedBytes).to.be.greaterThan(0);
      expect(client.events).not.to.include('drain');
      server.appetite = Number.POSITIVE_INFINITY;
      server.call((socket) => socket.resume());
      await world.complete(client.whenTold('drain'));
      await world.complete(server.when((peer) => peer.count === sent));
      expect(client.socket.queuedBytes).to.equal(0);
      client.socket.destroy();
      await world.complete(server.whenTold('close'));
    });

    it('calls written for each write, in order, sent or not', async () => {
      const [client, server] = await connectedPair();
      server.appetite = 1;
      const written: number[] = [];
      client.call((socket) => {
        for (let n = 0; n < 200; n++) socket.write(Buffer.alloc(64 * 1024), () => written.push(n));
      });
      client.call((socket) => socket.destroy());
      await world.complete(client.whenTold('close'));
      await world.complete(waitFor(() => written.length === 200));
      expect(written).to.deep.equal([...written].sort((a, b) => a - b));
      client.call((socket) => socket.write(Buffer.alloc(1), () => written.push(200)));
      await world.complete(waitFor(() => written.length === 201));
    });

    it('holds corked writes back until uncork', async () => {
      const [client, server] = await connectedPair();
      client.call((socket) => {
        socket.cork();
        socket.cork();
        socket.write(Buffer.from('one'));
        socket.uncork();
        socket.write(Buffer.from('two'));
      });
      await world.complete(waitForMs(30));
      expect(server.count).to.equal(0);
      client.call((socket) => socket.uncork());
      await world.complete(server.when((peer) => peer.count === 6));
      expect(server.bytes.toString()).to.equal('onetwo');
      client.socket.destroy();
      await world.complete(server.whenTold('close'));
    });

    it('ignores calls after the close', async () => {
      const [client] = await connectedPair();
      client.call((socket) => socket.destroy());
      await world.complete(client.whenTold('close'));
      client.call((socket) => {
        expect(socket.write(Buffer.alloc(10))).to.equal(true);
        socket.cork();
        socket.uncork();
        socket.resume();
        socket.end();
        socket.destroy();
      });
      await world.complete(waitForMs(10));
      expect(client.events.filter((event) => event === 'close')).to.have.length(1);
    });

    it('reports a port where nobody listens', async () => {
      const { address } = listener;
      await world.complete(listener.close());
      const client = connectTo(network, address);
      await world.complete(client.whenTold('close'));
      expect((client.closeError as NodeJS.ErrnoException).code).to.equal('ECONNREFUSED');
      expect(client.events).to.deep.equal(['close']);
    });

    it('reports a port that cannot be, through onClose', async () => {
      const client = connectTo(network, { host: '127.0.0.1', port: 70_000 });
      await world.complete(client.whenTold('close'));
      expect(client.closeError).to.be.instanceOf(Error);
    });

    it('keeps open connections when the listener closes', async () => {
      const [client, server] = await connectedPair();
      await world.complete(listener.close());
      client.call((socket) => socket.write(Buffer.from('still here')));
      await world.complete(server.when((peer) => peer.count === 10));
      client.socket.destroy();
      await world.complete(server.whenTold('close'));
    });
  });

  function waitForMs(durationMs: number): Promise<void> {
    return new Promise((resolve) => void world.platform.time.schedule(durationMs, resolve));
  }
}

function pattern(length: number, step: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at++) bytes[at] = at * step + (at >> 8);
  return bytes;
}

async function errorCode(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
  return undefined;
}
