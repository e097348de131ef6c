import { invariant } from '../common/invariant.js';
import type { LogSegment } from './log-segment.js';

/** The segments of a log by base offset. There is always at least one once the log is open; the last is the active one. */
export class SegmentList {
  private segments: LogSegment[];

  constructor(segments: LogSegment[]) {
    this.segments = segments;
  }

  get all(): readonly LogSegment[] {
    return this.segments;
  }

  get length(): number {
    return this.segments.length;
  }

  get first(): LogSegment {
    return this.at(0);
  }

  get active(): LogSegment {
    return this.at(this.segments.length - 1);
  }

  at(index: number): LogSegment {
    const segment = this.segments[index];
    invariant(segment !== undefined, 'no such segment', { index, count: this.segments.length });
    return segment;
  }

  /** Place of the last segment whose base offset is at most `offset`; 0 if all lie above. */
  floor(offset: number): number {
    const last = this.segments.length - 1;
    if (this.active.baseOffset <= offset) return last;
    let low = 0;
    let high = last;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.at(middle).baseOffset <= offset) low = middle;
      else high = middle;
    }
    return low;
  }

  /** Those that may hold offsets in [from, to). */
  covering(from: number, to: number): LogSegment[] {
    return this.segments.slice(this.floor(from)).filter((s, i) => i === 0 || s.baseOffset < to);
  }

  add(segment: LogSegment): void {
    invariant(this.segments.length === 0 || segment.baseOffset > this.active.baseOffset, 'segments out of order');
    this.segments.push(segment);
  }

  /** Takes the first `count` out. */
  takeFirst(count: number): LogSegment[] {
    return this.segments.splice(0, count);
  }

  /** Takes out those that begin above `offset`. */
  takeAbove(offset: number): LogSegment[] {
    const from = this.segments.findIndex((s) => s.baseOffset > offset);
    return from < 0 ? [] : this.segments.splice(from);
  }

  takeAll(): LogSegment[] {
    return this.segments.splice(0);
  }
}
