import { writableLeader } from './support/load.js';
import { cpuSeconds } from './support/process-stats.js';
import { benchArguments, print, printMedians, rounded, type Figures } from './support/rounds.js';
import { Subject, subjects } from './support/subject.js';
import { createTopic } from './support/topics.js';

/**
 * From spawning ZooKeeper and three brokers with empty folders to the first record that a new topic with three replicas
 * acknowledges (acks=all). ZooKeeper first; the brokers, all at once, when its port is open.
 * `npm run bench start [--against kafka] [--rounds N]`
 */
const { against, rounds } = benchArguments();
const programs = await subjects(against);
const found = new Map<string, Figures[]>(programs.map(({ name }) => [name, []]));

for (let round = 0; round < rounds; round++) {
  for (const each of programs) {
    const startedAt = performance.now();
    const subject = await Subject.start(each, 3);
    const seconds = (): number => rounded((performance.now() - startedAt) / 1000);
    const brokersSpawned = seconds();
    await createTopic(subject.bootstrap, 'first', 1, 3);
    const topicCreated = seconds();
    await writableLeader(subject.bootstrap, 'first', -1, 1);
    const acknowledged = seconds();
    const figures = { brokersSpawned, topicCreated, acknowledged, cpuSeconds: rounded(cpuSeconds(subject.allPids)) };
    found.get(each.name)?.push(figures);
    print({ bench: 'start', of: each.name, ...figures });
    await subject.stop();
  }
}
printMedians('start', 'ZooKeeper and 3 brokers, s', found);
