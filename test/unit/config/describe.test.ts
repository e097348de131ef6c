import { expect } from 'chai';
import {
  describeBroker,
  describeBrokerDefaults,
  describeTopic,
  type BrokerConfigLayers,
} from '../../../config/describe.js';

const everything = { names: null, includeSynonyms: true, includeDocumentation: true };

function layers(set: Partial<Record<keyof BrokerConfigLayers, Record<string, string>>>): BrokerConfigLayers {
  const layer = (values: Record<string, string> = {}): Map<string, string> => new Map(Object.entries(values));
  return {
    static: layer(set.static),
    dynamicDefault: layer(set.dynamicDefault),
    dynamicBroker: layer(set.dynamicBroker),
  };
}

describe('describing configs', () => {
  it('lists the places of a value, the one that counts first', () => {
    const [entry] = describeBroker(
      layers({
        static: { 'log.retention.hours': '1', 'log.retention.ms': '1000' },
        dynamicDefault: { 'log.retention.ms': '2000' },
        dynamicBroker: { 'log.retention.ms': '3000' },
      }),
      { ...everything, names: ['log.retention.ms'] },
    );
    expect(entry).to.include({ value: '3000', configSource: 2, readOnly: false, configType: 5 });
    expect(entry!.synonyms).to.deep.equal([
      { name: 'log.retention.ms', value: '3000', source: 2 },
      { name: 'log.retention.ms', value: '2000', source: 3 },
      { name: 'log.retention.ms', value: '1000', source: 4 },
      { name: 'log.retention.hours', value: '1', source: 4 },
      { name: 'log.retention.hours', value: '168', source: 5 },
    ]);
  });

  it('keeps passwords and what nobody defines to itself', () => {
    const entries = describeBroker(
      layers({ static: { 'ssl.key.password': 'secret', 'my.plugin': 'secret' } }),
      everything,
    );
    expect(JSON.stringify(entries)).not.to.include('"secret"');
    expect(entries.find(({ name }) => name === 'my.plugin')).to.include({ isSensitive: true, configType: 0 });
    expect(
      entries.some(({ name }) => name === 'log.initial.task.delay.ms'),
      'internal',
    ).to.equal(false);
  });

  it('shows of the cluster-wide defaults what was set for all', () => {
    const set = layers({ dynamicDefault: { 'background.threads': '5' }, dynamicBroker: { 'background.threads': '6' } });
    const entries = describeBrokerDefaults(set, everything);
    expect(entries.map(({ name, value }) => [name, value])).to.deep.equal([['background.threads', '5']]);
    expect(entries[0]!.synonyms).to.deep.equal([{ name: 'background.threads', value: '5', source: 3 }]);
  });

  it('carries a dynamic change of the broker over to its topics', () => {
    const names = ['max.message.bytes'];
    const [entry] = describeTopic(layers({ dynamicDefault: { 'message.max.bytes': '77' } }), new Map(), {
      ...everything,
      names,
    });
    expect(entry).to.include({ value: '77', configSource: 3 });
  });
});
