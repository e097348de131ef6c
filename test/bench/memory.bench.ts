import { setTimeout } from 'node:timers/promises';
import { fetch, produce } from './support/load.js';
import { peakResidentMb, residentMb } from './support/process-stats.js';
import { benchArguments, print, printMedians, rounded, type Figures } from './support/rounds.js';
import { Subject, subjects } from './support/subject.js';
import { createTopic, leaderOf } from './support/topics.js';
import { Wire } from './support/wire.js';

/**
 * Resident memory of the largest of three brokers, MB: idle, while it is produced to (16 KB and 64 KB batches, three
 * replicas, acks=all) and fetched from in responses of 1 MB, at its peak, and ten seconds after.
 * `npm run bench memory [--against kafka] [--rounds N]`
 */
const IDLE_MS = 10_000;
const TOPIC = 'remembered';
const { against, rounds } = benchArguments();
const programs = await subjects(against);
const found = new Map<string, Figures[]>(programs.map(({ name }) => [name, []]));

async function load(subject: Subject, batchBytes: number): Promise<void> {
  const leader = await leaderOf(subject.bootstrap, TOPIC, 0, 3);
  const wire = await Wire.to(leader.host, leader.port);
  const what = { topic: TOPIC, partition: 0, recordBytes: 1000, inFlight: 5, acks: -1, totalBytes: 3e8 };
  await produce(wire, { ...what, batchBytes });
  await fetch(wire, { topic: TOPIC, partition: 0, fetchBytes: 1048576, totalBytes: 1e9 });
  wire.close();
}

for (let round = 0; round < rounds; round++) {
  for (const each of programs) {
    const subject = await Subject.start(each, 3);
    const largest = (of: (pid: number) => number): number => rounded(Math.max(...subject.brokerPids.map(of)));
    await createTopic(subject.bootstrap, TOPIC, 1, 3);
    await setTimeout(IDLE_MS);
    const idle = largest(residentMb);
    await load(subject, 16384);
    await load(subject, 65536);
    const loaded = largest(residentMb);
    const peak = largest(peakResidentMb);
    await setTimeout(IDLE_MS);
    const figures = { idle, loaded, peak, after: largest(residentMb) };
    found.get(each.name)?.push(figures);
    print({ bench: 'memory', of: each.name, ...figures });
    await subject.stop();
  }
}
printMedians('memory', 'largest broker, MB', found);
