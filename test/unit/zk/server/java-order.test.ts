import { expect } from 'chai';
import { changedCloneOrder, grownHashSetOrder, hashSetOrder } from '../../../../zk/server/java-order.js';

describe('the order of a Java HashSet', () => {
  const set = (...strings: string[]): Set<string> => new Set(strings);

  it('goes by hash code, and by insertion where hash codes are equal', () => {
    expect(hashSetOrder(['c', 'b', 'a'], 16)).to.deep.equal(['a', 'b', 'c']);
    expect(hashSetOrder(['BB', 'Aa'], 16)).to.deep.equal(['BB', 'Aa']);
    expect(hashSetOrder(['Aa', 'BB'], 16)).to.deep.equal(['Aa', 'BB']);
  });

  it('wraps around the table, which grows with what it holds', () => {
    // 'p' is 112, 0 in a table of 16 and 16 in one of 32; 'a' is 97, 1 in both.
    expect(grownHashSetOrder(set('a', 'p'))).to.deep.equal(['p', 'a']);
    const many = 'abcdefghijklm'.split('');
    expect(grownHashSetOrder(set('p', ...many))).to.deep.equal([...many, 'p']);
  });

  it('is that of the smaller table of a clone', () => {
    // Two elements are cloned into a table of 4: '/b' and '/a' are 1555 and 1554, '/d' 1557.
    expect(changedCloneOrder(set('/d', '/b'), set(), set())).to.deep.equal(['/d', '/b']);
    expect(changedCloneOrder(set('/d', '/b'), set('/b'), set('/a'))).to.deep.equal(['/d', '/a']);
    expect(changedCloneOrder(set(), set(), set('/b', '/a'))).to.deep.equal(['/a', '/b']);
  });
});
