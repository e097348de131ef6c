import { expect } from 'chai';
import fc from 'fast-check';
import type { JoinResult, SyncResult } from '../../../../src/coordinator/group/group-member.js';
import { settled } from '../../../support/manual-time.js';
import { Harness, Parked, range, subscription } from './harness.js';

/** A consumer as clients are: it joins, syncs, heartbeats, commits, and starts over when it is told to. */
class Member {
  private readonly harness: Harness;
  private readonly groupInstanceId: string | null;
  private memberId = '';
  private joining: Parked<JoinResult> | undefined;
  private syncing: Parked<SyncResult> | undefined;
  joined: JoinResult | undefined;
  assignment: string | undefined;

  constructor(harness: Harness, groupInstanceId: string | null) {
    this.harness = harness;
    this.groupInstanceId = groupInstanceId;
  }

  get isParked(): boolean {
    return this.joining?.isParked === true || this.syncing?.isParked === true;
  }

  /** The next thing such a client would do; nothing while a request is parked. */
  async step(topic: string): Promise<void> {
    if (this.isParked) return;
    if (this.joining !== undefined) this.onJoined(this.joining.result);
    else if (this.syncing !== undefined) this.onSynced(this.syncing.result);
    else if (this.joined === undefined) this.join(topic);
    else if (this.harness.heartbeat(this.joined, this.groupInstanceId) !== 'NONE') this.rejoin();
    await settled();
  }

  private join(topic: string): void {
    this.joining = this.harness.join({
      memberId: this.memberId,
      groupInstanceId: this.groupInstanceId,
      requireKnownMemberId: this.groupInstanceId === null,
      protocols: [{ ...range, metadata: subscription(topic) }],
    });
  }

  private onJoined(result: JoinResult): void {
    this.joining = undefined;
    if (result.error === 'MEMBER_ID_REQUIRED') this.memberId = result.memberId;
    else if (result.error !== 'NONE') this.restart();
    else {
      this.memberId = result.memberId;
      this.joined = result;
      const isLeader = result.leaderId === result.memberId && !result.skipAssignment;
      const assignments = isLeader
        ? Object.fromEntries(result.members.map(({ memberId }) => [memberId, `${result.generationId}`]))
        : {};
      this.syncing = this.harness.sync(result, assignments, this.groupInstanceId);
    }
  }

  private onSynced({ error, assignment }: SyncResult): void {
    this.syncing = undefined;
    if (error === 'NONE') this.assignment = String(assignment);
    else if (error === 'REBALANCE_IN_PROGRESS') this.rejoin();
    else this.restart();
  }

  private rejoin(): void {
    this.joined = undefined;
    this.assignment = undefined;
  }

  /** Forgets who it was: also what a client does that was killed and comes back. */
  restart(): void {
    this.rejoin();
    this.memberId = '';
    this.joining = undefined;
    this.syncing = undefined;
  }

  leave(): void {
    if (this.memberId === '') return;
    this.harness.coordinator.leaveGroup('g', [
      { memberId: this.memberId, groupInstanceId: this.groupInstanceId, reason: null },
    ]);
    this.restart();
  }
}

type Event =
  | { readonly kind: 'step' | 'kill' | 'leave'; readonly who: number; readonly topic: string }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'fail' | 'mend' | 'move' | 'bump' };

const who = fc.nat(3);
const topic = fc.constantFrom('orders', 'orders', 'payments');
const anEvent: fc.Arbitrary<Event> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('step' as const), who, topic }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('kill' as const, 'leave' as const), who, topic }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(100, 1000, 4000, 11_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('fail' as const, 'mend' as const, 'move' as const, 'bump' as const) }),
  },
);

describe('whatever members do', () => {
  it('in the end all are in one generation, have their assignment, and the log knows it', async () => {
    const property = fc.asyncProperty(fc.array(anEvent, { maxLength: 80, size: 'max' }), async (events) => {
      const harness = await Harness.elected();
      const members = [null, null, 'i1', 'i2'].map((instanceId) => new Member(harness, instanceId));
      let epoch = 1;
      const happen = async (event: Event): Promise<void> => {
        switch (event.kind) {
          case 'step':
            return members[event.who]!.step(event.topic);
          case 'kill':
            members[event.who]!.restart();
            return;
          case 'leave':
            members[event.who]!.leave();
            return;
          case 'wait':
            return harness.time.advance(event.ms);
          case 'fail':
          case 'mend':
            harness.log.failWith = event.kind === 'fail' ? 'NOT_ENOUGH_REPLICAS' : undefined;
            return;
          case 'move':
            harness.coordinator.onResignation(0, ++epoch);
            return harness.coordinator.onElection(0, ++epoch);
          case 'bump':
            return harness.coordinator.onElection(0, ++epoch);
        }
      };
      for (const event of events) {
        await happen(event);
      }
      harness.log.failWith = undefined;
      for (let i = 0; i < 300 && !isSettled(harness, members); i++) {
        for (const member of members) await member.step('orders');
        await harness.time.advance(1000);
      }
      expect(members.map(({ isParked }) => isParked)).to.deep.equal([false, false, false, false]);
      expect(isSettled(harness, members)).to.equal(true);
      const next = harness.another();
      await next.onElection(0, epoch + 1);
      expect(summary(next)).to.deep.equal(summary(harness.coordinator));
    });
    await fc.assert(property, { numRuns: Number(process.env['FC_RUNS'] ?? 60) });
  });
});

/** Nobody is missing, and no member is left whose client is gone. */
function isSettled(harness: Harness, members: readonly Member[]): boolean {
  const { group } = harness.coordinator.describeGroup('g');
  if (group?.state !== 'Stable' || group.size !== members.length) return false;
  const generation = members[0]?.joined?.generationId;
  return members.every((member) => member.joined?.generationId === generation && member.assignment !== undefined);
}

function summary(coordinator: Harness['coordinator']): unknown {
  const { group } = coordinator.describeGroup('g');
  return {
    generationId: group?.generationId,
    leaderId: group?.leaderId,
    protocolName: group?.protocolName,
    members: [...(group?.members ?? [])].map(({ memberId, groupInstanceId, assignment }) => [
      memberId,
      groupInstanceId,
      String(assignment),
    ]),
  };
}
