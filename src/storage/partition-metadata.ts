import { isUuid, ZERO_UUID, type Uuid } from '../common/uuid.js';
import type { Disk } from '../platform/disk.js';
import { readTextFile, writeTextFile } from './checkpoint-file.js';

export const PARTITION_METADATA_FILE = 'partition.metadata';

/** `partition.metadata`: which topic id this folder belongs to. No newline at the end, as Kafka writes it (KIP-516). */
export function writePartitionMetadata(disk: Disk, folder: string, topicId: Uuid): void {
  writeTextFile(disk, `${folder}/${PARTITION_METADATA_FILE}`, `version: 0\ntopic_id: ${topicId}`);
}

/** undefined without the file, or if a crash tore it: the controller names the topic again. @throws Error if it is malformed */
export function readPartitionMetadata(disk: Disk, folder: string): Uuid | undefined {
  const text = readTextFile(disk, `${folder}/${PARTITION_METADATA_FILE}`);
  if (text === undefined || !text.startsWith('version:')) return undefined;
  const [version, topicId] = text.split('\n').map((line) => line.split(/:\s*/)[1]?.trim());
  if (version !== '0' || topicId === undefined || !isUuid(topicId) || topicId === ZERO_UUID) {
    throw new Error(`Malformed partition metadata in ${folder}: '${text}'`);
  }
  return topicId;
}
