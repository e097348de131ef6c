import type { Int64 } from '../../common/int64.js';
import { readExactInt64 } from '../../common/int64.js';
import type { Codecs } from '../../platform/codecs.js';
import {
  baseOffsetOf,
  BATCH_HEADER_SIZE,
  batchSizeOf,
  CRC_FROM,
  crcOf,
  lastOffsetOf,
  leaderEpochOf,
  LOG_OVERHEAD,
  MAGIC_END,
  MAGIC_V2,
  magicOf,
  maxTimestampOf,
} from './record-batch.js';

/**
 * What a log needs of an entry whatever its magic. Magic 0 and 1 (a message set's entry: offset int64, size int32, crc uint32,
 * magic int8, attributes int8, magic 1: timestamp int64, …) carry the offset of their last record in front and no epoch.
 * Source: org.apache.kafka.common.record.AbstractLegacyRecordBatch, 3.9
 */
export const MIN_ENTRY_SIZE = LOG_OVERHEAD + 14;
const LEGACY_CRC_AT = 12;
const LEGACY_CRC_FROM = 16;
const LEGACY_TIMESTAMP_AT = 18;

/** Bytes of an entry from which all of the functions here can read, but for the CRC. */
export const MAX_ENTRY_HEADER = BATCH_HEADER_SIZE;

/** Could an entry of a known magic and a sensible length begin here? At least {@link MAGIC_END} bytes must be there. */
export function looksLikeEntry(bytes: Buffer, at: number): boolean {
  if (at + MAGIC_END > bytes.length) return false;
  const magic = magicOf(bytes, at);
  const size = batchSizeOf(bytes, at);
  if (magic < 0 || magic > MAGIC_V2) return false;
  return size >= (magic === MAGIC_V2 ? BATCH_HEADER_SIZE : MIN_ENTRY_SIZE);
}

export function lastOffsetOfEntry(bytes: Buffer, at: number): number {
  return magicOf(bytes, at) === MAGIC_V2 ? lastOffsetOf(bytes, at) : baseOffsetOf(bytes, at);
}

/** −1 where there is none. */
export function leaderEpochOfEntry(bytes: Buffer, at: number): number {
  return magicOf(bytes, at) === MAGIC_V2 ? leaderEpochOf(bytes, at) : -1;
}

/** −1 where there is none. */
export function maxTimestampOfEntry(bytes: Buffer, at: number): Int64 {
  const magic = magicOf(bytes, at);
  if (magic === MAGIC_V2) return maxTimestampOf(bytes, at);
  return magic === 1 ? readExactInt64(bytes, at + LEGACY_TIMESTAMP_AT) : -1;
}

/** Does the checksum hold? The entry must lie wholly in `bytes`. */
export function isEntryValid(bytes: Buffer, at: number, codecs: Codecs): boolean {
  if (!looksLikeEntry(bytes, at)) return false;
  if (magicOf(bytes, at) === MAGIC_V2)
    return codecs.crc32c(bytes, at + CRC_FROM, at + batchSizeOf(bytes, at)) === crcOf(bytes, at);
  const end = at + batchSizeOf(bytes, at);
  return codecs.crc32(bytes, at + LEGACY_CRC_FROM, end) === bytes.readUInt32BE(at + LEGACY_CRC_AT);
}
