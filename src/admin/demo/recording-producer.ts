import { type Kafka, type Message, Partitioners, type Producer } from 'kafkajs';
import type { Ledger } from './ledger.js';

const BATCH_LINES = 500;

/** Sends lines through kafkajs and writes down what was acknowledged where. */
export class RecordingProducer {
  private readonly producer: Producer;
  private readonly topic: string;
  private readonly ledger: Ledger;
  /** Filled by the partitioner while one batch is being sent. */
  private chosen = new Map<Message, number>();

  constructor(kafka: Kafka, topic: string, ledger: Ledger) {
    this.topic = topic;
    this.ledger = ledger;
    this.producer = kafka.producer({
      idempotent: true,
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

  private async sendBatch(messages: Message[]): Promise<void> {
    this.chosen = new Map();
    const acknowledged = await this.producer.send({ topic: this.topic, acks: -1, messages });
    for (const { partition, baseOffset } of acknowledged) {
      const values = messages
        .filter((message) => this.chosen.get(message) === partition)
        .map(({ value }) => String(value));
      this.ledger.acknowledge(partition, Number(baseOffset), values);
    }
  }
}
