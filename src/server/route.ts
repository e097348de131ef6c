import { invariant } from '../common/invariant.js';
import type { FrameWriter } from '../network/frame-writer.js';
import { apiByKey } from '../protocol/apis.js';
import type { ServedApi } from '../protocol/api-versions.js';
import { type Codec, codecOf } from '../protocol/codec.js';
import { requestHeaderVersion, responseHeaderVersion } from '../protocol/frame.js';
import { holdsKind } from '../protocol/holds-kind.js';
import { Reader } from '../protocol/reader.js';
import type { Fields, TypeOf } from '../protocol/schema.js';
import type { Api, HandlerResult, RequestContext } from './handler.js';

/** A response of some API, whose type the table no longer knows. */
export type AnyResponse = TypeOf<Fields>;

/** One API of the router's table, with what each of its versions needs, made at its first use. */
export class Route<Node> implements ServedApi {
  readonly apiKey: number;
  readonly minVersion: number;
  readonly maxVersion: number;
  readonly overlaps: boolean;
  private readonly api: Api<Node>;
  private readonly byVersion: (RouteVersion<Node> | undefined)[] = [];

  constructor(api: Api<Node>) {
    invariant(api.request.apiKey !== null, 'not a request', { name: api.request.name });
    this.api = api;
    this.apiKey = api.request.apiKey;
    this.minVersion = api.versions.min;
    this.maxVersion = api.versions.max;
    this.overlaps = api.overlaps === true;
  }

  /** undefined: not served. */
  version(version: number): RouteVersion<Node> | undefined {
    if (version < this.minVersion || version > this.maxVersion) return undefined;
    return (this.byVersion[version] ??= new RouteVersion(this.api, version));
  }
}

/** One version of one API: its codecs, its header layouts, its handler. */
export class RouteVersion<Node> {
  readonly overlaps: boolean;
  private readonly api: Api<Node>;
  private readonly version: number;
  private readonly requestHeaderVersion: number;
  private readonly hasResponseTags: boolean;
  private readonly requestCodec: Codec<AnyResponse>;
  private readonly responseCodec: Codec<AnyResponse>;
  /** Its `bytes` fields outlive the receive buffer. */
  private readonly isCopied: boolean;

  constructor(api: Api<Node>, version: number) {
    const declaration = apiByKey(api.request.apiKey ?? -1);
    invariant(declaration !== undefined, 'an API that is not declared', { name: api.request.name });
    this.api = api;
    this.version = version;
    this.overlaps = api.overlaps === true;
    this.requestHeaderVersion = requestHeaderVersion(declaration, version);
    this.hasResponseTags = responseHeaderVersion(declaration, version) === 1;
    this.requestCodec = codecOf(api.request, version);
    this.responseCodec = codecOf(api.response, version);
    this.isCopied = holdsKind(api.request.fields, ['bytes']);
  }

  /**
   * The rest of the header, into `into`, and the body.
   * @param from behind the correlation id
   * @throws DecodeError
   */
  readRequest(from: Reader, into: { clientId: string | null }): unknown {
    if (this.requestHeaderVersion > 0) {
      const size = from.int16();
      into.clientId = size < 0 ? null : from.text(size);
    }
    if (this.requestHeaderVersion > 1) skipTags(from);
    if (!this.isCopied) return this.requestCodec.read(from);
    return this.requestCodec.read(new Reader(Buffer.from(from.bytes.subarray(from.at, from.end))));
  }

  handle(
    request: unknown,
    context: RequestContext,
    node: Node,
  ): HandlerResult<AnyResponse> | Promise<HandlerResult<AnyResponse>> {
    return this.api.handle(request as TypeOf<Fields>, context, node);
  }

  /** undefined: this API has no place for an error. */
  errorResponse(request: unknown, code: number, message: string | null): HandlerResult<AnyResponse> | undefined {
    if (this.api.errorResponse !== undefined) {
      return this.api.errorResponse(request as TypeOf<Fields>, code, message, this.version);
    }
    const { fields } = this.api.response;
    if (fields['errorCode'] === undefined) return undefined;
    const withMessage = fields['errorMessage'] === undefined ? {} : { errorMessage: message };
    return { ...this.responseCodec.initial(), errorCode: code, ...withMessage };
  }

  /** Writes the whole frame: length, header, body. @throws Error also what a disk read throws */
  encode(correlationId: number, response: AnyResponse, to: FrameWriter): void {
    const headerSize = this.hasResponseTags ? 5 : 4;
    const size = headerSize + this.sizeOf(response);
    const frame = to.allocate(4 + size);
    try {
      frame.writeInt32BE(size, 0);
      frame.writeInt32BE(correlationId, 4);
      if (this.hasResponseTags) frame[8] = 0;
      this.responseCodec.encode(response, frame, 4 + headerSize);
    } catch (error) {
      to.abandon();
      throw error;
    }
    to.push(4 + size);
  }

  /** @throws Error for a response that this version cannot carry, which is its handler's mistake */
  private sizeOf(response: AnyResponse): number {
    try {
      return this.responseCodec.sizeOf(response);
    } catch (error) {
      throw new Error(`${this.api.response.name} v${this.version} cannot be written`, { cause: error });
    }
  }

  release(response: AnyResponse): void {
    this.api.release?.(response);
  }
}

/** Tagged fields of a request header: none is defined yet, so all are skipped. */
function skipTags(from: Reader): void {
  const count = from.varuint();
  for (let i = 0; i < count; i++) {
    from.varuint();
    from.skip(from.varuint());
  }
}
