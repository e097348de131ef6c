import { KafkaError } from '../../common/errors.js';
import type { Endpoint } from '../../metadata/endpoint.js';
import { asNumber, asObject, asString, jsonBytes, parseJsonObject } from './json.js';

/** /brokers/ids/N: what a broker says of itself. */
export interface BrokerZNode {
  readonly id: number;
  readonly endpoints: readonly Endpoint[];
  readonly rack: string | null;
  /** −1: none. */
  readonly jmxPort: number;
  /** ms since the epoch. */
  readonly timestampMs: number;
}

/**
 * Version 5. Host and port repeat the first PLAINTEXT endpoint for clients of 0.8; null and −1 when there is none.
 * Source: kafka.zk.BrokerIdZNode.encode, 3.9
 */
export function encodeBroker(broker: BrokerZNode): Buffer {
  const plaintext = broker.endpoints.find((endpoint) => endpoint.securityProtocol === 'PLAINTEXT');
  return jsonBytes({
    features: {},
    listener_security_protocol_map: Object.fromEntries(
      broker.endpoints.map((endpoint) => [endpoint.listener, endpoint.securityProtocol]),
    ),
    endpoints: broker.endpoints.map(endpointText),
    ...(broker.rack === null ? {} : { rack: broker.rack }),
    jmx_port: broker.jmxPort,
    port: plaintext?.port ?? -1,
    host: plaintext?.host ?? null,
    version: 5,
    timestamp: String(broker.timestampMs),
  });
}

function endpointText(endpoint: Endpoint): string {
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  return `${endpoint.listener}://${host}:${endpoint.port}`;
}

const ENDPOINT = /^(.*):\/\/\[?([0-9a-zA-Z\-%._:]*)\]?:(-?[0-9]+)$/;
const PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const;

/** Versions 1 to 5. @throws KafkaError UNKNOWN_SERVER_ERROR if the data is no broker registration */
export function decodeBroker(id: number, data: Buffer | null): BrokerZNode {
  const json = parseJsonObject(data);
  if (json === undefined) throw malformed(`/brokers/ids/${id}`, data);
  const protocols = asObject(json['listener_security_protocol_map']) ?? {};
  const listed = Array.isArray(json['endpoints']) ? json['endpoints'] : undefined;
  const texts = listed ?? [`PLAINTEXT://${asString(json['host']) ?? ''}:${asNumber(json['port']) ?? -1}`];
  const endpoints = texts.map((text): Endpoint => {
    const [, listener, host, port] = ENDPOINT.exec(String(text)) ?? [];
    const securityProtocol = PROTOCOLS.find((name) => name === (protocols[listener ?? ''] ?? listener));
    if (listener === undefined || host === undefined || securityProtocol === undefined) {
      throw malformed(`/brokers/ids/${id}`, data);
    }
    return { listener, host, port: Number(port), securityProtocol };
  });
  return {
    id,
    endpoints,
    rack: asString(json['rack']) ?? null,
    jmxPort: asNumber(json['jmx_port']) ?? -1,
    timestampMs: Number(json['timestamp'] ?? -1),
  };
}

/** /controller. */
export interface ControllerZNode {
  readonly brokerId: number;
  readonly timestampMs: number;
  /** Above 0 during a migration: a KRaft controller governs. */
  readonly kraftControllerEpoch: number;
}

/** Source: kafka.zk.ControllerZNode.encode, 3.9 */
export function encodeController(controller: ControllerZNode): Buffer {
  return jsonBytes({
    version: 2,
    brokerid: controller.brokerId,
    timestamp: String(controller.timestampMs),
    kraftControllerEpoch: controller.kraftControllerEpoch,
  });
}

export function decodeController(data: Buffer | null): ControllerZNode {
  const json = parseJsonObject(data);
  const brokerId = asNumber(json?.['brokerid']);
  if (json === undefined || brokerId === undefined) throw malformed('/controller', data);
  return {
    brokerId,
    timestampMs: Number(json['timestamp'] ?? -1),
    kraftControllerEpoch: asNumber(json['kraftControllerEpoch']) ?? -1,
  };
}

/** /controller_epoch: the number as text. The znode's version equals it unless somebody wrote it by hand. */
export function encodeControllerEpoch(epoch: number): Buffer {
  return Buffer.from(String(epoch), 'utf8');
}

export function decodeControllerEpoch(data: Buffer | null): number {
  const epoch = Number(data?.toString('utf8') ?? '');
  if (!Number.isSafeInteger(epoch)) throw malformed('/controller_epoch', data);
  return epoch;
}

/** /cluster/id. Its version is a string, unlike all others. */
export function encodeClusterId(id: string): Buffer {
  return jsonBytes({ version: '1', id });
}

export function decodeClusterId(data: Buffer | null): string {
  const id = asString(parseJsonObject(data)?.['id']);
  if (id === undefined) throw malformed('/cluster/id', data);
  return id;
}

/** /feature as a broker of inter.broker.protocol.version 2.7 and later makes it: enabled, no feature finalized. */
export const INITIAL_FEATURES: Buffer = jsonBytes({ features: {}, version: 2, status: 1 });

/** /latest_producer_id_block: the block last handed out; both ends belong to it. */
export interface ProducerIdBlockZNode {
  readonly brokerId: number;
  readonly first: number;
  readonly last: number;
}

/** Source: kafka.zk.ProducerIdBlockZNode, 3.9 */
export function encodeProducerIdBlock(block: ProducerIdBlockZNode): Buffer {
  return jsonBytes({
    version: 1,
    broker: block.brokerId,
    block_start: String(block.first),
    block_end: String(block.last),
  });
}

/** undefined: none was handed out yet. */
export function decodeProducerIdBlock(data: Buffer | null): ProducerIdBlockZNode | undefined {
  const json = parseJsonObject(data);
  if (json === undefined) return undefined;
  const block = {
    brokerId: asNumber(json['broker']) ?? -1,
    first: Number(json['block_start']),
    last: Number(json['block_end']),
  };
  if (!Number.isSafeInteger(block.first) || !Number.isSafeInteger(block.last)) {
    throw malformed('/latest_producer_id_block', data);
  }
  return block;
}

export function malformed(path: string, data: Buffer | null): KafkaError {
  const text = data === null ? 'null' : data.toString('utf8').slice(0, 200);
  return new KafkaError('UNKNOWN_SERVER_ERROR', `cannot parse znode ${path}: ${text}`);
}
