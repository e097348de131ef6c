import { produce, writableLeader } from './support/load.js';
import { inTurns, type Measurement } from './support/rounds.js';
import type { Subject } from './support/subject.js';
import { createTopic, leaderOf } from './support/topics.js';
import { Wire } from './support/wire.js';

/**
 * How long a producer waits that sends one record of 100 bytes at a time, µs.
 * `npm run bench latency [--against kafka] [--rounds N]`
 */
const RECORDS = 5000;
const WARM_UP = 5000;

async function send(subject: Subject, topic: string, acks: number, records: number) {
  const leader = await leaderOf(subject.bootstrap, topic, 0);
  const wire = await Wire.to(leader.host, leader.port);
  const load = { topic, partition: 0, batchBytes: 190, recordBytes: 100, inFlight: 1, acks };
  const { p50Us, p99Us } = await produce(wire, { ...load, totalBytes: records * 170 });
  wire.close();
  return { p50Us, p99Us };
}

const measurementOf = (replicas: number, acks: number): Measurement => {
  const topic = `latency-${replicas}`;
  return {
    name: replicas === 1 ? 'RF 1, acks=1' : 'RF 3, acks=all',
    prepare: async (subject) => {
      await createTopic(subject.bootstrap, topic, 1, replicas);
      await writableLeader(subject.bootstrap, topic, acks, replicas);
      await send(subject, topic, acks, WARM_UP);
    },
    measure: (subject) => send(subject, topic, acks, RECORDS),
  };
};

await inTurns('latency', 3, [measurementOf(1, 1), measurementOf(3, -1)]);
