/**
 * The topics in a consumer's subscription, which begins: version int16, topics as int32 count and int16-length strings.
 * Later versions only append to it.
 * @returns undefined if the bytes are no such subscription (members may use protocols of their own)
 * Source: org.apache.kafka.clients.consumer.internals.ConsumerProtocol, 3.9
 */
export function subscribedTopicsOf(metadata: Buffer): string[] | undefined {
  if (metadata.length < 6) return undefined;
  const count = metadata.readInt32BE(2);
  if (count < 0 || count * 2 > metadata.length - 6) return undefined;
  const topics: string[] = [];
  let at = 6;
  for (let i = 0; i < count; i++) {
    if (at + 2 > metadata.length) return undefined;
    const size = metadata.readInt16BE(at);
    at += 2;
    if (size < 0 || at + size > metadata.length) return undefined;
    topics.push(metadata.toString('utf8', at, at + size));
    at += size;
  }
  return topics;
}
