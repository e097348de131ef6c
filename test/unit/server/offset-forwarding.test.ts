import { expect } from 'chai';
import { KafkaError } from '../../../src/common/errors.js';
import { apis } from '../../../src/protocol/apis.js';
import { encodeRequest } from '../../../src/protocol/frame.js';
import type { EnvelopeRequest } from '../../../src/protocol/messages/envelope-request.js';
import { DecodeError } from '../../../src/protocol/reader.js';
import type { BrokerNode } from '../../../src/server/broker-node.js';
import { CLOSE_CONNECTION } from '../../../src/server/handler.js';
import { envelopeApi } from '../../../src/server/handlers/envelope.js';
import {
  decodeForwardedAnswer,
  decodeForwardedOffsets,
  encodeForwardedAnswer,
  encodeForwardedOffsets,
} from '../../../src/server/offset-forwarding.js';
import { answerOf, fakeNode, partOf } from '../../support/fake-node.js';
import { asRead, goldenExchanges } from '../../support/golden-exchanges.js';

const coordinator = { brokerId: 3, partition: 7, leaderEpoch: 5 };
const write = (topic: string, partition: number, offset: number) => ({
  groupId: 'g',
  topic,
  partition,
  offset,
  fence: { partition: 7, leaderEpoch: 5 },
});
const WRITES = [write('a', 0, 10), write('a', 1, 2 ** 40), write('b', 0, 0)];
const envelopeOf = (data: Buffer): EnvelopeRequest => ({
  requestData: data,
  requestPrincipal: null,
  clientHostAddress: Buffer.from([127, 0, 0, 1]),
});

describe('a consumer offset on its way to the controller', () => {
  it('arrives with its coordinator', () => {
    const sent = asRead(envelopeApi.request, 0, encodeForwardedOffsets(coordinator, WRITES));
    const read = decodeForwardedOffsets(sent);
    expect(read.groupId).to.equal('g');
    expect(read.coordinator).to.deep.equal(coordinator);
    expect(
      read.topics.flatMap(({ name, partitions }) => partitions.map((p) => [name, p.partitionIndex, p.committedOffset])),
    ).to.deep.equal([
      ['a', 0, 10],
      ['a', 1, 2 ** 40],
      ['b', 0, 0],
    ]);
  });

  it('is answered in the same Envelope', () => {
    const answer = {
      throttleTimeMs: 0,
      topics: [{ name: 'a', partitions: [{ partitionIndex: 1, errorCode: 16 }] }],
    };
    const sent = asRead(envelopeApi.response, 0, { responseData: encodeForwardedAnswer(answer), errorCode: 0 });
    expect(decodeForwardedAnswer(sent)).to.deep.equal(answer);
  });

  for (const response of [
    { responseData: null, errorCode: 41 },
    { responseData: encodeForwardedAnswer({ throttleTimeMs: 0, topics: [] }), errorCode: 41 },
  ]) {
    it(`is refused by the Envelope's own error, ${response.responseData === null ? 'without' : 'with'} data`, () => {
      expect(() => decodeForwardedAnswer(response))
        .to.throw(KafkaError)
        .that.includes({ error: 'NOT_CONTROLLER' });
    });
  }

  const heartbeat = { groupId: 'g', generationId: 1, memberId: 'm', groupInstanceId: null };
  const plainCommit = {
    groupId: 'g',
    generationIdOrMemberEpoch: -1,
    memberId: '',
    groupInstanceId: null,
    retentionTimeMs: -1,
    topics: [],
  };
  const whole = encodeForwardedOffsets(coordinator, WRITES).requestData;
  for (const [what, data] of Object.entries({
    'another API': encodeRequest(apis.heartbeat, 4, 1, 'me', heartbeat).subarray(4),
    'an OffsetCommit of another version': encodeRequest(apis.offsetCommit, 8, 1, 'me', plainCommit).subarray(4),
    'an OffsetCommit that names no coordinator': encodeRequest(apis.offsetCommit, 9, 1, 'me', plainCommit).subarray(4),
    'half of one': whole.subarray(0, whole.length / 2),
    nothing: Buffer.alloc(0),
  })) {
    it(`is not ${what}`, async () => {
      expect(() => decodeForwardedOffsets(envelopeOf(data))).to.throw(DecodeError);
      expect(
        await answerOf(
          envelopeApi,
          0,
          envelopeOf(data),
          nodeOf(() => Promise.resolve()),
        ),
      ).to.equal(CLOSE_CONNECTION);
    });
  }
});

function nodeOf(writeOffsets: BrokerNode['controller']['writeOffsets'], isActive = true, listener = 'PLAINTEXT') {
  return fakeNode({
    settings: { interBrokerListenerName: listener } as BrokerNode['settings'],
    controller: partOf<BrokerNode['controller']>({ isActive, writeOffsets }),
  });
}

describe('an Envelope', () => {
  const request = encodeForwardedOffsets(coordinator, WRITES);
  const codesOf = (answer: unknown) =>
    decodeForwardedAnswer(answer as never).topics.flatMap(({ partitions }) => partitions.map((p) => p.errorCode));

  it('gives the controller what is to be written, and by whose leave', async () => {
    const written: unknown[] = [];
    const node = nodeOf((offsets) => {
      written.push(offsets);
      return Promise.resolve();
    });
    expect(codesOf(await answerOf(envelopeApi, 0, request, node))).to.deep.equal([0, 0, 0]);
    expect(written).to.deep.equal([
      {
        coordinatorTopic: '__consumer_offsets',
        coordinatorPartition: 7,
        coordinatorId: 3,
        leaderEpoch: 5,
        entries: WRITES.map(({ topic, partition, offset }) => ({ group: 'g', topic, partition, offset })),
      },
    ]);
  });

  it('is answered with the error of the write', async () => {
    const node = nodeOf(() => Promise.reject(new KafkaError('NOT_COORDINATOR')));
    expect(codesOf(await answerOf(envelopeApi, 0, request, node))).to.deep.equal([16, 16, 16]);
  });

  it('is refused as a whole by a broker that does not control, or ceases to', async () => {
    for (const node of [
      nodeOf(() => Promise.resolve(), false),
      nodeOf(() => Promise.reject(new KafkaError('NOT_CONTROLLER'))),
    ]) {
      expect(await answerOf(envelopeApi, 0, request, node)).to.deep.equal({ responseData: null, errorCode: 41 });
    }
  });

  it('closes the connection on any listener but the one between brokers', async () => {
    const node = nodeOf(() => Promise.resolve(), true, 'INTERNAL');
    expect(await answerOf(envelopeApi, 0, request, node)).to.equal(CLOSE_CONNECTION);
  });

  it('of the capture was answered by nobody: a real broker closes the connection on each', () => {
    expect(goldenExchanges(58, ['sweep'])).to.deep.equal([]);
  });
});
