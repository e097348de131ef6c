import type { KafkaError } from '../common/errors.js';
import type { Logger } from '../platform/logger.js';
import type { Network } from '../platform/network.js';
import type { Random } from '../platform/random.js';
import type { Time } from '../platform/time.js';
import type { ApiDeclaration } from '../protocol/apis.js';
import { holdsKind } from '../protocol/holds-kind.js';
import type { Fields, TypeOf } from '../protocol/schema.js';
import { BufferPool } from './buffer-pool.js';
import type { Call, Destination, PendingCall, ResponseHandler } from './call.js';
import { EndOfTurn } from './end-of-turn.js';
import { ReceiveBuffers } from './frame-reader.js';
import type { LinkServices, NetworkClientConfig } from './client-connection.js';
import { NodeLink } from './node-link.js';

/** Kafka's defaults for a client. */
export const CLIENT_DEFAULTS = {
  softwareName: 'zkafka',
  softwareVersion: '0.1.0',
  negotiate: true,
  requestTimeoutMs: 30000,
  socketConnectionSetupTimeoutMs: 10000,
  reconnectBackoffMs: 50,
  reconnectBackoffMaxMs: 1000,
  maxInFlight: 100,
  maxQueued: 10000,
  maxResponseBytes: 104857600,
} as const;

const POOLED_BYTES = 16 * 1048576;

/** Requests from here to other nodes: between brokers, from the controller to brokers, from clients. */
export class NetworkClient {
  private readonly services: LinkServices;
  private readonly links = new Map<string, NodeLink>();
  /** Whether responses of an API carry bytes that are decoded to views. */
  private readonly viewsByKey = new Map<number, boolean>();
  private isClosed = false;

  constructor(
    config: NetworkClientConfig,
    platform: { readonly network: Network; readonly time: Time; readonly random: Random; readonly logger: Logger },
  ) {
    this.services = {
      config,
      network: platform.network,
      time: platform.time,
      random: platform.random,
      logger: platform.logger.named('org.apache.kafka.clients.NetworkClient'),
      buffers: new ReceiveBuffers(new BufferPool(POOLED_BYTES)),
      endOfTurn: new EndOfTurn(),
    };
  }

  /**
   * Resolves with the response, whose bytes are its own.
   * @throws KafkaError NETWORK_EXCEPTION, REQUEST_TIMED_OUT, UNSUPPORTED_VERSION; see {@link ResponseHandler.onFailure}
   */
  send<Q extends Fields, R extends Fields>(to: Destination, call: Call<Q, R>): Promise<TypeOf<R>> {
    return new Promise((resolve, reject) => {
      const handler = { onResponse: resolve, onFailure: (error: KafkaError) => reject(error) };
      this.add(to, call, { isOneWay: false, isCopied: this.holdsViews(call.api) }, handler);
    });
  }

  /** As {@link send}, without copying what the response carries: for the fetches of replicas. */
  sendInPlace<Q extends Fields, R extends Fields>(
    to: Destination,
    call: Call<Q, R>,
    handler: ResponseHandler<TypeOf<R>>,
  ): void {
    this.add(to, call, { isOneWay: false, isCopied: false }, handler);
  }

  /** For a request that is never answered (Produce with acks=0): resolves when it was handed to the network. */
  sendOneWay<Q extends Fields, R extends Fields>(to: Destination, call: Call<Q, R>): Promise<void> {
    return new Promise((resolve, reject) => {
      const handler = { onResponse: () => resolve(), onFailure: (error: KafkaError) => reject(error) };
      this.add(to, call, { isOneWay: true, isCopied: false }, handler);
    });
  }

  /** Whether a connection stands and is ready for calls. */
  isReady(to: Destination): boolean {
    return this.links.get(keyOf(to))?.isReady === true;
  }

  /** Closes the connection and fails what is on its way. */
  disconnect(to: Destination): void {
    const key = keyOf(to);
    this.links.get(key)?.close('disconnected');
    this.links.delete(key);
  }

  close(): void {
    this.isClosed = true;
    for (const link of this.links.values()) link.close('the client is closed');
    this.links.clear();
  }

  private add<Q extends Fields, R extends Fields>(
    to: Destination,
    call: Call<Q, R>,
    how: { isOneWay: boolean; isCopied: boolean },
    handler: ResponseHandler<TypeOf<R>>,
  ): void {
    const pending: PendingCall = {
      api: call.api,
      version: call.version,
      maxVersion: call.maxVersion ?? Infinity,
      body: call.body,
      deadlineMs: this.services.time.nowMs() + (call.timeoutMs ?? this.services.config.requestTimeoutMs),
      ...how,
      handler: handler,
    };
    this.linkTo(to).add(pending);
  }

  private holdsViews({ key, response }: ApiDeclaration): boolean {
    let holds = this.viewsByKey.get(key);
    if (holds === undefined) this.viewsByKey.set(key, (holds = holdsKind(response.fields, ['bytes', 'records'])));
    return holds;
  }

  private linkTo(to: Destination): NodeLink {
    const key = keyOf(to);
    const known = this.links.get(key);
    if (known?.leadsTo(to) === true) return known;
    known?.close(`node ${to.nodeId} has moved to ${to.host}:${to.port}`);
    const link = new NodeLink(to, this.services);
    if (this.isClosed) link.close('the client is closed');
    else this.links.set(key, link);
    return link;
  }
}

function keyOf({ nodeId, lane }: Destination): string {
  return `${nodeId}/${lane ?? 'main'}`;
}
