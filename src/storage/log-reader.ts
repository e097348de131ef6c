import type { ColdReads } from './cold-reads.js';
import type { LogSlice } from './log.js';
import type { LogSegment } from './log-segment.js';
import type { RecentBatches } from './recent-batches.js';
import type { SegmentList } from './segment-list.js';
import { EmptySlice, SegmentSlice } from './segment-slice.js';

/** Farther than this behind the tail, bytes may not be in the page cache any more. */
const WARM_BYTES = 64 * 1024 * 1024;

/** Turns offsets into stretches of segments. Source: kafka.log.LocalLog.read and LogSegment.read, 3.9 */
export class LogReader {
  private readonly segments: SegmentList;
  private readonly recent: RecentBatches;
  private readonly coldReads: ColdReads;

  constructor(segments: SegmentList, recent: RecentBatches, coldReads: ColdReads) {
    this.segments = segments;
    this.recent = recent;
    this.coldReads = coldReads;
  }

  /** Bytes of all segments there ever were, as {@link LogSegment.bytesBefore} counts them. */
  get bytesWritten(): number {
    const { active } = this.segments;
    return active.bytesBefore + active.size;
  }

  /** From the batch that holds `offset` up to the one that holds `end`; `logEnd` is where the log ends. See Log.read. */
  read(offset: number, maxBytes: number, end: number, logEnd: number, minOneBatch: boolean): LogSlice {
    if (offset < end) {
      for (let i = this.segments.floor(offset); i < this.segments.length; i++) {
        const slice = this.sliceOf(i, offset, maxBytes, end, logEnd, minOneBatch);
        if (slice !== undefined) return slice;
      }
    }
    return new EmptySlice(offset);
  }

  /** undefined if the segment ends before `offset`: the next one has it. */
  private sliceOf(
    index: number,
    offset: number,
    maxBytes: number,
    end: number,
    logEnd: number,
    minOneBatch: boolean,
  ): LogSlice | undefined {
    const segment = this.segments.at(index);
    const batch = segment === this.segments.active ? this.recent.find(offset) : -1;
    let position: number;
    let size: number;
    if (batch >= 0) {
      position = this.recent.positionOf(batch);
      size = this.recent.sizeOf(batch, segment.size);
    } else {
      const place = segment.find(offset);
      if (place === undefined) return undefined;
      ({ position, size } = place);
    }
    const available = this.positionOfEnd(index, end, logEnd) - position;
    if (available <= 0 || (!minOneBatch && size > maxBytes)) return new EmptySlice(offset);
    const length = Math.min(available, Math.max(maxBytes, size));
    const isFarBehind = this.bytesWritten - (segment.bytesBefore + position) > WARM_BYTES;
    const coldReads = isFarBehind ? this.coldReads : undefined;
    return new SegmentSlice(segment, position, length, offset, coldReads, size > maxBytes);
  }

  /** Position in the segment of the first batch from `end` on. */
  private positionOfEnd(index: number, end: number, logEnd: number): number {
    const segment: LogSegment = this.segments.at(index);
    if (end >= logEnd) return segment.size;
    if (segment !== this.segments.active) {
      if (end >= this.segments.at(index + 1).baseOffset) return segment.size;
    } else {
      const batch = this.recent.find(end);
      if (batch >= 0) return this.recent.positionOf(batch);
    }
    return segment.find(end)?.position ?? segment.size;
  }
}
