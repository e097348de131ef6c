import type { Codecs } from '../platform/codecs.js';
import {
  isEntryValid,
  lastOffsetOfEntry,
  leaderEpochOfEntry,
  maxTimestampOfEntry,
} from '../protocol/record/any-batch.js';
import {
  attributesOf,
  baseOffsetOf,
  batchSizeOf,
  isControl,
  MAGIC_V2,
  magicOf,
} from '../protocol/record/record-batch.js';
import { HeaderWalk, readBatches } from './batch-walk.js';
import type { LeaderEpochCache } from './leader-epoch-cache.js';
import type { LogSegment } from './log-segment.js';
import type { ProducerState } from './producer-state.js';

export interface Recovered {
  /** Offset after the last whole batch. */
  readonly nextOffset: number;
  readonly truncatedBytes: number;
}

/**
 * Reads a whole segment that may be damaged: cuts it behind the last batch whose checksum holds, and rebuilds its indexes,
 * the epochs and the producer state from what is left.
 * Source: org.apache.kafka.storage.internals.log.LogSegment.recover, 3.9
 */
export function recoverSegment(
  segment: LogSegment,
  producerState: ProducerState,
  epochs: LeaderEpochCache,
  codecs: Codecs,
): Recovered {
  const sizeBefore = segment.size;
  let nextOffset = segment.baseOffset;
  segment.resetIndexes();
  const validEnd = readBatches(segment.log, 0, sizeBefore, (bytes, at, position) => {
    if (!isEntryValid(bytes, at, codecs)) return false;
    const lastOffset = lastOffsetOfEntry(bytes, at);
    if (lastOffset < nextOffset || lastOffset - segment.baseOffset > 0x7fffffff) return false;
    segment.noteRecovered(position, batchSizeOf(bytes, at), lastOffset, maxTimestampOfEntry(bytes, at));
    const epoch = leaderEpochOfEntry(bytes, at);
    if (epoch > (epochs.latest?.epoch ?? -1)) epochs.assign(epoch, baseOffsetOf(bytes, at));
    if (magicOf(bytes, at) === MAGIC_V2) {
      const aborted = producerState.update(bytes, at);
      if (aborted !== undefined) segment.transactionIndex.append(aborted);
    }
    nextOffset = lastOffset + 1;
    producerState.updateMapEndOffset(nextOffset);
    return true;
  });
  segment.cutTo(validEnd);
  segment.indexesRecovered();
  return { nextOffset, truncatedBytes: sizeBefore - validEnd };
}

/** Offset after the last batch; undefined if the segment does not end with a whole batch. Reads headers only. */
export function endOffsetOfSegment(segment: LogSegment): number | undefined {
  let end = segment.baseOffset;
  const walk = new HeaderWalk(segment.log, segment.offsetIndex.lookup(Infinity), segment.size);
  while (walk.next()) end = walk.lastOffset + 1;
  return walk.position === segment.size ? end : undefined;
}

/** Brings the producer state from where it is up to `endOffset` by what the segments hold. */
export function replayProducers(
  producerState: ProducerState,
  segments: readonly LogSegment[],
  endOffset: number,
): void {
  segments.forEach((segment, index) => {
    const from = Math.max(producerState.mapEndOffset, segment.baseOffset);
    const segmentEnd = segments[index + 1]?.baseOffset ?? Infinity;
    if (from >= endOffset || from >= segmentEnd) return;
    const walk = new HeaderWalk(segment.log, segment.find(from)?.position ?? segment.size, segment.size);
    while (walk.next() && walk.lastOffset < endOffset) {
      if (magicOf(walk.bytes, walk.at) !== MAGIC_V2) continue;
      if (isControl(attributesOf(walk.bytes, walk.at))) producerState.update(walk.readWhole(), 0);
      else producerState.update(walk.bytes, walk.at);
    }
    producerState.updateMapEndOffset(Math.min(endOffset, segmentEnd));
  });
  producerState.updateMapEndOffset(endOffset);
}

/** The epochs as the batches name them: when the file that had them was torn. */
export function rebuildEpochs(epochs: LeaderEpochCache, segments: readonly LogSegment[]): void {
  epochs.clear();
  for (const segment of segments) {
    const walk = new HeaderWalk(segment.log, 0, segment.size);
    while (walk.next()) {
      if (walk.leaderEpoch > (epochs.latest?.epoch ?? -1)) epochs.assign(walk.leaderEpoch, walk.baseOffset);
    }
  }
}
