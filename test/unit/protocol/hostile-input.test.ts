import { expect } from 'chai';
import fc from 'fast-check';
import { allApis, apiByKey, apis } from '../../../src/protocol/apis.js';
import { codecOf } from '../../../src/protocol/codec.js';
import { decodeRequestHeader } from '../../../src/protocol/frame.js';
import { DecodeError, ELEMENT_BUDGET, Reader } from '../../../src/protocol/reader.js';
import { includesVersion } from '../../../src/protocol/versions.js';
import { versionsOf } from '../../support/arbitrary-message.js';
import { goldenFrames } from '../../support/golden-frames.js';

/** Nothing but a DecodeError may come of bytes, whatever they are. */
function decodesOrRefuses(decode: () => unknown): void {
  try {
    decode();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
  }
}

describe('hostile input', () => {
  it('random bytes decode or are refused', () => {
    const everyRequest = allApis.flatMap((api) =>
      versionsOf(api.request).map((version) => codecOf(api.request, version)),
    );
    const bytes = fc.uint8Array({ maxLength: 400, size: 'max' }).map((given) => Buffer.from(given));
    const property = fc.property(bytes, (given) => {
      for (const codec of everyRequest) decodesOrRefuses(() => codec.decode(given));
      decodesOrRefuses(() => decodeRequestHeader(given));
    });
    fc.assert(property, { numRuns: 60 });
  });

  it('golden frames with a changed byte, or cut short, decode or are refused', () => {
    const requests = goldenFrames().filter(({ kind, apiKey, apiVersion }) => {
      const api = apiByKey(apiKey);
      return kind === 'request' && api !== undefined && includesVersion(api.request.versions, apiVersion);
    });
    const picked = fc.record({
      frame: fc.constantFrom(...requests),
      at: fc.nat(),
      value: fc.nat(255),
      cut: fc.boolean(),
    });
    const property = fc.property(picked, ({ frame, at, value, cut }) => {
      const bytes = Buffer.from(frame.hex, 'hex');
      const header = decodeRequestHeader(bytes);
      const bodySize = bytes.length - header.bodyAt;
      if (bodySize === 0) return;
      const place = header.bodyAt + (at % bodySize);
      bytes[place] = value;
      const codec = codecOf(apiByKey(frame.apiKey)!.request, frame.apiVersion);
      decodesOrRefuses(() => codec.decode(bytes, header.bodyAt, cut ? place : bytes.length));
    });
    fc.assert(property, { numRuns: 3000 });
  });

  it('a frame cut short anywhere is refused, and never read beyond its end', () => {
    const codec = codecOf(apis.metadata.response, 12);
    const whole = codec.toBuffer({
      ...codec.initial(),
      clusterId: 'abc',
      brokers: [{ nodeId: 1, host: 'h', port: 9092, rack: null }],
    });
    for (let end = 0; end < whole.length; end++) {
      expect(() => codec.decode(whole, 0, end), `cut at ${end}`).to.throw(DecodeError);
    }
  });

  it('a count that the bytes left cannot hold is refused before anything is made', () => {
    const body = Buffer.alloc(14);
    body.writeInt32BE(0x7fffffff, 10); // OffsetCommit v0: group 'aaaaaaaa', then topics
    body.writeInt16BE(8, 0);
    expect(() => codecOf(apis.offsetCommit.request, 0).decode(body)).to.throw(DecodeError, 'array of 2147483647');
    const compact = Buffer.from('ffffffff0f', 'hex'); // Metadata v9: topics
    expect(() => codecOf(apis.metadata.request, 9).decode(compact)).to.throw(DecodeError, 'array of 4294967294');
    expect(() => codecOf(apis.metadata.request, 9).decode(Buffer.from('ffffffffff', 'hex'))).to.throw(
      DecodeError,
      'varint too long',
    );
  });

  it('many small elements spend the budget of the message', () => {
    const count = ELEMENT_BUDGET / 4 + 1;
    const body = Buffer.alloc(4 + 2 * count); // Metadata v0: topics of two bytes each
    body.writeInt32BE(count, 0);
    expect(() => codecOf(apis.metadata.request, 0).decode(body)).to.throw(DecodeError, 'too many array elements');
    const small = new Reader(body, 0, body.length, count * 4);
    expect(codecOf(apis.metadata.request, 0).read(small).topics).to.have.lengthOf(count);
  });

  it('the budget is one for the whole message, not one for each array', () => {
    const codec = codecOf(apis.offsetFetch.request, 0);
    const topics = ['a', 'b', 'c'].map((name) => ({ name, partitionIndexes: [0, 1] }));
    const body = codec.toBuffer({ ...codec.initial(), topics });
    const cost = 3 * 4 + 6;
    expect(codec.read(new Reader(body, 0, body.length, cost)).topics).to.deep.equal(topics);
    expect(() => codec.read(new Reader(body, 0, body.length, cost - 1))).to.throw(DecodeError, 'too many');
  });

  it('an API that is not declared has no header we could read', () => {
    expect(() => decodeRequestHeader(Buffer.from('00fa000000000001ffff', 'hex'))).to.throw(DecodeError, 'api key 250');
  });
});
