import { KafkaError } from '../common/errors.js';
import type { ApiDeclaration } from '../protocol/apis.js';
import type { Fields, TypeOf } from '../protocol/schema.js';

/** Where a request goes. Each (node, lane) is one connection, and nothing on one lane waits for another. */
export interface Destination {
  /** Broker id; a client that knows only addresses yet numbers them −1, −2, … as Kafka's do. */
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  /** Such as `replica-state`; default `main`. */
  readonly lane?: string;
}

/** One request. `body` belongs to the client until it is answered: record bytes in it must not change before. */
export interface Call<Q extends Fields, R extends Fields> {
  readonly api: ApiDeclaration<Q, R>;
  /** Default: the highest that both sides know, which needs `negotiate`; without it the highest declared. */
  readonly version?: number;
  /** With `version` left open: no higher than this. */
  readonly maxVersion?: number;
  readonly body: TypeOf<Q>;
  /** From now to the response; default `requestTimeoutMs`. */
  readonly timeoutMs?: number;
}

/** Takes the answer in the turn that received it. */
export interface ResponseHandler<R> {
  /** `records` and `bytes` in the response are views, gone when this returns. */
  onResponse(response: R): void;
  /**
   * NETWORK_EXCEPTION: no connection, or it broke (the request may have been carried out); REQUEST_TIMED_OUT;
   * UNSUPPORTED_VERSION: the other side does not know the API in a version of ours. Not called from inside the send.
   */
  onFailure(error: KafkaError): void;
}

/** A call on its way. */
export interface PendingCall {
  readonly api: ApiDeclaration;
  readonly version: number | undefined;
  readonly maxVersion: number;
  readonly body: TypeOf<Fields>;
  /** On the monotonic clock. */
  readonly deadlineMs: number;
  /** No answer comes (Produce with acks=0): `onResponse` is called with an empty object once it was handed to the network. */
  readonly isOneWay: boolean;
  /** The answer outlives the receive buffer. */
  readonly isCopied: boolean;
  readonly handler: ResponseHandler<TypeOf<Fields>>;
}

/** A pending call that was sent. */
export interface SentCall extends PendingCall {
  readonly sentVersion: number;
  readonly correlationId: number;
}

export function networkException(message: string): KafkaError {
  return new KafkaError('NETWORK_EXCEPTION', message);
}
