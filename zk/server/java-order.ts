/*
 * A session's ephemerals go in the order in which java.util.HashSet lists them, and clients see that as the order of
 * events. Differs: children are answered in the order of their creation, not in hash order; no order of them is promised.
 */

/** The order of a HashSet with a table of `capacity` buckets that got the strings in this order. */
export function hashSetOrder(strings: Iterable<string>, capacity: number): string[] {
  return [...strings]
    .map((text) => ({ text, bucket: spreadHash(text) & (capacity - 1) }))
    .sort((a, b) => a.bucket - b.bucket)
    .map(({ text }) => text);
}

/** The order of `new HashSet()` that has grown to hold the strings. */
export function grownHashSetOrder(strings: ReadonlySet<string>): string[] {
  return hashSetOrder(strings, grownCapacity(16, strings.size));
}

/**
 * The order of a clone of such a set, from which `removed` are then removed and to which `added` are added.
 * Source: java.util.HashMap.clone, putMapEntries (OpenJDK 17)
 */
export function changedCloneOrder(
  strings: ReadonlySet<string>,
  removed: ReadonlySet<string>,
  added: ReadonlySet<string>,
): string[] {
  const capacity = strings.size === 0 ? 16 : powerOfTwo(Math.floor(strings.size / 0.75 + 1));
  const clone = hashSetOrder(grownHashSetOrder(strings), capacity);
  const changed = new Set(clone.filter((text) => !removed.has(text)));
  for (const text of added) changed.add(text);
  return hashSetOrder(changed, grownCapacity(capacity, changed.size));
}

/** A table doubles when it is more than three quarters full. */
function grownCapacity(initial: number, size: number): number {
  let capacity = initial;
  while (size > capacity * 0.75) capacity *= 2;
  return capacity;
}

function powerOfTwo(atLeast: number): number {
  let power = 1;
  while (power < atLeast) power *= 2;
  return power;
}

/** String.hashCode, its upper half folded into the lower one as HashMap does. */
function spreadHash(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash ^ (hash >>> 16);
}
