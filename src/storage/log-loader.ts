import { HeaderWalk } from './batch-walk.js';
import { endOffsetOfSegment, rebuildEpochs, recoverSegment, replayProducers } from './log-recovery.js';
import type { LogConfig } from './log.js';
import type { LogContext } from './log-context.js';
import {
  CLEANED_SUFFIX,
  DELETED_SUFFIX,
  fileName,
  LOG_SUFFIX,
  offsetOfFile,
  SEGMENT_SUFFIXES,
  SWAP_SUFFIX,
  type LogFolder,
} from './log-files.js';
import type { LeaderEpochCache } from './leader-epoch-cache.js';
import { LogSegment } from './log-segment.js';
import type { ProducerState } from './producer-state.js';

export interface LoadOptions {
  readonly folder: LogFolder;
  readonly config: LogConfig;
  readonly wasCleanShutdown: boolean;
  /** From the checkpoint files; 0 where they name none. */
  readonly recoveryPoint: number;
  readonly logStartOffset: number;
  readonly name: string;
}

export interface LoadedLog {
  /** At least one. */
  readonly segments: LogSegment[];
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  readonly recoveryPoint: number;
}

/**
 * Opens what is in a partition's folder. After a crash the segments from the recovery point on are read through, the torn
 * tail is cut, and indexes, epochs and producer state are rebuilt.
 * Source: kafka.log.LogLoader.load, 3.9
 */
export function loadLog(
  context: LogContext,
  options: LoadOptions,
  producerState: ProducerState,
  epochs: LeaderEpochCache,
): LoadedLog {
  const { disk, time } = context;
  disk.mkdir(options.folder.path);
  removeLeftovers(context, options.folder.path);
  const segments = openSegments(context, options);
  producerState.removeStraySnapshots(segments.map((s) => s.baseOffset));

  const suspicious = options.wasCleanShutdown
    ? segments
    : segments.slice(0, firstToRecover(segments, options.recoveryPoint));
  const last = segments.at(-1);
  const damaged = suspicious.find(
    (s) => !(options.wasCleanShutdown && s !== last ? s.hasIndexes() : s.hasSaneIndexes()),
  );
  const recoverFrom = Math.min(
    options.wasCleanShutdown ? Infinity : options.recoveryPoint,
    damaged?.baseOffset ?? Infinity,
  );
  let end = recoverFrom === Infinity ? endOfLast(segments, options.logStartOffset) : undefined;
  end ??= recover(context, options, segments, Math.min(recoverFrom, lastBase(segments)), producerState, epochs);

  if (segments.length > 0 && end < options.logStartOffset) {
    context.logger.warn(
      `Deleting all segments of ${options.name} because logEndOffset (${end}) is smaller than logStartOffset ${options.logStartOffset}`,
    );
    for (const segment of segments.splice(0)) segment.removeFiles();
  }
  if (segments.length === 0) {
    end = options.logStartOffset;
    segments.push(newSegment(context, options, end, 0));
  }
  const logStartOffset = Math.max(options.logStartOffset, segments[0]?.baseOffset ?? 0);
  if (epochs.isDamaged) rebuildEpochs(epochs, segments);
  epochs.truncateFromEnd(end);
  epochs.truncateFromStart(logStartOffset);
  restoreProducers(options, segments, producerState, logStartOffset, end, time.wallMs());
  segments.at(-1)?.activate();
  const recoveryPoint = options.wasCleanShutdown ? end : Math.min(options.recoveryPoint, end);
  return { segments, logStartOffset, logEndOffset: end, recoveryPoint };
}

/** An empty segment with its files. */
export function newSegment(
  context: LogContext,
  { folder, config }: { readonly folder: LogFolder; readonly config: LogConfig },
  baseOffset: number,
  bytesBefore: number,
): LogSegment {
  for (const suffix of SEGMENT_SUFFIXES) {
    context.disk.remove(`${folder.path}/${fileName(baseOffset, suffix)}`);
  }
  const nowMs = context.time.wallMs();
  return new LogSegment(context.disk, folder, baseOffset, config, { size: 0, modifiedMs: nowMs, bytesBefore, nowMs });
}

/** The place of the segment that holds `from`: it and those behind it lose their indexes, which need no look before. */
function firstToRecover(segments: readonly LogSegment[], from: number): number {
  return Math.max(
    segments.findLastIndex((s) => s.baseOffset <= from),
    0,
  );
}

function lastBase(segments: readonly LogSegment[]): number {
  return segments.at(-1)?.baseOffset ?? 0;
}

/** undefined if the last segment is torn all the same. */
function endOfLast(segments: readonly LogSegment[], logStartOffset: number): number | undefined {
  const last = segments.at(-1);
  return last === undefined ? logStartOffset : endOffsetOfSegment(last);
}

/** Files that waited for removal go; a cleaner's finished work is put in place, its unfinished work goes. */
function removeLeftovers({ disk, logger }: LogContext, path: string): void {
  const names = disk.list(path).map((entry) => entry.name);
  for (const name of names) {
    if (name.endsWith(DELETED_SUFFIX) || name.endsWith(CLEANED_SUFFIX)) disk.remove(`${path}/${name}`);
  }
  const swapped = names.filter((name) => name.endsWith(SWAP_SUFFIX)).map((name) => name.slice(0, -SWAP_SUFFIX.length));
  const bases = swapped.map((name) => offsetOfFile(name, LOG_SUFFIX)).filter((base) => base !== undefined);
  for (const base of bases) {
    logger.info(`Found log file ${path}/${fileName(base, LOG_SUFFIX)}${SWAP_SUFFIX} from interrupted swap operation`);
    const end = endOfSwapped(disk, `${path}/${fileName(base, LOG_SUFFIX)}${SWAP_SUFFIX}`, base);
    for (const name of names) {
      for (const suffix of SEGMENT_SUFFIXES) {
        const offset = offsetOfFile(name, suffix);
        if (offset !== undefined && offset >= base && offset < end) disk.remove(`${path}/${name}`);
      }
    }
  }
  for (const name of swapped) disk.rename(`${path}/${name}${SWAP_SUFFIX}`, `${path}/${name}`);
}

function endOfSwapped(disk: LogContext['disk'], path: string, base: number): number {
  const file = disk.open(path, 'read');
  try {
    let end = base;
    const walk = new HeaderWalk(file, 0, file.size);
    while (walk.next()) end = walk.lastOffset + 1;
    return end;
  } finally {
    file.close();
  }
}

function openSegments(context: LogContext, { folder, config }: LoadOptions): LogSegment[] {
  const { disk } = context;
  const entries = disk.list(folder.path);
  const nowMs = context.time.wallMs();
  const logs = new Map(
    entries.flatMap((entry) => {
      const offset = offsetOfFile(entry.name, LOG_SUFFIX);
      return offset === undefined ? [] : [[offset, entry] as const];
    }),
  );
  for (const { name } of entries) {
    for (const suffix of SEGMENT_SUFFIXES) {
      const offset = offsetOfFile(name, suffix);
      if (offset !== undefined && !logs.has(offset)) disk.remove(`${folder.path}/${name}`);
    }
  }
  let bytesBefore = 0;
  return [...logs.keys()]
    .sort((a, b) => a - b)
    .map((base) => {
      const size = logs.get(base)?.size ?? 0;
      const modifiedMs = logs.get(base)?.modifiedMs ?? nowMs;
      const segment = new LogSegment(disk, folder, base, config, { size, modifiedMs, bytesBefore, nowMs });
      bytesBefore += size;
      return segment;
    });
}

/** Recovers the segments that reach above `from`; what follows a damaged one goes. Returns the log end. */
function recover(
  { codecs, logger, time }: LogContext,
  options: LoadOptions,
  segments: LogSegment[],
  from: number,
  producerState: ProducerState,
  epochs: LeaderEpochCache,
): number {
  const first = firstToRecover(segments, from);
  const base = segments[first]?.baseOffset ?? options.logStartOffset;
  producerState.truncateAndReload(options.logStartOffset, base, time.wallMs());
  replayProducers(producerState, segments.slice(0, first), base);
  let end = base;
  for (let i = first; i < segments.length; i++) {
    const segment = segments[i];
    if (segment === undefined) break;
    logger.info(
      `Recovering unflushed segment ${segment.baseOffset}. ${i - first}/${segments.length - first} recovered for ${options.name}.`,
    );
    producerState.updateMapEndOffset(Math.max(producerState.mapEndOffset, segment.baseOffset));
    producerState.takeSnapshot();
    const recovered = recoverSegment(segment, producerState, epochs, codecs);
    end = recovered.nextOffset;
    producerState.takeSnapshot();
    if (recovered.truncatedBytes > 0) {
      logger.warn(`Corruption found in segment ${segment.baseOffset} of ${options.name}, truncating to offset ${end}`);
      for (const later of segments.splice(i + 1)) {
        producerState.removeSnapshot(later.baseOffset);
        later.removeFiles();
      }
    }
  }
  return end;
}

/** Source: kafka.log.UnifiedLog.rebuildProducerState, 3.9 */
function restoreProducers(
  options: LoadOptions,
  segments: readonly LogSegment[],
  producerState: ProducerState,
  logStartOffset: number,
  end: number,
  nowMs: number,
): void {
  if (options.wasCleanShutdown && producerState.latestSnapshotOffset === undefined) {
    // Written by a broker that kept no producer state: there is none to find.
    for (const { baseOffset } of segments.slice(-2)) {
      producerState.updateMapEndOffset(baseOffset);
      producerState.takeSnapshot();
    }
    producerState.updateMapEndOffset(end);
  } else {
    producerState.truncateAndReload(logStartOffset, end, nowMs);
    replayProducers(producerState, segments, end);
  }
  producerState.takeSnapshot();
}
