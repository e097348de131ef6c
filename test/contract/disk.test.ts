import { expect } from 'chai';
import { type Disk, replaceFile } from '../../src/platform/disk.js';
import { worlds, type WorldUnderTest } from './world-under-test.js';

const bytes = (text: string): Buffer => Buffer.from(text);

for (const open of worlds) {
  describe(`Disk contract (${open.name})`, () => {
    let world: WorldUnderTest;
    let disk: Disk;
    let at: (name: string) => string;

    beforeEach(() => {
      world = open();
      ({ disk } = world.platform);
      at = (name) => `${world.folder}/${name}`;
    });
    afterEach(() => world.close());

    const textOf = (name: string): string => disk.readFile(at(name)).toString();

    function codeOf(action: () => unknown): string | undefined {
      try {
        action();
      } catch (error) {
        return (error as NodeJS.ErrnoException).code;
      }
      return undefined;
    }

    it('makes files when writing, and keeps what is in them', () => {
      const first = disk.open(at('a'), 'write');
      expect(first.size).to.equal(0);
      first.append(bytes('hello '));
      first.append(bytes('--world--'), 2, 7);
      expect(first.size).to.equal(11);
      first.close();
      const again = disk.open(at('a'), 'write');
      expect(again.size).to.equal(11);
      expect(again.path).to.equal(at('a'));
      again.close();
      expect(textOf('a')).to.equal('hello world');
    });

    it('reads only what exists', () => {
      expect(codeOf(() => disk.open(at('missing'), 'read'))).to.equal('ENOENT');
      expect(codeOf(() => disk.readFile(at('missing')))).to.equal('ENOENT');
      expect(codeOf(() => disk.open(at('no/such'), 'write'))).to.equal('ENOENT');
      expect(codeOf(() => disk.list(at('missing')))).to.equal('ENOENT');
      expect(codeOf(() => disk.rename(at('missing'), at('b')))).to.equal('ENOENT');
      expect(disk.stat(at('missing'))).to.equal(undefined);
    });

    it('reads at any position, less only at the end', async () => {
      const file = disk.open(at('a'), 'write');
      file.append(bytes('0123456789'));
      const target = Buffer.alloc(6, '.');
      expect(file.readSync(target, 1, 4, 3)).to.equal(4);
      expect(target.toString()).to.equal('.3456.');
      expect(file.readSync(target, 0, 6, 8)).to.equal(2);
      expect(file.readSync(target, 0, 6, 10)).to.equal(0);
      expect(file.readSync(target, 0, 6, 99)).to.equal(0);
      target.fill('.');
      expect(await world.complete(file.read(target, 0, 6, 5))).to.equal(5);
      expect(target.toString()).to.equal('56789.');
      file.close();
    });

    it('writes in the middle and beyond the end', () => {
      const file = disk.open(at('a'), 'write');
      file.append(bytes('0123456789'));
      file.write(bytes('xy'), 4);
      expect(file.size).to.equal(10);
      file.write(bytes('z'), 12);
      expect(file.size).to.equal(13);
      file.close();
      expect(textOf('a')).to.equal('0123xy6789\0\0z');
    });

    it('cuts, and fills with zeros when it grows', () => {
      const file = disk.open(at('a'), 'write');
      file.append(bytes('0123456789'));
      file.truncate(3);
      expect(file.size).to.equal(3);
      file.append(bytes('ab'));
      file.truncate(7);
      expect(file.size).to.equal(7);
      file.close();
      expect(textOf('a')).to.equal('012ab\0\0');
    });

    it('appends more than fits into one write', () => {
      const file = disk.open(at('a'), 'write');
      const big = Buffer.alloc(3_000_001, 'abc');
      file.append(big);
      file.close();
      expect(disk.readFile(at('a')).equals(big)).to.equal(true);
    });

    it('flushes files and folders', async () => {
      const file = disk.open(at('a'), 'write');
      file.append(bytes('x'));
      await world.complete(file.flush());
      file.flushSync();
      await world.complete(disk.flushFolder(world.folder));
      disk.flushFolderSync(world.folder);
      file.close();
      expect(textOf('a')).to.equal('x');
    });

    it('lets reads and flushes under way end when the file is closed', async () => {
      const file = disk.open(at('a'), 'write');
      file.append(bytes('content'));
      const target = Buffer.alloc(7);
      const underWay = Promise.all([file.read(target, 0, 7, 0), file.flush()]);
      file.close();
      const other = disk.open(at('b'), 'write'); // may get the number of the closed file
      other.append(bytes('another'));
      await world.complete(underWay);
      expect(target.toString()).to.equal('content');
      other.close();
    });

    it('refuses a closed file', () => {
      const file = disk.open(at('a'), 'write');
      file.close();
      file.close();
      expect(codeOf(() => file.append(bytes('x')))).to.equal('EBADF');
    });

    it('lists names in order, with sizes and times', () => {
      disk.mkdir(at('folder/inner'));
      disk.mkdir(at('folder/inner'));
      for (const name of ['b', 'a', 'c']) {
        const file = disk.open(at(`folder/${name}`), 'write');
        file.append(bytes('x'.repeat(name.charCodeAt(0) - 96)));
        file.close();
      }
      const entries = disk.list(at('folder'));
      expect(entries.map(({ name, isFolder }) => [name, isFolder])).to.deep.equal([
        ['a', false],
        ['b', false],
        ['c', false],
        ['inner', true],
      ]);
      expect(entries.slice(0, 3).map(({ size }) => size)).to.deep.equal([1, 2, 3]);
      expect(entries[0]!.modifiedMs).to.be.closeTo(world.platform.time.wallMs(), 10_000);
      expect(disk.stat(at('folder/b'))).to.include({ name: 'b', isFolder: false, size: 2 });
      expect(disk.stat(at('folder'))).to.include({ name: 'folder', isFolder: true });
    });

    it('renames over a file, and folders with all in them', () => {
      const write = (name: string, text: string): void => {
        const file = disk.open(at(name), 'write');
        file.append(bytes(text));
        file.close();
      };
      write('a', 'new');
      write('b', 'old');
      disk.rename(at('a'), at('b'));
      expect(textOf('b')).to.equal('new');
      expect(disk.stat(at('a'))).to.equal(undefined);
      disk.mkdir(at('d'));
      write('d/x', 'inside');
      disk.rename(at('d'), at('e'));
      expect(textOf('e/x')).to.equal('inside');
      disk.mkdir(at('full'));
      write('full/y', '');
      expect(codeOf(() => disk.rename(at('e'), at('full')))).to.equal('ENOTEMPTY');
    });

    it('removes files and folders, missing ones too', () => {
      disk.mkdir(at('d/e'));
      disk.open(at('d/e/f'), 'write').close();
      disk.remove(at('d/e/f'));
      disk.remove(at('d/e/f'));
      expect(disk.list(at('d/e'))).to.deep.equal([]);
      disk.open(at('d/e/g'), 'write').close();
      disk.remove(at('d'));
      expect(disk.stat(at('d'))).to.equal(undefined);
    });

    it('goes on reading a file that was renamed or removed', () => {
      const file = disk.open(at('a'), 'write');
      file.append(bytes('still'));
      disk.rename(at('a'), at('a.deleted'));
      disk.remove(at('a.deleted'));
      const target = Buffer.alloc(5);
      expect(file.readSync(target, 0, 5, 0)).to.equal(5);
      expect(target.toString()).to.equal('still');
      file.close();
    });

    it('replaces a file in one step', async () => {
      await world.complete(replaceFile(disk, at('meta.properties'), bytes('one')));
      await world.complete(replaceFile(disk, at('meta.properties'), bytes('two')));
      expect(textOf('meta.properties')).to.equal('two');
      expect(disk.list(world.folder).map(({ name }) => name)).to.deep.equal(['meta.properties']);
    });

    it('gives a lock once, and again after its release', () => {
      const lock = disk.lock(at('.lock'));
      expect(codeOf(() => disk.lock(at('.lock')))).to.equal('ELOCKED');
      lock.release();
      lock.release();
      disk.lock(at('.lock')).release();
      expect(textOf('.lock')).to.equal('');
    });
  });
}
