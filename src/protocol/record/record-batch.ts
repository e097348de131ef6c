import { readExactInt64, readInt64, writeExactInt64, writeInt64, type Int64 } from '../../common/int64.js';
import type { Checksum } from './crc32c.js';

/**
 * The header of a record batch, magic 2, read and patched in place; `at` is where the batch begins in `bytes`.
 *
 *     0 baseOffset int64 · 8 batchLength int32 (bytes after it) · 12 partitionLeaderEpoch int32 · 16 magic int8 ·
 *     17 crc uint32 (CRC-32C from 21 to the end) · 21 attributes int16 · 23 lastOffsetDelta int32 · 27 baseTimestamp int64 ·
 *     35 maxTimestamp int64 · 43 producerId int64 · 51 producerEpoch int16 · 53 baseSequence int32 · 57 recordCount int32 · 61 records
 *
 * Magic 0 and 1 share the first twelve bytes and the place of the magic; what may hold them checks {@link magicOf} first.
 * Source: org.apache.kafka.common.record.DefaultRecordBatch, 3.9
 */
export const LOG_OVERHEAD = 12;
/** Up to and with the magic: what must be there before anything else of a batch may be read. */
export const MAGIC_END = 17;
export const BATCH_HEADER_SIZE = 61;
export const MAGIC_V2 = 2;

const LENGTH_AT = 8;
const LEADER_EPOCH_AT = 12;
const MAGIC_AT = 16;
const CRC_AT = 17;
const ATTRIBUTES_AT = 21;
/** Where the CRC's range begins; it ends with the batch. */
export const CRC_FROM = ATTRIBUTES_AT;
const LAST_OFFSET_DELTA_AT = 23;
const BASE_TIMESTAMP_AT = 27;
const MAX_TIMESTAMP_AT = 35;
const PRODUCER_ID_AT = 43;
const PRODUCER_EPOCH_AT = 51;
const BASE_SEQUENCE_AT = 53;
const RECORD_COUNT_AT = 57;

export const COMPRESSION_BITS = 0x07;
export const LOG_APPEND_TIME_BIT = 0x08;
export const TRANSACTIONAL_BIT = 0x10;
export const CONTROL_BIT = 0x20;
export const DELETE_HORIZON_BIT = 0x40;

export const NO_PRODUCER_ID = -1;
export const NO_PRODUCER_EPOCH = -1;
export const NO_SEQUENCE = -1;
export const NO_TIMESTAMP = -1;

export const baseOffsetOf = (bytes: Buffer, at: number): number => readInt64(bytes, at);
/** The whole batch in bytes, header included. Any magic; not checked: it may point beyond `bytes`. */
export const batchSizeOf = (bytes: Buffer, at: number): number => LOG_OVERHEAD + bytes.readInt32BE(at + LENGTH_AT);
export const leaderEpochOf = (bytes: Buffer, at: number): number => bytes.readInt32BE(at + LEADER_EPOCH_AT);
export const magicOf = (bytes: Buffer, at: number): number => bytes.readInt8(at + MAGIC_AT);
export const crcOf = (bytes: Buffer, at: number): number => bytes.readUInt32BE(at + CRC_AT);
export const attributesOf = (bytes: Buffer, at: number): number => bytes.readInt16BE(at + ATTRIBUTES_AT);
export const lastOffsetDeltaOf = (bytes: Buffer, at: number): number => bytes.readInt32BE(at + LAST_OFFSET_DELTA_AT);
export const lastOffsetOf = (bytes: Buffer, at: number): number => readInt64(bytes, at) + lastOffsetDeltaOf(bytes, at);
/** Timestamp of the first record, or the delete horizon where that bit is set. ms; any int64 may stand here. */
export const baseTimestampOf = (bytes: Buffer, at: number): Int64 => readExactInt64(bytes, at + BASE_TIMESTAMP_AT);
export const maxTimestampOf = (bytes: Buffer, at: number): Int64 => readExactInt64(bytes, at + MAX_TIMESTAMP_AT);
export const producerIdOf = (bytes: Buffer, at: number): number => readInt64(bytes, at + PRODUCER_ID_AT);
export const producerEpochOf = (bytes: Buffer, at: number): number => bytes.readInt16BE(at + PRODUCER_EPOCH_AT);
export const baseSequenceOf = (bytes: Buffer, at: number): number => bytes.readInt32BE(at + BASE_SEQUENCE_AT);
export const recordCountOf = (bytes: Buffer, at: number): number => bytes.readInt32BE(at + RECORD_COUNT_AT);

export const isLogAppendTime = (attributes: number): boolean => (attributes & LOG_APPEND_TIME_BIT) !== 0;
export const isTransactional = (attributes: number): boolean => (attributes & TRANSACTIONAL_BIT) !== 0;
export const isControl = (attributes: number): boolean => (attributes & CONTROL_BIT) !== 0;

/** Sequence numbers count from 0 to 2^31−1 and begin again. */
export function addSequence(sequence: number, increment: number): number {
  const sum = sequence + increment;
  return sum > 0x7fffffff ? sum - 0x80000000 : sum;
}

/** Sequence of the last record, −1 without one. */
export function lastSequenceOf(bytes: Buffer, at: number): number {
  const base = baseSequenceOf(bytes, at);
  return base === NO_SEQUENCE ? NO_SEQUENCE : addSequence(base, lastOffsetDeltaOf(bytes, at));
}

/** CRC-32C as it should be: over everything from the attributes on. The batch must lie wholly in `bytes`. */
export function computeCrc(bytes: Buffer, at: number, checksum: Checksum): number {
  return checksum(bytes, at + ATTRIBUTES_AT, at + batchSizeOf(bytes, at));
}

/** Stamps the leader's offset and epoch in place: both lie before byte 21, where the CRC's range begins. */
export function stampBatch(bytes: Buffer, at: number, baseOffset: number, leaderEpoch: number): void {
  writeInt64(bytes, baseOffset, at);
  bytes.writeInt32BE(leaderEpoch, at + LEADER_EPOCH_AT);
}

/**
 * Sets the kind of timestamp and the largest one in place; under LogAppendTime it is every record's. The CRC covers both:
 * if either changed, it is written anew.
 */
export function stampMaxTimestamp(
  bytes: Buffer,
  at: number,
  logAppendTime: boolean,
  maxTimestamp: Int64,
  checksum: Checksum,
): void {
  const attributes = attributesOf(bytes, at);
  if (isLogAppendTime(attributes) === logAppendTime && maxTimestampOf(bytes, at) === maxTimestamp) return;
  const kind = logAppendTime ? LOG_APPEND_TIME_BIT : 0;
  bytes.writeInt16BE((attributes & ~LOG_APPEND_TIME_BIT) | kind, at + ATTRIBUTES_AT);
  writeExactInt64(bytes, maxTimestamp, at + MAX_TIMESTAMP_AT);
  bytes.writeUInt32BE(computeCrc(bytes, at, checksum), at + CRC_AT);
}

export interface BatchHeader {
  readonly baseOffset: number;
  /** The whole batch, header included. */
  readonly sizeInBytes: number;
  readonly leaderEpoch: number;
  readonly attributes: number;
  readonly lastOffsetDelta: number;
  readonly baseTimestamp: Int64;
  readonly maxTimestamp: Int64;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly recordCount: number;
}

/** Writes all 61 bytes; the records must stand behind them already, since the CRC covers them. */
export function writeBatchHeader(bytes: Buffer, at: number, header: BatchHeader, checksum: Checksum): void {
  stampBatch(bytes, at, header.baseOffset, header.leaderEpoch);
  bytes.writeInt32BE(header.sizeInBytes - LOG_OVERHEAD, at + LENGTH_AT);
  bytes.writeInt8(MAGIC_V2, at + MAGIC_AT);
  bytes.writeInt16BE(header.attributes, at + ATTRIBUTES_AT);
  bytes.writeInt32BE(header.lastOffsetDelta, at + LAST_OFFSET_DELTA_AT);
  writeExactInt64(bytes, header.baseTimestamp, at + BASE_TIMESTAMP_AT);
  writeExactInt64(bytes, header.maxTimestamp, at + MAX_TIMESTAMP_AT);
  writeInt64(bytes, header.producerId, at + PRODUCER_ID_AT);
  bytes.writeInt16BE(header.producerEpoch, at + PRODUCER_EPOCH_AT);
  bytes.writeInt32BE(header.baseSequence, at + BASE_SEQUENCE_AT);
  bytes.writeInt32BE(header.recordCount, at + RECORD_COUNT_AT);
  bytes.writeUInt32BE(computeCrc(bytes, at, checksum), at + CRC_AT);
}
