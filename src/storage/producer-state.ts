import { KafkaError } from '../common/errors.js';
import type { Codecs } from '../platform/codecs.js';
import type { Disk } from '../platform/disk.js';
import { controlTypeOf, coordinatorEpochOf } from '../protocol/record/control-batch.js';
import {
  attributesOf,
  baseOffsetOf,
  baseSequenceOf,
  isControl,
  isTransactional,
  lastOffsetOf,
  lastSequenceOf,
  maxTimestampOf,
  NO_PRODUCER_ID,
  producerEpochOf,
  producerIdOf,
  recordCountOf,
} from '../protocol/record/record-batch.js';
import { recordsOf } from '../protocol/record/record-reader.js';
import type { AppendOrigin } from './log.js';
import { fileName, offsetOfFile, SNAPSHOT_SUFFIX, type LogFolder } from './log-files.js';
import { ProducerEntry, type WrittenBatch } from './producer-entry.js';
import { decodeSnapshot, encodeSnapshot } from './producer-snapshot.js';
import type { AbortedTransaction } from './transaction-index.js';

export interface ProducerStateSettings {
  /** `producer.id.expiration.ms`. */
  readonly producerIdExpirationMs: number;
}

/** A transaction whose marker stands, until the high watermark has passed the marker. */
interface CompletedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
}

/**
 * Per partition: the last sequences of each producer id, for exactly-once appends, and the transactions that are open. It
 * follows from the log, and is written to `.snapshot` files so that a start need not read all of it.
 * Source: org.apache.kafka.storage.internals.log.ProducerStateManager and ProducerAppendInfo, 3.9
 */
export class ProducerState {
  private readonly disk: Disk;
  private readonly codecs: Codecs;
  private readonly folder: LogFolder;
  private readonly settings: ProducerStateSettings;
  private readonly producers = new Map<number, ProducerEntry>();
  /** Producer id by first offset, of transactions that are open. */
  private readonly openTransactions = new Map<number, number>();
  private completedTransactions: CompletedTransaction[] = [];
  /** The state is that of the log up to here. */
  private endOffset = 0;
  private lastSnapshotOffset = 0;

  constructor(disk: Disk, codecs: Codecs, folder: LogFolder, settings: ProducerStateSettings) {
    this.disk = disk;
    this.codecs = codecs;
    this.folder = folder;
    this.settings = settings;
  }

  get mapEndOffset(): number {
    return this.endOffset;
  }

  get isEmpty(): boolean {
    return this.producers.size === 0 && this.completedTransactions.length === 0;
  }

  entryOf(producerId: number): ProducerEntry | undefined {
    return this.producers.get(producerId);
  }

  get entries(): Iterable<ProducerEntry> {
    return this.producers.values();
  }

  /** First offset that a read_committed reader must not pass: of an open transaction, or of one that ended above the watermark. */
  get firstUnstableOffset(): number | undefined {
    if (this.openTransactions.size === 0 && this.completedTransactions.length === 0) return undefined;
    let first: number | undefined;
    for (const offset of this.openTransactions.keys()) if (first === undefined || offset < first) first = offset;
    for (const { firstOffset } of this.completedTransactions) {
      if (first === undefined || firstOffset < first) first = firstOffset;
    }
    return first;
  }

  /**
   * Checks one stamped batch that is to be appended; changes nothing.
   * @returns the batch as it was written before, if a client sends it again
   * @throws KafkaError OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE, TRANSACTION_COORDINATOR_FENCED
   */
  check(bytes: Buffer, at: number, origin: AppendOrigin): WrittenBatch | undefined {
    const producerId = producerIdOf(bytes, at);
    if (producerId === NO_PRODUCER_ID) return undefined;
    const entry = this.producers.get(producerId);
    if (entry === undefined) return undefined;
    const epoch = producerEpochOf(bytes, at);
    const sequence = baseSequenceOf(bytes, at);
    if (origin === 'client') {
      const duplicate = entry.findDuplicate(epoch, sequence, lastSequenceOf(bytes, at));
      if (duplicate !== undefined) return duplicate;
    }
    if (origin === 'replication') return undefined;
    if (epoch < entry.epoch) {
      throw new KafkaError(
        'INVALID_PRODUCER_EPOCH',
        `Epoch of producer ${producerId} at offset ${baseOffsetOf(bytes, at)} is ${epoch}, which is smaller than the last seen epoch ${entry.epoch}`,
      );
    }
    const attributes = attributesOf(bytes, at);
    if (isControl(attributes)) this.checkCoordinatorEpoch(entry, bytes, at);
    else if (origin === 'client' && !entry.accepts(epoch, sequence)) {
      throw new KafkaError(
        'OUT_OF_ORDER_SEQUENCE_NUMBER',
        `Out of order sequence number for producer ${producerId} at offset ${baseOffsetOf(bytes, at)}: ${sequence} (incoming seq. number), ${entry.lastSequence} (current end sequence number)`,
      );
    } else if (entry.transactionFirstOffset !== undefined && !isTransactional(attributes)) {
      throw new KafkaError('INVALID_TXN_STATE', `Expected transactional write from producer with id ${producerId}`);
    }
    return undefined;
  }

  /** Takes in a batch that stands in the log now. Magic 2 only. Returns the transaction that it aborted, if it did. */
  update(bytes: Buffer, at: number): AbortedTransaction | undefined {
    const producerId = producerIdOf(bytes, at);
    if (producerId === NO_PRODUCER_ID) return undefined;
    const attributes = attributesOf(bytes, at);
    if (isControl(attributes)) {
      return recordCountOf(bytes, at) > 0 ? this.completeTransaction(producerId, bytes, at) : undefined;
    }
    const entry = this.entryFor(producerId);
    const lastOffset = lastOffsetOf(bytes, at);
    const firstOffset = baseOffsetOf(bytes, at);
    entry.addBatch(producerEpochOf(bytes, at), {
      lastSequence: lastSequenceOf(bytes, at),
      lastOffset,
      offsetDelta: lastOffset - firstOffset,
      timestamp: maxTimestampOf(bytes, at),
    });
    if (isTransactional(attributes) && entry.transactionFirstOffset === undefined) {
      entry.transactionFirstOffset = firstOffset;
      this.openTransactions.set(firstOffset, producerId);
    }
    return undefined;
  }

  updateMapEndOffset(offset: number): void {
    this.endOffset = offset;
  }

  onHighWatermarkUpdated(highWatermark: number): void {
    if (this.completedTransactions.length === 0) return;
    this.completedTransactions = this.completedTransactions.filter((t) => t.lastOffset >= highWatermark);
  }

  /** Forgets producers whose last write is `producer.id.expiration.ms` old, unless a transaction of theirs is open. */
  removeExpired(nowMs: number): void {
    for (const entry of this.producers.values()) {
      if (this.isExpired(entry, nowMs)) this.producers.delete(entry.producerId);
    }
  }

  /** Writes `<end offset>.snapshot` if the state moved on since the last one. */
  takeSnapshot(): void {
    if (this.endOffset <= this.lastSnapshotOffset) return;
    const path = `${this.folder.path}/${fileName(this.endOffset, SNAPSHOT_SUFFIX)}`;
    const file = this.disk.open(path, 'write');
    try {
      file.truncate(0);
      file.append(encodeSnapshot(this.producers.values(), this.codecs));
    } finally {
      file.close();
    }
    this.lastSnapshotOffset = this.endOffset;
  }

  get latestSnapshotOffset(): number | undefined {
    return this.snapshotOffsets().at(-1);
  }

  /**
   * Goes back to the latest snapshot at most at `logEndOffset`; what lies between it and the log end is then read by the
   * caller. Snapshots above the end, or not above the start, are removed.
   */
  truncateAndReload(logStartOffset: number, logEndOffset: number, nowMs: number): void {
    for (const offset of this.snapshotOffsets()) {
      if (offset > logEndOffset || offset <= logStartOffset) this.removeSnapshot(offset);
    }
    if (logEndOffset === this.endOffset) return;
    this.clear();
    this.loadLatestSnapshot(logStartOffset, nowMs);
  }

  /** Everything below or above is gone: an empty state at `offset`. */
  truncateFullyAndStartAt(offset: number): void {
    this.clear();
    for (const snapshot of this.snapshotOffsets()) this.removeSnapshot(snapshot);
    this.lastSnapshotOffset = 0;
    this.endOffset = offset;
  }

  /** The log now begins at `logStartOffset`. */
  onLogStartOffsetIncremented(logStartOffset: number): void {
    this.completedTransactions = this.completedTransactions.filter((t) => t.lastOffset >= logStartOffset);
    if (this.endOffset < logStartOffset) this.endOffset = logStartOffset;
  }

  /** A segment goes, and its snapshot with it. */
  removeSnapshot(offset: number): void {
    this.disk.remove(`${this.folder.path}/${fileName(offset, SNAPSHOT_SUFFIX)}`);
  }

  /** Snapshots that belong to no segment go, except the last one when it lies above all segments. */
  removeStraySnapshots(segmentBaseOffsets: readonly number[]): void {
    const bases = new Set(segmentBaseOffsets);
    const lastBase = segmentBaseOffsets.at(-1) ?? -1;
    const strays = this.snapshotOffsets().filter((offset) => !bases.has(offset));
    const kept = strays.at(-1) ?? -1;
    for (const offset of strays) if (offset !== kept || kept < lastBase) this.removeSnapshot(offset);
  }

  private snapshotOffsets(): number[] {
    const offsets: number[] = [];
    for (const { name } of this.disk.list(this.folder.path)) {
      const offset = offsetOfFile(name, SNAPSHOT_SUFFIX);
      if (offset !== undefined) offsets.push(offset);
    }
    return offsets.sort((a, b) => a - b);
  }

  private loadLatestSnapshot(logStartOffset: number, nowMs: number): void {
    for (const offset of this.snapshotOffsets().reverse()) {
      const path = `${this.folder.path}/${fileName(offset, SNAPSHOT_SUFFIX)}`;
      const entries = decodeSnapshot(this.disk.readFile(path), this.codecs);
      if (entries === undefined) {
        this.disk.remove(path);
        continue;
      }
      for (const entry of entries) if (!this.isExpired(entry, nowMs)) this.load(entry);
      this.lastSnapshotOffset = offset;
      this.endOffset = offset;
      return;
    }
    this.lastSnapshotOffset = logStartOffset;
    this.endOffset = logStartOffset;
  }

  private load(entry: ProducerEntry): void {
    this.producers.set(entry.producerId, entry);
    if (entry.transactionFirstOffset !== undefined) {
      this.openTransactions.set(entry.transactionFirstOffset, entry.producerId);
    }
  }

  private clear(): void {
    this.producers.clear();
    this.openTransactions.clear();
    this.completedTransactions = [];
  }

  private entryFor(producerId: number): ProducerEntry {
    const known = this.producers.get(producerId);
    if (known !== undefined) return known;
    const entry = new ProducerEntry(producerId);
    this.producers.set(producerId, entry);
    return entry;
  }

  private isExpired(entry: ProducerEntry, nowMs: number): boolean {
    if (entry.transactionFirstOffset !== undefined) return false;
    return nowMs - Number(entry.lastTimestamp) >= this.settings.producerIdExpirationMs;
  }

  private checkCoordinatorEpoch(entry: ProducerEntry, bytes: Buffer, at: number): void {
    const marker = recordsOf(bytes, at)[0];
    const epoch = coordinatorEpochOf(marker?.value ?? null);
    if (entry.coordinatorEpoch <= epoch) return;
    throw new KafkaError(
      'TRANSACTION_COORDINATOR_FENCED',
      `Invalid coordinator epoch for producer ${entry.producerId}: ${epoch} (zombie), ${entry.coordinatorEpoch} (current)`,
    );
  }

  private completeTransaction(producerId: number, bytes: Buffer, at: number): AbortedTransaction | undefined {
    const marker = recordsOf(bytes, at)[0];
    const type = controlTypeOf(marker?.key ?? null);
    if (marker === undefined || type === undefined) return undefined;
    const entry = this.entryFor(producerId);
    const firstOffset = entry.transactionFirstOffset;
    entry.changeEpoch(producerEpochOf(bytes, at));
    entry.transactionFirstOffset = undefined;
    entry.coordinatorEpoch = coordinatorEpochOf(marker.value);
    entry.lastTimestamp = marker.timestamp;
    if (firstOffset === undefined) return undefined;
    const lastOffset = baseOffsetOf(bytes, at);
    this.openTransactions.delete(firstOffset);
    this.completedTransactions.push({ producerId, firstOffset, lastOffset });
    if (type === 'commit') return undefined;
    const lastStableOffset = Math.min(lastOffset + 1, ...this.openTransactions.keys());
    return { producerId, firstOffset, lastOffset, lastStableOffset };
  }
}
