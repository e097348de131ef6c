import type { Consumer, Kafka } from 'kafkajs';
import type { Ledger } from './ledger.js';

/** Members of one consumer group in this process, reading into the ledger until they are stopped. */
export class GroupReader {
  private readonly kafka: Kafka;
  private readonly topic: string;
  private readonly group: string;
  private readonly ledger: Ledger;
  private readonly members: Consumer[] = [];
  private waiting: { condition: () => boolean; resolve: () => void; reject: (error: Error) => void }[] = [];
  private crashed: Error | undefined;

  constructor(kafka: Kafka, topic: string, group: string, ledger: Ledger) {
    this.kafka = kafka;
    this.topic = topic;
    this.group = group;
    this.ledger = ledger;
  }

  async start(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const member = this.kafka.consumer({
        groupId: this.group,
        // a broker that has just started knows no topic yet: asked to create one, it answers with an error that ends kafkajs
        allowAutoTopicCreation: false,
        sessionTimeout: 10_000,
        heartbeatInterval: 500,
        maxWaitTimeInMs: 200,
      });
      member.on('consumer.crash', ({ payload }) => {
        if (!payload.restart) this.fail(payload.error);
      });
      await member.connect();
      await member.subscribe({ topic: this.topic, fromBeginning: true });
      this.members.push(member);
    }
    await Promise.all(this.members.map((member) => this.run(member)));
  }

  /** Resolves when the condition holds; it is looked at after every batch. */
  until(condition: () => boolean): Promise<void> {
    if (this.crashed !== undefined) return Promise.reject(this.crashed);
    if (condition()) return Promise.resolve();
    return new Promise((resolve, reject) => this.waiting.push({ condition, resolve, reject }));
  }

  /** All members commit what they read and leave. */
  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.stop()));
    await Promise.all(this.members.map((member) => member.disconnect()));
  }

  private run(member: Consumer): Promise<void> {
    return member.run({
      eachBatchAutoResolve: true,
      eachBatch: ({ batch }) => {
        for (const { offset, key, value, headers } of batch.messages) {
          this.ledger.see({
            partition: batch.partition,
            offset: Number(offset),
            key: key?.toString() ?? null,
            value: value?.toString() ?? '',
            headers: Object.keys(headers ?? {}).length,
          });
        }
        const done = this.waiting.filter(({ condition }) => condition());
        this.waiting = this.waiting.filter((one) => !done.includes(one));
        for (const { resolve } of done) resolve();
        return Promise.resolve();
      },
    });
  }

  private fail(error: Error): void {
    this.crashed = error;
    for (const { reject } of this.waiting) reject(error);
    this.waiting = [];
  }
}
