export const OFFSETS_TOPIC = '__consumer_offsets';
export const TRANSACTIONS_TOPIC = '__transaction_state';

/** Source: org.apache.kafka.common.internals.Topic.isInternal, 3.9 */
export function isInternalTopic(topic: string): boolean {
  return topic === OFFSETS_TOPIC || topic === TRANSACTIONS_TOPIC;
}
