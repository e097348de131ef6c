import '../../../support/fail-on-unhandled.js';
import { type ErrorName, KafkaError } from '../../../../src/common/errors.js';
import type { Codecs } from '../../../../src/platform/codecs.js';
import { silentLogger } from '../../../../src/platform/logger.js';
import type { Random } from '../../../../src/platform/random.js';
import { batchesIn } from '../../../../src/protocol/record/record-reader.js';
import { recordsOf } from '../../../../src/protocol/record/record-reader.js';
import { GroupCoordinator } from '../../../../src/coordinator/group/group-coordinator.js';
import type { JoinResult, SyncResult } from '../../../../src/coordinator/group/group-member.js';
import type { JoinRequest } from '../../../../src/coordinator/group/group-membership.js';
import {
  type CoordinatorFence,
  DEFAULT_GROUP_CONFIG,
  type GroupConfig,
  type GroupTopicPartition,
  type OffsetStore,
  type OffsetWrite,
  type PartitionWriter,
  type StoredOffset,
} from '../../../../src/coordinator/group/group-ports.js';
import { type GroupRecord, readGroupRecord } from '../../../../src/coordinator/group/group-records.js';
import { ManualTime } from '../../../support/manual-time.js';

/** `__consumer_offsets` in memory: appends are committed at once, or fail, or are held back. */
export class FakeLog implements PartitionWriter {
  readonly batches = new Map<number, Buffer[]>();
  /** Those the appends were made in. */
  readonly epochs: number[] = [];
  failWith: ErrorName | undefined;
  partitions = 1;
  private held: (() => void)[] | undefined;

  partitionCount(): number {
    return this.partitions;
  }

  async append(partition: number, leaderEpoch: number, batch: Buffer): Promise<void> {
    this.epochs.push(leaderEpoch);
    if (this.held !== undefined) await new Promise<void>((resolve) => this.held?.push(resolve));
    if (this.failWith !== undefined) throw new KafkaError(this.failWith);
    const log = this.batches.get(partition) ?? [];
    log.push(batch);
    this.batches.set(partition, log);
  }

  async *read(partition: number): AsyncGenerator<Buffer> {
    if (this.held !== undefined) await new Promise<void>((resolve) => this.held?.push(resolve));
    yield* this.batches.get(partition) ?? [];
  }

  hold(): void {
    this.held = [];
  }
  letGo(): void {
    const waiting = this.held ?? [];
    this.held = undefined;
    for (const resolve of waiting) resolve();
  }

  records(): GroupRecord[] {
    return [...this.batches.values()]
      .flat()
      .flatMap((bytes) =>
        [...batchesIn(bytes)].flatMap(({ at }) =>
          recordsOf(bytes, at).flatMap(({ key, value }) => readGroupRecord(key!, value) ?? []),
        ),
      );
  }
}

/** /consumers in memory. */
export class FakeZnodes implements OffsetStore {
  readonly numbers = new Map<string, number>();
  readonly calls: (readonly OffsetWrite[])[] = [];
  failWith: ErrorName | undefined;
  private held: (() => void)[] | undefined;

  async write(writes: readonly OffsetWrite[]): Promise<readonly ErrorName[]> {
    this.calls.push(writes);
    if (this.held !== undefined) await new Promise<void>((resolve) => this.held?.push(resolve));
    const { failWith } = this;
    if (failWith !== undefined) throw new KafkaError(failWith);
    for (const write of writes) this.numbers.set(pathOf(write), write.offset);
    return writes.map(() => 'NONE');
  }
  remove(_fence: CoordinatorFence, keys: readonly GroupTopicPartition[]): Promise<readonly ErrorName[]> {
    for (const key of keys) this.numbers.delete(pathOf(key));
    return Promise.resolve(keys.map(() => 'NONE'));
  }
  read(keys: readonly GroupTopicPartition[]): Promise<readonly (number | undefined)[]> {
    if (this.failWith !== undefined) return Promise.reject(new KafkaError(this.failWith));
    return Promise.resolve(keys.map((key) => this.numbers.get(pathOf(key))));
  }
  list(groupId: string): Promise<readonly StoredOffset[]> {
    const own = [...this.numbers].filter(([path]) => path.startsWith(`${groupId}/`));
    return Promise.resolve(
      own.map(([path, offset]) => {
        const [, topic = '', partition = ''] = path.split('/');
        return { topic, partition: Number(partition), offset };
      }),
    );
  }

  hold(): void {
    this.held = [];
  }
  letGo(): void {
    const waiting = this.held ?? [];
    this.held = undefined;
    for (const resolve of waiting) resolve();
  }
}

function pathOf({ groupId, topic, partition }: GroupTopicPartition): string {
  return `${groupId}/${topic}/${partition}`;
}

/** Counts up, so that member ids can be told apart. */
export function countingRandom(): Random {
  let count = 0;
  return {
    int: () => count++,
    float: () => 0,
    bytes: (size) => Buffer.alloc(size, ++count),
  };
}

export class Harness {
  readonly time = new ManualTime();
  readonly log = new FakeLog();
  readonly znodes = new FakeZnodes();
  readonly coordinator: GroupCoordinator;

  constructor(config: Partial<GroupConfig> = {}) {
    this.coordinator = this.another(config);
  }

  /** One more coordinator over the same log and znodes, as another broker would be. */
  another(config: Partial<GroupConfig> = {}): GroupCoordinator {
    const coordinator = new GroupCoordinator({
      config: { ...DEFAULT_GROUP_CONFIG, ...config },
      writer: this.log,
      offsetStore: this.znodes,
      time: this.time,
      random: countingRandom(),
      codecs: {} as Codecs, // nothing here is compressed
      logger: silentLogger,
    });
    coordinator.start();
    return coordinator;
  }

  static async elected(config: Partial<GroupConfig> = {}): Promise<Harness> {
    const harness = new Harness(config);
    await harness.coordinator.onElection(0, 1);
    return harness;
  }

  join(request: Partial<JoinRequest> = {}, groupId = 'g'): Parked<JoinResult> {
    return new Parked(this.coordinator.joinGroup(groupId, { ...aJoin, ...request }));
  }

  sync(
    joined: JoinResult,
    assignments: Record<string, string> = {},
    groupInstanceId: string | null = null,
  ): Parked<SyncResult> {
    return new Parked(
      this.coordinator.syncGroup('g', {
        memberId: joined.memberId,
        groupInstanceId,
        generationId: joined.generationId,
        protocolType: 'consumer',
        protocolName: joined.protocolName,
        assignments: new Map(Object.entries(assignments).map(([id, text]) => [id, Buffer.from(text)])),
      }),
    );
  }

  heartbeat({ memberId, generationId }: JoinResult, groupInstanceId: string | null = null): ErrorName {
    return this.coordinator.heartbeat('g', memberId, groupInstanceId, generationId);
  }

  /** A stable group of so many members, the leader first. */
  async stableGroup(requests: readonly Partial<JoinRequest>[] = [{}]): Promise<JoinResult[]> {
    const joins = requests.map((request) => this.join(request));
    await this.time.advance(6000);
    const joined = joins.map((join) => join.result);
    const leader = joined.find(({ memberId, leaderId }) => memberId === leaderId)!;
    const assignments = Object.fromEntries(joined.map(({ memberId }) => [memberId, `for ${memberId}`]));
    for (const [i, member] of joined.entries()) {
      this.sync(member, member === leader ? assignments : {}, requests[i]?.groupInstanceId ?? null);
    }
    await this.time.advance(0);
    return joined;
  }

  get state(): string {
    return this.coordinator.describeGroup('g').group?.state ?? 'none';
  }
}

/** A request that may be parked: what it was answered, if it was. */
export class Parked<R> {
  answer: R | undefined;

  constructor(promise: Promise<R>) {
    void promise.then((answer) => (this.answer = answer));
  }

  get isParked(): boolean {
    return this.answer === undefined;
  }
  get result(): R {
    if (this.answer === undefined) throw new Error('still parked');
    return this.answer;
  }
}

export const range = { name: 'range', metadata: subscription('orders') };

export const aJoin: JoinRequest = {
  memberId: '',
  groupInstanceId: null,
  clientId: 'c',
  clientHost: '/127.0.0.1',
  rebalanceTimeoutMs: 60_000,
  sessionTimeoutMs: 10_000,
  protocolType: 'consumer',
  protocols: [range],
  requireKnownMemberId: false,
  reason: null,
  supportsSkippingAssignment: true,
};

/** A consumer's subscription, version 0, to one topic. */
export function subscription(topic: string): Buffer {
  const name = Buffer.from(topic);
  return Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 1, 0, name.length]), name, Buffer.alloc(4, 0xff)]);
}
