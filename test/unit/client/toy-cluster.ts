import { type ErrorName } from '../../../src/common/errors.js';
import { ZERO_UUID } from '../../../src/common/uuid.js';
import { SocketServer } from '../../../src/network/socket-server.js';
import { World } from '../../../src/platform/sim/world.js';
import { type ApiDeclaration, apis } from '../../../src/protocol/apis.js';
import { codecOf } from '../../../src/protocol/codec.js';
import { errorCode } from '../../../src/protocol/error-codes.js';
import {
  baseSequenceOf,
  lastOffsetOf,
  producerIdOf,
  recordCountOf,
  stampBatch,
} from '../../../src/protocol/record/record-batch.js';
import type { Fields, TypeOf } from '../../../src/protocol/schema.js';
import { type HandlerResult, NO_RESPONSE, type RequestContext } from '../../../src/server/handler.js';
import { RequestRouter, routeOf } from '../../../src/server/request-router.js';
import type { Route } from '../../../src/server/route.js';

/** One partition: its batches, as a leader keeps them, and who leads it. */
interface ToyLog {
  leader: number;
  leaderEpoch: number;
  logStartOffset: number;
  logEndOffset: number;
  readonly batches: Buffer[];
  /** By producer id: the sequence that comes next, and where the last batch stands. */
  readonly producers: Map<number, { next: number; lastBase: number; lastSequence: number }>;
}

/** `undefined`: answer as usual. */
type Trick = () => ErrorName | 'silence' | 'append, then silence' | undefined;

/**
 * A cluster of scripted brokers in a simulated world, which share their logs in memory: enough for a client, and able to
 * misbehave. What a real broker does is another test's matter.
 */
export class ToyCluster {
  readonly world: World;
  readonly topics = new Map<string, ToyLog[]>();
  /** By API name, such as `Produce`: asked before each request of it. */
  readonly tricks = new Map<string, Trick>();
  /** Names of the requests that came, in order. */
  readonly requests: string[] = [];
  readonly committed = new Map<string, number>();
  /** Answers of the group APIs, by API name; each test its own. */
  readonly script = new Map<string, (request: never) => object>();
  private readonly brokerIds: number[] = [];
  private nextProducerId = 1000;

  constructor(seed: number) {
    this.world = new World({ seed });
  }

  async start(...brokerIds: number[]): Promise<void> {
    for (const id of brokerIds) {
      this.brokerIds.push(id);
      const { platform } = this.world.host(`broker-${id}`);
      const router = new RequestRouter(id, this.table(), {
        logger: platform.logger,
        features: () => ({ finalizedFeaturesEpoch: -1, zkMigrationReady: false }),
        onFault: (error) => {
          throw error;
        },
      });
      const config = {
        nodeId: id,
        listeners: [{ name: 'PLAINTEXT', host: `broker-${id}`, port: 9092 }],
        socketRequestMaxBytes: 104857600,
        socketListenBacklogSize: 50,
        queuedMaxRequests: 500,
        queuedMaxRequestBytes: -1,
        connectionsMaxIdleMs: 600000,
        maxConnections: 1000,
        maxConnectionsPerIp: 1000,
        maxConnectionsPerIpOverrides: new Map<string, number>(),
      };
      const server = new SocketServer(config, router, platform);
      await this.world.complete(server.bind());
      server.acceptRequests();
    }
  }

  get bootstrapServers(): { host: string; port: number }[] {
    return this.brokerIds.map((id) => ({ host: `broker-${id}`, port: 9092 }));
  }

  createTopic(name: string, ...leaders: number[]): void {
    this.topics.set(
      name,
      leaders.map((leader) => ({
        leader,
        leaderEpoch: 0,
        logStartOffset: 0,
        logEndOffset: 0,
        batches: [],
        producers: new Map(),
      })),
    );
  }

  moveLeader(topic: string, partition: number, leader: number): void {
    const log = this.topics.get(topic)![partition]!;
    log.leader = leader;
    log.leaderEpoch++;
  }

  private table(): Route<number>[] {
    return [
      this.route(apis.metadata, (request) => this.metadata(request.topics)),
      this.route(apis.initProducerId, () => ({
        throttleTimeMs: 0,
        errorCode: 0,
        producerId: this.nextProducerId++,
        producerEpoch: 0,
      })),
      this.produceRoute(),
      this.fetchRoute(),
      this.route(apis.listOffsets, (request) => ({
        throttleTimeMs: 0,
        topics: request.topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionIndex, timestamp }) => {
            const log = this.topics.get(name)![partitionIndex]!;
            const offset = timestamp === -2 ? log.logStartOffset : log.logEndOffset;
            return { partitionIndex, errorCode: 0, oldStyleOffsets: [], timestamp: -1, offset, leaderEpoch: 0 };
          }),
        })),
      })),
      this.route(apis.findCoordinator, () => ({
        throttleTimeMs: 0,
        errorCode: 0,
        errorMessage: null,
        nodeId: this.brokerIds[0]!,
        host: `broker-${this.brokerIds[0]!}`,
        port: 9092,
        coordinators: [],
      })),
      this.scripted(apis.joinGroup),
      this.scripted(apis.syncGroup),
      this.scripted(apis.heartbeat),
      this.scripted(apis.leaveGroup),
      this.scripted(apis.offsetCommit),
      this.scripted(apis.offsetFetch),
    ];
  }

  private route<Q extends Fields, R extends Fields>(
    api: ApiDeclaration<Q, R>,
    handle: (request: TypeOf<Q>, context: RequestContext, brokerId: number) => HandlerResult<TypeOf<R>>,
  ): Route<number> {
    const { min, max } = { min: 0, max: Number(/\d+$/.exec(api.request.versions)![0]) };
    return routeOf<number, typeof api.request, typeof api.response>({
      request: api.request,
      response: api.response,
      versions: { min, max },
      handle: (request, context, brokerId) => {
        this.requests.push(api.name);
        const trick = this.tricks.get(api.name)?.();
        if (trick === 'silence') return new Promise(() => undefined);
        if (trick === 'append, then silence') {
          handle(request, context, brokerId);
          return new Promise(() => undefined);
        }
        if (trick !== undefined && 'errorCode' in api.response.fields) {
          return { ...codecOf(api.response, context.apiVersion).initial(), errorCode: errorCode(trick) };
        }
        return handle(request, context, brokerId);
      },
    });
  }

  private scripted<Q extends Fields, R extends Fields>(api: ApiDeclaration<Q, R>): Route<number> {
    return this.route(api, (request, context) => {
      const answer = this.script.get(api.name)!(request as never);
      return { ...codecOf(api.response, context.apiVersion).initial(), ...answer };
    });
  }

  private metadata(asked: { name: string | null }[] | null) {
    const names = asked === null ? [...this.topics.keys()] : asked.map(({ name }) => name ?? '');
    return {
      throttleTimeMs: 0,
      brokers: this.brokerIds
        .filter((id) => this.world.host(`broker-${id}`).isAlive)
        .map((nodeId) => ({ nodeId, host: `broker-${nodeId}`, port: 9092, rack: null })),
      clusterId: 'toy',
      controllerId: this.brokerIds[0]!,
      clusterAuthorizedOperations: -2147483648,
      topics: names.map((name) => ({
        errorCode: this.topics.has(name) ? 0 : errorCode('UNKNOWN_TOPIC_OR_PARTITION'),
        name,
        topicId: ZERO_UUID,
        isInternal: false,
        topicAuthorizedOperations: -2147483648,
        partitions: (this.topics.get(name) ?? []).map(({ leader, leaderEpoch }, partitionIndex) => ({
          errorCode: 0,
          partitionIndex,
          leaderId: leader,
          leaderEpoch,
          replicaNodes: this.brokerIds,
          isrNodes: this.brokerIds,
          offlineReplicas: [],
        })),
      })),
    };
  }

  private produceRoute(): Route<number> {
    return this.route(apis.produce, (request, _context, brokerId) => {
      const response = {
        throttleTimeMs: 0,
        nodeEndpoints: [],
        responses: request.topicData.map(({ name, partitionData }) => ({
          name,
          partitionResponses: partitionData.map(({ index, records }) => ({
            index,
            logAppendTimeMs: -1,
            logStartOffset: 0,
            recordErrors: [],
            errorMessage: null,
            currentLeader: { leaderId: -1, leaderEpoch: -1 },
            ...this.append(name, index, Buffer.from(records as Buffer), brokerId),
          })),
        })),
      };
      return request.acks === 0 ? NO_RESPONSE : response;
    });
  }

  private append(topic: string, partition: number, batch: Buffer, brokerId: number) {
    const log = this.topics.get(topic)?.[partition];
    if (log === undefined) return { errorCode: errorCode('UNKNOWN_TOPIC_OR_PARTITION'), baseOffset: -1 };
    if (log.leader !== brokerId) return { errorCode: errorCode('NOT_LEADER_OR_FOLLOWER'), baseOffset: -1 };
    const trick = this.tricks.get('append')?.();
    if (trick !== undefined) return { errorCode: errorCode(trick as ErrorName), baseOffset: -1 };
    const producer = log.producers.get(producerIdOf(batch, 0));
    const sequence = baseSequenceOf(batch, 0);
    if (sequence >= 0) {
      if (producer?.lastSequence === sequence) return { errorCode: 0, baseOffset: producer.lastBase };
      if (sequence !== (producer?.next ?? 0)) {
        return { errorCode: errorCode('OUT_OF_ORDER_SEQUENCE_NUMBER'), baseOffset: -1 };
      }
    }
    const baseOffset = log.logEndOffset;
    stampBatch(batch, 0, baseOffset, log.leaderEpoch);
    log.batches.push(batch);
    log.logEndOffset += recordCountOf(batch, 0);
    const next = sequence + recordCountOf(batch, 0);
    if (sequence >= 0)
      log.producers.set(producerIdOf(batch, 0), { next, lastBase: baseOffset, lastSequence: sequence });
    return { errorCode: 0, baseOffset };
  }

  private fetchRoute(): Route<number> {
    return this.route(apis.fetch, (request, _context, brokerId) => ({
      throttleTimeMs: 0,
      errorCode: 0,
      sessionId: 0,
      nodeEndpoints: [],
      responses: request.topics.map(({ topic, partitions }) => ({
        topic,
        topicId: ZERO_UUID,
        partitions: partitions.map(({ partition, fetchOffset }) => {
          const log = this.topics.get(topic)![partition]!;
          const isOutside = fetchOffset < log.logStartOffset || fetchOffset > log.logEndOffset;
          const error = log.leader !== brokerId ? 'NOT_LEADER_OR_FOLLOWER' : isOutside ? 'OFFSET_OUT_OF_RANGE' : 'NONE';
          const found = log.batches.filter((batch) => lastOffsetOf(batch, 0) >= fetchOffset).slice(0, 3);
          return {
            partitionIndex: partition,
            errorCode: errorCode(error),
            highWatermark: log.logEndOffset,
            lastStableOffset: log.logEndOffset,
            logStartOffset: log.logStartOffset,
            divergingEpoch: { epoch: -1, endOffset: -1 },
            currentLeader: { leaderId: -1, leaderEpoch: -1 },
            snapshotId: { endOffset: -1, epoch: -1 },
            abortedTransactions: null,
            preferredReadReplica: -1,
            records: error === 'NONE' ? Buffer.concat(found) : Buffer.alloc(0),
          };
        }),
      })),
    }));
  }
}
