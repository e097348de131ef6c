import { expect } from 'chai';
import { metadataApi } from '../../../src/server/handlers/metadata.js';
import { describeClusterApi } from '../../../src/server/handlers/describe-cluster.js';
import { findCoordinatorApi } from '../../../src/server/handlers/find-coordinator.js';
import { AutoTopics } from '../../../src/server/auto-topics.js';
import type { BrokerNode } from '../../../src/server/broker-node.js';
import { partitionForGroup } from '../../../src/coordinator/group/group-partition.js';
import { KafkaError } from '../../../src/common/errors.js';
import type { DescribeClusterResponse } from '../../../src/protocol/messages/describe-cluster-response.js';
import type { FindCoordinatorRequest } from '../../../src/protocol/messages/find-coordinator-request.js';
import type { FindCoordinatorResponse } from '../../../src/protocol/messages/find-coordinator-response.js';
import type { MetadataResponse } from '../../../src/protocol/messages/metadata-response.js';
import { answerOf, fakeNode, imageOf, partOf } from '../../support/fake-node.js';
import { asRead, goldenExchanges, type GoldenExchange } from '../../support/golden-exchanges.js';

const SOURCES = ['sweep', 'errors', 'errors2'];
/** They need an authorizer or a later world than one answer tells of. */
const isSkipped = ({ case: name }: GoldenExchange): boolean =>
  name === 'unauthorized principal bob' || name.includes('before authentication');

/** Writes nothing, and says what Kafka's admin manager says of topics that were written without time to wait. */
const autoTopics = new AutoTopics(
  {
    createTopics: (topics) =>
      Promise.resolve(
        topics.map(({ name }) => ({
          topic: name,
          error: new KafkaError('REQUEST_TIMED_OUT'),
          topicId: '',
          partitionCount: -1,
          replicationFactor: -1,
          configs: [],
        })),
      ),
  },
  {
    numPartitions: 1,
    defaultReplicationFactor: 1,
    offsetsTopicNumPartitions: 50,
    offsetsTopicReplicationFactor: 1,
    offsetsTopicSegmentBytes: 1,
  },
);
const settings = { autoCreateTopicsEnable: true } as BrokerNode['settings'];

/** Kafka's maps have their own order: brokers and topics are compared by name. */
function inOrder<T extends { brokers?: unknown[]; topics?: unknown[] }>(answer: T): T {
  const by = (key: string) => (a: unknown, b: unknown) =>
    JSON.stringify((a as Record<string, unknown>)[key]) < JSON.stringify((b as Record<string, unknown>)[key]) ? -1 : 1;
  return {
    ...answer,
    ...(answer.brokers && { brokers: [...answer.brokers].sort(by('nodeId')).sort(by('brokerId')) }),
    ...(answer.topics && { topics: [...answer.topics].sort(by('name')) }),
  };
}

describe('Metadata beside a real 3.9.1 broker', () => {
  const exchanges = goldenExchanges(3, SOURCES).filter((exchange) => !isSkipped(exchange));
  const everything = imageOf(exchanges[0]!.response as MetadataResponse);

  it('has every version', () => {
    expect(new Set(exchanges.map(({ apiVersion }) => apiVersion)).size).to.equal(13);
  });

  for (const { apiVersion, request, response, case: name, source } of exchanges) {
    it(`v${apiVersion} ${source} ${name}`, async () => {
      const golden = response as MetadataResponse;
      const told = golden.brokers.length === 0 ? everything : imageOf(golden);
      const node = fakeNode({ image: told, autoTopics, settings });
      const answer = await answerOf(metadataApi, apiVersion, request, node);
      expect(inOrder(asRead(metadataApi.response, apiVersion, answer))).to.deep.equal(inOrder(golden));
    });
  }
});

describe('DescribeCluster beside a real 3.9.1 broker', () => {
  for (const exchange of goldenExchanges(60, SOURCES)) {
    if (isSkipped(exchange)) continue;
    const golden = exchange.response as DescribeClusterResponse;
    it(`v${exchange.apiVersion} ${exchange.case}`, async () => {
      const brokers = golden.brokers.map(({ brokerId, host, port, rack }) => ({ nodeId: brokerId, host, port, rack }));
      const image = imageOf({ ...golden, brokers, topics: [] });
      const answer = await answerOf(describeClusterApi, exchange.apiVersion, exchange.request, fakeNode({ image }));
      expect(inOrder(asRead(describeClusterApi.response, exchange.apiVersion, answer))).to.deep.equal(inOrder(golden));
    });
  }
});

describe('FindCoordinator beside a real 3.9.1 broker', () => {
  const GROUP = 0;
  for (const exchange of goldenExchanges(10, SOURCES)) {
    if (isSkipped(exchange)) continue;
    const request = exchange.request as FindCoordinatorRequest;
    const golden = exchange.response as FindCoordinatorResponse;
    // no coordinator of transactions here yet, so what it answered after it had one is not ours to give
    if (request.keyType === 1 && golden.nodeId > 0) continue;
    it(`v${exchange.apiVersion} ${exchange.case} key type ${request.keyType}, error ${golden.errorCode}`, async () => {
      const answer = await answerOf(findCoordinatorApi, exchange.apiVersion, request, nodeWhere(request, golden));
      expect(asRead(findCoordinatorApi.response, exchange.apiVersion, answer)).to.deep.equal(golden);
    });
  }

  /** Leads the offsets partitions of these groups as the answer says. */
  function nodeWhere(request: FindCoordinatorRequest, golden: FindCoordinatorResponse): BrokerNode {
    const told = golden.coordinators.length > 0 ? golden.coordinators : [{ ...golden, key: request.key }];
    const leaders = new Map(told.map(({ key, nodeId }) => [partitionForGroup(key, 50), nodeId]));
    const partitions = Array.from({ length: 50 }, (_, partitionIndex) => ({
      errorCode: 0,
      partitionIndex,
      leaderId: leaders.get(partitionIndex) ?? -1,
      leaderEpoch: 0,
      replicaNodes: [1],
      isrNodes: [1],
      offlineReplicas: [],
    }));
    const offsets = { name: '__consumer_offsets', topicId: 'A'.repeat(22), isInternal: true, partitions };
    const isThere = request.keyType === GROUP;
    const brokers = told.flatMap(({ nodeId, host, port }) => (nodeId < 0 ? [] : { nodeId, host, port, rack: null }));
    const image = imageOf({
      throttleTimeMs: 0,
      clusterId: 'c',
      controllerId: 1,
      clusterAuthorizedOperations: 0,
      brokers,
      topics: isThere ? [{ ...offsets, errorCode: 0, topicAuthorizedOperations: 0 }] : [],
    });
    const groups = partOf<BrokerNode['groups']>({ partitionFor: (group) => partitionForGroup(group, 50) });
    return fakeNode({ image, autoTopics, groups });
  }
});
