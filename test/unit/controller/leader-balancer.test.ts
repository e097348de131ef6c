import { expect } from 'chai';
import { partitionsToRebalance } from '../../../src/controller/leader-balancer.js';

function partitions(preferred: number, leaders: number[]): { replicas: number[]; leader: number }[] {
  return leaders.map((leader) => ({ replicas: [preferred, 9], leader }));
}

describe('leader balance', () => {
  it('gives a broker back what it prefers once more than the threshold is elsewhere', () => {
    const own = partitions(1, [1, 1, 1, 1, 1, 1, 1, 1, 9, 9]);
    expect(partitionsToRebalance(own, 10)).to.have.length(2);
    expect(partitionsToRebalance(own, 20)).to.deep.equal([]);
  });

  it('looks at each broker alone', () => {
    const all = [...partitions(1, [1, 1, 1, 1]), ...partitions(2, [9])];
    expect(partitionsToRebalance(all, 10)).to.deep.equal(partitions(2, [9]));
  });

  it('counts a partition without a leader as elsewhere', () => {
    expect(partitionsToRebalance(partitions(1, [-1]), 10)).to.have.length(1);
  });
});
