import { describeBroker, describeBrokerDefaults, describeTopic, type ConfigEntry } from '../../../config/describe.js';
import { CONFIG_SOURCE_ID, CONFIG_TYPE_ID } from '../../../config/definition.js';
import { errorNameOf, KafkaError } from '../../common/errors.js';
import { validateTopicName } from '../../controller/topic-validation.js';
import { errorCode, NONE } from '../../protocol/error-codes.js';
import {
  describeConfigsRequest,
  type DescribeConfigsRequest,
} from '../../protocol/messages/describe-configs-request.js';
import {
  describeConfigsResponse,
  type DescribeConfigsResponse,
} from '../../protocol/messages/describe-configs-response.js';
import type { BrokerNode } from '../broker-node.js';
import type { Api, Handler } from '../handler.js';

type Resource = DescribeConfigsRequest['resources'][number];
type Result = DescribeConfigsResponse['results'][number];

const TOPIC = 2;
const BROKER = 4;
const BROKER_LOGGER = 8;
const INVALID_REQUEST_TEXT =
  'This most likely occurs because of a request being malformed by the client library or the message was sent to an incompatible broker. See the broker logs for more details.';

/**
 * DescribeConfigs, v0–v4: topics, this broker, the defaults of all brokers, and the log level. A topic that does not exist
 * is described like one without overrides, as in Kafka's ZooKeeper mode.
 * v1 synonyms · v3 types and documentation
 * Source: kafka.server.ConfigHelper.describeConfigs, 3.9
 */
const handleDescribeConfigs: Handler<DescribeConfigsRequest, DescribeConfigsResponse, BrokerNode> = (
  request,
  context,
  node,
) => ({
  throttleTimeMs: 0,
  results: request.resources.map((resource) => describe(resource, request, context.apiVersion, node)),
});

function describe(resource: Resource, request: DescribeConfigsRequest, version: number, node: BrokerNode): Result {
  const { resourceType, resourceName } = resource;
  try {
    const configs = entriesOf(resource, request, node).map((entry) => ({
      ...entry,
      isDefault: version === 0 && entry.configSource === CONFIG_SOURCE_ID.default, // later versions say the source
    }));
    return { errorCode: NONE, errorMessage: '', resourceType, resourceName, configs };
  } catch (error) {
    if (!(error instanceof KafkaError))
      node.logger.error(`Error processing describe configs of ${resourceName}`, error);
    const message = error instanceof Error ? error.message : String(error);
    return { errorCode: errorCode(errorNameOf(error)), errorMessage: message, resourceType, resourceName, configs: [] };
  }
}

function entriesOf(resource: Resource, request: DescribeConfigsRequest, node: BrokerNode): readonly ConfigEntry[] {
  const { resourceType, resourceName } = resource;
  const options = {
    names: resource.configurationKeys,
    includeSynonyms: request.includeSynonyms,
    includeDocumentation: request.includeDocumentation,
  };
  const layers = node.configLayers();
  if (resourceType === TOPIC) {
    if (!isValidTopicName(resourceName)) throw new KafkaError('INVALID_REQUEST', INVALID_REQUEST_TEXT);
    return describeTopic(layers, node.metadata.topicConfig(resourceName), options);
  }
  if (resourceType === BROKER) {
    if (resourceName === '') return describeBrokerDefaults(layers, options);
    refuseOtherBroker(resourceName, node.brokerId);
    return describeBroker(layers, options);
  }
  if (resourceType === BROKER_LOGGER) {
    refuseOtherBroker(resourceName, node.brokerId);
    return loggerEntries(resource.configurationKeys);
  }
  throw new KafkaError('INVALID_REQUEST', INVALID_REQUEST_TEXT);
}

function isValidTopicName(name: string): boolean {
  try {
    validateTopicName(name);
    return true;
  } catch (error) {
    if (error instanceof KafkaError) return false;
    throw error;
  }
}

function refuseOtherBroker(resourceName: string, brokerId: number): void {
  if (resourceName === String(brokerId)) return;
  if (!/^-?\d+$/.test(resourceName)) {
    throw new KafkaError('INVALID_REQUEST', `Broker id must be an integer, but it is: ${resourceName}`);
  }
  throw new KafkaError(
    'INVALID_REQUEST',
    `Unexpected broker id, expected ${brokerId} or empty string, but received ${resourceName}`,
  );
}

/** One level for all loggers. Differs: Kafka lists every class that logs. */
function loggerEntries(names: readonly string[] | null): ConfigEntry[] {
  if (names !== null && names.length > 0 && !names.includes('root')) return [];
  return [
    {
      name: 'root',
      value: 'INFO',
      readOnly: false,
      configSource: CONFIG_SOURCE_ID.dynamicBrokerLogger,
      isSensitive: false,
      synonyms: [],
      configType: CONFIG_TYPE_ID.unknown,
      documentation: '',
    },
  ];
}

export const describeConfigsApi: Api<BrokerNode, typeof describeConfigsRequest, typeof describeConfigsResponse> = {
  request: describeConfigsRequest,
  response: describeConfigsResponse,
  versions: { min: 0, max: 4 },
  handle: handleDescribeConfigs,
  errorResponse: (request, code, message) => ({
    throttleTimeMs: 0,
    results: request.resources.map(({ resourceType, resourceName }) => ({
      errorCode: code,
      errorMessage: message,
      resourceType,
      resourceName,
      configs: [],
    })),
  }),
};
