import { expect } from 'chai';
import { silentLogger } from '../../../../src/platform/logger.js';
import type { Disk } from '../../../../src/platform/disk.js';
import { World } from '../../../../src/platform/sim/world.js';
import { OPEN_ACL } from '../../../../zk/client/zk-client.js';
import { OP } from '../../../../zk/jute/op-codes.js';
import { DataTree } from '../../../../zk/server/data-tree.js';
import { CorruptLogError } from '../../../../zk/server/txn-log-reader.js';
import { recover } from '../../../../zk/server/recovery.js';
import { writeSnapshot } from '../../../../zk/server/snapshot.js';
import { TxnLog } from '../../../../zk/server/txn-log.js';
import type { Txn, TxnHeader } from '../../../../zk/server/txns.js';
import { Watches } from '../../../../zk/server/watches.js';

const FOLDER = '/data/version-2';
const SESSION = '0100000000000001';

describe('ZooKeeper storage', () => {
  let world: World;
  let disk: Disk;
  let lines: string[];
  const logger = { ...silentLogger, warn: (message: string) => void lines.push(message) };

  beforeEach(async () => {
    world = new World({ seed: 4 });
    disk = world.host('zk').platform.disk;
    lines = [];
    disk.mkdir(FOLDER);
    await snapshot(newTree());
  });

  it('reads back every kind of entry', async () => {
    const txns: Txn[] = [
      { type: OP.createSession, timeoutMs: 6000 },
      create('/a', '1'),
      { ...create('/a/e', null), type: OP.create2, ephemeral: true },
      { type: OP.createContainer, path: '/c', data: null, acl: OPEN_ACL, parentCversion: 2 },
      { type: OP.createTtl, path: '/t', data: '', acl: OPEN_ACL, parentCversion: 3, ttlMs: 99 },
      { type: OP.setData, path: '/a', data: '22', version: 1 },
      { type: OP.setAcl, path: '/a', acl: [{ permissions: 1, scheme: 'world', id: 'anyone' }], version: 1 },
      { type: OP.error, err: -101 },
      {
        type: OP.multi,
        txns: [create('/m', null, 4), { type: OP.check, path: '/m', version: 1 }, { type: OP.delete, path: '/c' }],
      },
      {
        type: OP.multi,
        txns: [
          { type: OP.error, err: 0 },
          { type: OP.error, err: -110 },
        ],
      },
    ];
    await log(txns);
    const { tree, sessions } = recovered();
    expect([...sessions]).to.deep.equal([[SESSION, 6000]]);
    expect(tree.lastZxid).to.equal(txns.length);
    expect(tree.node('/a')).to.include({ version: 1, aversion: 1 });
    expect(tree.node('/a')!.data).to.equal('22');
    expect(tree.node('/a/e')).to.include({ ephemeralOwner: SESSION, data: null });
    expect([...tree.node('/')!.children].sort()).to.deep.equal(['a', 'm', 't', 'zookeeper']);
  });

  it('lets a closed session take its ephemerals', async () => {
    await log([
      { type: OP.createSession, timeoutMs: 6000 },
      { ...create('/e', null), ephemeral: true },
      { type: OP.closeSession, paths: ['/e'] },
    ]);
    const { tree, sessions } = recovered();
    expect(sessions.size).to.equal(0);
    expect(tree.node('/e')).to.equal(undefined);
  });

  it('begins a file at the first zxid after a roll, and reads all of them', async () => {
    const txnLog = new TxnLog(disk, FOLDER);
    for (let zxid = 1; zxid <= 9; zxid++) {
      txnLog.append(header(zxid, OP.create), create(`/n${zxid}`, null, zxid + 1));
      if (zxid % 4 === 0) txnLog.roll();
    }
    await world.complete(txnLog.flush());
    txnLog.close();
    const names = disk.list(FOLDER).map((entry) => entry.name);
    expect(names).to.deep.equal(['log.1', 'log.5', 'log.9', 'snapshot.0']);
    expect(recovered().tree.node('/')!.childCount).to.equal(10);
  });

  it('cuts a torn tail wherever it is torn, says so, and never loses what is before it', async () => {
    await log([create('/a', null, 2), create('/b', null, 3), create('/c', 'x'.repeat(50), 4)]);
    const path = `${FOLDER}/log.1`;
    const whole = disk.readFile(path);
    const lastEntry = entryStarts(whole)[2]!;
    // Its first four bytes are zeros: no sign of an entry.
    for (let size = lastEntry + 5; size < whole.length; size++) {
      rewrite(path, whole.subarray(0, size));
      lines = [];
      const { tree } = recovered();
      expect([...tree.node('/')!.children].sort(), `cut at ${size}`).to.deep.equal(['a', 'b', 'zookeeper']);
      expect(disk.stat(path)!.size).to.equal(lastEntry);
      expect(lines.join()).to.contain('torn');
    }
  });

  it('takes zeros behind the last entry for room, as Apache preallocates it', async () => {
    await log([create('/a', null)]);
    const path = `${FOLDER}/log.1`;
    rewrite(path, Buffer.concat([disk.readFile(path), Buffer.alloc(3_000_000)]));
    expect(recovered().tree.lastZxid).to.equal(1);
    expect(lines).to.deep.equal([]);
  });

  it('refuses a log that is damaged in the middle, and cuts nothing', async () => {
    await log([create('/a', 'x'.repeat(40), 2), create('/b', null, 3), create('/c', null, 4)]);
    const path = `${FOLDER}/log.1`;
    const whole = disk.readFile(path);
    for (const at of [entryStarts(whole)[0]! + 5, entryStarts(whole)[0]! + 30, entryStarts(whole)[1]! + 9]) {
      const damaged = Buffer.from(whole);
      damaged[at] = damaged[at]! ^ 0x40;
      rewrite(path, damaged);
      expect(() => recovered(), `damaged at ${at}`).to.throw(CorruptLogError, /log\.1 is damaged/);
      expect(disk.readFile(path).equals(damaged)).to.equal(true);
    }
  });

  it('refuses when a torn log is followed by one that does not go on where it ends', async () => {
    const txnLog = new TxnLog(disk, FOLDER);
    for (let zxid = 1; zxid <= 4; zxid++) {
      txnLog.append(header(zxid, OP.create), create(`/n${zxid}`, null, zxid + 1));
      if (zxid === 3) txnLog.roll();
    }
    await world.complete(txnLog.flush());
    txnLog.close();
    const first = disk.readFile(`${FOLDER}/log.1`);
    rewrite(`${FOLDER}/log.1`, first.subarray(0, first.length - 3));
    expect(() => recovered()).to.throw(CorruptLogError, 'the next log goes on at 0x4');
  });

  it('keeps what it recovered, when a kill came before the flush and then the power fails', async () => {
    for (let seed = 0; seed < 20; seed++) {
      world = new World({ seed });
      const host = world.host('zk');
      ({ disk } = host.platform);
      disk.mkdir(FOLDER);
      await snapshot(newTree());
      await world.complete(disk.flushFolder(FOLDER));
      for (const folder of ['/', '/data']) disk.flushFolderSync(folder);
      const txnLog = new TxnLog(disk, FOLDER);
      for (let zxid = 1; zxid <= 5; zxid++) txnLog.append(header(zxid, OP.create), create(`/n${zxid}`, null, zxid + 1));
      void txnLog.flush(); // written, and killed before the device was done
      ({ disk } = host.restart());
      expect(recovered().tree.lastZxid).to.equal(5);
      host.crash();
      ({ disk } = host.restart());
      expect(recovered().tree.lastZxid, `seed ${seed}`).to.equal(5);
    }
  });

  it('refuses a log without any snapshot', async () => {
    await log([create('/a', null)]);
    disk.remove(`${FOLDER}/snapshot.0`);
    expect(() => recovered()).to.throw(CorruptLogError, 'No snapshot found');
  });

  it('falls back to an older snapshot when the newest is cut off or damaged', async () => {
    await log([create('/a', null, 2), create('/b', null, 3)]);
    await snapshot(recovered().tree);
    const path = `${FOLDER}/snapshot.2`;
    const whole = disk.readFile(path);
    for (const broken of [whole.subarray(0, whole.length - 1), Buffer.alloc(0), flipped(whole, 60)]) {
      rewrite(path, broken);
      lines = [];
      expect([...recovered().tree.node('/')!.children].sort()).to.deep.equal(['a', 'b', 'zookeeper']);
      expect(lines.join()).to.contain('problem reading snap file');
    }
    disk.remove(`${FOLDER}/snapshot.0`);
    expect(() => recovered()).to.throw(CorruptLogError, 'valid snapshots');
  });

  it('writes a snapshot while changes go on, which the log mends', async () => {
    const tree = newTree();
    const txnLog = new TxnLog(disk, FOLDER);
    let zxid = 0;
    const apply = (txn: Txn): void => {
      zxid++;
      txnLog.append(header(zxid, txn.type), txn);
      tree.apply(header(zxid, txn.type), txn);
    };
    const cversionOf = (path: string): number => tree.node(path)!.cversion + 1;
    apply(create('/d', null, cversionOf('/')));
    for (let i = 0; i < 10_000; i++) apply(create(`/d/n${i}`, String(i), cversionOf('/d')));
    const writing = snapshot(tree);
    const written = { isDone: false };
    void writing.then(() => (written.isDone = true));
    for (let i = 0; !written.isDone; i++) {
      apply({ type: OP.delete, path: `/d/n${i}` });
      apply({ type: OP.delete, path: `/d/n${9999 - i}` });
      apply(create(`/d/new${i}`, null, cversionOf('/d')));
      apply({
        type: OP.setAcl,
        path: `/d/new${i}`,
        acl: [{ permissions: 1, scheme: 'world', id: 'anyone' }],
        version: 1,
      });
      apply({ type: OP.setData, path: '/d/n5000', data: `x${i}`, version: i + 1 });
      await world.step();
    }
    await world.complete(txnLog.flush());
    txnLog.close();
    expect(zxid).to.be.greaterThan(10_020);
    expect(contents(recovered().tree)).to.deep.equal(contents(tree));
    disk.remove(`${FOLDER}/snapshot.2711`);
    expect(contents(recovered().tree)).to.deep.equal(contents(tree));
  }).timeout(10_000);

  function newTree(): DataTree {
    return new DataTree(new Watches(), { ttlEnabled: true });
  }

  function recovered(): { tree: DataTree; sessions: Map<string, number> } {
    const tree = newTree();
    const { sessions } = recover(disk, { snapshots: FOLDER, logs: FOLDER }, tree, logger);
    return { tree, sessions };
  }

  function snapshot(tree: DataTree): Promise<string> {
    return world.complete(writeSnapshot(disk, world.host('zk').platform.time, FOLDER, tree, new Map()));
  }

  async function log(txns: readonly Txn[]): Promise<void> {
    const txnLog = new TxnLog(disk, FOLDER);
    txns.forEach((txn, i) => txnLog.append(header(i + 1, txn.type), txn));
    await world.complete(txnLog.flush());
    txnLog.close();
  }

  function rewrite(path: string, bytes: Buffer): void {
    disk.remove(path);
    const file = disk.open(path, 'write');
    file.append(bytes);
    file.close();
  }
});

function header(zxid: number, type: number): TxnHeader {
  return { sessionId: SESSION, cxid: zxid, zxid, timeMs: 1000 + zxid, type };
}

function create(path: string, data: string | null, parentCversion = 1) {
  return { type: OP.create, path, data, acl: OPEN_ACL, ephemeral: false, parentCversion } as const;
}

function entryStarts(log: Buffer): number[] {
  const starts: number[] = [];
  for (let at = 16; at < log.length; at += 13 + log.readInt32BE(at + 8)) starts.push(at);
  return starts;
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = copy[at]! ^ 1;
  return copy;
}

function contents(tree: DataTree): unknown[] {
  const nodes: unknown[] = [tree.lastZxid];
  const walk = (path: string): void => {
    const node = tree.node(path)!;
    nodes.push([path, node.data, node.acl, tree.statOf(node)]);
    for (const name of [...node.children].sort()) walk(`${path === '/' ? '' : path}/${name}`);
  };
  walk('/');
  return nodes;
}
