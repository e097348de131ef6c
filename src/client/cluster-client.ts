import { KafkaError } from '../common/errors.js';
import { ZERO_UUID } from '../common/uuid.js';
import type { Call, Destination } from '../network/call.js';
import type { NetworkClientConfig } from '../network/client-connection.js';
import { CLIENT_DEFAULTS, NetworkClient } from '../network/network-client.js';
import type { Platform } from '../platform/platform.js';
import { apis } from '../protocol/apis.js';
import { errorName } from '../protocol/error-codes.js';
import type { Fields, TypeOf } from '../protocol/schema.js';
import { type ClientMetadata, type ClientTopic, EMPTY_METADATA, leaderIn, metadataFrom } from './client-metadata.js';
import { Backoff, isRetriable, retrying, throwIfError } from './retry.js';

/** Kafka's client settings of the same names; times ms. */
export interface ClusterClientConfig {
  readonly bootstrapServers: readonly { readonly host: string; readonly port: number }[];
  readonly clientId: string;
  /** For a whole operation, retries included (`default.api.timeout.ms`). */
  readonly apiTimeoutMs?: number;
  readonly retryBackoffMs?: number;
  readonly retryBackoffMaxMs?: number;
  readonly metadataMaxAgeMs?: number;
  /** Whether asking for an unknown topic may create it (`allow.auto.create.topics`). */
  readonly allowAutoTopicCreation?: boolean;
  readonly network?: Partial<NetworkClientConfig>;
}

export type ClientPlatform = Pick<Platform, 'network' | 'time' | 'random' | 'logger' | 'codecs'>;

export type GroupOrTransaction = 'group' | 'transaction';

/** A client's view of one cluster: who is there, who leads what, who coordinates whom; the base of all clients here. */
export class ClusterClient {
  readonly platform: ClientPlatform;
  private readonly config: Required<Omit<ClusterClientConfig, 'network'>>;
  private readonly network: NetworkClient;
  private readonly bootstrap: readonly Destination[];
  private known: ClientMetadata = EMPTY_METADATA;
  /** Topics that somebody here uses. */
  private readonly topics = new Set<string>();
  private refreshing: Promise<void> | undefined;
  private refreshedMs: number;
  private nextNode = 0;

  constructor(config: ClusterClientConfig, platform: ClientPlatform) {
    const { network, ...own } = config;
    this.platform = platform;
    this.refreshedMs = platform.time.nowMs();
    this.config = { ...CLUSTER_DEFAULTS, ...own };
    this.network = new NetworkClient({ ...CLIENT_DEFAULTS, clientId: config.clientId, ...network }, platform);
    this.bootstrap = config.bootstrapServers.map((address, at) => ({ nodeId: -1 - at, ...address }));
    this.nextNode = platform.random.int(Math.max(1, this.bootstrap.length));
  }

  /** As of the last refresh; see {@link topic}. */
  get metadata(): ClientMetadata {
    return this.known;
  }

  newBackoff(): Backoff {
    return new Backoff(this.config.retryBackoffMs, this.config.retryBackoffMaxMs, this.platform.random);
  }

  /** On the monotonic clock. */
  deadlineMs(timeoutMs = this.config.apiTimeoutMs): number {
    return this.platform.time.nowMs() + timeoutMs;
  }

  leaderOf(topic: string, partition: number): Destination | undefined {
    return leaderIn(this.known, topic, partition);
  }

  /** @throws KafkaError NETWORK_EXCEPTION, REQUEST_TIMED_OUT, UNSUPPORTED_VERSION */
  send<Q extends Fields, R extends Fields>(to: Destination, call: Call<Q, R>): Promise<TypeOf<R>> {
    return this.network.send(to, call);
  }

  sendOneWay<Q extends Fields, R extends Fields>(to: Destination, call: Call<Q, R>): Promise<void> {
    return this.network.sendOneWay(to, call);
  }

  /** To whoever answers: each known broker, then the bootstrap servers, once. Errors as {@link send}. */
  async sendToAny<Q extends Fields, R extends Fields>(call: Call<Q, R>): Promise<TypeOf<R>> {
    const nodes = [...this.known.brokers.values(), ...this.bootstrap];
    let failure: unknown = new KafkaError('NETWORK_EXCEPTION', 'no bootstrap servers');
    for (let tried = 0; tried < nodes.length; tried++) {
      const node = nodes[this.nextNode++ % nodes.length];
      if (node === undefined) break;
      try {
        return await this.network.send(node, call);
      } catch (error) {
        failure = error;
        if (!(error instanceof KafkaError) || !isRetriable(error.error)) break;
      }
    }
    throw failure;
  }

  /** To the active controller, which is looked up first; NOT_CONTROLLER is the caller's to see and retry. */
  async sendToController<Q extends Fields, R extends Fields>(call: Call<Q, R>): Promise<TypeOf<R>> {
    await this.refresh();
    const controller = this.known.brokers.get(this.known.controllerId);
    if (controller === undefined) throw new KafkaError('NOT_CONTROLLER', 'no controller is known');
    return this.network.send(controller, call);
  }

  /** Retries `attempt` with back-off until the deadline, with fresh metadata each time. */
  retrying<T>(deadlineMs: number, attempt: () => Promise<T>): Promise<T> {
    return retrying(
      {
        time: this.platform.time,
        backoff: this.newBackoff(),
        deadlineMs,
        beforeRetry: () => this.refresh().catch(() => undefined), // the next attempt says what is wrong
      },
      attempt,
    );
  }

  /**
   * The topic, found (and with auto-creation perhaps made) within the time given.
   * @throws KafkaError UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC_EXCEPTION, TOPIC_AUTHORIZATION_FAILED …
   */
  async topic(name: string, deadlineMs = this.deadlineMs()): Promise<ClientTopic> {
    this.topics.add(name);
    return this.retrying(deadlineMs, async () => {
      if (!this.known.topics.has(name)) await this.refresh();
      const found = this.known.topics.get(name);
      if (found !== undefined) return found;
      const code = this.known.errors.get(name);
      throw new KafkaError(code === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : errorName(code), `topic ${name}`);
    });
  }

  /** Asks for the metadata of all topics in use; calls at the same time share one request. */
  refresh(): Promise<void> {
    this.refreshing ??= this.askMetadata().finally(() => (this.refreshing = undefined));
    return this.refreshing;
  }

  /** Asks again if what is known is older than `metadata.max.age.ms`; goes on with the old where nobody answers. */
  async refreshIfStale(): Promise<void> {
    if (this.platform.time.nowMs() - this.refreshedMs < this.config.metadataMaxAgeMs) return;
    this.refreshedMs = this.platform.time.nowMs();
    await this.refresh().catch((error: unknown) => this.platform.logger.warn('Metadata could not be refreshed', error));
  }

  /** Every topic of the cluster, internal ones included. */
  async allTopics(): Promise<ClientMetadata> {
    return metadataFrom(await this.sendToAny({ api: apis.metadata, body: metadataRequest(null, false) }));
  }

  /** @throws KafkaError COORDINATOR_NOT_AVAILABLE … when none was found in time */
  findCoordinator(type: GroupOrTransaction, key: string, deadlineMs = this.deadlineMs()): Promise<Destination> {
    return this.retrying(deadlineMs, async () => {
      const keyType = type === 'group' ? 0 : 1;
      const body = { key, keyType, coordinatorKeys: [] };
      const found = await this.sendToAny({ api: apis.findCoordinator, maxVersion: 3, body });
      throwIfError(found.errorCode, found.errorMessage);
      return { nodeId: found.nodeId, host: found.host, port: found.port, lane: 'coordinator' };
    });
  }

  close(): void {
    this.network.close();
  }

  private async askMetadata(): Promise<void> {
    const body = metadataRequest([...this.topics], this.config.allowAutoTopicCreation);
    this.known = metadataFrom(await this.sendToAny({ api: apis.metadata, body }), this.known);
    this.refreshedMs = this.platform.time.nowMs();
  }
}

const CLUSTER_DEFAULTS = {
  apiTimeoutMs: 60000,
  retryBackoffMs: 100,
  retryBackoffMaxMs: 1000,
  metadataMaxAgeMs: 300000,
  allowAutoTopicCreation: true,
} as const;

/** @param topics null: all */
function metadataRequest(topics: readonly string[] | null, allowAutoTopicCreation: boolean) {
  return {
    topics: topics === null ? null : topics.map((name) => ({ topicId: ZERO_UUID, name })),
    allowAutoTopicCreation,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  };
}
