import { KafkaError, type RecordError } from '../common/errors.js';
import type { Int64 } from '../common/int64.js';
import type { Codecs } from '../platform/codecs.js';
import { isEntryValid } from '../protocol/record/any-batch.js';
import { compressionOf } from '../protocol/record/compression.js';
import {
  attributesOf,
  baseOffsetOf,
  baseSequenceOf,
  baseTimestampOf,
  BATCH_HEADER_SIZE,
  batchSizeOf,
  CRC_FROM,
  crcOf,
  isControl,
  isLogAppendTime,
  lastOffsetDeltaOf,
  LOG_OVERHEAD,
  MAGIC_END,
  MAGIC_V2,
  magicOf,
  maxTimestampOf,
  NO_PRODUCER_ID,
  NO_TIMESTAMP,
  producerIdOf,
  recordCountOf,
} from '../protocol/record/record-batch.js';
import { MalformedRecordError, VarintReader } from '../protocol/record/varint.js';
import type { AppendOrigin, LogConfig } from './log.js';

/**
 * What a leader checks before it appends. Nothing here changes the bytes.
 * Differs: the records of compressed batches are not looked at; Kafka unpacks each batch on the broker.
 * Source: kafka.log.UnifiedLog.analyzeAndValidateRecords and org.apache.kafka.storage.internals.log.LogValidator, 3.9
 */

const MIN_RECORD_BYTES = 14;

/** Where the batch that begins at `at` ends, or −1 if what is left is no whole batch (which Kafka ignores). @throws KafkaError CORRUPT_MESSAGE */
export function endOfBatch(bytes: Buffer, at: number): number {
  if (bytes.length - at < LOG_OVERHEAD) return -1;
  const size = batchSizeOf(bytes, at);
  if (size < LOG_OVERHEAD + MIN_RECORD_BYTES) {
    throw new KafkaError(
      'CORRUPT_MESSAGE',
      `Record size ${size - LOG_OVERHEAD} is less than the minimum record overhead (${MIN_RECORD_BYTES})`,
    );
  }
  if (bytes.length - at < MAGIC_END) return -1;
  const magic = magicOf(bytes, at);
  if (magic < 0 || magic > MAGIC_V2) throw new KafkaError('CORRUPT_MESSAGE', `Invalid magic found in record: ${magic}`);
  return at + size > bytes.length ? -1 : at + size;
}

/**
 * Why records of a client are no single batch of magic 2, if they are not.
 * @throws KafkaError CORRUPT_MESSAGE
 * Source: org.apache.kafka.common.requests.ProduceRequest.validateRecords, 3.9
 */
export function problemOfClient(bytes: Buffer): string | undefined {
  const end = endOfBatch(bytes, 0);
  if (end < 0) return 'Produce requests must have at least one record batch per partition';
  if (magicOf(bytes, 0) !== MAGIC_V2) return 'Produce requests are only allowed to contain record batches with magic 2';
  if (endOfBatch(bytes, end) < 0) return undefined;
  return 'Produce requests are only allowed to contain exactly one record batch';
}

/**
 * Sizes and checksums of what is to be appended; a client sends one batch of magic 2.
 * @returns where the whole batches end, 0 if there is none
 * @throws KafkaError INVALID_RECORD, MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE, CORRUPT_MESSAGE, UNSUPPORTED_FOR_MESSAGE_FORMAT
 */
export function checkBatches(bytes: Buffer, origin: AppendOrigin, config: LogConfig, codecs: Codecs): number {
  const problem = origin === 'client' ? problemOfClient(bytes) : undefined;
  if (problem !== undefined) throw new KafkaError('INVALID_RECORD', problem);
  let end = 0;
  for (let next = endOfBatch(bytes, 0); next > 0; next = endOfBatch(bytes, end)) {
    checkBatchBytes(bytes, end, config.maxMessageBytes, origin, codecs);
    end = next;
  }
  if (end > config.segmentBytes) {
    throw new KafkaError('RECORD_LIST_TOO_LARGE', `${end} bytes exceed the segment size ${config.segmentBytes}`);
  }
  return end;
}

/** One whole batch, of any magic, as a leader sent it. @throws KafkaError CORRUPT_MESSAGE */
export function checkReplicatedBatch(bytes: Buffer, at: number, codecs: Codecs): void {
  if (isEntryValid(bytes, at, codecs)) return;
  throw new KafkaError('CORRUPT_MESSAGE', `Record is corrupt in what the leader sent, at byte ${at}`);
}

/**
 * Size and checksum of one whole batch, and its base offset if a client sent it.
 * @throws KafkaError INVALID_RECORD, MESSAGE_TOO_LARGE, CORRUPT_MESSAGE, UNSUPPORTED_FOR_MESSAGE_FORMAT
 */
function checkBatchBytes(
  bytes: Buffer,
  at: number,
  maxMessageBytes: number,
  origin: AppendOrigin,
  codecs: Codecs,
): void {
  if (magicOf(bytes, at) !== MAGIC_V2) {
    throw new KafkaError('UNSUPPORTED_FOR_MESSAGE_FORMAT', `magic ${magicOf(bytes, at)} cannot be appended`);
  }
  if (origin === 'client' && baseOffsetOf(bytes, at) !== 0) {
    throw new KafkaError('INVALID_RECORD', `The baseOffset of the record batch is ${baseOffsetOf(bytes, at)}, not 0`);
  }
  const size = batchSizeOf(bytes, at);
  if (size > maxMessageBytes && origin !== 'replication') {
    throw new KafkaError('MESSAGE_TOO_LARGE', `The record batch size is ${size} bytes, over ${maxMessageBytes}`);
  }
  if (size < BATCH_HEADER_SIZE) throw new KafkaError('CORRUPT_MESSAGE', `Record batch of ${size} bytes has no header`);
  const computed = codecs.crc32c(bytes, at + CRC_FROM, at + size);
  if (computed !== crcOf(bytes, at)) {
    throw new KafkaError(
      'CORRUPT_MESSAGE',
      `Record is corrupt (stored crc = ${crcOf(bytes, at)}, computed crc = ${computed})`,
    );
  }
}

/**
 * What the header says, and each record of an uncompressed batch.
 * @param partition its name in error messages, as in `orders-0`
 * @returns the largest timestamp of its records (as the header has it when compressed), ms
 * @throws KafkaError INVALID_RECORD, INVALID_TIMESTAMP, UNKNOWN_SERVER_ERROR (a compression that nobody assigned)
 */
export function checkBatch(
  bytes: Buffer,
  at: number,
  origin: AppendOrigin,
  config: LogConfig,
  nowMs: number,
  partition: string,
): Int64 {
  if (origin === 'client') checkClientHeader(bytes, at);
  const attributes = attributesOf(bytes, at);
  const compression = compressionOf(attributes);
  if (compression === undefined) {
    throw new KafkaError('UNKNOWN_SERVER_ERROR', `Unknown compression type id: ${attributes & 7}`);
  }
  if (compression === 'none') return checkRecords(bytes, at, config, nowMs, partition);
  const errors: RecordError[] = [];
  checkTimestamp(errors, 0, baseTimestampOf(bytes, at), attributes, config, nowMs);
  if (errors.length === 0) checkTimestamp(errors, 0, maxTimestampOf(bytes, at), attributes, config, nowMs);
  refuse(errors, true);
  return maxTimestampOf(bytes, at);
}

function checkClientHeader(bytes: Buffer, at: number): void {
  const count = recordCountOf(bytes, at);
  const span = lastOffsetDeltaOf(bytes, at) + 1;
  if (span <= 0) throw new KafkaError('INVALID_RECORD', `Batch has an invalid offset range of ${span}`);
  if (count <= 0) throw new KafkaError('INVALID_RECORD', `Invalid reported count for record batch: ${count}`);
  if (span !== count) throw new KafkaError('INVALID_RECORD', `Inconsistent batch offset range ${span}, count ${count}`);
  if (isControl(attributesOf(bytes, at))) {
    throw new KafkaError('INVALID_RECORD', 'Clients are not allowed to write control records');
  }
  if (producerIdOf(bytes, at) !== NO_PRODUCER_ID && baseSequenceOf(bytes, at) < 0) {
    throw new KafkaError('INVALID_RECORD', `Invalid sequence number ${baseSequenceOf(bytes, at)} in record batch`);
  }
}

const NO_BYTES = Buffer.alloc(0);
const reader = new VarintReader(NO_BYTES);
const NO_ERRORS: readonly RecordError[] = [];

/** Walks the records without making anything of them. */
function checkRecords(bytes: Buffer, at: number, config: LogConfig, nowMs: number, partition: string): Int64 {
  const attributes = attributesOf(bytes, at);
  const appendTime = isLogAppendTime(attributes);
  const needsKey = config.cleanupPolicy.compact && !isControl(attributes);
  const base = baseTimestampOf(bytes, at);
  const batchMax = maxTimestampOf(bytes, at);
  const count = recordCountOf(bytes, at);
  let max: Int64 = NO_TIMESTAMP;
  let errors: RecordError[] | undefined;
  let hasTimestampError = false;
  reader.bytes = bytes;
  reader.at = at + BATCH_HEADER_SIZE;
  reader.end = at + batchSizeOf(bytes, at);
  try {
    for (let index = 0; index < count; index++) {
      const end = reader.varint() + reader.at;
      if (end > reader.end || end < reader.at) throw new MalformedRecordError('record does not fit');
      reader.at++; // attributes: none are in use
      const delta = reader.varlong();
      const timestamp = appendTime ? batchMax : plus(base, delta);
      if (timestamp > max) max = timestamp;
      reader.varint(); // offset delta: Kafka does not look at it either
      const hasKey = skipBody(end);
      if (needsKey && !hasKey) {
        const message = `Compacted topic cannot accept message without key in topic partition ${partition}`;
        (errors ??= []).push({ batchIndex: index, message });
      } else if (timestamp !== NO_TIMESTAMP || appendTime) {
        if (isTimestampRefused(timestamp, attributes, config, nowMs)) {
          hasTimestampError ||= errors === undefined;
          checkTimestamp((errors ??= []), index, timestamp, attributes, config, nowMs);
        }
      }
    }
    if (reader.at !== reader.end) throw new MalformedRecordError('bytes are left behind the last record');
  } catch (error) {
    if (error instanceof MalformedRecordError) throw new KafkaError('INVALID_RECORD', error.message);
    throw error;
  } finally {
    reader.bytes = NO_BYTES;
  }
  refuse(errors ?? NO_ERRORS, hasTimestampError);
  return max;
}

/** From the key on to `end`, which must be met exactly. Returns whether there is a key. */
function skipBody(end: number): boolean {
  const keyLength = reader.varint();
  if (keyLength > 0) reader.at += keyLength;
  const valueLength = reader.varint();
  if (valueLength > 0) reader.at += valueLength;
  const headers = reader.varint();
  if (headers < 0) throw new MalformedRecordError(`${headers} headers`);
  for (let i = 0; i < headers && reader.at <= end; i++) {
    const headerKeyLength = reader.varint();
    if (headerKeyLength < 0) throw new MalformedRecordError('header without a key');
    reader.at += headerKeyLength;
    const headerLength = reader.varint();
    if (headerLength > 0) reader.at += headerLength;
  }
  if (reader.at !== end) throw new MalformedRecordError('record ends elsewhere than its length says');
  return keyLength >= 0;
}

function isTimestampRefused(timestamp: Int64, attributes: number, config: LogConfig, nowMs: number): boolean {
  if (config.messageTimestampType === 'LogAppendTime') return isLogAppendTime(attributes);
  if (timestamp === NO_TIMESTAMP) return isLogAppendTime(attributes);
  const late = nowMs - Number(timestamp);
  return late > config.messageTimestampBeforeMaxMs || -late > config.messageTimestampAfterMaxMs;
}

function checkTimestamp(
  errors: RecordError[],
  batchIndex: number,
  timestamp: Int64,
  attributes: number,
  config: LogConfig,
  nowMs: number,
): void {
  if (!isTimestampRefused(timestamp, attributes, config, nowMs)) return;
  if (config.messageTimestampType === 'LogAppendTime' || timestamp === NO_TIMESTAMP) {
    const message = 'Invalid timestamp type in message. Producer should not set timestamp type to LogAppendTime.';
    errors.push({ batchIndex, message });
    return;
  }
  const from = nowMs - config.messageTimestampBeforeMaxMs;
  const to = nowMs + config.messageTimestampAfterMaxMs;
  const message = `Timestamp ${String(timestamp)} of message with offset ${batchIndex} is out of range. The timestamp should be within [${from}, ${to}]`;
  errors.push({ batchIndex, message });
}

function refuse(errors: readonly RecordError[], byTimestamp: boolean): void {
  if (errors.length === 0) return;
  if (byTimestamp) {
    const message = 'One or more records have been rejected due to invalid timestamp';
    throw new KafkaError('INVALID_TIMESTAMP', message, errors);
  }
  const shown = errors.slice(0, 3).map((e) => `RecordError(batchIndex=${e.batchIndex}, message='${e.message}')`);
  const message = `One or more records have been rejected due to ${errors.length} record errors in total, and only showing the first three errors at most: [${shown.join(', ')}]`;
  throw new KafkaError('INVALID_RECORD', message, errors);
}

function plus(a: Int64, b: Int64): Int64 {
  return typeof a === 'number' && typeof b === 'number' ? a + b : BigInt.asIntN(64, BigInt(a) + BigInt(b));
}
