import { apiByKey } from '../../src/protocol/apis.js';
import { codecOf } from '../../src/protocol/codec.js';
import { requestHeaderVersion, responseHeaderVersion } from '../../src/protocol/frame.js';
import { requestHeader } from '../../src/protocol/messages/request-header.js';
import { responseHeader } from '../../src/protocol/messages/response-header.js';
import { Reader } from '../../src/protocol/reader.js';
import type { Message, TypeOf } from '../../src/protocol/schema.js';
import { parseVersions } from '../../src/protocol/versions.js';
import { goldenFrames } from './golden-frames.js';

/** A request to a real 3.9.1 broker and its answer. */
export interface GoldenExchange {
  readonly source: string;
  readonly case: string;
  readonly apiVersion: number;
  readonly request: unknown;
  readonly response: unknown;
}

/** All of one API, in the order of the capture; left out: those without an answer (the connection was
 * closed), and versions that no broker has. */
export function goldenExchanges(apiKey: number, sources: readonly string[]): GoldenExchange[] {
  const api = apiByKey(apiKey);
  if (api === undefined) throw new Error(`no API ${apiKey}`);
  const frames = goldenFrames();
  return frames.flatMap((frame, i) => {
    const next = frames[i + 1];
    if (frame.apiKey !== apiKey || frame.kind !== 'request' || !sources.includes(frame.source)) return [];
    if (next?.kind !== 'response' || next.case !== frame.case || next.apiVersion !== frame.apiVersion) return [];
    const { apiVersion } = frame;
    const { min, max } = parseVersions(api.request.versions);
    if (apiVersion < min || apiVersion > max) return [];
    const asked = new Reader(Buffer.from(frame.hex, 'hex'));
    codecOf(requestHeader, requestHeaderVersion(api, apiVersion)).read(asked);
    const answered = new Reader(Buffer.from(next.hex, 'hex'));
    codecOf(responseHeader, responseHeaderVersion(api, apiVersion)).read(answered);
    return {
      source: frame.source,
      case: frame.case,
      apiVersion,
      request: codecOf(api.request, apiVersion).read(asked),
      response: codecOf(api.response, apiVersion).read(answered),
    };
  });
}

/** What a client of that version reads of a response. */
export function asRead<R extends Message>(response: R, version: number, body: unknown): TypeOf<R['fields']> {
  const codec = codecOf(response, version);
  return codec.read(new Reader(codec.toBuffer(body as TypeOf<R['fields']>)));
}
