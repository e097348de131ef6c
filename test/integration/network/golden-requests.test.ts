import { expect } from 'chai';
import { once } from 'node:events';
import * as net from 'node:net';
import { apiByKey, apis } from '../../../src/protocol/apis.js';
import { decodeResponse, encodeRequest } from '../../../src/protocol/frame.js';
import { type GoldenFrame, goldenFrames } from '../../support/golden-frames.js';
import { ClusterUnderTest } from '../../support/zkafka-cluster.js';

/** The requests of brokers among themselves would move this cluster's partitions; all of them are in other tests. */
const BETWEEN_BROKERS: ReadonlySet<number> = new Set(
  [
    apis.leaderAndIsr,
    apis.stopReplica,
    apis.updateMetadata,
    apis.controlledShutdown,
    apis.alterPartition,
    apis.envelope,
    apis.allocateProducerIds,
  ].map(({ key }) => key),
);

/** One request on a connection of its own: the frame that answers it, or why there is none. */
async function ask(port: number, request: Buffer): Promise<Buffer | 'connection closed'> {
  const socket = net.connect({ host: '127.0.0.1', port });
  try {
    const chunks: Buffer[] = [];
    const answered = new Promise<Buffer | 'connection closed'>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('close', () => resolve('connection closed'));
      socket.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        const all = Buffer.concat(chunks);
        if (all.length >= 4 && all.length === 4 + all.readInt32BE(0)) resolve(all);
      });
    });
    await once(socket, 'connect');
    socket.write(request);
    return await answered;
  } finally {
    socket.destroy();
  }
}

/**
 * What was once sent to a real broker, in every version that it served, sent to ours: whatever the answer says, it comes,
 * and it is written in the version of the request.
 */
describe('requests that a real broker answered', function () {
  this.timeout(90_000);
  let under: ClusterUnderTest;
  let port: number;
  const served = new Map<number, { minVersion: number; maxVersion: number }>();

  before(async () => {
    under = new ClusterUnderTest({ brokers: 1 });
    await under.start();
    port = Number(under.cluster.bootstrap.split(':')[1]);
    const body = { clientSoftwareName: 'test', clientSoftwareVersion: '1' };
    const answer = await ask(port, encodeRequest(apis.apiVersions, 3, 1, 'test', body));
    if (answer === 'connection closed') throw new Error('ApiVersions was not answered');
    for (const range of decodeResponse(apis.apiVersions, 3, answer, 4).body.apiKeys) served.set(range.apiKey, range);
  });
  after(() => under.remove());

  function isServed({ source, kind, apiKey, apiVersion }: GoldenFrame): boolean {
    const range = served.get(apiKey);
    if (source !== 'sweep' || kind !== 'request' || range === undefined || BETWEEN_BROKERS.has(apiKey)) return false;
    return apiVersion >= range.minVersion && apiVersion <= range.maxVersion;
  }

  it('are answered in every version that is advertised', async () => {
    const frames = goldenFrames().filter(isServed);
    expect(frames.length).greaterThan(200);
    const versions = new Set(frames.map(({ apiKey, apiVersion }) => `${apiKey} v${apiVersion}`));
    const unanswered: string[] = [];
    await Promise.all(
      frames.map(async ({ case: name, apiKey, apiVersion, hex }) => {
        const request = Buffer.from(hex, 'hex');
        const length = Buffer.alloc(4);
        length.writeInt32BE(request.length);
        const answer = await ask(port, Buffer.concat([length, request]));
        const api = apiByKey(apiKey)!;
        if (answer === 'connection closed') unanswered.push(`${api.name} v${apiVersion} (${name})`);
        else expect(decodeResponse(api, apiVersion, answer, 4).correlationId).equal(request.readInt32BE(4));
      }),
    );
    expect(unanswered).deep.equal([]);
    expect(versions.size).greaterThan(100);
  });
});
