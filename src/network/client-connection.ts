import { errorNameOf, KafkaError } from '../common/errors.js';
import { InvariantError } from '../common/invariant.js';
import type { Logger } from '../platform/logger.js';
import type { Network, Socket, SocketHandler } from '../platform/network.js';
import type { Random } from '../platform/random.js';
import type { Time } from '../platform/time.js';
import { apis } from '../protocol/apis.js';
import { errorCode } from '../protocol/error-codes.js';
import { correlationIdOf, decodeResponse, encodeRequest } from '../protocol/frame.js';
import type { ApiVersionsResponse } from '../protocol/messages/api-versions-response.js';
import { parseVersions } from '../protocol/versions.js';
import type { Destination, PendingCall, SentCall } from './call.js';
import type { EndOfTurn } from './end-of-turn.js';
import { FrameReader, type FrameSink, type ReceiveBuffers } from './frame-reader.js';
import { FrameWriter } from './frame-writer.js';
import { NegotiatedVersions } from './negotiated-versions.js';

/** Kafka's client settings of the same names; times ms. */
export interface NetworkClientConfig {
  readonly clientId: string;
  /** KIP-511: `zkafka-broker` between brokers. */
  readonly softwareName: string;
  readonly softwareVersion: string;
  /** Asks every node for its ApiVersions before anything else. */
  readonly negotiate: boolean;
  readonly requestTimeoutMs: number;
  readonly socketConnectionSetupTimeoutMs: number;
  readonly reconnectBackoffMs: number;
  readonly reconnectBackoffMaxMs: number;
  /** Sent and unanswered, per connection. */
  readonly maxInFlight: number;
  /** Waiting to be sent, per connection; beyond it a call fails at once. */
  readonly maxQueued: number;
  readonly maxResponseBytes: number;
}

/** What the connections of one client share. */
export interface LinkServices {
  readonly config: NetworkClientConfig;
  readonly network: Network;
  readonly time: Time;
  readonly random: Random;
  readonly logger: Logger;
  readonly buffers: ReceiveBuffers;
  readonly endOfTurn: EndOfTurn;
}

/** Who uses a {@link ClientConnection}. None of it is called from inside a call into the connection. */
export interface ConnectionOwner {
  /** It stands, and can {@link ClientConnection.send}. */
  onReady(): void;
  /** It can take more again. */
  onRoom(): void;
  /** The last call. `unanswered`: what was sent. */
  onLost(unanswered: SentCall[], error: Error | undefined): void;
}

/** Requests are held back while more than this waits to be sent. */
const MAX_QUEUED_WRITE_BYTES = 4 * 1048576;

/** One outgoing connection: calls go out pipelined, and come back in the same order. */
export class ClientConnection implements SocketHandler, FrameSink {
  private readonly to: Destination;
  private readonly services: LinkServices;
  private readonly owner: ConnectionOwner;
  private readonly reader: FrameReader;
  private readonly socket: Socket;
  private readonly writer: FrameWriter;
  private readonly sent: SentCall[] = [];
  private versions: NegotiatedVersions | undefined;
  private nextCorrelationId = 0;
  private isClosed = false;

  constructor(to: Destination, services: LinkServices, owner: ConnectionOwner) {
    this.to = to;
    this.services = services;
    this.owner = owner;
    const { network, buffers, config } = services;
    this.reader = new FrameReader(buffers, config.maxResponseBytes, this);
    const timeoutMs = config.socketConnectionSetupTimeoutMs;
    this.socket = network.connect({ host: to.host, port: to.port }, { timeoutMs }, this);
    this.writer = new FrameWriter(this.socket, buffers.pool);
  }

  /** Whether another call may be sent now; if not, `onRoom` tells when. */
  get hasRoom(): boolean {
    return this.sent.length < this.services.config.maxInFlight && this.writer.queuedBytes < MAX_QUEUED_WRITE_BYTES;
  }

  /** In the order in which they were sent. */
  get unanswered(): readonly SentCall[] {
    return this.sent;
  }

  /** Encodes the request; {@link flush} sends it. @throws KafkaError UNSUPPORTED_VERSION: nothing was sent */
  send(call: PendingCall): void {
    const { writer, nextCorrelationId: correlationId } = this;
    const sentVersion = call.version ?? this.latestVersion(call);
    try {
      const { clientId } = this.services.config;
      const frame = encodeRequest(call.api, sentVersion, correlationId, clientId, call.body, writer.allocate);
      writer.push(frame.length);
    } catch (error) {
      writer.abandon();
      throw error instanceof KafkaError ? error : new KafkaError(errorNameOf(error), String(error));
    }
    this.nextCorrelationId = (correlationId + 1) & 0x7fffffff;
    if (!call.isOneWay) this.sent.push(sentCall(call, sentVersion, correlationId));
  }

  flush(): void {
    this.writer.flush();
  }

  /** Closes at once. `onLost` is not called any more; what was unanswered is returned. */
  abort(): SentCall[] {
    this.isClosed = true;
    this.reader.release();
    this.socket.destroy();
    return this.sent.splice(0);
  }

  onConnect(): void {
    if (this.isClosed) return;
    if (this.services.config.negotiate) this.askVersions(parseVersions(apis.apiVersions.request.versions).max);
    else this.owner.onReady();
  }

  buffer(): Buffer {
    return this.reader.buffer();
  }

  onBytes(count: number): boolean {
    const { endOfTurn } = this.services;
    endOfTurn.enter();
    try {
      this.reader.received(count);
    } catch (error) {
      this.onBadBytes(error);
    } finally {
      endOfTurn.leave();
    }
    return true;
  }

  onFrame(bytes: Buffer, start: number, end: number): boolean {
    const call = this.sent[0];
    if (call === undefined) throw new Error('a response that nobody asked for');
    const correlationId = correlationIdOf(bytes, start, end);
    if (correlationId !== call.correlationId) {
      throw new Error(`Correlation id for response (${correlationId}) does not match request (${call.correlationId})`);
    }
    const { body } = call.isCopied
      ? decodeResponse(call.api, call.sentVersion, Buffer.from(bytes.subarray(start, end)))
      : decodeResponse(call.api, call.sentVersion, bytes, start, end);
    const hadRoom = this.hasRoom;
    this.sent.shift();
    call.handler.onResponse(body);
    if (!hadRoom) this.owner.onRoom();
    return true;
  }

  onDrain(): void {
    this.owner.onRoom();
  }

  onClose(error?: Error): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.reader.release();
    this.owner.onLost(this.sent.splice(0), error);
  }

  private latestVersion(call: PendingCall): number {
    if (this.versions !== undefined) return this.versions.latestUsable(call.api, call.maxVersion);
    return Math.min(call.maxVersion, parseVersions(call.api.request.versions).max);
  }

  private askVersions(version: number): void {
    const { config, time } = this.services;
    this.send({
      api: apis.apiVersions,
      version,
      maxVersion: version,
      body: { clientSoftwareName: config.softwareName, clientSoftwareVersion: config.softwareVersion },
      deadlineMs: time.nowMs() + config.requestTimeoutMs,
      isOneWay: false,
      isCopied: false,
      handler: {
        onResponse: (response) => this.onVersions(response as unknown as ApiVersionsResponse),
        onFailure: () => undefined, // the owner tells those who wait for the connection
      },
    });
    this.flush();
  }

  /** An older node answers a version it does not know with error 35 and the range that it does know. */
  private onVersions(response: ApiVersionsResponse): void {
    if (response.errorCode === errorCode('UNSUPPORTED_VERSION')) {
      const range = response.apiKeys.find(({ apiKey }) => apiKey === apis.apiVersions.key);
      this.askVersions(range?.maxVersion ?? 0);
    } else if (response.errorCode !== errorCode('NONE')) {
      throw new Error(`ApiVersions was answered with error ${response.errorCode}`);
    } else {
      this.versions = new NegotiatedVersions(response);
      this.owner.onReady();
    }
  }

  private onBadBytes(error: unknown): void {
    const { nodeId, host, port } = this.to;
    this.services.logger.error(`Closing the connection to node ${nodeId} (${host}:${port})`, error);
    this.onClose(error instanceof Error ? error : undefined);
    this.socket.destroy();
    if (error instanceof InvariantError) throw error; // a bug in a handler of ours: it stops the node
  }
}

/** Field by field: a spread costs a microsecond. */
function sentCall(call: PendingCall, sentVersion: number, correlationId: number): SentCall {
  const { api, version, maxVersion, body, deadlineMs, isOneWay, isCopied, handler } = call;
  return { api, version, maxVersion, body, deadlineMs, isOneWay, isCopied, handler, sentVersion, correlationId };
}
