import { buildBatch } from './batch-builder.js';
import type { Checksum } from './crc32c.js';

/** What ends a transaction in a partition's log. Source: org.apache.kafka.common.record.ControlRecordType, 3.9 */
export type ControlType = 'abort' | 'commit';

export interface EndTransactionMarker {
  readonly type: ControlType;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
  /** ms since the epoch. */
  readonly timestamp: number;
}

/** A control batch of one marker: key {version int16, type int16}, value {version int16, coordinatorEpoch int32}. */
export function buildEndTransactionMarker(marker: EndTransactionMarker, checksum?: Checksum): Buffer {
  const key = Buffer.alloc(4);
  key.writeInt16BE(marker.type === 'commit' ? 1 : 0, 2);
  const value = Buffer.alloc(6);
  value.writeInt32BE(marker.coordinatorEpoch, 2);
  const batch = {
    records: [{ key, value, timestamp: marker.timestamp }],
    producerId: marker.producerId,
    producerEpoch: marker.producerEpoch,
    isTransactional: true,
    isControl: true,
  };
  return buildBatch(batch, checksum);
}

/** What a control record's key says; undefined for types that do not end a transaction. */
export function controlTypeOf(key: Buffer | null): ControlType | undefined {
  if (key === null || key.length < 4) return undefined;
  const type = key.readInt16BE(2);
  return type === 0 ? 'abort' : type === 1 ? 'commit' : undefined;
}

export function coordinatorEpochOf(value: Buffer | null): number {
  return value === null || value.length < 6 ? -1 : value.readInt32BE(2);
}
