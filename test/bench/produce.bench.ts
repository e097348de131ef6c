import { produce, writableLeader, type ProduceLoad } from './support/load.js';
import { cpuSeconds, peakResidentMb } from './support/process-stats.js';
import { inTurns, rounded, type Figures, type Measurement } from './support/rounds.js';
import type { Subject } from './support/subject.js';
import { createTopic, deleteTopic } from './support/topics.js';
import { Wire } from './support/wire.js';

/**
 * What producing costs: processor time of all brokers for a gigabyte of record batches, one connection, five requests in
 * flight, one partition. `npm run bench produce [--against kafka] [--rounds N] [--only NAME]`
 */
interface Shape {
  readonly name: string;
  readonly batchBytes: number;
  readonly totalBytes: number;
  readonly acks: number;
  readonly replicas: number;
}

const shapes: readonly Shape[] = [
  { name: '1 KB, RF 1, acks=1', batchBytes: 1024, totalBytes: 200e6, acks: 1, replicas: 1 },
  { name: '16 KB, RF 1, acks=1', batchBytes: 16384, totalBytes: 1e9, acks: 1, replicas: 1 },
  { name: '64 KB, RF 1, acks=1', batchBytes: 65536, totalBytes: 2e9, acks: 1, replicas: 1 },
  { name: '16 KB, RF 3, acks=all', batchBytes: 16384, totalBytes: 5e8, acks: -1, replicas: 3 },
  { name: '64 KB, RF 3, acks=all', batchBytes: 65536, totalBytes: 1e9, acks: -1, replicas: 3 },
];

async function load(subject: Subject, shape: Shape, topic: string, totalBytes: number): Promise<Figures> {
  await createTopic(subject.bootstrap, topic, 1, shape.replicas);
  const leader = await writableLeader(subject.bootstrap, topic, shape.acks, shape.replicas);
  const wire = await Wire.to(leader.host, leader.port);
  const what: ProduceLoad = { ...shape, topic, partition: 0, recordBytes: 1000, totalBytes, inFlight: 5 };
  const before = cpuSeconds(subject.brokerPids);
  const { bytes, seconds, requests, p50Us } = await produce(wire, what);
  const cpu = cpuSeconds(subject.brokerPids) - before;
  wire.close();
  await deleteTopic(subject.bootstrap, topic);
  return {
    cpuSecondsPerGb: rounded((cpu / bytes) * 1e9),
    cpuMicrosPerRequest: rounded((cpu / requests) * 1e6),
    mbPerSecond: rounded(bytes / 1e6 / seconds),
    p50Us,
    peakMb: rounded(Math.max(...subject.brokerPids.map(peakResidentMb))),
  };
}

const measurementOf = (shape: Shape): Measurement => ({
  name: shape.name,
  prepare: async (subject) => {
    await load(subject, shape, 'warm', shape.totalBytes / 3);
  },
  measure: (subject, round) => load(subject, shape, `load-${shapes.indexOf(shape)}-${round}`, shape.totalBytes),
});

for (const replicas of [1, 3]) {
  await inTurns('produce', replicas, shapes.filter((shape) => shape.replicas === replicas).map(measurementOf));
}
