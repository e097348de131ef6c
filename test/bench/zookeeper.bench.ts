import { readFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { NO_SESSION, OPEN_ACL } from '../../zk/client/zk-client.js';
import { JuteWriter, type JuteType } from '../../zk/jute/jute.js';
import {
  connectRequestFrame,
  createRequest,
  deleteRequest,
  requestHeader,
  setDataRequest,
  watchedPathRequest,
} from '../../zk/jute/messages.js';
import { multiRequest } from '../../zk/jute/multi.js';
import { OP } from '../../zk/jute/op-codes.js';

/**
 * Pipelined load on any ZooKeeper, cheap enough that the server is what is measured. One JSON line an operation (of a multi,
 * each of the operations in it counts):
 * operations a second and, with the server's process id, its CPU seconds for 100,000 operations (Linux).
 *
 *   npm run bench zookeeper -- --port 2181 --clients 10 --in-flight 100 --count 100000 --pid 4711
 */
const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '2181' },
    clients: { type: 'string', default: '1' },
    /** Requests of one client that wait for their answers. */
    'in-flight': { type: 'string', default: '1000' },
    count: { type: 'string', default: '100000' },
    bytes: { type: 'string', default: '100' },
    pid: { type: 'string' },
  },
});
const clientCount = Number(options.clients);
const inFlight = Number(options['in-flight']);
const countEach = Math.floor(Number(options.count) / clientCount);
const data = Buffer.alloc(Number(options.bytes), 'x');
const root = `/bench-${process.pid}`;

class LoadClient {
  private readonly socket: Socket;
  private writer = new JuteWriter(64 << 10);
  private received: Buffer = Buffer.alloc(0);
  private onFrame: (frame: Buffer) => void = () => undefined;

  constructor(port: number) {
    this.socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (chunk) => this.take(chunk));
  }

  connect(): Promise<void> {
    this.frame((writer) =>
      connectRequestFrame.write(writer, {
        protocolVersion: 0,
        lastZxidSeen: 0,
        timeoutMs: 30_000,
        sessionId: NO_SESSION,
        password: Buffer.alloc(16),
        readOnly: false,
      }),
    );
    this.flush();
    return new Promise((resolve) => (this.onFrame = () => resolve()));
  }

  /** Sends `count` requests, a window of them at a time. Rejects at the first that fails. */
  run<T>(count: number, type: number, recordType: JuteType<T>, recordOf: (i: number) => T): Promise<void> {
    return new Promise((resolve, reject) => {
      let sent = 0;
      let answered = 0;
      const send = (): void => {
        for (; sent < count && sent - answered < inFlight; sent++) {
          const record = recordOf(sent);
          this.frame((writer) => {
            requestHeader.write(writer, { xid: sent + 1, type });
            recordType.write(writer, record);
          });
        }
      };
      this.onFrame = (frame) => {
        const err = frame.readInt32BE(12);
        if (err !== 0) reject(new Error(`request ${frame.readInt32BE(0)} failed with ${err}`));
        if (++answered === count) resolve();
        else send();
      };
      send();
      this.flush();
    });
  }

  end(): void {
    this.socket.destroy();
  }

  private frame(write: (writer: JuteWriter) => void): void {
    const at = this.writer.reserve(4);
    write(this.writer);
    this.writer.bytes.writeInt32BE(this.writer.position - at - 4, at);
  }

  private flush(): void {
    if (this.writer.position === 0) return;
    this.socket.write(this.writer.written());
    this.writer = new JuteWriter(64 << 10);
  }

  private take(chunk: Buffer): void {
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
    let at = 0;
    while (this.received.length - at >= 4) {
      const end = at + 4 + this.received.readInt32BE(at);
      if (end > this.received.length) break;
      this.onFrame(this.received.subarray(at + 4, end));
      at = end;
    }
    this.received = this.received.subarray(at);
    this.flush();
  }
}

/** CPU seconds the server has used so far. */
function serverCpuSeconds(): number {
  if (options.pid === undefined) return NaN;
  const fields = readFileSync(`/proc/${options.pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function measure(
  name: string,
  perRequest: number,
  run: (client: LoadClient, i: number) => Promise<void>,
): Promise<void> {
  const cpuBefore = serverCpuSeconds();
  const began = performance.now();
  await Promise.all(clients.map(run));
  const seconds = (performance.now() - began) / 1000;
  const operations = countEach * clientCount;
  const cpuPer100k = ((serverCpuSeconds() - cpuBefore) / operations) * 100_000;
  console.log(
    JSON.stringify({
      operation: name,
      clients: clientCount,
      inFlight,
      perRequest,
      operationsPerSecond: Math.round(operations / seconds),
      serverCpuSecondsPer100k: Number.isNaN(cpuPer100k) ? undefined : Number(cpuPer100k.toFixed(2)),
    }),
  );
}

const pathOf = (client: number, i: number): string => `${root}/n${client}-${i}`;
const clients = Array.from({ length: clientCount }, () => new LoadClient(Number(options.port)));
await Promise.all(clients.map((client) => client.connect()));
await clients[0]?.run(1, OP.create, createRequest, () => ({ path: root, data: null, acl: OPEN_ACL, flags: 0 }));
await measure('create', 1, (client, c) =>
  client.run(countEach, OP.create, createRequest, (i) => ({ path: pathOf(c, i), data, acl: OPEN_ACL, flags: 0 })),
);
await measure('setData', 1, (client, c) =>
  client.run(countEach, OP.setData, setDataRequest, (i) => ({ path: pathOf(c, i), data, version: -1 })),
);
for (const size of [10, 100]) {
  await measure('multi of setData', size, (client, c) =>
    client.run(Math.floor(countEach / size), OP.multi, multiRequest, (i) =>
      Array.from({ length: size }, (_, k) => ({
        type: OP.setData,
        request: { path: pathOf(c, i * size + k), data, version: -1 },
      })),
    ),
  );
}
await measure('getData', 1, (client, c) =>
  client.run(countEach, OP.getData, watchedPathRequest, (i) => ({ path: pathOf(c, i), watch: false })),
);
await measure('delete', 1, (client, c) =>
  client.run(countEach, OP.delete, deleteRequest, (i) => ({ path: pathOf(c, i), version: -1 })),
);
for (const client of clients) client.end();
