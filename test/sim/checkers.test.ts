import { expect } from 'chai';
import '../support/fail-on-unhandled.js';
import { type LoggedBatch, type ReplicaState, Violation } from './checkers/checker.js';
import { EqualBelowWatermark } from './checkers/equal-below-watermark.js';
import { OneLeaderPerEpoch } from './checkers/one-leader-per-epoch.js';
import {
  assertNothingLost,
  assertNothingSkipped,
  assertOrder,
  assertReadCommitted,
  type KnownRecord,
} from './checkers/records.js';
import { WatermarkNeverBack } from './checkers/watermark-never-back.js';
import { Simulation } from './simulation.js';
import { appendSequence, type AppendSequence } from './workloads/append-sequence.js';
import type { SimulatedCluster } from './simulated-cluster.js';

const leader: ReplicaState = {
  topic: 't',
  topicId: 'AAAAAAAAAAAAAAAAAAAAAQ',
  partition: 0,
  brokerId: 1,
  life: 1,
  isLeader: true,
  leaderEpoch: 5,
  highWatermark: 0,
};
const follower: ReplicaState = { ...leader, brokerId: 2, isLeader: false };

const batch = (baseOffset: number, lastOffset: number, leaderEpoch = 5, crc = 1): LoggedBatch => ({
  baseOffset,
  lastOffset,
  leaderEpoch,
  crc,
});

function holding(...batches: LoggedBatch[]) {
  return (from: number, to: number) => batches.filter((each) => each.lastOffset >= from && each.baseOffset < to);
}

const record = (offset: number, sequence: number, partition = 0): KnownRecord => ({
  topic: 't',
  partition,
  offset,
  sequence,
});

describe('the checkers of the simulator', () => {
  it('see two leaders in one epoch, and take a leader that starts again for what it is', () => {
    const checker = new OneLeaderPerEpoch();
    checker.observe(leader);
    checker.observe({ ...leader, life: 2 });
    checker.observe({ ...leader, brokerId: 2, leaderEpoch: 6 });
    checker.observe({ ...leader, brokerId: 2, partition: 1 });
    checker.observe({ ...leader, brokerId: 2, topicId: 'AAAAAAAAAAAAAAAAAAAAAg' });
    checker.observe(follower);
    expect(() => checker.observe({ ...leader, brokerId: 2 })).throw(Violation, 'epoch 5: 1 and 2 lead');
  });

  it('see a high watermark that goes back, in one epoch alone', () => {
    const checker = new WatermarkNeverBack();
    checker.observe({ ...leader, highWatermark: 10 });
    checker.observe({ ...leader, leaderEpoch: 6, highWatermark: 8 });
    checker.observe({ ...leader, leaderEpoch: 6, highWatermark: 9 });
    checker.observe({ ...leader, brokerId: 2, leaderEpoch: 6, highWatermark: 3 });
    expect(() => checker.observe({ ...leader, leaderEpoch: 6, highWatermark: 8 })).throw(Violation, 'from 9 back to 8');
  });

  it('see a replica with other bytes below its high watermark', () => {
    for (const other of [batch(3, 5, 5, 2), batch(3, 5, 4), batch(3, 4), batch(3, 6)]) {
      const checker = new EqualBelowWatermark();
      checker.observe({ ...leader, highWatermark: 3 }, holding(batch(0, 2)));
      checker.observe({ ...leader, highWatermark: 6 }, holding(batch(0, 2), batch(3, 5)));
      checker.observe({ ...follower, highWatermark: 3 }, holding(batch(0, 2), other));
      checker.observe({ ...follower, life: 2, highWatermark: 6 }, holding(batch(0, 2), batch(3, 5)));
      expect(() => checker.observe({ ...follower, highWatermark: 6 }, holding(batch(0, 2), other))).throw(Violation);
    }
  });

  it('see a hole below a high watermark', () => {
    const checker = new EqualBelowWatermark();
    expect(() => checker.observe({ ...leader, highWatermark: 6 }, holding(batch(0, 2)))).throw(
      Violation,
      'stands at 3',
    );
  });

  it('see a lost record, and one that was replaced', () => {
    const committed = [record(0, 10), record(1, 11), record(0, 12, 1)];
    assertNothingLost([...committed, record(-1, 12)], committed);
    expect(() => assertNothingLost([record(2, 13)], committed)).throw(Violation, 'where nothing stands');
    expect(() => assertNothingLost([record(1, 13)], committed)).throw(Violation, 'where record 11 stands');
    expect(() => assertNothingLost([record(-1, 13)], committed)).throw(Violation);
  });

  it('see what stands twice or out of order', () => {
    assertOrder([record(0, 1), record(1, 3), record(0, 2, 1)]);
    expect(() => assertOrder([record(0, 1), record(1, 1)])).throw(Violation, 'stands behind record 1');
    expect(() => assertOrder([record(0, 2), record(1, 1)])).throw(Violation, 'stands behind record 2');
  });

  it('see what a consumer should not have seen, and what a group skipped', () => {
    const committed = [record(0, 1), record(1, 2)];
    assertReadCommitted([record(0, 1), record(0, 1)], committed);
    assertNothingSkipped(committed, [record(1, 2), record(0, 1)]);
    expect(() => assertReadCommitted([record(1, 3)], committed)).throw(Violation, 'given 3');
    expect(() => assertNothingSkipped(committed, [record(0, 1)])).throw(Violation, 'record 2');
  });
});

/**
 * Both followers die, the leader goes on alone and dies, the followers come back first. What only the leader had is lost
 * if one of them may lead all the same.
 */
async function leaveTheLastOneAlone(sim: Simulation, cluster: SimulatedCluster, load: AppendSequence): Promise<void> {
  await sim.runUntil(() => load.acknowledged > 50);
  const last = cluster.leaderOf(load.topic, 0)!;
  const others = cluster.brokers.filter((broker) => broker !== last);
  for (const other of others) sim.kill(other);
  await sim.runUntil(() => cluster.replica(last, load.topic, 0)?.isr.isr.length === 1 && load.acknowledged > 500);
  sim.kill(last);
  for (const other of others) other.run();
}

describe('the checkers on a cluster that may lose records', function () {
  this.timeout(60_000);
  const loose = { 'min.insync.replicas': '1', 'unclean.leader.election.enable': 'true' };

  it('see what an unclean election loses of acks=1', async () => {
    const sim = new Simulation({ seed: 1 });
    const cluster = sim.cluster({ brokers: 3, checkers: 'none' });
    const load = sim.workload(appendSequence({ acks: 1, partitions: 1, topicConfig: loose }));
    await leaveTheLastOneAlone(sim, cluster, load);
    await sim.runUntil(() => cluster.leaderOf(load.topic, 0) !== undefined);
    await sim.settle();
    expect(() => assertNothingLost(load.acknowledgedRecords, load.committedRecords())).throw(Violation, 'acknowledged');
  });

  it('see other bytes where the lost ones were committed', async () => {
    const sim = new Simulation({ seed: 1 });
    const cluster = sim.cluster({ brokers: 3 });
    const load = sim.workload(appendSequence({ acks: 1, partitions: 1, topicConfig: loose }));
    const error: unknown = await leaveTheLastOneAlone(sim, cluster, load)
      .then(() => sim.settle())
      .catch((thrown: unknown) => thrown);
    expect(error).instanceOf(Violation);
    expect(String(error)).contain('was committed');
  });

  it('see nothing when the election waits for the one that has the records', async () => {
    const sim = new Simulation({ seed: 1 });
    const cluster = sim.cluster({ brokers: 3 });
    const topicConfig = { 'min.insync.replicas': '1' };
    const load = sim.workload(appendSequence({ acks: 1, partitions: 1, topicConfig }));
    await leaveTheLastOneAlone(sim, cluster, load);
    await sim.runFor(20_000);
    expect(cluster.leaderOf(load.topic, 0)).equal(undefined);
    await sim.settle();
    assertNothingLost(load.acknowledgedRecords, load.committedRecords());
  });
});
