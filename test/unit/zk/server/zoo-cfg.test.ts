import { expect } from 'chai';
import { defaultConfig } from '../../../../zk/server/config.js';
import { parseZooCfg, ZooCfgError } from '../../../../zk/server/zoo-cfg.js';

const MINIMUM = { dataDir: '/data', clientPort: '2181' };

describe('zoo.cfg', () => {
  it("has Apache's defaults", () => {
    expect(parseZooCfg(MINIMUM)).to.deep.equal({ config: defaultConfig('/data'), infos: [], warnings: [] });
  });

  it('derives the bounds of session timeouts from the tick', () => {
    expect(parseZooCfg({ ...MINIMUM, tickTime: '500' }).config).to.include({
      minSessionTimeoutMs: 1000,
      maxSessionTimeoutMs: 10_000,
    });
    expect(parseZooCfg({ ...MINIMUM, minSessionTimeout: '7', maxSessionTimeout: '9' }).config).to.include({
      minSessionTimeoutMs: 7,
      maxSessionTimeoutMs: 9,
    });
  });

  it('reads every setting', () => {
    const { config, warnings } = parseZooCfg({
      ...MINIMUM,
      dataLogDir: '/log',
      clientPortAddress: '127.0.0.1',
      maxClientCnxns: '0',
      snapCount: '10',
      'autopurge.snapRetainCount': '5',
      'autopurge.purgeInterval': '1',
      '4lw.commands.whitelist': 'ruok, stat',
      'jute.maxbuffer': '4000000',
      extendedTypesEnabled: 'true',
      initLimit: '10',
      syncLimit: '5',
      'admin.enableServer': 'false',
    });
    expect(warnings).to.deep.equal([]);
    expect(config).to.deep.include({
      dataLogDir: '/log',
      clientPortAddress: '127.0.0.1',
      maxClientCnxns: 0,
      snapCount: 10,
      snapRetainCount: 5,
      purgeIntervalHours: 1,
      fourLetterWords: ['ruok', 'stat'],
      juteMaxBuffer: 4_000_000,
      ttlEnabled: true,
    });
  });

  it('warns of what it does not know or do', () => {
    const { warnings, infos } = parseZooCfg({
      ...MINIMUM,
      'server.1': 'h:1:2',
      secureClientPort: '1',
      nonsense: 'x',
      'admin.enableServer': 'true',
    });
    expect(warnings).to.deep.equal([
      'server.1 is ignored: this server runs standalone',
      'secureClientPort is ignored: this server has no TLS yet',
      'unknown setting nonsense is ignored',
    ]);
    expect(infos).to.have.length(1);
  });

  const bad: [Record<string, string>, string][] = [
    [{ dataDir: '' }, 'dataDir: is not set'],
    [{ clientPort: 'x' }, 'clientPort=x: not a whole number'],
    [{ clientPort: '65536' }, 'clientPort=65536: must be between 0 and 65535'],
    [{ tickTime: '0' }, 'tickTime=0: must be between 1 and 2147483647'],
    [{ tickTime: '99999999999' }, 'tickTime=99999999999: not a whole number'],
    [{ extendedTypesEnabled: 'maybe' }, 'extendedTypesEnabled=maybe: must be true or false'],
    [
      { minSessionTimeout: '9', maxSessionTimeout: '8' },
      'minSessionTimeout=9: must not be larger than maxSessionTimeout=8',
    ],
  ];
  for (const [settings, message] of bad) {
    it(`refuses ${message}`, () => {
      expect(() => parseZooCfg({ ...MINIMUM, ...settings })).to.throw(ZooCfgError, message);
    });
  }

  it('wants a port', () => {
    expect(() => parseZooCfg({ dataDir: '/data' })).to.throw(ZooCfgError, 'clientPort: is not set');
  });
});
