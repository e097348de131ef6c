import type { Random } from '../platform/random.js';
import type { ClientTopic } from './client-metadata.js';

/**
 * Java's hash of record keys: the same key goes to the same partition whichever client sends it.
 * Source: org.apache.kafka.common.utils.Utils.murmur2, 3.9
 */
export function murmur2(bytes: Uint8Array): number {
  const multiplier = 0x5bd1e995;
  const { length } = bytes;
  let hash = 0x9747b28c ^ length;
  const whole = length & ~3;
  for (let at = 0; at < whole; at += 4) {
    let word =
      (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
    word = Math.imul(word, multiplier);
    word = Math.imul(word ^ (word >>> 24), multiplier);
    hash = Math.imul(hash, multiplier) ^ word;
  }
  const left = length - whole;
  if (left > 2) hash ^= (bytes[whole + 2] ?? 0) << 16;
  if (left > 1) hash ^= (bytes[whole + 1] ?? 0) << 8;
  if (left > 0) hash = Math.imul(hash ^ (bytes[whole] ?? 0), multiplier);
  hash = Math.imul(hash ^ (hash >>> 13), multiplier);
  return hash ^ (hash >>> 15);
}

/** Source: org.apache.kafka.clients.producer.internals.BuiltInPartitioner.partitionForKey, 3.9 */
export function partitionForKey(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount;
}

/**
 * Chooses for records without a key: a partition that has a leader, until about a batch went there, then another
 * (KIP-794). Differs: Java also weighs by queue length.
 */
export class StickyPartitioner {
  private readonly random: Random;
  private readonly stickyBytes: number;
  private readonly current = new Map<string, { partition: number; bytes: number }>();

  constructor(random: Random, stickyBytes: number) {
    this.random = random;
    this.stickyBytes = stickyBytes;
  }

  /** @param sizeInBytes of the record that will go there */
  choose(topic: ClientTopic, sizeInBytes: number): number {
    const sticky = this.current.get(topic.name);
    if (sticky !== undefined && sticky.bytes < this.stickyBytes && hasLeader(topic, sticky.partition)) {
      sticky.bytes += sizeInBytes;
      return sticky.partition;
    }
    const partition = this.another(topic, sticky?.partition);
    this.current.set(topic.name, { partition, bytes: sizeInBytes });
    return partition;
  }

  private another(topic: ClientTopic, last: number | undefined): number {
    const led = topic.partitions.filter(({ leaderId }) => leaderId >= 0).map(({ partition }) => partition);
    const candidates = led.length > 0 ? led : topic.partitions.map(({ partition }) => partition);
    const others = candidates.length > 1 ? candidates.filter((partition) => partition !== last) : candidates;
    return others[this.random.int(others.length)] ?? 0;
  }
}

function hasLeader(topic: ClientTopic, partition: number): boolean {
  return (topic.partitions[partition]?.leaderId ?? -1) >= 0;
}
