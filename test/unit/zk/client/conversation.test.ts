import { expect } from 'chai';
import fc from 'fast-check';
import { World } from '../../../../src/platform/sim/world.js';
import { Conversation, newSessionMemory, nextXid, type ConversationOwner } from '../../../../zk/client/conversation.js';
import { readReply, type ZkRequest } from '../../../../zk/client/requests.js';
import { encode } from '../../../../zk/jute/jute.js';
import { connectResponseFrame, replyHeader } from '../../../../zk/jute/messages.js';

const GRANTED = { protocolVersion: 0, timeoutMs: 6000, sessionId: '00000000000000aa', password: Buffer.alloc(16) };

function framed(body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

/** A conversation whose every answer is taken for that of `request`. */
function conversationOn(world: World, request: ZkRequest) {
  const told: string[] = [];
  const owner: ConversationOwner = {
    write: () => undefined,
    watches: () => ({ data: [], exist: [], child: [] }),
    onReady: () => told.push('ready'),
    onReply: (_xid, err, from) => {
      if (err === 0) readReply(request, from);
      told.push('reply');
    },
    onWatchEvent: () => told.push('watch'),
    onStrange: () => told.push('strange'),
    onExpired: () => told.push('expired'),
    onAuthFailed: () => told.push('auth failed'),
    onBroken: () => told.push('broken'),
  };
  const { time } = world.host('broker').platform;
  const conversation = new Conversation(newSessionMemory(6000), [], time, 1000, owner);
  const feed = (bytes: Buffer): void => {
    for (let at = 0; at < bytes.length;) {
      const count = bytes.copy(conversation.space(), 0, at);
      at += count;
      conversation.received(count);
    }
  };
  return { conversation, told, feed };
}

const ENDS = ['expired', 'auth failed', 'broken'];

describe('Conversation', () => {
  const requests: ZkRequest[] = [
    { op: 'create', path: '/a', data: null, mode: 'persistent', acl: [], ttlMs: 0 },
    { op: 'getData', path: '/a', watch: false },
    { op: 'getChildren', path: '/a', watch: false },
    { op: 'getAcl', path: '/a' },
    { op: 'sync', path: '/a' },
    { op: 'multi', operations: [] },
  ];
  const request = fc.constantFrom(...requests);

  it('throws at no bytes, and is silent once it has ended', () => {
    const world = new World({ seed: 1 });
    const header = fc.record({
      xid: fc.integer({ min: -9, max: 3 }),
      zxid: fc.constant(1),
      err: fc.constantFrom(0, 0, 0, -101),
    });
    const reply = fc
      .tuple(header, fc.uint8Array({ maxLength: 120 }))
      .map(([head, body]) => framed(Buffer.concat([encode(replyHeader, head), body])));
    const garbage = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));
    const stream = fc.array(fc.oneof(reply, reply, garbage), { maxLength: 8 });
    fc.assert(
      fc.property(fc.boolean(), stream, request, (greeted, pieces, sent) => {
        const { conversation, told, feed } = conversationOn(world, sent);
        conversation.begin();
        if (greeted) feed(framed(encode(connectResponseFrame, { ...GRANTED, readOnly: false })));
        for (const piece of pieces) feed(piece);
        conversation.end();
        feed(framed(Buffer.alloc(20)));
        const end = told.findIndex((what) => ENDS.includes(what));
        expect(end === -1 || end === told.length - 1, told.join(', ')).to.equal(true);
        if (greeted) expect(told[0]).to.equal('ready');
      }),
      { numRuns: 500 },
    );
  });

  it('takes another session than ours for the end of ours', () => {
    const world = new World({ seed: 1 });
    const memory = { ...newSessionMemory(6000), id: '00000000000000bb' };
    const told: string[] = [];
    const ignore = (): void => undefined;
    const conversation = new Conversation(memory, [], world.host('broker').platform.time, 1000, {
      write: ignore,
      watches: () => ({ data: [], exist: [], child: [] }),
      onReady: () => told.push('ready'),
      onReply: ignore,
      onWatchEvent: ignore,
      onStrange: ignore,
      onExpired: () => told.push('expired'),
      onAuthFailed: ignore,
      onBroken: ignore,
    });
    const bytes = framed(encode(connectResponseFrame, { ...GRANTED, readOnly: undefined }));
    conversation.received(bytes.copy(conversation.space()));
    expect(told).to.deep.equal(['expired']);
  });

  it('gives up when no session stands in time', async () => {
    const world = new World({ seed: 1 });
    const { told } = conversationOn(world, requests[0]!);
    await world.runFor(999);
    expect(told).to.deep.equal([]);
    await world.runFor(2);
    expect(told).to.deep.equal(['broken']);
  });
});

describe('request ids', () => {
  it('go from 1 to 2³¹−1 and again from 1', () => {
    expect(nextXid(0)).to.equal(1);
    expect(nextXid(1)).to.equal(2);
    expect(nextXid(2 ** 31 - 2)).to.equal(2 ** 31 - 1);
    expect(nextXid(2 ** 31 - 1)).to.equal(1);
  });
});
