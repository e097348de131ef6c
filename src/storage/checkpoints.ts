import { parseTopicPartition, topicPartitionKey } from '../common/topic-partition.js';
import { replaceFile, type Disk } from '../platform/disk.js';
import { parseCheckpoint, readTextFile, renderCheckpoint } from './checkpoint-file.js';

/** Files in the root of a log.dir, one line a partition: `topic partition offset`. */
export const RECOVERY_POINT_FILE = 'recovery-point-offset-checkpoint';
export const LOG_START_OFFSET_FILE = 'log-start-offset-checkpoint';
/** High watermarks. */
export const REPLICATION_OFFSET_FILE = 'replication-offset-checkpoint';

/** Offset by topicPartitionKey. */
export type Offsets = ReadonlyMap<string, number>;

/** Empty if there is no such file. @throws Error if it is malformed: the caller goes on as if there were none, and says so */
export function readOffsetCheckpoint(disk: Disk, logDir: string, file: string): Map<string, number> {
  const offsets = new Map<string, number>();
  for (const line of parseCheckpoint(readTextFile(disk, `${logDir}/${file}`) ?? '', file)) {
    const [topic, partition, offset, ...rest] = line.split(/\s+/);
    if (topic === undefined || rest.length > 0 || !/^\d+$/.test(partition ?? '') || !/^-?\d+$/.test(offset ?? '')) {
      throw new Error(`Malformed line in checkpoint file (${file}): '${line}'`);
    }
    offsets.set(topicPartitionKey(topic, Number(partition)), Number(offset));
  }
  return offsets;
}

/** Replaces the file durably. Source: org.apache.kafka.storage.internals.checkpoint.OffsetCheckpointFile, 3.9 */
export async function writeOffsetCheckpoint(disk: Disk, logDir: string, file: string, offsets: Offsets): Promise<void> {
  const lines: string[] = [];
  for (const [key, offset] of offsets) {
    const named = parseTopicPartition(key);
    if (named !== undefined) lines.push(`${named.topic} ${named.partition} ${offset}`);
  }
  await replaceFile(disk, `${logDir}/${file}`, Buffer.from(renderCheckpoint(lines)));
}
