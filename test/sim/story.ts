import { assertNothingLost, assertNothingSkipped, assertOrder, assertReadCommitted } from './checkers/records.js';
import { ALL_MISFORTUNES, killOneOf, type Misfortune, pick } from './nemesis/nemesis.js';
import type { SimulatedCluster } from './simulated-cluster.js';
import { Simulation } from './simulation.js';
import { appendSequence, type AppendSequence } from './workloads/append-sequence.js';
import { topicChurn } from './workloads/topic-churn.js';
import { consumerGroup, type ConsumerGroup } from './workloads/consumer-group.js';

/** Acknowledged records before the first misfortune, and after each. */
const RECORDS_BETWEEN = 40;
/** Longer than a session, so that the others hear of it; or shorter, so that a process meets its own old session. */
const LASTS_MS = [100, 15_000] as const;

/** What one run did, for the one that repeats it. */
export interface Outcome {
  readonly traceHash: string;
  readonly events: number;
  readonly acknowledged: number;
  readonly virtualMs: number;
}

interface Stage {
  readonly sim: Simulation;
  readonly cluster: SimulatedCluster;
  readonly load: AppendSequence;
  readonly group: ConsumerGroup;
}

/**
 * Misfortunes strike one after the other, and after each the cluster goes on acknowledging.
 * @throws Error with the seed: a violation, or the cluster does not come back
 */
export function playStory(seed: number, misfortunes: readonly Misfortune[]): Promise<Outcome> {
  return play(seed, { everyMs: 50 }, async ({ sim, cluster, load }) => {
    for (const strike of misfortunes) {
      const end = strike(sim, cluster);
      await sim.runFor(sim.chance.between(...LASTS_MS));
      end();
      const goal = load.acknowledged + RECORDS_BETWEEN;
      await sim.runUntil(() => load.acknowledged >= goal);
    }
  });
}

/** Misfortunes of any kind strike while others last and topics come and go. Errors as {@link playStory}. */
export function playStorm(seed: number, strikes: number): Promise<Outcome> {
  return play(seed, { everyMs: 20 }, async ({ sim, cluster, group }) => {
    sim.workload(topicChurn);
    const misfortunes = [...ALL_MISFORTUNES, killOneOf(group.members)];
    for (let i = 0; i < strikes; i++) {
      const end = pick(sim.chance, misfortunes)(sim, cluster);
      sim.world.plan(sim.chance.between(...LASTS_MS), undefined, 'a misfortune ends', end);
      await sim.runFor(sim.chance.between(0, 8000));
    }
  });
}

/**
 * Three brokers, a producer with acks=all, a group of two, and what `happens`. In the end no acknowledged record is lost,
 * each stands once and in order, and the group has read them all.
 */
async function play(
  seed: number,
  { everyMs }: { everyMs: number },
  happens: (stage: Stage) => Promise<void>,
): Promise<Outcome> {
  const sim = new Simulation({ seed });
  try {
    const cluster = sim.cluster({ brokers: 3 });
    const load = sim.workload(appendSequence({ acks: 'all', everyMs }));
    await sim.runUntil(() => load.acknowledged >= RECORDS_BETWEEN);
    const group = sim.workload(consumerGroup({ topic: load.topic, members: 2 }));
    await sim.runUntil(() => group.commits > 0);
    await happens({ sim, cluster, load, group });
    await sim.heal();
    for (const member of group.members) member.run();
    await sim.complete(load.stop());
    await sim.heal();
    const committed = load.committedRecords();
    await sim.runUntil(() => group.distinct >= committed.length);
    await sim.settle();
    assertNothingLost(load.acknowledgedRecords, committed);
    assertOrder(committed);
    assertReadCommitted(group.consumed, committed);
    assertNothingSkipped(committed, group.consumed);
    const { nowMs, trace } = sim.world;
    return {
      traceHash: sim.traceHash(),
      events: trace.length,
      acknowledged: load.acknowledged,
      virtualMs: Math.round(nowMs),
    };
  } catch (error) {
    throw sim.report(error);
  }
}
