import type { Int64 } from '../common/int64.js';
import type { Codecs } from '../platform/codecs.js';
import { MAGIC_V2, magicOf } from '../protocol/record/record-batch.js';
import { readRecords, type LogRecord } from '../protocol/record/record-reader.js';
import { HeaderWalk } from './batch-walk.js';
import type { LogSegment } from './log-segment.js';

export interface TimestampedOffset {
  readonly offset: number;
  readonly timestamp: Int64;
  readonly leaderEpoch: number;
}

interface FoundBatch {
  readonly bytes: Buffer;
  readonly lastOffset: number;
  readonly leaderEpoch: number;
  readonly maxTimestamp: Int64;
}

/**
 * The first record from `startOffset` on whose timestamp is at least `timestamp`.
 * Source: kafka.log.UnifiedLog.fetchOffsetByTimestamp and LogSegment.findOffsetByTimestamp, 3.9
 */
export async function findByTimestamp(
  segments: readonly LogSegment[],
  timestamp: Int64,
  startOffset: number,
  codecs: Codecs,
): Promise<TimestampedOffset | undefined> {
  const first = segments.findIndex((s) => s.maxTimestamp >= timestamp);
  const segment = segments[first];
  if (segment === undefined) return undefined;
  const from = segment.offsetIndex.lookup(Math.max(segment.timeIndex.lookup(timestamp), startOffset));
  const walk = new HeaderWalk(segment.log, from, segment.size);
  segment.retain();
  try {
    while (walk.next()) {
      if (walk.maxTimestamp < timestamp || walk.lastOffset < startOffset) continue;
      const batch = take(walk);
      const record = (await recordsIn(batch, codecs)).find((r) => r.timestamp >= timestamp && r.offset >= startOffset);
      if (record === undefined) continue;
      return { offset: record.offset, timestamp: record.timestamp, leaderEpoch: batch.leaderEpoch };
    }
    return undefined;
  } finally {
    segment.release();
  }
}

/** The first record that has the largest timestamp of the log (KIP-734). */
export async function findMaxTimestamp(
  segments: readonly LogSegment[],
  codecs: Codecs,
): Promise<TimestampedOffset | undefined> {
  let latest: LogSegment | undefined;
  for (const segment of segments) {
    if (latest === undefined || segment.maxTimestamp > latest.maxTimestamp) latest = segment;
  }
  if (latest === undefined || latest.maxTimestamp < 0) return undefined;
  const timestamp = latest.maxTimestamp;
  const place = latest.find(latest.offsetOfMaxTimestamp);
  const walk = new HeaderWalk(latest.log, place?.position ?? 0, latest.size);
  while (walk.next()) {
    if (walk.maxTimestamp !== timestamp) continue;
    const batch = take(walk);
    const record = (await recordsIn(batch, codecs)).find((r) => r.timestamp === timestamp);
    return { offset: record?.offset ?? batch.lastOffset, timestamp, leaderEpoch: batch.leaderEpoch };
  }
  return undefined;
}

function take(walk: HeaderWalk): FoundBatch {
  const { lastOffset, leaderEpoch, maxTimestamp } = walk;
  return { bytes: walk.readWhole(), lastOffset, leaderEpoch, maxTimestamp };
}

/** A message of magic 0 or 1 stands for itself: what is inside a compressed one is not looked at yet. */
async function recordsIn(batch: FoundBatch, codecs: Codecs): Promise<Pick<LogRecord, 'offset' | 'timestamp'>[]> {
  if (magicOf(batch.bytes, 0) === MAGIC_V2) return readRecords(batch.bytes, 0, codecs);
  return [{ offset: batch.lastOffset, timestamp: batch.maxTimestamp }];
}
