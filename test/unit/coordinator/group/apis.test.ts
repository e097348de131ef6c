import { expect } from 'chai';
import type { ErrorName } from '../../../../src/common/errors.js';
import {
  describeGroups,
  heartbeat,
  joinGroup,
  leaveGroup,
  listGroups,
  syncGroup,
} from '../../../../src/coordinator/group/group-apis.js';
import { commitOffsets, fetchOffsets } from '../../../../src/coordinator/group/offset-apis.js';
import { apis } from '../../../../src/protocol/apis.js';
import { codecOf } from '../../../../src/protocol/codec.js';
import { settled } from '../../../support/manual-time.js';
import { Harness, Parked } from './harness.js';

const client = (apiVersion: number) => ({ apiVersion, clientId: 'c', clientHost: '127.0.0.1' });
const initial = {
  join: codecOf(apis.joinGroup.request, 9).initial(),
  sync: codecOf(apis.syncGroup.request, 5).initial(),
  leave: codecOf(apis.leaveGroup.request, 5).initial(),
  commit: codecOf(apis.offsetCommit.request, 9).initial(),
  fetch: codecOf(apis.offsetFetch.request, 9).initial(),
  list: codecOf(apis.listGroups.request, 5).initial(),
};
const anyTopic = (): ErrorName => 'NONE';

describe('JoinGroup', () => {
  const request = {
    ...initial.join,
    groupId: 'g',
    sessionTimeoutMs: 10_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.alloc(6) }],
  };

  for (const [version, error] of [
    [3, 0],
    [4, 79],
    [9, 79],
  ] as const) {
    it(`v${version} of a new member: ${error === 79 ? 'learns its id first' : 'waits for the others'}`, async () => {
      const harness = await Harness.elected();
      const answer = new Parked(joinGroup(harness.coordinator, request, client(version)));
      await settled();
      expect(answer.isParked).to.equal(error === 0);
      await harness.time.advance(3000);
      expect(answer.result.errorCode).to.equal(error);
    });
  }

  it('v0 waits as long as a session lasts', async () => {
    const harness = await Harness.elected();
    void joinGroup(harness.coordinator, { ...request, rebalanceTimeoutMs: -1 }, client(0));
    await settled();
    const [member] = harness.coordinator.describeGroup('g').group!.members;
    expect(member).to.include({ rebalanceTimeoutMs: 10_000, clientHost: '/127.0.0.1' });
  });

  it('has no null protocol name below v7', async () => {
    const harness = new Harness();
    expect((await joinGroup(harness.coordinator, request, client(6))).protocolName).to.equal('');
    expect((await joinGroup(harness.coordinator, request, client(7))).protocolName).to.equal(null);
  });

  it('keeps what it was told beyond the life of the receive buffer', async () => {
    const harness = await Harness.elected();
    const metadata = Buffer.from('metadata');
    const answer = new Parked(
      joinGroup(harness.coordinator, { ...request, protocols: [{ name: 'range', metadata }] }, client(3)),
    );
    metadata.fill(0);
    await harness.time.advance(3000);
    expect(String(answer.result.members[0]!.metadata)).to.equal('metadata');
  });
});

describe('SyncGroup', () => {
  it('v5 must name the protocol', async () => {
    const harness = await Harness.elected();
    const request = { ...initial.sync, groupId: 'g', memberId: 'm' };
    expect((await syncGroup(harness.coordinator, request, client(5))).errorCode).to.equal(23);
    expect((await syncGroup(harness.coordinator, request, client(4))).errorCode).to.equal(25);
  });
});

describe('Heartbeat', () => {
  it('is answered at once', async () => {
    const harness = await Harness.elected();
    const [leader] = await harness.stableGroup();
    const request = { groupId: 'g', memberId: leader!.memberId, groupInstanceId: null, generationId: 1 };
    expect(heartbeat(harness.coordinator, request)).to.deep.equal({ throttleTimeMs: 0, errorCode: 0 });
  });
});

describe('LeaveGroup', () => {
  it('up to v2 answers for its one member, from v3 on for each', async () => {
    const harness = await Harness.elected();
    const [leader] = await harness.stableGroup();
    const old = (memberId: string) =>
      leaveGroup(harness.coordinator, { ...initial.leave, groupId: 'g', memberId }, client(2));
    expect(old('nobody')).to.deep.equal({ throttleTimeMs: 0, errorCode: 25, members: [] });
    const members = ['nobody', leader!.memberId].map((memberId) => ({ memberId, groupInstanceId: null, reason: null }));
    expect(leaveGroup(harness.coordinator, { ...initial.leave, groupId: 'g', members }, client(5))).to.deep.equal({
      throttleTimeMs: 0,
      errorCode: 0,
      members: [
        { memberId: 'nobody', groupInstanceId: null, errorCode: 25 },
        { memberId: leader!.memberId, groupInstanceId: null, errorCode: 0 },
      ],
    });
  });

  it('answers for all where there is no coordinator', () => {
    const harness = new Harness();
    const members = [{ memberId: 'm', groupInstanceId: null, reason: null }];
    expect(leaveGroup(harness.coordinator, { ...initial.leave, groupId: 'g', members }, client(5))).to.deep.equal({
      throttleTimeMs: 0,
      errorCode: 16,
      members: [],
    });
    expect(leaveGroup(harness.coordinator, { ...initial.leave, groupId: 'g' }, client(0)).errorCode).to.equal(16);
  });
});

describe('ListGroups', () => {
  it('filters by state and type, whatever the case, and by what the caller may see', async () => {
    const harness = await Harness.elected();
    await harness.stableGroup();
    harness.join({ requireKnownMemberId: true }, 'other');
    const listed = (filter: object, isVisible?: (groupId: string) => boolean) =>
      listGroups(harness.coordinator, { ...initial.list, ...filter }, isVisible).groups.map((group) => group.groupId);
    expect(listed({})).to.deep.equal(['g', 'other']);
    expect(listed({ statesFilter: ['sTABLE'] })).to.deep.equal(['g']);
    expect(listed({ statesFilter: ['Empty', 'Dead'], typesFilter: ['Classic'] })).to.deep.equal(['other']);
    expect(listed({ typesFilter: ['consumer'] })).to.deep.equal([]);
    expect(listed({}, (groupId) => groupId === 'other')).to.deep.equal(['other']);
  });
});

describe('DescribeGroups', () => {
  it('tells protocol and assignments of a stable group only', async () => {
    const harness = await Harness.elected();
    await harness.stableGroup();
    const describeIt = () =>
      describeGroups(harness.coordinator, { groups: ['g'], includeAuthorizedOperations: true }, () => 8);
    const [stable] = describeIt().groups;
    expect(stable).to.include({ groupState: 'Stable', protocolData: 'range', authorizedOperations: 8 });
    expect(stable!.members[0]!.memberAssignment.length).to.be.greaterThan(0);
    harness.join();
    const [preparing] = describeIt().groups;
    expect(preparing).to.include({ groupState: 'PreparingRebalance', protocolData: '', protocolType: 'consumer' });
    expect(preparing!.members).to.have.lengthOf(2);
    expect(preparing!.members[0]!.memberAssignment.length).to.equal(0);
  });
});

describe('OffsetCommit', () => {
  const topics = [
    { name: 'denied', partitions: [aPartition(0)] },
    { name: 'orders', partitions: [aPartition(0), aPartition(9)] },
  ];
  function aPartition(partitionIndex: number) {
    return {
      partitionIndex,
      committedOffset: 5,
      committedLeaderEpoch: -1,
      commitTimestamp: -1,
      committedMetadata: null,
    };
  }
  const check = (topic: string, partition: number): ErrorName =>
    topic === 'denied' ? 'TOPIC_AUTHORIZATION_FAILED' : partition === 9 ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'NONE';

  it('answers each partition, those that were refused before as well', async () => {
    const harness = await Harness.elected();
    const request = { ...initial.commit, groupId: 'g', topics };
    const response = await commitOffsets(harness.coordinator, request, 9, 1234, check);
    const errors = response.topics.map(({ name, partitions }) => [name, partitions.map((own) => own.errorCode)]);
    expect(errors).to.deep.equal([
      ['denied', [29]],
      ['orders', [0, 3]],
    ]);
    expect(harness.log.records()).to.have.lengthOf(1);
    expect(harness.log.records()[0]).to.deep.include({
      offset: {
        topic: 'orders',
        partition: 0,
        offset: 5,
        leaderEpoch: -1,
        metadata: '',
        commitTimestamp: 1234,
        expireTimestamp: undefined,
      },
    });
  });

  it('keeps a commit time (v1) and a retention (v2 to v4) of the client', async () => {
    const harness = await Harness.elected();
    const commit = (changes: object, commitTimestamp: number | bigint) => {
      const partitions = [{ ...aPartition(0), commitTimestamp }];
      const request = { ...initial.commit, groupId: 'g', topics: [{ name: 'orders', partitions }], ...changes };
      return commitOffsets(harness.coordinator, request, 2, 1000, anyTopic);
    };
    await commit({}, 77n);
    await commit({ retentionTimeMs: 500 }, -1);
    const offsets = harness.log.records().flatMap((record) => (record.kind === 'offset' ? record.offset : []));
    expect(offsets.map((own) => [own.commitTimestamp, own.expireTimestamp])).to.deep.equal([
      [77, undefined],
      [1000, 1500],
    ]);
  });
});

describe('OffsetFetch', () => {
  const topics = [{ name: 'orders', partitionIndexes: [0, 1] }];

  it('tells an error of the group for each partition in v1, once from v2 on', async () => {
    const harness = new Harness();
    const request = { ...initial.fetch, groupId: 'g', topics };
    const v1 = await fetchOffsets(harness.coordinator, request, 1, anyTopic);
    expect(v1.topics[0]!.partitions.map((own) => [own.errorCode, own.committedOffset])).to.deep.equal([
      [16, -1],
      [16, -1],
    ]);
    const v2 = await fetchOffsets(harness.coordinator, request, 2, anyTopic);
    expect(v2).to.deep.include({ errorCode: 16, topics: [] });
  });

  it('v8 asks for many groups, some of them whole', async () => {
    const harness = await Harness.elected();
    harness.znodes.numbers.set('a/orders/0', 3).set('b/orders/1', 4).set('b/secret/0', 5);
    const group = { memberId: null, memberEpoch: -1 };
    const groups = [
      { ...group, groupId: 'a', topics },
      { ...group, groupId: 'b', topics: null },
      { ...group, groupId: 'c', topics: null },
    ];
    const response = await fetchOffsets(
      harness.coordinator,
      { ...initial.fetch, groups },
      8,
      (topic) => (topic === 'secret' ? 'TOPIC_AUTHORIZATION_FAILED' : 'NONE'),
      (groupId) => (groupId === 'c' ? 'GROUP_AUTHORIZATION_FAILED' : 'NONE'),
    );
    const told = response.groups.map(({ groupId, errorCode, topics: own }) => [
      groupId,
      errorCode,
      own.flatMap(({ name, partitions }) => partitions.map((p) => `${name}-${p.partitionIndex}=${p.committedOffset}`)),
    ]);
    expect(told).to.deep.equal([
      ['a', 0, ['orders-0=3', 'orders-1=-1']],
      ['b', 0, ['orders-1=4']],
      ['c', 30, []],
    ]);
  });

  it('answers partitions that were refused with their error', async () => {
    const harness = await Harness.elected();
    const request = { ...initial.fetch, groupId: 'g', topics: [{ name: 'denied', partitionIndexes: [0] }, ...topics] };
    const response = await fetchOffsets(harness.coordinator, request, 7, (topic) =>
      topic === 'denied' ? 'TOPIC_AUTHORIZATION_FAILED' : 'NONE',
    );
    expect(response.topics.map(({ name, partitions }) => [name, partitions.map((own) => own.errorCode)])).to.deep.equal(
      [
        ['denied', [29]],
        ['orders', [0, 0]],
      ],
    );
  });

  it('v0 cannot be answered while ZooKeeper is away', async () => {
    const harness = new Harness();
    harness.znodes.failWith = 'NETWORK_EXCEPTION';
    const request = { ...initial.fetch, groupId: 'g', topics };
    const response = await fetchOffsets(harness.coordinator, request, 0, anyTopic);
    expect(response.topics[0]!.partitions.map((own) => own.errorCode)).to.deep.equal([13, 13]);
  });
});
