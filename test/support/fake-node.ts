import { EMPTY_IMAGE, MetadataCache } from '../../src/metadata/metadata-cache.js';
import type { MetadataDelta, MetadataImage, TopicImage } from '../../src/metadata/metadata-image.js';
import { silentLogger } from '../../src/platform/logger.js';
import type { MetadataResponse } from '../../src/protocol/messages/metadata-response.js';
import type { BrokerNode } from '../../src/server/broker-node.js';
import { endpointOf } from '../../src/server/endpoints.js';
import type { Api, Handler, HandlerResult, RequestContext } from '../../src/server/handler.js';
import type { Message, TypeOf } from '../../src/protocol/schema.js';
import { errorNameOf, KafkaError } from '../../src/common/errors.js';
import { errorCode } from '../../src/protocol/error-codes.js';

export const NOTHING_CHANGED: MetadataDelta = {
  brokersChanged: false,
  controllerChanged: false,
  topics: new Set(),
  deletedTopics: new Set(),
  topicConfigs: new Set(),
  brokerConfigs: new Set(),
};

/** A broker of which a handler sees only what its test gives it; anything else throws. */
export function fakeNode(parts: Partial<BrokerNode> & { readonly image?: MetadataImage }): BrokerNode {
  const { image = EMPTY_IMAGE, ...given } = parts;
  const metadata = new MetadataCache();
  metadata.applyView(NOTHING_CHANGED, image);
  const node: Partial<BrokerNode> = {
    brokerId: 1,
    logger: silentLogger,
    metadata,
    endpointOf: (brokerId, listenerName) => {
      const broker = metadata.broker(brokerId);
      const endpoint = broker && endpointOf(broker, listenerName);
      return broker && endpoint && { nodeId: brokerId, host: endpoint.host, port: endpoint.port, rack: broker.rack };
    },
    ...given,
  };
  return new Proxy(node as BrokerNode, {
    get: (target, name): unknown => {
      if (name in target || name === 'then') return Reflect.get(target, name); // `then`: whether it is a promise
      throw new Error(`the handler wants ${String(name)}, which this test does not give it`);
    },
  });
}

/** A part of which only these members are used. */
export function partOf<T extends object>(members: Partial<T>): T {
  return members as T;
}

export function contextOf(apiKey: number, apiVersion: number): RequestContext {
  return {
    apiKey,
    apiVersion,
    correlationId: 1,
    clientId: 'test',
    connectionId: '127.0.0.1:9092-127.0.0.1:50000-0',
    listenerName: 'PLAINTEXT',
    principal: 'User:ANONYMOUS',
    clientHost: '127.0.0.1',
    clientSoftwareName: '',
    clientSoftwareVersion: '',
  };
}

/** What the router makes of a request: the handler's answer, or the error response for what it threw. */
export async function answerOf<Q extends Message, R extends Message>(
  api: Api<BrokerNode, Q, R>,
  apiVersion: number,
  request: unknown,
  node: BrokerNode,
): Promise<HandlerResult<TypeOf<R['fields']>>> {
  const handle: Handler<TypeOf<Q['fields']>, TypeOf<R['fields']>, BrokerNode> = api.handle;
  const asked = request as TypeOf<Q['fields']>;
  try {
    return await handle(asked, contextOf(api.request.apiKey ?? -1, apiVersion), node);
  } catch (error) {
    if (api.errorResponse === undefined) throw error;
    const message = error instanceof KafkaError ? error.message : null;
    return api.errorResponse(asked, errorCode(errorNameOf(error)), message, apiVersion);
  }
}

/** The cluster that a Metadata answer describes, without the topics that it says are not there. */
export function imageOf(answer: MetadataResponse): MetadataImage {
  const topics = answer.topics.flatMap(({ errorCode: code, name, topicId, partitions }): TopicImage[] => {
    if (code !== 0 || name === null) return [];
    const found = partitions.map((p) => ({
      partition: p.partitionIndex,
      leader: p.leaderId,
      leaderEpoch: p.leaderEpoch,
      controllerEpoch: 1,
      isr: p.isrNodes,
      partitionEpoch: 0,
      replicas: p.replicaNodes,
      offlineReplicas: p.offlineReplicas,
    }));
    return [{ name, topicId, partitions: found.sort((a, b) => a.partition - b.partition) }];
  });
  return {
    clusterId: answer.clusterId ?? '',
    controllerId: answer.controllerId,
    brokers: new Map(
      answer.brokers.map(({ nodeId, host, port, rack }) => {
        const endpoint = { listener: 'PLAINTEXT', securityProtocol: 'PLAINTEXT', host, port } as const;
        return [nodeId, { id: nodeId, endpoints: [endpoint], rack }];
      }),
    ),
    topics: new Map(topics.map((topic) => [topic.name, topic])),
    topicNames: new Map(topics.map(({ name, topicId }) => [topicId, name])),
    configs: EMPTY_IMAGE.configs,
  };
}
