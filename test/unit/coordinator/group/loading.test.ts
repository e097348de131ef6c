import { expect } from 'chai';
import { partitionForGroup, javaHashCode } from '../../../../src/coordinator/group/group-partition.js';
import { offsetCommitBatch, readGroupRecord } from '../../../../src/coordinator/group/group-records.js';
import { buildBatch } from '../../../../src/protocol/record/batch-builder.js';
import { buildEndTransactionMarker } from '../../../../src/protocol/record/control-batch.js';
import { recordsOf } from '../../../../src/protocol/record/record-reader.js';
import { settled } from '../../../support/manual-time.js';
import { Harness, Parked } from './harness.js';

const orders = [{ topic: 'orders', partition: 0 }];
function anOffset(offset: number) {
  return {
    topic: 'orders',
    partition: 0,
    offset,
    leaderEpoch: -1,
    metadata: '',
    commitTimestamp: 1,
    expireTimestamp: undefined,
  };
}
const noMember = { memberId: '', groupInstanceId: null, generationId: -1 };

describe('a coordinator that takes over', () => {
  it('knows groups, members, assignments and offsets, and their sessions begin anew', async () => {
    const harness = await Harness.elected();
    const [leader, follower] = await harness.stableGroup([{}, { groupInstanceId: 'i1' }]);
    const asLeader = { memberId: leader!.memberId, groupInstanceId: null, generationId: 1 };
    await harness.coordinator.commitOffsets('g', { ...asLeader, offsets: [anOffset(5)] });

    const next = harness.another();
    await next.onElection(0, 2);
    expect(next.heartbeat('g', leader!.memberId, null, 1)).to.equal('NONE');
    expect(next.heartbeat('g', follower!.memberId, 'i1', 1)).to.equal('NONE');
    const { group } = next.describeGroup('g');
    expect(group).to.include({ state: 'Stable', generationId: 1, protocolType: 'consumer', protocolName: 'range' });
    expect([...group!.members].map(({ memberId, assignment }) => [memberId, String(assignment)])).to.deep.equal(
      [leader!, follower!].map(({ memberId }) => [memberId, `for ${memberId}`]),
    );
    expect([...group!.subscribedTopics!]).to.deep.equal(['orders']);
    expect((await next.fetchOffsets('g', orders, false)).offsets[0]).to.include({ offset: 5 });
    await harness.time.advance(10_000);
    expect(next.describeGroup('g').group).to.include({ state: 'Empty', generationId: 2 });
  });

  it('forgets what was deleted', async () => {
    const harness = await Harness.elected({ offsetsStorage: 'kafka' });
    await harness.coordinator.commitOffsets('g', { ...noMember, offsets: [anOffset(5)] });
    await harness.coordinator.onPartitionsDeleted(orders);
    const next = harness.another();
    await next.onElection(0, 2);
    expect(next.listGroups()).to.deep.equal({ error: 'NONE', groups: [] });
  });

  it('counts what a transaction committed when its marker is there', async () => {
    const harness = new Harness({ offsetsStorage: 'kafka' });
    const transactional = (groupId: string, producerId: number) => {
      const records = recordsOf(offsetCommitBatch(groupId, [anOffset(producerId)], 1));
      const batch = { records, producerId, producerEpoch: 0, baseSequence: 0, isTransactional: true };
      return buildBatch(batch);
    };
    const marker = (producerId: number, type: 'commit' | 'abort') =>
      buildEndTransactionMarker({ type, producerId, producerEpoch: 0, coordinatorEpoch: 0, timestamp: 1 });
    harness.log.batches.set(0, [
      transactional('committed', 5),
      transactional('aborted', 6),
      transactional('open', 7),
      marker(5, 'commit'),
      marker(6, 'abort'),
    ]);
    await harness.coordinator.onElection(0, 1);
    const fetch = async (groupId: string) => (await harness.coordinator.fetchOffsets(groupId, orders, true)).offsets[0];
    expect(await fetch('committed')).to.include({ offset: 5 });
    expect(await fetch('aborted')).to.include({ offset: -1, error: 'NONE' });
    expect(await fetch('open')).to.include({ offset: -1, error: 'UNSTABLE_OFFSET_COMMIT' });
  });

  it('leaves out records that it cannot read, and none besides', async () => {
    const harness = new Harness({ offsetsStorage: 'kafka' });
    const good = offsetCommitBatch('g', [anOffset(5)], 1);
    const [record] = recordsOf(offsetCommitBatch('newer', [anOffset(6)], 1));
    const newerValue = Buffer.from(record!.value!);
    newerValue.writeInt16BE(77, 0);
    const newerKey = Buffer.from(record!.key!);
    newerKey.writeInt16BE(9, 0);
    const records = [
      { key: record!.key, value: newerValue, timestamp: 1 },
      { key: newerKey, value: record!.value, timestamp: 1 },
      { key: Buffer.from([0]), value: null, timestamp: 1 },
    ];
    harness.log.batches.set(0, [buildBatch({ records }), good]);
    await harness.coordinator.onElection(0, 1);
    expect(harness.coordinator.listGroups().groups.map(({ groupId }) => groupId)).to.deep.equal(['g']);
    expect(readGroupRecord(newerKey, record!.value)).to.equal(undefined);
  });

  it('begins a rebalance of a group that is too large by now', async () => {
    const harness = await Harness.elected();
    await harness.stableGroup([{}, {}]);
    const next = harness.another({ groupMaxSize: 1 });
    await next.onElection(0, 2);
    expect(next.describeGroup('g').group?.state).to.equal('PreparingRebalance');
  });

  it('of an older epoch changes nothing', async () => {
    const harness = await Harness.elected();
    await harness.stableGroup();
    await harness.coordinator.onElection(0, 0);
    await harness.coordinator.onElection(0, 1);
    expect(harness.state).to.equal('Stable');
    harness.coordinator.onResignation(0, 0);
    expect(harness.state).to.equal('Stable');
  });

  it('in a later epoch of a leader that never ceased to lead goes on, fenced by that epoch', async () => {
    const harness = await Harness.elected();
    const [leader] = await harness.stableGroup();
    const joining = harness.join();
    await harness.coordinator.onElection(0, 3);
    await settled();
    expect([joining.isParked, harness.state]).to.deep.equal([true, 'PreparingRebalance']);
    const asLeader = { memberId: leader!.memberId, groupInstanceId: null, generationId: 1 };
    await harness.coordinator.commitOffsets('g', { ...asLeader, offsets: [anOffset(5)] });
    expect(harness.log.epochs.at(-1)).to.equal(3);
    expect(harness.znodes.calls.at(-1)![0]!.fence).to.deep.equal({ partition: 0, leaderEpoch: 3 });
    harness.coordinator.onResignation(0, 2);
    expect(harness.state).to.equal('PreparingRebalance');
  });

  it('in a later epoch while it loads begins to load anew', async () => {
    const harness = new Harness();
    harness.log.batches.set(0, [offsetCommitBatch('g', [anOffset(5)], 1)]);
    harness.log.hold();
    const first = harness.coordinator.onElection(0, 1);
    const second = harness.coordinator.onElection(0, 2);
    harness.log.letGo();
    await Promise.all([first, second]);
    expect(harness.coordinator.describeGroup('g').group?.state).to.equal('Empty');
  });

  it('that is overtaken while it loads leaves the partition to its successor', async () => {
    const harness = new Harness();
    harness.log.batches.set(0, [offsetCommitBatch('g', [anOffset(5)], 1)]);
    harness.log.hold();
    const first = harness.coordinator.onElection(0, 1);
    await settled();
    harness.coordinator.onResignation(0, 2);
    harness.log.letGo();
    await first;
    expect(harness.coordinator.describeGroup('g').error).to.equal('NOT_COORDINATOR');
  });

  it('is none if the log cannot be read', async () => {
    const harness = new Harness();
    harness.log.batches.set(0, [
      buildBatch({ records: [{ key: Buffer.alloc(6), value: null, timestamp: 1 }] }).fill(0xff, 61),
    ]);
    await harness.coordinator.onElection(0, 1);
    expect(harness.coordinator.describeGroup('g').error).to.equal('NOT_COORDINATOR');
  });
});

describe('a coordinator that resigns', () => {
  it('tells everybody who waits', async () => {
    const harness = await Harness.elected();
    const joining = harness.join();
    harness.coordinator.onResignation(0, 2);
    await settled();
    expect(joining.result.error).to.equal('NOT_COORDINATOR');
  });

  it('tells those who wait for their assignment, too', async () => {
    const harness = await Harness.elected();
    const joins = [harness.join(), harness.join()];
    await harness.time.advance(6000);
    const sync = harness.sync(joins[1]!.result);
    harness.coordinator.onResignation(0, undefined);
    await settled();
    expect(sync.result.error).to.equal('NOT_COORDINATOR');
  });

  it('stores no assignment that arrives too late', async () => {
    const harness = await Harness.elected();
    const join = harness.join();
    await harness.time.advance(3000);
    harness.log.hold();
    const sync = harness.sync(join.result, {});
    harness.coordinator.onResignation(0, 2);
    harness.log.letGo();
    await settled();
    expect(sync.result.error).to.equal('NOT_COORDINATOR');
    expect(harness.state).to.equal('none');
  });

  it('does not answer a fetch that it began', async () => {
    const harness = await Harness.elected();
    const fetch = new Parked(harness.coordinator.fetchOffsets('g', orders, false));
    harness.coordinator.onResignation(0, 2);
    await settled();
    expect(fetch.result).to.deep.equal({ error: 'NOT_COORDINATOR', offsets: [] });
  });
});

describe("a group's partition", () => {
  it("is that of Java's String.hashCode", () => {
    expect(javaHashCode('')).to.equal(0);
    expect(javaHashCode('hello')).to.equal(99162322);
    expect(javaHashCode('polygenelubricants')).to.equal(-2147483648);
    expect(partitionForGroup('polygenelubricants', 50)).to.equal(0);
    expect(partitionForGroup('hello', 50)).to.equal(22);
    expect(partitionForGroup('my-group', 50)).to.equal(Math.abs(javaHashCode('my-group')) % 50);
  });
});
