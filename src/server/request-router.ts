import { errorNameOf, KafkaError } from '../common/errors.js';
import { InvariantError } from '../common/invariant.js';
import type { Connection } from '../network/connection.js';
import type { Exchange, ExchangeState, RequestReceiver } from '../network/exchange.js';
import type { FrameWriter } from '../network/frame-writer.js';
import type { Logger } from '../platform/logger.js';
import type { ApiVersionsFeatures, ServedApi } from '../protocol/api-versions.js';
import { apiByKey, apis } from '../protocol/apis.js';
import { errorCode, NONE } from '../protocol/error-codes.js';
import type { ApiVersionsRequest } from '../protocol/messages/api-versions-request.js';
import type { ApiVersionsResponse } from '../protocol/messages/api-versions-response.js';
import { DecodeError, Reader } from '../protocol/reader.js';
import type { Message } from '../protocol/schema.js';
import { type Api, CLOSE_CONNECTION, type HandlerResult, NO_RESPONSE, type RequestContext } from './handler.js';
import { apiVersionsApi, refuseApiVersions } from './handlers/api-versions.js';
import { type AnyResponse, Route, type RouteVersion } from './route.js';

export interface RouterOptions<Node> {
  readonly logger: Logger;
  /** What ApiVersions says of /feature and the migration. */
  readonly features: (node: Node) => ApiVersionsFeatures;
  /** A bug was found while a request was handled: the node stops. */
  readonly onFault: (error: InvariantError) => void;
}

/**
 * Decodes a request, finds its handler, encodes the answer, and is the one place where thrown errors become codes.
 * A key or a version that is not served closes the connection, as in Kafka; ApiVersions alone is answered in any version.
 * Source: kafka.network.SocketServer.Processor.processCompletedReceives, kafka.server.KafkaApis.handle, 3.9
 */
export class RequestRouter<Node> implements RequestReceiver {
  private readonly node: Node;
  private readonly logger: Logger;
  private readonly onFault: (error: InvariantError) => void;
  /** [apiKey] */
  private readonly routes: (Route<Node> | undefined)[] = [];
  /** What ApiVersions advertises, by key. */
  readonly served: readonly ServedApi[];

  /** @param table the APIs of this node without ApiVersions, which the router adds; see {@link routeOf} */
  constructor(node: Node, table: readonly Route<Node>[], options: RouterOptions<Node>) {
    this.node = node;
    this.logger = options.logger.named('kafka.network.RequestChannel');
    this.onFault = options.onFault;
    const own = routeOf(apiVersionsApi(() => this.served, options.features));
    for (const route of [...table, own]) this.routes[route.apiKey] = route;
    this.served = this.routes.filter((route) => route !== undefined);
  }

  mayOverlap(frame: Buffer, start: number, end: number): boolean {
    return end - start >= 2 && this.routes[frame.readInt16BE(start)]?.overlaps === true;
  }

  begin(connection: Connection, bytes: Buffer, start: number, end: number): Exchange {
    const request = new RoutedRequest(connection, end - start);
    try {
      this.dispatch(request, bytes, start, end);
    } catch (error) {
      const what = `apiKey: ${nameOf(request.apiKey)}, apiVersion: ${request.apiVersion}`;
      this.logger.error(`Closing socket for ${connection.id} because of error, ${what}`, error);
      request.settle(CLOSE_CONNECTION);
    }
    return request;
  }

  /** @throws DecodeError */
  private dispatch(request: RoutedRequest, bytes: Buffer, start: number, end: number): void {
    const from = new Reader(bytes, start, end);
    const apiKey = (request.apiKey = from.int16());
    const version = (request.apiVersion = from.int16());
    request.correlationId = from.int32();
    const route = this.routes[apiKey];
    if (route === undefined) throw new DecodeError(`Received request api key ${nameOf(apiKey)} which is not enabled`);
    const inVersion = route.version(version);
    if (inVersion === undefined) {
      this.refuse(request, route);
      return;
    }
    request.route = inVersion;
    const body = inVersion.readRequest(from, request);
    this.handle(request, inVersion, body);
    if (apiKey === apis.apiVersions.key && request.isAnsweredWith(NONE)) noteSoftware(request.connection, body);
  }

  private handle(request: RoutedRequest, route: RouteVersion<Node>, body: unknown): void {
    let result;
    try {
      result = route.handle(body, request, this.node);
    } catch (error) {
      request.settle(this.errorResult(request, route, body, error));
      return;
    }
    if (!(result instanceof Promise)) {
      request.settle(result);
      return;
    }
    result.then(
      (later) => request.settleLater(later),
      (error: unknown) => request.settleLater(this.errorResult(request, route, body, error)),
    );
  }

  /** @throws DecodeError for all but ApiVersions, which answers in version 0 what it would have understood */
  private refuse(request: RoutedRequest, route: Route<Node>): void {
    const { apiKey, apiVersion } = request;
    const oldest = apiKey === apis.apiVersions.key ? route.version(0) : undefined;
    if (oldest === undefined) {
      throw new DecodeError(
        `Received request api key ${nameOf(apiKey)} with version ${apiVersion} which is not enabled`,
      );
    }
    request.route = oldest;
    request.settle(refuseApiVersions(apiVersion, this.served) satisfies ApiVersionsResponse);
  }

  private errorResult(
    request: RoutedRequest,
    route: RouteVersion<Node>,
    body: unknown,
    error: unknown,
  ): HandlerResult<AnyResponse> {
    const isExpected = error instanceof KafkaError;
    if (!isExpected) {
      const what = `${nameOf(request.apiKey)} v${request.apiVersion} of ${request.clientId ?? ''}`;
      this.logger.error(`Unexpected error handling request ${what} from connection ${request.connectionId}`, error);
      if (error instanceof InvariantError) this.onFault(error);
    }
    const response = route.errorResponse(body, errorCode(errorNameOf(error)), isExpected ? error.message : null);
    if (response !== undefined) return response;
    this.logger.error(`${nameOf(request.apiKey)} has no error response: closing connection ${request.connectionId}`);
    return CLOSE_CONNECTION;
  }
}

/** An API as an entry of the router's table. */
export function routeOf<Node, Q extends Message, R extends Message>(api: Api<Node, Q, R>): Route<Node> {
  return new Route(api);
}

/**
 * One request: what its handler sees of it, and what the connection keeps of it until it is answered. One object for
 * both, since there is one for every request.
 */
class RoutedRequest implements RequestContext, Exchange {
  apiKey = -1;
  apiVersion = -1;
  correlationId = 0;
  clientId: string | null = null;
  state: ExchangeState = 'parked';
  readonly connection: Connection;
  readonly sizeInBytes: number;
  route: Pick<RouteVersion<never>, 'overlaps' | 'encode' | 'release'> | undefined;
  private response: AnyResponse | undefined;

  constructor(connection: Connection, sizeInBytes: number) {
    this.connection = connection;
    this.sizeInBytes = sizeInBytes;
  }

  get connectionId(): string {
    return this.connection.id;
  }
  get listenerName(): string {
    return this.connection.listenerName;
  }
  get principal(): string {
    return this.connection.principal;
  }
  get clientHost(): string {
    return this.connection.clientHost;
  }
  get clientSoftwareName(): string {
    return this.connection.clientSoftwareName;
  }
  get clientSoftwareVersion(): string {
    return this.connection.clientSoftwareVersion;
  }
  get overlaps(): boolean {
    return this.route?.overlaps === true;
  }

  settle(result: HandlerResult<AnyResponse>): void {
    if (result === NO_RESPONSE) this.state = 'unanswered';
    else if (result === CLOSE_CONNECTION) this.state = 'refused';
    else {
      this.response = result;
      this.state = 'answered';
    }
  }

  isAnsweredWith(topLevelError: number): boolean {
    return (this.response as { errorCode?: number } | undefined)?.errorCode === topLevelError;
  }

  settleLater(result: HandlerResult<AnyResponse>): void {
    this.settle(result);
    this.connection.settled(this);
  }

  encode(to: FrameWriter): void {
    const response = this.response;
    if (response === undefined || this.route === undefined) return;
    try {
      this.route.encode(this.correlationId, response, to);
    } finally {
      this.discard();
    }
  }

  discard(): void {
    const response = this.response;
    this.response = undefined;
    if (response !== undefined) this.route?.release(response);
  }
}

/** The name and version that the client gave itself (KIP-511); a malformed one was answered with an error. */
function noteSoftware(connection: Connection, request: unknown): void {
  const { clientSoftwareName, clientSoftwareVersion } = request as ApiVersionsRequest;
  connection.clientSoftwareName = clientSoftwareName;
  connection.clientSoftwareVersion = clientSoftwareVersion;
}

function nameOf(apiKey: number): string {
  return apiByKey(apiKey)?.name ?? `${apiKey}`;
}
