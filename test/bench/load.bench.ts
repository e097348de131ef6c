import { parseArgs } from 'node:util';
import { fetch, produce } from './support/load.js';
import { print, rounded } from './support/rounds.js';
import { leaderOf } from './support/topics.js';
import { Wire } from './support/wire.js';

/**
 * Load on one partition of any broker of Kafka's protocol, whoever started it. Prints one JSON line.
 *
 *   npm run bench load -- --mode produce --port 9092 --topic t --batch 16384 --total 1e9 --in-flight 5 --acks all
 *   npm run bench load -- --mode fetch --port 9092 --topic t --batch 1048576 --total 1e9
 *
 * The topic must exist. `--batch`: bytes of a record batch, or `max_bytes` of a fetch. `--port` is any broker's: the
 * leader is looked up.
 */
const { values: options } = parseArgs({
  options: {
    mode: { type: 'string', default: 'produce' },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '9092' },
    topic: { type: 'string', default: 'bench' },
    partition: { type: 'string', default: '0' },
    batch: { type: 'string', default: '16384' },
    record: { type: 'string', default: '1000' },
    total: { type: 'string', default: '1e8' },
    'in-flight': { type: 'string', default: '5' },
    acks: { type: 'string', default: '1' },
  },
});

const { topic } = options;
const partition = Number(options.partition);
const totalBytes = Number(options.total);
const acks = options.acks === 'all' ? -1 : Number(options.acks);

const leader = await leaderOf({ host: options.host, port: Number(options.port) }, topic, partition);
const wire = await Wire.to(leader.host, leader.port);
const result =
  options.mode === 'fetch'
    ? await fetch(wire, { topic, partition, totalBytes, fetchBytes: Number(options.batch) })
    : await produce(wire, {
        topic,
        partition,
        totalBytes,
        acks,
        batchBytes: Number(options.batch),
        recordBytes: Number(options.record),
        inFlight: Number(options['in-flight']),
      });
wire.close();
const { bytes, requests, seconds, p50Us, p99Us } = result;
const mbPerSecond = rounded(bytes / 1e6 / seconds);
print({ bench: 'load', mode: options.mode, bytes, requests, seconds: rounded(seconds), mbPerSecond, p50Us, p99Us });
