import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadBrokerConfig } from '../../../../src/platform/node/settings.js';

describe('loadBrokerConfig', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zkafka-settings-'));
    file = join(folder, 'server.properties');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('reads what java.util.Properties reads', () => {
    writeFileSync(
      file,
      '# comment\nzookeeper.connect = a:1,\\\n  b:2/kafka\nbroker.rack:\\u00e9\n! more\nlog.dirs /x\n',
    );
    const { values, unknown } = loadBrokerConfig({ file });
    expect(Object.fromEntries(values)).to.deep.equal({
      'zookeeper.connect': 'a:1,b:2/kafka',
      'broker.rack': 'é',
      'log.dirs': '/x',
    });
    expect(unknown).to.deep.equal([]);
  });

  it('lets an override win over the environment, and this over the file', () => {
    writeFileSync(file, 'zookeeper.connect=file:1\nnum.partitions=1\nlog.retention.hours=1\nbroker.id=1\n');
    const env = {
      KAFKA_NUM_PARTITIONS: '2',
      KAFKA_LOG_RETENTION_HOURS: '2',
      KAFKA_BROKER_ID_GENERATION_ENABLE: 'false',
      KAFKA_ZOOKEEPER_CLIENTCNXNSOCKET: 'x.Y',
      KAFKA_HEAP_OPTS: '-Xmx1G',
      HOME: '/root',
    };
    const { values, unknown } = loadBrokerConfig({
      file,
      env,
      overrides: ['log.retention.hours=3', 'broker.rack=a=b'],
    });
    expect(Object.fromEntries(values)).to.deep.equal({
      'zookeeper.connect': 'file:1',
      'num.partitions': '2',
      'log.retention.hours': '3',
      'broker.id': '1',
      'broker.id.generation.enable': 'false',
      'broker.rack': 'a=b',
      'zookeeper.clientCnxnSocket': 'x.Y',
    });
    expect(unknown).to.deep.equal([]);
  });

  it('keeps names with underscores and dashes, and unknown ones', () => {
    const overrides = ['zookeeper.connect=x:1', 'my_plugin.some-thing=5', 'constructor=x'];
    const { values, unknown } = loadBrokerConfig({ overrides, env: { KAFKA_A__B___C_D: '1' } });
    expect(values.get('my_plugin.some-thing')).to.equal('5');
    expect(values.get('a_b-c.d')).to.equal('1');
    expect(unknown).to.have.members(['my_plugin.some-thing', 'constructor', 'a_b-c.d']);
  });

  it('says what is wrong in the words of Kafka', () => {
    const load =
      (...overrides: string[]) =>
      () =>
        loadBrokerConfig({ overrides: ['zookeeper.connect=x:1', ...overrides] });
    expect(load('num.partitions=many')).to.throw(
      'Invalid value many for configuration num.partitions: Not a number of type INT',
    );
    expect(load('nonsense')).to.throw('Invalid override nonsense: it must be name=value');
    expect(() => loadBrokerConfig({ file: join(folder, 'missing') })).to.throw(/ENOENT/);
  });

  it('takes the sample', () => {
    const sample = new URL('../../../../config/server.properties', import.meta.url).pathname;
    const { values, unknown } = loadBrokerConfig({ file: sample });
    expect(values.get('zookeeper.connect')).to.equal('localhost:2181');
    expect(unknown).to.deep.equal([]);
  });
});
