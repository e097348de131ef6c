import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { describeBroker, describeTopic, type BrokerConfigLayers, type ConfigEntry } from '../../../config/describe.js';
import { parseTopicConfig } from '../../../config/topic-config.js';
import { KafkaError } from '../../../src/common/errors.js';

interface DescribeConfigs {
  request: { resources: { resourceType: number; resourceName: string; configurationKeys: string[] | null }[] };
  response: { results: { resourceType: number; resourceName: string; configs: ConfigEntry[] }[] };
}

const described = golden('describe-configs.json') as DescribeConfigs;
const refused = golden('create-topics-errors.json') as { name: string; value: string | null; error: string | null }[];

/** What the broker of the capture had in its server.properties, as far as the answer shows it. */
const layers: BrokerConfigLayers = {
  static: new Map([
    ['broker.id', '1'],
    ['min.insync.replicas', '1'],
    ['unclean.leader.election.enable', 'false'],
  ]),
  dynamicDefault: new Map(),
  dynamicBroker: new Map(),
};

const everything = { names: null, includeSynonyms: true, includeDocumentation: false };

describe('config as a real Kafka 3.9 answers', () => {
  it('describes a topic with a setting of its own', () => {
    const overrides = new Map([['retention.ms', '1000000']]);
    expect(describeTopic(layers, overrides, everything)).to.deep.equal(described.response.results[0]!.configs);
  });

  it('describes a topic that has none', () => {
    expect(describeTopic(layers, new Map(), everything)).to.deep.equal(described.response.results[2]!.configs);
  });

  it('describes chosen settings of a broker', () => {
    const names = described.request.resources[1]!.configurationKeys;
    expect(describeBroker(layers, { ...everything, names })).to.have.deep.members(
      described.response.results[1]!.configs,
    );
  });

  for (const { name, value, error } of refused) {
    it(`${error === null ? 'takes' : 'refuses'} ${name}=${value} for a new topic`, () => {
      if (error === null) expect(parseTopicConfig([[name, value]]).get(name)).to.equal(value);
      else expect(() => parseTopicConfig([[name, value]])).to.throw(KafkaError, exactly(error));
    });
  }
});

function golden(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));
}

function exactly(text: string): RegExp {
  return new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
}
