import { fetch, produce, writableLeader } from './support/load.js';
import { cpuSeconds, peakResidentMb } from './support/process-stats.js';
import { inTurns, rounded } from './support/rounds.js';
import { createTopic, leaderOf } from './support/topics.js';
import { Wire } from './support/wire.js';

/**
 * What fetching costs: 256 MB of 64 KB batches, read again and again from the page cache in responses of 1 MB.
 * `npm run bench fetch [--against kafka] [--rounds N]`
 */
const TOPIC = 'fetched';
const LOG_BYTES = 256e6;
const FETCH_BYTES = 1048576;

await inTurns('fetch', 1, [
  {
    name: '1 MB responses',
    prepare: async (subject) => {
      await createTopic(subject.bootstrap, TOPIC, 1, 1);
      const leader = await writableLeader(subject.bootstrap, TOPIC, 1, 1);
      const wire = await Wire.to(leader.host, leader.port);
      const load = { topic: TOPIC, partition: 0, batchBytes: 65536, recordBytes: 1000, inFlight: 5, acks: 1 };
      await produce(wire, { ...load, totalBytes: LOG_BYTES });
      await fetch(wire, { topic: TOPIC, partition: 0, fetchBytes: FETCH_BYTES, totalBytes: 4 * LOG_BYTES });
      wire.close();
    },
    measure: async (subject) => {
      const leader = await leaderOf(subject.bootstrap, TOPIC, 0);
      const wire = await Wire.to(leader.host, leader.port);
      const before = cpuSeconds(subject.brokerPids);
      const load = { topic: TOPIC, partition: 0, fetchBytes: FETCH_BYTES, totalBytes: 5e9 };
      const { bytes, seconds, p50Us } = await fetch(wire, load);
      const cpu = cpuSeconds(subject.brokerPids) - before;
      wire.close();
      return {
        cpuSecondsPerGb: rounded((cpu / bytes) * 1e9),
        mbPerSecond: rounded(bytes / 1e6 / seconds),
        p50Us,
        peakMb: rounded(Math.max(...subject.brokerPids.map(peakResidentMb))),
      };
    },
  },
]);
