import { expect } from 'chai';
import fc from 'fast-check';
import { checkPath, underChroot, withoutChroot } from '../../../../zk/client/znode-path.js';

const name = fc.stringMatching(/^[a-zA-Z0-9_.-]{1,8}$/).filter((text) => text !== '.' && text !== '..');
const path = fc.array(name).map((names) => `/${names.join('/')}`);

describe('znode paths', () => {
  it('takes what ZooKeeper takes', () => {
    for (const good of ['/', '/a', '/a/b', '/a.b', '/..a', '/a..', '/ ', '/%2A', '/ü/日本']) checkPath(good);
  });

  it('refuses what ZooKeeper refuses', () => {
    for (const bad of [
      '',
      'a',
      '//',
      '/a//b',
      '/a/',
      '/.',
      '/..',
      '/a/./b',
      '/a/../b',
      '/\u0000',
      '/\u001f',
      '/\u0085',
      '/\ud800',
      '/\uffff',
    ]) {
      expect(() => checkPath(bad), JSON.stringify(bad)).to.throw('BAD_ARGUMENTS');
    }
  });

  it('goes below a chroot and comes back', () => {
    fc.assert(
      fc.property(path, path, (chroot, inside) => {
        const prefix = chroot === '/' ? '' : chroot;
        expect(withoutChroot(prefix, underChroot(prefix, inside))).to.equal(inside);
      }),
    );
  });

  it('knows what lies outside a chroot', () => {
    expect(withoutChroot('/kafka', '/kafka2/x')).to.equal(undefined);
    expect(withoutChroot('/kafka', '/')).to.equal(undefined);
  });
});
