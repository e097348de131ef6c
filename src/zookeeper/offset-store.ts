import { KafkaError } from '../common/errors.js';
import type { TopicPartition } from '../common/topic-partition.js';
import type { ZkClient, ZkErrorName, ZkOperation } from '../../zk/client/zk-client.js';
import { fenceGuard, type ControllerFence } from './fence.js';
import type { Guard, ZkRequests } from './zk-requests.js';
import {
  CONSUMERS,
  groupOffsetsPath,
  groupTopicOffsetsPath,
  offsetPath,
  parentPath,
  partitionStatePath,
} from './znodes/paths.js';

/** One consumer offset as its znode holds it: the plain number. */
export interface OffsetEntry extends TopicPartition {
  readonly group: string;
  readonly offset: number;
}

/** Who may write the offsets of a group: the leader of its partition of __consumer_offsets, as of one version of its state. */
export interface CoordinatorFence {
  readonly topic: string;
  readonly partition: number;
  /** Version of the partition's state znode. */
  readonly leaderVersion: number;
}

/** /consumers/G/offsets/T/P. */
export class OffsetStore {
  private readonly zk: ZkClient;
  private readonly requests: ZkRequests;

  constructor(zk: ZkClient, requests: ZkRequests) {
    this.zk = zk;
    this.requests = requests;
  }

  /**
   * Writes offsets so that neither an old controller nor an old coordinator can move one: each multi begins with checks of
   * /controller_epoch and of the coordinator partition's state. Parents are made outside, unfenced: they say nothing.
   * @returns one result an entry
   * @throws KafkaError STALE_CONTROLLER_EPOCH, NOT_COORDINATOR: nothing after the broken fence was written
   */
  async writeOffsets(
    coordinator: CoordinatorFence,
    entries: readonly OffsetEntry[],
    fence: ControllerFence,
  ): Promise<ZkErrorName[]> {
    return this.write([fenceGuard(fence), coordinatorGuard(coordinator)], entries);
  }

  /** OffsetCommit v0: unfenced, as Apache Kafka writes it. Source: kafka.zk.KafkaZkClient.setOrCreateConsumerOffset, 3.9 */
  async writeUnfenced(entries: readonly OffsetEntry[]): Promise<ZkErrorName[]> {
    return this.write([], entries);
  }

  private async write(guards: readonly Guard[], entries: readonly OffsetEntry[]): Promise<ZkErrorName[]> {
    const results = (await this.requests.writeGuarded(guards, entries.map(setOffset))).map(({ error }) => error);
    const missing = entries.map((_, i) => i).filter((i) => results[i] === 'NO_NODE');
    if (missing.length === 0) return results;
    const pick = missing.map((i) => entries[i]).filter((entry) => entry !== undefined);
    const parents = new Set(pick.map((entry) => parentPath(pathOf(entry)) ?? CONSUMERS));
    await Promise.all([...parents].map((path) => this.requests.createWithParents(path, null)));
    const created = await this.requests.writeGuarded(guards, pick.map(createOffset));
    const raced = pick.filter((_, i) => created[i]?.error === 'NODE_EXISTS');
    const second = await this.requests.writeGuarded(guards, raced.map(setOffset));
    missing.forEach((at, i) => {
      const entry = pick[i];
      const race = entry === undefined ? -1 : raced.indexOf(entry);
      results[at] = (race < 0 ? created[i]?.error : second[race]?.error) ?? 'SYSTEM_ERROR';
    });
    return results;
  }

  /** Makes what was written before, by whomever, visible to the reads that follow. */
  async sync(): Promise<void> {
    await this.requests.retry(() => this.zk.sync(CONSUMERS));
  }

  /** undefined where nothing was committed. */
  async readOffset(group: string, topic: string, partition: number): Promise<number | undefined> {
    const found = await this.requests.read(offsetPath(group, topic, partition));
    return found === undefined ? undefined : decodeOffset(found.data);
  }

  /** Pipelined, in the order of the partitions. */
  readOffsets(group: string, partitions: readonly TopicPartition[]): Promise<(number | undefined)[]> {
    return Promise.all(partitions.map(({ topic, partition }) => this.readOffset(group, topic, partition)));
  }

  /** Everything a group has in znodes. */
  async readGroup(group: string): Promise<OffsetEntry[]> {
    const topics = (await this.requests.children(groupOffsetsPath(group))) ?? [];
    const partitions = await Promise.all(
      topics.map(async (topic) => {
        const names = (await this.requests.children(groupTopicOffsetsPath(group, topic))) ?? [];
        return names.map((name) => ({ topic, partition: Number(name) }));
      }),
    );
    const all = partitions.flat();
    const offsets = await this.readOffsets(group, all);
    return all.flatMap((partition, i) => {
      const offset = offsets[i];
      return offset === undefined ? [] : [{ group, ...partition, offset }];
    });
  }

  /**
   * Removes offsets, with the fences of {@link writeOffsets}. Missing ones are fine.
   * @throws KafkaError STALE_CONTROLLER_EPOCH, NOT_COORDINATOR
   */
  async removeOffsets(
    coordinator: CoordinatorFence,
    entries: readonly (TopicPartition & { readonly group: string })[],
    fence: ControllerFence,
  ): Promise<void> {
    await this.requests.writeGuarded(
      [fenceGuard(fence), coordinatorGuard(coordinator)],
      entries.map(({ group, topic, partition }) => ({
        type: 'delete',
        path: offsetPath(group, topic, partition),
        version: -1,
      })),
    );
  }
}

function coordinatorGuard(coordinator: CoordinatorFence): Guard {
  const { topic, partition, leaderVersion } = coordinator;
  return {
    path: partitionStatePath(topic, partition),
    version: leaderVersion,
    broken: () => new KafkaError('NOT_COORDINATOR', `${topic}-${partition} is no longer at version ${leaderVersion}`),
  };
}

function pathOf(entry: OffsetEntry): string {
  return offsetPath(entry.group, entry.topic, entry.partition);
}

function encodeOffset(offset: number): Buffer {
  return Buffer.from(String(offset), 'utf8');
}

function decodeOffset(data: Buffer | null): number | undefined {
  if (data === null || data.length === 0) return undefined;
  const offset = Number(data.toString('utf8'));
  return Number.isSafeInteger(offset) ? offset : undefined;
}

function setOffset(entry: OffsetEntry): ZkOperation {
  return { type: 'setData', path: pathOf(entry), data: encodeOffset(entry.offset), version: -1 };
}

function createOffset(entry: OffsetEntry): ZkOperation {
  return { type: 'create', path: pathOf(entry), data: encodeOffset(entry.offset) };
}
