import { expect } from 'chai';
import fc from 'fast-check';
import { Fifo } from '../../../../zk/client/fifo.js';

describe('Fifo', () => {
  it('is a queue, however it is filled and emptied', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -3000, max: 3000 }), { maxLength: 12 }), (moves) => {
        const fifo = new Fifo<number>();
        let model: number[] = [];
        let next = 0;
        for (const move of moves) {
          for (let i = 0; i < move; i++) {
            fifo.push(next);
            model.push(next++);
          }
          const taken = Array.from({ length: Math.max(0, -move) }, () => fifo.shift());
          expect(taken).to.deep.equal(Array.from(taken, (_, i) => model[i]));
          model = model.slice(taken.length);
          expect(fifo.length).to.equal(model.length);
          expect(fifo.peek()).to.equal(model[0]);
        }
      }),
    );
  });
});
