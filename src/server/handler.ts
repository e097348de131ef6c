import type { Message, TypeOf } from '../protocol/schema.js';

/** Who asks, and how. One object a request; `principal` is `User:ANONYMOUS` on PLAINTEXT and SSL without client certificate. */
export interface RequestContext {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  /** `127.0.0.1:9092-127.0.0.1:51822-0`, as Kafka names a connection. */
  readonly connectionId: string;
  readonly listenerName: string;
  readonly principal: string;
  readonly clientHost: string;
  /** From the connection's ApiVersions request (KIP-511); empty when it sent none. */
  readonly clientSoftwareName: string;
  readonly clientSoftwareVersion: string;
}

/** How a handler ends a request without a response. */
export const NO_RESPONSE = Symbol('no response (acks=0)');
export const CLOSE_CONNECTION = Symbol('close the connection without an answer');
export type HandlerResult<R> = R | typeof NO_RESPONSE | typeof CLOSE_CONNECTION;

/**
 * Answers one request: at once when it can, with a promise only when it has to wait. What it throws becomes an error
 * response of that API (KafkaError: its code; anything else: UNKNOWN_SERVER_ERROR and a log line).
 * `records` in `request` are views on the receive buffer: gone when the handler returns, also when it returns a promise.
 * `bytes` fields are copies and stay.
 */
export type Handler<Q, R, Node> = (
  request: Q,
  context: RequestContext,
  node: Node,
) => HandlerResult<R> | Promise<HandlerResult<R>>;

/** One served API: what the router needs to decode, dispatch, answer errors and advertise. */
export interface Api<Node, Q extends Message = Message, R extends Message = Message> {
  readonly request: Q;
  readonly response: R;
  /** What ApiVersions advertises and the router accepts; within the declarations' versions. */
  readonly versions: { readonly min: number; readonly max: number };
  readonly handle: Handler<TypeOf<Q['fields']>, TypeOf<R['fields']>, Node>;
  /** The response that carries `errorCode` wherever this API's version puts it. Default: a top-level `errorCode` field. */
  readonly errorResponse?: (
    request: TypeOf<Q['fields']>,
    errorCode: number,
    message: string | null,
    version: number,
  ) => HandlerResult<TypeOf<R['fields']>>;
  /**
   * Whether such requests may begin while earlier ones of their connection that overlap too are still waiting; a request
   * that does not overlap begins when the one before it is answered. Responses leave in order either way.
   */
  readonly overlaps?: boolean;
  /** Called once for every response, after it was encoded or when it will never be sent: gives back what it holds. */
  readonly release?: (response: TypeOf<R['fields']>) => void;
}
