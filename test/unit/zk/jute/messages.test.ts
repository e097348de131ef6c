import { expect } from 'chai';
import fc from 'fast-check';
import { decode, encode, JuteError, JuteReader, JuteWriter, ustring, vector, int } from '../../../../zk/jute/jute.js';
import {
  connectRequestFrame,
  connectResponseFrame,
  createRequest,
  getDataResponse,
  requestHeader,
  setWatches2,
} from '../../../../zk/jute/messages.js';
import {
  multiRequest,
  multiResponse,
  type MultiOperation,
  type MultiOperationResult,
} from '../../../../zk/jute/multi.js';
import { OP } from '../../../../zk/jute/op-codes.js';
import { NO_SESSION, OPEN_ACL } from '../../../../zk/client/zk-client.js';

const stat = {
  czxid: 4294967297,
  mzxid: 4294967298,
  ctime: 1700000000000,
  mtime: 1700000000001,
  version: 1,
  cversion: -1,
  aversion: 0,
  ephemeralOwner: 'ff00000000000001',
  dataLength: 3,
  numChildren: 0,
  pzxid: 4294967297,
};

describe('jute', () => {
  it('writes a create as Apache does, byte by byte', () => {
    const bytes = encode(createRequest, { path: '/a', data: Buffer.from('x'), acl: OPEN_ACL, flags: 1 });
    expect(bytes.toString('hex')).to.equal(
      '000000022f61' +
        '0000000178' +
        '00000001' +
        '0000001f' +
        '00000005776f726c64' +
        '00000006616e796f6e65' +
        '00000001',
    );
  });

  it('keeps null apart from empty', () => {
    expect(decode(getDataResponse, encode(getDataResponse, { data: null, stat })).data).to.equal(null);
    const empty = decode(getDataResponse, encode(getDataResponse, { data: Buffer.alloc(0), stat })).data;
    expect(empty).to.deep.equal(Buffer.alloc(0));
  });

  it('keeps every bit of a session id', () => {
    const answer = decode(getDataResponse, encode(getDataResponse, { data: null, stat }));
    expect(answer.stat).to.deep.equal(stat);
  });

  it('reads a connect request with and without the read-only byte, and answers in kind', () => {
    const base = {
      protocolVersion: 0,
      lastZxidSeen: 7,
      timeoutMs: 6000,
      sessionId: NO_SESSION,
      password: Buffer.alloc(16),
    };
    for (const readOnly of [undefined, true, false]) {
      const bytes = encode(connectRequestFrame, { ...base, readOnly });
      expect(bytes.length).to.equal(readOnly === undefined ? 44 : 45);
      expect(decode(connectRequestFrame, bytes)).to.deep.equal({ ...base, readOnly });
    }
    const answer = { protocolVersion: 0, timeoutMs: 6000, sessionId: NO_SESSION, password: Buffer.alloc(16) };
    expect(encode(connectResponseFrame, { ...answer, readOnly: undefined }).length).to.equal(36);
  });

  it('carries a multi and its results there and back', () => {
    const operations: MultiOperation[] = [
      { type: OP.check, request: { path: '/controller_epoch', version: 0 } },
      { type: OP.create, request: { path: '/a', data: null, acl: OPEN_ACL, flags: 0 } },
      { type: OP.setData, request: { path: '/a', data: Buffer.from('b'), version: -1 } },
      { type: OP.delete, request: { path: '/a', version: 3 } },
    ];
    expect(decode(multiRequest, encode(multiRequest, operations))).to.deep.equal(operations);
    const results: MultiOperationResult[] = [
      { type: OP.check },
      { type: OP.create, path: '/a' },
      { type: OP.create2, path: '/b', stat },
      { type: OP.setData, stat },
      { type: OP.delete },
      { type: OP.error, err: -101 },
    ];
    expect(decode(multiResponse, encode(multiResponse, results))).to.deep.equal(results);
  });

  it('round-trips longs over the whole safe range', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const writer = new JuteWriter(1);
        writer.long(value);
        expect(writer.written().readBigInt64BE(0)).to.equal(BigInt(value));
        expect(new JuteReader(writer.written()).long()).to.equal(value);
      }),
    );
  });

  it('refuses lengths that the bytes cannot hold, before allocating', () => {
    for (const length of [0x7fffffff, -2, 1]) {
      const bytes = Buffer.alloc(4);
      bytes.writeInt32BE(length);
      expect(() => decode(ustring, bytes)).to.throw(JuteError);
      expect(() => decode(vector(int), bytes)).to.throw(JuteError);
    }
  });

  it('never fails on random bytes with anything but JuteError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const type of [
          requestHeader,
          createRequest,
          setWatches2,
          multiRequest,
          multiResponse,
          connectRequestFrame,
        ]) {
          try {
            decode<unknown>(type, Buffer.from(bytes));
          } catch (error) {
            expect(error).to.be.instanceOf(JuteError);
          }
        }
      }),
    );
  });
});
