import { errorCode, NONE } from '../../protocol/error-codes.js';
import {
  describeClusterRequest,
  type DescribeClusterRequest,
} from '../../protocol/messages/describe-cluster-request.js';
import {
  describeClusterResponse,
  type DescribeClusterResponse,
} from '../../protocol/messages/describe-cluster-response.js';
import { CLUSTER_OPERATIONS, OPERATIONS_OMITTED } from '../authorized-operations.js';
import type { BrokerNode } from '../broker-node.js';
import { endpointOf } from '../endpoints.js';
import type { Api, Handler } from '../handler.js';

const BROKERS = 1;

/**
 * DescribeCluster, v0–v1: cluster id, controller, brokers. v1 may ask for controllers (KIP-919), which a broker is not.
 * Source: kafka.server.KafkaApis.handleDescribeCluster, 3.9
 */
const handleDescribeCluster: Handler<DescribeClusterRequest, DescribeClusterResponse, BrokerNode> = (
  request,
  context,
  node,
) => {
  if (context.apiVersion >= 1 && request.endpointType !== BROKERS) {
    const wanted = request.endpointType === 2 ? 'CONTROLLER' : 'UNKNOWN';
    return failed(
      errorCode(request.endpointType === 2 ? 'MISMATCHED_ENDPOINT_TYPE' : 'UNSUPPORTED_ENDPOINT_TYPE'),
      `The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type ${wanted}`,
    );
  }
  const { image } = node.metadata;
  const brokers: DescribeClusterResponse['brokers'] = [];
  for (const broker of image.brokers.values()) {
    const endpoint = endpointOf(broker, context.listenerName);
    if (endpoint !== undefined) {
      brokers.push({ brokerId: broker.id, host: endpoint.host, port: endpoint.port, rack: broker.rack });
    }
  }
  return {
    throttleTimeMs: 0,
    errorCode: NONE,
    errorMessage: null,
    endpointType: BROKERS,
    clusterId: image.clusterId,
    controllerId: image.controllerId,
    brokers,
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? CLUSTER_OPERATIONS : OPERATIONS_OMITTED,
  };
};

function failed(code: number, message: string | null): DescribeClusterResponse {
  return {
    throttleTimeMs: 0,
    errorCode: code,
    errorMessage: message,
    endpointType: BROKERS,
    clusterId: '',
    controllerId: -1,
    brokers: [],
    clusterAuthorizedOperations: OPERATIONS_OMITTED,
  };
}

export const describeClusterApi: Api<BrokerNode, typeof describeClusterRequest, typeof describeClusterResponse> = {
  request: describeClusterRequest,
  response: describeClusterResponse,
  versions: { min: 0, max: 1 },
  handle: handleDescribeCluster,
  errorResponse: (_request, code, message) => failed(code, message),
};
