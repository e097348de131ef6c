import { expect } from 'chai';
import { KafkaError } from '../../../src/common/errors.js';
import { InvariantError, invariant } from '../../../src/common/invariant.js';
import { SocketServer } from '../../../src/network/socket-server.js';
import { silentLogger } from '../../../src/platform/logger.js';
import { type ApiDeclaration, apis } from '../../../src/protocol/apis.js';
import { decodeResponse, encodeRequest } from '../../../src/protocol/frame.js';
import type { MetadataRequest } from '../../../src/protocol/messages/metadata-request.js';
import type { Fields, TypeOf } from '../../../src/protocol/schema.js';
import { CLOSE_CONNECTION, type Handler, NO_RESPONSE, type RequestContext } from '../../../src/server/handler.js';
import { RequestRouter, routeOf } from '../../../src/server/request-router.js';
import type { Route } from '../../../src/server/route.js';
import { FakeNetwork, type FakeSocket, FakeTime, settle } from '../network/fakes.js';

/** What the handlers of these tests see of their broker. */
interface Node {
  readonly name: string;
}

async function connectTo(...table: Route<Node>[]) {
  const faults: InvariantError[] = [];
  const router = new RequestRouter<Node>({ name: 'me' }, table, {
    logger: silentLogger,
    features: () => ({ finalizedFeaturesEpoch: -1, zkMigrationReady: false }),
    onFault: (error) => faults.push(error),
  });
  const network = new FakeNetwork();
  const config = {
    nodeId: 1,
    listeners: [{ name: 'INTERNAL', host: '', port: 9092 }],
    socketRequestMaxBytes: 1000000,
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
  return { client: network.incoming(9092), faults, router };
}

type HeartbeatHandler = Handler<
  TypeOf<typeof apis.heartbeat.request.fields>,
  TypeOf<typeof apis.heartbeat.response.fields>,
  Node
>;
const heartbeat = (handle: HeartbeatHandler): Route<Node> =>
  routeOf<Node, typeof apis.heartbeat.request, typeof apis.heartbeat.response>({
    request: apis.heartbeat.request,
    response: apis.heartbeat.response,
    versions: { min: 0, max: 4 },
    handle,
  });

const beat = { groupId: 'g', generationId: 1, memberId: 'm', groupInstanceId: null };

function responseOf<R extends Fields>(api: ApiDeclaration<Fields, R>, version: number, client: FakeSocket) {
  return decodeResponse(api, version, client.written, 4);
}

describe('RequestRouter', () => {
  it('gives the handler the request, the node and who asks', async () => {
    let seen: { request: unknown; context: RequestContext; node: Node } | undefined;
    const { client } = await connectTo(
      heartbeat((request, context, node) => {
        seen = { request, context, node };
        return { throttleTimeMs: 0, errorCode: 27 };
      }),
    );
    client.feed(encodeRequest(apis.heartbeat, 4, 77, 'me', beat));
    expect(seen?.request).deep.equal(beat);
    expect(seen?.node).deep.equal({ name: 'me' });
    const { context } = seen!;
    expect({
      apiKey: context.apiKey,
      apiVersion: context.apiVersion,
      correlationId: context.correlationId,
      clientId: context.clientId,
      connectionId: context.connectionId,
      listenerName: context.listenerName,
      principal: context.principal,
      clientHost: context.clientHost,
    }).deep.equal({
      apiKey: 12,
      apiVersion: 4,
      correlationId: 77,
      clientId: 'me',
      connectionId: '127.0.0.1:9092-127.0.0.1:50000-0',
      listenerName: 'INTERNAL',
      principal: 'User:ANONYMOUS',
      clientHost: '127.0.0.1',
    });
    expect(responseOf(apis.heartbeat, 4, client)).deep.equal({
      correlationId: 77,
      body: { throttleTimeMs: 0, errorCode: 27 },
    });
  });

  it('turns a thrown KafkaError into its code, now and later', async () => {
    for (const handle of [
      () => {
        throw new KafkaError('NOT_COORDINATOR');
      },
      () => Promise.reject(new KafkaError('NOT_COORDINATOR')),
    ]) {
      const { client, faults } = await connectTo(heartbeat(handle));
      client.feed(encodeRequest(apis.heartbeat, 3, 1, null, beat));
      await settle();
      expect(responseOf(apis.heartbeat, 3, client).body.errorCode).equal(16);
      expect(faults).deep.equal([]);
    }
  });

  it('answers UNKNOWN_SERVER_ERROR to anything else, and reports a bug', async () => {
    const { client, faults } = await connectTo(
      heartbeat(() => {
        invariant(false, 'never so');
      }),
    );
    client.feed(encodeRequest(apis.heartbeat, 3, 1, null, beat));
    expect(responseOf(apis.heartbeat, 3, client).body.errorCode).equal(-1);
    expect(faults.map(({ message }) => message)).deep.equal(['never so']);
  });

  it('lets the API say where its error goes, and closes where there is no place for one', async () => {
    const failing = {
      request: apis.metadata.request,
      response: apis.metadata.response,
      versions: { min: 0, max: 12 },
      handle: () => {
        throw new KafkaError('INVALID_REQUEST', 'why');
      },
    };
    const { client } = await connectTo(
      routeOf<Node, typeof failing.request, typeof failing.response>({
        ...failing,
        errorResponse: (request: MetadataRequest, code, message) => ({
          throttleTimeMs: 0,
          brokers: [],
          clusterId: message,
          controllerId: code,
          topics: [],
          clusterAuthorizedOperations: request.topics?.length ?? -1,
        }),
      }),
    );
    const ask = { topics: [], allowAutoTopicCreation: true } as unknown as MetadataRequest;
    client.feed(encodeRequest(apis.metadata, 9, 1, null, ask));
    expect(responseOf(apis.metadata, 9, client).body).deep.include({ clusterId: 'why', controllerId: 42 });

    const mute = await connectTo(routeOf<Node, typeof failing.request, typeof failing.response>(failing));
    mute.client.feed(encodeRequest(apis.metadata, 9, 1, null, ask));
    expect(mute.client.written.length).equal(0);
    expect(mute.client.state).equal('ended');
  });

  it('obeys NO_RESPONSE and CLOSE_CONNECTION, now and later', async () => {
    for (const [result, state] of [
      [NO_RESPONSE, 'open'],
      [CLOSE_CONNECTION, 'ended'],
    ] as const) {
      for (const handle of [() => result, () => Promise.resolve(result)]) {
        const { client } = await connectTo(heartbeat(handle));
        client.feed(encodeRequest(apis.heartbeat, 0, 1, null, beat));
        await settle();
        expect(client.written.length).equal(0);
        expect(client.state).equal(state);
      }
    }
  });

  it('copies bytes fields, which outlive the receive buffer, and not records', async () => {
    const kept: Buffer[] = [];
    const offered: Buffer[] = [];
    const { client } = await connectTo(
      routeOf<Node, typeof apis.syncGroup.request, typeof apis.syncGroup.response>({
        request: apis.syncGroup.request,
        response: apis.syncGroup.response,
        versions: { min: 0, max: 5 },
        handle: (request) => {
          kept.push(...request.assignments.map(({ assignment }) => assignment));
          return NO_RESPONSE;
        },
      }),
      routeOf<Node, typeof apis.produce.request, typeof apis.produce.response>({
        request: apis.produce.request,
        response: apis.produce.response,
        versions: { min: 3, max: 11 },
        handle: (request) => {
          const records = request.topicData[0]?.partitionData[0]?.records;
          if (Buffer.isBuffer(records)) offered.push(records);
          return NO_RESPONSE;
        },
      }),
    );
    const landing = client.handler!.buffer().buffer;
    const sync = { groupId: 'g', generationId: 1, memberId: 'm', groupInstanceId: null };
    const assignments = [{ memberId: 'm', assignment: Buffer.from('mine') }];
    const body = { ...sync, protocolType: null, protocolName: null, assignments };
    client.feed(encodeRequest(apis.syncGroup, 5, 1, null, body));
    const partitionData = [{ index: 0, records: Buffer.from('records') }];
    const produce = { transactionalId: null, acks: 0, timeoutMs: 1, topicData: [{ name: 't', partitionData }] };
    client.feed(encodeRequest(apis.produce, 9, 1, null, produce));
    expect(kept.map(String)).deep.equal(['mine']);
    expect(kept[0]!.buffer).not.equal(landing);
    expect(offered[0]!.buffer).equal(landing);
  });

  it('releases each response once: after encoding it, or when it is never sent', async () => {
    const released: number[] = [];
    let finish: (() => void) | undefined;
    const { client } = await connectTo(
      routeOf<Node, typeof apis.heartbeat.request, typeof apis.heartbeat.response>({
        request: apis.heartbeat.request,
        response: apis.heartbeat.response,
        versions: { min: 0, max: 4 },
        handle: (request) => {
          const response = { throttleTimeMs: 0, errorCode: request.generationId };
          if (request.generationId === 1) return response;
          return new Promise((resolve) => (finish = () => resolve(response)));
        },
        release: (response) => released.push(response.errorCode),
      }),
    );
    client.feed(encodeRequest(apis.heartbeat, 4, 1, null, beat));
    expect(released).deep.equal([1]);
    client.feed(encodeRequest(apis.heartbeat, 4, 1, null, { ...beat, generationId: 2 }));
    client.handler!.onClose();
    finish?.();
    await settle();
    expect(released).deep.equal([1, 2]);
  });

  it('remembers the software a client names, and not a malformed name', async () => {
    const names: string[] = [];
    const { client, router } = await connectTo(
      heartbeat((_request, context) => {
        names.push(`${context.clientSoftwareName} ${context.clientSoftwareVersion}`);
        return NO_RESPONSE;
      }),
    );
    const introduce = (clientSoftwareName: string): void => {
      const body = { clientSoftwareName, clientSoftwareVersion: '1.2' };
      client.feed(encodeRequest(apis.apiVersions, 3, 1, null, body));
      client.feed(encodeRequest(apis.heartbeat, 4, 1, null, beat));
    };
    introduce('bad name!');
    introduce('good-name');
    expect(names).deep.equal([' ', 'good-name 1.2']);
    expect(router.served.map(({ apiKey, minVersion, maxVersion }) => [apiKey, minVersion, maxVersion])).deep.equal([
      [12, 0, 4],
      [18, 0, 4],
    ]);
  });
});
