import { readExactInt64, readInt64, writeExactInt64, writeInt64 } from '../common/int64.js';
import type { Codecs } from '../platform/codecs.js';
import { ProducerEntry } from './producer-entry.js';

/**
 * A `.snapshot` file: {version int16, crc uint32, count int32}, then 46 bytes a producer: producerId int64, epoch int16,
 * lastSequence int32, lastOffset int64, offsetDelta int32, timestamp int64, coordinatorEpoch int32, currentTxnFirstOffset int64.
 * The CRC-32C covers everything behind it. Of a producer's batches the last one is kept.
 * Source: org.apache.kafka.storage.internals.log.ProducerStateManager, 3.9
 */
const VERSION = 1;
const CRC_AT = 2;
const CRC_FROM = 6;
const COUNT_AT = 6;
const HEADER_SIZE = 10;
const ENTRY_SIZE = 46;

export function encodeSnapshot(entries: Iterable<ProducerEntry>, codecs: Codecs): Buffer {
  const list = [...entries];
  const bytes = Buffer.alloc(HEADER_SIZE + list.length * ENTRY_SIZE);
  bytes.writeInt16BE(VERSION, 0);
  bytes.writeInt32BE(list.length, COUNT_AT);
  list.forEach((entry, index) => encodeEntry(bytes, HEADER_SIZE + index * ENTRY_SIZE, entry));
  bytes.writeUInt32BE(codecs.crc32c(bytes, CRC_FROM, bytes.length), CRC_AT);
  return bytes;
}

/** undefined if the bytes are damaged or of another version: an older snapshot is taken then. */
export function decodeSnapshot(bytes: Buffer, codecs: Codecs): ProducerEntry[] | undefined {
  if (bytes.length < HEADER_SIZE || bytes.readInt16BE(0) !== VERSION) return undefined;
  if (codecs.crc32c(bytes, CRC_FROM, bytes.length) !== bytes.readUInt32BE(CRC_AT)) return undefined;
  const count = bytes.readInt32BE(COUNT_AT);
  if (bytes.length !== HEADER_SIZE + count * ENTRY_SIZE) return undefined;
  return Array.from({ length: count }, (_, index) => decodeEntry(bytes, HEADER_SIZE + index * ENTRY_SIZE));
}

function encodeEntry(bytes: Buffer, at: number, entry: ProducerEntry): void {
  const batch = entry.lastBatch;
  writeInt64(bytes, entry.producerId, at);
  bytes.writeInt16BE(entry.epoch, at + 8);
  bytes.writeInt32BE(batch?.lastSequence ?? -1, at + 10);
  writeInt64(bytes, batch?.lastOffset ?? -1, at + 14);
  bytes.writeInt32BE(batch?.offsetDelta ?? 0, at + 22);
  writeExactInt64(bytes, entry.lastTimestamp, at + 26);
  bytes.writeInt32BE(entry.coordinatorEpoch, at + 34);
  writeInt64(bytes, entry.transactionFirstOffset ?? -1, at + 38);
}

function decodeEntry(bytes: Buffer, at: number): ProducerEntry {
  const entry = new ProducerEntry(readInt64(bytes, at));
  const lastOffset = readInt64(bytes, at + 14);
  const transactionFirstOffset = readInt64(bytes, at + 38);
  entry.epoch = bytes.readInt16BE(at + 8);
  entry.lastTimestamp = readExactInt64(bytes, at + 26);
  entry.coordinatorEpoch = bytes.readInt32BE(at + 34);
  if (lastOffset >= 0) {
    entry.addBatch(entry.epoch, {
      lastSequence: bytes.readInt32BE(at + 10),
      lastOffset,
      offsetDelta: bytes.readInt32BE(at + 22),
      timestamp: entry.lastTimestamp,
    });
  }
  entry.transactionFirstOffset = transactionFirstOffset >= 0 ? transactionFirstOffset : undefined;
  return entry;
}
