import type { Int64 } from '../common/int64.js';
import type { DiskFile } from '../platform/disk.js';
import {
  lastOffsetOfEntry,
  leaderEpochOfEntry,
  looksLikeEntry,
  MAX_ENTRY_HEADER,
  maxTimestampOfEntry,
} from '../protocol/record/any-batch.js';
import { baseOffsetOf, batchSizeOf, LOG_OVERHEAD, MAGIC_END } from '../protocol/record/record-batch.js';

const WINDOW_BYTES = 8192;
const FIRST_CHUNK_BYTES = 256 * 1024;

/**
 * Goes from batch header to batch header through a stretch of a segment file without reading the records between; headers
 * that lie close together come with one read. Fields tell about the batch that {@link next} stopped at.
 */
export class HeaderWalk {
  position: number;
  size = 0;
  private readonly file: DiskFile;
  private readonly end: number;
  private readonly window = Buffer.allocUnsafe(WINDOW_BYTES);
  private windowStart = 0;
  private windowSize = 0;

  constructor(file: DiskFile, from: number, end: number) {
    this.file = file;
    this.position = from;
    this.end = end;
  }

  get baseOffset(): number {
    return baseOffsetOf(this.window, this.at);
  }
  get lastOffset(): number {
    return lastOffsetOfEntry(this.window, this.at);
  }
  get leaderEpoch(): number {
    return leaderEpochOfEntry(this.window, this.at);
  }
  get maxTimestamp(): Int64 {
    return maxTimestampOfEntry(this.window, this.at);
  }

  /** False at the end, and before what is torn or no batch. */
  next(): boolean {
    this.position += this.size;
    const headerSize = Math.min(MAX_ENTRY_HEADER, this.end - this.position);
    this.size = 0;
    if (headerSize < MAGIC_END || !this.hold(headerSize)) return false;
    if (!looksLikeEntry(this.window.subarray(0, this.windowSize), this.at)) return false;
    const size = batchSizeOf(this.window, this.at);
    if (this.position + size > this.end) return false;
    this.size = size;
    return true;
  }

  /** The header, at {@link at} in these bytes, until the next step; records may be cut off. */
  get bytes(): Buffer {
    return this.window;
  }
  get at(): number {
    return this.position - this.windowStart;
  }

  /** The batch with its records, in a buffer of its own. */
  readWhole(): Buffer {
    const whole = Buffer.allocUnsafe(this.size);
    this.file.readSync(whole, 0, this.size, this.position);
    return whole;
  }

  private hold(headerSize: number): boolean {
    if (this.position >= this.windowStart && this.at + headerSize <= this.windowSize) return true;
    const wanted = Math.min(WINDOW_BYTES, this.end - this.position);
    this.windowStart = this.position;
    this.windowSize = this.file.readSync(this.window, 0, wanted, this.position);
    return headerSize <= this.windowSize;
  }
}

/**
 * Reads a stretch of a segment file and hands out each whole batch; the bytes are valid during the call only.
 * @param visit returns false to stop before that batch
 * @returns the position it got to: `end`, or where a batch is torn, is no batch, or was not wanted
 */
export function readBatches(
  file: DiskFile,
  from: number,
  end: number,
  visit: (bytes: Buffer, at: number, position: number) => boolean,
): number {
  let chunk = Buffer.allocUnsafe(Math.min(FIRST_CHUNK_BYTES, Math.max(end - from, LOG_OVERHEAD)));
  let position = from;
  while (end - position >= MAGIC_END) {
    const held = file.readSync(chunk, 0, Math.min(chunk.length, end - position), position);
    const bytes = chunk.subarray(0, held);
    let at = 0;
    while (at + MAGIC_END <= held && looksLikeEntry(bytes, at) && at + batchSizeOf(bytes, at) <= held) {
      if (!visit(bytes, at, position + at)) return position + at;
      at += batchSizeOf(bytes, at);
    }
    position += at;
    if (at > 0) continue;
    if (!looksLikeEntry(bytes, 0)) return position;
    const size = batchSizeOf(bytes, 0);
    if (position + size > end || held < Math.min(chunk.length, end - position)) return position;
    chunk = Buffer.allocUnsafe(size); // one batch larger than the chunk
  }
  return position;
}
