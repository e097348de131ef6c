import { expect } from 'chai';
import fc from 'fast-check';
import type { ControllerApi } from '../../../src/metadata/control-plane.js';
import { errorCode, errorName } from '../../../src/protocol/error-codes.js';
import type { AlterPartitionRequest } from '../../../src/protocol/messages/alter-partition-request.js';
import { batchesIn, recordsOf } from '../../../src/protocol/record/record-reader.js';
import { leaderEpochOf } from '../../../src/protocol/record/record-batch.js';
import type { Log } from '../../../src/storage/log.js';
import { aBatch as aRealBatch, LogBench, smallSegments } from '../../support/log-fixtures.js';
import { aBatch, MemoryLog } from '../../support/memory-log.js';
import { aChange, ReplicaCluster, settle, type TestBroker } from './replica-cluster.js';

/**
 * The controller of one partition, reduced to what decides about records: it elects from the ISR (or uncleanly, when told
 * to), takes ISR changes from the leader of the epoch alone, and tells the brokers.
 */
class OnePartition {
  readonly cluster = new ReplicaCluster([1, 2, 3], { replicaLagTimeMaxMs: 1_000 });
  leader = 1;
  leaderEpoch = 0;
  isr = [1, 2, 3];
  private partitionEpoch = 0;
  private readonly isUnclean: boolean;
  private sequence = 0;
  readonly acknowledged: string[] = [];

  /** The brokers' disks, when their logs are real. */
  private readonly disks = new Map<number, LogBench>();

  constructor(options: { isUnclean: boolean; hasDisks: boolean }) {
    this.isUnclean = options.isUnclean;
    for (const broker of this.cluster.brokers.values()) {
      if (options.hasDisks) this.disks.set(broker.id, new LogBench(broker.id));
      this.wire(broker);
    }
  }

  private wire(broker: TestBroker): void {
    broker.controller.send = <Q, R>(_api: ControllerApi<Q, R>, request: Q) =>
      Promise.resolve(this.alter(request as AlterPartitionRequest) as R);
    const disk = this.disks.get(broker.id);
    if (disk === undefined) return;
    broker.logs.make = (topic, partition) =>
      disk.open({ topic, partition, config: smallSegments, wasCleanShutdown: false }) as unknown as MemoryLog;
  }

  private alter(request: AlterPartitionRequest) {
    const { topicName, topicId, partitions } = request.topics[0]!;
    const [asked] = partitions;
    const { leaderEpoch, partitionEpoch, newIsrWithEpochs } = asked!;
    const isr = newIsrWithEpochs.map(({ brokerId }) => brokerId);
    let error = 'NONE' as 'NONE' | 'FENCED_LEADER_EPOCH' | 'INVALID_UPDATE_VERSION' | 'INELIGIBLE_REPLICA';
    if (request.brokerId !== this.leader || leaderEpoch !== this.leaderEpoch) error = 'FENCED_LEADER_EPOCH';
    else if (partitionEpoch !== this.partitionEpoch) error = 'INVALID_UPDATE_VERSION';
    else if (isr.some((id) => this.cluster.broker(id).isDown)) error = 'INELIGIBLE_REPLICA';
    else {
      this.isr = isr;
      this.partitionEpoch++;
    }
    const answer = {
      partitionIndex: 0,
      errorCode: errorCode(error),
      leaderId: this.leader,
      leaderEpoch,
      isr,
      leaderRecoveryState: 0,
    };
    const topics = [{ topicName, topicId, partitions: [{ ...answer, partitionEpoch: this.partitionEpoch }] }];
    return { throttleTimeMs: 0, errorCode: 0, topics };
  }

  /** A new leader if the old one is gone or has to go; told in this order, so that some hear of it late. */
  async elect(preferred: number): Promise<void> {
    const { cluster } = this;
    const isUp = (id: number) => !cluster.broker(id).isDown;
    const candidates = this.isr.filter(isUp);
    const pool = candidates.length > 0 ? candidates : this.isUnclean ? cluster.live() : [];
    if (pool.length === 0) return;
    const leader = pool[preferred % pool.length]!;
    this.leader = leader;
    this.leaderEpoch++;
    this.partitionEpoch++;
    this.isr = candidates.length > 0 ? candidates : [leader];
    await this.tell(cluster.live());
  }

  async tell(ids: readonly number[]): Promise<void> {
    const { leader, leaderEpoch, isr, partitionEpoch } = this;
    const change = aChange({ leader, leaderEpoch, isr, partitionEpoch, replicas: [1, 2, 3] });
    for (const id of ids) {
      await this.cluster.broker(id).manager.applyReplicas([change]);
      this.cluster.time.advance(2);
      await settle();
    }
  }

  async kill(id: number): Promise<void> {
    this.cluster.kill(id);
    this.cluster.announce();
    await settle();
    if (id === this.leader) await this.elect(0);
    else if (this.isr.includes(id) && this.isr.length > 1) {
      this.isr = this.isr.filter((each) => each !== id); // a registered broker is gone: the controller shrinks at once
      this.leaderEpoch++;
      this.partitionEpoch++;
      await this.tell(this.cluster.live());
    }
  }

  /** Back with the log it had, and the high watermark of its last checkpoint. */
  async revive(id: number): Promise<void> {
    this.disks.get(id)?.kill();
    if (this.disks.has(id)) this.cluster.broker(id).logs.logs.clear(); // opened anew, from the disk
    this.wire(this.cluster.restart(id));
    this.cluster.announce();
    if (this.cluster.broker(this.leader).isDown) await this.elect(0);
    else {
      this.leaderEpoch++;
      this.partitionEpoch++;
      await this.tell(this.cluster.live());
    }
  }

  /** To the leader that the client believes in. */
  produce(requiredAcks: number, to = this.leader): void {
    const broker = this.cluster.broker(to);
    if (broker.isDown) return;
    const text = `r${this.sequence++}`;
    const records = this.disks.size > 0 ? aRealBatch([text]) : aBatch(text);
    const topics = [{ name: 'orders', partitionData: [{ index: 0, records }] }];
    const options = { requiredAcks, timeoutMs: 5_000, origin: 'client' as const, internalTopicsAllowed: false };
    void Promise.resolve(broker.manager.appendRecords(topics, options)).then((responses) => {
      const error = errorName(responses[0]!.partitionResponses[0]!.errorCode);
      if (error === 'NONE' && !broker.isDown) this.acknowledged.push(text);
    });
  }

  /** Everyone back, and quiet. */
  async heal(): Promise<string[][]> {
    for (const [id, broker] of this.cluster.brokers) if (broker.isDown) await this.revive(id);
    await this.cluster.run(6_000);
    return [...this.cluster.brokers.values()].map((broker) => contentsOf(broker.log()));
  }

  /** Below the high watermark all logs are the same, at any time. */
  check(): void {
    const logs = [...this.cluster.brokers.values()].map((broker) => broker.logs.get('orders', 0));
    for (const a of logs) {
      for (const b of logs) {
        if (a === undefined || b === undefined) continue;
        const common = Math.min(a.highWatermark, b.highWatermark);
        expect(contentsOf(a).slice(0, common)).to.deep.equal(contentsOf(b).slice(0, common));
      }
    }
  }
}

/** `0:text@epoch`, batch by batch. */
function contentsOf(log: Log): string[] {
  if (log instanceof MemoryLog) return log.contents;
  const contents: string[] = [];
  for (let offset = log.logStartOffset; offset < log.logEndOffset;) {
    const slice = log.read(offset, 1 << 20, log.logEndOffset, true);
    const bytes = Buffer.alloc(slice.sizeInBytes);
    slice.copyTo(bytes, 0);
    for (const { at } of batchesIn(bytes)) {
      for (const record of recordsOf(bytes, at)) {
        contents.push(`${record.offset}:${String(record.value)}@${leaderEpochOf(bytes, at)}`);
        offset = record.offset + 1;
      }
    }
  }
  return contents;
}

type Step = { kind: 'produce' | 'kill' | 'revive' | 'elect' | 'run'; n: number };

const steps = fc.array(
  fc.record<Step>({
    kind: fc.constantFrom('produce', 'produce', 'produce', 'kill', 'revive', 'elect', 'run', 'run'),
    n: fc.nat(30),
  }),
  { minLength: 5, maxLength: 40 },
);

async function play(world: OnePartition, script: readonly Step[], requiredAcks: number): Promise<string[][]> {
  await world.tell([1, 2, 3]);
  for (const { kind, n } of script) {
    const id = 1 + (n % 3);
    const isDown = world.cluster.broker(id).isDown;
    if (kind === 'produce') world.produce(requiredAcks);
    else if (kind === 'kill' && !isDown && (world.cluster.live().length > 1 || n % 2 === 0)) await world.kill(id);
    else if (kind === 'revive' && isDown) await world.revive(id);
    else if (kind === 'elect') await world.elect(n);
    else if (kind === 'run') await world.cluster.run(10 * n);
    if (requiredAcks === -1) world.check();
  }
  return world.heal();
}

const textsOf = (log: readonly string[]): string[] => log.map((entry) => entry.replace(/^\d+:(.*)@.*$/, '$1'));

describe('what acks=all acknowledged', () => {
  for (const { name, hasDisks, numRuns } of [
    { name: 'logs in memory', hasDisks: false, numRuns: 60 },
    { name: 'real logs on simulated disks, recovered after each kill -9', hasDisks: true, numRuns: 20 },
  ]) {
    it(`is never lost while leaders come from the ISR, and all replicas end up equal: ${name} (property)`, async function () {
      this.timeout(60_000);
      let acknowledged = 0;
      let elections = 0;
      await fc.assert(
        fc.asyncProperty(steps, async (script) => {
          const world = new OnePartition({ isUnclean: false, hasDisks });
          const [first, ...others] = await play(world, script, -1);
          for (const other of others) expect(other).to.deep.equal(first);
          expect(textsOf(first!)).to.include.members(world.acknowledged);
          acknowledged += world.acknowledged.length;
          elections += world.leaderEpoch;
        }),
        { numRuns },
      );
      expect(acknowledged).to.be.greaterThan(numRuns); // else it would hold of a broker that refuses everything
      expect(elections).to.be.greaterThan(numRuns);
    });
  }

  it('… and the check would notice: with acks=1 and unclean elections records are lost', async function () {
    this.timeout(60_000);
    const script: Step[] = [
      { kind: 'run', n: 5 },
      { kind: 'kill', n: 1 },
      { kind: 'kill', n: 2 },
      { kind: 'run', n: 5 },
      { kind: 'produce', n: 0 },
      { kind: 'run', n: 1 },
      { kind: 'kill', n: 0 },
      { kind: 'revive', n: 1 },
      { kind: 'run', n: 5 },
    ];
    const world = new OnePartition({ isUnclean: true, hasDisks: false });
    const [first, ...others] = await play(world, script, 1);
    for (const other of others) expect(other).to.deep.equal(first);
    expect(world.acknowledged).to.deep.equal(['r0']);
    expect(textsOf(first!)).to.not.include('r0');
  });
});
