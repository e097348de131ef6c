import { expect } from 'chai';
import fc from 'fast-check';
import { watchBatches, watchLeftBy, WatchTable } from '../../../../zk/client/watch-table.js';

describe('watches', () => {
  it('are left by what was read', () => {
    const on = { path: '/a', watch: true };
    expect(watchLeftBy({ op: 'exists', ...on }, true)).to.deep.equal({ kind: 'data', path: '/a' });
    expect(watchLeftBy({ op: 'exists', ...on }, false)).to.deep.equal({ kind: 'exist', path: '/a' });
    expect(watchLeftBy({ op: 'getData', ...on }, true)).to.deep.equal({ kind: 'data', path: '/a' });
    expect(watchLeftBy({ op: 'getData', ...on }, false)).to.equal(undefined);
    expect(watchLeftBy({ op: 'getChildren', ...on }, true)).to.deep.equal({ kind: 'child', path: '/a' });
    expect(watchLeftBy({ op: 'getChildren', ...on }, false)).to.equal(undefined);
    expect(watchLeftBy({ op: 'exists', path: '/a', watch: false }, false)).to.equal(undefined);
    expect(watchLeftBy({ op: 'delete', path: '/a', version: -1 }, true)).to.equal(undefined);
  });

  it('are used up by the events that ZooKeeper sends for them', () => {
    const rows = [
      ['created', ['exist', 'data'], ['child']],
      ['changed', ['exist', 'data'], ['child']],
      ['child', ['child'], ['exist', 'data']],
      ['deleted', ['exist', 'data', 'child'], []],
    ] as const;
    for (const [type, used, kept] of rows) {
      const table = new WatchTable();
      for (const kind of ['data', 'exist', 'child'] as const) table.add({ kind, path: '/a' });
      table.add({ kind: 'data', path: '/b' });
      expect(table.fire(type, '/a'), type).to.equal(true);
      const lists = table.lists();
      for (const kind of used) expect(lists[kind], `${type} ${kind}`).not.to.include('/a');
      for (const kind of kept) expect(lists[kind], `${type} ${kind}`).to.include('/a');
      expect(lists.data).to.include('/b');
      if (kept.length === 0) expect(table.fire(type, '/a'), 'once').to.equal(false);
    }
  });

  it('are set again each once, in pieces of the size asked for', () => {
    const paths = fc.array(fc.string({ minLength: 1, maxLength: 30 }), { maxLength: 40 });
    fc.assert(
      fc.property(paths, paths, paths, (data, exist, child) => {
        const batches = watchBatches({ data, exist, child }, 100);
        for (const kind of ['data', 'exist', 'child'] as const) {
          expect(batches.flatMap((batch) => batch[kind])).to.deep.equal({ data, exist, child }[kind]);
        }
        for (const { data: d, exist: e, child: c } of batches) {
          const all = [...d, ...e, ...c];
          const bytes = all.reduce((sum, path) => sum + 4 + Buffer.byteLength(path), 0);
          expect(all.length).to.be.greaterThan(0);
          expect(bytes <= 100 || all.length === 1).to.equal(true);
        }
      }),
    );
  });
});
