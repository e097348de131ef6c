import { KafkaError } from '../common/errors.js';
import type { ApiDeclaration } from '../protocol/apis.js';
import type { ApiVersionsResponse } from '../protocol/messages/api-versions-response.js';
import { parseVersions } from '../protocol/versions.js';

/** What the other side of a connection serves, as its ApiVersions response said. */
export class NegotiatedVersions {
  private readonly ranges = new Map<number, { readonly min: number; readonly max: number }>();

  constructor(response: ApiVersionsResponse) {
    for (const { apiKey, minVersion, maxVersion } of response.apiKeys) {
      this.ranges.set(apiKey, { min: minVersion, max: maxVersion });
    }
  }

  /**
   * The highest version that both sides know, and no higher than `maxVersion`.
   * @throws KafkaError UNSUPPORTED_VERSION
   * Source: org.apache.kafka.clients.NodeApiVersions.latestUsableVersion, 3.9
   */
  latestUsable(api: ApiDeclaration, maxVersion = Infinity): number {
    const own = parseVersions(api.request.versions);
    const theirs = this.ranges.get(api.key);
    if (theirs === undefined) throw new KafkaError('UNSUPPORTED_VERSION', `The node does not support ${api.name}`);
    const version = Math.min(own.max, theirs.max, maxVersion);
    if (version < own.min || version < theirs.min) {
      throw new KafkaError('UNSUPPORTED_VERSION', `The node does not support ${api.name} in a version of ours`);
    }
    return version;
  }
}
