import { expect } from 'chai';
import { ADD_WATCH_MODE, EVENT, OP, WATCHER_TYPE } from '../../../../zk/jute/op-codes.js';
import type { Watcher } from '../../../../zk/server/watch-manager.js';
import { create, multi, remove, setData, Workbench } from './support.js';

describe('ZooKeeper watches', () => {
  let zk: Workbench;
  let events: string[];
  let watcher: Watcher;
  const NAMES: Record<number, string> = { 1: 'created', 2: 'deleted', 3: 'changed', 4: 'child' };
  const listener = (name = ''): Watcher => ({
    onWatchEvent: (type, path) => void events.push(`${name}${NAMES[type]} ${path}`),
  });

  beforeEach(() => {
    zk = new Workbench();
    events = [];
    watcher = listener();
    zk.do(create('/a'));
    zk.do(create('/a/b'));
  });

  it('fire once', () => {
    zk.watches.data.add('/a', watcher);
    zk.do(setData('/a', '1'));
    zk.do(setData('/a', '2'));
    expect(events).to.deep.equal(['changed /a']);
    expect(zk.watches.data.size).to.equal(0);
    expect(zk.watches.data.watcherCount).to.equal(0);
  });

  it('tell a deletion once to who watches data and children, then the parent', () => {
    zk.watches.data.add('/a/b', watcher);
    zk.watches.child.add('/a/b', watcher);
    zk.watches.child.add('/a/b', listener('other '));
    zk.watches.child.add('/a', watcher);
    zk.do(remove('/a/b'));
    expect(events).to.deep.equal(['deleted /a/b', 'other deleted /a/b', 'child /a']);
    expect(zk.watches.child.size).to.equal(0);
  });

  it('tell a creation to who waits for it, then the parent', () => {
    zk.watches.data.add('/a/new', watcher);
    zk.watches.child.add('/a', watcher);
    zk.watches.child.add('/', watcher);
    zk.do(create('/a/new'));
    expect(events).to.deep.equal(['created /a/new', 'child /a']);
    zk.do(create('/top'));
    expect(events.at(-1)).to.equal('child /');
  });

  it('do not fire for a multi that failed, and fire for each of its operations when it did not', () => {
    zk.watches.data.add('/a', watcher);
    zk.watches.child.add('/a', watcher);
    zk.do(multi(setData('/a', '1'), create('/a/c'), remove('/none')));
    expect(events).to.deep.equal([]);
    zk.do(multi(setData('/a', '1'), create('/a/c'), setData('/a', '2')));
    expect(events).to.deep.equal(['changed /a', 'child /a']);
  });

  it("fire for a session's ephemerals when it ends", () => {
    zk.do(create('/e', 1));
    zk.watches.data.add('/e', watcher);
    zk.do({ type: OP.closeSession });
    expect(events).to.deep.equal(['deleted /e']);
  });

  it('stay when persistent, and cover the subtree when recursive', () => {
    zk.watches.addPersistent('/a', watcher, ADD_WATCH_MODE.persistent);
    zk.watches.addPersistent('/a', listener('all '), ADD_WATCH_MODE.persistentRecursive);
    zk.do(setData('/a', '1'));
    zk.do(setData('/a', '2'));
    zk.do(create('/a/b/c'));
    zk.do(remove('/a/b/c'));
    expect(events).to.deep.equal([
      'changed /a',
      'all changed /a',
      'changed /a',
      'all changed /a',
      'all created /a/b/c',
      'all deleted /a/b/c',
    ]);
  });

  it('can be removed by kind, and go with the connection', () => {
    zk.watches.data.add('/a', watcher);
    zk.watches.child.add('/a', watcher);
    expect(zk.watches.remove('/a', WATCHER_TYPE.data, watcher)).to.equal(true);
    expect(zk.watches.remove('/a', WATCHER_TYPE.data, watcher)).to.equal(false);
    expect(zk.watches.contains('/a', WATCHER_TYPE.any)).to.equal(true);
    zk.watches.removeWatcher(watcher);
    zk.do(create('/a/x'));
    expect(events).to.deep.equal([]);
    expect(zk.watches.child.pathCount).to.equal(0);
  });

  it('brought back after a reconnect fire for what was missed and wait for the rest', () => {
    const seen = zk.tree.lastZxid;
    zk.do(create('/later'));
    zk.do(setData('/a', 'x'));
    zk.do(remove('/a/b'));
    const none = { persistentWatches: [], persistentRecursiveWatches: [] };
    zk.watches.restore(
      zk.tree,
      {
        relativeZxid: seen,
        dataWatches: ['/a', '/a/b', '/zookeeper'],
        existWatches: ['/later', '/never'],
        childWatches: ['/a', '/a/b', '/zookeeper'],
        ...none,
      },
      watcher,
    );
    expect(events).to.deep.equal(['changed /a', 'deleted /a/b', 'created /later', 'child /a', 'deleted /a/b']);
    events.length = 0;
    zk.do(create('/never'));
    zk.do(setData('/zookeeper', 'x'));
    zk.do(create('/zookeeper/x'));
    expect(events).to.deep.equal(['created /never', 'changed /zookeeper', 'child /zookeeper']);
  });

  it('restored from an equal zxid do not fire', () => {
    const request = { relativeZxid: zk.tree.lastZxid, dataWatches: ['/a/b'], existWatches: [], childWatches: ['/a'] };
    zk.watches.restore(zk.tree, { ...request, persistentWatches: [], persistentRecursiveWatches: [] }, watcher);
    expect(events).to.deep.equal([]);
    expect(zk.watches.data.trigger('/a/b', EVENT.dataChanged)?.size).to.equal(1);
  });
});
