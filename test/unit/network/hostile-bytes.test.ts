import { expect } from 'chai';
import fc from 'fast-check';
import { SocketServer } from '../../../src/network/socket-server.js';
import { silentLogger } from '../../../src/platform/logger.js';
import { type ApiDeclaration, apis } from '../../../src/protocol/apis.js';
import { codecOf } from '../../../src/protocol/codec.js';
import { encodeRequest } from '../../../src/protocol/frame.js';
import { RequestRouter, routeOf } from '../../../src/server/request-router.js';
import { FakeNetwork, FakeTime, unframed } from './fakes.js';

/** A front that serves every declared API in every version with an empty answer. */
async function start() {
  const table = (Object.values(apis) as readonly ApiDeclaration[])
    .filter(({ key }) => key !== apis.apiVersions.key)
    .map(({ request, response }) =>
      routeOf<object, typeof request, typeof response>({
        request,
        response,
        versions: { min: 0, max: Number(/\d+$/.exec(request.versions)![0]) },
        handle: (_request, context) => codecOf(response, context.apiVersion).initial(),
      }),
    );
  const router = new RequestRouter({}, table, {
    logger: silentLogger,
    features: () => ({ finalizedFeaturesEpoch: -1, zkMigrationReady: false }),
    onFault: (error) => {
      throw error;
    },
  });
  const network = new FakeNetwork();
  const config = {
    nodeId: 1,
    listeners: [{ name: 'PLAINTEXT', host: '', port: 9092 }],
    socketRequestMaxBytes: 1_000_000,
    socketListenBacklogSize: 50,
    queuedMaxRequests: 500,
    queuedMaxRequestBytes: -1,
    connectionsMaxIdleMs: 600000,
    maxConnections: 1000,
    maxConnectionsPerIp: 1000,
    maxConnectionsPerIpOverrides: new Map<string, number>(),
  };
  const server = new SocketServer(config, router, { network, time: new FakeTime(), logger: silentLogger });
  await server.bind();
  server.acceptRequests();
  return { server, connect: () => network.incoming(9092) };
}

const GOOD = encodeRequest(apis.heartbeat, 4, 7, 'me', {
  groupId: 'g',
  generationId: 1,
  memberId: 'm',
  groupInstanceId: null,
});

describe('hostile bytes', () => {
  it('close their connection or are answered, and never disturb another one', async () => {
    const { server, connect } = await start();
    const good = connect();
    const frame = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.tuple(fc.nat(70), fc.nat(17), fc.uint8Array({ maxLength: 200 })).map(([key, version, rest]) => {
        const header = Buffer.from([0, key, 0, version, 0, 0, 0, 1, 255, 255]);
        return Buffer.concat([header, rest]);
      }),
    );
    fc.assert(
      fc.property(frame, (body) => {
        const client = connect();
        const length = Buffer.alloc(4);
        length.writeInt32BE(body.length);
        client.feed(Buffer.concat([length, body]));
        expect(['open', 'ended']).include(client.state);
        if (client.state === 'open') client.handler!.onClose();
        good.feed(GOOD);
        expect(unframed(good.written).length).equal(good.writes.length);
      }),
      { numRuns: 500 },
    );
    expect(good.writes.length).equal(500);
    expect(good.state).equal('open');
    expect(server.connectionCount).equal(1);
  });
});
