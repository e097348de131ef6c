import { expect } from 'chai';
import fc from 'fast-check';
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from '../../../src/client/consumer-protocol.js';
import { leaderIn, metadataFrom } from '../../../src/client/client-metadata.js';
import { murmur2, partitionForKey, StickyPartitioner } from '../../../src/client/partitioner.js';
import { assignRange } from '../../../src/client/range-assignor.js';
import { SeededRandom } from '../../../src/platform/sim/random.js';

describe('murmur2', () => {
  // The values of Kafka's own unit test of its hash.
  for (const [text, hash] of [
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ] as const) {
    it(`of ${text} is ${hash}`, () => expect(murmur2(Buffer.from(text))).equal(hash));
  }

  it('gives a partition that exists for any key', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.integer({ min: 1, max: 1000 }), (key, count) => {
        expect(partitionForKey(key, count)).within(0, count - 1);
      }),
    );
  });
});

describe('StickyPartitioner', () => {
  const topicOf = (...leaders: number[]) => ({
    name: 't',
    topicId: '',
    isInternal: false,
    partitions: leaders.map((leaderId, partition) => ({
      partition,
      leaderId,
      errorCode: 0,
      leaderEpoch: 0,
      replicas: [],
      isr: [],
    })),
  });

  it('stays until a batch is full, then goes elsewhere', () => {
    const partitioner = new StickyPartitioner(new SeededRandom(1), 1000);
    const topic = topicOf(1, 1, 1);
    const chosen = Array.from({ length: 30 }, () => partitioner.choose(topic, 100));
    for (let batch = 0; batch < 3; batch++) {
      expect(new Set(chosen.slice(batch * 10, batch * 10 + 10)).size).equal(1);
    }
    expect(chosen[0]).not.equal(chosen[10]);
    expect(chosen[10]).not.equal(chosen[20]);
  });

  it('leaves a partition that lost its leader, and takes any if none has one', () => {
    const partitioner = new StickyPartitioner(new SeededRandom(1), 1e9);
    const first = partitioner.choose(topicOf(1, 1), 1);
    const now = topicOf(1, 1).partitions.map((p) => (p.partition === first ? { ...p, leaderId: -1 } : p));
    expect(partitioner.choose({ ...topicOf(1, 1), partitions: now }, 1)).equal(1 - first);
    expect(partitioner.choose(topicOf(-1, -1), 1)).within(0, 1);
  });
});

describe('assignRange', () => {
  const member = (memberId: string, topics: string[], groupInstanceId: string | null = null) => ({
    memberId,
    groupInstanceId,
    topics,
  });

  it('cuts each topic into stretches, the first members with one more', () => {
    const counts = new Map([
      ['a', 5],
      ['b', 2],
    ]);
    const assigned = assignRange([member('m2', ['a', 'b']), member('m1', ['a', 'b']), member('m3', ['a'])], counts);
    const shown = Object.fromEntries(
      [...assigned].map(([id, own]) => [id, own.map(({ topic, partition }) => `${topic}${partition}`).join(' ')]),
    );
    expect(shown).deep.equal({ m1: 'a0 a1 b0', m2: 'a2 a3 b1', m3: 'a4' });
  });

  it('puts static members first, by instance id', () => {
    const members = [member('a', ['t']), member('z', ['t'], 'i2'), member('y', ['t'], 'i1')];
    const assigned = assignRange(members, new Map([['t', 3]]));
    expect(['y', 'z', 'a'].map((id) => assigned.get(id)?.[0]?.partition)).deep.equal([0, 1, 2]);
  });

  it('assigns each partition of a topic with subscribers exactly once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.subarray(['a', 'b', 'c']), { minLength: 1, maxLength: 8 }),
        fc.record({ a: fc.nat(20), b: fc.nat(20), c: fc.nat(20) }),
        (subscriptions, counts) => {
          const members = subscriptions.map((topics, at) => member(`m${at}`, topics));
          const assigned = [...assignRange(members, new Map(Object.entries(counts))).values()].flat();
          const wanted = Object.entries(counts)
            .filter(([topic]) => subscriptions.some((topics) => topics.includes(topic)))
            .flatMap(([topic, count]) => Array.from({ length: count }, (_, partition) => `${topic}-${partition}`));
          expect(assigned.map(({ topic, partition }) => `${topic}-${partition}`)).to.have.members(wanted);
        },
      ),
    );
  });
});

describe('the consumer protocol', () => {
  it('reads what it writes, and writes what Java writes', () => {
    const partitions = [
      { topic: 't', partition: 0 },
      { topic: 't', partition: 2 },
      { topic: 'u', partition: 1 },
    ];
    expect(decodeAssignment(encodeAssignment(partitions))).deep.equal(partitions);
    expect(decodeAssignment(Buffer.alloc(0))).deep.equal([]);
    expect(decodeSubscription(encodeSubscription(['b', 'a']))).deep.equal(['a', 'b']);
    // version 1, one topic `t`, no user data, nothing owned
    expect(encodeSubscription(['t']).toString('hex')).equal('000100000001000174ffffffff00000000');
  });

  it('reads a version it does not know by its beginning', () => {
    const newer = Buffer.concat([encodeSubscription(['t']), Buffer.from('000000050001ff', 'hex')]);
    newer.writeInt16BE(3, 0);
    expect(decodeSubscription(newer)).deep.equal(['t']);
  });
});

describe('metadataFrom', () => {
  const answer = (leaderId: number, leaderEpoch: number, errorCode = 0) => ({
    throttleTimeMs: 0,
    brokers: [1, 2].map((nodeId) => ({ nodeId, host: `b${nodeId}`, port: 9, rack: null })),
    clusterId: 'c',
    controllerId: 1,
    clusterAuthorizedOperations: 0,
    topics: [
      {
        errorCode,
        name: 't',
        topicId: 'id',
        isInternal: false,
        topicAuthorizedOperations: 0,
        partitions: [
          {
            errorCode: 0,
            partitionIndex: 0,
            leaderId,
            leaderEpoch,
            replicaNodes: [],
            isrNodes: [],
            offlineReplicas: [],
          },
        ],
      },
    ],
  });

  it('does not go back to the leader of an older epoch', () => {
    const now = metadataFrom(answer(2, 7));
    expect(leaderIn(metadataFrom(answer(1, 6), now), 't', 0)?.nodeId).equal(2);
    expect(leaderIn(metadataFrom(answer(1, 8), now), 't', 0)?.nodeId).equal(1);
  });

  it('keeps topics with an error apart', () => {
    const { topics, errors } = metadataFrom(answer(1, 1, 3));
    expect([topics.size, errors.get('t')]).deep.equal([0, 3]);
  });

  it('knows no leader that is none of the brokers', () => {
    expect(leaderIn(metadataFrom(answer(9, 1)), 't', 0)).equal(undefined);
    expect(leaderIn(metadataFrom(answer(-1, 1)), 't', 0)).equal(undefined);
  });
});
