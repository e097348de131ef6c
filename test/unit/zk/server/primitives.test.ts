import { createHash } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { adler32 } from '../../../../zk/server/adler32.js';
import { digestId, fixAcl, isAllowed } from '../../../../zk/server/acl-check.js';
import { CONTAINER_OWNER, kindOf, ttlOf, ttlOwner } from '../../../../zk/server/ephemeral-owner.js';
import { purgeable } from '../../../../zk/server/data-folder.js';
import { firstSessionId, hexOf, sessionIdText, sessionPassword } from '../../../../zk/server/session-id.js';
import { sha1 } from '../../../../zk/server/sha1.js';
import { nameOf, parentOf, pathProblem } from '../../../../zk/server/zk-path.js';

describe('zk paths', () => {
  const good = ['/', '/a', '/a/b', '/a b', '/.../x', '/.a', '/a..', '/\u00e9', '/zookeeper/quota'];
  const bad: [string, string][] = [
    ['', 'length'],
    ['a', 'start with /'],
    ['/a/', 'end with /'],
    ['//a', 'empty node name'],
    ['/a//b', 'empty node name'],
    ['/.', 'relative'],
    ['/a/..', 'relative'],
    ['/a/./b', 'relative'],
    ['/a\0b', 'null character'],
    ['/\u0001', 'invalid character'],
    ['/\u007f', 'invalid character'],
    ['/\u009f', 'invalid character'],
    ['/\ud83d\ude00', 'invalid character'],
    ['/\uf123', 'invalid character'],
    ['/\uffff', 'invalid character'],
  ];
  for (const path of good) it(`takes ${JSON.stringify(path)}`, () => expect(pathProblem(path)).to.equal(undefined));
  for (const [path, reason] of bad) {
    it(`refuses ${JSON.stringify(path)}: ${reason}`, () => expect(pathProblem(path)).to.contain(reason));
  }

  it('splits into parent and name', () => {
    expect([parentOf('/a/b'), nameOf('/a/b')]).to.deep.equal(['/a', 'b']);
    expect([parentOf('/a'), nameOf('/a')]).to.deep.equal(['', 'a']);
    expect(parentOf('a')).to.equal(undefined);
    expect(parentOf('/a\0')).to.equal(undefined);
  });
});

describe('Adler-32', () => {
  it('gives the known sum', () => expect(adler32(Buffer.from('Wikipedia'), 0, 9)).to.equal(0x11e60398));

  it('can be cut anywhere', () => {
    const bytes = Buffer.alloc(20_000, 255);
    fc.assert(
      fc.property(fc.nat(20_000), (cut) => {
        expect(adler32(bytes, cut, 20_000, adler32(bytes, 0, cut))).to.equal(adler32(bytes, 0, 20_000));
      }),
    );
  });
});

describe('SHA-1', () => {
  it("equals node:crypto's for every length around a block", () => {
    for (let length = 0; length < 200; length++) {
      const bytes = Buffer.alloc(length, length);
      expect(sha1(bytes).toString('hex')).to.equal(createHash('sha1').update(bytes).digest('hex'));
    }
  });
});

describe('session ids', () => {
  it('hold the server in the first byte and the clock behind it', () => {
    const id = sessionIdText(firstSessionId(1, 0x12345678901));
    expect(id).to.equal('0123456789010000');
    expect(hexOf(id)).to.equal('0x123456789010000');
    expect(hexOf('0000000000000000')).to.equal('0x0');
  });

  it('have the password that an Apache server gave', () => {
    // Seen on the wire of ZooKeeper 3.8.4.
    expect(sessionPassword('010000325b720002').toString('hex')).to.equal('167fe6f0d9c8e68490a6fe66e3c242ee');
  });
});

describe('ephemeral owners', () => {
  it('tell the kind of node', () => {
    expect(kindOf('0000000000000000', true)).to.equal('persistent');
    expect(kindOf('0100000000000001', true)).to.equal('ephemeral');
    expect(kindOf(CONTAINER_OWNER, false)).to.equal('container');
    expect(kindOf(ttlOwner(1000), true)).to.equal('ttl');
    expect(kindOf('ff00000000000001', false)).to.equal('ephemeral');
  });

  it('carry the TTL', () => {
    expect(ttlOwner(1000)).to.equal('ff000000000003e8');
    expect(ttlOf(ttlOwner(0xffffffffff))).to.equal(0xffffffffff);
  });
});

describe('ACLs', () => {
  const ip = { scheme: 'ip', id: '127.0.0.1' };
  const user = { scheme: 'digest', id: digestId('u:p') };
  const entry = (permissions: number, scheme: string, id: string) => ({ permissions, scheme, id });

  it('know the digest of Apache', () => expect(digestId('u:p')).to.equal('u:Jq7wMyA/w2Vd5WIDAKdu4OIIFEQ='));

  it('allow what an entry allows to whom it names', () => {
    expect(isAllowed([entry(31, 'world', 'anyone')], 16, [ip])).to.equal(true);
    expect(isAllowed([entry(1, 'world', 'anyone')], 2, [ip])).to.equal(false);
    expect(isAllowed([entry(2, 'digest', user.id)], 2, [ip])).to.equal(false);
    expect(isAllowed([entry(2, 'digest', user.id)], 2, [ip, user])).to.equal(true);
    expect(isAllowed([entry(2, 'ip', '127.0.0.0/8')], 2, [ip])).to.equal(true);
    expect(isAllowed([entry(2, 'ip', '127.1.0.0/16')], 2, [ip])).to.equal(false);
    expect(isAllowed([entry(2, 'ip', '::1')], 2, [{ scheme: 'ip', id: '0:0:0:0:0:0:0:1' }])).to.equal(true);
    expect(isAllowed([], 2, [ip])).to.equal(true);
    expect(isAllowed([entry(1, 'digest', 'x:y')], 2, [{ scheme: 'super', id: '' }])).to.equal(true);
  });

  it('are stored without duplicates and with auth: replaced by who asks', () => {
    const all = entry(31, 'world', 'anyone');
    expect(fixAcl([all, all], [ip])).to.deep.equal([all]);
    expect(fixAcl([entry(3, 'auth', '')], [ip, user])).to.deep.equal([entry(3, 'digest', user.id)]);
  });

  it('are refused when they mean nobody', () => {
    for (const acl of [
      [],
      [entry(31, 'auth', '')],
      [entry(31, 'world', 'me')],
      [entry(31, 'digest', 'nocolon')],
      [entry(31, 'ip', '300.1.1.1')],
      [entry(31, 'ip', '1.1.1.1/33')],
      [entry(31, 'unheard', 'of')],
    ]) {
      expect(fixAcl(acl, [ip]), JSON.stringify(acl)).to.equal(undefined);
    }
  });
});

describe('purging', () => {
  const files = (kind: string, ...zxids: number[]) => zxids.map((zxid) => ({ path: `${kind}.${zxid}`, zxid }));

  it('keeps the newest snapshots and every log that one of them may need', () => {
    const paths = purgeable(files('snapshot', 0, 10, 20, 30), files('log', 1, 8, 15, 25), 2).map((file) => file.path);
    expect(paths).to.deep.equal(['snapshot.0', 'snapshot.10', 'log.1', 'log.8']);
  });

  it('touches nothing while there are few', () => {
    expect(purgeable(files('snapshot', 0), files('log', 1), 3)).to.deep.equal([]);
    expect(purgeable([], files('log', 1), 3)).to.deep.equal([]);
  });
});
