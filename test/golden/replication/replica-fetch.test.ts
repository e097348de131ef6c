import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { silentLogger } from '../../../src/platform/logger.js';
import { apis } from '../../../src/protocol/apis.js';
import { codecOf } from '../../../src/protocol/codec.js';
import { decodeRequestHeader, decodeResponse } from '../../../src/protocol/frame.js';
import { fetchRequest, type FetchRequest } from '../../../src/protocol/messages/fetch-request.js';
import { fetchResponse, type FetchResponse } from '../../../src/protocol/messages/fetch-response.js';
import { FetchSessions } from '../../../src/replication/fetch-session.js';
import { FetchService } from '../../../src/replication/fetch-service.js';
import type { FetchAnswer } from '../../../src/replication/fetch-transport.js';
import { Partition } from '../../../src/replication/partition.js';
import { Purgatory } from '../../../src/replication/purgatory.js';
import { ReplicaFetcherManager } from '../../../src/replication/replica-fetcher-manager.js';
import { newReplicationCounters } from '../../../src/replication/replication-counters.js';
import { DEFAULT_REPLICATION_SETTINGS } from '../../../src/replication/settings.js';
import { FakeTime } from '../../support/fake-time.js';
import { MemoryLog } from '../../support/memory-log.js';
import { aChange, LISTENER } from '../../unit/replication/replica-cluster.js';

interface Exchange {
  readonly request: string;
  readonly response: string | null;
}

const golden = JSON.parse(readFileSync(new URL('replica-fetch.json', import.meta.url), 'utf8')) as Record<
  string,
  Exchange[]
>;
const TOPIC_ID = 'gNyFqmhKQMuEsUBxE0txZw';
const VERSION = 17;

function bodyOf(requestHex: string): Buffer {
  const frame = Buffer.from(requestHex, 'hex');
  return frame.subarray(decodeRequestHeader(frame).bodyAt);
}

function responseOf({ response }: Exchange): FetchResponse {
  return decodeResponse(apis.fetch, VERSION, Buffer.from(response!, 'hex')).body;
}

function aPartition(brokerId: number, partition: number, time: FakeTime): Partition {
  return new Partition({ topic: 'sw', partition }, TOPIC_ID, {
    brokerId,
    replicaLagTimeMaxMs: 30_000,
    time,
    logger: silentLogger,
    counters: newReplicationCounters(),
    alterPartitions: { submit: () => undefined },
    isAlive: () => true,
    onHighWatermarkMoved: () => undefined,
  });
}

/** A fetcher of `brokerId` whose requests are held for the test, in order. */
function aFetcher(brokerId: number, brokerEpoch: number) {
  const time = new FakeTime();
  const sent: { bytes: string; answer: FetchAnswer<FetchResponse> }[] = [];
  const fetchers = new ReplicaFetcherManager({
    settings: { ...DEFAULT_REPLICATION_SETTINGS, brokerId },
    time,
    logger: silentLogger,
    counters: newReplicationCounters(),
    brokerEpoch: () => brokerEpoch,
    onHighWatermarkMoved: () => undefined,
    transport: {
      fetch: (_leader, _fetcherId, version, request: FetchRequest, answer) => {
        expect(version).to.equal(VERSION);
        sent.push({ bytes: codecOf(fetchRequest, version).toBuffer(request).toString('hex'), answer });
      },
      listOffsets: () => expect.fail('no offset was out of range'),
      close: () => undefined,
    },
  });
  return { time, sent, fetchers };
}

describe('replica fetch against Apache Kafka 3.9.1', () => {
  it('asks as a follower does that begins before the leader knows the topic', () => {
    const { time, sent, fetchers } = aFetcher(1, 25);
    const partition = aPartition(1, 1, time);
    partition.makeFollower(aChange({ topic: 'sw', partition: 1, leader: 2, replicas: [2, 1] }), new MemoryLog('sw', 1));
    fetchers.add(partition);
    time.advance(1);
    for (const [i, exchange] of golden['broker-1-fetcher-0']!.entries()) {
      expect(sent[i]?.bytes, `request ${i}`).to.equal(bodyOf(exchange.request).toString('hex'));
      sent[i]!.answer.onResponse(responseOf(exchange));
      if (i === 1) {
        expect(sent).to.have.length(2); // the session is empty: nothing to ask for until the back-off is over
        time.advance(1_000);
      }
    }
  });

  it('asks as a follower does that copies batch by batch, and ends with the same log', () => {
    const { time, sent, fetchers } = aFetcher(2, 68);
    const log = new MemoryLog('sw', 0);
    const partition = aPartition(2, 0, time);
    partition.makeFollower(aChange({ topic: 'sw', partition: 0, leader: 1, replicas: [1, 2] }), log);
    fetchers.add(partition);
    time.advance(1);
    for (const [i, exchange] of golden['broker-2-fetcher-0']!.entries()) {
      expect(sent[i]?.bytes, `request ${i}`).to.equal(bodyOf(exchange.request).toString('hex'));
      sent[i]!.answer.onResponse(responseOf(exchange));
    }
    expect(log.logEndOffset).to.equal(4);
    expect(log.highWatermark).to.equal(3);
  });

  it('answers as a leader does, byte for byte', async () => {
    const time = new FakeTime();
    const partition = aPartition(1, 0, time);
    const log = new MemoryLog('sw', 0);
    partition.makeLeader(aChange({ topic: 'sw', partition: 0, leader: 1, isr: [1, 2], replicas: [1, 2] }), log);
    const counters = newReplicationCounters();
    const random = { int: () => 47965162 - 1, float: () => 0, bytes: (count: number) => Buffer.alloc(count) };
    const service = new FetchService({
      replicas: {
        partition: () => partition,
        partitionOrThrow: () => partition,
        currentLeader: () => ({ leaderId: 1, leaderEpoch: 0 }),
      },
      sessions: new FetchSessions(10, time, random, counters),
      purgatory: new Purgatory(time),
      metadata: { topicName: () => 'sw', broker: () => undefined, partition: () => ({}) as never },
      counters,
      logger: silentLogger,
      fetchMaxBytes: 57_671_680,
    });
    const caller = { connectionId: '', listenerName: LISTENER, mayReplicate: () => true, mayRead: () => false };
    for (const [i, exchange] of golden['broker-2-fetcher-0']!.entries()) {
      const expected = responseOf(exchange);
      const [topic] = expected.responses;
      const asked = codecOf(fetchRequest, VERSION).decode(bodyOf(exchange.request));
      const parked = service.handle(asked, VERSION, caller);
      log.appendAsLeader(Buffer.from(topic!.partitions[0]!.records as Buffer), 0); // what was produced meanwhile
      partition.wakeFetches();
      const answered = await parked;
      const codec = codecOf(fetchResponse, VERSION);
      expect(codec.toBuffer(answered).toString('hex'), `answer ${i}`).to.equal(
        codec.toBuffer(expected).toString('hex'),
      );
    }
  });
});
