import { expect } from 'chai';
import { delay } from '../../../../src/platform/time.js';
import { World } from '../../../../src/platform/sim/world.js';
import { RecordingPeer } from './peer.js';

async function failureOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return (error as Error).message;
  }
  return 'none';
}

describe('simulated world', () => {
  /** Some traffic, disk work, chance and a crash. */
  async function run(seed: number): Promise<{ hash: string; nowMs: number; lines: string[] }> {
    const world = new World({ seed });
    const server = world.host('server');
    const client = world.host('client');
    const peers: RecordingPeer[] = [];
    const listener = await world.complete(
      server.platform.network.listen({ host: '', port: 9092 }, {}, (socket) => {
        const peer = new RecordingPeer();
        peer.socket = socket;
        peers.push(peer);
        return peer;
      }),
    );
    const file = server.platform.disk.open('/log', 'write');
    const outgoing = new RecordingPeer();
    const socket = client.platform.network.connect({ host: 'server', port: listener.address.port }, {}, outgoing);
    for (let n = 0; n < 20; n++) {
      socket.write(client.platform.random.bytes(client.platform.random.int(5000)));
      await world.complete(delay(client.platform.time, client.platform.random.float() * 10));
      file.append(Buffer.from(peers[0]?.received ?? ''));
      await world.complete(file.flush());
    }
    server.crash();
    server.restart();
    server.platform.logger.info(`found ${server.platform.disk.stat('/log')?.size ?? 'nothing'}`);
    await world.runFor(100);
    return { hash: world.traceHash(), nowMs: world.nowMs, lines: world.trace.lines() };
  }

  it('does the same things at the same times for the same seed', async () => {
    const [first, again, other] = [await run(7), await run(7), await run(8)];
    expect(again.lines).to.deep.equal(first.lines);
    expect(again).to.deep.equal(first);
    expect(other.hash).not.to.equal(first.hash);
    expect(first.lines.length).to.be.greaterThan(50);
  });

  it('runs chains of promises to their end before the next event', async () => {
    const world = new World({ seed: 1 });
    const { time } = world.host('a').platform;
    const told: string[] = [];
    async function long(): Promise<void> {
      for (let n = 0; n < 5000; n++) await Promise.resolve();
      told.push(`done at ${time.nowMs()}`);
    }
    time.schedule(1, () => void long());
    time.schedule(1, () => told.push('next event'));
    await world.runUntil(() => told.length === 2);
    expect(told).to.deep.equal(['done at 1', 'next event']);
  });

  it('runs events of one time in the order in which they were planned', async () => {
    const world = new World({ seed: 1 });
    const ran: number[] = [];
    for (let n = 0; n < 500; n++) {
      const cancel = world.host('a').platform.time.schedule(n % 3, () => ran.push(n));
      if (n % 5 === 0) cancel();
    }
    await world.runFor(3);
    const expected = [0, 1, 2].flatMap((ms) =>
      Array.from({ length: 500 }, (_, n) => n).filter((n) => n % 3 === ms && n % 5 !== 0),
    );
    expect(ran).to.deep.equal(expected);
  });

  it('says why it cannot go on, with the seed', async () => {
    const world = new World({ seed: 42 });
    expect(await failureOf(world.runUntil(() => false))).to.match(/^seed 42, at 0.000 ms: nothing is left/);
    const { time } = world.host('a').platform;
    const again = (): void => void time.schedule(10, again);
    again();
    expect(await failureOf(world.runUntil(() => false, 100))).to.match(/did not come true within 100 ms/);
  });

  it('gives the value or the error of a promise', async () => {
    const world = new World({ seed: 1 });
    const { time } = world.host('a').platform;
    expect(await world.complete(delay(time, 1000).then(() => 5))).to.equal(5);
    expect(world.nowMs).to.equal(1000);
    const failing = delay(time, 1).then(() => Promise.reject(new Error('no')));
    expect(await failureOf(world.complete(failing))).to.equal('no');
  });

  it('stops timers, disk and sockets of a process that is killed', async () => {
    const world = new World({ seed: 1 });
    const host = world.host('a');
    const { time, disk, network } = host.platform;
    const told: string[] = [];
    time.schedule(5, () => told.push('timer'));
    const file = disk.open('/x', 'write');
    file.append(Buffer.from('kept'));
    void file.flush().then(() => told.push('flushed'));
    const lock = disk.lock('/.lock');
    host.kill();
    time.schedule(1, () => told.push('timer of the dead'));
    void network.listen({ host: '', port: 1 }, {}, () => new RecordingPeer()).then(() => told.push('listening'));
    expect(() => file.append(Buffer.from('lost'))).to.throw(/dead/);
    expect(() => disk.open('/y', 'write')).to.throw(/dead/);
    await world.runFor(100);
    expect(told).to.deep.equal([]);
    const next = host.restart();
    expect(next.disk.readFile('/x').toString()).to.equal('kept');
    next.disk.lock('/.lock');
    lock.release(); // of the dead process: must not free the new one's
    expect(() => next.disk.lock('/.lock')).to.throw(/ELOCKED/);
    next.time.schedule(1, () => told.push('new life'));
    await world.runFor(2);
    expect(told).to.deep.equal(['new life']);
  });

  it('puts off everything of a process that stands still', async () => {
    const world = new World({ seed: 1 });
    const [still, busy] = [world.host('still'), world.host('busy')];
    const told: string[] = [];
    const tell = (text: string) => () => told.push(`${text} at ${world.nowMs}`);
    still.platform.time.schedule(10, tell('a'));
    still.platform.time.schedule(20, tell('b'));
    busy.platform.time.schedule(15, tell('busy'));
    still.pause(100);
    await world.runFor(50);
    expect(told).to.deep.equal(['busy at 15']);
    await world.runFor(60);
    expect(told).to.deep.equal(['busy at 15', 'a at 100', 'b at 100']);
  });

  it('keeps wall clocks apart that are set apart', () => {
    const world = new World({ seed: 1, startWallMs: 1000 });
    const host = world.host('a');
    host.wallOffsetMs = -300;
    expect(host.platform.time.wallMs()).to.equal(700);
    expect(world.host('b').platform.time.wallMs()).to.equal(1000);
  });

  it('gives each host chance of its own, whatever other hosts there are', () => {
    const alone = new World({ seed: 5 }).host('a').platform.random.bytes(8).toString('hex');
    const world = new World({ seed: 5 });
    const other = world.host('b').platform.random.bytes(8).toString('hex');
    expect(world.host('a').platform.random.bytes(8).toString('hex')).to.equal(alone);
    expect(other).not.to.equal(alone);
  });

  it('records log lines with host and time', async () => {
    const world = new World({ seed: 1 });
    const { logger, time } = world.host('a').platform;
    await world.complete(delay(time, 3));
    logger.named('kafka.server.KafkaServer').warn('careful', new Error('x'));
    expect(world.logs).to.have.length(1);
    expect(world.logs[0]).to.include({
      atMs: 3,
      host: 'a',
      level: 'warn',
      name: 'kafka.server.KafkaServer',
      message: 'careful',
    });
  });
});
