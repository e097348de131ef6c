import { expect } from 'chai';
import { nextXid } from '../../../../zk/client/conversation.js';

describe('request ids', () => {
  it('go from 1 to 2³¹−1 and again from 1', () => {
    expect(nextXid(0)).to.equal(1);
    expect(nextXid(1)).to.equal(2);
    expect(nextXid(2 ** 31 - 2)).to.equal(2 ** 31 - 1);
    expect(nextXid(2 ** 31 - 1)).to.equal(1);
  });
});
