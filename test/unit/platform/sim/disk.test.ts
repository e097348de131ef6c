import { expect } from 'chai';
import type { Disk } from '../../../../src/platform/disk.js';
import { replaceFile } from '../../../../src/platform/disk.js';
import type { SimHost } from '../../../../src/platform/sim/host.js';
import { World } from '../../../../src/platform/sim/world.js';

describe('simulated disk', () => {
  /** What `look` finds after a loss of power, for many seeds. */
  async function afterCrash<T>(
    work: (disk: Disk, world: World) => void | Promise<void>,
    look: (disk: Disk) => T,
  ): Promise<T[]> {
    const found: T[] = [];
    for (let seed = 0; seed < 60; seed++) {
      const world = new World({ seed });
      const host = world.host('a');
      await work(host.platform.disk, world);
      host.crash();
      found.push(look(host.restart().disk));
    }
    return found;
  }

  const textOf =
    (path: string) =>
    (disk: Disk): string | undefined =>
      disk.stat(path) && disk.readFile(path).toString('latin1');

  it('keeps what was flushed, and of the rest a first part, perhaps torn', async () => {
    const found = await afterCrash((disk) => {
      const file = disk.open('/log', 'write');
      disk.flushFolderSync('/');
      file.append(Buffer.from('flushed'));
      file.flushSync();
      file.append(Buffer.from('UNFLUSHED'));
    }, textOf('/log'));
    for (const text of found) expect(text).to.match(/^flushedU?N?F?L?U?S?H?E?D?\0*$/);
    expect(new Set(found).size).to.be.greaterThan(4);
    expect(found).to.include('flushed');
    expect(found.some((text) => text!.includes('\0'))).to.equal(true);
  });

  it('may bring back what was overwritten or cut off without a flush', async () => {
    const found = await afterCrash((disk) => {
      const file = disk.open('/x', 'write');
      disk.flushFolderSync('/');
      file.append(Buffer.from('abcdef'));
      file.flushSync();
      file.write(Buffer.from('XY'), 1);
      file.truncate(4);
    }, textOf('/x'));
    expect(new Set(found)).to.deep.equal(new Set(['aXYd', 'abcd', 'aXYdef', 'abcdef']));
  });

  it('keeps what a flush found when it began, not what was written meanwhile', async () => {
    const found = await afterCrash(async (disk, world) => {
      const file = disk.open('/x', 'write');
      disk.flushFolderSync('/');
      file.append(Buffer.from('before'));
      const flushed = file.flush();
      file.append(Buffer.from('AFTER'));
      await world.complete(flushed);
    }, textOf('/x'));
    for (const text of found) expect(text).to.match(/^before/);
    expect(found).to.include('before');
  });

  it('forgets names that were not flushed, the last first', async () => {
    const found = await afterCrash(
      (disk) => {
        disk.mkdir('/d');
        disk.open('/d/old', 'write').close();
        disk.flushFolderSync('/');
        disk.flushFolderSync('/d');
        disk.open('/d/new', 'write').close();
        disk.rename('/d/old', '/d/renamed');
        disk.remove('/d/new');
      },
      (disk) =>
        disk
          .list('/d')
          .map(({ name }) => name)
          .join(),
    );
    expect(new Set(found)).to.deep.equal(new Set(['old', 'new,old', 'new,renamed', 'renamed']));
  });

  it('finds the old or the new contents of a file that was replaced', async () => {
    for (const isDone of [true, false]) {
      const found = await afterCrash(async (disk, world) => {
        await world.complete(replaceFile(disk, '/f', Buffer.from('old')));
        const replacing = replaceFile(disk, '/f', Buffer.from('new'));
        if (isDone) await world.complete(replacing);
        else await world.runFor(world.random.between(0, 8));
      }, textOf('/f'));
      expect(new Set(found)).to.deep.equal(new Set(isDone ? ['new'] : ['old', 'new']));
    }
  });

  describe('with faults', () => {
    let world: World;
    let host: SimHost;

    beforeEach(() => {
      world = new World({ seed: 1 });
      host = world.host('a');
    });

    it('is full at its capacity, and keeps the file as it was', () => {
      host.disk.capacityBytes = 10;
      const file = host.platform.disk.open('/x', 'write');
      file.append(Buffer.from('12345678'));
      expect(() => file.append(Buffer.from('123'))).to.throw(/^ENOSPC/);
      expect(file.size).to.equal(8);
      file.append(Buffer.from('12'));
      host.platform.disk.remove('/x');
      host.platform.disk.open('/y', 'write').append(Buffer.alloc(10));
    });

    it('fails where it is told to', async () => {
      const file = host.platform.disk.open('/x', 'write');
      host.disk.fault = (operation, path) => (operation === 'flush' && path === '/x' ? 'EIO' : undefined);
      file.append(Buffer.from('fine'));
      let code: string | undefined;
      await world.complete(
        file.flush().catch((error: unknown) => {
          ({ code } = error as NodeJS.ErrnoException);
        }),
      );
      expect(code).to.equal('EIO');
      expect(() => file.flushSync()).to.throw(/^EIO/);
    });
  });
});
