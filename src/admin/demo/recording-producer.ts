import { type Kafka, type Message, Partitioners, type Producer } from 'kafkajs';
import type { Ledger } from './ledger.js';

const BATCH_LINES = 500;

/** Sends lines through kafkajs and writes down what was acknowledged where. */
export class RecordingProducer {
  private readonly producer: Producer;
  private readonly topic: string;
  private readonly ledger: Ledger;
  /** Filled by the partitioner while one batch is being sent, however often. */
  private chosen = new Map<Message, number>();

  constructor(kafka: Kafka, topic: string, ledger: Ledger) {
    this.topic = topic;
    this.ledger = ledger;
    this.producer = kafka.producer({
      idempotent: true,
      allowAutoTopicCreation: false, // see GroupReader
      createPartitioner: () => {
        const choose = Partitioners.DefaultPartitioner();
        return (args) => {
          const partition = this.chosen.get(args.message) ?? choose(args);
          this.chosen.set(args.message, partition);
          return partition;
        };
      },
    });
  }

  connect(): Promise<void> {
    return this.producer.connect();
  }

  disconnect(): Promise<void> {
    return this.producer.disconnect();
  }

  /** Takes `count` lines; every other one has a key, each has two headers. Resolves when all are acknowledged. */
  async send(lines: AsyncIterator<string>, count: number): Promise<void> {
    for (let sent = 0; sent < count;) {
      const messages: Message[] = [];
      while (messages.length < BATCH_LINES && sent < count) {
        const line = await lines.next();
        if (line.done === true) throw new Error('the text is shorter than expected');
        const key = sent % 2 === 0 ? line.value.slice(3, 7) : null;
        messages.push({ key, value: line.value, headers: { source: 'text.txt', line: String(sent) } });
        sent++;
      }
      await this.sendBatch(messages);
    }
  }

  /**
   * A batch may come back with some partitions acknowledged and others neither refused nor acknowledged (kafkajs forgets
   * those whose leader moved in between to a broker that had answered already): they are sent again, to the partitions
   * chosen before, so that a broker which has them already knows the batch by its sequence numbers.
   */
  private async sendBatch(batch: Message[]): Promise<void> {
    this.chosen = new Map();
    for (let messages = batch; messages.length > 0;) {
      const acknowledged = await this.producer.send({ topic: this.topic, acks: -1, messages });
      const rest = new Set(messages);
      for (const { partition, baseOffset } of acknowledged) {
        const own = messages.filter((message) => this.chosen.get(message) === partition);
        for (const message of own) rest.delete(message);
        this.ledger.acknowledge(
          partition,
          Number(baseOffset),
          own.map(({ value }) => String(value)),
        );
      }
      messages = [...rest];
    }
  }
}
