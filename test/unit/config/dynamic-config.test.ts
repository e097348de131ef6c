import { expect } from 'chai';
import { DYNAMIC_ONLY_CONFIGS } from '../../../config/broker-configs.js';
import { assertDynamicBrokerConfig } from '../../../config/dynamic-config.js';
import { quotaText } from '../../../config/quota-configs.js';
import { KafkaError } from '../../../src/common/errors.js';

function problemOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect((error as KafkaError).error).to.equal('INVALID_REQUEST');
    return (error as Error).message;
  }
  return 'none';
}

describe('dynamic broker config', () => {
  const cases: ['broker' | 'cluster', Record<string, string>, string][] = [
    ['broker', { 'broker.id': '5' }, 'Cannot update these configs dynamically: Set(broker.id)'],
    [
      'cluster',
      { listeners: 'PLAINTEXT://:1' },
      'Cannot update these configs at default cluster level, broker id must be specified: Set(listeners)',
    ],
    [
      'broker',
      { 'ssl.keystore.type': 'PEM' },
      'These security configs can be dynamically updated only per-listener using the listener prefix: Set(ssl.keystore.type)',
    ],
    ['broker', { 'listener.name.internal.ssl.keystore.type': 'PEM' }, 'none'],
    [
      'cluster',
      { 'num.io.threads': 'many' },
      'Invalid value many for configuration num.io.threads: Not a number of type INT',
    ],
    ['cluster', { 'num.io.threads': '4', 'my.plugin': 'x' }, 'none'],
    [
      'broker',
      { 'leader.replication.throttled.rate': '-1' },
      'Invalid value -1 for configuration leader.replication.throttled.rate: Value must be at least 0',
    ],
  ];
  for (const [level, values, message] of cases) {
    it(`${level} ${JSON.stringify(values)}: ${message}`, () => {
      expect(problemOf(() => assertDynamicBrokerConfig(level, new Map(Object.entries(values))))).to.equal(message);
    });
  }

  it('has the three settings that are dynamic alone', () => {
    expect(DYNAMIC_ONLY_CONFIGS).to.have.length(3);
  });
});

describe('quotas', () => {
  it('are kept as Kafka writes them', () => {
    expect(quotaText('client', 'producer_byte_rate', 1024)).to.equal('1024');
    expect(quotaText('client', 'consumer_byte_rate', 0.9999999999)).to.equal('1');
    expect(quotaText('client', 'request_percentage', 50)).to.equal('50.0');
    expect(quotaText('client', 'controller_mutation_rate', 0.5)).to.equal('0.5');
    expect(quotaText('ip', 'connection_creation_rate', 7)).to.equal('7');
  });

  it('are refused in the words of Kafka', () => {
    expect(problemOf(() => quotaText('client', 'nosuch', 1))).to.equal('Invalid configuration key nosuch');
    expect(problemOf(() => quotaText('ip', 'producer_byte_rate', 1))).to.equal(
      'Invalid configuration key producer_byte_rate',
    );
    for (const value of [-5, 1.5]) {
      expect(problemOf(() => quotaText('client', 'producer_byte_rate', value))).to.equal(
        'Configuration producer_byte_rate must be a LONG value',
      );
    }
  });
});
