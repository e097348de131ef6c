import { expect } from 'chai';
import { ensureChroot } from '../../../src/zookeeper/chroot.js';
import { ManualTime } from '../../support/manual-time.js';
import { MemoryZooKeeper } from '../../support/memory-zookeeper.js';

const config = { sessionTimeoutMs: 6000, connectTimeoutMs: 6000, maxInFlightRequests: 10 };

describe('ensureChroot', () => {
  /** Connect strings of the clients that it opened. */
  async function opened(zooKeeper: MemoryZooKeeper, connectString: string): Promise<string[]> {
    const seen: string[] = [];
    await ensureChroot(
      { ...config, connectString },
      (each) => {
        seen.push(each.connectString);
        return zooKeeper.client('chroot');
      },
      new ManualTime(),
    );
    return seen;
  }

  it('makes it with its parents, by a client that sees the whole tree', async () => {
    const zooKeeper = new MemoryZooKeeper();
    expect(await opened(zooKeeper, 'a:2181,b:2181/kafka/one')).to.deep.equal(['a:2181,b:2181']);
    const client = zooKeeper.client('looking');
    expect((await client.getChildren('/kafka', false)).children).to.deep.equal(['one']);
  });

  it('leaves one that stands as it is', async () => {
    const zooKeeper = new MemoryZooKeeper();
    await opened(zooKeeper, 'a:2181/kafka');
    const client = zooKeeper.client('looking');
    await client.setData('/kafka', Buffer.from('x'), -1);
    await opened(zooKeeper, 'a:2181/kafka');
    expect(String((await client.getData('/kafka', false)).data)).to.equal('x');
  });

  it('opens no client without a chroot', async () => {
    expect(await opened(new MemoryZooKeeper(), 'a:2181')).to.deep.equal([]);
  });
});
