import { expect } from 'chai';
import { joinError } from '../../../../src/coordinator/group/group-member.js';
import { settled } from '../../../support/manual-time.js';
import { aJoin, Harness, range, subscription } from './harness.js';

describe('a group coming together', () => {
  it('tells a client its id first, then waits the initial delay and makes it the leader', async () => {
    const harness = await Harness.elected();
    const first = harness.join({ requireKnownMemberId: true });
    await settled();
    expect(first.result).to.include({ error: 'MEMBER_ID_REQUIRED', generationId: -1 });
    const { memberId } = first.result;
    expect(memberId).to.match(/^c-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);

    const second = harness.join({ memberId, requireKnownMemberId: true });
    await harness.time.advance(2999);
    expect(second.isParked).to.equal(true);
    await harness.time.advance(1);
    expect(second.result).to.deep.equal({
      error: 'NONE',
      memberId,
      generationId: 1,
      protocolType: 'consumer',
      protocolName: 'range',
      leaderId: memberId,
      skipAssignment: false,
      members: [{ memberId, groupInstanceId: null, metadata: range.metadata }],
    });
    expect(harness.state).to.equal('CompletingRebalance');

    const sync = harness.sync(second.result, { [memberId]: 'everything' });
    await settled();
    expect(sync.result).to.deep.equal({
      error: 'NONE',
      protocolType: 'consumer',
      protocolName: 'range',
      assignment: Buffer.from('everything'),
    });
    expect(harness.state).to.equal('Stable');
    expect(harness.heartbeat(second.result)).to.equal('NONE');
  });

  it('waits on as long as members keep arriving, but not beyond the rebalance timeout', async () => {
    const harness = await Harness.elected();
    const joins = [harness.join({ rebalanceTimeoutMs: 7000 })];
    for (let i = 0; i < 6; i++) {
      await harness.time.advance(1000);
      expect(joins.every((join) => join.isParked)).to.equal(true);
      joins.push(harness.join({ rebalanceTimeoutMs: 7000 }));
    }
    await harness.time.advance(1000); // 3 s, 3 s, and the 1 s that is left of 7
    expect(joins.map((join) => join.result.generationId)).to.deep.equal([1, 1, 1, 1, 1, 1, 1]);
    expect(new Set(joins.map((join) => join.result.leaderId)).size).to.equal(1);
    expect(joins.map((join) => join.result.members.length)).to.deep.equal([7, 0, 0, 0, 0, 0, 0]);
  });

  it('takes the protocol that most members prefer of those that all support', async () => {
    const harness = await Harness.elected();
    const sticky = { name: 'sticky', metadata: subscription('orders') };
    const own = { name: 'own', metadata: Buffer.alloc(0) };
    const joins = [
      [own, range, sticky],
      [sticky, range],
      [sticky, range, own],
    ].map((protocols) => harness.join({ protocols }));
    await harness.time.advance(6000);
    expect(joins.map((join) => join.result.protocolName)).to.deep.equal(['sticky', 'sticky', 'sticky']);
  });

  it('gives members that the leader forgot an empty assignment', async () => {
    const harness = await Harness.elected();
    const joins = [harness.join(), harness.join()];
    await harness.time.advance(6000);
    const syncs = joins.map((join) => harness.sync(join.result, { [joins[0]!.result.memberId]: 'all' }));
    await settled();
    expect(syncs.map((sync) => String(sync.result.assignment))).to.deep.equal(['all', '']);
  });

  it('stores the group before it hands out assignments', async () => {
    const harness = await Harness.elected();
    const join = harness.join();
    await harness.time.advance(3000);
    harness.log.hold();
    const sync = harness.sync(join.result, { [join.result.memberId]: 'all' });
    await settled();
    expect([sync.isParked, harness.state]).to.deep.equal([true, 'CompletingRebalance']);
    harness.log.letGo();
    await settled();
    expect([sync.isParked, harness.state]).to.deep.equal([false, 'Stable']);
    const [record] = harness.log.records();
    expect(record).to.have.nested.property('value.generation', 1);
    expect(record).to.have.nested.property('value.members[0].assignment').that.deep.equals(Buffer.from('all'));
  });
});

describe('a rebalance', () => {
  it('is told by heartbeats, and ends when all are back', async () => {
    const harness = await Harness.elected();
    const [leader] = await harness.stableGroup();
    const newcomer = harness.join();
    expect(harness.heartbeat(leader!)).to.equal('REBALANCE_IN_PROGRESS');
    expect(newcomer.isParked).to.equal(true);
    const back = harness.join({ memberId: leader!.memberId });
    await settled();
    expect(back.result).to.include({ generationId: 2, leaderId: leader!.memberId });
    expect(newcomer.result).to.include({ generationId: 2, leaderId: leader!.memberId });
  });

  it('goes on without a dynamic member that does not come back in time', async () => {
    const harness = await Harness.elected();
    const [leader, follower] = await harness.stableGroup([{}, {}]);
    const back = harness.join({
      memberId: follower!.memberId,
      protocols: [{ ...range, metadata: subscription('more') }],
    });
    for (let i = 0; i < 6; i++) {
      await harness.time.advance(9999);
      expect(harness.heartbeat(leader!)).to.equal('REBALANCE_IN_PROGRESS');
    }
    expect(back.isParked).to.equal(true);
    await harness.time.advance(100);
    expect(back.result).to.include({ generationId: 2, leaderId: follower!.memberId });
    expect(harness.heartbeat(leader!)).to.equal('UNKNOWN_MEMBER_ID');
  });

  it('sends those who wait for their assignment back to join again', async () => {
    const harness = await Harness.elected();
    const joins = [harness.join(), harness.join()];
    await harness.time.advance(6000);
    const follower = joins[1]!.result;
    const sync = harness.sync(follower);
    harness.join();
    await settled();
    expect(sync.result.error).to.equal('REBALANCE_IN_PROGRESS');
    expect(harness.state).to.equal('PreparingRebalance');
  });

  it('begins again when the assignment cannot be stored', async () => {
    const harness = await Harness.elected();
    const join = harness.join();
    await harness.time.advance(3000);
    harness.log.failWith = 'NOT_ENOUGH_REPLICAS';
    const sync = harness.sync(join.result, {});
    await settled();
    expect(sync.result.error).to.equal('COORDINATOR_NOT_AVAILABLE');
    expect(harness.state).to.equal('PreparingRebalance');
  });

  it('that begins while the assignment is stored wins over it', async () => {
    const harness = await Harness.elected();
    const join = harness.join();
    await harness.time.advance(3000);
    harness.log.hold();
    const sync = harness.sync(join.result, {});
    harness.join();
    await settled();
    expect(sync.result.error).to.equal('REBALANCE_IN_PROGRESS');
    harness.log.letGo();
    await settled();
    expect(harness.state).to.equal('PreparingRebalance');
  });

  it('drops members that joined and never synced', async () => {
    const harness = await Harness.elected({ groupMaxSessionTimeoutMs: 1_000_000 });
    const patient = { sessionTimeoutMs: 500_000 };
    const joins = [harness.join(patient), harness.join(patient)];
    await harness.time.advance(6000);
    const [leader, follower] = joins.map((join) => join.result);
    harness.sync(leader!, {});
    await harness.time.advance(60_000);
    expect(harness.heartbeat(leader!)).to.equal('REBALANCE_IN_PROGRESS');
    expect(harness.heartbeat(follower!)).to.equal('UNKNOWN_MEMBER_ID');
  });

  it('is asked for by a leader that rejoins; a follower that says nothing new is told what stands', async () => {
    const harness = await Harness.elected();
    const [leader, follower] = await harness.stableGroup([{}, {}]);
    const again = harness.join({ memberId: follower!.memberId });
    await settled();
    expect(again.result).to.include({ error: 'NONE', generationId: 1, leaderId: leader!.memberId });
    expect(harness.state).to.equal('Stable');
    harness.join({ memberId: leader!.memberId });
    await settled();
    expect(harness.state).to.equal('PreparingRebalance');
  });

  it('waits for an id that was handed out, until its session would have ended', async () => {
    const harness = await Harness.elected();
    const [leader] = await harness.stableGroup();
    const pending = harness.join({ requireKnownMemberId: true });
    await settled();
    expect(pending.result.error).to.equal('MEMBER_ID_REQUIRED');
    const back = harness.join({ memberId: leader!.memberId });
    await harness.time.advance(9000);
    expect(back.isParked).to.equal(true);
    await harness.time.advance(1000);
    expect(back.result.generationId).to.equal(2);
  });
});

describe('members that go', () => {
  it('are missed after their session timeout', async () => {
    const harness = await Harness.elected();
    const [leader, follower] = await harness.stableGroup([{}, {}]);
    await harness.time.advance(6000);
    expect(harness.heartbeat(leader!)).to.equal('NONE');
    await harness.time.advance(3999);
    expect(harness.state).to.equal('Stable');
    await harness.time.advance(1);
    expect(harness.state).to.equal('PreparingRebalance');
    expect(harness.heartbeat(follower!)).to.equal('UNKNOWN_MEMBER_ID');
    const back = harness.join({ memberId: leader!.memberId });
    await settled();
    expect(back.result.generationId).to.equal(2);
  });

  it('are missed when they are silent after their join was answered', async () => {
    const harness = await Harness.elected();
    const join = harness.join();
    await harness.time.advance(3000);
    expect(join.isParked).to.equal(false);
    await harness.time.advance(9999);
    expect(harness.state).to.equal('CompletingRebalance');
    await harness.time.advance(1);
    expect(harness.state).to.equal('Empty');
  });

  it('are missed when they are silent after their sync was answered, however long that took', async () => {
    const harness = await Harness.elected();
    const joins = [harness.join(), harness.join()];
    await harness.time.advance(6000);
    const [leader, follower] = joins.map((join) => join.result);
    harness.sync(follower!);
    for (let i = 0; i < 3; i++) {
      await harness.time.advance(9000);
      expect(harness.heartbeat(leader!)).to.equal('NONE');
    }
    harness.sync(leader!);
    await harness.time.advance(9999);
    expect(harness.heartbeat(leader!)).to.equal('NONE');
    await harness.time.advance(1);
    expect(harness.heartbeat(follower!)).to.equal('UNKNOWN_MEMBER_ID');
  });

  it('are not missed while their requests are parked', async () => {
    const harness = await Harness.elected();
    const [leader, follower] = await harness.stableGroup([{}, {}]);
    const parked = harness.join({ memberId: leader!.memberId });
    for (let i = 0; i < 5; i++) {
      await harness.time.advance(9000);
      harness.heartbeat(follower!);
    }
    expect(parked.isParked).to.equal(true);
    harness.join({ memberId: follower!.memberId });
    await settled();
    expect(parked.result).to.include({ error: 'NONE', generationId: 2 });
  });

  it('leave at once, and the last one leaves an empty group in the log', async () => {
    const harness = await Harness.elected();
    const [only] = await harness.stableGroup();
    const left = harness.coordinator.leaveGroup('g', [
      { memberId: 'nobody', groupInstanceId: null, reason: null },
      { memberId: only!.memberId, groupInstanceId: null, reason: null },
      { memberId: '', groupInstanceId: 'no-instance', reason: null },
    ]);
    expect(left).to.deep.equal({ error: 'NONE', errors: ['UNKNOWN_MEMBER_ID', 'NONE', 'UNKNOWN_MEMBER_ID'] });
    await settled();
    expect(harness.state).to.equal('Empty');
    const last = harness.log.records().at(-1);
    expect(last).to.deep.include({ kind: 'group', groupId: 'g' });
    expect(last).to.have.nested.property('value.generation', 2);
    expect(last).to.have.nested.property('value.protocol', null);
    expect(last).to.have.nested.property('value.leader', null);
    expect(last).to.have.nested.property('value.members').that.is.empty;
  });

  it('may leave before they came back with their id', async () => {
    const harness = await Harness.elected();
    const pending = harness.join({ requireKnownMemberId: true });
    await settled();
    const { memberId } = pending.result;
    expect(
      harness.coordinator.leaveGroup('g', [{ memberId, groupInstanceId: null, reason: null }]).errors,
    ).to.deep.equal(['NONE']);
    const late = harness.join({ memberId });
    await settled();
    expect(late.result.error).to.equal('UNKNOWN_MEMBER_ID');
  });

  it('are dropped when their first join has been parked for five minutes', async () => {
    const harness = await Harness.elected({ groupMaxSessionTimeoutMs: 1_000_000 });
    const [leader] = await harness.stableGroup([{ sessionTimeoutMs: 900_000, rebalanceTimeoutMs: 900_000 }]);
    const newcomer = harness.join();
    await harness.time.advance(299_999);
    expect(newcomer.isParked).to.equal(true);
    await harness.time.advance(1);
    expect(newcomer.result.error).to.equal('UNKNOWN_MEMBER_ID');
    expect(harness.heartbeat(leader!)).to.equal('REBALANCE_IN_PROGRESS');
  });

  it('leave no timer behind', async () => {
    const harness = await Harness.elected();
    const atRest = harness.time.armed;
    await harness.stableGroup([{}, {}, {}]);
    harness.coordinator.onResignation(0, 2);
    expect(harness.time.armed).to.equal(atRest);
    harness.coordinator.stop();
    expect(harness.time.armed).to.equal(0);
  });
});

describe('a static member', () => {
  const first = { groupInstanceId: 'i1' };
  const second = { groupInstanceId: 'i2' };

  it('has its instance id in its member id, and gets its member id without asking', async () => {
    const harness = await Harness.elected();
    const [member] = await harness.stableGroup([{ ...first, requireKnownMemberId: false }]);
    expect(member!.memberId).to.match(/^i1-/);
  });

  it('comes back without a rebalance, and a leader is told not to assign', async () => {
    const harness = await Harness.elected();
    const [leader, other] = await harness.stableGroup([first, second]);
    const back = harness.join(first);
    await settled();
    expect(back.result).to.deep.include({ error: 'NONE', generationId: 1, skipAssignment: true });
    expect(back.result.memberId).to.not.equal(leader!.memberId);
    expect(back.result.leaderId).to.equal(back.result.memberId);
    expect(back.result.members).to.have.lengthOf(2);
    expect(harness.state).to.equal('Stable');
    expect(harness.heartbeat(other!, 'i2')).to.equal('NONE');
    expect(harness.heartbeat(leader!, 'i1')).to.equal('FENCED_INSTANCE_ID');
    const sync = harness.sync(back.result, {}, 'i1');
    await settled();
    expect(String(sync.result.assignment)).to.equal(`for ${leader!.memberId}`);
    const stored = harness.log.records().at(-1);
    expect(stored).to.have.nested.property('value.members').with.lengthOf(2);
  });

  it('that cannot skip the assignment is named its former self as the leader', async () => {
    const harness = await Harness.elected();
    const [leader] = await harness.stableGroup([first, second]);
    const back = harness.join({ ...first, supportsSkippingAssignment: false });
    await settled();
    expect(back.result).to.deep.include({ skipAssignment: false, leaderId: leader!.memberId, members: [] });
  });

  it('keeps its old id if the new one cannot be stored', async () => {
    const harness = await Harness.elected();
    const [leader] = await harness.stableGroup([first, second]);
    harness.log.failWith = 'NOT_ENOUGH_REPLICAS';
    const back = harness.join(first);
    await settled();
    expect(back.result).to.include({ error: 'COORDINATOR_NOT_AVAILABLE', memberId: '' });
    expect(harness.heartbeat(leader!, 'i1')).to.equal('NONE');
  });

  it('keeps its new id if a rebalance took it up before storing failed', async () => {
    const harness = await Harness.elected();
    const [, other] = await harness.stableGroup([first, second]);
    harness.log.hold();
    const back = harness.join(first);
    const changed = { ...second, memberId: other!.memberId, protocols: [{ ...range, metadata: subscription('x') }] };
    harness.join(changed);
    await settled();
    expect(back.result).to.include({ error: 'NONE', generationId: 2 });
    harness.log.failWith = 'NOT_ENOUGH_REPLICAS';
    harness.log.letGo();
    await settled();
    expect(harness.heartbeat(back.result, 'i1')).to.equal('NONE');
  });

  it('begins a rebalance if its protocols change the one that is used', async () => {
    const harness = await Harness.elected();
    const sticky = { name: 'sticky', metadata: subscription('orders') };
    await harness.stableGroup([{ ...first, protocols: [range, sticky] }]);
    const back = harness.join({ ...first, protocols: [sticky] });
    await settled();
    expect(back.result).to.include({ generationId: 2, protocolName: 'sticky' });
  });

  it('that comes back while its former self waits fences that one', async () => {
    const harness = await Harness.elected();
    const former = harness.join(first);
    const back = harness.join(first);
    await settled();
    expect(former.result.error).to.equal('FENCED_INSTANCE_ID');
    await harness.time.advance(6000);
    expect(back.result).to.include({ error: 'NONE', generationId: 1 });
  });

  it('stays in a rebalance that it misses, until its session ends', async () => {
    const harness = await Harness.elected({ groupMaxSessionTimeoutMs: 1_000_000 });
    const [, other] = await harness.stableGroup([{ ...first, sessionTimeoutMs: 200_000 }, second]);
    const back = harness.join({
      ...second,
      memberId: other!.memberId,
      protocols: [{ ...range, metadata: subscription('x') }],
    });
    await harness.time.advance(60_000);
    expect(back.result.generationId).to.equal(2);
    expect(back.result.members.map((member) => member.groupInstanceId)).to.deep.equal(['i1', 'i2']);
  });

  it('can be removed by its instance id alone', async () => {
    const harness = await Harness.elected();
    await harness.stableGroup([first, second]);
    const { errors } = harness.coordinator.leaveGroup('g', [{ memberId: '', groupInstanceId: 'i1', reason: null }]);
    expect(errors).to.deep.equal(['NONE']);
    expect(harness.state).to.equal('PreparingRebalance');
  });
});

describe('objections', () => {
  const refusedJoins: [string, object, string][] = [
    ['a session timeout that is too short', { sessionTimeoutMs: 5999 }, 'INVALID_SESSION_TIMEOUT'],
    ['a session timeout that is too long', { sessionTimeoutMs: 1_800_001 }, 'INVALID_SESSION_TIMEOUT'],
    ['a member id that nobody gave out', { memberId: 'nope' }, 'UNKNOWN_MEMBER_ID'],
    ['no protocols', { protocols: [] }, 'INCONSISTENT_GROUP_PROTOCOL'],
    ['no protocol type', { protocolType: '' }, 'INCONSISTENT_GROUP_PROTOCOL'],
  ];
  for (const [what, request, error] of refusedJoins) {
    it(`to a join with ${what}`, async () => {
      const harness = await Harness.elected();
      const join = harness.join({ ...aJoin, ...request });
      await settled();
      expect(join.result).to.include({ error, generationId: -1, leaderId: '' });
    });
  }

  const inStable: [string, object, string][] = [
    [
      'a protocol that the others lack',
      { protocols: [{ name: 'x', metadata: Buffer.alloc(0) }] },
      'INCONSISTENT_GROUP_PROTOCOL',
    ],
    ['another protocol type', { protocolType: 'connect' }, 'INCONSISTENT_GROUP_PROTOCOL'],
    ['an unknown instance id', { memberId: 'm', groupInstanceId: 'i9' }, 'UNKNOWN_MEMBER_ID'],
    ['no room', {}, 'GROUP_MAX_SIZE_REACHED'],
  ];
  for (const [what, request, error] of inStable) {
    it(`to a join of a stable group with ${what}`, async () => {
      const harness = await Harness.elected({ groupMaxSize: error === 'GROUP_MAX_SIZE_REACHED' ? 1 : 9 });
      await harness.stableGroup();
      const join = harness.join({ ...aJoin, ...request });
      await settled();
      expect(join.result.error).to.equal(error);
      expect(harness.state).to.equal('Stable');
    });
  }

  it('to groups without a name, and to whom does not coordinate them', async () => {
    const harness = new Harness();
    const before = harness.join();
    harness.log.hold();
    const election = harness.coordinator.onElection(0, 1);
    const during = harness.join();
    const sync = harness.sync({ ...joinError('NONE', 'm'), memberId: 'm' });
    await settled();
    expect(before.result.error).to.equal('NOT_COORDINATOR');
    expect(during.result.error).to.equal('COORDINATOR_LOAD_IN_PROGRESS');
    expect(sync.result.error).to.equal('REBALANCE_IN_PROGRESS');
    expect(harness.coordinator.heartbeat('g', 'm', null, 1)).to.equal('NONE');
    harness.log.letGo();
    await election;
    expect(harness.coordinator.heartbeat('', 'm', null, 1)).to.equal('INVALID_GROUP_ID');
    expect(harness.coordinator.heartbeat('g', 'm', null, 1)).to.equal('UNKNOWN_MEMBER_ID');
    harness.coordinator.stop();
    expect(harness.coordinator.heartbeat('g', 'm', null, 1)).to.equal('COORDINATOR_NOT_AVAILABLE');
  });

  it('to heartbeats and syncs of another generation, member or protocol', async () => {
    const harness = await Harness.elected();
    const [leader] = await harness.stableGroup();
    expect(harness.heartbeat({ ...leader!, generationId: 0 })).to.equal('ILLEGAL_GENERATION');
    expect(harness.heartbeat({ ...leader!, memberId: 'x' })).to.equal('UNKNOWN_MEMBER_ID');
    expect(harness.heartbeat(leader!, 'i9')).to.equal('UNKNOWN_MEMBER_ID');
    const syncs = [
      harness.sync({ ...leader!, generationId: 2 }),
      harness.sync({ ...leader!, memberId: 'x' }),
      harness.sync({ ...leader!, protocolName: 'sticky' }),
    ];
    await settled();
    expect(syncs.map((sync) => sync.result.error)).to.deep.equal([
      'ILLEGAL_GENERATION',
      'UNKNOWN_MEMBER_ID',
      'INCONSISTENT_GROUP_PROTOCOL',
    ]);
  });
});
