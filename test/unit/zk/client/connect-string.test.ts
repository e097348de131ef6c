import { expect } from 'chai';
import { parseConnectString } from '../../../../zk/client/connect-string.js';
import { ZkError } from '../../../../zk/client/zk-client.js';

describe('connect string', () => {
  for (const [text, servers, chroot] of [
    ['zk1:2182', ['zk1:2182'], ''],
    ['zk1', ['zk1:2181'], ''],
    ['a:1,b:2, c:3', ['a:1', 'b:2', 'c:3'], ''],
    ['a:1,,b', ['a:1', 'b:2181'], ''],
    ['[::1]:2182,[fe80::1]', ['::1:2182', 'fe80::1:2181'], ''],
    ['a:1/kafka', ['a:1'], '/kafka'],
    ['a:1,b:2/kafka/eu', ['a:1', 'b:2'], '/kafka/eu'],
    ['a:1/', ['a:1'], ''],
  ] as const) {
    it(`reads ${text}`, () => {
      const parsed = parseConnectString(text);
      expect(parsed.servers.map(({ host, port }) => `${host}:${port}`)).to.deep.equal(servers);
      expect(parsed.chroot).to.equal(chroot);
    });
  }

  for (const text of [
    '',
    '/kafka',
    ',',
    'a:b',
    'a:0',
    'a:70000',
    '::1',
    '[::1',
    '[]:1',
    ':2181',
    'a:1//x',
    'a:1/x/',
    'a:1/..',
  ]) {
    it(`refuses "${text}"`, () => {
      expect(() => parseConnectString(text))
        .to.throw(ZkError)
        .with.property('error', 'BAD_ARGUMENTS');
    });
  }
});
