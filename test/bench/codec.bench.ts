import { codecOf } from '../../src/protocol/codec.js';
import { fetchRequest } from '../../src/protocol/messages/fetch-request.js';
import { fetchResponse } from '../../src/protocol/messages/fetch-response.js';
import { metadataResponse } from '../../src/protocol/messages/metadata-response.js';
import { offsetCommitRequest } from '../../src/protocol/messages/offset-commit-request.js';
import { produceRequest } from '../../src/protocol/messages/produce-request.js';
import { produceResponse } from '../../src/protocol/messages/produce-response.js';
import type { Message } from '../../src/protocol/schema.js';

/** CPU time to decode and to encode frequent messages, one JSON line each: `npm run bench codec`. */

const records = Buffer.alloc(1000);
const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

const samples: readonly [string, Message, number, object][] = [
  [
    'produce-request',
    produceRequest,
    9,
    { acks: -1, timeoutMs: 30_000, topicData: [{ name: 'orders', partitionData: [{ index: 3, records }] }] },
  ],
  [
    'produce-response',
    produceResponse,
    9,
    { responses: [{ name: 'orders', partitionResponses: [{ index: 3, errorCode: 0, baseOffset: 12_345 }] }] },
  ],
  [
    'fetch-request',
    fetchRequest,
    13,
    {
      maxWaitMs: 500,
      minBytes: 1,
      topics: [
        {
          topicId: 'e8Gg5lDjT1eIfLkhvK67ww',
          partitions: [{ partition: 1, fetchOffset: 1000, partitionMaxBytes: 1_048_576 }],
        },
      ],
    },
  ],
  [
    'fetch-response',
    fetchResponse,
    12,
    {
      responses: [{ topic: 'orders', partitions: [{ partitionIndex: 1, errorCode: 0, highWatermark: 1000, records }] }],
    },
  ],
  [
    'metadata-response, 1000 partitions',
    metadataResponse,
    12,
    {
      topics: [
        {
          errorCode: 0,
          name: 'orders',
          partitions: times(1000, (partitionIndex) => ({
            errorCode: 0,
            partitionIndex,
            leaderId: 1,
            leaderEpoch: 3,
            replicaNodes: [1, 2, 3],
            isrNodes: [1, 2, 3],
          })),
        },
      ],
    },
  ],
  [
    'offset-commit-request, 50 partitions',
    offsetCommitRequest,
    8,
    {
      groupId: 'group',
      topics: [
        {
          name: 'orders',
          partitions: times(50, (partitionIndex) => ({
            partitionIndex,
            committedOffset: 123_456,
            committedMetadata: '',
          })),
        },
      ],
    },
  ],
];

/** µs of CPU a call, the best of five rounds of 300 ms: what others do on the machine only ever adds. */
function microseconds(call: () => void): number {
  let best = Infinity;
  for (let round = 0; round < 5; round++) {
    const start = process.cpuUsage();
    let calls = 0;
    let spent = 0;
    do {
      for (let i = 0; i < 100; i++) call();
      calls += 100;
      const { user, system } = process.cpuUsage(start);
      spent = user + system;
    } while (spent < 300_000);
    best = Math.min(best, spent / calls);
  }
  return Math.round(best * 1000) / 1000;
}

const target = Buffer.alloc(1 << 20);
for (const [name, message, version, sparse] of samples) {
  const codec = codecOf(message, version);
  const bytes = codec.toBuffer(sparse as never);
  const value = codec.decode(bytes);
  const decodeUs = microseconds(() => codec.decode(bytes));
  const encodeUs = microseconds(() => {
    codec.sizeOf(value);
    codec.encode(value, target, 0);
  });
  process.stdout.write(`${JSON.stringify({ bench: 'codec', message: name, version, decodeUs, encodeUs })}\n`);
}
