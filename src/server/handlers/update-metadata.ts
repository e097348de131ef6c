import { updateMetadataRequest } from '../../protocol/messages/update-metadata-request.js';
import { updateMetadataResponse } from '../../protocol/messages/update-metadata-response.js';
import type { BrokerNode } from '../broker-node.js';
import type { Api } from '../handler.js';

/**
 * UpdateMetadata, v0–v8: the controller tells this broker what the cluster looks like.
 * Source: kafka.server.KafkaApis.handleUpdateMetadataRequest, 3.9
 */
export const updateMetadataApi: Api<BrokerNode, typeof updateMetadataRequest, typeof updateMetadataResponse> = {
  request: updateMetadataRequest,
  response: updateMetadataResponse,
  versions: { min: 0, max: 8 },
  handle: (request, _context, node) => node.controlPlane.updateMetadata(request),
  errorResponse: (_request, code) => ({ errorCode: code }),
};
