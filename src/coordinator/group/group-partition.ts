/** java.lang.String.hashCode: over UTF-16 units, wrapping at 32 bits. */
export function javaHashCode(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}

/**
 * The partition of `__consumer_offsets` whose leader coordinates the group.
 * Source: org.apache.kafka.common.utils.Utils.abs (Integer.MIN_VALUE becomes 0), GroupMetadataManager.partitionFor, 3.9
 */
export function partitionForGroup(groupId: string, partitionCount: number): number {
  const hash = javaHashCode(groupId);
  return (hash === -2147483648 ? 0 : Math.abs(hash)) % partitionCount;
}
