import type { ClusterClient } from '../client/cluster-client.js';
import { Consumer, EARLIEST, LATEST } from '../client/consumer.js';
import type { ConsumedRecord } from '../client/fetcher.js';
import { KafkaError } from '../common/errors.js';
import type { Logger } from '../platform/logger.js';
import { type Cancel, delay } from '../platform/time.js';
import { connect, toolLogger, toolPlatform } from './tools/connection.js';
import { CONSUMER_OPTIONS, type ConsumerCall, consumerCall } from './tools/consumer-options.js';
import { recordFormatter } from './tools/record-formatter.js';
import { runTool, type ToolCall } from './tools/run-tool.js';
import { processTerminal, type Terminal } from './tools/terminal.js';
import { topicFilter } from './tools/topic-filter.js';

const INTRODUCTION = 'This tool helps to read data from Kafka topics and outputs it to standard output.';
/** How long one poll waits; an end that is due is noticed between polls. */
const POLL_MS = 200;
/** The exit code after Ctrl-C, as a shell counts it. */
const INTERRUPTED = 130;
/** Between two looks for topics that match --include. */
const LOOK_AGAIN_MS = 1000;

/**
 * kafka-console-consumer. @returns the exit code
 * Source: org.apache.kafka.tools.consumer.ConsoleConsumer, 3.9.
 * Differs: with --include, topics made later are not read.
 */
export function main(args: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  return runTool({ table: CONSUMER_OPTIONS, introduction: INTRODUCTION, args, terminal }, execute);
}

async function execute({ options, terminal }: ToolCall): Promise<number> {
  const call = consumerCall(options);
  const format = recordFormatter(call.formatter);
  const logger = toolLogger(terminal, 'org.apache.kafka.tools.consumer.ConsoleConsumer');
  const platform = toolPlatform(logger);
  const cluster = connect(call.bootstrapServers, 'console-consumer', call.properties, platform);
  const groupId = call.groupId ?? `console-consumer-${platform.random.int(100_000)}`;
  const consumer = new Consumer(cluster, { ...call.consumer, ...('partition' in call.from ? {} : { groupId }) });
  const reading = new Reading(consumer, cluster, call, terminal);
  let code = 0;
  try {
    code = await reading.run((record) => terminal.write(format(record)));
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    logger.error('Error processing message, terminating consumer process', error);
  } finally {
    await close(consumer, logger);
    cluster.close();
    terminal.err(`Processed a total of ${reading.count} messages`);
    if (call.saysShutdown) terminal.out('shutdown_complete');
  }
  return code;
}

async function close(consumer: Consumer, logger: Logger): Promise<void> {
  try {
    await consumer.close();
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    logger.warn('Offsets could not be committed', error);
  }
}

/** One run of the tool: records as they come, until a limit is reached or somebody ends it. */
class Reading {
  private readonly consumer: Consumer;
  private readonly cluster: ClusterClient;
  private readonly call: ConsumerCall;
  private readonly terminal: Terminal;
  /** Records handed out. */
  count = 0;
  /** The last record's time, on the monotonic clock; at first the start. */
  private lastMs: number;

  constructor(consumer: Consumer, cluster: ClusterClient, call: ConsumerCall, terminal: Terminal) {
    this.consumer = consumer;
    this.cluster = cluster;
    this.call = call;
    this.terminal = terminal;
    this.lastMs = cluster.platform.time.nowMs();
  }

  /**
   * @param print resolves to false when nobody reads the output any more
   * @returns the exit code
   * @throws KafkaError REQUEST_TIMED_OUT when no record came within --timeout-ms
   */
  async run(print: (record: ConsumedRecord) => Promise<boolean>): Promise<number> {
    const { maxMessages = Infinity } = this.call;
    const interrupted = this.terminal.interrupted().then((): typeof INTERRUPTED => INTERRUPTED);
    if ((await this.inTime(this.begin(), interrupted)) === INTERRUPTED) return INTERRUPTED;
    while (this.count < maxMessages) {
      const records = await this.inTime(this.consumer.poll(POLL_MS), interrupted);
      if (records === INTERRUPTED) return INTERRUPTED;
      if (records.length > 0) this.lastMs = this.cluster.platform.time.nowMs();
      for (const [at, record] of records.entries()) {
        if (this.count === maxMessages) {
          this.putBack(records.slice(at));
          return 0;
        }
        this.count++;
        if (!(await print(record))) {
          this.terminal.err('Unable to write to standard out, closing consumer.');
          this.putBack(records.slice(at + 1));
          return 0;
        }
      }
    }
    return 0;
  }

  /** The outcome of `work`, unless Ctrl-C or the end of --timeout-ms comes first. */
  private async inTime<T>(work: Promise<T>, interrupted: Promise<typeof INTERRUPTED>): Promise<T | typeof INTERRUPTED> {
    const { timeoutMs } = this.call;
    if (timeoutMs === undefined) return Promise.race([work, interrupted]);
    const { time } = this.cluster.platform;
    let cancel: Cancel | undefined;
    const idle = new Promise<never>((_, reject) => {
      const leftMs = Math.max(0, this.lastMs + timeoutMs - time.nowMs());
      const error = new KafkaError('REQUEST_TIMED_OUT', 'org.apache.kafka.common.errors.TimeoutException');
      cancel = time.schedule(leftMs, () => reject(error));
    });
    try {
      return await Promise.race([work, interrupted, idle]);
    } finally {
      cancel?.();
    }
  }

  /** Chooses what is read. */
  private async begin(): Promise<void> {
    const { from } = this.call;
    if ('include' in from) this.consumer.subscribe(await this.topicsMatching(from.include));
    else if ('partition' in from) {
      const { offset, ...partition } = from;
      const end = offset === 'earliest' ? EARLIEST : LATEST;
      const start = typeof offset === 'number' ? offset : await this.consumer.offsetFor(partition, end);
      this.consumer.seek(partition.topic, partition.partition, start);
      await this.consumer.assign([partition]);
    } else this.consumer.subscribe([from.topic]);
  }

  /** Waits until there is one. */
  private async topicsMatching(pattern: string): Promise<string[]> {
    const isMeant = topicFilter(pattern);
    for (;;) {
      const { topics } = await this.cluster.retrying(this.cluster.deadlineMs(), () => this.cluster.allTopics());
      const found = [...topics.values()].filter(({ name, isInternal }) => !isInternal && isMeant(name));
      if (found.length > 0) return found.map(({ name }) => name);
      await delay(this.cluster.platform.time, LOOK_AGAIN_MS);
    }
  }

  /** What was polled and not printed is not committed. */
  private putBack(records: readonly ConsumedRecord[]): void {
    const seen = new Set<string>();
    for (const { topic, partition, offset } of records) {
      const key = `${topic}-${partition}`;
      if (!seen.has(key)) this.consumer.seek(topic, partition, offset);
      seen.add(key);
    }
  }
}
