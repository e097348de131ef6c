import { propertiesOrder } from './java-order.js';
import { asNumber, asObject, asString, jsonBytes, jsonObject, parseJsonObject } from './json.js';

/**
 * /config/E/N: overrides of a topic, a broker, a user, a client id or an IP; also SCRAM credentials and quotas.
 * Keys stand in the order of the java.util.Properties that Kafka keeps them in.
 * Source: kafka.zk.ConfigEntityZNode.encode, 3.9
 */
export function encodeConfig(config: ReadonlyMap<string, string>): Buffer {
  const entries = jsonObject(
    propertiesOrder(config.keys()).map((key) => [key, jsonBytes(config.get(key) ?? '').toString('utf8')] as const),
  );
  return Buffer.from(`{"version":1,"config":${entries}}`, 'utf8');
}

/** Null data (a parent that was made on the way) and damaged data are no overrides. */
export function decodeConfig(data: Buffer | null): Map<string, string> {
  const config = asObject(parseJsonObject(data)?.['config']) ?? {};
  return new Map(Object.entries(config).map(([key, value]) => [key, String(value)]));
}

/**
 * /config/changes/config_change_N: which config to read again. `entityPath` is below /config: `topics/t1`.
 * Source: kafka.zk.ConfigEntityChangeNotificationSequenceZNode, 3.9
 */
export function encodeConfigChange(entityPath: string): Buffer {
  return jsonBytes({ version: 2, entity_path: entityPath });
}

/** Versions 1 and 2. undefined when it names nothing. */
export function decodeConfigChange(data: Buffer | null): string | undefined {
  const json = parseJsonObject(data);
  if (json === undefined) return undefined;
  if (asNumber(json['version']) === 1) {
    const type = asString(json['entity_type']);
    const name = asString(json['entity_name']);
    return type === undefined || name === undefined ? undefined : `${type}/${name}`;
  }
  return asString(json['entity_path']);
}
