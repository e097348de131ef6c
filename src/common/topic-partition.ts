/** One partition of one topic, by name. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** `orders-0`: Kafka's spelling, also the name of the partition's log folder, used here as the key of maps. */
export function topicPartitionKey(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}

/** Inverse of {@link topicPartitionKey}; topics may hold dashes themselves. */
export function parseTopicPartition(key: string): TopicPartition | undefined {
  const dash = key.lastIndexOf('-');
  const digits = key.slice(dash + 1);
  if (dash <= 0 || !/^\d{1,10}$/.test(digits)) return undefined;
  return { topic: key.slice(0, dash), partition: Number(digits) };
}
