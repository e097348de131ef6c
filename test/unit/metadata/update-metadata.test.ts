import { expect } from 'chai';
import { KafkaError } from '../../../src/common/errors.js';
import { EMPTY_IMAGE } from '../../../src/metadata/metadata-cache.js';
import type { MetadataImage } from '../../../src/metadata/metadata-image.js';
import { imageAfterUpdateMetadata, LEADER_DURING_DELETE } from '../../../src/metadata/update-metadata.js';
import {
  updateMetadataRequest,
  type UpdateMetadataRequest,
} from '../../../src/protocol/messages/update-metadata-request.js';
import { liveBroker, metadataOf, metadataState, updateMetadata } from '../../support/control-messages.js';
import { asRead, goldenExchanges } from '../../support/golden-exchanges.js';

const FIRST_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';
const SECOND_ID = 'AAAAAAAAAAAAAAAAAAAAAg';

const after = (...requests: UpdateMetadataRequest[]): MetadataImage =>
  requests.reduce((image, request) => imageAfterUpdateMetadata(image, request).image, EMPTY_IMAGE);
const withTopic = (...partitions: number[]): UpdateMetadataRequest =>
  updateMetadata({
    topicStates: [
      metadataOf(
        't',
        partitions.map((index) => metadataState(index)),
        FIRST_ID,
      ),
    ],
  });

function refusal(request: UpdateMetadataRequest): string {
  try {
    after(request);
  } catch (error) {
    if (error instanceof KafkaError) return error.error;
    throw error;
  }
  return 'accepted';
}

describe('the image after UpdateMetadata', () => {
  const listener = (name: string, securityProtocol = 0) => ({
    listener: name,
    securityProtocol,
    host: 'h',
    port: 9092,
  });

  for (const { version, broker, endpoints } of [
    { version: 0, broker: { v0Host: 'h', v0Port: 9092, endpoints: [] }, endpoints: ['PLAINTEXT PLAINTEXT'] },
    {
      version: 1,
      broker: { endpoints: [listener('', 0), listener('', 1)] },
      endpoints: ['PLAINTEXT PLAINTEXT', 'SSL SSL'],
    },
    { version: 2, broker: { endpoints: [listener('', 3)] }, endpoints: ['SASL_SSL SASL_SSL'] },
    { version: 3, broker: { endpoints: [listener('INTERNAL', 2)] }, endpoints: ['INTERNAL SASL_PLAINTEXT'] },
    { version: 8, broker: { endpoints: [listener('A'), listener('B')] }, endpoints: ['A PLAINTEXT', 'B PLAINTEXT'] },
  ]) {
    it(`has the endpoints of a broker as v${version} tells them`, () => {
      const sent = updateMetadata({ liveBrokers: [liveBroker(1, broker)] });
      const image = after(asRead(updateMetadataRequest, version, sent));
      const found = image.brokers.get(1)!.endpoints;
      expect(found.map((one) => `${one.listener} ${one.securityProtocol}`)).to.deep.equal(endpoints);
      expect(found[0]).to.include({ host: 'h', port: 9092 });
    });
  }

  for (const version of [0, 4, 5, 6, 7, 8]) {
    it(`has the partitions as v${version} tells them`, () => {
      const state = metadataState(1, { leader: 2, leaderEpoch: 7, zkVersion: 9, isr: [2], controllerEpoch: 3 });
      const sent =
        version < 5
          ? updateMetadata({ ungroupedPartitionStates: [{ ...state, topicName: 't' }] })
          : updateMetadata({ topicStates: [metadataOf('t', [state], version >= 7 ? FIRST_ID : undefined)] });
      const topic = after(asRead(updateMetadataRequest, version, sent)).topics.get('t')!;
      expect(topic.topicId).to.equal(version >= 7 ? FIRST_ID : 'AAAAAAAAAAAAAAAAAAAAAA');
      expect(topic.partitions[0]).to.equal(undefined);
      expect(topic.partitions[1]).to.deep.equal({
        partition: 1,
        leader: 2,
        leaderEpoch: 7,
        controllerEpoch: 3,
        isr: [2],
        partitionEpoch: 9,
        replicas: [1, 2],
        offlineReplicas: [],
      });
    });
  }

  it('replaces brokers and controller, and keeps what is not named', () => {
    const before = after(withTopic(0, 1), updateMetadata({ liveBrokers: [liveBroker(1), liveBroker(2)] }));
    const { image, delta } = imageAfterUpdateMetadata(
      before,
      updateMetadata({
        controllerId: 2,
        liveBrokers: [liveBroker(2)],
        topicStates: [metadataOf('t', [metadataState(1, { leader: 2 })], FIRST_ID)],
      }),
    );
    expect([...image.brokers.keys()]).to.deep.equal([2]);
    expect(image.topics.get('t')!.partitions.map((p) => p?.leader)).to.deep.equal([1, 2]);
    expect(delta).to.deep.include({ brokersChanged: true, controllerChanged: true, topics: new Set(['t']) });
    expect(
      before.topics.get('t')!.partitions.map((p) => p?.leader),
      'the image before',
    ).to.deep.equal([1, 1]);
  });

  it('says what did not change, and shares it', () => {
    const brokers = updateMetadata({ liveBrokers: [liveBroker(1)] });
    const before = after(withTopic(0), brokers);
    const { image, delta } = imageAfterUpdateMetadata(before, brokers);
    expect(delta).to.deep.include({ brokersChanged: false, controllerChanged: false, topics: new Set() });
    expect(image.topics).to.equal(before.topics);
  });

  for (const [what, changed] of Object.entries({
    rack: liveBroker(1, { rack: 'r' }),
    port: liveBroker(1, { endpoints: [{ listener: 'PLAINTEXT', securityProtocol: 0, host: 'host-1', port: 1 }] }),
    protocol: liveBroker(1, {
      endpoints: [{ listener: 'PLAINTEXT', securityProtocol: 1, host: 'host-1', port: 9092 }],
    }),
    id: liveBroker(2),
  })) {
    it(`says that brokers changed when one has another ${what}`, () => {
      const before = after(updateMetadata({ liveBrokers: [liveBroker(1)] }));
      const { delta } = imageAfterUpdateMetadata(before, updateMetadata({ liveBrokers: [changed] }));
      expect(delta.brokersChanged).to.equal(true);
    });
  }

  it('loses partitions that are being deleted, and the topic with the last of them', () => {
    const gone = (index: number) =>
      updateMetadata({
        topicStates: [metadataOf('t', [metadataState(index, { leader: LEADER_DURING_DELETE })], FIRST_ID)],
      });
    const one = imageAfterUpdateMetadata(after(withTopic(0, 1)), gone(0));
    expect(one.image.topics.get('t')!.partitions.map((p) => p?.partition)).to.deep.equal([undefined, 1]);
    expect(one.delta.deletedTopics.size).to.equal(0);
    const both = imageAfterUpdateMetadata(one.image, gone(1));
    expect(both.image.topics.has('t')).to.equal(false);
    expect(both.image.topicNames.size).to.equal(0);
    expect(both.delta.deletedTopics).to.deep.equal(new Set(['t']));
    expect(imageAfterUpdateMetadata(both.image, gone(1)).delta.deletedTopics.size, 'a second time').to.equal(0);
  });

  it('keeps nothing of a topic that was made again under its name', () => {
    const again = updateMetadata({ topicStates: [metadataOf('t', [metadataState(0, { leader: 2 })], SECOND_ID)] });
    const { image, delta } = imageAfterUpdateMetadata(after(withTopic(0, 1, 2)), again);
    expect(image.topics.get('t')!.partitions.map((p) => p?.leader)).to.deep.equal([2]);
    expect([...image.topicNames]).to.deep.equal([[SECOND_ID, 't']]);
    expect(delta.deletedTopics).to.deep.equal(new Set(['t']));
  });

  it('keeps the id of a topic when a controller tells none, and learns it later', () => {
    const noId = updateMetadata({ topicStates: [metadataOf('t', [metadataState(0, { leader: 2 })])] });
    const kept = after(withTopic(0, 1), noId);
    expect(kept.topics.get('t')).to.deep.include({ topicId: FIRST_ID });
    expect(kept.topics.get('t')!.partitions).to.have.length(2);
    const learned = imageAfterUpdateMetadata(after(noId), withTopic(1));
    expect(learned.image.topicNames.get(FIRST_ID)).to.equal('t');
    expect(learned.image.topics.get('t')!.partitions).to.have.length(2);
    expect(learned.delta.deletedTopics.size).to.equal(0);
  });

  it('puts a topic together that comes in pieces', () => {
    const pieces = updateMetadata({
      topicStates: [metadataOf('t', [metadataState(0)], FIRST_ID), metadataOf('t', [metadataState(1)], FIRST_ID)],
    });
    expect(after(pieces).topics.get('t')!.partitions).to.have.length(2);
  });

  for (const [what, request] of Object.entries({
    'a security protocol that nobody knows': updateMetadata({
      liveBrokers: [liveBroker(1, { endpoints: [{ listener: 'L', securityProtocol: 17, host: 'h', port: 1 }] })],
    }),
    'a negative partition': updateMetadata({ topicStates: [metadataOf('t', [metadataState(-1)])] }),
    'a partition beyond all': updateMetadata({ topicStates: [metadataOf('t', [metadataState(2 ** 31 - 1)])] }),
    'such a partition outside of topics': updateMetadata({
      ungroupedPartitionStates: [metadataState(1_000_000, { topicName: 't' })],
    }),
  })) {
    it(`refuses ${what}`, () => {
      expect(refusal(request)).to.equal('INVALID_REQUEST');
    });
  }

  it('accepts the last partition there may be', () => {
    expect(refusal(updateMetadata({ topicStates: [metadataOf('t', [metadataState(999_999)])] }))).to.equal('accepted');
  });

  it('takes what real brokers were sent, each partition where it says', () => {
    const exchanges = goldenExchanges(6, ['interbroker', 'migration-kraft']);
    expect(exchanges).to.have.length.above(3);
    for (const { request } of exchanges) {
      const sent = request as UpdateMetadataRequest;
      const image = after(sent);
      expect([...image.brokers.keys()]).to.have.members(sent.liveBrokers.map(({ id }) => id));
      for (const { topicName, topicId, partitionStates } of sent.topicStates) {
        for (const state of partitionStates.filter(({ leader }) => leader !== LEADER_DURING_DELETE)) {
          const found = image.topics.get(topicName)!.partitions[state.partitionIndex]!;
          expect([found.leader, found.leaderEpoch, found.isr]).to.deep.equal([
            state.leader,
            state.leaderEpoch,
            state.isr,
          ]);
          expect(image.topicNames.get(topicId)).to.equal(topicName);
        }
      }
    }
  });
});
