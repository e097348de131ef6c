import { expect } from 'chai';
import fc from 'fast-check';
import { KafkaError } from '../../../src/common/errors.js';
import { InvariantError } from '../../../src/common/invariant.js';
import { apis } from '../../../src/protocol/apis.js';
import { codecOf } from '../../../src/protocol/codec.js';
import { groupMetadataKey } from '../../../src/protocol/messages/group-metadata-key.js';
import { groupMetadataValue } from '../../../src/protocol/messages/group-metadata-value.js';
import { offsetCommitKey } from '../../../src/protocol/messages/offset-commit-key.js';
import { offsetCommitValue } from '../../../src/protocol/messages/offset-commit-value.js';
import { requestHeader } from '../../../src/protocol/messages/request-header.js';
import { responseHeader } from '../../../src/protocol/messages/response-header.js';
import { DecodeError, Reader } from '../../../src/protocol/reader.js';
import {
  array,
  arrayOf,
  bytes,
  int32,
  int64,
  type Message,
  message,
  records,
  type RecordSource,
  string,
  struct,
  timestamp,
} from '../../../src/protocol/schema.js';
import { arbitraryMessage, versionsOf } from '../../support/arbitrary-message.js';

const messages: Message[] = [
  ...Object.values(apis).flatMap((api): Message[] => [api.request, api.response]),
  requestHeader,
  responseHeader,
  groupMetadataKey,
  groupMetadataValue,
  offsetCommitKey,
  offsetCommitValue,
];

describe('codec', () => {
  it('reads back what it wrote, every message in every version', () => {
    for (const declaration of messages) {
      for (const version of versionsOf(declaration)) {
        const codec = codecOf(declaration, version);
        const property = fc.property(arbitraryMessage(declaration, version), (value) => {
          const target = Buffer.alloc(codec.sizeOf(value) + 3, 0xaa);
          expect(codec.encode(value, target, 2)).to.equal(target.length - 1);
          const from = new Reader(target, 2, target.length - 1);
          expect(codec.read(from)).to.deep.equal(value);
          expect(from.at).to.equal(from.end);
          expect([target[0], target[1], target.at(-1)]).to.deep.equal([0xaa, 0xaa, 0xaa]);
        });
        fc.assert(property, { numRuns: 5, seed: version + 1 });
      }
    }
  });

  it('gives decoded objects every field in declaration order, in every version', () => {
    for (const declaration of messages) {
      for (const version of versionsOf(declaration)) {
        expect(Object.keys(codecOf(declaration, version).initial())).to.deep.equal(Object.keys(declaration.fields));
      }
    }
  });

  it('takes undefined for the default', () => {
    const codec = codecOf(apis.fetch.request, 12);
    const sparse = { maxWaitMs: 5, minBytes: 1, topics: [], forgottenTopicsData: [] };
    const decoded = codec.decode(codec.toBuffer(sparse as never));
    expect(decoded).to.include({ clusterId: null, replicaId: -1, maxBytes: 0x7fffffff, rackId: '' });
  });
});

const sample = message({
  name: 'Sample',
  apiKey: null,
  versions: '0-3',
  flexible: '2+',
  fields: {
    name: string('0+', { nullable: '1+' }),
    strict: int32('1+', { default: 7 }),
    loose: int32('1+', { default: -1, ignorable: true }),
    rows: array('0+', { id: int32('0+') }, { nullable: '1+' }),
    tagged: string('2+', { tag: 1, default: 'x' }),
    nested: struct('2+', { epoch: int32('2+', { default: -1 }), ids: arrayOf('2+', 'int32') }, { tag: 0 }),
    maybe: struct('2+', { at: timestamp('2+') }, { nullable: '2+', default: null }),
    big: int64('0+'),
    data: bytes('0+', { nullable: '0+' }),
    log: records('0+', { nullable: '0+' }),
  },
});
const initial = (version: number) => codecOf(sample, version).initial();

describe('codec, field by field', () => {
  it('refuses a version that the message lacks', () => {
    expect(() => codecOf(sample, 4)).to.throw(KafkaError, 'Sample has no version 4');
    expect(() => codecOf(sample, -1)).to.throw(KafkaError);
  });

  it('refuses a value of a field that the version lacks, unless it is the default or may be dropped', () => {
    const codec = codecOf(sample, 0);
    expect(() => codec.sizeOf({ ...initial(0), strict: 8 }))
      .to.throw(KafkaError, 'strict')
      .with.property('error', 'UNSUPPORTED_VERSION');
    expect(() => codec.sizeOf({ ...initial(0), nested: { epoch: 1, ids: [] } })).to.throw(KafkaError, 'nested');
    expect(codec.sizeOf({ ...initial(0), loose: 8 })).to.equal(codec.sizeOf(initial(0)));
    expect(codec.decode(codec.toBuffer({ ...initial(0), loose: 8 })).loose).to.equal(-1);
  });

  it('refuses null where it may not stand, both ways', () => {
    expect(() => codecOf(sample, 0).sizeOf({ ...initial(0), name: null })).to.throw(InvariantError, 'null');
    expect(() => codecOf(sample, 0).sizeOf({ ...initial(0), rows: null })).to.throw(InvariantError, 'null');
    const withNull = codecOf(sample, 1).toBuffer({ ...initial(1), name: null });
    expect(codecOf(sample, 1).decode(withNull).name).to.equal(null);
    expect(() => codecOf(sample, 0).decode(withNull)).to.throw(DecodeError, 'name is null');
  });

  it('leaves tagged fields out at their default, and writes the others by ascending tag', () => {
    const codec = codecOf(sample, 3);
    const plain = codec.toBuffer(initial(3));
    expect(plain.at(-1)).to.equal(0); // no tagged fields
    const full = codec.toBuffer({ ...initial(3), tagged: 'y', nested: { epoch: 4, ids: [5] } });
    const tags = full.subarray(plain.length - 1);
    expect(tags.toString('hex')).to.equal('02' + '000a' + '00000004' + '02' + '00000005' + '00' + '0102' + '0279');
    expect(codec.decode(full)).to.deep.include({ tagged: 'y', nested: { epoch: 4, ids: [5] } });
  });

  it('skips tagged fields that it does not know', () => {
    const codec = codecOf(sample, 3);
    const plain = codec.toBuffer(initial(3));
    const withUnknown = Buffer.concat([plain.subarray(0, -1), Buffer.from('0201027a7a630378' + '7978', 'hex')]);
    const known = Buffer.concat([plain.subarray(0, -1), Buffer.from('020102027a' + '6303787978', 'hex')]);
    expect(() => codec.decode(withUnknown)).to.throw(DecodeError);
    expect(codec.decode(known)).to.deep.equal({ ...initial(3), tagged: 'z' });
  });

  it('refuses a tagged field that is longer or shorter than its size says', () => {
    const codec = codecOf(sample, 3);
    const plain = codec.toBuffer(initial(3));
    for (const tagged of ['0101' + '02' + '027a', '0101' + '03' + '027a00', '0101' + '01' + '027a']) {
      const decode = () => codec.decode(Buffer.concat([plain.subarray(0, -1), Buffer.from(tagged, 'hex')]));
      if (tagged.startsWith('010102')) expect(decode().tagged).to.equal('z');
      else expect(decode).to.throw(DecodeError, 'tagged field tagged');
    }
  });

  it('keeps 64-bit timestamps exact and nullable structs null', () => {
    const codec = codecOf(sample, 2);
    const at = 1_700_000_000_123_456_789n;
    expect(codec.decode(codec.toBuffer({ ...initial(2), maybe: { at } })).maybe).to.deep.equal({ at });
    expect(codec.decode(codec.toBuffer({ ...initial(2), maybe: null })).maybe).to.equal(null);
  });

  it('hands out views of bytes and records', () => {
    const codec = codecOf(sample, 2);
    const frame = codec.toBuffer({ ...initial(2), data: Buffer.from('data'), log: Buffer.from('records') });
    const decoded = codec.decode(frame);
    frame.fill(0x21);
    expect(String(decoded.data)).to.equal('!!!!');
    expect(decoded.log).to.deep.equal(Buffer.alloc(7, '!'));
  });

  it('copies records that are elsewhere straight to their place', () => {
    const source: RecordSource = {
      sizeInBytes: 300,
      copyTo: (target, at) => void target.fill(0x61, at, at + 300),
    };
    const codec = codecOf(sample, 2);
    const decoded = codec.decode(codec.toBuffer({ ...initial(2), log: source }));
    expect(decoded.log).to.deep.equal(Buffer.alloc(300, 'a'));
  });

  it('refuses a string that no length can say', () => {
    expect(() => codecOf(sample, 2).sizeOf({ ...initial(2), name: 'x'.repeat(0x8000) })).to.throw(InvariantError);
  });
});
