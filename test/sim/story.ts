import { assertNothingLost, assertNothingSkipped, assertOrder, assertReadCommitted } from './checkers/records.js';
import type { Misfortune } from './nemesis/nemesis.js';
import { Simulation } from './simulation.js';
import { appendSequence } from './workloads/append-sequence.js';
import { consumerGroup } from './workloads/consumer-group.js';

/** Acknowledged records before the first misfortune, and after each. */
const RECORDS_BETWEEN = 100;

/** What one run did, for the one that repeats it. */
export interface Outcome {
  readonly traceHash: string;
  readonly events: number;
  readonly acknowledged: number;
  readonly virtualMs: number;
}

/**
 * Three brokers, a producer with acks=all and a group of two; one misfortune after the other. In the end no acknowledged
 * record is lost, each stands once and in order, and the group has read them all.
 * @throws Violation, or Error when the cluster does not come back
 */
export async function playStory(seed: number, misfortunes: readonly Misfortune[]): Promise<Outcome> {
  const sim = new Simulation({ seed });
  try {
    const cluster = sim.cluster({ brokers: 3 });
    const load = sim.workload(appendSequence({ acks: 'all' }));
    await sim.runUntil(() => load.acknowledged >= RECORDS_BETWEEN);
    const group = sim.workload(consumerGroup({ topic: load.topic, members: 2 }));
    await sim.runUntil(() => group.commits > 0);
    for (const strike of misfortunes) {
      await strike(sim, cluster);
      const goal = load.acknowledged + RECORDS_BETWEEN;
      await sim.runUntil(() => load.acknowledged >= goal);
    }
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
