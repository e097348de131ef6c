import type { Int64 } from '../common/int64.js';
import type { LogConfig } from './log.js';

/** What retention looks at in a segment. */
export interface SegmentFacts {
  readonly baseOffset: number;
  readonly size: number;
  /** Largest record timestamp, or when the file was written; ms. */
  readonly ageTimestamp: Int64;
}

export interface LogFacts {
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  readonly highWatermark: number;
  readonly nowMs: number;
}

export interface Breach {
  /** So many segments from the oldest on. */
  readonly count: number;
  readonly reason: string;
}

type RetentionConfig = Pick<LogConfig, 'retentionMs' | 'retentionBytes' | 'cleanupPolicy'>;

/**
 * How many of the oldest segments must go: below the log start, too old, or too many bytes. Never one that reaches above
 * the high watermark, and never the active segment while it is empty.
 * Source: kafka.log.UnifiedLog.deleteOldSegments, 3.9
 */
export function breachOfRetention(segments: readonly SegmentFacts[], log: LogFacts, config: RetentionConfig): Breach {
  const breaches = [belowLogStart(segments, log)];
  if (config.cleanupPolicy.delete) {
    breaches.push(tooLarge(segments, log, config.retentionBytes), tooOld(segments, log, config.retentionMs));
  }
  return breaches.reduce((most, breach) => (breach.count > most.count ? breach : most));
}

function belowLogStart(segments: readonly SegmentFacts[], log: LogFacts): Breach {
  const isBelow = (_: SegmentFacts, next?: SegmentFacts) => next !== undefined && next.baseOffset <= log.logStartOffset;
  return { count: countOldest(segments, log, isBelow), reason: `log start offset ${log.logStartOffset} breach` };
}

function tooOld(segments: readonly SegmentFacts[], log: LogFacts, retentionMs: number): Breach {
  const reason = `retention time ${retentionMs}ms breach`;
  if (retentionMs < 0) return { count: 0, reason };
  const isOld = (s: SegmentFacts) => log.nowMs - Number(s.ageTimestamp) > retentionMs;
  return { count: countOldest(segments, log, isOld), reason };
}

function tooLarge(segments: readonly SegmentFacts[], log: LogFacts, retentionBytes: number): Breach {
  const reason = `retention size in bytes ${retentionBytes} breach`;
  let excess = segments.reduce((sum, s) => sum + s.size, 0) - retentionBytes;
  if (retentionBytes < 0 || excess < 0) return { count: 0, reason };
  const isExcess = (s: SegmentFacts) => {
    if (excess < s.size) return false;
    excess -= s.size;
    return true;
  };
  return { count: countOldest(segments, log, isExcess), reason };
}

function countOldest(
  segments: readonly SegmentFacts[],
  log: LogFacts,
  mustGo: (segment: SegmentFacts, next?: SegmentFacts) => boolean,
): number {
  let count = 0;
  for (const segment of segments) {
    const next = segments[count + 1];
    const end = next?.baseOffset ?? log.logEndOffset;
    const isEmptyActive = next === undefined && segment.size === 0;
    if (log.highWatermark < end || isEmptyActive || !mustGo(segment, next)) break;
    count++;
  }
  return count;
}
