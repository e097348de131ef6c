/** A record as a consumer saw it. */
export interface SeenRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string;
  readonly headers: number;
}

/**
 * What was acknowledged and what was read, and whether the two agree: every acknowledged record read, at its offset, with
 * its contents; in order within a partition; no offset given or read twice.
 */
export class Ledger {
  /** [partition][offset] → value */
  private readonly acknowledged = new Map<number, Map<number, string>>();
  private readonly read = new Map<number, Map<number, string>>();
  private readonly problems: string[] = [];
  acknowledgedCount = 0;
  readCount = 0;

  /** The broker gave `values` the offsets from `baseOffset` on. */
  acknowledge(partition: number, baseOffset: number, values: readonly string[]): void {
    const offsets = this.acknowledged.get(partition) ?? new Map<number, string>();
    this.acknowledged.set(partition, offsets);
    values.forEach((value, i) => {
      const offset = baseOffset + i;
      if (offsets.has(offset)) this.problems.push(`partition ${partition} offset ${offset} was acknowledged twice`);
      offsets.set(offset, value);
    });
    this.acknowledgedCount += values.length;
  }

  see(record: SeenRecord): void {
    const offsets = this.read.get(record.partition) ?? new Map<number, string>();
    this.read.set(record.partition, offsets);
    const before = offsets.get(record.offset);
    if (before !== undefined) {
      this.problems.push(`partition ${record.partition} offset ${record.offset} was read twice`);
      return;
    }
    offsets.set(record.offset, record.value);
    this.readCount++;
  }

  /** How many acknowledged records nobody has read yet. */
  get missing(): number {
    let missing = 0;
    for (const [partition, offsets] of this.acknowledged) {
      const read = this.read.get(partition);
      for (const offset of offsets.keys()) if (read?.has(offset) !== true) missing++;
    }
    return missing;
  }

  /** What does not hold; empty if all is well. */
  verdict(): string[] {
    const problems = [...this.problems];
    for (const [partition, offsets] of this.acknowledged) {
      const read = this.read.get(partition);
      for (const [offset, value] of offsets) {
        const seen = read?.get(offset);
        if (seen === undefined)
          problems.push(`partition ${partition} offset ${offset} was acknowledged and never read`);
        else if (seen !== value) problems.push(`partition ${partition} offset ${offset} holds another record`);
      }
    }
    for (const [partition, offsets] of this.read) {
      let last = -1;
      for (const offset of offsets.keys()) {
        if (offset < last) problems.push(`partition ${partition}: offset ${offset} was read after ${last}`);
        last = Math.max(last, offset);
      }
    }
    return problems;
  }
}
