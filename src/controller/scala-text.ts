/**
 * `HashMap(0 -> ArrayBuffer(1, 1))`: an assignment as Kafka prints it in an error message. Small whole numbers are their own
 * hash, so they stand in their order.
 * Source: toString of scala.collection.mutable.HashMap and ArrayBuffer, 2.13
 */
export function scalaHashMapText(assignment: ReadonlyMap<number, readonly number[]>): string {
  const entries = [...assignment].sort(([a], [b]) => a - b);
  return `HashMap(${entries.map(([key, list]) => `${key} -> ArrayBuffer(${list.join(', ')})`).join(', ')})`;
}
