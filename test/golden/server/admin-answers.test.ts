import { expect } from 'chai';
import { parseTopicConfig } from '../../../config/topic-config.js';
import { KafkaError } from '../../../src/common/errors.js';
import { ZERO_UUID } from '../../../src/common/uuid.js';
import { TopicAdmin } from '../../../src/controller/zk/topic-admin.js';
import type { TopicImage } from '../../../src/metadata/metadata-image.js';
import { EMPTY_IMAGE } from '../../../src/metadata/metadata-cache.js';
import { silentLogger } from '../../../src/platform/logger.js';
import type { CreatePartitionsResponse } from '../../../src/protocol/messages/create-partitions-response.js';
import type { CreateTopicsRequest } from '../../../src/protocol/messages/create-topics-request.js';
import type { CreateTopicsResponse } from '../../../src/protocol/messages/create-topics-response.js';
import type { InitProducerIdRequest } from '../../../src/protocol/messages/init-producer-id-request.js';
import type { BrokerNode } from '../../../src/server/broker-node.js';
import { createPartitionsApi } from '../../../src/server/handlers/create-partitions.js';
import { createTopicsApi } from '../../../src/server/handlers/create-topics.js';
import { deleteTopicsApi } from '../../../src/server/handlers/delete-topics.js';
import { describeConfigsApi } from '../../../src/server/handlers/describe-configs.js';
import { initProducerIdApi } from '../../../src/server/handlers/init-producer-id.js';
import { brokerZNode, ControllerStage, plainRandom } from '../../support/controller-stage.js';
import { answerOf, fakeNode, partOf } from '../../support/fake-node.js';
import { asRead, goldenExchanges, type GoldenExchange } from '../../support/golden-exchanges.js';

const isAboutRights = ({ case: name }: GoldenExchange): boolean => name === 'unauthorized principal bob';
const refusedIn = (answer: { errorCode: number }[]): boolean =>
  answer.length > 0 && answer.every(({ errorCode }) => errorCode !== 0);

/** Two brokers on a ZooKeeper in memory, with the topics that stood when the answers were captured. */
async function twoBrokers(name: string, brokers = 2): Promise<BrokerNode> {
  const stage = new ControllerStage();
  await stage.start(1);
  for (let id = 2; id <= brokers; id++) await stage.start(id, false);
  const { zk, controller } = stage.broker(1);
  const topics = new Map<string, TopicImage>();
  for (const [topic, text] of Object.entries({ e1: 'e1', 'e.a': 'ea' })) {
    const partitions = new Map([[0, { replicas: [1], addingReplicas: [], removingReplicas: [] }]]);
    const topicId = text.padEnd(22, 'A');
    await zk.topics.createTopic(topic, { topicId, partitions });
    if (topic === 'e1') topics.set(topic, { name: topic, topicId, partitions: [] });
  }
  await stage.settle();
  const alive = Array.from({ length: brokers }, (_, i) => brokerZNode(i + 1));
  const node = fakeNode({
    image: { ...EMPTY_IMAGE, controllerId: 1, brokers: new Map(alive.map((one) => [one.id, one])), topics },
    settings: { deleteTopicEnable: true, transactionMaxTimeoutMs: 900_000 } as BrokerNode['settings'],
    configLayers: () => ({ static: new Map(), dynamicDefault: new Map(), dynamicBroker: new Map() }),
    controller: partOf<BrokerNode['controller']>({
      isActive: !name.includes('not the controller') && !name.includes('non-controller'),
      isTopicBeingDeleted: (topic: string) => controller.isTopicBeingDeleted(topic),
    }),
    producerIds: partOf<BrokerNode['producerIds']>({ generate: () => 7000 }),
  });
  const topicAdmin = new TopicAdmin(
    zk,
    node.metadata,
    { defaultPartitions: 1, defaultReplicationFactor: 1 },
    {
      time: stage.time,
      random: plainRandom(),
      logger: silentLogger,
      validateTopicConfig: (config) => void parseTopicConfig(config),
      describeTopicConfig: () => [],
    },
  );
  return Object.assign(node, { topicAdmin });
}

describe('CreateTopics beside a real 3.9.1 broker: what it refuses', () => {
  const exchanges = goldenExchanges(19, ['sweep', 'errors', 'errors2']).filter(
    (exchange) =>
      !isAboutRights(exchange) &&
      refusedIn((exchange.response as CreateTopicsResponse).topics) &&
      // 3.9 does not speak of tiered storage before there is any
      !exchange.case.includes('remote.storage'),
  );

  it('has them all', () => {
    expect(exchanges).to.have.length.above(35);
  });

  for (const { apiVersion, request, response, case: name } of exchanges) {
    it(`v${apiVersion} ${name}`, async () => {
      const node = await twoBrokers(name, name.includes('one broker alive') ? 1 : 2);
      const asked = request as CreateTopicsRequest;
      // nobody answers for leaders here, so waiting is left out where the end of waiting is the answer
      const answer = await answerOf(createTopicsApi, apiVersion, { ...asked, timeoutMs: 0 }, node);
      const read = asRead(createTopicsApi.response, apiVersion, answer);
      expect(withoutIds(read)).to.deep.equal(withoutIds(response as CreateTopicsResponse));
    });
  }

  /** Ids are random: only whether there is one counts. */
  function withoutIds(answer: CreateTopicsResponse): unknown {
    return answer.topics.map((topic) => ({ ...topic, topicId: topic.topicId === ZERO_UUID ? 'none' : 'one' }));
  }
});

describe('CreatePartitions beside a real 3.9.1 broker: what it refuses', () => {
  for (const exchange of goldenExchanges(37, ['errors'])) {
    const golden = exchange.response as CreatePartitionsResponse;
    if (isAboutRights(exchange) || !refusedIn(golden.results)) continue;
    it(exchange.case, async () => {
      const answer = await answerOf(
        createPartitionsApi,
        exchange.apiVersion,
        exchange.request,
        await twoBrokers(exchange.case),
      );
      expect(asRead(createPartitionsApi.response, exchange.apiVersion, answer)).to.deep.equal(golden);
    });
  }
});

describe('DeleteTopics beside a real 3.9.1 broker: what it refuses', () => {
  for (const exchange of goldenExchanges(20, ['errors'])) {
    if (isAboutRights(exchange)) continue;
    it(exchange.case, async () => {
      const answer = await answerOf(
        deleteTopicsApi,
        exchange.apiVersion,
        exchange.request,
        await twoBrokers(exchange.case),
      );
      expect(asRead(deleteTopicsApi.response, exchange.apiVersion, answer)).to.deep.equal(exchange.response);
    });
  }

  for (const { version, error } of [
    { version: 2, error: 42 },
    { version: 3, error: 73 },
  ]) {
    it(`v${version} with delete.topic.enable=false: error ${error}`, async () => {
      const node = await twoBrokers('');
      const settings = { deleteTopicEnable: false } as BrokerNode['settings'];
      const request = { topics: [], topicNames: ['e1'], timeoutMs: 0 };
      const answer = await answerOf(deleteTopicsApi, version, request, Object.assign(node, { settings }));
      expect(answer).to.deep.nested.include({ 'responses[0].errorCode': error, 'responses[0].name': 'e1' });
    });
  }
});

describe('DescribeConfigs beside a real 3.9.1 broker: what it refuses, and the log level', () => {
  const exchanges = goldenExchanges(32, ['errors', 'sweep']).filter(
    (exchange) => !isAboutRights(exchange) && exchange.case !== '',
  );

  it('has them', () => {
    expect(exchanges).to.have.length(3);
  });

  for (const { apiVersion, request, response, case: name } of exchanges) {
    it(`v${apiVersion} ${name}`, async () => {
      const answer = await answerOf(describeConfigsApi, apiVersion, request, await twoBrokers(name));
      expect(asRead(describeConfigsApi.response, apiVersion, answer)).to.deep.equal(response);
    });
  }
});

describe('InitProducerId beside a real 3.9.1 broker', () => {
  /** Refused before a coordinator is asked; it had none, or was the wrong one. */
  const WITHOUT_COORDINATOR = [16, 42, 50];
  const NO_IDS_YET = 14;
  for (const exchange of goldenExchanges(22, ['sweep', 'errors', 'errors2'])) {
    const { transactionalId } = exchange.request as InitProducerIdRequest;
    const { errorCode } = exchange.response as { errorCode: number };
    const isOurs = transactionalId === null ? errorCode !== NO_IDS_YET : WITHOUT_COORDINATOR.includes(errorCode);
    if (isAboutRights(exchange) || !isOurs) continue;
    it(`v${exchange.apiVersion} ${exchange.case}`, async () => {
      const golden = exchange.response as { errorCode: number; producerId: number };
      const answer = await answerOf(
        initProducerIdApi,
        exchange.apiVersion,
        exchange.request,
        await twoBrokers(exchange.case),
      );
      const own = golden.errorCode === 0 ? { ...golden, producerId: 7000 } : golden;
      expect(asRead(initProducerIdApi.response, exchange.apiVersion, answer)).to.deep.equal(own);
    });
  }
});

describe('an error of the router', () => {
  it('stands in every topic of CreateTopics', async () => {
    const node = await twoBrokers('');
    const createTopics = () => Promise.reject(new KafkaError('POLICY_VIOLATION', 'no'));
    Object.assign(node, { topicAdmin: { createTopics } });
    const topic = { name: 't', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
    const answer = await answerOf(createTopicsApi, 7, { topics: [topic], timeoutMs: 0, validateOnly: false }, node);
    expect(answer).to.deep.nested.include({ 'topics[0].errorCode': 44, 'topics[0].errorMessage': 'no' });
  });
});
