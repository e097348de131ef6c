import { expect } from 'chai';
import { EndOfTurn } from '../../../src/network/end-of-turn.js';

describe('EndOfTurn', () => {
  it('runs each piece of work once, when the outermost turn ends', () => {
    const endOfTurn = new EndOfTurn();
    let runs = 0;
    const work = {
      atEndOfTurn: () => {
        runs++;
      },
    };
    endOfTurn.enter();
    endOfTurn.enter();
    endOfTurn.add(work);
    endOfTurn.add(work);
    endOfTurn.leave();
    expect(runs).equal(0);
    endOfTurn.leave();
    expect(runs).equal(1);
  });

  it('runs work that other work added in the same turn', () => {
    const endOfTurn = new EndOfTurn();
    const order: string[] = [];
    endOfTurn.enter();
    endOfTurn.add({
      atEndOfTurn: () => {
        order.push('first');
        endOfTurn.add({ atEndOfTurn: () => void order.push('second') });
      },
    });
    endOfTurn.leave();
    expect(order).deep.equal(['first', 'second']);
  });

  it('runs work outside a turn soon, together', async () => {
    const endOfTurn = new EndOfTurn();
    const order: string[] = [];
    endOfTurn.add({ atEndOfTurn: () => void order.push('a') });
    endOfTurn.add({ atEndOfTurn: () => void order.push('b') });
    expect(order).deep.equal([]);
    await Promise.resolve();
    expect(order).deep.equal(['a', 'b']);
  });

  it('lets nobody lose their turn to an error, and passes it on', () => {
    const endOfTurn = new EndOfTurn();
    const order: string[] = [];
    endOfTurn.enter();
    endOfTurn.add({
      atEndOfTurn: () => {
        throw new Error('mine');
      },
    });
    endOfTurn.add({ atEndOfTurn: () => void order.push('other') });
    expect(() => endOfTurn.leave()).throws('mine');
    expect(order).deep.equal(['other']);
    endOfTurn.enter();
    endOfTurn.add({ atEndOfTurn: () => void order.push('next turn') });
    endOfTurn.leave();
    expect(order).deep.equal(['other', 'next turn']);
  });
});
