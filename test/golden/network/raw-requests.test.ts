import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { SocketServer } from '../../../src/network/socket-server.js';
import { silentLogger } from '../../../src/platform/logger.js';
import { apiByKey } from '../../../src/protocol/apis.js';
import { codecOf } from '../../../src/protocol/codec.js';
import { decodeResponse } from '../../../src/protocol/frame.js';
import { RequestRouter, routeOf } from '../../../src/server/request-router.js';
import { FakeNetwork, type FakeSocket, FakeTime, framed } from '../../unit/network/fakes.js';

/** What a 3.9.1 broker in ZooKeeper mode did with bytes sent by a raw socket. */
interface RawRequest {
  readonly case: string;
  readonly sentHex: string;
  readonly outcome: string;
  readonly answerHex: string;
}
interface GoldenApiVersions {
  readonly apiVersion: number;
  readonly requestHex: string;
  readonly responseHex: string;
  readonly note?: string;
}

const rawRequests = golden<RawRequest>('raw-requests.json');
const apiVersions = golden<GoldenApiVersions>('api-versions-zk-broker.json');

function golden<T>(file: string): T[] {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as T[];
}

/** A broker's front that advertises what the real one did and answers everything with an empty response. */
async function connectToFront(): Promise<FakeSocket> {
  const [v0] = apiVersions;
  const { body } = decodeResponse(apiByKey(18)!, 0, Buffer.from(v0!.responseHex, 'hex'));
  const ranges = (body as { apiKeys: { apiKey: number; minVersion: number; maxVersion: number }[] }).apiKeys;
  const table = ranges
    .filter(({ apiKey }) => apiKey !== 18)
    .map(({ apiKey, minVersion, maxVersion }) => {
      const { request, response } = apiByKey(apiKey)!;
      return routeOf<object, typeof request, typeof response>({
        request,
        response,
        versions: { min: minVersion, max: maxVersion },
        handle: (_request, context) => codecOf(response, context.apiVersion).initial(),
      });
    });
  const router = new RequestRouter({}, table, {
    logger: silentLogger,
    features: () => ({ finalizedFeaturesEpoch: 0, zkMigrationReady: false }),
    onFault: (error) => {
      throw error;
    },
  });
  const network = new FakeNetwork();
  const config = {
    nodeId: 1,
    listeners: [{ name: 'PLAINTEXT', host: '', port: 9092 }],
    socketRequestMaxBytes: 104857600,
    socketListenBacklogSize: 50,
    queuedMaxRequests: 500,
    queuedMaxRequestBytes: -1,
    connectionsMaxIdleMs: 600000,
    maxConnections: 2147483647,
    maxConnectionsPerIp: 2147483647,
    maxConnectionsPerIpOverrides: new Map<string, number>(),
  };
  const server = new SocketServer(config, router, { network, time: new FakeTime(), logger: silentLogger });
  await server.bind();
  server.acceptRequests();
  return network.incoming(9092);
}

describe('what a real broker does with raw bytes', () => {
  for (const { case: name, sentHex, outcome, answerHex } of rawRequests) {
    it(`${name}: ${outcome}`, async () => {
      const client = await connectToFront();
      client.feed(Buffer.from(sentHex, 'hex'));
      if (name.endsWith('half close')) client.handler!.onClose();
      else expect(client.state).equal(outcome === 'connection closed' ? 'ended' : 'open');
      const answer = client.written.toString('hex');
      if (name.includes('key 18')) expect(answer).equal(answerHex);
      else expect(answer.length > 0).equal(answerHex.length > 0); // what Metadata says is another test's matter
    });
  }

  for (const { apiVersion, requestHex, responseHex, note } of apiVersions) {
    it(`answers ApiVersions v${apiVersion} byte for byte${note === undefined ? '' : ` (${note})`}`, async () => {
      const client = await connectToFront();
      client.feed(framed(Buffer.from(requestHex, 'hex')));
      expect(client.written.toString('hex')).equal(framed(Buffer.from(responseHex, 'hex')).toString('hex'));
    });
  }
});
