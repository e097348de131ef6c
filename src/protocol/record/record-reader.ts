import type { Int64 } from '../../common/int64.js';
import { KafkaError } from '../../common/errors.js';
import type { Codecs } from '../../platform/codecs.js';
import { compressionOf } from './compression.js';
import {
  attributesOf,
  baseOffsetOf,
  baseSequenceOf,
  baseTimestampOf,
  addSequence,
  BATCH_HEADER_SIZE,
  batchSizeOf,
  COMPRESSION_BITS,
  isLogAppendTime,
  MAGIC_END,
  MAGIC_V2,
  magicOf,
  maxTimestampOf,
  NO_SEQUENCE,
  recordCountOf,
} from './record-batch.js';
import { MalformedRecordError, VarintReader } from './varint.js';

/** One record. Key, value and header values are views on the bytes it was read from. */
export interface LogRecord {
  readonly offset: number;
  /** ms; the batch's append time under LogAppendTime. */
  readonly timestamp: Int64;
  /** −1 from a producer without idempotence. */
  readonly sequence: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
}

export interface RecordHeader {
  readonly key: string;
  readonly value: Buffer | null;
}

/** What a damaged or oversized length could make a reader allocate for one batch, bytes. */
const MAX_UNPACKED_BYTES = 256 * 1024 * 1024;

/**
 * The batches in `bytes`, as [start, end) positions; a partial last one, as a fetch may bring, is left out.
 * For hot paths walk with `batchSizeOf` instead: this makes an object a batch.
 */
export function* batchesIn(bytes: Buffer): Generator<{ readonly at: number; readonly end: number }> {
  for (let at = 0; at + MAGIC_END <= bytes.length;) {
    const end = at + batchSizeOf(bytes, at);
    if (end > bytes.length || end < at + MAGIC_END) return;
    yield { at, end };
    at = end;
  }
}

/**
 * The records of one uncompressed batch, magic 2.
 * @throws KafkaError CORRUPT_MESSAGE if they do not parse, UNSUPPORTED_FOR_MESSAGE_FORMAT for magic 0 and 1
 */
export function recordsOf(bytes: Buffer, at = 0): LogRecord[] {
  refuseOldFormat(bytes, at);
  const attributes = attributesOf(bytes, at);
  if ((attributes & COMPRESSION_BITS) !== 0) throw new KafkaError('CORRUPT_MESSAGE', 'batch is compressed');
  return parse(bytes, at, new VarintReader(bytes, at + BATCH_HEADER_SIZE, at + batchSizeOf(bytes, at)));
}

/** The records of one batch of any compression. Errors as {@link recordsOf}. */
export async function readRecords(bytes: Buffer, at: number, codecs: Codecs): Promise<LogRecord[]> {
  refuseOldFormat(bytes, at);
  const compression = compressionOf(attributesOf(bytes, at));
  if (compression === undefined) throw new KafkaError('CORRUPT_MESSAGE', 'unknown compression');
  if (compression === 'none') return recordsOf(bytes, at);
  const packed = bytes.subarray(at + BATCH_HEADER_SIZE, at + batchSizeOf(bytes, at));
  return parse(bytes, at, new VarintReader(await codecs.decompress(compression, packed, MAX_UNPACKED_BYTES)));
}

function refuseOldFormat(bytes: Buffer, at: number): void {
  const magic = magicOf(bytes, at);
  if (magic !== MAGIC_V2) throw new KafkaError('UNSUPPORTED_FOR_MESSAGE_FORMAT', `magic ${magic}`);
}

function parse(batch: Buffer, at: number, reader: VarintReader): LogRecord[] {
  const records: LogRecord[] = [];
  try {
    const count = recordCountOf(batch, at);
    for (let index = 0; index < count; index++) records.push(parseRecord(batch, at, reader));
  } catch (error) {
    if (error instanceof MalformedRecordError) throw new KafkaError('CORRUPT_MESSAGE', error.message);
    throw error;
  }
  return records;
}

function parseRecord(batch: Buffer, at: number, reader: VarintReader): LogRecord {
  const length = reader.varint();
  const end = reader.at + length;
  if (length < 0 || end > reader.end) throw new MalformedRecordError(`record of ${length} bytes does not fit`);
  reader.byte(); // attributes: none are in use
  const timestampDelta = reader.varlong();
  const offsetDelta = reader.varint();
  const key = field(reader);
  const value = field(reader);
  const headers = readHeaders(reader);
  if (reader.at !== end) throw new MalformedRecordError(`record of ${length} bytes ends elsewhere`);
  const baseSequence = baseSequenceOf(batch, at);
  return {
    offset: baseOffsetOf(batch, at) + offsetDelta,
    timestamp: isLogAppendTime(attributesOf(batch, at))
      ? maxTimestampOf(batch, at)
      : plus(baseTimestampOf(batch, at), timestampDelta),
    sequence: baseSequence === NO_SEQUENCE ? NO_SEQUENCE : addSequence(baseSequence, offsetDelta),
    key,
    value,
    headers,
  };
}

const NO_HEADERS: readonly RecordHeader[] = [];

function readHeaders(reader: VarintReader): readonly RecordHeader[] {
  const count = reader.varint();
  if (count < 0) throw new MalformedRecordError(`${count} headers`);
  if (count === 0) return NO_HEADERS;
  const headers: RecordHeader[] = [];
  for (let index = 0; index < count; index++) {
    const key = field(reader);
    if (key === null) throw new MalformedRecordError('header without a key');
    headers.push({ key: key.toString(), value: field(reader) });
  }
  return headers;
}

function field(reader: VarintReader): Buffer | null {
  const length = reader.varint();
  if (length < 0) return null;
  const start = reader.at;
  if (start + length > reader.end) throw new MalformedRecordError(`field of ${length} bytes does not fit`);
  reader.at = start + length;
  return reader.bytes.subarray(start, reader.at);
}

function plus(a: Int64, b: Int64): Int64 {
  if (typeof a === 'number' && typeof b === 'number' && Number.isSafeInteger(a + b)) return a + b;
  const exact = BigInt.asIntN(64, BigInt(a) + BigInt(b));
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
}
