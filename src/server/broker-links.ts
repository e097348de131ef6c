import { KafkaError } from '../common/errors.js';
import { invariant } from '../common/invariant.js';
import type { ControllerChannelSender } from '../controller/zk/controller-channel.js';
import type { MetadataCache } from '../metadata/metadata-cache.js';
import type { Destination } from '../network/call.js';
import { CLIENT_DEFAULTS, NetworkClient } from '../network/network-client.js';
import type { Platform } from '../platform/platform.js';
import { apiByKey, apis } from '../protocol/apis.js';
import type { FetchTransport } from '../replication/fetch-transport.js';
import { endpointOf } from './endpoints.js';

/** KIP-511: between brokers our ApiVersions request names its software so. */
export const BROKER_SOFTWARE = 'zkafka-broker';

/** Connections to other brokers: their versions are those of inter.broker.protocol.version, so nothing is negotiated. */
export function brokerNetworkClient(
  brokerId: number,
  config: { readonly requestTimeoutMs: number; readonly socketRequestMaxBytes: number },
  platform: Platform,
): NetworkClient {
  return new NetworkClient(
    {
      ...CLIENT_DEFAULTS,
      clientId: `broker-${brokerId}`,
      softwareName: BROKER_SOFTWARE,
      negotiate: false,
      requestTimeoutMs: config.requestTimeoutMs,
      maxResponseBytes: Math.max(config.socketRequestMaxBytes, CLIENT_DEFAULTS.maxResponseBytes),
    },
    platform,
  );
}

/** The controller's requests to brokers, each broker on a connection of its own. */
export function controllerSender(client: NetworkClient, timeoutMs: number): ControllerChannelSender {
  return (node, api, body) => {
    const declaration = apiByKey(api.request.apiKey ?? -1);
    invariant(declaration !== undefined, 'an API that is not declared', { name: api.request.name });
    const to = { nodeId: node.id, host: node.host, port: node.port, lane: 'control' };
    return client.send(to, {
      api: declaration,
      version: api.version,
      body,
      timeoutMs,
    });
  };
}

/** The fetches of replicas, each fetcher on a connection of its own. */
export function fetchTransport(
  client: NetworkClient,
  metadata: MetadataCache,
  config: { readonly interBrokerListenerName: string; readonly timeoutMs: number },
): FetchTransport {
  const destination = (leader: number, fetcherId: number): Destination | undefined => {
    const broker = metadata.broker(leader);
    const endpoint = broker === undefined ? undefined : endpointOf(broker, config.interBrokerListenerName);
    if (endpoint === undefined) return undefined;
    return { nodeId: leader, host: endpoint.host, port: endpoint.port, lane: `fetcher-${fetcherId}` };
  };
  const send: FetchTransport['fetch'] = (leader, fetcherId, version, body, answer) => {
    const to = destination(leader, fetcherId);
    if (to === undefined) {
      queueMicrotask(() => answer.onFailure(unreachable(leader)));
      return;
    }
    client.sendInPlace(to, { api: apis.fetch, version, body, timeoutMs: config.timeoutMs }, answer);
  };
  return {
    fetch: send,
    listOffsets: (leader, fetcherId, version, body, answer) => {
      const to = destination(leader, fetcherId);
      if (to === undefined) {
        queueMicrotask(() => answer.onFailure(unreachable(leader)));
        return;
      }
      client.sendInPlace(to, { api: apis.listOffsets, version, body, timeoutMs: config.timeoutMs }, answer);
    },
    close: (leader, fetcherId) => {
      const to = destination(leader, fetcherId);
      if (to !== undefined) client.disconnect(to);
    },
  };
}

function unreachable(leader: number): KafkaError {
  return new KafkaError('NETWORK_EXCEPTION', `broker ${leader} is not known to be alive`);
}
