import type { SeededRandom } from '../../../src/platform/sim/random.js';
import type { SimulatedCluster } from '../simulated-cluster.js';
import type { SimulatedProcess } from '../simulated-process.js';
import type { Simulation } from '../simulation.js';

/** Something bad begins to happen to a cluster. @returns what ends it */
export type Misfortune = (sim: Simulation, cluster: SimulatedCluster) => () => void;

export const killLeader =
  (topic: string): Misfortune =>
  (sim, cluster) =>
    kill(cluster.leaderOf(topic, sim.chance.int(2)));

export const killController: Misfortune = (_sim, cluster) => kill(cluster.controller);

export const killZooKeeper: Misfortune = (_sim, cluster) => kill(cluster.zookeeper);

export const killControllerAndZooKeeper: Misfortune = (_sim, cluster) => kill(cluster.controller, cluster.zookeeper);

export const killAnyBroker: Misfortune = (sim, cluster) => kill(pick(sim.chance, cluster.brokers));

/** A client's process dies, and another one takes its place. */
export const killOneOf =
  (processes: readonly SimulatedProcess<unknown>[]): Misfortune =>
  (sim) =>
    kill(pick(sim.chance, processes));

/** What ZooKeeper answered for has been flushed: it must survive the power failure. */
export const crashZooKeeper: Misfortune = (_sim, cluster) => {
  cluster.zookeeper.crash();
  return () => cluster.zookeeper.run();
};

/** As a long garbage collection: the broker wakes up and goes on as if nothing had happened. */
export const pauseBroker: Misfortune = (sim, cluster) => {
  pick(sim.chance, cluster.brokers).pause(sim.chance.between(1000, 12_000));
  return () => undefined;
};

export const pauseZooKeeper: Misfortune = (sim, cluster) => {
  cluster.zookeeper.pause(sim.chance.between(1000, 12_000));
  return () => undefined;
};

/** A broker is cut off from the other brokers, from ZooKeeper, or from both; clients still reach it. */
export const cutOffBroker: Misfortune = (sim, cluster) => {
  const { network } = sim.world;
  const lonely = pick(sim.chance, cluster.brokers);
  const others = cluster.brokers.filter((broker) => broker !== lonely).map(({ name }) => name);
  const from = pick(sim.chance, [others, [cluster.zookeeper.name], [...others, cluster.zookeeper.name]]);
  network.partition([lonely.name], from);
  return () => network.heal();
};

/**
 * Nobody but the clients reaches the leader: it goes on taking records that it cannot commit, while the others elect a new
 * one. When it is back, it has to cut them off.
 */
export const isolateLeader =
  (topic: string): Misfortune =>
  (sim, cluster) => {
    const { network } = sim.world;
    const leader = cluster.leaderOf(topic, sim.chance.int(2)) ?? pick(sim.chance, cluster.brokers);
    const others = [cluster.zookeeper, ...cluster.brokers].filter((process) => process !== leader);
    network.partition(
      [leader.name],
      others.map(({ name }) => name),
    );
    return () => network.heal();
  };

/** What one broker sends to another, or to ZooKeeper, does not arrive; the other way round everything does. */
export const cutOneWay: Misfortune = (sim, cluster) => {
  const { network } = sim.world;
  const from = pick(sim.chance, cluster.brokers);
  const to = pick(sim.chance, [...cluster.brokers, cluster.zookeeper]);
  network.cutOneWay(from.name, to.name);
  return () => network.heal();
};

/** All connections between two machines break, and may be made again at once. */
export const resetConnections: Misfortune = (sim, cluster) => {
  const from = pick(sim.chance, cluster.brokers);
  const to = pick(sim.chance, [...cluster.brokers, cluster.zookeeper]);
  sim.world.network.reset(from.name, to.name);
  return () => undefined;
};

export const ALL_MISFORTUNES: readonly Misfortune[] = [
  killLeader('orders'),
  killController,
  killZooKeeper,
  killControllerAndZooKeeper,
  killAnyBroker,
  crashZooKeeper,
  pauseBroker,
  pauseZooKeeper,
  isolateLeader('orders'),
  cutOffBroker,
  cutOneWay,
  resetConnections,
];

function kill(...processes: readonly (SimulatedProcess<unknown> | undefined)[]): () => void {
  for (const process of processes) process?.kill();
  return () => {
    for (const process of processes) process?.run();
  };
}

export function pick<T>(random: SeededRandom, from: readonly T[]): T {
  return from[random.int(from.length)] as T;
}
