import { silentLogger } from '../../src/platform/logger.js';
import { nodePlatform } from '../../src/platform/node/platform.js';
import { CLIENTS, zkClientContract } from '../support/zk-client-contract.js';
import { RealZooKeeper } from './support/real-zookeeper.js';

/** The contract of test/contract/zk-client.test.ts, on a real Apache ZooKeeper. */
describe('on Apache ZooKeeper', () => {
  const platform = { ...nodePlatform({ name: 'test' }), logger: silentLogger };
  const zooKeeper = new RealZooKeeper();
  after(() => zooKeeper.remove());
  for (const name of Object.keys(CLIENTS)) zkClientContract(name, zooKeeper, platform);
});
