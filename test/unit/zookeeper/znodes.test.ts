import { expect } from 'chai';
import fc from 'fast-check';
import { decodeBroker, encodeBroker, decodeController } from '../../../src/zookeeper/znodes/cluster-znodes.js';
import { decodeConfig, decodeConfigChange, encodeConfig } from '../../../src/zookeeper/znodes/config-znodes.js';
import {
  decodePartitionState,
  decodeReassignPartitions,
  decodeTopic,
  encodeTopic,
  plainAssignment,
} from '../../../src/zookeeper/znodes/topic-znodes.js';

const json = (text: string): Buffer => Buffer.from(text, 'utf8');

describe('znodes', () => {
  it('of old brokers are read: version 1 has one endpoint', () => {
    const broker = decodeBroker(3, json('{"jmx_port":-1,"timestamp":"5","host":"h","version":1,"port":9092}'));
    expect(broker.endpoints).to.deep.equal([
      { listener: 'PLAINTEXT', securityProtocol: 'PLAINTEXT', host: 'h', port: 9092 },
    ]);
  });

  it('of brokers put IPv6 hosts in brackets, and null where nothing is PLAINTEXT', () => {
    const endpoint = { listener: 'SECURE', securityProtocol: 'SSL', host: '::1', port: 9093 } as const;
    const data = encodeBroker({ id: 1, endpoints: [endpoint], rack: null, jmxPort: -1, timestampMs: 5 });
    expect(data.toString()).to.contain('"endpoints":["SECURE://[::1]:9093"]').and.contain('"port":-1,"host":null');
    expect(decodeBroker(1, data).endpoints).to.deep.equal([endpoint]);
  });

  it('that cannot be understood are refused, not guessed', () => {
    for (const text of ['', '[]', '{}', 'x', '{"brokerid":"1"}']) {
      expect(() => decodeController(json(text))).to.throw('cannot parse znode /controller');
      expect(decodeTopic(json(text))).to.deep.equal({ topicId: undefined, partitions: new Map() });
      expect(decodePartitionState(json(text), 0)).to.equal(undefined);
    }
  });

  it('of topics without an id stay without one', () => {
    const data = encodeTopic({ topicId: undefined, partitions: new Map([[0, plainAssignment([1, 2])]]) });
    expect(data.toString()).to.equal(
      '{"partitions":{"0":[1,2]},"adding_replicas":{},"removing_replicas":{},"version":3}',
    );
    expect(decodeTopic(data).topicId).to.equal(undefined);
  });

  it('of topics come back whatever the assignment', () => {
    const ids = fc.array(fc.nat(20), { maxLength: 5 });
    const assignment = fc.record(
      { replicas: ids, addingReplicas: ids, removingReplicas: ids },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(300), { maxLength: 40 }),
        fc.infiniteStream(assignment),
        (partitions, stream) => {
          const all = new Map(partitions.map((partition) => [partition, stream.next().value]));
          const again = decodeTopic(encodeTopic({ topicId: undefined, partitions: all }));
          expect(new Map([...again.partitions].sort(([a], [b]) => a - b))).to.deep.equal(
            new Map([...all].sort(([a], [b]) => a - b)),
          );
        },
      ),
    );
  });

  it('of configs come back whatever stands in them', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((key) => key !== '__proto__'),
          fc.string(),
        ),
        (config) => {
          const map = new Map(Object.entries(config));
          expect([...decodeConfig(encodeConfig(map))].sort()).to.deep.equal([...map].sort());
        },
      ),
    );
    expect(decodeConfig(null).size).to.equal(0);
  });

  it('of config changes are read in both versions', () => {
    const old = json('{"version":1,"entity_type":"topics","entity_name":"t"}');
    expect(decodeConfigChange(old)).to.equal('topics/t');
    expect(decodeConfigChange(json('{"version":2,"entity_path":"brokers/1"}'))).to.equal('brokers/1');
  });

  it('of reassignments leave out what is no partition', () => {
    const text = '{"version":1,"partitions":[{"topic":"t","partition":0,"replicas":[1,2]},{"topic":"u"}]}';
    expect(decodeReassignPartitions(json(text))).to.deep.equal([{ topic: 't', partition: 0, replicas: [1, 2] }]);
  });
});
