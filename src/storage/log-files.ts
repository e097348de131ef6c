import { parseTopicPartition, topicPartitionKey, type TopicPartition } from '../common/topic-partition.js';

/** Names in a log folder. Source: org.apache.kafka.storage.internals.log.LogFileUtils and kafka.log.LocalLog, 3.9 */
export const LOG_SUFFIX = '.log';
export const INDEX_SUFFIX = '.index';
export const TIME_INDEX_SUFFIX = '.timeindex';
export const TXN_INDEX_SUFFIX = '.txnindex';
/** The files of one segment. */
export const SEGMENT_SUFFIXES = [LOG_SUFFIX, INDEX_SUFFIX, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX] as const;
export const SNAPSHOT_SUFFIX = '.snapshot';
/** A file that waits for `file.delete.delay.ms`, so that readers finish. */
export const DELETED_SUFFIX = '.deleted';
export const CLEANED_SUFFIX = '.cleaned';
export const SWAP_SUFFIX = '.swap';
/** Folders of partitions that are deleted. */
export const DELETE_FOLDER_SUFFIX = '-delete';

const MAX_NAME_LENGTH = 255;

/** Where one partition's files are; it changes once, when the partition is deleted and its folder renamed. */
export interface LogFolder {
  path: string;
}

/** 20 digits: `00000000000000000042.log`. */
export function fileName(baseOffset: number, suffix: string): string {
  return String(baseOffset).padStart(20, '0') + suffix;
}

/** The offset in a file's name; undefined if the name is not 20 digits and `suffix`. */
export function offsetOfFile(name: string, suffix: string): number | undefined {
  if (!name.endsWith(suffix) || name.length !== 20 + suffix.length) return undefined;
  const digits = name.slice(0, 20);
  return /^\d{20}$/.test(digits) ? Number(digits) : undefined;
}

/** `orders-0.d6195964c2ee483eb59817afce023af9-delete`; `id` is 32 hex digits. A topic too long for a folder name is cut. */
export function deletedFolderName(topic: string, partition: number, id: string): string {
  const suffix = `-${partition}.${id}${DELETE_FOLDER_SUFFIX}`;
  return topic.slice(0, MAX_NAME_LENGTH - suffix.length) + suffix;
}

/** The partition whose folder this is; undefined for other folders. */
export function partitionOfFolder(name: string): TopicPartition | undefined {
  const parsed = parseTopicPartition(name);
  return parsed !== undefined && topicPartitionKey(parsed.topic, parsed.partition) === name ? parsed : undefined;
}
