import { hashText } from './random.js';

/** The last lines kept, for the report of a failure. */
const LINES_KEPT = 2000;

/**
 * What happened in a run, line by line: `12.345 broker1 read 4096`. All lines go into the hash, the last ones are kept.
 * Two runs with equal hashes did the same things at the same virtual times.
 */
export class Trace {
  private readonly kept: string[] = [];
  private count = 0;
  private high = 0x811c9dc5;
  private low = 0x9e3779b9;

  add(line: string): void {
    this.kept[this.count % LINES_KEPT] = line;
    this.count++;
    this.high = hashText(line, this.high);
    this.low = hashText(line, this.low ^ line.length);
  }

  /** Lines added so far. */
  get length(): number {
    return this.count;
  }

  /** The last lines, oldest first. */
  lines(): string[] {
    if (this.count <= LINES_KEPT) return [...this.kept];
    const oldest = this.count % LINES_KEPT;
    return [...this.kept.slice(oldest), ...this.kept.slice(0, oldest)];
  }

  /** 16 hex digits over all lines. */
  hash(): string {
    return this.high.toString(16).padStart(8, '0') + this.low.toString(16).padStart(8, '0');
  }
}
