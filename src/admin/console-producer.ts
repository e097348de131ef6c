import { type ProducerRecord } from '../client/producer-batch.js';
import { Producer } from '../client/producer.js';
import type { Logger } from '../platform/logger.js';
import { connect, toolLogger, toolPlatform } from './tools/connection.js';
import { lineParser } from './tools/line-reader.js';
import { PRODUCER_OPTIONS, producerCall } from './tools/producer-options.js';
import { runTool, type ToolCall } from './tools/run-tool.js';
import { processTerminal, type Terminal } from './tools/terminal.js';

const INTRODUCTION = 'This tool helps to read data from standard input and publish it to Kafka.';
/** Lines read and not yet acknowledged: beyond it reading waits. */
const MAX_UNACKNOWLEDGED = 10_000;

/**
 * kafka-console-producer: each line of standard input is a record. A record that fails is reported and does not change the
 * exit code, unless with --sync, as with Kafka's. @returns the exit code
 * Source: kafka.tools.ConsoleProducer, 3.9
 */
export function main(args: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  return runTool({ table: PRODUCER_OPTIONS, introduction: INTRODUCTION, args, terminal }, execute);
}

async function execute({ options, terminal }: ToolCall): Promise<number> {
  const call = producerCall(options);
  const parse = lineParser(call.topic, call.reader);
  const logger = toolLogger(terminal, 'org.apache.kafka.clients.producer.KafkaProducer');
  const platform = toolPlatform(logger);
  const cluster = connect(call.bootstrapServers, 'console-producer', call.properties, platform, 'max.block.ms');
  const sending = new Sending(new Producer(cluster, call.producer), logger);
  const interrupted = terminal.interrupted().then(() => 'interrupted' as const);
  const lines = terminal.lines()[Symbol.asyncIterator]();
  try {
    for (;;) {
      if (terminal.isInteractive) terminal.prompt('>');
      const next = await Promise.race([lines.next(), interrupted]);
      if (next === 'interrupted') return 130;
      if (next.done === true) return 0;
      const record = parse(next.value);
      if (call.sync) await sending.sendAndWait(record);
      else await sending.send(record);
    }
  } finally {
    await sending.close(); // what was read before an error is sent
    cluster.close();
    await lines.return?.();
  }
}

/** Sends without waiting, up to a bound; failures become lines of the log. */
class Sending {
  private readonly producer: Producer;
  private readonly logger: Logger;
  private unacknowledged = 0;
  private wake: (() => void) | undefined;

  constructor(producer: Producer, logger: Logger) {
    this.producer = producer;
    this.logger = logger;
  }

  /** Resolves when the next record may be sent. */
  async send(record: ProducerRecord): Promise<void> {
    this.unacknowledged++;
    void this.report(record);
    if (this.unacknowledged >= MAX_UNACKNOWLEDGED) await new Promise<void>((resolve) => (this.wake = resolve));
  }

  /** @throws KafkaError if the record could not be written */
  async sendAndWait(record: ProducerRecord): Promise<void> {
    await this.producer.send(record);
  }

  async close(): Promise<void> {
    await this.producer.close();
  }

  private async report(record: ProducerRecord): Promise<void> {
    try {
      await this.producer.send(record);
    } catch (error) {
      const sizeOf = (bytes: Buffer | null | undefined): string => (bytes == null ? 'null' : `${bytes.length} bytes`);
      const { topic, key, value } = record;
      this.logger.error(
        `Error when sending message to topic ${topic} with key: ${sizeOf(key)}, value: ${sizeOf(value)} with error`,
        error,
      );
    } finally {
      this.unacknowledged--;
      this.wake?.();
      this.wake = undefined;
    }
  }
}
