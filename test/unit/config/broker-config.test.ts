import { expect } from 'chai';
import { BROKER_CONFIGS, OWN_CONFIGS } from '../../../config/broker-configs.js';
import { parseBrokerConfig } from '../../../config/broker-config.js';
import { brokerReader } from '../../../config/reader.js';
import { logDirs, logFlushIntervalMs, logRetentionMs, logRollMs } from '../../../config/resolve.js';
import { checkedText } from '../../../config/parse.js';
import { TOPIC_CONFIGS } from '../../../config/topic-configs.js';
import { topicConfigDefaults } from '../../../config/topic-config.js';

const settings = (values: Record<string, string> = {}): Map<string, string> =>
  new Map(Object.entries({ 'zookeeper.connect': 'localhost:2181', ...values }));

const problemOf = (values: Record<string, string>): string => {
  try {
    parseBrokerConfig(settings(values));
  } catch (error) {
    return (error as Error).message;
  }
  return 'none';
};

describe('broker config', () => {
  it('knows the 328 broker and 36 topic settings of Kafka 3.9, 89 of them dynamic', () => {
    expect(BROKER_CONFIGS).to.have.length(328);
    expect(BROKER_CONFIGS.filter(({ internal }) => internal)).to.have.length(14);
    expect(BROKER_CONFIGS.filter(({ dynamic }) => dynamic === 'cluster')).to.have.length(52);
    expect(BROKER_CONFIGS.filter(({ dynamic }) => dynamic === 'broker')).to.have.length(37);
    expect(TOPIC_CONFIGS).to.have.length(36);
  });

  it('has defaults that it would take itself, and a line about each setting', () => {
    for (const definition of [...BROKER_CONFIGS, ...OWN_CONFIGS, ...TOPIC_CONFIGS]) {
      const { name, default: text, doc } = definition;
      if (text !== null) expect(checkedText(definition, text), name).to.equal(text);
      expect(doc, name).to.match(/^[^\n]{10,}$/);
    }
  });

  it('keeps what was set, and tells what nobody defines', () => {
    const { values, unknown } = parseBrokerConfig(
      settings({ 'delete.topic.enable': ' TRUE ', 'my.plugin': 'x', 'listener.name.a.ssl.keystore.type': 'PEM' }),
    );
    expect(values.get('delete.topic.enable')).to.equal('true');
    expect(values.get('my.plugin')).to.equal('x');
    expect(unknown).to.deep.equal(['my.plugin']);
  });

  const refused: [Record<string, string>, string][] = [
    [{ 'broker.id': 'one' }, 'Invalid value one for configuration broker.id: Not a number of type INT'],
    [{ 'broker.id': '3000000000' }, 'Invalid value 3000000000 for configuration broker.id: Not a number of type INT'],
    [{ 'log.retention.ms': '1.5' }, 'Invalid value 1.5 for configuration log.retention.ms: Not a number of type LONG'],
    [
      { 'log.cleaner.enable': 'yes' },
      'Invalid value yes for configuration log.cleaner.enable: Expected value to be either true or false',
    ],
    [{ 'num.partitions': '0' }, 'Invalid value 0 for configuration num.partitions: Value must be at least 1'],
    [
      { 'log.cleaner.min.cleanable.ratio': '2' },
      'Invalid value 2.0 for configuration log.cleaner.min.cleanable.ratio: Value must be no more than 1',
    ],
    [
      { 'log.cleanup.policy': 'delete,shrink' },
      'Invalid value shrink for configuration log.cleanup.policy: String must be one of: compact, delete',
    ],
    [
      { 'broker.id': '1001' },
      'requirement failed: broker.id must be greater than or equal to -1 and not greater than reserved.broker.max.id',
    ],
    [
      { 'log.retention.ms': '0' },
      'requirement failed: log.retention.ms must be unlimited (-1) or, greater than or equal to 1',
    ],
    [{ 'log.dir': '' }, 'requirement failed: At least one log directory must be defined via log.dirs or log.dir.'],
    [
      { 'log.cleaner.threads': '128' },
      'requirement failed: log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.',
    ],
  ];
  for (const [values, message] of refused) {
    it(`refuses ${JSON.stringify(values)}`, () => expect(problemOf(values)).to.equal(message));
  }

  it('needs to know where ZooKeeper is', () => {
    expect(() => parseBrokerConfig(new Map())).to.throw(/^Missing required configuration `zookeeper.connect`/);
  });

  it('reads typed values, defaults included', () => {
    const broker = brokerReader(settings({ 'num.partitions': '7' }));
    expect(broker.number('num.partitions')).to.equal(7);
    expect(broker.number('default.replication.factor')).to.equal(1);
    expect(broker.boolean('auto.create.topics.enable')).to.equal(true);
    expect(broker.list('ssl.enabled.protocols')).to.deep.equal(['TLSv1.2', 'TLSv1.3']);
    expect(broker.text('broker.rack')).to.equal(undefined);
    expect(broker.maybeNumber('log.roll.ms')).to.equal(undefined);
    expect(() => broker.number('num.partitons')).to.throw(/there is no setting/);
  });

  it('lets the finer unit win', () => {
    expect(logRetentionMs(settings())).to.equal(168 * 3_600_000);
    expect(logRetentionMs(settings({ 'log.retention.minutes': '5' }))).to.equal(300_000);
    expect(logRetentionMs(settings({ 'log.retention.minutes': '5', 'log.retention.ms': '9' }))).to.equal(9);
    expect(logRetentionMs(settings({ 'log.retention.hours': '-1' }))).to.equal(-1);
    expect(logRollMs(settings({ 'log.roll.hours': '2' }))).to.equal(7_200_000);
    expect(logFlushIntervalMs(settings({ 'log.flush.scheduler.interval.ms': '3' }))).to.equal('3');
    expect(logDirs(settings({ 'log.dirs': '/a, /b,,' }))).to.deep.equal(['/a', '/b']);
    expect(logDirs(settings())).to.deep.equal(['/tmp/kafka-logs']);
  });

  it('gives topics what the broker has', () => {
    const defaults = topicConfigDefaults(
      settings({
        'log.retention.hours': '1',
        'message.max.bytes': '2000',
        'log.message.timestamp.difference.max.ms': '60000',
        'log.message.timestamp.after.max.ms': '50',
      }),
    );
    expect(defaults.size).to.equal(36);
    expect(defaults.get('retention.ms')).to.equal('3600000');
    expect(defaults.get('max.message.bytes')).to.equal('2000');
    expect(defaults.get('message.timestamp.before.max.ms')).to.equal('60000');
    expect(defaults.get('message.timestamp.after.max.ms')).to.equal('50');
    expect(defaults.get('flush.ms')).to.equal('9223372036854775807');
  });
});
