import type { MetadataCache } from '../../metadata/metadata-cache.js';
import type { MetadataImage, TopicImage } from '../../metadata/metadata-image.js';
import type { Time } from '../../platform/time.js';

interface Waiter {
  readonly topics: ReadonlySet<string>;
  readonly isDone: (image: MetadataImage) => boolean;
  readonly resolve: (done: boolean) => void;
}

/**
 * Admin requests that are answered when this broker's metadata shows what they changed, or when their time is up.
 * Source: kafka.server.DelayedCreatePartitions and DelayedDeleteTopics, 3.9
 */
export class MetadataWaiters {
  private readonly cache: MetadataCache;
  private readonly time: Time;
  private readonly waiting = new Set<Waiter>();

  constructor(cache: MetadataCache, time: Time) {
    this.cache = cache;
    this.time = time;
    cache.onChange((delta, image) => {
      for (const waiter of [...this.waiting]) {
        const touched = [...waiter.topics].some((topic) => delta.topics.has(topic) || delta.deletedTopics.has(topic));
        if (touched && waiter.isDone(image)) waiter.resolve(true);
      }
    });
  }

  /** Until each topic has leaders for all these partitions. Resolves with whether it came to that in time. */
  leaders(partitions: ReadonlyMap<string, readonly number[]>, timeoutMs: number): Promise<boolean> {
    const isDone = (image: MetadataImage): boolean =>
      [...partitions].every(([topic, indexes]) => hasLeaders(image.topics.get(topic), indexes));
    return this.wait(new Set(partitions.keys()), isDone, timeoutMs);
  }

  /** Until none of the topics is there any more. */
  absence(topics: ReadonlySet<string>, timeoutMs: number): Promise<boolean> {
    return this.wait(topics, (image) => [...topics].every((topic) => !image.topics.has(topic)), timeoutMs);
  }

  private wait(
    topics: ReadonlySet<string>,
    isDone: (image: MetadataImage) => boolean,
    timeoutMs: number,
  ): Promise<boolean> {
    if (isDone(this.cache.image)) return Promise.resolve(true);
    return new Promise((resolve) => {
      const cancel = this.time.schedule(timeoutMs, () => {
        waiter.resolve(false);
      });
      const waiter: Waiter = {
        topics,
        isDone,
        resolve: (done) => {
          this.waiting.delete(waiter);
          cancel();
          resolve(done);
        },
      };
      this.waiting.add(waiter);
    });
  }
}

export function hasLeaders(topic: TopicImage | undefined, partitions: readonly number[]): boolean {
  return partitions.every((index) => (topic?.partitions[index]?.leader ?? -1) >= 0);
}
