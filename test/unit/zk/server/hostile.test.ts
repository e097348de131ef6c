import { expect } from 'chai';
import { SeededRandom } from '../../../../src/platform/sim/random.js';
import { World } from '../../../../src/platform/sim/world.js';
import { encode, type JuteType } from '../../../../zk/jute/jute.js';
import * as m from '../../../../zk/jute/messages.js';
import { multiRequest } from '../../../../zk/jute/multi.js';
import { OP } from '../../../../zk/jute/op-codes.js';
import { defaultConfig } from '../../../../zk/server/config.js';
import { ZooKeeperServer } from '../../../../zk/server/zookeeper-server.js';
import { OPEN, RawZkClient } from '../../../support/raw-zk-client.js';

/** Damaged requests, by thousands: the server stays up, others are served, nothing that was not asked for happens. */
describe('ZooKeeper server and hostile clients', () => {
  const frameOf = <T>(type: number, record: JuteType<T>, value: T): Buffer =>
    Buffer.concat([encode(m.requestHeader, { xid: 1, type }), encode(record, value)]);
  const made = { path: '/x', data: Buffer.from('x'), acl: OPEN, flags: 0 };
  const FRAMES = [
    frameOf(OP.create, m.createRequest, made),
    frameOf(OP.createTtl, m.createTtlRequest, { ...made, flags: 5, ttlMs: 9 }),
    frameOf(OP.setData, m.setDataRequest, { path: '/keep', data: Buffer.from('y'), version: 7 }),
    frameOf(OP.getChildren2, m.watchedPathRequest, { path: '/keep', watch: true }),
    frameOf(OP.multi, multiRequest, [
      { type: OP.check, request: { path: '/keep', version: 5 } },
      { type: OP.create, request: made },
    ]),
    frameOf(OP.setAcl, m.setAclRequest, { path: '/x', acl: OPEN, version: 0 }),
    frameOf(OP.setWatches, m.setWatches, {
      relativeZxid: 0,
      dataWatches: ['/a'],
      existWatches: ['/b'],
      childWatches: [],
    }),
    frameOf(OP.addWatch, m.addWatchRequest, { path: '/x', mode: 1 }),
    frameOf(OP.auth, m.authPacket, { type: 0, scheme: 'digest', auth: Buffer.from('a:b') }),
  ];

  for (const seed of [1, 2, 3]) {
    it(`lives through two thousand of them (seed ${seed})`, async () => {
      const world = new World({ seed });
      const random = new SeededRandom(seed);
      const config = { ...defaultConfig('/zk'), maxClientCnxns: 0, clientPort: 2181 };
      const server = new ZooKeeperServer(config, world.host('zk').platform);
      await world.complete(server.start());
      const { network } = world.host('client').platform;
      const connect = (): Promise<RawZkClient> =>
        world.complete(RawZkClient.connect(network, 2181, { timeoutMs: 60_000 }, 'zk'));
      const witness = await connect();
      await world.complete(witness.create('/keep', 'kept'));
      let hostile = await connect();
      for (let i = 0; i < 2000; i++) {
        if (hostile.isClosed) hostile = await connect();
        const frame = Buffer.from(FRAMES[random.int(FRAMES.length)]!);
        for (let flips = random.int(4); flips >= 0; flips--) frame[random.int(frame.length)] = random.int(256);
        const length = Buffer.alloc(4);
        length.writeInt32BE(random.chance(0.05) ? random.int(2 ** 32) - 2 ** 31 : frame.length);
        hostile.sendBytes(
          Buffer.concat([length, frame.subarray(0, random.chance(0.1) ? random.int(frame.length) : frame.length)]),
        );
        if (random.chance(0.1)) await world.runFor(20);
        if (random.chance(0.02)) hostile.destroy();
      }
      await world.runFor(1000);
      expect((await world.complete(witness.read(OP.exists, '/keep'))).err).to.equal(0);
      expect((await world.complete(witness.create('/after'))).err).to.equal(0);
      world.host('zk').restart();
      await world.complete(new ZooKeeperServer(config, world.host('zk').platform).start());
      const after = await connect();
      expect((await world.complete(after.read(OP.exists, '/after'))).err).to.equal(0);
    }).timeout(20_000);
  }
});
