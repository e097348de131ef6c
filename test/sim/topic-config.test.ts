import { expect } from 'chai';
import '../support/fail-on-unhandled.js';
import { AdminClient } from '../../src/client/admin-client.js';
import { ClusterClient } from '../../src/client/cluster-client.js';
import type { Log } from '../../src/storage/log.js';
import { KafkaZkClient } from '../../src/zookeeper/kafka-zk-client.js';
import { sessionClient } from '../../zk/client/session.js';
import { Violation } from './checkers/checker.js';
import type { SimulatedCluster } from './simulated-cluster.js';
import { KAFKA_PORT, ZOOKEEPER_PORT } from './simulated-cluster.js';
import { Simulation } from './simulation.js';

const TOPIC = 'compacted';
const PARTITIONS = 3;
const SEGMENT_BYTES = 4_194_304;
const DEFAULT_SEGMENT_BYTES = 8192; // log.segment.bytes of simulated brokers
const COMPACT = new Map([['cleanup.policy', 'compact']]);
const CHANGED = new Map([...COMPACT, ['segment.bytes', String(SEGMENT_BYTES)]]);

/** Every log of the topic, on every broker. */
function logsOf(cluster: SimulatedCluster): Log[] {
  return cluster.brokers.flatMap((broker) =>
    Array.from({ length: PARTITIONS }, (_, partition) => cluster.replica(broker, TOPIC, partition)?.log ?? []).flat(),
  );
}

/** A log that would delete what it should compact has lost data by the time its config arrives. */
function assertCompacted(cluster: SimulatedCluster): void {
  for (const { topic, partition, config } of logsOf(cluster)) {
    if (config.cleanupPolicy.compact && !config.cleanupPolicy.delete) continue;
    throw new Violation(`${topic}-${partition} has a log with cleanup.policy ${JSON.stringify(config.cleanupPolicy)}`);
  }
}

/**
 * The topic is created by the cluster while somebody else changes its config in ZooKeeper, so that LeaderAndIsr, the
 * notification and the reading of the znode meet in an order that the seed chooses, on each broker another one.
 */
async function race(seed: number): Promise<{ changed: 'before any log' | 'between' | 'after all logs' }> {
  const sim = new Simulation({ seed });
  sim.world.network.options.slowShare = 0.4;
  const cluster = sim.cluster({ brokers: 3 });
  await sim.runUntil(() => cluster.isWhole([]));
  const { platform } = sim.world.host('admin');
  const bootstrapServers = [{ host: 'broker-1', port: KAFKA_PORT }];
  const admin = new AdminClient(new ClusterClient({ bootstrapServers, clientId: 'admin' }, platform));
  const connectString = `zookeeper:${ZOOKEEPER_PORT}`;
  const times = { sessionTimeoutMs: 6000, connectTimeoutMs: 6000 };
  const zk = new KafkaZkClient(sessionClient({ connectString, ...times, maxInFlightRequests: 10 }, platform), platform);
  await sim.complete(zk.connect());
  sim.always(() => assertCompacted(cluster));

  // as Kafka's own tools do it, the config stands before the topic
  await sim.complete(zk.configs.write('topics', TOPIC, COMPACT));
  const newTopic = {
    name: TOPIC,
    numPartitions: PARTITIONS,
    replicationFactor: 3,
    configs: Object.fromEntries(COMPACT),
  };
  const created = admin.createTopics([newTopic]);
  const awaited = sim.chance.int(3 * PARTITIONS + 1);
  if (awaited === 0) await sim.runFor(sim.chance.between(0, 300));
  else await sim.runUntil(() => logsOf(cluster).length >= awaited);
  const logsBefore = logsOf(cluster).length;
  await sim.complete(zk.configs.change('topics', TOPIC, CHANGED));
  expect((await sim.complete(created)).size).equal(0);
  // the creation writes the znode too, and may be the last to do so
  const stands = await sim.complete(zk.configs.read('topics', TOPIC));
  const segmentBytes = Number(stands.get('segment.bytes') ?? DEFAULT_SEGMENT_BYTES);
  const isChanged = (log: Log): boolean => log.config.segmentBytes === segmentBytes;
  await sim.runUntil(() => logsOf(cluster).length === 3 * PARTITIONS && logsOf(cluster).every(isChanged));
  return {
    changed: logsBefore === 0 ? 'before any log' : logsBefore < 3 * PARTITIONS ? 'between' : 'after all logs',
  };
}

describe('the config of a topic that is being created', function () {
  this.timeout(60_000);

  it('is never the default one, whatever comes first, and ends as the znode says', async () => {
    const orders = new Set<string>();
    for (let seed = 1; seed <= Number(process.env['SIM_SEEDS'] ?? 15); seed++) {
      const { changed } = await race(seed).catch((error: unknown) => {
        throw new Error(`seed ${seed}`, { cause: error });
      });
      orders.add(changed);
    }
    expect([...orders].sort()).deep.equal(['after all logs', 'before any log', 'between']);
  });
});
