import {
  type Checker,
  type LoggedBatch,
  partitionKey,
  type ReadBatches,
  replicaKey,
  type ReplicaState,
  Violation,
} from './checker.js';

/**
 * Below its high watermark every replica holds the same bytes, for ever: the first one whose watermark passes a batch says
 * what stands there, all others, and those that lead later, must have it too.
 */
export class EqualBelowWatermark implements Checker {
  /** By partition, in order. */
  private readonly committed = new Map<string, LoggedBatch[]>();
  /** By replica: up to where it was compared. */
  private readonly compared = new Map<string, number>();

  observe(replica: ReplicaState, read: ReadBatches): void {
    const key = replicaKey(replica);
    const from = this.compared.get(key) ?? 0;
    if (replica.highWatermark <= from) return;
    const partition = partitionKey(replica);
    const known = this.committed.get(partition) ?? [];
    this.committed.set(partition, known);
    let at = known.findLastIndex((batch) => batch.baseOffset <= from);
    if (at === -1 || known[at]!.lastOffset < from) at++;
    let next = from;
    for (const batch of read(from, replica.highWatermark)) {
      const expected = known[at++];
      if (expected === undefined) known.push(batch);
      else if (!sameBatch(expected, batch)) {
        throw new Violation(`${key}: ${textOf(batch)} stands where ${textOf(expected)} was committed`);
      }
      next = batch.lastOffset + 1;
    }
    if (next < replica.highWatermark) {
      throw new Violation(`${key}: nothing stands at ${next}, below the high watermark ${replica.highWatermark}`);
    }
    this.compared.set(key, next);
  }
}

function sameBatch(a: LoggedBatch, b: LoggedBatch): boolean {
  return (
    a.baseOffset === b.baseOffset && a.lastOffset === b.lastOffset && a.leaderEpoch === b.leaderEpoch && a.crc === b.crc
  );
}

function textOf({ baseOffset, lastOffset, leaderEpoch, crc }: LoggedBatch): string {
  return `[${baseOffset}..${lastOffset}] of epoch ${leaderEpoch}, crc ${crc.toString(16)}`;
}
