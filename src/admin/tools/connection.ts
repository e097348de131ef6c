import { ClusterClient, type ClientPlatform, type ClusterClientConfig } from '../../client/cluster-client.js';
import type { Logger } from '../../platform/logger.js';
import { nodeCodecs } from '../../platform/node/codecs.js';
import { formatLine } from '../../platform/node/logger.js';
import { nodeNetwork } from '../../platform/node/network.js';
import { nodeRandom } from '../../platform/node/random.js';
import { nodeTime } from '../../platform/node/time.js';
import { UsageError } from './options.js';
import { given, type PropertyReader } from './properties.js';
import type { Terminal } from './terminal.js';

/**
 * `host:port` each, separated by commas.
 * @throws UsageError worded as Kafka's ConfigException
 */
export function parseBootstrapServers(text: string): { host: string; port: number }[] {
  const addresses = text.split(',').map((one) => one.trim());
  return addresses
    .filter((address) => address !== '')
    .map((address) => {
      const [, host, digits] = /^\[?([^\]]+?)\]?:(\d+)$/.exec(address) ?? [];
      const port = Number(digits);
      if (host === undefined || port < 1 || port > 65535) {
        throw new UsageError(`Invalid url in bootstrap.servers: ${address}`);
      }
      return { host, port };
    });
}

/** Warnings and errors on standard error, in the line pattern of Kafka's tools. */
export function toolLogger(terminal: Terminal, name: string): Logger {
  const write = (level: string, message: string, failure?: unknown): void => {
    const text = failure === undefined ? message : `${message}: ${messageOf(failure)}`;
    terminal.err(formatLine({ level, message: text, logger: name, at: Date.now() }));
  };
  return {
    isDebug: false,
    debug: () => undefined,
    info: () => undefined,
    warn: (message, failure) => write('warn', message, failure),
    error: (message, failure) => write('error', message, failure),
    named: (other) => toolLogger(terminal, other),
  };
}

export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

export function toolPlatform(logger: Logger): ClientPlatform {
  return {
    time: nodeTime(),
    random: nodeRandom(),
    network: nodeNetwork(logger),
    codecs: nodeCodecs(logger),
    logger,
  };
}

/**
 * The cluster as the client's properties describe it; `timeoutProperty` bounds a search for metadata. `properties` were read from by then: what is left unread is warned
 * about, as Kafka's clients do.
 * @throws UsageError
 */
export function connect(
  bootstrapServers: string,
  clientId: string,
  properties: PropertyReader,
  platform: ClientPlatform,
  timeoutProperty: 'default.api.timeout.ms' | 'max.block.ms' = 'default.api.timeout.ms',
): ClusterClient {
  const protocol = properties.text('security.protocol') ?? 'PLAINTEXT';
  if (protocol !== 'PLAINTEXT') throw new UsageError(`security.protocol ${protocol} is not supported yet`);
  const settings: Partial<ClusterClientConfig> = given({
    retryBackoffMs: properties.number('retry.backoff.ms'),
    retryBackoffMaxMs: properties.number('retry.backoff.max.ms'),
    metadataMaxAgeMs: properties.number('metadata.max.age.ms'),
    apiTimeoutMs: properties.number(timeoutProperty),
    allowAutoTopicCreation: properties.flag('allow.auto.create.topics'),
  });
  const network = given({
    requestTimeoutMs: properties.number('request.timeout.ms'),
    socketConnectionSetupTimeoutMs: properties.number('socket.connection.setup.timeout.ms'),
    reconnectBackoffMs: properties.number('reconnect.backoff.ms'),
    reconnectBackoffMaxMs: properties.number('reconnect.backoff.max.ms'),
  });
  const cluster = new ClusterClient(
    {
      bootstrapServers: parseBootstrapServers(bootstrapServers),
      clientId: properties.text('client.id') ?? clientId,
      ...settings,
      network,
    },
    platform,
  );
  const unused = properties.unused();
  if (unused.length > 0) {
    platform.logger.warn(`These configurations '[${unused.join(', ')}]' were supplied but are not used yet.`);
  }
  return cluster;
}
