import { type ApiVersionsFeatures, answerApiVersions, type ServedApi } from '../../protocol/api-versions.js';
import { apis } from '../../protocol/apis.js';
import type { ApiVersionsResponse } from '../../protocol/messages/api-versions-response.js';
import { invariant } from '../../common/invariant.js';
import type { Api } from '../handler.js';

export type ApiVersionsApi<Node> = Api<Node, typeof apis.apiVersions.request, typeof apis.apiVersions.response>;

/**
 * ApiVersions, v0–v4: what this broker serves, to anybody who asks.
 * v3 flexible, with the client's name and version (KIP-511) and the features (KIP-584)
 * @param served the router's own table, so that nothing is advertised that does not work
 * Source: kafka.server.KafkaApis.handleApiVersionsRequest, 3.9
 */
export function apiVersionsApi<Node>(
  served: () => readonly ServedApi[],
  features: (node: Node) => ApiVersionsFeatures,
): ApiVersionsApi<Node> {
  return {
    request: apis.apiVersions.request,
    response: apis.apiVersions.response,
    versions: { min: 0, max: 4 },
    handle: (request, context, node) => answerApiVersions(context.apiVersion, request, served(), features(node)).body,
  };
}

/** The answer to a version that we do not have, to be written in version 0. */
export function refuseApiVersions(version: number, served: readonly ServedApi[]): ApiVersionsResponse {
  const refusal = answerApiVersions(version, undefined, served, {
    finalizedFeaturesEpoch: -1,
    zkMigrationReady: false,
  });
  invariant(refusal.version === 0, 'a refusal in a version that not everybody reads', { version: refusal.version });
  return refusal.body;
}
