import { expect } from 'chai';
import type { KafkaError } from '../../../src/common/errors.js';
import { CLIENT_DEFAULTS, NetworkClient } from '../../../src/network/network-client.js';
import { silentLogger } from '../../../src/platform/logger.js';
import { apis } from '../../../src/protocol/apis.js';
import { decodeRequestHeader, encodeResponse } from '../../../src/protocol/frame.js';
import { FakeNetwork, type FakeSocket, FakeTime, settle } from './fakes.js';

const NODE = { nodeId: 1, host: 'broker', port: 9092 };
const beat = { groupId: 'g', generationId: 1, memberId: 'm', groupInstanceId: null };
const HEARTBEAT = { api: apis.heartbeat, version: 4, body: beat };

function setUp(overrides: Partial<ConstructorParameters<typeof NetworkClient>[0]> = {}) {
  const network = new FakeNetwork();
  const time = new FakeTime();
  const random = { int: () => 0, float: () => 0.5, bytes: (count: number) => Buffer.alloc(count) };
  const config = { ...CLIENT_DEFAULTS, clientId: 'me', negotiate: false, ...overrides };
  const client = new NetworkClient(config, { network, time, random, logger: silentLogger });
  return { network, time, client };
}

/** The requests that the client sent. */
function requestsIn(socket: FakeSocket) {
  const bytes = socket.written;
  const headers = [];
  for (let at = 0; at < bytes.length; at += 4 + bytes.readInt32BE(at)) headers.push(decodeRequestHeader(bytes, at + 4));
  return headers;
}

function answer(socket: FakeSocket, correlationId: number, errorCode = 0): void {
  socket.feed(encodeResponse(apis.heartbeat, 4, correlationId, { throttleTimeMs: 0, errorCode }));
}

/** What a promise came to: its response's error code, or the error's name. */
async function outcome(promise: Promise<{ errorCode: number }>): Promise<number | string> {
  return promise.then(
    ({ errorCode }) => errorCode,
    (error: unknown) => (error as KafkaError).error,
  );
}

describe('NetworkClient', () => {
  it('connects when asked, pipelines, and gives each its answer', async () => {
    const { network, client } = setUp();
    const first = client.send(NODE, HEARTBEAT);
    const second = client.send(NODE, HEARTBEAT);
    await settle();
    const socket = network.outgoing[0]!;
    expect(client.isReady(NODE)).equal(false);
    socket.handler!.onConnect!();
    await settle();
    expect(client.isReady(NODE)).equal(true);
    expect(
      requestsIn(socket).map(({ apiKey, correlationId, clientId }) => [apiKey, correlationId, clientId]),
    ).deep.equal([
      [12, 0, 'me'],
      [12, 1, 'me'],
    ]);
    expect(socket.writes.length).equal(1);
    answer(socket, 0, 16);
    answer(socket, 1, 27);
    expect([await outcome(first), await outcome(second)]).deep.equal([16, 27]);
    expect(network.outgoing.length).equal(1);
  });

  it('keeps lanes apart', async () => {
    const { network, client } = setUp();
    void outcome(client.send(NODE, HEARTBEAT));
    void outcome(client.send({ ...NODE, lane: 'offsets' }, HEARTBEAT));
    await settle();
    expect(network.outgoing.length).equal(2);
  });

  it('asks for the versions first and takes the highest both know', async () => {
    const { network, client } = setUp({ negotiate: true });
    const asked = client.send(NODE, { api: apis.heartbeat, body: beat });
    const unknown = client.send(NODE, { api: apis.metadata, body: { topics: null } as never });
    await settle();
    const socket = network.outgoing[0]!;
    socket.handler!.onConnect!();
    expect(requestsIn(socket).map(({ apiKey, apiVersion }) => [apiKey, apiVersion])).deep.equal([[18, 4]]);
    // An older node: it knows ApiVersions only up to 2, and says so in version 0.
    const none = { throttleTimeMs: 0, supportedFeatures: [], finalizedFeatures: [] };
    const rest = { ...none, finalizedFeaturesEpoch: -1, zkMigrationReady: false };
    const own = { apiKey: 18, minVersion: 0, maxVersion: 2 };
    socket.feed(encodeResponse(apis.apiVersions, 0, 0, { errorCode: 35, apiKeys: [own], ...rest }));
    expect(requestsIn(socket).map(({ apiKey, apiVersion }) => [apiKey, apiVersion])).deep.equal([
      [18, 4],
      [18, 2],
    ]);
    const apiKeys = [own, { apiKey: 12, minVersion: 0, maxVersion: 3 }];
    socket.feed(encodeResponse(apis.apiVersions, 2, 1, { errorCode: 0, apiKeys, ...rest }));
    await settle();
    expect(requestsIn(socket).at(-1)).deep.include({ apiKey: 12, apiVersion: 3, correlationId: 2 });
    expect(await unknown.catch((error: unknown) => (error as KafkaError).error)).equal('UNSUPPORTED_VERSION');
    socket.feed(encodeResponse(apis.heartbeat, 3, 2, { throttleTimeMs: 0, errorCode: 0 }));
    expect(await outcome(asked)).equal(0);
  });

  it('fails what was sent when the connection breaks, and sends what waited by the next one', async () => {
    const { network, client, time } = setUp({ maxInFlight: 1 });
    const sent = client.send(NODE, HEARTBEAT);
    const waiting = client.send(NODE, HEARTBEAT);
    await settle();
    network.outgoing[0]!.handler!.onConnect!();
    await settle();
    network.outgoing[0]!.handler!.onClose();
    expect(await outcome(sent)).equal('NETWORK_EXCEPTION');
    expect(network.outgoing.length).equal(1);
    time.advance(50);
    expect(network.outgoing.length).equal(2);
    network.outgoing[1]!.handler!.onConnect!();
    await settle();
    answer(network.outgoing[1]!, 0);
    expect(await outcome(waiting)).equal(0);
  });

  it('fails what waits when no connection can be made, and backs off further each time', async () => {
    const { network, client, time } = setUp({ reconnectBackoffMs: 100, reconnectBackoffMaxMs: 300 });
    const delays: number[] = [];
    for (let attempt = 0; attempt < 4; attempt++) {
      const failed = outcome(client.send(NODE, HEARTBEAT));
      await settle();
      let waited = 0;
      for (; network.outgoing.length === attempt; waited += 10) time.advance(10);
      delays.push(waited);
      network.outgoing[attempt]!.handler!.onClose(new Error('ECONNREFUSED'));
      expect(await failed).equal('NETWORK_EXCEPTION');
    }
    expect(delays).deep.equal([0, 100, 200, 300]);
  });

  it('gives a silent node up: late requests time out, the others lose their connection', async () => {
    const { network, client, time } = setUp({ requestTimeoutMs: 1000 });
    const late = outcome(client.send(NODE, HEARTBEAT));
    await settle();
    const socket = network.outgoing[0]!;
    socket.handler!.onConnect!();
    await settle();
    time.advance(600);
    const later = outcome(client.send(NODE, HEARTBEAT));
    await settle();
    time.advance(400);
    expect([await late, await later]).deep.equal(['REQUEST_TIMED_OUT', 'NETWORK_EXCEPTION']);
    expect(socket.state).equal('destroyed');
    answer(socket, 0); // too late: nobody is there to be confused by it
    const fresh = outcome(client.send(NODE, HEARTBEAT));
    time.advance(50);
    network.outgoing[1]!.handler!.onConnect!();
    await settle();
    socket.handler!.onClose(); // nor does the end of the old connection touch the new one
    answer(network.outgoing[1]!, 0);
    expect(await fresh).equal(0);
  });

  it('refuses more than its queue holds', async () => {
    const { client } = setUp({ maxQueued: 2 });
    const results = [1, 2, 3].map(() => outcome(client.send(NODE, HEARTBEAT)));
    expect(await results[2]).equal('NETWORK_EXCEPTION');
    client.close();
    expect(await Promise.all(results)).deep.equal(Array(3).fill('NETWORK_EXCEPTION'));
  });

  it('closes a connection whose answers are out of step', async () => {
    const { network, client } = setUp();
    const asked = client.send(NODE, HEARTBEAT);
    await settle();
    network.outgoing[0]!.handler!.onConnect!();
    await settle();
    answer(network.outgoing[0]!, 5);
    expect(await outcome(asked)).equal('NETWORK_EXCEPTION');
    expect(network.outgoing[0]!.state).equal('destroyed');
  });

  it('gives records in place to who asks so, and copies to who waits for a promise', async () => {
    const { network, client } = setUp();
    const body = { maxWaitMs: 0, minBytes: 0, topics: [], forgottenTopicsData: [] } as never;
    let inPlace: ArrayBufferLike | undefined;
    client.sendInPlace(
      NODE,
      { api: apis.fetch, version: 11, body },
      {
        onResponse: (response) => (inPlace = recordsOf(response).buffer),
        onFailure: () => undefined,
      },
    );
    const copied = client.send(NODE, { api: apis.fetch, version: 11, body });
    await settle();
    const socket = network.outgoing[0]!;
    const landing = socket.handler!.buffer().buffer;
    socket.handler!.onConnect!();
    await settle();
    const partitions = [{ partitionIndex: 0, errorCode: 0, highWatermark: 1, records: Buffer.from('records') }];
    const response = { errorCode: 0, sessionId: 0, responses: [{ topic: 't', partitions }] } as never;
    for (const id of [0, 1]) socket.feed(encodeResponse(apis.fetch, 11, id, response));
    expect(inPlace).equal(landing);
    const records = recordsOf(await copied);
    expect(records.toString()).equal('records');
    expect(records.buffer).not.equal(landing);
  });

  it('sends a request that nobody answers, and goes on with the next', async () => {
    const { network, client } = setUp();
    const sent = client.sendOneWay(NODE, HEARTBEAT);
    const asked = client.send(NODE, HEARTBEAT);
    await settle();
    network.outgoing[0]!.handler!.onConnect!();
    await sent;
    answer(network.outgoing[0]!, 1);
    expect(await outcome(asked)).equal(0);
  });

  it('leaves no timer behind when it is closed', async () => {
    const { client, time, network } = setUp();
    const asked = outcome(client.send(NODE, HEARTBEAT));
    await settle();
    network.outgoing[0]!.handler!.onClose();
    await asked;
    client.close();
    expect(time.scheduled).equal(0);
    expect(await outcome(client.send(NODE, HEARTBEAT))).equal('NETWORK_EXCEPTION');
  });
});

function recordsOf(response: object): Buffer {
  const { responses } = response as { responses: { partitions: { records: Buffer }[] }[] };
  return responses[0]!.partitions[0]!.records;
}
