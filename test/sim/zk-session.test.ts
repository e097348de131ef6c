import { expect } from 'chai';
import { World } from '../../src/platform/sim/world.js';
import { sessionClient } from '../../zk/client/session.js';
import { ZkError, type ZkClient } from '../../zk/client/zk-client.js';
import { defaultConfig } from '../../zk/server/config.js';
import { ZooKeeperServer } from '../../zk/server/zookeeper-server.js';

const PORT = 2181;
const ROUNDS = 12;

/** A program that counts in a znode and one that follows by watches, over a network and a ZooKeeper that fail. */
class Scene {
  readonly world: World;
  readonly seen: number[] = [];
  acknowledged = 0;
  sessions = 1;
  private stopped = false;
  private readonly writer: ZkClient;
  private readonly reader: ZkClient;

  constructor(seed: number) {
    this.world = new World({ seed });
    this.writer = this.client('writer');
    this.reader = this.client('reader');
  }

  async run(): Promise<void> {
    const { world } = this;
    await this.startServer();
    await world.complete(Promise.all([this.writer.connect(), this.reader.connect()]));
    await world.complete(this.writer.create('/counter', Buffer.from('0')));
    this.reader.onWatch(() => void this.read());
    this.reader.addSessionHandler({
      beforeSession: () => Promise.resolve(),
      afterSession: () => {
        this.sessions++;
        return this.read();
      },
    });
    void this.read();
    const counting = this.count();
    for (let round = 0; round < ROUNDS; round++) await this.misfortune();
    world.network.heal();
    this.stopped = true;
    await world.complete(counting);
    await world.runFor(30_000);
  }

  async finalValue(): Promise<{ value: number; version: number }> {
    const { data, stat } = await this.world.complete(this.writer.getData('/counter', false));
    return { value: Number(data?.toString()), version: stat.version };
  }

  private client(name: string): ZkClient {
    const config = {
      connectString: `zk:${PORT}`,
      sessionTimeoutMs: 6000,
      connectTimeoutMs: 30_000,
      maxInFlightRequests: 10,
    };
    return sessionClient(config, this.world.host(name).platform);
  }

  private async startServer(): Promise<void> {
    const config = { ...defaultConfig('/data'), tickTimeMs: 2000, minSessionTimeoutMs: 4000, clientPort: PORT };
    const { platform } = this.world.host('zk');
    await this.world.complete(new ZooKeeperServer({ ...config, clientPortAddress: '0.0.0.0' }, platform).start());
  }

  private async misfortune(): Promise<void> {
    const { world } = this;
    const victim = world.random.int(2) === 0 ? 'writer' : 'reader';
    await world.runFor(world.random.int(4000));
    switch (world.random.int(4)) {
      case 0:
        world.network.reset(victim, 'zk');
        return;
      case 1: // long enough for a session to expire, now and then
        world.network.partition([victim], ['zk']);
        await world.runFor(world.random.int(14_000));
        world.network.heal();
        return;
      case 2:
        world.host('zk').kill();
        world.host('zk').restart();
        await this.startServer();
        return;
      default:
        world.host(victim).pause(world.random.int(9000));
    }
  }

  /** Adds one at a time; after a lost answer looks whether it was applied. */
  private async count(): Promise<void> {
    const { time } = this.world.host('writer').platform;
    let isUnsure = false;
    while (!this.stopped || isUnsure) {
      const next = this.acknowledged + 1;
      try {
        await this.writer.setData('/counter', Buffer.from(`${next}`), next - 1);
        this.acknowledged = next;
        isUnsure = false;
      } catch (error) {
        // BAD_VERSION: an answer was lost and the write stands.
        isUnsure = isLoss(error);
        if (error instanceof ZkError && error.error === 'BAD_VERSION') this.acknowledged = next;
        else if (!isUnsure) throw error;
      }
      await new Promise<void>((resolve) => void time.schedule(50, resolve));
    }
  }

  private async read(): Promise<void> {
    for (;;) {
      try {
        const { data } = await this.reader.getData('/counter', true);
        this.seen.push(Number(data?.toString()));
        return;
      } catch (error) {
        if (!(error instanceof ZkError)) throw error;
        if (error.error === 'SESSION_EXPIRED') return; // afterSession reads again
        if (!isLoss(error)) throw error;
      }
    }
  }
}

function isLoss(error: unknown): boolean {
  return error instanceof ZkError && (error.error === 'CONNECTION_LOSS' || error.error === 'SESSION_EXPIRED');
}

describe('ZooKeeper session in the simulator', () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    it(`loses no acknowledged write and no change, seed ${seed}`, async () => {
      const scene = new Scene(seed);
      await scene.run();
      const { value, version } = await scene.finalValue();
      expect(value).to.equal(version);
      expect(value).to.equal(scene.acknowledged);
      expect(value).to.be.greaterThan(50);
      expect(scene.seen[scene.seen.length - 1]).to.equal(value);
      expect(
        [...scene.seen].sort((a, b) => a - b),
        'never back in time',
      ).to.deep.equal(scene.seen);
    });
  }

  it('runs the same way twice from one seed', async () => {
    const [first, second] = [new Scene(42), new Scene(42)];
    await first.run();
    await second.run();
    expect(first.world.traceHash()).to.equal(second.world.traceHash());
    expect(first.seen).to.deep.equal(second.seen);
  });
});
