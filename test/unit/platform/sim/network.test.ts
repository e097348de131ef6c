import { expect } from 'chai';
import type { SimHost } from '../../../../src/platform/sim/host.js';
import { World } from '../../../../src/platform/sim/world.js';
import { RecordingPeer } from './peer.js';

describe('simulated network', () => {
  let world: World;
  let server: SimHost;
  let client: SimHost;
  let accepted: RecordingPeer[];

  beforeEach(async () => {
    world = new World({ seed: 3 });
    server = world.host('server');
    client = world.host('client');
    accepted = [];
    await listen();
  });

  async function listen(): Promise<void> {
    await world.complete(
      server.platform.network.listen({ host: '', port: 9092 }, {}, (socket) => {
        const peer = new RecordingPeer();
        peer.socket = socket;
        accepted.push(peer);
        return peer;
      }),
    );
  }

  function connect(timeoutMs?: number): RecordingPeer {
    const peer = new RecordingPeer();
    const options = timeoutMs === undefined ? {} : { timeoutMs };
    peer.socket = client.platform.network.connect({ host: 'server', port: 9092 }, options, peer);
    return peer;
  }

  async function connected(): Promise<[RecordingPeer, RecordingPeer]> {
    const before = accepted.length;
    const peer = connect();
    await world.runUntil(() => peer.events.includes('connect') && accepted.length > before);
    return [peer, accepted.at(-1)!];
  }

  it('is reached by name and address, and shows addresses', async () => {
    const peer = new RecordingPeer();
    client.platform.network.connect({ host: server.ip, port: 9092 }, {}, peer);
    await world.runUntil(() => accepted.length === 1);
    expect(accepted[0]!.socket!.remote.host).to.equal(client.ip);
    expect(accepted[0]!.socket!.local).to.deep.equal({ host: server.ip, port: 9092 });
  });

  it('keeps the order of a stream wherever between two steps the clock stood', async () => {
    for (let round = 0; round < 200; round++) {
      const stream = { lastArrivalMs: 0 };
      const arrived: number[] = [];
      const sendThree = (first: number): void => {
        for (let n = first; n < first + 3; n++) {
          world.network.send(client, server, `piece ${n}`, () => arrived.push(n), stream);
        }
      };
      let isFirstSent = false;
      world.plan(1, undefined, 'a step of the clock', () => (isFirstSent ? sendThree(3) : undefined));
      await world.runFor(world.random.float());
      sendThree(0);
      isFirstSent = true;
      await world.runUntil(() => arrived.length === 6);
      expect(arrived).to.deep.equal([0, 1, 2, 3, 4, 5]);
    }
  });

  it('delivers what a killed process had handed over, then ends', async () => {
    const [peer, other] = await connected();
    other.socket!.write(Buffer.from('last words'));
    server.kill();
    await world.runUntil(() => peer.events.length === 2);
    expect(peer.received).to.equal('last words');
    expect(peer.events).to.deep.equal(['connect', 'close in order']);
    expect(other.events).to.deep.equal([]);
    expect(world.network.openSockets).to.equal(0);
    const refused = connect();
    await world.runUntil(() => refused.events.length === 1);
    expect(refused.events).to.deep.equal(['close ECONNREFUSED']);
  });

  it('hears nothing of a machine without power until it is back', async () => {
    const [peer] = await connected();
    server.crash();
    peer.socket!.write(Buffer.from('anyone?'));
    await world.runFor(60_000);
    expect(peer.events).to.deep.equal(['connect']);
    const unanswered = connect(3000);
    await world.runUntil(() => unanswered.events.length === 1);
    expect(unanswered.events).to.deep.equal(['close ETIMEDOUT']);
    server.restart();
    await listen();
    await world.runUntil(() => peer.events.length === 2);
    expect(peer.events).to.deep.equal(['connect', 'close ECONNRESET']);
    const [, again] = await connected();
    expect(again.events).to.deep.equal([]);
  });

  it('resets a peer that writes to a connection the machine has forgotten', async () => {
    const [peer] = await connected();
    server.crash();
    server.restart();
    await world.runFor(1000);
    expect(peer.events).to.deep.equal(['connect']);
    peer.socket!.write(Buffer.from('hello?'));
    await world.runUntil(() => peer.events.length === 2);
    expect(peer.events[1]).to.equal('close ECONNRESET');
  });

  it('holds everything back while wires are cut, and delivers it in order afterwards', async () => {
    const [peer, other] = await connected();
    world.network.partition(['server'], ['client']);
    for (const word of ['one ', 'two ', 'three']) {
      peer.socket!.write(Buffer.from(word));
      await world.runFor(1000);
    }
    other.socket!.write(Buffer.from('back'));
    await world.runFor(1000);
    expect([peer.received, other.received]).to.deep.equal(['', '']);
    world.network.heal();
    await world.runUntil(() => other.received.length === 13 && peer.received.length === 4);
    expect(other.received).to.equal('one two three');
  });

  it('cuts one way alone', async () => {
    const [peer, other] = await connected();
    world.network.cutOneWay('client', 'server');
    peer.socket!.write(Buffer.from('lost?'));
    other.socket!.write(Buffer.from('heard'));
    await world.runUntil(() => peer.received === 'heard');
    await world.runFor(1000);
    expect(other.received).to.equal('');
  });

  it('cannot connect across a cut wire', async () => {
    world.network.partition(['server'], ['client']);
    const peer = connect(500);
    await world.runUntil(() => peer.events.length === 1);
    expect(peer.events).to.deep.equal(['close ETIMEDOUT']);
    world.network.heal();
    await world.runFor(1000);
    expect(accepted.map(({ events }) => events)).to.deep.equal([['close ECONNRESET']]);
  });

  it('breaks connections on request', async () => {
    const [peer, other] = await connected();
    world.network.reset('server', 'client');
    await world.runFor(1);
    expect(peer.events).to.deep.equal(['connect', 'close ECONNRESET']);
    expect(other.events).to.deep.equal(['close ECONNRESET']);
  });

  it('does not know names that nobody has', async () => {
    const peer = new RecordingPeer();
    client.platform.network.connect({ host: 'nowhere', port: 1 }, {}, peer);
    await world.runUntil(() => peer.events.length === 1);
    expect(peer.events).to.deep.equal(['close ENOTFOUND']);
  });

  it('cuts what is sent into pieces of any size', async () => {
    world.network.options.cutShare = 1;
    const sizes = new Set<number>();
    const [peer, other] = await connected();
    const onBytes = other.onBytes.bind(other);
    other.onBytes = (count) => {
      sizes.add(count);
      return onBytes(count);
    };
    peer.socket!.write(Buffer.alloc(2000, 'x'));
    await world.runUntil(() => other.received.length === 2000);
    expect(sizes.size).to.be.greaterThan(3);
  });
});
