import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../src/platform/logger.js';
import { nodePlatform } from '../../src/platform/node/platform.js';
import { defaultConfig } from '../../zk/server/config.js';
import { ZooKeeperServer } from '../../zk/server/zookeeper-server.js';
import { CLIENTS, zkClientContract, type ZooKeeperUnderTest } from '../support/zk-client-contract.js';

/** The contract on the embedded server; test/interop/zk-client.interop.ts tries it on Apache ZooKeeper. */
const platform = { ...nodePlatform({ name: 'test' }), logger: silentLogger };

class EmbeddedZooKeeper implements ZooKeeperUnderTest {
  private readonly folder = mkdtempSync(join(tmpdir(), 'zkafka-zk-'));
  private server: ZooKeeperServer | undefined;

  async start(): Promise<number> {
    const config = {
      ...defaultConfig(this.folder),
      tickTimeMs: 500,
      minSessionTimeoutMs: 1000,
      maxSessionTimeoutMs: 20_000,
      clientPortAddress: '127.0.0.1',
      clientPort: 0,
      maxClientCnxns: 0,
      ttlEnabled: true,
    };
    this.server = new ZooKeeperServer(config, platform);
    return (await this.server.start()).port;
  }

  async stop(): Promise<void> {
    await this.server?.stop();
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

describe('on the embedded ZooKeeper', () => {
  const zooKeeper = new EmbeddedZooKeeper();
  after(() => zooKeeper.remove());
  for (const name of Object.keys(CLIENTS)) zkClientContract(name, zooKeeper, platform);
});
