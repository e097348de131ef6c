import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { silentLogger } from '../../src/platform/logger.js';
import { nodePlatform } from '../../src/platform/node/platform.js';
import { delay } from '../../src/platform/time.js';
import { OP } from '../../zk/jute/op-codes.js';
import { defaultConfig } from '../../zk/server/config.js';
import { ZooKeeperServer } from '../../zk/server/zookeeper-server.js';
import { RawZkClient } from '../support/raw-zk-client.js';
import { playRandom } from '../support/zk-random-script.js';
import { RealZooKeeper } from './support/real-zookeeper.js';

const SEQUENCES = 100;
const STEPS = 150;

/** The same random requests of three sessions to Apache ZooKeeper 3.8.4 and to ours: replies, stats and events are equal. */
describe('ZooKeeper, ours beside Apache', () => {
  const platform = { ...nodePlatform({ name: 'test', console: false }), logger: silentLogger };
  const folder = mkdtempSync(join(tmpdir(), 'zkafka-differential-'));
  const apache = new RealZooKeeper();
  const config = { ...defaultConfig(folder), clientPortAddress: '127.0.0.1', clientPort: 0 };
  const ours = new ZooKeeperServer(config, platform);
  let apachePort: number;
  let ourPort: number;

  before(async function () {
    this.timeout(400_000);
    apachePort = await apache.start();
    await firstSession(apachePort);
    ourPort = (await ours.start()).port;
  });

  after(async () => {
    await ours.stop();
    await apache.stop();
    apache.remove();
    rmSync(folder, { recursive: true });
  });

  /** Apache answers commands a moment before it takes sessions. */
  async function firstSession(port: number): Promise<void> {
    for (let left = 100; ; left--) {
      try {
        const client = await RawZkClient.connect(platform.network, port);
        await client.send(OP.closeSession); // else it would expire in the middle of a sequence
        return;
      } catch (error) {
        if (left === 0) throw error;
        await delay(platform.time, 100);
      }
    }
  }

  it(`tells no difference in ${SEQUENCES} sequences`, async () => {
    for (let seed = 0; seed < SEQUENCES; seed++) {
      const expected = await playRandom(platform.network, apachePort, String(seed), STEPS);
      const seen = await playRandom(platform.network, ourPort, String(seed), STEPS);
      for (const [i, line] of expected.entries()) expect(seen[i], `seed ${seed}`).to.equal(line);
    }
  }).timeout(300_000);
});
