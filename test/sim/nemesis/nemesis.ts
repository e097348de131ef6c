import type { SeededRandom } from '../../../src/platform/sim/random.js';
import type { SimulatedCluster } from '../simulated-cluster.js';
import type { SimulatedProcess } from '../simulated-process.js';
import type { Simulation } from '../simulation.js';

/** Something bad that happens to a cluster, and is over when the promise resolves. */
export type Misfortune = (sim: Simulation, cluster: SimulatedCluster) => Promise<void>;

/** Longer than a session, so that the others hear of it; or shorter, so that the process meets its own old session. */
const DOWN_MS = [100, 15_000] as const;

export const killLeader =
  (topic: string): Misfortune =>
  (sim, cluster) =>
    killForAWhile(sim, cluster.leaderOf(topic, sim.chance.int(2)));

export const killController: Misfortune = (sim, cluster) => killForAWhile(sim, cluster.controller);

export const killZooKeeper: Misfortune = (sim, cluster) => killForAWhile(sim, cluster.zookeeper);

export const killControllerAndZooKeeper: Misfortune = async (sim, cluster) => {
  const { controller } = cluster;
  controller?.kill();
  await killForAWhile(sim, cluster.zookeeper);
  controller?.run();
};

/** What ZooKeeper answered for has been flushed: it must survive the power failure. */
export const crashZooKeeper: Misfortune = async (sim, cluster) => {
  cluster.zookeeper.crash();
  await sim.runFor(sim.chance.between(...DOWN_MS));
  cluster.zookeeper.run();
};

/** As a long garbage collection: the broker wakes up and goes on as if nothing had happened. */
export const pauseBroker: Misfortune = async (sim, cluster) => {
  const durationMs = sim.chance.between(1000, 12_000);
  pick(sim.chance, cluster.brokers).pause(durationMs);
  await sim.runFor(durationMs);
};

/** A broker is cut off from the other brokers, from ZooKeeper, or from both; clients still reach it. */
export const cutOffBroker: Misfortune = async (sim, cluster) => {
  const { network } = sim.world;
  const lonely = pick(sim.chance, cluster.brokers);
  const others = cluster.brokers.filter((broker) => broker !== lonely).map(({ name }) => name);
  const from = pick(sim.chance, [others, [cluster.zookeeper.name], [...others, cluster.zookeeper.name]]);
  network.partition([lonely.name], from);
  await sim.runFor(sim.chance.between(1000, 15_000));
  network.heal();
};

/** What one broker sends to another does not arrive, the other way round everything does. */
export const cutOneWay: Misfortune = async (sim, cluster) => {
  const { network } = sim.world;
  network.cutOneWay(
    pick(sim.chance, cluster.brokers).name,
    pick(sim.chance, [...cluster.brokers, cluster.zookeeper]).name,
  );
  await sim.runFor(sim.chance.between(1000, 15_000));
  network.heal();
};

export const killAnyBroker: Misfortune = (sim, cluster) => killForAWhile(sim, pick(sim.chance, cluster.brokers));

async function killForAWhile(sim: Simulation, process: SimulatedProcess<unknown> | undefined): Promise<void> {
  if (process === undefined) return;
  process.kill();
  await sim.runFor(sim.chance.between(...DOWN_MS));
  process.run();
}

function pick<T>(random: SeededRandom, from: readonly T[]): T {
  return from[random.int(from.length)] as T;
}
