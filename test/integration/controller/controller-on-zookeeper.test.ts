import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ZkController } from '../../../src/controller/zk/zk-controller.js';
import { silentLogger } from '../../../src/platform/logger.js';
import { nodePlatform } from '../../../src/platform/node/platform.js';
import { KafkaZkClient } from '../../../src/zookeeper/kafka-zk-client.js';
import { plainAssignment } from '../../../src/zookeeper/znodes/topic-znodes.js';
import { sessionClient } from '../../../zk/client/session.js';
import { defaultConfig } from '../../../zk/server/config.js';
import { ZooKeeperServer } from '../../../zk/server/zookeeper-server.js';
import { brokerZNode } from '../../support/controller-stage.js';

const platform = { ...nodePlatform({ name: 'test' }), logger: silentLogger };
const PARTITIONS = 1000;

interface Member {
  readonly zk: KafkaZkClient;
  readonly controller: ZkController;
}

/** Controllers on the embedded ZooKeeper over real sockets; brokers that say yes to everything. */
describe('controllers on a ZooKeeper', function () {
  this.timeout(30_000);
  const folder = mkdtempSync(join(tmpdir(), 'zkafka-controller-'));
  const members = new Map<number, Member>();
  let server: ZooKeeperServer;
  let port = 0;
  /** What the brokers were told last, by topic and partition. */
  const leaders = new Map<string, number>();
  let onTold: () => void = () => undefined;

  async function member(id: number): Promise<Member> {
    const client = sessionClient(
      {
        connectString: `127.0.0.1:${port}`,
        sessionTimeoutMs: 4000,
        connectTimeoutMs: 5000,
        maxInFlightRequests: 10,
      },
      platform,
    );
    const zk = new KafkaZkClient(client, platform);
    await zk.connect();
    const register = async (): Promise<void> => {
      await zk.brokers.register(brokerZNode(id));
    };
    const config = {
      brokerId: id,
      interBrokerListener: 'PLAINTEXT',
      uncleanLeaderElection: false,
      deleteTopics: true,
      leaderImbalancePercent: 10,
      autoLeaderRebalance: false,
      leaderImbalanceCheckIntervalMs: 300_000,
    };
    const controller = new ZkController(zk, config, {
      ...platform,
      registerBroker: register,
      onFatal: (error) => {
        throw error;
      },
      send: (_node, api, body) => {
        if (api.request.name === 'UpdateMetadataRequest') hear(body as never);
        return Promise.resolve({ errorCode: 0, topics: [], partitionErrors: [] } as never);
      },
    });
    await zk.brokers.createPersistentPaths();
    await register();
    controller.start();
    members.set(id, { zk, controller });
    return { zk, controller };
  }

  function hear(body: {
    topicStates: { topicName: string; partitionStates: { partitionIndex: number; leader: number }[] }[];
  }) {
    for (const { topicName, partitionStates } of body.topicStates) {
      for (const { partitionIndex, leader } of partitionStates) leaders.set(`${topicName}-${partitionIndex}`, leader);
    }
    onTold();
  }

  function until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      onTold = () => {
        if (isSo()) resolve();
      };
      onTold();
    });
  }

  before(async () => {
    const config = {
      ...defaultConfig(folder),
      tickTimeMs: 500,
      minSessionTimeoutMs: 1000,
      maxSessionTimeoutMs: 20_000,
      clientPortAddress: '127.0.0.1',
      clientPort: 0,
    };
    server = new ZooKeeperServer(config, platform);
    port = (await server.start()).port;
    for (const id of [1, 2, 3]) await member(id);
  });

  after(async () => {
    for (const { controller, zk } of members.values()) {
      await controller.close();
      await zk.close();
    }
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it(`bring ${PARTITIONS} partitions to life, and elect anew when the controller goes`, async () => {
    const one = members.get(1)!;
    const lists = Array.from({ length: PARTITIONS }, (_, i) => [(i % 3) + 1, ((i + 1) % 3) + 1, ((i + 2) % 3) + 1]);
    const partitions = new Map(lists.map((replicas, partition) => [partition, plainAssignment(replicas)]));
    await one.zk.configs.write('topics', 'big', new Map());
    await one.zk.topics.createTopic('big', { topicId: undefined, partitions });
    await until(() => leaders.size === PARTITIONS && [...leaders.values()].every((leader) => leader > 0));
    await one.controller.close();
    await one.zk.close();
    members.delete(1);
    await until(() => [...leaders.values()].every((leader) => leader === 2 || leader === 3));
    const states = await members.get(2)!.zk.topics.states(lists.map((_, partition) => ({ topic: 'big', partition })));
    expect(states.size).to.equal(PARTITIONS);
    for (const state of states.values()) {
      expect(state.controllerEpoch).to.equal(2);
      expect(state.isr).not.to.include(1);
      expect(state.isr).to.include(state.leader);
    }
    const active = [...members.values()].filter(({ controller }) => controller.isActive);
    expect(active).to.have.length(1);
  });
});
