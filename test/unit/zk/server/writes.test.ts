import { expect } from 'chai';
import { ZK_ERROR_CODES as E, OPEN_ACL } from '../../../../zk/client/zk-client.js';
import { OP } from '../../../../zk/jute/op-codes.js';
import { check, create, create2, multi, remove, setData, Workbench } from './support.js';

describe('ZooKeeper writes', () => {
  let zk: Workbench;
  beforeEach(() => (zk = new Workbench()));
  const stat = (path: string) => zk.tree.statOf(zk.tree.node(path)!);

  it('starts with the nodes of Apache', () => {
    expect(zk.tree.nodeCount).to.equal(5);
    expect(stat('/')).to.include({ cversion: -1, numChildren: 1, czxid: 0, pzxid: 0 });
    expect(stat('/zookeeper')).to.include({ cversion: -2, numChildren: 2 });
    expect(stat('/zookeeper/config')).to.include({ aversion: -1, dataLength: 0 });
  });

  it('keeps an exact stat through creation, change, children and their deletion', () => {
    zk.do(create('/a', 0, 'xyz'));
    expect(stat('/a')).to.deep.equal({
      czxid: 1,
      mzxid: 1,
      ctime: 1704067200000,
      mtime: 1704067200000,
      version: 0,
      cversion: 0,
      aversion: 0,
      ephemeralOwner: '0000000000000000',
      dataLength: 3,
      numChildren: 0,
      pzxid: 1,
    });
    zk.do(setData('/a', 'longer'));
    expect(stat('/a')).to.include({ mzxid: 2, version: 1, dataLength: 6, pzxid: 1, czxid: 1 });
    zk.do(create('/a/b'));
    zk.do(create('/a/c'));
    expect(stat('/a')).to.include({ cversion: 2, numChildren: 2, pzxid: 4, mzxid: 2 });
    zk.do(remove('/a/b'));
    expect(stat('/a')).to.include({ cversion: 3, numChildren: 1, pzxid: 5 });
  });

  const refusals: [string, keyof typeof E, () => Parameters<Workbench['do']>[0]][] = [
    ['a child of nothing', 'NO_NODE', () => create('/none/x')],
    ['a node twice', 'NODE_EXISTS', () => create('/a')],
    ['the root', 'NODE_EXISTS', () => create('/')],
    ['a path without a slash', 'BAD_ARGUMENTS', () => create('x')],
    ['a relative name', 'BAD_ARGUMENTS', () => create('/a/.')],
    ['a name below an empty one, which cannot be there', 'NO_NODE', () => create('/a//b')],
    ['a child of an ephemeral', 'NO_CHILDREN_FOR_EPHEMERALS', () => create('/a/e/x')],
    ['an empty ACL', 'INVALID_ACL', () => create('/x', 0, '', [])],
    ['an unknown mode', 'BAD_ARGUMENTS', () => create('/x', 7)],
    ['deleting what is not there', 'NO_NODE', () => remove('/none')],
    ['deleting a parent', 'NOT_EMPTY', () => remove('/a')],
    ['deleting another version', 'BAD_VERSION', () => remove('/a/e', 1)],
    ['deleting a node of the system', 'BAD_ARGUMENTS', () => remove('/zookeeper')],
    ['data of nothing', 'NO_NODE', () => setData('/none', '')],
    ['data of another version', 'BAD_VERSION', () => setData('/a', '', 1)],
    ['what the ACL forbids', 'NO_AUTH', () => setData('/zookeeper/config', '')],
    [
      'an ACL of another version',
      'BAD_VERSION',
      () => ({ type: OP.setAcl, request: { path: '/a', acl: OPEN_ACL, version: 3 } }),
    ],
    [
      'TTL nodes unless enabled',
      'UNIMPLEMENTED',
      () => ({ type: OP.createTtl, request: { ...create('/t', 5).request, ttlMs: 10 } }),
    ],
  ];
  for (const [what, error, body] of refusals) {
    it(`refuses ${what}: ${error}, and logs that`, () => {
      zk.do(create('/a'));
      zk.do(create('/a/e', 1));
      const request = zk.prepare(body());
      expect(request.err).to.equal(E[error]);
      expect(request.header).to.include({ type: OP.error, zxid: 3 });
      expect(request.txn).to.deep.equal({ type: OP.error, err: E[error] });
      zk.apply();
      expect(zk.tree.lastZxid).to.equal(3);
      expect(zk.tree.nodeCount).to.equal(7);
    });
  }

  it('numbers sequential nodes by creations in the parent, deletions apart', () => {
    const made = () => zk.do(create('/s-', 2)).path;
    expect([made(), made()]).to.deep.equal(['/s-0000000000', '/s-0000000001']);
    zk.do(remove('/s-0000000001'));
    zk.do(create('/other'));
    expect(made()).to.equal('/s-0000000003');
    zk.do(create('/d'));
    expect(zk.do(create('/d/', 2)).path).to.equal('/d/0000000000');
  });

  it('decides by what is on its way to the disk, not by what is applied', () => {
    expect(zk.prepare(create('/a')).err).to.equal(0);
    expect(zk.prepare(create('/a')).err).to.equal(E.NODE_EXISTS);
    expect(zk.prepare(create('/a/s-', 2)).err).to.equal(0);
    expect(zk.prepare(create('/a/s-', 2)).txn).to.include({ path: '/a/s-0000000001' });
    expect(zk.prepare(setData('/a', '1', 0)).err).to.equal(0);
    expect(zk.prepare(setData('/a', '2', 0)).err).to.equal(E.BAD_VERSION);
    expect(zk.prepare(setData('/a', '2', 1)).err).to.equal(0);
    expect(zk.prepare(remove('/a')).err).to.equal(E.NOT_EMPTY);
    expect(zk.prepare(remove('/a/s-0000000000')).err).to.equal(0);
    expect(zk.prepare(remove('/a/s-0000000001')).err).to.equal(0);
    expect(zk.prepare(remove('/a', 2)).err).to.equal(0);
    expect(zk.prepare(remove('/a')).err).to.equal(E.NO_NODE);
    expect(zk.prepare(create('/a')).err).to.equal(0);
    zk.apply();
    expect(stat('/a')).to.include({ version: 0, cversion: 0, czxid: 13 });
    expect(zk.prepare(create('/a')).err).to.equal(E.NODE_EXISTS);
  });

  it('answers create2 with the stat', () => {
    expect(zk.do(create2('/a')).stat).to.include({ czxid: 1, numChildren: 0 });
    expect(zk.do(create('/b')).stat).to.equal(undefined);
  });

  describe('multi', () => {
    it('applies all under one zxid, each seeing the ones before', () => {
      const result = zk.do(
        multi(
          create('/m', 0, '1'),
          setData('/m', '2', 0),
          check('/m', 1),
          create('/m/s-', 2),
          create('/m/s-', 2),
          remove('/m/s-0000000000'),
        ),
      );
      expect(result.err).to.equal(0);
      expect(result.results!.map(({ type, path }) => [type, path])).to.deep.equal([
        [OP.create, '/m'],
        [OP.setData, '/m'],
        [OP.check, '/m'],
        [OP.create, '/m/s-0000000000'],
        [OP.create, '/m/s-0000000001'],
        [OP.delete, '/m/s-0000000000'],
      ]);
      expect(stat('/m')).to.include({ czxid: 1, mzxid: 1, pzxid: 1, version: 1, numChildren: 1 });
      expect(zk.tree.lastZxid).to.equal(1);
    });

    it('applies nothing when one fails, and says which: OK before it, inconsistent behind it', () => {
      zk.do(create('/a'));
      const result = zk.do(multi(create('/b'), setData('/a', 'x'), check('/a', 5), create('/c')));
      expect(result.results!.map(({ type, err }) => [type, err])).to.deep.equal([
        [OP.error, 0],
        [OP.error, 0],
        [OP.error, E.BAD_VERSION],
        [OP.error, E.RUNTIME_INCONSISTENCY],
      ]);
      expect(zk.tree.node('/b')).to.equal(undefined);
      expect(stat('/a').version).to.equal(0);
    });

    it('leaves no trace of a failed one in what is pending: versions, counts, sequence numbers', () => {
      zk.prepare(create('/a'));
      zk.prepare(create('/a/s-', 2));
      zk.prepare(
        multi(create('/a/s-', 2), create('/a/s-', 2), setData('/a', 'x'), remove('/a/s-0000000000'), check('/none', 0)),
      );
      expect(zk.prepare(create('/a/s-', 2)).txn).to.include({ path: '/a/s-0000000001' });
      expect(zk.prepare(setData('/a', 'y', 0)).err).to.equal(0);
      expect(zk.prepare(remove('/a/s-0000000000')).err).to.equal(0);
      zk.apply();
      expect([...zk.tree.node('/a')!.children]).to.deep.equal(['s-0000000001']);
      expect(zk.do(create('/a/s-', 2)).path).to.equal('/a/s-0000000002');
    });

    it('takes version 0 for 0', () => {
      zk.do(create('/epoch'));
      zk.do(setData('/epoch', '1'));
      expect(zk.do(multi(check('/epoch', 0), create('/won'))).results![0]!.err).to.equal(E.BAD_VERSION);
      expect(zk.tree.node('/won')).to.equal(undefined);
    });
  });

  describe('sessions', () => {
    it('take their ephemerals along, those on their way to the disk too', () => {
      const other = zk.sessions.create(6000);
      zk.do(create('/a'));
      zk.do(create('/a/mine', 1));
      zk.do(create('/a/theirs', 1), other);
      zk.prepare(create('/a/pending', 1));
      zk.prepare(remove('/a/mine'));
      const close = zk.prepare({ type: OP.closeSession });
      expect(close.txn).to.deep.equal({ type: OP.closeSession, paths: ['/a/pending'] });
      expect(zk.prepare(remove('/a'), other).err).to.equal(E.NOT_EMPTY);
      zk.apply();
      expect([...zk.tree.node('/a')!.children]).to.deep.equal(['theirs']);
      expect([...zk.tree.ephemerals(zk.session.id)]).to.deep.equal([]);
    });

    it('do nothing after their end', () => {
      zk.prepare({ type: OP.closeSession });
      expect(zk.prepare(create('/late')).err).to.equal(E.SESSION_EXPIRED);
      expect(zk.prepare(multi(create('/late'))).err).to.equal(E.SESSION_EXPIRED);
    });
  });

  it('applies a change twice with the effect of once', () => {
    const header = (zxid: number) => ({ sessionId: zk.session.id, cxid: 1, zxid, timeMs: 5, type: OP.create });
    const make = {
      type: OP.create,
      path: '/a',
      data: null,
      acl: OPEN_ACL,
      ephemeral: false,
      parentCversion: 1,
    } as const;
    zk.tree.apply(header(1), make);
    const before = [stat('/'), stat('/a')];
    zk.tree.apply(header(1), make);
    expect([stat('/'), stat('/a')]).to.deep.equal(before);
    zk.tree.apply(header(2), { type: OP.delete, path: '/a' });
    zk.tree.apply(header(2), { type: OP.delete, path: '/a' });
    expect(stat('/')).to.include({ pzxid: 2, numChildren: 1, cversion: 1 });
  });

  it('keeps containers and TTL nodes apart from ephemerals', () => {
    const bench = new Workbench({ ttlEnabled: true });
    bench.do({ type: OP.createContainer, request: create('/c', 4).request });
    bench.do({ type: OP.createTtl, request: { ...create('/t', 5).request, ttlMs: 1000 } });
    expect(bench.do(create('/c/x')).err).to.equal(0);
    expect([...bench.tree.containerPaths()]).to.deep.equal(['/c']);
    expect([...bench.tree.ttlPaths()]).to.deep.equal(['/t']);
    expect(bench.tree.ephemeralsCount).to.equal(0);
    expect(bench.prepare({ type: OP.deleteContainer, request: { path: '/c' } }).err).to.equal(E.NOT_EMPTY);
    bench.do(remove('/c/x'));
    expect(bench.do({ type: OP.deleteContainer, request: { path: '/c' } }).err).to.equal(0);
    expect(bench.tree.containerPaths().size).to.equal(0);
  });
});
