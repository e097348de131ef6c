/*
 * What a page would load: the simulated world, and a cluster of brokers and ZooKeeper in it. The page provides `Buffer` as a
 * global.
 */
export { World } from '../../src/platform/sim/world.js';
export { killLeader } from './nemesis/nemesis.js';
export { Simulation } from './simulation.js';
export { appendSequence } from './workloads/append-sequence.js';
export { consumerGroup } from './workloads/consumer-group.js';
