import { expect } from 'chai';
import { apiByKey } from '../../../src/protocol/apis.js';
import { codecOf } from '../../../src/protocol/codec.js';
import {
  decodeRequestHeader,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  requestHeaderVersion,
} from '../../../src/protocol/frame.js';
import { includesVersion } from '../../../src/protocol/versions.js';
import { type GoldenFrame, goldenFrames } from '../../support/golden-frames.js';

/** Decodes a frame and encodes what came out. */
function roundTrip(frame: GoldenFrame): { body: Record<string, unknown>; again: string } {
  const api = apiByKey(frame.apiKey)!;
  const bytes = Buffer.from(frame.hex, 'hex');
  if (frame.kind === 'response') {
    const { correlationId, body } = decodeResponse(api, frame.apiVersion, bytes);
    const again = encodeResponse(api, frame.apiVersion, correlationId, body);
    return { body, again: again.toString('hex', 4) };
  }
  const header = decodeRequestHeader(bytes);
  const body = codecOf(api.request, header.apiVersion).decode(bytes, header.bodyAt);
  const again = encodeRequest(api, header.apiVersion, header.correlationId, header.clientId, body);
  return { body, again: again.toString('hex', 4) };
}

const declared = goldenFrames().filter(({ apiKey, apiVersion }) => {
  const api = apiByKey(apiKey);
  return api !== undefined && includesVersion(api.request.versions, apiVersion);
});

/** Kafka's schemas say ClusterId, our declarations clusterId. */
function fieldName(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** The capturing tool's way to write a value down, made ours: bytes are hex there. */
function expectValue(actual: unknown, expected: unknown, path: string): void {
  if (Buffer.isBuffer(actual)) return; // the bytes themselves were compared
  if (Array.isArray(expected)) {
    expect(actual, path).to.be.an('array').with.lengthOf(expected.length);
    expected.forEach((item, i) => expectValue((actual as unknown[])[i], item, `${path}[${i}]`));
  } else if (expected !== null && typeof expected === 'object') {
    for (const [name, value] of Object.entries(expected)) {
      const own = fieldName(name);
      expect(actual, path).to.have.property(own);
      expectValue((actual as Record<string, unknown>)[own], value, `${path}.${own}`);
    }
  } else if (typeof expected === 'string' && typeof actual === 'number') {
    expect(actual, path).to.equal(Number(expected));
  } else {
    expect(actual, path).to.equal(expected);
  }
}

describe('frames of a real 3.9.1 cluster', () => {
  for (const source of new Set(declared.map((frame) => frame.source))) {
    const frames = declared.filter((frame) => frame.source === source);

    it(`decode and encode back to the same bytes: ${source}, ${frames.length} frames`, () => {
      for (const frame of frames) {
        const { body, again } = roundTrip(frame);
        if (again === frame.hex) continue;
        // The raw client spelled out a tagged field at its default, which no implementation writes.
        expect(again.length, `${frame.source} ${frame.case}`).to.be.lessThan(frame.hex.length);
        expect(frame.kind, frame.case).to.equal('request');
        expect(roundTrip({ ...frame, hex: again }).body).to.deep.equal(body);
      }
    });

    it(`hold the values that were written down: ${source}`, () => {
      for (const frame of frames) {
        if (frame.decoded === null) continue;
        const { body } = roundTrip(frame);
        expectValue(body, frame.decoded, `${apiByKey(frame.apiKey)!.name} v${frame.apiVersion} ${frame.kind}`);
      }
    });
  }

  it('cover every API of a ZooKeeper-mode broker in every version', () => {
    const seen = new Set(declared.map(({ kind, apiKey, apiVersion }) => `${kind} ${apiKey} ${apiVersion}`));
    const missing: string[] = [];
    for (const { apiKey, minVersion, maxVersion } of advertised()) {
      for (let version = minVersion; version <= maxVersion; version++) {
        for (const kind of ['request', 'response']) {
          if (!seen.has(`${kind} ${apiKey} ${version}`)) missing.push(`${kind} ${apiKey} v${version}`);
        }
      }
    }
    expect(missing).to.deep.equal([]);
  });

  it('tell which header a request has', () => {
    for (const { kind, hex, apiKey, apiVersion } of declared) {
      if (kind !== 'request') continue;
      const header = decodeRequestHeader(Buffer.from(hex, 'hex'));
      expect(header).to.include({ apiKey, apiVersion });
      const hasClientId = requestHeaderVersion(apiByKey(apiKey)!, apiVersion) > 0;
      expect(header.bodyAt).to.be.at.least(hasClientId ? 10 : 8);
    }
  });
});

function advertised(): { apiKey: number; minVersion: number; maxVersion: number }[] {
  const frame = declared.find(
    (f) => f.source === 'apiversions-zk-broker' && f.kind === 'response' && f.apiVersion === 4,
  )!;
  return roundTrip(frame).body['apiKeys'] as { apiKey: number; minVersion: number; maxVersion: number }[];
}
