import type { ProducerConfig } from '../../client/producer.js';
import { type ToolOption, ToolOptions, UsageError } from './options.js';
import { given, keyValues, propertiesOf, PropertyReader, type Properties } from './properties.js';

const text = (is: string) => ({ type: 'String', is }) as const;
const integer = (is: string) => ({ type: 'Integer', is }) as const;
const long = (is: string) => ({ type: 'Long', is }) as const;

const LINE_READERS = [
  'kafka.tools.ConsoleProducer$LineMessageReader',
  'org.apache.kafka.tools.LineMessageReader',
] as const;

/** The options of kafka-console-producer. Source: kafka.tools.ConsoleProducer.ProducerConfig, 3.9 */
export const PRODUCER_OPTIONS: readonly ToolOption[] = [
  { name: 'topic', value: text('topic'), description: 'REQUIRED: where the records go.' },
  { name: 'bootstrap-server', value: text('server to connect to'), description: 'REQUIRED: brokers to ask first.' },
  { name: 'broker-list', value: text('broker-list'), description: 'An older name of --bootstrap-server.' },
  { name: 'sync', description: 'Wait for each record before the next is read.' },
  {
    name: 'compression-codec',
    value: { ...text('compression-codec'), optional: true },
    description: 'none, gzip, snappy, lz4 or zstd; gzip if no value is given.',
  },
  { name: 'batch-size', value: integer('size'), description: 'batch.size.', default: '16384' },
  {
    name: 'message-send-max-retries',
    value: integer('retries'),
    description: 'Taken and without effect: a record is tried again until delivery.timeout.ms is over.',
    default: '3',
  },
  { name: 'retry-backoff-ms', value: long('ms'), description: 'retry.backoff.ms.', default: '100' },
  {
    name: 'timeout',
    value: long('timeout_ms'),
    description: 'linger.ms: how long a record may wait for others to travel with.',
    default: '1000',
  },
  { name: 'request-required-acks', value: text('request required acks'), description: 'acks.', default: '-1' },
  {
    name: 'request-timeout-ms',
    value: integer('request timeout ms'),
    description: 'request.timeout.ms.',
    default: '1500',
  },
  {
    name: 'metadata-expiry-ms',
    value: long('metadata expiration interval'),
    description: 'metadata.max.age.ms.',
    default: '300000',
  },
  { name: 'max-block-ms', value: long('max block on send'), description: 'max.block.ms.', default: '60000' },
  {
    name: 'max-memory-bytes',
    value: long('total memory in bytes'),
    description: 'buffer.memory.',
    default: '33554432',
  },
  {
    name: 'max-partition-memory-bytes',
    value: integer('memory in bytes per partition'),
    description: 'Goes before --batch-size.',
    default: '16384',
  },
  {
    name: 'line-reader',
    value: text('reader_class'),
    description: 'Only the reader of lines is there.',
    default: LINE_READERS[0],
  },
  { name: 'socket-buffer-size', value: integer('size'), description: 'Taken and without effect.', default: '102400' },
  {
    name: 'property',
    value: text('prop'),
    description:
      'name=value for the reader of lines: parse.key, parse.headers, ignore.error, key.separator, headers.delimiter, headers.separator, headers.key.separator, null.marker.',
  },
  { name: 'reader-config', value: text('config file'), description: 'A file of such properties.' },
  { name: 'producer-property', value: text('producer_prop'), description: 'name=value for the producer.' },
  { name: 'producer.config', value: text('config file'), description: 'A file of such properties.' },
];

export interface ProducerCall {
  readonly bootstrapServers: string;
  readonly topic: string;
  readonly sync: boolean;
  readonly producer: ProducerConfig;
  readonly reader: Properties;
  /** What is not the producer's own: for the connection. */
  readonly properties: PropertyReader;
}

/** An option given goes before the property, the property before the option's default. */
const MERGED = {
  'retry-backoff-ms': 'retry.backoff.ms',
  timeout: 'linger.ms',
  'request-required-acks': 'acks',
  'request-timeout-ms': 'request.timeout.ms',
  'metadata-expiry-ms': 'metadata.max.age.ms',
  'max-block-ms': 'max.block.ms',
  'max-memory-bytes': 'buffer.memory',
  'batch-size': 'batch.size',
  'message-send-max-retries': 'retries',
  'socket-buffer-size': 'send.buffer.bytes',
} as const;

/** @throws UsageError */
export function producerCall(options: ToolOptions): ProducerCall {
  options.require('topic');
  const bootstrapServers = options.text('bootstrap-server') ?? options.text('broker-list');
  if (bootstrapServers === undefined) {
    throw new UsageError('Missing required option(s) [bootstrap-server]', true);
  }
  const reader = options.text('line-reader');
  if (!LINE_READERS.some((one) => one === reader)) throw new UsageError(`The reader ${reader ?? ''} is not supported`);
  const properties = mergedProperties(options);
  return {
    bootstrapServers,
    topic: options.text('topic') ?? '',
    sync: options.has('sync'),
    producer: producerConfig(properties, options),
    reader: new Map([...propertiesOf(options.text('reader-config')), ...keyValues(options.texts('property'))]),
    properties,
  };
}

/** Source: kafka.tools.ConsoleProducer.producerProps, 3.9 */
function mergedProperties(options: ToolOptions): PropertyReader {
  const properties = new Map([
    ...propertiesOf(options.text('producer.config')),
    ...keyValues(options.texts('producer-property')),
  ]);
  for (const [option, property] of Object.entries(MERGED)) {
    const value = options.has(option) || !properties.has(property) ? options.text(option) : undefined;
    if (value === undefined) continue;
    if (property !== 'acks') options.number(option); // says what is wrong in the option's words
    properties.set(property, value);
  }
  if (options.has('max-partition-memory-bytes')) {
    options.number('max-partition-memory-bytes');
    properties.set('batch.size', options.text('max-partition-memory-bytes') ?? '');
  }
  if (options.has('compression-codec')) {
    properties.set('compression.type', options.text('compression-codec') ?? 'gzip');
  }
  return new PropertyReader(properties);
}

function producerConfig(properties: PropertyReader, options: ToolOptions): ProducerConfig {
  const acks = properties.oneOf('acks', ['all', '-1', '0', '1']) ?? 'all';
  const isAll = acks === 'all' || acks === '-1';
  const wantsIdempotence = properties.flag('enable.idempotence');
  if (wantsIdempotence === true && !isAll) {
    throw new UsageError(
      'Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.',
    );
  }
  for (const ignored of ['retries', 'send.buffer.bytes']) properties.number(ignored);
  const lingerMs = properties.number('linger.ms') ?? 0;
  return {
    acks: isAll ? 'all' : acks === '1' ? 1 : 0,
    idempotent: isAll && wantsIdempotence !== false,
    // Differs: with --sync Kafka lets each record wait out the whole linger, though no other can come to travel with it
    lingerMs: options.has('sync') && !options.has('timeout') ? 0 : lingerMs,
    ...given<ProducerConfig>({
      batchBytes: properties.number('batch.size'),
      deliveryTimeoutMs: properties.number('delivery.timeout.ms'),
      requestTimeoutMs: properties.number('request.timeout.ms'),
      compression: properties.oneOf('compression.type', ['none', 'gzip', 'snappy', 'lz4', 'zstd']),
      bufferBytes: properties.number('buffer.memory'),
    }),
  };
}
