import { expect } from 'chai';
import fc from 'fast-check';
import { javaHash, propertiesOrder, scalaHashMapOrder } from '../../../src/zookeeper/znodes/java-order.js';

describe('the order of Java and Scala hash maps', () => {
  it('hashes strings as Java does', () => {
    const hashes = ['', '0', '10', 'hello', 'polygenelubricants'].map(javaHash);
    expect(hashes).to.deep.equal([0, 48, 1567, 99162322, -2147483648]);
  });

  it('lists properties as a real broker wrote them', () => {
    const keys = [
      'unclean.leader.election.enable',
      'segment.bytes',
      'min.insync.replicas',
      'cleanup.policy',
      'compression.type',
    ];
    expect(propertiesOrder(keys)).to.deep.equal([
      'compression.type',
      'cleanup.policy',
      'min.insync.replicas',
      'segment.bytes',
      'unclean.leader.election.enable',
    ]);
  });

  it('lists the partitions of small topics in their order, and those of larger ones by bin', () => {
    const keys = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i));
    expect(scalaHashMapOrder(keys(10))).to.deep.equal(keys(10));
    expect(scalaHashMapOrder(keys(12)).slice(0, 3)).not.to.deep.equal(['0', '1', '2']);
  });

  it('loses and repeats no key, whatever the size', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { maxLength: 200 }), (keys) => {
        expect(propertiesOrder(keys).sort()).to.deep.equal([...keys].sort());
        expect(scalaHashMapOrder(keys).sort()).to.deep.equal([...keys].sort());
      }),
    );
  });
});
