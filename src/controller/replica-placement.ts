import { KafkaError } from '../common/errors.js';
import type { Random } from '../platform/random.js';

/** A broker that may take replicas. */
export interface UsableBroker {
  readonly id: number;
  readonly rack: string | null;
}

/** What to place, and where to begin: fixed for partitions added to a topic, by chance for a new topic. */
export interface PlacementOptions {
  readonly partitionCount: number;
  readonly replicationFactor: number;
  /** Index of the first partition's leader in the broker list, and the first replica shift. Default: two dice. */
  readonly fixedStartIndex?: number;
  /** Default 0. */
  readonly startPartition?: number;
}

/**
 * Replicas by partition, the preferred leader first. Leaders go round the brokers from a random one; followers go round from
 * a shift that grows with each round, so that the partitions of one broker spread over all others. With racks, brokers are
 * taken rack by rack and each partition gets as many racks as possible.
 * @throws KafkaError INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR; UNKNOWN_SERVER_ERROR if only some brokers have a rack
 * Source: org.apache.kafka.admin.AdminUtils.assignReplicasToBrokers, 3.9
 */
export function placeReplicas(
  brokers: readonly UsableBroker[],
  options: PlacementOptions,
  random: Random,
): Map<number, number[]> {
  const { partitionCount, replicationFactor } = options;
  if (partitionCount <= 0) {
    throw new KafkaError('INVALID_PARTITIONS', 'Number of partitions must be larger than 0.');
  }
  if (replicationFactor <= 0) {
    throw new KafkaError('INVALID_REPLICATION_FACTOR', 'Replication factor must be larger than 0.');
  }
  if (replicationFactor > brokers.length) {
    throw new KafkaError(
      'INVALID_REPLICATION_FACTOR',
      `Replication factor: ${replicationFactor} larger than available brokers: ${brokers.length}.`,
    );
  }
  const withRack = brokers.filter(({ rack }) => rack !== null).length;
  if (withRack !== 0 && withRack !== brokers.length) {
    throw new KafkaError(
      'UNKNOWN_SERVER_ERROR',
      'Not all brokers have rack information for replica rack aware assignment.',
    );
  }
  const order = withRack === 0 ? [...brokers] : alternateRacks(brokers);
  const rackCount = new Set(brokers.map(({ rack }) => rack)).size;
  const startIndex = options.fixedStartIndex ?? random.int(order.length);
  let shift = options.fixedStartIndex ?? random.int(order.length);
  const first = options.startPartition ?? 0;
  const placed = new Map<number, number[]>();
  for (let partition = first; partition < first + partitionCount; partition++) {
    if (partition > 0 && partition % order.length === 0) shift++;
    const leaderIndex = (partition + startIndex) % order.length;
    const replicas =
      withRack === 0
        ? nextBrokers(order, leaderIndex, shift, replicationFactor)
        : nextRacks(order, leaderIndex, shift * rackCount, replicationFactor, rackCount);
    placed.set(partition, replicas);
  }
  return placed;
}

function nextBrokers(order: readonly UsableBroker[], leaderIndex: number, shift: number, count: number): number[] {
  const indexes = Array.from({ length: count - 1 }, (_, i) => followerIndex(leaderIndex, shift, i, order.length));
  return [leaderIndex, ...indexes].map((index) => order[index]?.id ?? -1);
}

/** Skips a broker whose rack has a replica while another rack has none, and one that has a replica while another has none. */
function nextRacks(
  order: readonly UsableBroker[],
  leaderIndex: number,
  shift: number,
  count: number,
  rackCount: number,
): number[] {
  const taken: UsableBroker[] = order.slice(leaderIndex, leaderIndex + 1);
  const racks = new Set(taken.map(({ rack }) => rack));
  for (let i = 0; taken.length < count; i++) {
    const broker = order[followerIndex(leaderIndex, shift, i, order.length)];
    if (broker === undefined || taken.includes(broker)) continue;
    if (racks.has(broker.rack) && racks.size < rackCount) continue;
    taken.push(broker);
    racks.add(broker.rack);
  }
  return taken.map(({ id }) => id);
}

function followerIndex(leaderIndex: number, shift: number, i: number, brokerCount: number): number {
  return (leaderIndex + 1 + ((shift + i) % (brokerCount - 1))) % brokerCount;
}

/** Brokers by id within a rack, one of each rack in turn, racks by name. */
function alternateRacks(brokers: readonly UsableBroker[]): UsableBroker[] {
  const racks = [...new Set(brokers.map(({ rack }) => rack ?? ''))].sort();
  const byRack = racks.map((rack) => brokers.filter((b) => b.rack === rack).sort((a, b) => a.id - b.id));
  const longest = Math.max(...byRack.map((list) => list.length));
  const rounds = Array.from({ length: longest }, (_, round) => byRack.map((list) => list[round]));
  return rounds.flat().filter((broker) => broker !== undefined);
}
