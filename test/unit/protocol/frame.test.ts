import { expect } from 'chai';
import { apis } from '../../../src/protocol/apis.js';
import { codecOf } from '../../../src/protocol/codec.js';
import {
  correlationIdOf,
  decodeRequestHeader,
  decodeResponse,
  encodeRequest,
  encodeResponse,
} from '../../../src/protocol/frame.js';

describe('frames', () => {
  it('carry their length, the header and the body', () => {
    const body = { coordinatorKeys: ['g'], key: '', keyType: 0 };
    const frame = encodeRequest(apis.findCoordinator, 4, 77, 'me', body);
    expect(frame.readInt32BE(0)).to.equal(frame.length - 4);
    const header = decodeRequestHeader(frame, 4);
    expect(header).to.deep.equal({
      apiKey: 10,
      apiVersion: 4,
      correlationId: 77,
      clientId: 'me',
      bodyAt: 4 + 8 + 4 + 1,
    });
    expect(codecOf(apis.findCoordinator.request, 4).decode(frame, header.bodyAt)).to.deep.equal(body);
  });

  it('may be read from the middle of a receive buffer', () => {
    const frame = encodeRequest(apis.heartbeat, 0, 5, null, {
      ...codecOf(apis.heartbeat.request, 0).initial(),
      groupId: 'g',
    });
    const received = Buffer.concat([Buffer.from('xx'), frame, frame]);
    const header = decodeRequestHeader(received, 6, 2 + frame.length);
    expect(header).to.include({ apiKey: 12, correlationId: 5, clientId: null });
    expect(codecOf(apis.heartbeat.request, 0).decode(received, header.bodyAt, 2 + frame.length).groupId).to.equal('g');
  });

  it('go into the buffer that the caller provides', () => {
    const pool = Buffer.alloc(1000);
    const body = { errorCode: 27, throttleTimeMs: 3 };
    const frame = encodeResponse(apis.heartbeat, 4, 9, body, (size) => pool.subarray(100, 100 + size));
    expect(frame.buffer).to.equal(pool.buffer);
    expect(correlationIdOf(frame, 4)).to.equal(9);
    expect(decodeResponse(apis.heartbeat, 4, pool, 104, 100 + frame.length)).to.deep.equal({ correlationId: 9, body });
  });

  it('have no client id in ControlledShutdown v0', () => {
    const frame = encodeRequest(apis.controlledShutdown, 0, 1, 'dropped', { brokerId: 3, brokerEpoch: -1 });
    expect(frame.toString('hex')).to.equal('0000000c' + '0007' + '0000' + '00000001' + '00000003');
    expect(decodeRequestHeader(frame, 4).bodyAt).to.equal(12);
  });

  it('of ApiVersions answers have a header that every client understands', () => {
    const body = codecOf(apis.apiVersions.response, 4).initial();
    expect(encodeResponse(apis.apiVersions, 4, 2, body).readInt16BE(8)).to.equal(0); // the error, no tags before it
  });

  it('that refuse an ApiVersions version are read in version 0', () => {
    const refusal = Buffer.from('00000007' + '0023' + '00000001' + '0012' + '0000' + '0004', 'hex');
    const { body } = decodeResponse(apis.apiVersions, 4, refusal);
    expect(body.errorCode).to.equal(35);
    expect(body.apiKeys).to.deep.equal([{ apiKey: 18, minVersion: 0, maxVersion: 4 }]);
  });
});
