import { expect } from 'chai';
import { logConfigOf } from '../../../src/server/log-config.js';
import type { LogConfig } from '../../../src/storage/log.js';

const NONE = new Map<string, string>();

describe('the config of a log', () => {
  it("is Kafka's where nothing is set", () => {
    expect(logConfigOf(NONE, NONE)).to.deep.equal({
      segmentBytes: 1_073_741_824,
      segmentMs: 604_800_000,
      segmentJitterMs: 0,
      segmentIndexBytes: 10_485_760,
      indexIntervalBytes: 4096,
      retentionMs: 604_800_000,
      retentionBytes: -1,
      fileDeleteDelayMs: 60_000,
      flushMessages: Number('9223372036854775807'),
      flushMs: Number('9223372036854775807'),
      maxMessageBytes: 1_048_588,
      cleanupPolicy: { delete: true, compact: false },
      compressionType: 'producer',
      messageTimestampType: 'CreateTime',
      messageTimestampBeforeMaxMs: Number('9223372036854775807'),
      messageTimestampAfterMaxMs: Number('9223372036854775807'),
      minInSyncReplicas: 1,
      uncleanLeaderElectionEnable: false,
      preallocate: false,
    });
  });

  for (const { broker = {}, topic = {}, expected } of [
    { broker: { 'log.segment.bytes': '2000' }, expected: { segmentBytes: 2000 } },
    { broker: { 'log.segment.bytes': '2000' }, topic: { 'segment.bytes': '3000' }, expected: { segmentBytes: 3000 } },
    { broker: { 'log.retention.hours': '2' }, expected: { retentionMs: 7_200_000 } },
    { broker: { 'log.retention.hours': '2', 'log.retention.minutes': '3' }, expected: { retentionMs: 180_000 } },
    { broker: { 'log.roll.hours': '1' }, expected: { segmentMs: 3_600_000 } },
    { broker: { 'log.cleanup.policy': 'compact' }, expected: { cleanupPolicy: { delete: false, compact: true } } },
    { topic: { 'cleanup.policy': 'compact,delete' }, expected: { cleanupPolicy: { delete: true, compact: true } } },
    { topic: { 'cleanup.policy': 'delete' }, expected: { cleanupPolicy: { delete: true, compact: false } } },
    { topic: { 'compression.type': 'zstd' }, expected: { compressionType: 'zstd' } },
    { topic: { 'message.timestamp.type': 'LogAppendTime' }, expected: { messageTimestampType: 'LogAppendTime' } },
    { broker: { 'min.insync.replicas': '2' }, expected: { minInSyncReplicas: 2 } },
    { topic: { preallocate: 'true' }, expected: { preallocate: true } },
    {
      broker: { 'message.max.bytes': '5' },
      topic: { 'retention.ms': '-1' },
      expected: { maxMessageBytes: 5, retentionMs: -1 },
    },
  ] as readonly {
    broker?: Record<string, string>;
    topic?: Record<string, string>;
    expected: Partial<LogConfig>;
  }[]) {
    it(`broker ${JSON.stringify(broker)}, topic ${JSON.stringify(topic)}`, () => {
      const config = logConfigOf(new Map(Object.entries(broker)), new Map(Object.entries(topic)));
      expect(config).to.deep.include(expected);
    });
  }
});
