import { topicReader, type ConfigValues } from '../../config/reader.js';
import { topicConfig } from '../../config/topic-config.js';
import type { LogConfig } from '../storage/log.js';

const COMPRESSION_TYPES = ['producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/** What a topic's overrides make of the broker's defaults, as the log takes it. */
export function logConfigOf(broker: ConfigValues, overrides: ConfigValues): LogConfig {
  const topic = topicReader(topicConfig(broker, overrides));
  const policies = topic.list('cleanup.policy');
  const compression = topic.text('compression.type');
  return {
    segmentBytes: topic.number('segment.bytes'),
    segmentMs: topic.number('segment.ms'),
    segmentJitterMs: topic.number('segment.jitter.ms'),
    segmentIndexBytes: topic.number('segment.index.bytes'),
    indexIntervalBytes: topic.number('index.interval.bytes'),
    retentionMs: topic.number('retention.ms'),
    retentionBytes: topic.number('retention.bytes'),
    fileDeleteDelayMs: topic.number('file.delete.delay.ms'),
    flushMessages: topic.number('flush.messages'),
    flushMs: topic.number('flush.ms'),
    maxMessageBytes: topic.number('max.message.bytes'),
    cleanupPolicy: { delete: policies.includes('delete'), compact: policies.includes('compact') },
    compressionType: COMPRESSION_TYPES.find((type) => type === compression) ?? 'producer',
    messageTimestampType: topic.text('message.timestamp.type') === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime',
    messageTimestampBeforeMaxMs: topic.number('message.timestamp.before.max.ms'),
    messageTimestampAfterMaxMs: topic.number('message.timestamp.after.max.ms'),
    minInSyncReplicas: topic.number('min.insync.replicas'),
    uncleanLeaderElectionEnable: topic.boolean('unclean.leader.election.enable'),
    preallocate: topic.boolean('preallocate'),
  };
}
