import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { nodePlatform } from '../../platform/node/platform.js';
import { nodeZkClient } from '../../../zk/client/node/adapter.js';
import type { Cluster } from '../cluster/cluster.js';
import { GroupReader } from './group-reader.js';
import { Ledger } from './ledger.js';
import { RecordingProducer } from './recording-producer.js';
import { linesOf, writeText } from './text.js';
import { ZNodeView } from './znode-view.js';

const TOPIC = 'my_topic';
const GROUP = 'my_group';
const PARTITIONS = 3;
const FIRST_LINES = 40_000;
const SECOND_LINES = 10_000;

type Say = (line?: string) => void;

/**
 * The main job, narrated: create, produce, consume with a group that stops half-way, kill -9 the controller, go on, compare.
 * @returns the exit code: 0 only if every step held
 */
export async function playDemo(cluster: Cluster, say: Say): Promise<number> {
  const began = Date.now();
  const step = (title: string): void => {
    say();
    say(`── ${((Date.now() - began) / 1000).toFixed(1).padStart(4)} s  ${title}`);
  };
  const kafka = new Kafka({
    clientId: 'zkafka-demo',
    brokers: cluster.bootstrap.split(','),
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 100, retries: 20, maxRetryTime: 1000 },
  });
  const platform = nodePlatform({ name: 'demo', level: 'error' });
  const zk = nodeZkClient(
    {
      connectString: cluster.zookeeperConnect,
      sessionTimeoutMs: 6000,
      connectTimeoutMs: 6000,
      maxInFlightRequests: 10,
    },
    platform,
  );
  await zk.connect();
  const znodes = new ZNodeView(zk);
  const ledger = new Ledger();
  const producer = new RecordingProducer(kafka, TOPIC, ledger);
  try {
    const replicationFactor = Math.min(2, cluster.brokerCount);
    step(`create ${TOPIC}: ${PARTITIONS} partitions, replication factor ${replicationFactor}`);
    const admin = kafka.admin();
    await admin.connect();
    if ((await admin.listTopics()).includes(TOPIC)) {
      await admin.deleteTopics({ topics: [TOPIC] }); // of an earlier demonstration
      await znodes.gone(`/brokers/topics/${TOPIC}`);
    }
    await admin.createTopics({
      topics: [{ topic: TOPIC, numPartitions: PARTITIONS, replicationFactor }],
    });
    await admin.disconnect();
    for (const line of await znodes.leaders(TOPIC)) say(`   ${line}`);

    const folder = path.join(cluster.dir, 'demo');
    mkdirSync(folder, { recursive: true });
    const file = path.join(folder, 'text.txt');
    await writeText(file, FIRST_LINES + SECOND_LINES);
    const lines = linesOf(file)[Symbol.asyncIterator]();
    step(
      `produce ${FIRST_LINES} lines of ${file} (${(statSync(file).size / 1e6).toFixed(1)} MB), acks=all, idempotent`,
    );
    await producer.connect();
    await producer.send(lines, FIRST_LINES);
    say(`   ${ledger.acknowledgedCount} records acknowledged, every other one keyed, each with two headers`);

    step(`consume with group ${GROUP}: two members, stopped half-way`);
    const half = new GroupReader(kafka, TOPIC, GROUP, ledger);
    await half.start(2);
    await half.until(() => ledger.readCount >= FIRST_LINES / 2);
    await half.stop();
    say(`   ${ledger.readCount} records read, then both members left; their offsets stand in znodes:`);
    for (const line of await znodes.offsets(GROUP, TOPIC)) say(`   ${line}`);

    step('resume: a new pair of members goes on where those offsets stand');
    const rest = new GroupReader(kafka, TOPIC, GROUP, ledger);
    await rest.start(2);
    await rest.until(() => ledger.missing === 0);
    await rest.stop();
    say(`   ${ledger.readCount} records read in all`);

    const before = await znodes.controller();
    step(`kill -9 the controller: broker ${before.brokerId}, epoch ${before.epoch}`);
    const leadersBefore = await znodes.leaders(TOPIC);
    const killedAt = Date.now();
    const elected = znodes.controllerAfter(before);
    cluster.kill(before.brokerId);
    // records are produced all through the election: the producer retries, and none that it acknowledged may be lost
    const producing = producer.send(lines, SECOND_LINES);
    const after = await elected;
    say(
      `   broker ${after.brokerId} was elected, epoch ${before.epoch} → ${after.epoch}, ${((Date.now() - killedAt) / 1000).toFixed(1)} s after the kill (session timeout 6 s)`,
    );
    // one broker alone finds its leaderships as it left them: nothing is written
    if (cluster.brokerCount > 1) {
      // one that is back before the new controller looks around leads on, too
      const moved = znodes.led(TOPIC, before.brokerId, before.epoch);
      await Promise.race([moved, znodes.registered([before.brokerId])]);
    }
    const leadersAfter = await znodes.leaders(TOPIC);
    leadersAfter.forEach((line, i) => say(`   ${line}   was: ${leadersBefore[i]?.replace(/^.*?: /, '') ?? ''}`));

    step('produce and consume on');
    await producing;
    say(`   ${SECOND_LINES} more lines acknowledged`);
    const onward = new GroupReader(kafka, TOPIC, GROUP, ledger);
    await onward.start(2);
    await onward.until(() => ledger.missing === 0);
    await onward.stop();

    step('compare');
    say(`   ${ledger.acknowledgedCount} acknowledged, ${ledger.readCount} read`);
    const problems = ledger.verdict();
    for (const problem of problems.slice(0, 10)) say(`   WRONG: ${problem}`);
    if (problems.length === 0) say('   every acknowledged record was read, in order, none twice at the same offset');

    step('znodes worth seeing');
    for (const line of await znodes.worthSeeing(TOPIC, GROUP)) say(`   ${line}`);
    say();
    say(problems.length === 0 ? 'The demonstration held.' : `The demonstration failed: ${problems.length} problems.`);
    return problems.length === 0 ? 0 : 1;
  } finally {
    await producer.disconnect();
    await zk.close();
  }
}
