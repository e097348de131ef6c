import type { ConfigReader } from '../../config/reader.js';
import type { Endpoint } from '../metadata/endpoint.js';
import { BrokerStartError } from './start-error.js';

export interface ListenerSettings {
  readonly listeners: readonly Endpoint[];
  /** Ports of 0 stand for the bound ones. */
  readonly advertisedListeners: readonly Endpoint[];
  readonly interBrokerListenerName: string;
}

type Protocols = ReadonlyMap<string, Endpoint['securityProtocol']>;
const PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const;
const META_ADDRESS = '0.0.0.0';
const IPV4 = /^\d+(\.\d+){3}$/;

/**
 * Where a broker listens, and what it tells others of it.
 * @param hostName what a listener without a host is advertised as
 * @throws BrokerStartError for what cannot be read, does not fit together, or is not served yet
 * Source: kafka.server.KafkaConfig.validateValues, kafka.server.KafkaServer.createBrokerInfo, 3.9
 */
export function listenerSettings(broker: ConfigReader, hostName: string): ListenerSettings {
  const protocols = protocolMap(broker);
  const text = broker.text('listeners') ?? '';
  const listeners = listenersOf(text, 'listeners', protocols);
  checkPorts(listeners, text);
  const advertised = broker.text('advertised.listeners');
  const told = advertised === undefined ? listeners : listenersOf(advertised, 'advertised.listeners', protocols);
  checkAdvertised(told, listeners);
  return {
    listeners,
    advertisedListeners: told.map((endpoint) => (endpoint.host === '' ? { ...endpoint, host: hostName } : endpoint)),
    interBrokerListenerName: interBrokerListener(broker, told),
  };
}

/** listener.security.protocol.map: which protocol a listener of that name speaks. */
function protocolMap(broker: ConfigReader): Protocols {
  const map = new Map<string, Endpoint['securityProtocol']>();
  for (const item of broker.list('listener.security.protocol.map')) {
    const [listener = '', name = ''] = item.split(':');
    const protocol = PROTOCOLS.find((known) => known === name.trim().toUpperCase());
    if (protocol === undefined) {
      throw new BrokerStartError(
        `Invalid value ${item} for configuration listener.security.protocol.map: no such protocol`,
      );
    }
    map.set(listener.trim().toUpperCase(), protocol);
  }
  return map;
}

const LISTENER = /^([^:/]+):\/\/\[?([0-9a-zA-Z\-%._:]*)\]?:(-?\d+)$/;

function listenersOf(text: string, setting: string, protocols: Protocols): Endpoint[] {
  const endpoints = text.split(',').map((item): Endpoint => {
    const [, name, host, port] = LISTENER.exec(item.trim()) ?? [];
    if (name === undefined || host === undefined) {
      throw new BrokerStartError(
        `Invalid value ${text} for configuration ${setting}: Unable to parse ${item} to a broker endpoint`,
      );
    }
    const listener = name.toUpperCase();
    const securityProtocol = protocols.get(listener);
    if (securityProtocol === undefined) {
      throw new BrokerStartError(
        `Error creating broker listeners from '${text}': No security protocol defined for listener ${listener}`,
      );
    }
    if (securityProtocol !== 'PLAINTEXT') {
      throw new BrokerStartError(
        `Invalid value ${text} for configuration ${setting}: ${securityProtocol} is not served yet`,
      );
    }
    return { listener, securityProtocol, host, port: Number(port) };
  });
  const names = new Set(endpoints.map((endpoint) => endpoint.listener));
  if (names.size !== endpoints.length) {
    throw new BrokerStartError(
      `Invalid value ${text} for configuration ${setting}: Each listener must have a different name, ${setting}: ${text}`,
    );
  }
  return endpoints;
}

/** One port each; an IPv4 and an IPv6 address may share one (KIP-797). */
function checkPorts(listeners: readonly Endpoint[], text: string): void {
  const shares = (a: Endpoint, b: Endpoint): boolean => IPV4.test(a.host) && b.host.includes(':');
  const clash = listeners.some((one, i) =>
    listeners
      .slice(i + 1)
      .some((other) => one.port !== 0 && one.port === other.port && !shares(one, other) && !shares(other, one)),
  );
  if (!clash) return;
  throw new BrokerStartError(
    `Invalid value ${text} for configuration listeners: Each listener must have a different port, listeners: ${text}`,
  );
}

function checkAdvertised(advertised: readonly Endpoint[], listeners: readonly Endpoint[]): void {
  const known = namesOf(listeners);
  if (advertised.some(({ listener }) => !known.includes(listener))) {
    throw new BrokerStartError(
      `requirement failed: advertised.listeners listener names must be equal to or a subset of the ones defined in listeners. Found ${namesOf(advertised).join(',')}. The valid options based on the current configuration are ${known.join(',')}`,
    );
  }
  if (advertised.some(({ host }) => host === META_ADDRESS)) {
    throw new BrokerStartError(
      `requirement failed: advertised.listeners cannot use the nonroutable meta-address ${META_ADDRESS}. Use a routable IP address.`,
    );
  }
}

/** The one named so, or the first that speaks security.inter.broker.protocol: its listener is called like it. */
function interBrokerListener(broker: ConfigReader, advertised: readonly Endpoint[]): string {
  const named = broker.text('inter.broker.listener.name')?.toUpperCase();
  const protocol = broker.text('security.inter.broker.protocol') ?? 'PLAINTEXT';
  const wanted = named ?? protocol;
  if (advertised.some(({ listener }) => listener === wanted)) return wanted;
  throw new BrokerStartError(
    `requirement failed: inter.broker.listener.name must be a listener name defined in advertised.listeners. The valid options based on currently configured listeners are ${namesOf(advertised).join(',')}`,
  );
}

function namesOf(endpoints: readonly Endpoint[]): string[] {
  return endpoints.map(({ listener }) => listener);
}
