import type { ConsumedRecord } from '../../client/fetcher.js';
import { UsageError } from './options.js';
import type { Properties } from './properties.js';

export type RecordFormatter = (record: ConsumedRecord) => Buffer;

const STRING_DESERIALIZER = 'org.apache.kafka.common.serialization.StringDeserializer';
const DESERIALIZERS = new Set([STRING_DESERIALIZER, 'org.apache.kafka.common.serialization.ByteArrayDeserializer']);

/**
 * One record as kafka-console-consumer prints it: timestamp, partition, offset, headers, key, value, whichever are asked for.
 * @throws UsageError for a deserializer other than Kafka's two for plain bytes and text
 * Source: org.apache.kafka.tools.consumer.DefaultMessageFormatter, 3.9
 */
export function recordFormatter(properties: Properties): RecordFormatter {
  for (const name of ['key.deserializer', 'value.deserializer', 'headers.deserializer']) {
    const deserializer = properties.get(name);
    if (deserializer !== undefined && !DESERIALIZERS.has(deserializer)) {
      throw new UsageError(`The deserializer ${deserializer} is not supported`);
    }
  }
  const flag = (name: string, fallback: boolean): boolean => {
    const text = properties.get(name);
    return text === undefined ? fallback : /^\s*true\s*$/i.test(text);
  };
  const separator = (name: string, fallback: string): Buffer => Buffer.from(properties.get(name) ?? fallback, 'utf8');
  const printsTimestamp = flag('print.timestamp', false);
  const printsPartition = flag('print.partition', false);
  const printsOffset = flag('print.offset', false);
  const printsHeaders = flag('print.headers', false);
  const printsKey = flag('print.key', false);
  const printsValue = flag('print.value', true);
  const column = separator('key.separator', '\t');
  const line = separator('line.separator', '\n');
  const betweenHeaders = separator('headers.separator', ',');
  const nullLiteral = separator('null.literal', 'null');

  return (record) => {
    const columns: Buffer[][] = [];
    if (printsTimestamp) columns.push([Buffer.from(`${record.timestampType}:${record.timestamp}`)]);
    if (printsPartition) columns.push([Buffer.from(`Partition:${record.partition}`)]);
    if (printsOffset) columns.push([Buffer.from(`Offset:${record.offset}`)]);
    if (printsHeaders) columns.push(headersOf(record));
    if (printsKey) columns.push([record.key ?? nullLiteral]);
    if (printsValue) columns.push([record.value ?? nullLiteral]);
    if (columns.length === 0) return Buffer.alloc(0);
    return Buffer.concat([...columns.flatMap((one, i) => (i === 0 ? one : [column, ...one])), line]);
  };

  function headersOf({ headers }: ConsumedRecord): Buffer[] {
    if (headers.length === 0) return [Buffer.from('NO_HEADERS')];
    return headers.flatMap(({ key, value }, i) => [
      ...(i === 0 ? [] : [betweenHeaders]),
      Buffer.from(`${key}:`, 'utf8'),
      value ?? nullLiteral,
    ]);
  }
}
