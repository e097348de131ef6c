import { errorNameOf, type ErrorName } from '../common/errors.js';
import type {
  CoordinatorFence,
  GroupTopicPartition,
  OffsetStore,
  OffsetWrite,
} from '../coordinator/group/group-ports.js';
import type { ControlPlane } from '../metadata/control-plane.js';
import type { MetadataCache } from '../metadata/metadata-cache.js';
import type { Logger } from '../platform/logger.js';
import { errorName } from '../protocol/error-codes.js';
import type { CoordinatorFence as ZNodeFence, OffsetEntry } from '../zookeeper/offset-store.js';
import type { ControllerFence } from '../zookeeper/fence.js';
import type { KafkaZkClient } from '../zookeeper/kafka-zk-client.js';
import { OFFSETS_TOPIC } from './internal-topics.js';
import { decodeForwardedAnswer, encodeForwardedOffsets, ENVELOPE } from './offset-forwarding.js';

/**
 * Consumer offsets in znodes, for the group coordinator. They go to the controller, which writes them behind its own fence
 * and the coordinator's; if it takes no forwarded writes (an Apache broker) or does not answer, this broker writes them
 * itself, behind the same two fences.
 * Differs: stricter than Apache Kafka, whose brokers write unfenced; it does so for OffsetCommit v0 alone, and so do we.
 */
export class ZNodeOffsetStore implements OffsetStore {
  private readonly brokerId: number;
  private readonly zk: KafkaZkClient;
  private readonly controlPlane: Pick<ControlPlane, 'send'>;
  private readonly metadata: MetadataCache;
  private readonly logger: Logger;
  /** A controller that took no Envelope in all that time: an Apache broker closes the connection. As long as it is controller. */
  private refusing = -1;

  constructor(
    brokerId: number,
    zk: KafkaZkClient,
    controlPlane: Pick<ControlPlane, 'send'>,
    metadata: MetadataCache,
    logger: Logger,
  ) {
    this.brokerId = brokerId;
    this.zk = zk;
    this.controlPlane = controlPlane;
    this.metadata = metadata;
    this.logger = logger.named('kafka.server.ZNodeOffsetStore');
    metadata.onChange((delta) => {
      if (delta.controllerChanged) this.refusing = -1;
    });
  }

  async write(writes: readonly OffsetWrite[]): Promise<readonly ErrorName[]> {
    const outcomes: ErrorName[] = writes.map(() => 'NONE');
    const unfenced: number[] = [];
    const fenced = new Map<string, number[]>();
    writes.forEach(({ groupId, fence }, i) => {
      if (fence === undefined) unfenced.push(i);
      else {
        const key = `${fence.partition} ${fence.leaderEpoch} ${groupId}`;
        const same = fenced.get(key);
        if (same === undefined) fenced.set(key, [i]);
        else same.push(i);
      }
    });
    const settle = (at: readonly number[], errors: readonly ErrorName[]): void => {
      at.forEach((index, i) => (outcomes[index] = errors[i] ?? 'UNKNOWN_SERVER_ERROR'));
    };
    await Promise.all([
      this.writeUnfenced(pick(writes, unfenced)).then((errors) => settle(unfenced, errors)),
      ...[...fenced.values()].map(async (at) => {
        const own = pick(writes, at);
        const fence = own[0]?.fence;
        if (fence !== undefined) settle(at, await this.writeFenced(own, fence));
      }),
    ]);
    return outcomes;
  }

  async remove(fence: CoordinatorFence, keys: readonly GroupTopicPartition[]): Promise<readonly ErrorName[]> {
    const entries = keys.map(({ groupId, topic, partition }) => ({ group: groupId, topic, partition }));
    const error = await this.underFences(fence, (coordinator, controller) =>
      this.zk.offsets.removeOffsets(coordinator, entries, controller),
    );
    return keys.map(() => error);
  }

  async read(keys: readonly GroupTopicPartition[]): Promise<readonly (number | undefined)[]> {
    await this.zk.offsets.sync();
    return Promise.all(
      keys.map(({ groupId, topic, partition }) => this.zk.offsets.readOffset(groupId, topic, partition)),
    );
  }

  async list(groupId: string): Promise<readonly OffsetEntry[]> {
    await this.zk.offsets.sync();
    return this.zk.offsets.readGroup(groupId);
  }

  private async writeUnfenced(writes: readonly OffsetWrite[]): Promise<ErrorName[]> {
    if (writes.length === 0) return [];
    const results = await this.zk.offsets.writeUnfenced(writes.map(entryOf));
    return results.map((result) => (result === 'OK' ? 'NONE' : 'UNKNOWN_SERVER_ERROR'));
  }

  private async writeFenced(writes: readonly OffsetWrite[], fence: CoordinatorFence): Promise<ErrorName[]> {
    const controllerId = this.metadata.image.controllerId;
    if (controllerId !== this.refusing) {
      try {
        const envelope = encodeForwardedOffsets({ brokerId: this.brokerId, ...fence }, writes);
        const answer = decodeForwardedAnswer(await this.controlPlane.send(ENVELOPE, envelope));
        const errors = new Map(
          answer.topics.flatMap(({ name, partitions }) =>
            partitions.map((p) => [`${name} ${p.partitionIndex}`, errorName(p.errorCode)] as const),
          ),
        );
        return writes.map(({ topic, partition }) => errors.get(`${topic} ${partition}`) ?? 'UNKNOWN_SERVER_ERROR');
      } catch (error) {
        this.logger.warn(`Controller ${controllerId} does not take offsets: they are written from here`, error);
        if (errorNameOf(error) === 'REQUEST_TIMED_OUT') this.refusing = controllerId;
      }
    }
    let results: ErrorName[] = [];
    const error = await this.underFences(fence, async (coordinator, controller) => {
      const written = await this.zk.offsets.writeOffsets(coordinator, writes.map(entryOf), controller);
      results = written.map((result) => (result === 'OK' ? 'NONE' : 'COORDINATOR_NOT_AVAILABLE'));
    });
    return error === 'NONE' ? results : writes.map(() => error);
  }

  /** Reads both fences and runs `write` behind them, if this broker is still the coordinator that it was. */
  private async underFences(
    fence: CoordinatorFence,
    write: (coordinator: ZNodeFence, controller: ControllerFence) => Promise<unknown>,
  ): Promise<ErrorName> {
    try {
      const [states, active, controller] = await Promise.all([
        this.zk.topics.states([{ topic: OFFSETS_TOPIC, partition: fence.partition }]),
        this.zk.controller.active(),
        this.zk.controller.epoch(),
      ]);
      const state = [...states.values()][0];
      if (state?.leader !== this.brokerId || state.leaderEpoch !== fence.leaderEpoch) return 'NOT_COORDINATOR';
      // a KRaft controller governs: it writes what stands in ZooKeeper
      if (active !== undefined && active.kraftControllerEpoch > 0) return 'COORDINATOR_NOT_AVAILABLE';
      if (controller === undefined) return 'COORDINATOR_NOT_AVAILABLE';
      const own = { topic: OFFSETS_TOPIC, partition: fence.partition, leaderVersion: state.partitionEpoch };
      await write(own, controller);
      return 'NONE';
    } catch (error) {
      this.logger.warn(`Offsets of ${OFFSETS_TOPIC}-${fence.partition} could not be written`, error);
      return errorNameOf(error) === 'NOT_COORDINATOR' ? 'NOT_COORDINATOR' : 'COORDINATOR_NOT_AVAILABLE';
    }
  }
}

function pick<T>(all: readonly T[], at: readonly number[]): T[] {
  return at.map((i) => all[i]).filter((one) => one !== undefined);
}

function entryOf({ groupId, topic, partition, offset }: OffsetWrite): OffsetEntry {
  return { group: groupId, topic, partition, offset };
}
