import type { BrokerNode, ControlApi } from '../../src/controller/zk/controller-channel.js';
import { ZkController, type ZkControllerConfig } from '../../src/controller/zk/zk-controller.js';
import { silentLogger } from '../../src/platform/logger.js';
import type { Random } from '../../src/platform/random.js';
import type { LeaderAndIsrRequest } from '../../src/protocol/messages/leader-and-isr-request.js';
import type { StopReplicaRequest } from '../../src/protocol/messages/stop-replica-request.js';
import type { UpdateMetadataRequest } from '../../src/protocol/messages/update-metadata-request.js';
import type { Message, TypeOf } from '../../src/protocol/schema.js';
import { KafkaZkClient } from '../../src/zookeeper/kafka-zk-client.js';
import type { BrokerZNode } from '../../src/zookeeper/znodes/cluster-znodes.js';
import { ManualTime, settled } from './manual-time.js';
import { MemoryZooKeeper, type MemoryZkClient } from './memory-zookeeper.js';

/** A control request as a broker got it. */
export type ControlRequest =
  | { readonly to: number; readonly api: 'LeaderAndIsr'; readonly body: LeaderAndIsrRequest }
  | { readonly to: number; readonly api: 'UpdateMetadata'; readonly body: UpdateMetadataRequest }
  | { readonly to: number; readonly api: 'StopReplica'; readonly body: StopReplicaRequest };

export interface StagedBroker {
  readonly client: MemoryZkClient;
  readonly zk: KafkaZkClient;
  readonly controller: ZkController;
  /** Broker epoch. */
  epoch: number;
}

/** Dice that always show the lowest number, and bytes that count. */
export function plainRandom(): Random {
  let next = 1;
  return {
    int: () => 0,
    float: () => 0,
    bytes: (count) => Buffer.alloc(count, next++),
  };
}

/** Brokers that take part in elections on one ZooKeeper in memory; what controllers tell them is recorded and answered. */
export class ControllerStage {
  readonly zooKeeper = new MemoryZooKeeper();
  readonly time = new ManualTime();
  readonly brokers = new Map<number, StagedBroker>();
  readonly requests: ControlRequest[] = [];
  readonly fatal: unknown[] = [];
  /** Brokers that do not answer. */
  readonly deaf = new Set<number>();
  /** Overrides the answer of a request: an error code for each partition key. */
  partitionError: (to: number, api: ControlRequest['api'], topic: string, partition: number) => number = () => 0;
  private readonly config: Partial<ZkControllerConfig>;

  constructor(config: Partial<ZkControllerConfig> = {}) {
    this.config = config;
  }

  /** A broker that registers and stands for election. */
  async start(id: number, standsForElection = true): Promise<StagedBroker> {
    const client = this.zooKeeper.client(`broker-${id}`);
    const zk = new KafkaZkClient(client, { time: this.time, random: plainRandom(), logger: silentLogger });
    const broker: StagedBroker = { client, zk, epoch: -1, controller: this.controllerOf(id, zk, () => broker) };
    this.brokers.set(id, broker);
    await zk.brokers.createPersistentPaths();
    broker.epoch = await zk.brokers.register(brokerZNode(id));
    if (standsForElection) broker.controller.start();
    await this.settle();
    return broker;
  }

  /** kill -9, and the session's end. */
  async kill(id: number): Promise<void> {
    const broker = this.broker(id);
    this.brokers.delete(id);
    void broker.controller.close();
    await broker.client.close();
    await this.settle();
  }

  broker(id: number): StagedBroker {
    const broker = this.brokers.get(id);
    if (broker === undefined) throw new Error(`no broker ${id}`);
    return broker;
  }

  /** Requests of one kind to one broker since the last call of {@link forget}. */
  sent<A extends ControlRequest['api']>(to: number, api: A): Extract<ControlRequest, { api: A }>['body'][] {
    return this.requests.filter((one) => one.to === to && one.api === api).map(({ body }) => body) as never;
  }

  forget(): void {
    this.requests.length = 0;
    this.zooKeeper.log.length = 0;
  }

  /** Until everything that follows from what happened has happened, no time passing. */
  async settle(): Promise<void> {
    for (let i = 0; i < 30; i++) await settled();
  }

  private controllerOf(id: number, zk: KafkaZkClient, broker: () => StagedBroker): ZkController {
    const config: ZkControllerConfig = {
      brokerId: id,
      interBrokerListener: 'PLAINTEXT',
      uncleanLeaderElection: false,
      deleteTopics: true,
      leaderImbalancePercent: 10,
      autoLeaderRebalance: false,
      leaderImbalanceCheckIntervalMs: 300_000,
      ...this.config,
    };
    return new ZkController(zk, config, {
      time: this.time,
      random: plainRandom(),
      logger: silentLogger,
      send: (node, api, body) => this.deliver(node, api, body),
      registerBroker: async () => {
        broker().epoch = await zk.brokers.register(brokerZNode(id));
      },
      onFatal: (error) => this.fatal.push(error),
    });
  }

  private async deliver<Q extends Message, R extends Message>(
    node: BrokerNode,
    api: ControlApi<Q, R>,
    body: TypeOf<Q['fields']>,
  ): Promise<TypeOf<R['fields']>> {
    await settled();
    if (this.deaf.has(node.id)) return new Promise(() => undefined);
    if (!this.brokers.has(node.id)) throw new Error('connection refused');
    const name = api.request.name.replace('Request', '') as ControlRequest['api'];
    const request = { to: node.id, api: name, body } as unknown as ControlRequest;
    this.requests.push(request);
    return this.answer(request) as TypeOf<R['fields']>;
  }

  private answer(request: ControlRequest): unknown {
    switch (request.api) {
      case 'UpdateMetadata':
        return { errorCode: 0 };
      case 'LeaderAndIsr':
        return {
          errorCode: 0,
          partitionErrors: [],
          topics: request.body.topicStates.map(({ topicName, topicId, partitionStates }) => ({
            topicId,
            partitionErrors: partitionStates.map(({ partitionIndex }) => ({
              topicName: '',
              partitionIndex,
              errorCode: this.partitionError(request.to, request.api, topicName, partitionIndex),
            })),
          })),
        };
      case 'StopReplica':
        return {
          errorCode: 0,
          partitionErrors: request.body.topicStates.flatMap(({ topicName, partitionStates }) =>
            partitionStates.map(({ partitionIndex }) => ({
              topicName,
              partitionIndex,
              errorCode: this.partitionError(request.to, request.api, topicName, partitionIndex),
            })),
          ),
        };
    }
  }
}

export function brokerZNode(id: number): BrokerZNode {
  const endpoint = {
    listener: 'PLAINTEXT',
    securityProtocol: 'PLAINTEXT',
    host: '127.0.0.1',
    port: 9090 + id,
  } as const;
  return { id, endpoints: [endpoint], rack: null, jmxPort: -1, timestampMs: 0 };
}
