import { expect } from 'chai';
import type { CommitRequest } from '../../../../src/coordinator/group/group-coordinator.js';
import type { CommittedOffset } from '../../../../src/coordinator/group/group-offsets.js';
import { isZnodeName } from '../../../../src/coordinator/group/znode-offsets.js';
import { settled } from '../../../support/manual-time.js';
import { Harness, Parked, subscription } from './harness.js';

function anOffset(offset: number, changes: Partial<CommittedOffset> = {}): CommittedOffset {
  return {
    topic: 'orders',
    partition: 0,
    offset,
    leaderEpoch: 3,
    metadata: 'm',
    commitTimestamp: 1_700_000_000_000,
    expireTimestamp: undefined,
    ...changes,
  };
}

const noMember = { memberId: '', groupInstanceId: null, generationId: -1 };

function commit(harness: Harness, offsets: CommittedOffset[], changes: Partial<CommitRequest> = {}, groupId = 'g') {
  return harness.coordinator.commitOffsets(groupId, { ...noMember, offsets, ...changes });
}

const orders = [{ topic: 'orders', partition: 0 }];
async function fetchOrders(harness: Harness, groupId = 'g') {
  return (await harness.coordinator.fetchOffsets(groupId, orders, false)).offsets[0];
}

describe('committed offsets', () => {
  it('stand in the log, with all that was said, and as a number in the znode', async () => {
    const harness = await Harness.elected();
    expect(await commit(harness, [anOffset(42), anOffset(7, { partition: 1, metadata: '' })])).to.deep.equal([
      'NONE',
      'NONE',
    ]);
    expect(harness.log.records()).to.deep.equal([
      { kind: 'offset', groupId: 'g', offset: anOffset(42) },
      { kind: 'offset', groupId: 'g', offset: anOffset(7, { partition: 1, metadata: '' }) },
    ]);
    expect(Object.fromEntries(harness.znodes.numbers)).to.deep.equal({ 'g/orders/0': 42, 'g/orders/1': 7 });
    expect(harness.znodes.calls).to.have.lengthOf(1);
    expect(harness.znodes.calls[0]![0]!.fence).to.deep.equal({ partition: 0, leaderEpoch: 1 });
    expect(await fetchOrders(harness)).to.deep.equal({
      topic: 'orders',
      partition: 0,
      offset: 42,
      leaderEpoch: 3,
      metadata: 'm',
      error: 'NONE',
    });
  });

  it('are answered when both stand, the record first', async () => {
    const harness = await Harness.elected();
    harness.log.hold();
    harness.znodes.hold();
    const parked = new Parked(commit(harness, [anOffset(1)]));
    await settled();
    expect(harness.znodes.calls).to.have.lengthOf(0);
    harness.log.letGo();
    await settled();
    expect([harness.znodes.calls.length, parked.isParked]).to.deep.equal([1, true]);
    harness.znodes.letGo();
    await settled();
    expect(parked.result).to.deep.equal(['NONE']);
  });

  it('are read from the znode: somebody else may have moved it', async () => {
    const harness = await Harness.elected();
    await commit(harness, [anOffset(42)]);
    harness.znodes.numbers.set('g/orders/0', 50);
    expect(await fetchOrders(harness)).to.include({ offset: 50, leaderEpoch: -1, metadata: '' });
  });

  it('are read from the record where there is no znode', async () => {
    const harness = await Harness.elected();
    await commit(harness, [anOffset(42)]);
    harness.znodes.numbers.clear();
    expect(await fetchOrders(harness)).to.include({ offset: 42, leaderEpoch: 3, metadata: 'm' });
  });

  it('of all partitions are those of both places', async () => {
    const harness = await Harness.elected();
    await commit(harness, [anOffset(42), anOffset(43, { partition: 1 })]);
    harness.znodes.numbers.delete('g/orders/1');
    harness.znodes.numbers.set('g/payments/5', 9);
    const { offsets } = await harness.coordinator.fetchOffsets('g', undefined, false);
    expect(offsets.map(({ topic, partition, offset }) => `${topic}-${partition}=${offset}`)).to.have.members([
      'orders-0=42',
      'orders-1=43',
      'payments-5=9',
    ]);
  });

  it('have no znodes with offsets.storage=kafka, nor for groups whose name is no znode name', async () => {
    const kafka = await Harness.elected({ offsetsStorage: 'kafka' });
    await commit(kafka, [anOffset(42)]);
    expect(kafka.znodes.calls).to.have.lengthOf(0);
    expect(await fetchOrders(kafka)).to.include({ offset: 42, metadata: 'm' });
    const harness = await Harness.elected();
    for (const groupId of ['', 'a/b', '..']) {
      expect(await commit(harness, [anOffset(5)], {}, groupId)).to.deep.equal(['NONE']);
      expect(await fetchOrders(harness, groupId)).to.include({ offset: 5, metadata: 'm' });
    }
    expect(harness.znodes.calls).to.have.lengthOf(0);
  });

  it('that were never committed are −1', async () => {
    const harness = await Harness.elected();
    expect(await fetchOrders(harness)).to.deep.include({ offset: -1, leaderEpoch: -1, metadata: '', error: 'NONE' });
    expect((await harness.coordinator.fetchOffsets('g', undefined, false)).offsets).to.deep.equal([]);
  });

  it('on their way are unstable, for whoever requires stable ones', async () => {
    const harness = await Harness.elected();
    await commit(harness, [anOffset(1)]);
    harness.log.hold();
    const parked = new Parked(commit(harness, [anOffset(2)]));
    expect((await harness.coordinator.fetchOffsets('g', orders, true)).offsets[0]).to.include({
      offset: -1,
      error: 'UNSTABLE_OFFSET_COMMIT',
    });
    expect(await fetchOrders(harness)).to.include({ offset: 1 });
    harness.log.letGo();
    await settled();
    expect(parked.result).to.deep.equal(['NONE']);
    expect((await harness.coordinator.fetchOffsets('g', orders, true)).offsets[0]).to.include({ offset: 2 });
  });

  it('wait for one another by key: the newest that waits is written in all their names', async () => {
    const harness = await Harness.elected();
    harness.znodes.hold();
    const parked: Parked<string[]>[] = [];
    for (const offset of [1, 2, 3, 4]) {
      parked.push(new Parked(commit(harness, [anOffset(offset)])));
      await settled();
    }
    expect(harness.znodes.calls.map((call) => call.map(({ offset }) => offset))).to.deep.equal([[1]]);
    harness.znodes.letGo();
    await settled();
    expect(harness.znodes.calls.map((call) => call.map(({ offset }) => offset))).to.deep.equal([[1], [4]]);
    expect(parked.map(({ result }) => result)).to.deep.equal([['NONE'], ['NONE'], ['NONE'], ['NONE']]);
    expect(harness.znodes.numbers.get('g/orders/0')).to.equal(4);
  });

  const appendErrors: [string, string][] = [
    ['NOT_ENOUGH_REPLICAS', 'COORDINATOR_NOT_AVAILABLE'],
    ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'COORDINATOR_NOT_AVAILABLE'],
    ['UNKNOWN_TOPIC_OR_PARTITION', 'COORDINATOR_NOT_AVAILABLE'],
    ['NOT_LEADER_OR_FOLLOWER', 'NOT_COORDINATOR'],
    ['KAFKA_STORAGE_ERROR', 'NOT_COORDINATOR'],
    ['MESSAGE_TOO_LARGE', 'INVALID_COMMIT_OFFSET_SIZE'],
    ['REQUEST_TIMED_OUT', 'REQUEST_TIMED_OUT'],
  ];
  for (const [thrown, told] of appendErrors) {
    it(`that the log refuses with ${thrown} are ${told}, and do not count`, async () => {
      const harness = await Harness.elected();
      harness.log.failWith = thrown as 'NOT_ENOUGH_REPLICAS';
      expect(await commit(harness, [anOffset(1)])).to.deep.equal([told]);
      expect(await fetchOrders(harness)).to.include({ offset: -1 });
      expect((await harness.coordinator.fetchOffsets('g', orders, true)).offsets[0]).to.include({ error: 'NONE' });
    });
  }

  it('that do not reach their znode are to be tried again', async () => {
    const harness = await Harness.elected();
    harness.znodes.failWith = 'NETWORK_EXCEPTION';
    expect(await commit(harness, [anOffset(1)])).to.deep.equal(['COORDINATOR_NOT_AVAILABLE']);
    harness.znodes.failWith = 'NOT_COORDINATOR';
    expect(await commit(harness, [anOffset(1)])).to.deep.equal(['NOT_COORDINATOR']);
    const fetched = await harness.coordinator.fetchOffsets('g', orders, false);
    expect(fetched).to.deep.equal({ error: 'COORDINATOR_LOAD_IN_PROGRESS', offsets: [] });
    harness.znodes.failWith = undefined;
    expect(await commit(harness, [anOffset(1)])).to.deep.equal(['NONE']);
  });

  it('are refused one by one when their metadata is too long or the number cannot be held', async () => {
    const harness = await Harness.elected({ offsetMetadataMaxBytes: 10 });
    const outcomes = await commit(harness, [
      anOffset(1, { metadata: 'x'.repeat(11) }),
      anOffset(2, { partition: 1 }),
      anOffset(2 ** 60, { partition: 2 }),
      anOffset(-5, { partition: 3 }),
    ]);
    expect(outcomes).to.deep.equal(['OFFSET_METADATA_TOO_LARGE', 'NONE', 'OFFSET_OUT_OF_RANGE', 'NONE']);
    expect(harness.log.records()).to.have.lengthOf(2);
  });

  const strangers: [string, Partial<CommitRequest>, string, string][] = [
    ['a stranger to a new group', {}, 'new', 'NONE'],
    ['a stranger to a group with members', {}, 'g', 'UNKNOWN_MEMBER_ID'],
    ['a generation to a new group', { generationId: 5 }, 'new', 'ILLEGAL_GENERATION'],
    ['another generation', { generationId: 7, memberId: 'LEADER' }, 'g', 'ILLEGAL_GENERATION'],
    ['another member', { generationId: 1, memberId: 'x' }, 'g', 'UNKNOWN_MEMBER_ID'],
    [
      'another member under a static name',
      { generationId: 1, memberId: 'x', groupInstanceId: 'i1' },
      'g',
      'FENCED_INSTANCE_ID',
    ],
    ['a member', { generationId: 1, memberId: 'LEADER' }, 'g', 'NONE'],
    ['a static member', { generationId: 1, memberId: 'LEADER', groupInstanceId: 'i1' }, 'g', 'NONE'],
  ];
  for (const [who, request, groupId, outcome] of strangers) {
    it(`of ${who}: ${outcome}`, async () => {
      const harness = await Harness.elected();
      const [leader] = await harness.stableGroup([{ groupInstanceId: 'i1' }]);
      const memberId = request.memberId === 'LEADER' ? leader!.memberId : (request.memberId ?? '');
      expect(await commit(harness, [anOffset(1)], { ...request, memberId }, groupId)).to.deep.equal([outcome]);
    });
  }

  it('count as a sign of life, also during a rebalance, but not while assignments are awaited', async () => {
    const harness = await Harness.elected();
    const [leader, follower] = await harness.stableGroup([{}, {}]);
    const asLeader = { generationId: 1, memberId: leader!.memberId };
    for (let i = 0; i < 3; i++) {
      await harness.time.advance(6000);
      expect(await commit(harness, [anOffset(i)], asLeader)).to.deep.equal(['NONE']);
    }
    expect(harness.heartbeat(follower!)).to.equal('UNKNOWN_MEMBER_ID');
    expect(harness.state).to.equal('PreparingRebalance');
    harness.join({ memberId: leader!.memberId });
    await settled();
    expect(await commit(harness, [anOffset(9)], { ...asLeader, generationId: 2 })).to.deep.equal([
      'REBALANCE_IN_PROGRESS',
    ]);
  });

  it('of version 0 are znodes alone, whoever coordinates the group', async () => {
    const harness = new Harness({ offsetMetadataMaxBytes: 3 });
    const outcomes = await harness.coordinator.commitToZnodes('old', [
      { topic: 'orders', partition: 0, offset: 5, metadata: '' },
      { topic: 'orders', partition: 1, offset: 6, metadata: 'long' },
    ]);
    expect(outcomes).to.deep.equal(['NONE', 'OFFSET_METADATA_TOO_LARGE']);
    expect(harness.znodes.calls[0]![0]!.fence).to.equal(undefined);
    expect(harness.log.records()).to.deep.equal([]);
    const fetched = await harness.coordinator.fetchFromZnodes('old', [...orders, { topic: 'orders', partition: 1 }]);
    expect(fetched.map(({ offset, error }) => [offset, error])).to.deep.equal([
      [5, 'NONE'],
      [-1, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ]);
  });
});

describe('offsets that nobody needs', () => {
  const day = 24 * 3_600_000;
  const short = { offsetsRetentionMs: day, offsetsRetentionCheckIntervalMs: 600_000 };
  const nowIn = (harness: Harness) => ({ commitTimestamp: harness.time.wallMs() });

  it('of a group without members go a retention after the commit, in the log and in the znode', async () => {
    const harness = await Harness.elected(short);
    await commit(harness, [anOffset(1, nowIn(harness))]);
    await harness.time.advance(day - 600_000);
    expect(await fetchOrders(harness)).to.include({ offset: 1 });
    await harness.time.advance(600_000);
    expect(await fetchOrders(harness)).to.include({ offset: -1 });
    expect(harness.state).to.equal('none');
    expect(harness.log.records().slice(1)).to.deep.equal([
      { kind: 'offset-tombstone', groupId: 'g', topic: 'orders', partition: 0 },
    ]);
    expect(harness.znodes.numbers.size).to.equal(0);
  });

  it('keep a znode that somebody else has moved', async () => {
    const harness = await Harness.elected(short);
    await commit(harness, [anOffset(1, nowIn(harness))]);
    harness.znodes.numbers.set('g/orders/0', 77);
    await harness.time.advance(day + 600_000);
    expect(harness.state).to.equal('none');
    expect(await fetchOrders(harness)).to.include({ offset: 77 });
  });

  it('of a group that emptied go a retention after that, and the group with them', async () => {
    const harness = await Harness.elected(short);
    const [leader] = await harness.stableGroup();
    const asLeader = { generationId: 1, memberId: leader!.memberId };
    await commit(harness, [anOffset(1, { commitTimestamp: 0 })], asLeader);
    harness.coordinator.leaveGroup('g', [{ memberId: leader!.memberId, groupInstanceId: null, reason: null }]);
    await harness.time.advance(day - 600_000);
    expect(harness.state).to.equal('Empty');
    expect(await fetchOrders(harness)).to.include({ offset: 1 });
    await harness.time.advance(1_200_000);
    expect(harness.state).to.equal('none');
    expect(harness.log.records().at(-1)).to.deep.equal({ kind: 'group-tombstone', groupId: 'g' });
  });

  it('of a stable group go if it no longer consumes the topic', async () => {
    const harness = await Harness.elected({ ...short, groupMaxSessionTimeoutMs: 10 * day });
    const [leader] = await harness.stableGroup([
      { sessionTimeoutMs: 9 * day, protocols: [{ name: 'range', metadata: subscription('orders') }] },
    ]);
    const asLeader = { generationId: 1, memberId: leader!.memberId };
    await commit(harness, [anOffset(1, nowIn(harness)), anOffset(2, { ...nowIn(harness), topic: 'former' })], asLeader);
    await harness.time.advance(day + 600_000);
    expect(harness.log.records().at(-1)).to.deep.include({ kind: 'offset-tombstone', topic: 'former' });
    expect(await fetchOrders(harness)).to.include({ offset: 1 });
    expect(harness.state).to.equal('Stable');
  });

  it('with an expiry of their own go by that', async () => {
    const harness = await Harness.elected(short);
    await commit(harness, [anOffset(1, { ...nowIn(harness), expireTimestamp: harness.time.wallMs() + 500_000 })]);
    await harness.time.advance(600_000);
    expect(await fetchOrders(harness)).to.include({ offset: -1 });
  });

  it('stay while a newer commit is on its way', async () => {
    const harness = await Harness.elected({ ...short, offsetsStorage: 'kafka' });
    await commit(harness, [anOffset(1, nowIn(harness))]);
    await harness.time.advance(day - 600_000);
    harness.log.hold();
    const parked = new Parked(commit(harness, [anOffset(2, nowIn(harness))]));
    await harness.time.advance(600_000);
    expect(await fetchOrders(harness)).to.include({ offset: 1 });
    harness.log.letGo();
    await settled();
    expect(parked.result).to.deep.equal(['NONE']);
    expect(await fetchOrders(harness)).to.include({ offset: 2 });
  });

  it('go with their topic', async () => {
    const harness = await Harness.elected();
    await commit(harness, [anOffset(1), anOffset(2, { topic: 'kept' })]);
    await harness.coordinator.onPartitionsDeleted([...orders, { topic: 'orders', partition: 1 }]);
    expect(harness.log.records().at(-1)).to.deep.include({ kind: 'offset-tombstone', topic: 'orders' });
    expect(await fetchOrders(harness)).to.include({ offset: -1 });
    expect(harness.state).to.equal('Empty');
  });
});

describe('znode names', () => {
  for (const name of ['g', 'my group', 'ü', '.hidden', 'a.b']) {
    it(`${name} is one`, () => expect(isZnodeName(name)).to.equal(true));
  }
  for (const name of ['', '.', '..', 'a/b', 'a\u0000', 'a\nb', 'a\u007f', '\ud83d\ude00', '\uffff']) {
    it(`${JSON.stringify(name)} is none`, () => expect(isZnodeName(name)).to.equal(false));
  }
});
