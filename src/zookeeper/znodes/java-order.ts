/**
 * Kafka writes its znodes from hash maps, so the order of JSON keys is the iteration order of those maps. Tools do not care,
 * but znodes equal to Kafka's to the byte can be compared by eye and by test, so the orders are reproduced here.
 */

/** Source: java.lang.String.hashCode */
export function javaHash(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}

interface Entry {
  readonly key: string;
  readonly hash: number;
}

/**
 * Keys in the order in which java.util.Properties lists them when they were set in the given order: a ConcurrentHashMap of
 * 16 bins that doubles when it holds three quarters; a bin keeps insertion order, and doubling partly reverses it.
 * Source: java.util.concurrent.ConcurrentHashMap.putVal and transfer, 17
 */
export function propertiesOrder(keys: Iterable<string>): string[] {
  let bins: Entry[][] = emptyBins(16);
  let count = 0;
  for (const key of new Set(keys)) {
    const plain = javaHash(key);
    const hash = (plain ^ (plain >>> 16)) & 0x7fffffff;
    bins[hash & (bins.length - 1)]?.push({ key, hash });
    count++;
    while (count >= bins.length * 0.75) bins = doubled(bins);
  }
  return bins.flatMap((bin) => bin.map((entry) => entry.key));
}

function emptyBins(size: number): Entry[][] {
  return Array.from({ length: size }, () => []);
}

/** The tail of a bin that moves as one keeps its order; what stands before it is put in front, one by one. */
function doubled(bins: readonly Entry[][]): Entry[][] {
  const size = bins.length;
  const result = emptyBins(size * 2);
  bins.forEach((bin, index) => {
    let lastRun = bin.length - 1;
    while (lastRun > 0 && ((bin[lastRun - 1]?.hash ?? 0) & size) === ((bin[lastRun]?.hash ?? 0) & size)) lastRun--;
    const target = (entry: Entry): Entry[] | undefined => result[(entry.hash & size) === 0 ? index : index + size];
    for (const entry of bin.slice(Math.max(lastRun, 0))) target(entry)?.push(entry);
    for (const entry of bin.slice(0, Math.max(lastRun, 0))) target(entry)?.unshift(entry);
  });
  return result;
}

/**
 * Keys in the order in which a Scala 2.13 mutable.HashMap lists them: by bin, in a bin by hash, equal hashes as inserted.
 * The table doubles before the entry that would fill three quarters. `bins` to begin with: 16 for a map that starts empty.
 * Source: scala.collection.mutable.HashMap, 2.13
 */
export function scalaHashMapOrder(keys: Iterable<string>, bins = 16): string[] {
  const entries: Entry[] = [];
  let size = bins;
  for (const key of new Set(keys)) {
    const plain = javaHash(key);
    entries.push({ key, hash: plain ^ (plain >>> 16) });
    if (entries.length >= size * 0.75) size *= 2;
  }
  const bin = (entry: Entry): number => entry.hash & (size - 1);
  return entries.sort((a, b) => bin(a) - bin(b) || a.hash - b.hash).map((entry) => entry.key);
}
