import { apis } from './apis.js';
import { errorCode } from './error-codes.js';
import type { ApiVersionsResponse } from './messages/api-versions-response.js';
import type { ApiVersionsRequest } from './messages/api-versions-request.js';

/** The versions of one API that a broker answers. */
export interface ServedApi {
  readonly apiKey: number;
  readonly minVersion: number;
  readonly maxVersion: number;
}

/** What ApiVersions says besides the ranges; a broker in ZooKeeper mode supports no features. */
export interface ApiVersionsFeatures {
  /** The data version of /feature. */
  readonly finalizedFeaturesEpoch: number;
  readonly zkMigrationReady: boolean;
}

/**
 * The body that answers an ApiVersions request, and the version to write it in: a version we do not have is answered in
 * version 0, with the error and the one range the client needs to ask again.
 * Source: kafka.server.KafkaApis.handleApiVersionsRequest, org.apache.kafka.common.requests.ApiVersionsRequest, 3.9
 */
export function answerApiVersions(
  version: number,
  request: ApiVersionsRequest | undefined,
  served: readonly ServedApi[],
  features: ApiVersionsFeatures,
): { readonly version: number; readonly body: ApiVersionsResponse } {
  const own = served.find((api) => api.apiKey === apis.apiVersions.key);
  if (request === undefined || own === undefined || version < own.minVersion || version > own.maxVersion) {
    const ranges = own === undefined ? [] : [own];
    return { version: 0, body: apiVersionsBody(errorCode('UNSUPPORTED_VERSION'), ranges) };
  }
  if (version >= 3 && !(isValidName(request.clientSoftwareName) && isValidName(request.clientSoftwareVersion))) {
    return { version, body: apiVersionsBody(errorCode('INVALID_REQUEST'), []) };
  }
  const ranges = [...served].sort((a, b) => a.apiKey - b.apiKey);
  return { version, body: { ...apiVersionsBody(errorCode('NONE'), ranges), ...features } };
}

function apiVersionsBody(error: number, ranges: readonly ServedApi[]): ApiVersionsResponse {
  return {
    errorCode: error,
    apiKeys: ranges.map(({ apiKey, minVersion, maxVersion }) => ({ apiKey, minVersion, maxVersion })),
    throttleTimeMs: 0,
    supportedFeatures: [],
    finalizedFeaturesEpoch: -1,
    finalizedFeatures: [],
    zkMigrationReady: false,
  };
}

/** KIP-511: letters, digits, dashes and dots, neither of the latter two at the ends. */
function isValidName(text: string): boolean {
  return /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/.test(text);
}
