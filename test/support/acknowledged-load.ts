import type { Kafka } from 'kafkajs';
import { GroupReader } from '../../src/admin/demo/group-reader.js';
import { Ledger } from '../../src/admin/demo/ledger.js';
import { RecordingProducer } from '../../src/admin/demo/recording-producer.js';

const BEFORE = 5000;
const AT_A_TIME = 500;
const AFTERWARDS = 1000;

/** Numbered lines without end. */
// eslint-disable-next-line @typescript-eslint/require-await
async function* numbered(): AsyncGenerator<string, undefined> {
  for (let i = 0; ; i++) yield `${String(i).padStart(7, '0')} and so on`;
}

/** Reads into the ledger all that consumers can see. */
export async function readAll(kafka: Kafka, topic: string, ledger: Ledger): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  const count = ends.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
  const reader = new GroupReader(kafka, topic, `read-${topic}`, ledger);
  await reader.start(1);
  await reader.until(() => ledger.readCount >= count);
  await reader.stop();
}

/**
 * Produces with acks=all before, during and after what `disturb` does, then reads everything back.
 * @returns what does not hold; empty if nothing was lost, changed or doubled
 */
export async function verdictAfter(kafka: Kafka, topic: string, disturb: () => Promise<void>): Promise<string[]> {
  const ledger = new Ledger();
  const producer = new RecordingProducer(kafka, topic, ledger);
  await producer.connect();
  const lines = numbered();
  await producer.send(lines, BEFORE);
  let disturbed = false;
  const disturbance = disturb().finally(() => (disturbed = true));
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- set by the disturbance
  while (!disturbed) await producer.send(lines, AT_A_TIME);
  await disturbance;
  await producer.send(lines, AFTERWARDS);
  await producer.disconnect();
  await readAll(kafka, topic, ledger);
  const problems = ledger.verdict();
  if (ledger.acknowledgedCount < BEFORE + AFTERWARDS) problems.push(`only ${ledger.acknowledgedCount} acknowledged`);
  return problems;
}
