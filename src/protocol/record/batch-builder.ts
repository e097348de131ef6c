import { compareInt64, type Int64 } from '../../common/int64.js';
import type { Codecs, CompressionType } from '../../platform/codecs.js';
import { compressionId } from './compression.js';
import { crc32c, type Checksum } from './crc32c.js';
import {
  BATCH_HEADER_SIZE,
  CONTROL_BIT,
  DELETE_HORIZON_BIT,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  NO_SEQUENCE,
  NO_TIMESTAMP,
  TRANSACTIONAL_BIT,
  writeBatchHeader,
} from './record-batch.js';
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from './varint.js';

export interface NewRecord {
  readonly key?: Buffer | null;
  readonly value?: Buffer | null;
  /** ms; any int64. */
  readonly timestamp: Int64;
  readonly headers?: readonly NewHeader[];
  /** Offset less the batch's base offset; the record's place in the list if not given (cleaned batches have gaps). */
  readonly offsetDelta?: number;
}

export interface NewHeader {
  readonly key: string;
  readonly value: Buffer | null;
}

export interface NewBatch {
  readonly records: readonly NewRecord[];
  /** 0 is what a producer sends; the leader stamps its own. */
  readonly baseOffset?: number;
  readonly leaderEpoch?: number;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  /** Time, ms, from which tombstones and markers in a cleaned batch may go. */
  readonly deleteHorizonMs?: Int64;
  /** Offset of the last record less the base offset, where a cleaned batch keeps one that is gone. */
  readonly lastOffsetDelta?: number;
}

/** An uncompressed batch, magic 2, in a buffer of its own. */
export function buildBatch(batch: NewBatch, checksum: Checksum = crc32c): Buffer {
  const base = baseTimestampFor(batch);
  const bytes = Buffer.allocUnsafe(BATCH_HEADER_SIZE + sizeOfRecords(batch.records, base));
  writeRecords(bytes, BATCH_HEADER_SIZE, batch.records, base);
  writeHeader(bytes, batch, base, 'none', checksum);
  return bytes;
}

/** The same with its records compressed. */
export async function buildCompressedBatch(
  batch: NewBatch,
  compression: CompressionType,
  codecs: Codecs,
): Promise<Buffer> {
  const checksum: Checksum = (bytes, start, end, seed) => codecs.crc32c(bytes, start, end, seed);
  if (compression === 'none') return buildBatch(batch, checksum);
  const base = baseTimestampFor(batch);
  const plain = Buffer.allocUnsafe(sizeOfRecords(batch.records, base));
  writeRecords(plain, 0, batch.records, base);
  const packed = await codecs.compress(compression, plain);
  const bytes = Buffer.allocUnsafe(BATCH_HEADER_SIZE + packed.length);
  packed.copy(bytes, BATCH_HEADER_SIZE);
  writeHeader(bytes, batch, base, compression, checksum);
  return bytes;
}

function baseTimestampFor(batch: NewBatch): Int64 {
  return batch.deleteHorizonMs ?? batch.records[0]?.timestamp ?? NO_TIMESTAMP;
}

function writeHeader(
  bytes: Buffer,
  batch: NewBatch,
  baseTimestamp: Int64,
  compression: CompressionType,
  checksum: Checksum,
): void {
  const last = batch.records.length - 1;
  let maxTimestamp = batch.records[0]?.timestamp ?? NO_TIMESTAMP;
  for (const record of batch.records) {
    if (compareInt64(record.timestamp, maxTimestamp) > 0) maxTimestamp = record.timestamp;
  }
  const attributes =
    compressionId(compression) |
    (batch.isTransactional === true ? TRANSACTIONAL_BIT : 0) |
    (batch.isControl === true ? CONTROL_BIT : 0) |
    (batch.deleteHorizonMs === undefined ? 0 : DELETE_HORIZON_BIT);
  const header = {
    baseOffset: batch.baseOffset ?? 0,
    sizeInBytes: bytes.length,
    leaderEpoch: batch.leaderEpoch ?? -1,
    attributes,
    lastOffsetDelta: batch.lastOffsetDelta ?? batch.records[last]?.offsetDelta ?? Math.max(last, 0),
    baseTimestamp,
    maxTimestamp,
    producerId: batch.producerId ?? NO_PRODUCER_ID,
    producerEpoch: batch.producerEpoch ?? NO_PRODUCER_EPOCH,
    baseSequence: batch.baseSequence ?? NO_SEQUENCE,
    recordCount: batch.records.length,
  };
  writeBatchHeader(bytes, 0, header, checksum);
}

function sizeOfRecords(records: readonly NewRecord[], baseTimestamp: Int64): number {
  let size = 0;
  records.forEach((record, index) => {
    const body = sizeOfBody(record, record.offsetDelta ?? index, baseTimestamp);
    size += sizeOfVarint(body) + body;
  });
  return size;
}

function sizeOfBody(record: NewRecord, offsetDelta: number, baseTimestamp: Int64): number {
  let size = 1 + sizeOfVarlong(minus(record.timestamp, baseTimestamp)) + sizeOfVarint(offsetDelta);
  size += sizeOfField(record.key) + sizeOfField(record.value) + sizeOfVarint(record.headers?.length ?? 0);
  for (const header of record.headers ?? []) {
    const keySize = Buffer.byteLength(header.key);
    size += sizeOfVarint(keySize) + keySize + sizeOfField(header.value);
  }
  return size;
}

function writeRecords(bytes: Buffer, start: number, records: readonly NewRecord[], baseTimestamp: Int64): void {
  let at = start;
  records.forEach((record, index) => {
    const offsetDelta = record.offsetDelta ?? index;
    at = writeVarint(bytes, sizeOfBody(record, offsetDelta, baseTimestamp), at);
    bytes[at++] = 0; // attributes of a record: none are in use
    at = writeVarlong(bytes, minus(record.timestamp, baseTimestamp), at);
    at = writeVarint(bytes, offsetDelta, at);
    at = writeField(bytes, record.key, at);
    at = writeField(bytes, record.value, at);
    at = writeVarint(bytes, record.headers?.length ?? 0, at);
    for (const header of record.headers ?? []) {
      at = writeVarint(bytes, Buffer.byteLength(header.key), at);
      at += bytes.write(header.key, at);
      at = writeField(bytes, header.value, at);
    }
  });
}

function sizeOfField(field: Buffer | null | undefined): number {
  if (field === null || field === undefined) return 1;
  return sizeOfVarint(field.length) + field.length;
}

function writeField(bytes: Buffer, field: Buffer | null | undefined, at: number): number {
  if (field === null || field === undefined) return writeVarint(bytes, -1, at);
  const start = writeVarint(bytes, field.length, at);
  return start + field.copy(bytes, start);
}

function minus(a: Int64, b: Int64): Int64 {
  if (typeof a === 'number' && typeof b === 'number' && Number.isSafeInteger(a - b)) return a - b;
  return BigInt.asIntN(64, BigInt(a) - BigInt(b));
}
