import { expect } from 'chai';
import { SeededRandom } from '../../../../src/platform/sim/random.js';
import { ServerRotation } from '../../../../zk/client/server-rotation.js';

const servers = [1, 2, 3].map((port) => ({ host: 'zk', port }));

describe('ServerRotation', () => {
  it('tries each server at once, then again after growing random delays', () => {
    const rotation = new ServerRotation(servers, new SeededRandom(1));
    const tries = Array.from({ length: 24 }, () => rotation.next());
    expect(new Set(tries.slice(0, 3).map(({ server }) => server.port)).size).to.equal(3);
    expect(tries.slice(0, 3).map(({ delayMs }) => delayMs)).to.deep.equal([0, 0, 0]);
    tries.slice(3).forEach(({ server, delayMs }, i) => {
      expect(server).to.equal(tries[i % 3]!.server);
      expect(delayMs).to.be.within(0, Math.min(1000, 50 * 2 ** Math.floor(i / 3)));
    });
    expect(Math.max(...tries.map(({ delayMs }) => delayMs))).to.be.greaterThan(50);
    rotation.succeeded();
    expect(rotation.next().delayMs).to.equal(0);
  });

  it('orders the servers by chance', () => {
    const firsts = new Set(
      Array.from({ length: 50 }, (_, seed) => new ServerRotation(servers, new SeededRandom(seed)).next().server.port),
    );
    expect(firsts.size).to.equal(3);
  });
});
