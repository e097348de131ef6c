import { apis } from '../../../src/protocol/apis.js';
import { codecOf } from '../../../src/protocol/codec.js';
import { correlationIdOf, decodeResponse, encodeRequest } from '../../../src/protocol/frame.js';
import { buildBatch } from '../../../src/protocol/record/batch-builder.js';
import { batchSizeOf, lastOffsetOf } from '../../../src/protocol/record/record-batch.js';
import { type Address, CLIENT_ID, eventually, leaderOf } from './topics.js';
import { Wire } from './wire.js';

export interface ProduceLoad {
  readonly topic: string;
  readonly partition: number;
  readonly batchBytes: number;
  readonly recordBytes: number;
  /** Record batches, in all. */
  readonly totalBytes: number;
  readonly inFlight: number;
  /** −1: all. */
  readonly acks: number;
}

export interface FetchLoad {
  readonly topic: string;
  readonly partition: number;
  /** `max_bytes` of a request and of its partition. */
  readonly fetchBytes: number;
  readonly totalBytes: number;
}

export interface LoadResult {
  /** Of record batches. */
  readonly bytes: number;
  readonly requests: number;
  readonly seconds: number;
  /** From sending a request to its answer, µs. */
  readonly p50Us: number;
  readonly p99Us: number;
}

const CORRELATION_ID_END = 12;

/** One prebuilt Produce frame again and again, `inFlight` of them at a time. @throws Error for any error code */
export async function produce(wire: Wire, load: ProduceLoad): Promise<LoadResult> {
  const records = prebuiltBatch(load.batchBytes, load.recordBytes);
  const topicData = [{ name: load.topic, partitionData: [{ index: load.partition, records }] }];
  const body = { transactionalId: null, acks: load.acks, timeoutMs: 30000, topicData };
  const frame = encodeRequest(apis.produce, 9, 0, CLIENT_ID, body);
  const requests = Math.ceil(load.totalBytes / records.length);
  const sentAt = new Float64Array(requests);
  const latencies = new Float64Array(requests);
  let sent = 0;
  let answered = 0;
  const sendNext = (): void => {
    const own = Buffer.from(frame.subarray(0, CORRELATION_ID_END)); // only what changes has a buffer of its own
    own.writeInt32BE(sent, CORRELATION_ID_END - 4);
    sentAt[sent++] = performance.now();
    wire.send(own);
    wire.send(frame.subarray(CORRELATION_ID_END));
  };
  const startedAt = performance.now();
  await wire.whileOpen(
    new Promise<void>((resolve, reject) => {
      wire.onFrame = (answer) => {
        const { responses } = decodeResponse(apis.produce, 9, answer).body;
        const error = responses[0]?.partitionResponses[0]?.errorCode;
        if (correlationIdOf(answer) !== answered) reject(new Error('responses out of order'));
        if (error !== 0) reject(new Error(`Produce was answered with error ${error ?? 'none'}`));
        latencies[answered] = (performance.now() - (sentAt[answered] ?? 0)) * 1000;
        answered++;
        if (sent < requests) sendNext();
        else if (answered === requests) resolve();
      };
      wire.corked(() => {
        while (sent < Math.min(load.inFlight, requests)) sendNext();
      });
    }),
  );
  return resultOf(requests * records.length, startedAt, latencies);
}

/**
 * The leader of partition 0, as soon as it acknowledged a record: brokers learn of a new topic one after the other.
 * @param acks −1 and a number of replicas: that many are in sync
 */
export function writableLeader(any: Address, topic: string, acks: number, replicas: number): Promise<Address> {
  return eventually(async () => {
    const leader = await leaderOf(any, topic, 0, acks === -1 ? replicas : 1);
    const wire = await Wire.to(leader.host, leader.port);
    try {
      await produce(wire, { topic, partition: 0, batchBytes: 100, recordBytes: 10, totalBytes: 1, inFlight: 1, acks });
      return leader;
    } finally {
      wire.close();
    }
  });
}

/** Reads from offset 0 on, and from there again at the end, one request at a time. @throws Error for any error code */
export async function fetch(wire: Wire, { topic, partition, fetchBytes, totalBytes }: FetchLoad): Promise<LoadResult> {
  const latencies: number[] = [];
  let received = 0;
  let fetchOffset = 0;
  const sparse = codecOf(apis.fetch.request, 12).initial();
  const startedAt = performance.now();
  while (received < totalBytes) {
    const one = { partition, fetchOffset, partitionMaxBytes: fetchBytes } as never; // the rest are defaults
    const topics = [{ topic, partitions: [one] }] as never;
    const body = { ...sparse, maxWaitMs: 500, minBytes: 1, maxBytes: fetchBytes, topics };
    const askedAt = performance.now();
    const answer = await wire.ask(encodeRequest(apis.fetch, 12, latencies.length, CLIENT_ID, body));
    latencies.push((performance.now() - askedAt) * 1000);
    const [found] = decodeResponse(apis.fetch, 12, answer).body.responses[0]?.partitions ?? [];
    if (found?.errorCode !== 0) throw new Error(`Fetch was answered with error ${found?.errorCode ?? 'none'}`);
    const { records } = found;
    if (!Buffer.isBuffer(records) || records.length === 0) throw new Error('there is nothing to fetch');
    for (let at = 0; at + 61 <= records.length && at + batchSizeOf(records, at) <= records.length;) {
      fetchOffset = lastOffsetOf(records, at) + 1;
      at += batchSizeOf(records, at);
    }
    received += records.length;
    if (fetchOffset >= found.highWatermark) fetchOffset = 0; // at the end the broker would wait
  }
  return resultOf(received, startedAt, Float64Array.from(latencies));
}

/** A batch of about `batchBytes`, of records of about `recordBytes` each. */
function prebuiltBatch(batchBytes: number, recordBytes: number): Buffer {
  const overhead = 61 + 16;
  const count = Math.max(1, Math.floor((batchBytes - 61) / (recordBytes + 12)));
  const valueBytes = count === 1 ? Math.max(1, Math.min(recordBytes, batchBytes - overhead)) : recordBytes;
  const value = Buffer.alloc(valueBytes);
  for (let at = 0; at < value.length; at++) value[at] = (at * 131) & 0xff;
  return buildBatch({ records: Array.from({ length: count }, () => ({ value, timestamp: Date.now() })) });
}

function resultOf(bytes: number, startedAt: number, latencies: Float64Array): LoadResult {
  const seconds = (performance.now() - startedAt) / 1000;
  const sorted = latencies.sort();
  const at = (share: number): number => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0);
  return { bytes, requests: sorted.length, seconds, p50Us: at(0.5), p99Us: at(0.99) };
}
