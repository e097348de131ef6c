/** Fields whose value belongs to one run: ids, addresses, times, positions in logs that other cases filled. */
const OF_ONE_RUN = new Set([
  ...['clusterId', 'controllerId', 'nodeId', 'leaderId', 'host', 'port', 'topicId', 'memberId', 'leader'],
  ...['baseOffset', 'offset', 'highWatermark', 'lastStableOffset', 'logAppendTimeMs', 'timestamp', 'producerId'],
  ...['leaderEpoch', 'records', 'sessionId'],
]);

/** What two runs should agree on: a value of one run becomes `set` if it is there at all. */
export function comparable(value: unknown, name = ''): unknown {
  if (OF_ONE_RUN.has(name)) return isSet(value) ? 'set' : value;
  if (Buffer.isBuffer(value)) return value.toString('hex');
  if (Array.isArray(value)) return inOrder(value.filter(isOfTopicOrKafka)).map((item) => comparable(item));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, comparable(field, key)]));
  }
  return typeof value === 'string' ? value.replace(/within \[\d+, \d+\]/, 'within [a, b]') : value;
}

/** retention.ms: the capture had a default of its own for all topics. */
function isOfTopicOrKafka(item: unknown): boolean {
  const { name, configSource } = (item ?? {}) as Record<string, unknown>;
  return name !== 'retention.ms' || (configSource !== 3 && configSource !== 4);
}

function isSet(value: unknown): boolean {
  if (typeof value === 'number' || typeof value === 'bigint') return value >= 0;
  if (Buffer.isBuffer(value)) return value.length > 0;
  return typeof value === 'string' && value !== '' && !/^A{22}$/.test(value);
}

/** Settings and brokers come in the order of a hash table: by name or id. */
function inOrder(items: readonly unknown[]): readonly unknown[] {
  const keyOf = (item: unknown): string | undefined => {
    const { name, configSource, nodeId, host } = (item ?? {}) as Record<string, unknown>;
    if (configSource !== undefined) return String(name);
    return host === undefined ? undefined : String(nodeId);
  };
  if (items.some((item) => keyOf(item) === undefined)) return items;
  return [...items].sort((a, b) => (keyOf(a)! < keyOf(b)! ? -1 : 1));
}
