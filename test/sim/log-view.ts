import type { Log } from '../../src/storage/log.js';
import { batchesIn } from '../../src/protocol/record/record-reader.js';
import { baseOffsetOf, crcOf, lastOffsetOf, leaderEpochOf } from '../../src/protocol/record/record-batch.js';
import type { LoggedBatch } from './checkers/checker.js';

const READ_BYTES = 1024 * 1024;

/** The batches of a log that hold the offsets [from, to), as bytes. */
export function bytesBelow(log: Log, from: number, to: number): Buffer {
  const parts: Buffer[] = [];
  for (let next = from; next < to;) {
    const slice = log.read(next, READ_BYTES, to, true);
    if (slice.sizeInBytes === 0) {
      slice.release();
      break;
    }
    const bytes = Buffer.alloc(slice.sizeInBytes);
    slice.copyTo(bytes, 0);
    let end = 0;
    for (const batch of batchesIn(bytes)) {
      end = batch.end;
      next = lastOffsetOf(bytes, batch.at) + 1;
    }
    if (end === 0) break;
    parts.push(bytes.subarray(0, end));
  }
  return Buffer.concat(parts);
}

export function loggedBatches(log: Log, from: number, to: number): LoggedBatch[] {
  const bytes = bytesBelow(log, from, to);
  return [...batchesIn(bytes)].map(({ at }) => ({
    baseOffset: baseOffsetOf(bytes, at),
    lastOffset: lastOffsetOf(bytes, at),
    leaderEpoch: leaderEpochOf(bytes, at),
    crc: crcOf(bytes, at),
  }));
}
