import { expect } from 'chai';
import fc from 'fast-check';
import {
  electForReassignment,
  electForShutdown,
  electOffline,
  electPreferred,
  initialLeaderAndIsr,
  withoutReplica,
  type LeaderAndIsr,
} from '../../../src/controller/election.js';

function led(leader: number, isr: number[]): LeaderAndIsr {
  return { leader, leaderEpoch: 5, isr, recovering: false, partitionEpoch: 9 };
}

function online(...ids: number[]): (id: number) => boolean {
  return (id) => ids.includes(id);
}

describe('election', () => {
  describe('of a new partition', () => {
    const cases: [replicas: number[], live: number[], leader: number | undefined, isr: number[]][] = [
      [[1, 2, 3], [1, 2, 3], 1, [1, 2, 3]],
      [[1, 2, 3], [3, 2], 2, [2, 3]],
      [[1, 2, 3], [4], undefined, []],
      [[], [1], undefined, []],
    ];
    for (const [replicas, live, leader, isr] of cases) {
      it(`[${replicas.join()}] with live [${live.join()}] → ${leader ?? 'none'}`, () => {
        const first = initialLeaderAndIsr(replicas, online(...live));
        expect(first?.leader).to.equal(leader);
        if (first !== undefined) expect(first).to.include({ leaderEpoch: 0, partitionEpoch: 0, recovering: false });
        expect(first?.isr ?? []).to.deep.equal(isr);
      });
    }
  });

  describe('of an offline partition', () => {
    const cases: [
      what: string,
      situation: { isr: number[]; live: number[]; unclean: boolean },
      outcome: { leader: number; isr: number[]; recovering: boolean } | undefined,
    ][] = [
      [
        'takes the first replica in assignment order that is live and in sync',
        { isr: [3, 2], live: [2, 3], unclean: false },
        { leader: 2, isr: [3, 2], recovering: false },
      ],
      [
        'drops those from the ISR that are not live',
        { isr: [1, 3], live: [3], unclean: false },
        { leader: 3, isr: [3], recovering: false },
      ],
      ['finds nobody when the live ones are not in sync', { isr: [1], live: [2, 3], unclean: false }, undefined],
      [
        'takes one that is not in sync if that is allowed, alone and recovering',
        { isr: [1], live: [3, 2], unclean: true },
        { leader: 2, isr: [2], recovering: true },
      ],
      [
        'prefers one in sync even if an unclean election is allowed',
        { isr: [3], live: [2, 3], unclean: true },
        { leader: 3, isr: [3], recovering: false },
      ],
      ['finds nobody when nobody lives', { isr: [1, 2, 3], live: [], unclean: true }, undefined],
    ];
    for (const [what, { isr, live, unclean }, outcome] of cases) {
      it(what, () => {
        const next = electOffline(led(1, isr), [1, 2, 3], online(...live), unclean);
        expect(next).to.deep.equal(
          outcome === undefined ? undefined : { ...outcome, leaderEpoch: 6, partitionEpoch: 9 },
        );
      });
    }

    it('keeps a partition recovering until its leader says otherwise', () => {
      const next = electOffline({ ...led(1, [1, 2]), recovering: true }, [1, 2], online(2), false);
      expect(next).to.include({ leader: 2, recovering: true });
    });
  });

  it('gives the preferred leader its place only when it is live and in sync, and leaves the ISR alone', () => {
    expect(electPreferred(led(2, [2, 1]), [1, 2], online(1, 2))).to.deep.include({ leader: 1, isr: [2, 1] });
    expect(electPreferred(led(2, [2]), [1, 2], online(1, 2))).to.equal(undefined);
    expect(electPreferred(led(2, [2, 1]), [1, 2], online(2))).to.equal(undefined);
  });

  it('ends a reassignment with the first live target in sync', () => {
    expect(electForReassignment(led(1, [1, 4, 5]), [5, 4], online(1, 4, 5))).to.deep.include({
      leader: 5,
      isr: [1, 4, 5],
    });
    expect(electForReassignment(led(1, [1]), [5, 4], online(1, 4, 5))).to.equal(undefined);
  });

  it('moves leadership off a broker that stops, which leaves the ISR', () => {
    const next = electForShutdown(led(1, [1, 2, 3]), [1, 2, 3], online(1, 2, 3), online(1));
    expect(next).to.deep.include({ leader: 2, isr: [2, 3], leaderEpoch: 6 });
    expect(electForShutdown(led(1, [1]), [1, 2], online(1, 2), online(1))).to.equal(undefined);
  });

  it('takes a replica out of the ISR, the last one excepted', () => {
    expect(withoutReplica(led(1, [1, 2]), 2)).to.deep.include({ leader: 1, isr: [1], leaderEpoch: 6 });
    expect(withoutReplica(led(1, [1, 2]), 1)).to.deep.include({ leader: -1, isr: [2] });
    expect(withoutReplica(led(1, [1]), 1)).to.deep.include({ leader: -1, isr: [1] });
    expect(withoutReplica(led(1, [1]), 2)).to.equal(undefined);
  });

  it('never elects outside the live replicas, nor outside the ISR unless it may; each election is a new epoch', () => {
    const ids = fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 1 });
    fc.assert(
      fc.property(ids, ids, ids, fc.boolean(), (replicas, isr, live, unclean) => {
        const next = electOffline(led(replicas[0]!, isr), replicas, online(...live), unclean);
        const possible = replicas.some((id) => live.includes(id) && (unclean || isr.includes(id)));
        expect(next !== undefined).to.equal(possible);
        if (next === undefined) return;
        expect(live).to.include(next.leader);
        expect(next.isr).to.include(next.leader);
        expect(next.leaderEpoch).to.equal(6);
        expect(next.recovering).to.equal(!isr.includes(next.leader));
      }),
    );
  });
});
