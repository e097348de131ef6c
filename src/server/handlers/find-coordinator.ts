import { KafkaError } from '../../common/errors.js';
import { errorCode, NONE } from '../../protocol/error-codes.js';
import {
  findCoordinatorRequest,
  type FindCoordinatorRequest,
} from '../../protocol/messages/find-coordinator-request.js';
import {
  findCoordinatorResponse,
  type FindCoordinatorResponse,
} from '../../protocol/messages/find-coordinator-response.js';
import type { BrokerNode } from '../broker-node.js';
import type { Api, Handler, RequestContext } from '../handler.js';
import { OFFSETS_TOPIC } from '../internal-topics.js';

type Coordinator = FindCoordinatorResponse['coordinators'][number];

const GROUP = 0;
const TRANSACTION = 1;
const SHARE = 2;
const FIRST_VERSION_WITH_SHARE = 6;
const MANY_KEYS_VERSION = 4;
const NOT_AVAILABLE_TEXT = 'The coordinator is not available.';
const INVALID_REQUEST_TEXT =
  'This most likely occurs because of a request being malformed by the client library or the message was sent to an incompatible broker. See the broker logs for more details.';

/**
 * FindCoordinator, v0–v6: the broker that leads the group's partition of __consumer_offsets, which is created when it is
 * missing. v4 many keys · v6 share groups, which no broker in ZooKeeper mode coordinates. Transactional ids have no
 * coordinator here yet. Both: COORDINATOR_NOT_AVAILABLE.
 * Source: kafka.server.KafkaApis.handleFindCoordinatorRequest, 3.9
 */
const handleFindCoordinator: Handler<FindCoordinatorRequest, FindCoordinatorResponse, BrokerNode> = async (
  request,
  context,
  node,
) => {
  if (!isKeyType(request.keyType, context.apiVersion)) throw new KafkaError('INVALID_REQUEST', INVALID_REQUEST_TEXT);
  const keys = context.apiVersion < MANY_KEYS_VERSION ? [request.key] : request.coordinatorKeys;
  if (request.keyType === GROUP && node.metadata.topic(OFFSETS_TOPIC) === undefined) {
    await node.autoTopics.create([OFFSETS_TOPIC]);
  }
  const found = keys.map((key) =>
    request.keyType === GROUP ? groupCoordinator(key, context, node) : notAvailable(key),
  );
  if (context.apiVersion >= MANY_KEYS_VERSION) return manyKeys(found);
  const only = found[0] ?? notAvailable(request.key);
  return {
    throttleTimeMs: 0,
    errorCode: only.errorCode,
    errorMessage: only.errorCode === NONE ? 'NONE' : NOT_AVAILABLE_TEXT,
    nodeId: only.nodeId,
    host: only.host,
    port: only.port,
    coordinators: [],
  };
};

function isKeyType(keyType: number, version: number): boolean {
  return keyType === GROUP || keyType === TRANSACTION || (keyType === SHARE && version >= FIRST_VERSION_WITH_SHARE);
}

function groupCoordinator(key: string, context: RequestContext, node: BrokerNode): Coordinator {
  const leader = node.metadata.partition(OFFSETS_TOPIC, node.groups.partitionFor(key))?.leader ?? -1;
  const endpoint = node.endpointOf(leader, context.listenerName);
  if (endpoint === undefined) return notAvailable(key);
  const { nodeId, host, port } = endpoint;
  return { key, nodeId, host, port, errorCode: NONE, errorMessage: '' };
}

function notAvailable(key: string): Coordinator {
  return { key, nodeId: -1, host: '', port: -1, errorCode: errorCode('COORDINATOR_NOT_AVAILABLE'), errorMessage: '' };
}

function nobody(code: number, message: string | null): FindCoordinatorResponse {
  return {
    throttleTimeMs: 0,
    errorCode: code,
    errorMessage: message,
    nodeId: -1,
    host: '',
    port: -1,
    coordinators: [],
  };
}

/** v4+ has no place for the one coordinator of older versions: its fields keep their defaults. */
function manyKeys(coordinators: Coordinator[]): FindCoordinatorResponse {
  return { throttleTimeMs: 0, errorCode: NONE, errorMessage: null, nodeId: 0, host: '', port: 0, coordinators };
}

export const findCoordinatorApi: Api<BrokerNode, typeof findCoordinatorRequest, typeof findCoordinatorResponse> = {
  request: findCoordinatorRequest,
  response: findCoordinatorResponse,
  versions: { min: 0, max: 6 },
  handle: handleFindCoordinator,
  errorResponse: (request, code, message, version) =>
    version < MANY_KEYS_VERSION
      ? nobody(code, message)
      : manyKeys(
          request.coordinatorKeys.map((key) => ({ ...notAvailable(key), errorCode: code, errorMessage: message })),
        ),
};
