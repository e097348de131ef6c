import { javaHash } from '../../zookeeper/znodes/java-order.js';

const FIRST_BINS = 16;

/**
 * Keys in the order in which a java.util.HashMap lists them, filled one by one: by bin, in a bin as inserted. Kafka's tools
 * print settings from such a map, and whoever compares outputs sees the same line.
 */
export function hashMapOrder(keys: readonly string[]): string[] {
  let bins = FIRST_BINS;
  while (keys.length > bins * 0.75) bins *= 2;
  const bin = (key: string): number => {
    const hash = javaHash(key);
    return (hash ^ (hash >>> 16)) & (bins - 1);
  };
  return [...keys].sort((a, b) => bin(a) - bin(b));
}
