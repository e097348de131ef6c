import { type ApiDeclaration, apiByKey, apis } from './apis.js';
import { type Codec, codecOf } from './codec.js';
import { errorCode } from './error-codes.js';
import { DecodeError, Reader } from './reader.js';
import { requestHeader } from './messages/request-header.js';
import { responseHeader } from './messages/response-header.js';
import type { Fields, TypeOf } from './schema.js';
import { parseVersions } from './versions.js';

/**
 * A frame is a 4-byte length, a header and a body. Functions that encode write the length, functions that decode are
 * given what stands behind it.
 */
const LENGTH_SIZE = 4;

/** Gives a buffer of exactly `size` bytes, whose content may be anything: a pool of the network, or a new one. */
export type Allocate = (size: number) => Buffer;
const allocateNew: Allocate = (size) => Buffer.allocUnsafe(size);

export interface DecodedRequestHeader {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  /** Where in the frame the body begins. */
  readonly bodyAt: number;
}

/**
 * The header of the request in [at, end). A version that the API does not have is no error here: ApiVersions answers it.
 * @throws DecodeError also for an API that is not declared: nothing tells how its header is written
 */
export function decodeRequestHeader(frame: Buffer, at = 0, end = frame.length): DecodedRequestHeader {
  const from = new Reader(frame, at, end);
  const apiKey = from.int16();
  const apiVersion = from.int16();
  const api = apiByKey(apiKey);
  if (api === undefined) throw new DecodeError(`unknown api key ${apiKey}`);
  from.at = at;
  const header = codecOf(requestHeader, requestHeaderVersion(api, apiVersion)).read(from);
  return { apiKey, apiVersion, correlationId: header.correlationId, clientId: header.clientId, bodyAt: from.at };
}

/**
 * 0 has no client id and is ControlledShutdown's alone, 2 has tagged fields.
 * Source: org.apache.kafka.common.message.ApiMessageType.requestHeaderVersion, 3.9
 */
export function requestHeaderVersion(api: ApiDeclaration, version: number): number {
  if (api.key === apis.controlledShutdown.key && version === 0) return 0;
  return version >= parseVersions(api.request.flexible).min ? 2 : 1;
}

/**
 * 1 has tagged fields. ApiVersions stays at 0: a client must understand it before it knows what the broker speaks.
 * Source: org.apache.kafka.common.message.ApiMessageType.responseHeaderVersion, 3.9
 */
export function responseHeaderVersion(api: ApiDeclaration, version: number): number {
  if (api.key === apis.apiVersions.key) return 0;
  return version >= parseVersions(api.response.flexible).min ? 1 : 0;
}

/** A request with its 4-byte length. @throws KafkaError UNSUPPORTED_VERSION */
export function encodeRequest<Q extends Fields>(
  api: ApiDeclaration<Q>,
  version: number,
  correlationId: number,
  clientId: string | null,
  body: TypeOf<Q>,
  allocate: Allocate = allocateNew,
): Buffer {
  const headerCodec = codecOf(requestHeader, requestHeaderVersion(api, version));
  const header = { requestApiKey: api.key, requestApiVersion: version, correlationId, clientId };
  return encodeFrame(headerCodec, header, codecOf(api.request, version), body, allocate);
}

/** A response with its 4-byte length. @throws KafkaError UNSUPPORTED_VERSION */
export function encodeResponse<R extends Fields>(
  api: ApiDeclaration<Fields, R>,
  version: number,
  correlationId: number,
  body: TypeOf<R>,
  allocate: Allocate = allocateNew,
): Buffer {
  const headerCodec = codecOf(responseHeader, responseHeaderVersion(api, version));
  return encodeFrame(headerCodec, { correlationId }, codecOf(api.response, version), body, allocate);
}

function encodeFrame<H, B>(headerCodec: Codec<H>, header: H, bodyCodec: Codec<B>, body: B, allocate: Allocate): Buffer {
  const size = headerCodec.sizeOf(header) + bodyCodec.sizeOf(body);
  const frame = allocate(LENGTH_SIZE + size);
  const bodyAt = headerCodec.encode(header, frame, frame.writeInt32BE(size, 0));
  bodyCodec.encode(body, frame, bodyAt);
  return frame;
}

/** The correlation id of a response, which stands first in every version. @throws DecodeError */
export function correlationIdOf(frame: Buffer, at = 0, end = frame.length): number {
  return new Reader(frame, at, end).int32();
}

/**
 * The body of a response whose request is known.
 * An ApiVersions answer to a version that the broker does not know is written in version 0, with error 35.
 * @throws DecodeError
 */
export function decodeResponse<R extends Fields>(
  api: ApiDeclaration<Fields, R>,
  version: number,
  frame: Buffer,
  at = 0,
  end = frame.length,
): { readonly correlationId: number; readonly body: TypeOf<R> } {
  const from = new Reader(frame, at, end);
  const { correlationId } = codecOf(responseHeader, responseHeaderVersion(api, version)).read(from);
  const bodyVersion = isVersionRefusal(api, frame, from.at, end) ? 0 : version;
  return { correlationId, body: codecOf(api.response, bodyVersion).read(from) };
}

function isVersionRefusal(api: ApiDeclaration, frame: Buffer, at: number, end: number): boolean {
  return (
    api.key === apis.apiVersions.key && end - at >= 2 && frame.readInt16BE(at) === errorCode('UNSUPPORTED_VERSION')
  );
}
