import { expect } from 'chai';
import { World } from '../../../../src/platform/sim/world.js';
import {
  createRequest,
  createTtlRequest,
  getDataResponse,
  requestHeader,
  setDataRequest,
  setWatches2,
  watchedPathRequest,
} from '../../../../zk/jute/messages.js';
import { decode, encode } from '../../../../zk/jute/jute.js';
import { OP } from '../../../../zk/jute/op-codes.js';
import { defaultConfig, type ZooKeeperServerConfig } from '../../../../zk/server/config.js';
import { ZooKeeperServer } from '../../../../zk/server/zookeeper-server.js';
import { RawZkClient } from '../../../support/raw-zk-client.js';

const PORT = 2181;

/** A server on one simulated machine, clients on another. */
class Scene {
  readonly world: World;
  server!: ZooKeeperServer;
  private readonly config: ZooKeeperServerConfig;

  constructor(seed: number | string, config: Partial<ZooKeeperServerConfig> = {}) {
    this.world = new World({ seed });
    this.config = { ...defaultConfig('/zk'), tickTimeMs: 2000, clientPort: PORT, fourLetterWords: ['*'], ...config };
    this.world.host('client');
  }

  async start(): Promise<this> {
    const host = this.world.host('zk');
    this.server = new ZooKeeperServer(this.config, host.platform);
    await this.world.complete(this.server.start());
    return this;
  }

  async restart(): Promise<void> {
    this.world.host('zk').restart();
    await this.start();
  }

  client(wish: Parameters<typeof RawZkClient.connect>[2] = {}): Promise<RawZkClient> {
    const { network } = this.world.host('client').platform;
    return this.world.complete(RawZkClient.connect(network, PORT, wish, 'zk'));
  }

  raw(bytes: Buffer): RawZkClient {
    return RawZkClient.raw(this.world.host('client').platform.network, PORT, bytes, 'zk');
  }

  complete<T>(promise: Promise<T>): Promise<T> {
    return this.world.complete(promise);
  }

  logged(text: string): boolean {
    return this.world.logs.some((line) => line.message.includes(text));
  }
}

describe('ZooKeeper server', () => {
  describe('sessions', () => {
    it('clamps the timeout between 2 and 20 ticks', async () => {
      const scene = await new Scene(1, { minSessionTimeoutMs: 4000, maxSessionTimeoutMs: 40_000 }).start();
      expect((await scene.client({ timeoutMs: 1 })).session!.timeoutMs).to.equal(4000);
      expect((await scene.client({ timeoutMs: 9000 })).session!.timeoutMs).to.equal(9000);
      expect((await scene.client({ timeoutMs: 1e6 })).session!.timeoutMs).to.equal(40_000);
    });

    it('answers in the form the client asked in: with the read-only byte or without', async () => {
      const scene = await new Scene(1).start();
      expect((await scene.client({ readOnly: false })).session!.readOnly).to.equal(false);
      expect((await scene.client({ readOnly: undefined })).session!.readOnly).to.equal(undefined);
    });

    it('expire when nothing is heard, never early, with their ephemerals, and tell watchers', async () => {
      const scene = await new Scene(2).start();
      const silent = await scene.client({ timeoutMs: 6000 });
      await scene.complete(silent.create('/e', '', 1));
      const bornMs = scene.world.nowMs;
      const watching = await scene.client({ timeoutMs: 40_000 });
      await scene.complete(watching.read(OP.exists, '/e', true));
      await scene.world.runUntil(() => watching.sights.includes('event 2 /e'));
      expect(scene.world.nowMs - bornMs).to.be.within(6000, 8100);
      await scene.complete(silent.whenClosed());
      const { sessionId, password } = silent.session!;
      const back = await scene.client({ sessionId, password });
      expect(back.session).to.include({ timeoutMs: 0, sessionId: '0000000000000000' });
      await scene.complete(back.whenClosed());
    });

    it('live as long as they are heard', async () => {
      const scene = await new Scene(3).start();
      const client = await scene.client({ timeoutMs: 6000 });
      await scene.complete(client.create('/e', '', 1));
      for (let i = 0; i < 20; i++) {
        await scene.world.runFor(3000);
        expect((await scene.complete(client.send(OP.ping, undefined, undefined, -2))).xid).to.equal(-2);
      }
      expect((await scene.complete(client.read(OP.exists, '/e'))).err).to.equal(0);
    });

    it('survive when it is the server that stood still', async () => {
      const scene = await new Scene(22).start();
      const client = await scene.client({ timeoutMs: 6000 });
      await scene.complete(client.create('/e', '', 1));
      scene.world.host('zk').pause(20_000);
      await scene.world.runFor(12_000); // its timer is overdue
      void client.send(OP.ping, undefined, undefined, -2);
      await scene.world.runFor(9000);
      expect((await scene.complete(client.read(OP.exists, '/e'))).err).to.equal(0);
    });

    it('go on over a new connection with the password, which cuts the old one; pipelined requests included', async () => {
      const scene = await new Scene(4).start();
      const old = await scene.client();
      await scene.complete(old.create('/e', '', 1));
      const { sessionId, password } = old.session!;
      const wrong = await scene.client({ sessionId, password: Buffer.alloc(16, 1) });
      expect(wrong.session!.timeoutMs).to.equal(0);
      expect(old.isClosed).to.equal(false);
      const connecting = scene.client({ sessionId, password });
      const fresh = await connecting;
      expect(fresh.session).to.include({ sessionId, timeoutMs: 6000 });
      const watches = { relativeZxid: 1, dataWatches: ['/e'], existWatches: [], childWatches: [] };
      const none = { persistentWatches: [], persistentRecursiveWatches: [] };
      const reply = await scene.complete(fresh.send(OP.setWatches2, setWatches2, { ...watches, ...none }, -8));
      expect(reply.err).to.equal(0);
      expect(fresh.sights).to.deep.equal(['event 3 /e', '-8 0']);
      await scene.complete(old.whenClosed());
    });

    it('end at once, ephemerals first, when the client says so', async () => {
      const scene = await new Scene(5).start();
      const client = await scene.client();
      await scene.complete(client.create('/e', '', 1));
      expect((await scene.complete(client.send(OP.closeSession))).err).to.equal(0);
      await scene.complete(client.whenClosed());
      const other = await scene.client();
      expect((await scene.complete(other.read(OP.exists, '/e'))).err).to.equal(-101);
    });

    it('outlive the server, and start anew with it', async () => {
      const scene = await new Scene(6).start();
      const client = await scene.client({ timeoutMs: 6000 });
      await scene.complete(client.create('/e', '', 1));
      scene.world.host('zk').kill();
      await scene.world.runFor(60_000);
      await scene.restart();
      await scene.world.runFor(5000);
      const { sessionId, password } = client.session!;
      const back = await scene.client({ sessionId, password });
      expect(back.session).to.include({ sessionId, timeoutMs: 6000 });
      expect((await scene.complete(back.read(OP.exists, '/e'))).err).to.equal(0);
      await scene.world.runFor(9000);
      const other = await scene.client();
      expect((await scene.complete(other.read(OP.exists, '/e'))).err).to.equal(-101);
    });

    it('are refused to a client from the future', async () => {
      const scene = await new Scene(7).start();
      const { network } = scene.world.host('client').platform;
      const connecting = RawZkClient.connect(network, PORT, { lastZxidSeen: 1000 }, 'zk');
      const failure = await scene.complete(
        connecting.then(
          () => undefined,
          (error: unknown) => error as Error,
        ),
      );
      expect(failure).to.be.instanceOf(Error);
      expect(scene.logged('as it has seen zxid 0x3e8')).to.equal(true);
    });
  });

  describe('order', () => {
    it('shows an event before the data it is about, and answers a connection in order', async () => {
      const scene = await new Scene(8).start();
      const [writer, reader] = [await scene.client(), await scene.client()];
      await scene.complete(writer.create('/a', 'old'));
      await scene.complete(reader.read(OP.getData, '/a', true));
      void writer.send(OP.setData, setDataRequest, { path: '/a', data: Buffer.from('new'), version: -1 });
      for (;;) {
        const { body } = await scene.complete(reader.read(OP.getData, '/a'));
        const isNew = decode(getDataResponse, body).data!.toString() === 'new';
        expect(reader.sights.includes('event 3 /a')).to.equal(isNew);
        if (isNew) break;
      }
    });

    it('lets a read see the writes of its own connection that came before', async () => {
      const scene = await new Scene(9).start();
      const client = await scene.client();
      void client.create('/a', '1');
      const reading = client.read(OP.getData, '/a');
      void client.create('/b', '2');
      const second = client.read(OP.getData, '/b');
      expect(decode(getDataResponse, (await scene.complete(reading)).body).data!.toString()).to.equal('1');
      expect((await scene.complete(second)).err).to.equal(0);
      expect(client.sights).to.deep.equal(['1 0', '2 0', '3 0', '4 0']);
    });

    it('makes many writes durable with few flushes', async () => {
      const scene = await new Scene(10).start();
      const { disk } = scene.world.host('zk').platform;
      let flushes = 0;
      const client = await scene.client();
      const before = scene.world.trace.lines().length;
      const all = Array.from({ length: 500 }, (_, i) => client.create(`/n${i}`));
      await scene.complete(Promise.all(all));
      flushes = scene.world.trace
        .lines()
        .slice(before)
        .filter((line) => /flush/.test(line)).length;
      expect(flushes).to.be.lessThan(20);
      expect(disk.stat('/zk/version-2/log.1')!.size).to.be.greaterThan(500 * 50);
    });
  });

  describe('durability', () => {
    for (const seed of Array.from({ length: 12 }, (_, i) => i)) {
      it(`keeps every acknowledged write when the power goes, in order and without holes (seed ${seed})`, async () => {
        const scene = await new Scene(`power-${seed}`, { snapCount: 40 }).start();
        const acknowledged: string[] = [];
        const client = await scene.client();
        let sent = 0;
        const send = (): void => {
          const name = `/n${sent++}`;
          void client.create(name).then(({ err }) => {
            if (err === 0) acknowledged.push(name);
            send();
          });
        };
        for (let i = 0; i < 20; i++) send();
        await scene.world.runUntil(() => acknowledged.length > 50 + seed * 13);
        scene.world.host('zk').crash();
        await scene.restart();
        const other = await scene.client();
        let stands = 0;
        while ((await scene.complete(other.read(OP.exists, `/n${stands}`))).err === 0) stands++;
        expect(acknowledged).to.deep.equal(Array.from({ length: acknowledged.length }, (_, i) => `/n${i}`));
        expect(stands).to.be.at.least(acknowledged.length);
        for (let i = stands; i < sent; i++) {
          expect((await scene.complete(other.read(OP.exists, `/n${i}`))).err).to.equal(-101);
        }
        expect((await scene.complete(other.create('/after'))).err).to.equal(0);
        scene.world.host('zk').kill();
        await scene.restart();
        const last = await scene.client();
        expect((await scene.complete(last.read(OP.exists, '/after'))).err).to.equal(0);
      });
    }

    it('stops, and answers nothing, when the log cannot be written', async () => {
      const scene = await new Scene('full').start();
      const client = await scene.client();
      scene.world.host('zk').disk.fault = (operation) => (operation === 'flush' ? 'EIO' : undefined);
      let isAnswered = false;
      void client.create('/a').then(() => (isAnswered = true));
      await scene.complete(client.whenClosed());
      expect(isAnswered).to.equal(false);
      expect(scene.logged('the transaction log cannot be written')).to.equal(true);
    });
  });

  describe('connections', () => {
    it('answers commands, those of the whitelist', async () => {
      const scene = await new Scene(11, { fourLetterWords: ['ruok', 'srvr'] }).start();
      const ask = async (word: string): Promise<string> => {
        const client = scene.raw(Buffer.from(word));
        await scene.complete(client.whenClosed());
        return client.receivedBytes.toString();
      };
      expect(await ask('ruok')).to.equal('imok');
      expect(await ask('srvr\n')).to.match(
        /^Zookeeper version: 3\.8\.4.*\nLatency min\/avg\/max: 0\/0.0\/0\n[^]*Mode: standalone\nNode count: 5\n$/,
      );
      expect(await ask('stat')).to.equal('stat is not executed because it is not in the whitelist.\n');
    });

    it('lists sessions, ephemerals, watches and connections', async () => {
      const scene = await new Scene(12).start();
      const client = await scene.client();
      await scene.complete(client.create('/e', '', 1));
      await scene.complete(client.read(OP.getData, '/e', true));
      const session = `0x${client.session!.sessionId.replace(/^0+/, '')}`;
      const ask = async (word: string): Promise<string> => {
        const asking = scene.raw(Buffer.from(word));
        await scene.complete(asking.whenClosed());
        return asking.receivedBytes.toString();
      };
      expect(await ask('dump'))
        .to.contain(`Session Sets (1)/(1):\n1 expire at Mon Jan 01 `)
        .and.contain(`${session}:\n\t/e\n`);
      expect(await ask('wchs')).to.equal('1 connections watching 1 paths\nTotal watches:1\n');
      expect(await ask('wchp')).to.equal(`/e\n\t${session}\n\n`);
      expect(await ask('wchc')).to.equal(`${session}\n\t/e\n\n`);
      expect(await ask('cons')).to.contain(`sid=${session},lop=GETD,`);
      expect(await ask('mntr'))
        .to.contain('zk_watch_count\t1\n')
        .and.contain('zk_ephemerals_count\t1\n');
      expect(await ask('isro')).to.equal('rw');
      expect(await ask('conf'))
        .to.contain('clientPort=2181\n')
        .and.contain('dataDir=/zk/version-2\n');
      expect(await ask('envi')).to.match(/^Environment:\nzookeeper.version=3\.8\.4/);
    });

    it('cuts off whoever sends nonsense, and serves the others', async () => {
      const scene = await new Scene(13).start();
      const good = await scene.client();
      const nonsense = [
        Buffer.from('GET / HTTP/1.1\r\n\r\n'),
        Buffer.from([0xff, 0xff, 0xff, 0xff]),
        Buffer.from([0x7f, 0xff, 0xff, 0xff]),
        Buffer.from([0, 0, 0, 4, 1, 2, 3, 4]),
        Buffer.alloc(8),
      ];
      for (const bytes of nonsense) await scene.complete(scene.raw(bytes).whenClosed());
      const half = await scene.client();
      half.sendBytes(Buffer.from([0, 0, 0, 2, 0, 0]));
      await scene.complete(half.whenClosed());
      const unknown = await scene.client();
      expect((await scene.complete(unknown.send(4711))).err).to.equal(-6);
      await scene.complete(unknown.whenClosed());
      expect((await scene.complete(good.create('/still'))).err).to.equal(0);
    });

    it('takes frames in pieces of any size', async () => {
      const scene = await new Scene(14).start();
      const client = await scene.client();
      const frame = Buffer.concat([
        encode(requestHeader, { xid: 77, type: OP.exists }),
        encode(watchedPathRequest, { path: '/zookeeper', watch: false }),
      ]);
      const bytes = Buffer.concat([Buffer.alloc(4), frame]);
      bytes.writeInt32BE(frame.length);
      for (const byte of bytes) {
        client.sendBytes(Buffer.from([byte]));
        await scene.world.runFor(5);
      }
      expect(client.sights).to.deep.equal(['77 0']);
    });

    it('takes data up to the limit of a frame', async () => {
      const scene = await new Scene(15).start();
      const client = await scene.client();
      expect((await scene.complete(client.create('/big', 'x'.repeat(1_000_000)))).err).to.equal(0);
      const { body } = await scene.complete(client.read(OP.getData, '/big'));
      expect(decode(getDataResponse, body).data!.length).to.equal(1_000_000);
      void client.create('/bigger', 'x'.repeat(1_100_000));
      await scene.complete(client.whenClosed());
    });

    it('reads no further from a client that does not read its answers, and serves the others', async () => {
      const scene = await new Scene(19).start();
      const client = await scene.client({ timeoutMs: 40_000 });
      await scene.complete(client.create('/big', 'x'.repeat(100_000)));
      client.stopReading();
      for (let i = 0; i < 500; i++) void client.read(OP.getData, '/big');
      await scene.world.runFor(5000);
      const asking = scene.raw(Buffer.from('cons'));
      await scene.complete(asking.whenClosed());
      const received = /recved=(\d+),sent=\d+,sid/.exec(asking.receivedBytes.toString())?.[1];
      expect(Number(received)).to.be.within(3, 100);
      client.readOn();
      await scene.complete(client.read(OP.exists, '/big'));
      expect(client.sights).to.deep.equal(Array.from({ length: 502 }, (_, i) => `${i + 1} 0`));
    }).timeout(20_000);

    it('answers all of a flood of writes, in order', async () => {
      const scene = await new Scene(20).start();
      const client = await scene.client({ timeoutMs: 40_000 });
      for (let i = 0; i < 6000; i++) void client.create('/s-', '', 2);
      await scene.complete(client.create('/s-', '', 2));
      expect(client.sights).to.deep.equal(Array.from({ length: 6001 }, (_, i) => `${i + 1} 0`));
    });

    it('bounds the connections of one address and the time to a session', async () => {
      const scene = await new Scene(16, { maxClientCnxns: 2 }).start();
      const first = await scene.client({ timeoutMs: 40_000 });
      const idle = scene.raw(Buffer.alloc(0));
      await scene.world.runFor(100);
      await scene.complete(scene.raw(Buffer.from('ruok')).whenClosed());
      expect(scene.logged('Too many connections')).to.equal(true);
      const beganMs = scene.world.nowMs;
      await scene.complete(idle.whenClosed());
      expect(scene.world.nowMs - beganMs).to.be.within(9000, 11_000);
      expect(first.isClosed).to.equal(false);
    });

    it('refuses a folder that another server has', async () => {
      const scene = await new Scene(17).start();
      const second = new ZooKeeperServer(
        { ...defaultConfig('/zk'), clientPort: 2182 },
        scene.world.host('zk').platform,
      );
      const failure = await scene.complete(
        second.start().then(
          () => undefined,
          (error: unknown) => error as NodeJS.ErrnoException,
        ),
      );
      expect(failure?.code).to.equal('ELOCKED');
    });
  });

  it('takes snapshots while it serves, purges old ones, and starts from what is left', async () => {
    const scene = await new Scene(21, { snapCount: 50, purgeIntervalHours: 1, maxSessionTimeoutMs: 1e9 }).start();
    const { disk } = scene.world.host('zk').platform;
    const client = await scene.client({ timeoutMs: 1e9 });
    for (let round = 0; round < 10; round++) {
      await scene.complete(Promise.all(Array.from({ length: 60 }, () => client.create('/s-', 'x', 2))));
      await scene.world.runFor(1000);
    }
    const names = (): string[] => disk.list('/zk/version-2').map((entry) => entry.name.split('.')[0]!);
    expect(names().filter((name) => name === 'snapshot').length).to.be.greaterThan(5);
    await scene.world.runFor(3_600_000);
    expect(names().filter((name) => name === 'snapshot').length).to.equal(3);
    expect(names().filter((name) => name === 'log').length).to.be.within(1, 5);
    disk.open('/zk/version-2/snapshot.99.tmp', 'write').close();
    scene.world.host('zk').kill();
    await scene.restart();
    expect(scene.world.host('zk').platform.disk.stat('/zk/version-2/snapshot.99.tmp')).to.equal(undefined);
    const other = await scene.client();
    expect((await scene.complete(other.create('/s-', '', 2))).body.toString()).to.contain('/s-0000000600');
  });

  it('removes empty containers and outlived TTL nodes', async () => {
    const scene = await new Scene(18, { ttlEnabled: true, maxSessionTimeoutMs: 1e9 }).start();
    const client = await scene.client({ timeoutMs: 1e9 });
    const made = { data: null, acl: [{ permissions: 31, scheme: 'world', id: 'anyone' }] };
    await scene.complete(client.send(OP.createContainer, createRequest, { ...made, path: '/box', flags: 4 }));
    await scene.complete(
      client.send(OP.createTtl, createTtlRequest, { ...made, path: '/ttl', flags: 5, ttlMs: 90_000 }),
    );
    await scene.world.runFor(70_000);
    const exists = async (path: string): Promise<number> => (await scene.complete(client.read(OP.exists, path))).err;
    expect([await exists('/box'), await exists('/ttl')]).to.deep.equal([0, 0]);
    await scene.complete(client.create('/box/x', '', 1));
    await scene.world.runFor(60_000);
    expect([await exists('/box'), await exists('/ttl')]).to.deep.equal([0, -101]);
  });
});
