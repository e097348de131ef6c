import * as net from 'node:net';
import { parseArgs } from 'node:util';
import { apis } from '../../src/protocol/apis.js';
import { correlationIdOf, decodeResponse, encodeRequest } from '../../src/protocol/frame.js';
import { buildBatch } from '../../src/protocol/record/batch-builder.js';
import { batchSizeOf, lastOffsetOf } from '../../src/protocol/record/record-batch.js';

/**
 * Load on one partition from one raw socket, cheap enough that the broker is what is measured: one prebuilt Produce frame
 * sent again and again, or Fetch requests whose responses are looked at batch by batch. It works against any broker of
 * Kafka's protocol. Prints one JSON line.
 *
 *   node --import tsx test/bench/load.ts --mode produce --port 9092 --topic t --batch 16384 --total 1e9 --in-flight 5
 *   node --import tsx test/bench/load.ts --mode fetch --port 9092 --topic t --batch 1048576 --total 1e9
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
    record: { type: 'string', default: '1024' },
    total: { type: 'string', default: '1e8' },
    'in-flight': { type: 'string', default: '5' },
    acks: { type: 'string', default: '1' },
  },
});

const partition = Number(options.partition);
const batchBytes = Number(options.batch);
const recordBytes = Number(options.record);
const totalBytes = Number(options.total);
const inFlightMax = Number(options['in-flight']);
const acks = options.acks === 'all' ? -1 : Number(options.acks);
const CLIENT_ID = 'load';
const CORRELATION_ID_AT = 8;

/** Frames in, frames out, over one socket with its own read buffer. */
class Wire {
  onFrame: (frame: Buffer) => void = () => undefined;
  private readonly socket: net.Socket;
  private bytes = Buffer.allocUnsafeSlow(4 << 20);
  private start = 0;
  private end = 0;

  private constructor(host: string, port: number) {
    this.socket = net.connect({
      host,
      port,
      noDelay: true,
      onread: { buffer: () => this.room(), callback: (count) => this.received(count) },
    });
    this.socket.on('close', () => fail('the broker closed the connection'));
    this.socket.on('error', (error) => fail(error.message));
  }

  static async to(host: string, port: number): Promise<Wire> {
    const wire = new Wire(host, port);
    await new Promise((resolve) => wire.socket.once('connect', resolve));
    return wire;
  }

  /** `frame` may be reused at once. */
  send(frame: Buffer): void {
    this.socket.write(frame);
  }

  /** One request, one response. */
  ask(frame: Buffer): Promise<Buffer> {
    return new Promise((resolve) => {
      this.onFrame = resolve;
      this.send(frame);
    });
  }

  corked(work: () => void): void {
    this.socket.cork();
    work();
    this.socket.uncork();
  }

  close(): void {
    this.socket.removeAllListeners('close');
    this.socket.destroy();
  }

  private room(): Buffer {
    if (this.start === this.end) this.start = this.end = 0;
    const left = this.end - this.start;
    const frame = left < 4 ? 4 : 4 + this.bytes.readInt32BE(this.start);
    if (this.start + frame > this.bytes.length || this.bytes.length - this.end < 65536) {
      const target = frame > this.bytes.length - 65536 ? Buffer.allocUnsafeSlow(2 * frame + 65536) : this.bytes;
      this.bytes.copy(target, 0, this.start, this.end);
      this.bytes = target;
      this.start = 0;
      this.end = left;
    }
    return this.bytes.subarray(this.end);
  }

  private received(count: number): boolean {
    this.end += count;
    this.corked(() => {
      while (this.end - this.start >= 4) {
        const size = this.bytes.readInt32BE(this.start);
        if (this.end - this.start < 4 + size) break;
        const frame = this.bytes.subarray(this.start + 4, this.start + 4 + size);
        this.start += 4 + size;
        this.onFrame(frame);
      }
    });
    return true;
  }
}

function fail(message: string): never {
  process.stderr.write(`load: ${message}\n`);
  process.exit(1);
}

async function findLeader(): Promise<{ host: string; port: number }> {
  const wire = await Wire.to(options.host, Number(options.port));
  const topics = [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAA', name: options.topic }];
  const body = {
    topics,
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  };
  const answer = await wire.ask(encodeRequest(apis.metadata, 5, 1, CLIENT_ID, body));
  wire.close();
  const { brokers, topics: found } = decodeResponse(apis.metadata, 5, answer).body;
  const leader = found[0]?.partitions.find(({ partitionIndex }) => partitionIndex === partition)?.leaderId;
  const broker = brokers.find(({ nodeId }) => nodeId === leader);
  return broker ?? fail(`${options.topic}-${partition} has no leader (error ${found[0]?.errorCode ?? 'none'})`);
}

/** A batch of about `batchBytes`, of records of about `recordBytes` each. */
function prebuiltBatch(): Buffer {
  const overhead = 61 + 16;
  const count = Math.max(1, Math.floor((batchBytes - 61) / (recordBytes + 12)));
  const valueBytes = count === 1 ? Math.max(1, Math.min(recordBytes, batchBytes - overhead)) : recordBytes;
  const value = Buffer.alloc(valueBytes);
  for (let at = 0; at < value.length; at++) value[at] = (at * 131) & 0xff;
  return buildBatch({ records: Array.from({ length: count }, () => ({ value, timestamp: Date.now() })) });
}

/** Microseconds, of each request. */
const latencies: number[] = [];

async function produce(wire: Wire): Promise<number> {
  const records = prebuiltBatch();
  const topicData = [{ name: options.topic, partitionData: [{ index: partition, records }] }];
  const frame = encodeRequest(apis.produce, 9, 0, CLIENT_ID, {
    transactionalId: null,
    acks,
    timeoutMs: 30000,
    topicData,
  });
  const requests = Math.ceil(totalBytes / records.length);
  const sentAt = new Float64Array(requests);
  let sent = 0;
  let answered = 0;
  const sendNext = (): void => {
    const own = Buffer.from(frame.subarray(0, CORRELATION_ID_AT + 4)); // only what changes is sent from a buffer of its own
    own.writeInt32BE(sent, CORRELATION_ID_AT);
    sentAt[sent++] = performance.now();
    wire.send(own);
    wire.send(frame.subarray(CORRELATION_ID_AT + 4));
  };
  await new Promise<void>((resolve) => {
    wire.onFrame = (answer) => {
      if (correlationIdOf(answer) !== answered) fail('responses out of order');
      const { responses } = decodeResponse(apis.produce, 9, answer).body;
      const error = responses[0]?.partitionResponses[0]?.errorCode;
      if (error !== 0) fail(`Produce was answered with error ${error ?? 'none'}`);
      latencies.push((performance.now() - (sentAt[answered++] ?? 0)) * 1000);
      if (sent < requests) sendNext();
      else if (answered === requests) resolve();
    };
    wire.corked(() => {
      while (sent < Math.min(inFlightMax, requests)) sendNext();
    });
  });
  return requests * records.length;
}

async function fetch(wire: Wire): Promise<number> {
  let received = 0;
  let fetchOffset = 0;
  let correlationId = 0;
  while (received < totalBytes) {
    const partitions = [{ partition, fetchOffset, partitionMaxBytes: batchBytes, replicaDirectoryId: undefined }];
    const body = { maxWaitMs: 500, minBytes: 1, maxBytes: batchBytes, topics: [{ topic: options.topic, partitions }] };
    const askedAt = performance.now();
    const answer = await wire.ask(encodeRequest(apis.fetch, 12, correlationId++, CLIENT_ID, body as never));
    latencies.push((performance.now() - askedAt) * 1000);
    const [found] = decodeResponse(apis.fetch, 12, answer).body.responses[0]?.partitions ?? [];
    if (found?.errorCode !== 0) fail(`Fetch was answered with error ${found?.errorCode ?? 'none'}`);
    const records = found.records;
    if (!Buffer.isBuffer(records) || records.length === 0)
      fetchOffset = 0; // the end: begin again
    else {
      for (let at = 0; at + 61 <= records.length && at + batchSizeOf(records, at) <= records.length;) {
        fetchOffset = lastOffsetOf(records, at) + 1;
        at += batchSizeOf(records, at);
      }
      received += records.length;
    }
  }
  return received;
}

function percentile(sorted: readonly number[], share: number): number {
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
}

const leader = await findLeader();
const wire = await Wire.to(leader.host, leader.port);
const startedAt = performance.now();
const bytes = options.mode === 'fetch' ? await fetch(wire) : await produce(wire);
const seconds = (performance.now() - startedAt) / 1000;
wire.close();
const sorted = latencies.sort((a, b) => a - b);
const result = {
  mode: options.mode,
  batch: batchBytes,
  acks: options.mode === 'fetch' ? undefined : acks,
  bytes,
  requests: sorted.length,
  seconds: Number(seconds.toFixed(3)),
  mbPerSecond: Number((bytes / 1e6 / seconds).toFixed(1)),
  p50Us: percentile(sorted, 0.5),
  p99Us: percentile(sorted, 0.99),
  clientCpuSeconds: Number(((process.cpuUsage().user + process.cpuUsage().system) / 1e6).toFixed(2)),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
