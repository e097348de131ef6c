import { errorNameOf } from '../common/errors.js';
import type { TopicAdmin } from '../controller/zk/topic-admin.js';
import { validateTopicName } from '../controller/topic-validation.js';
import type { MetadataCache } from '../metadata/metadata-cache.js';
import { type ErrorCode, errorCode } from '../protocol/error-codes.js';
import { OFFSETS_TOPIC } from './internal-topics.js';

export interface AutoTopicsConfig {
  readonly numPartitions: number;
  readonly defaultReplicationFactor: number;
  readonly offsetsTopicNumPartitions: number;
  readonly offsetsTopicReplicationFactor: number;
  readonly offsetsTopicSegmentBytes: number;
}

/**
 * Topics that come into being because somebody asked for them. In ZooKeeper mode the broker that was asked writes them, not
 * the controller. A topic is being created at most once at a time.
 * Source: kafka.server.AutoTopicCreationManager, 3.9
 */
export class AutoTopics {
  private readonly admin: TopicAdmin;
  private readonly metadata: MetadataCache;
  private readonly config: AutoTopicsConfig;
  private readonly underway = new Map<string, Promise<ErrorCode>>();

  constructor(admin: TopicAdmin, metadata: MetadataCache, config: AutoTopicsConfig) {
    this.admin = admin;
    this.metadata = metadata;
    this.config = config;
  }

  /** What to say of a topic that is not there and not to be created. */
  missingTopicError(name: string): ErrorCode {
    try {
      validateTopicName(name);
      return errorCode('UNKNOWN_TOPIC_OR_PARTITION');
    } catch (error) {
      return errorCode(errorNameOf(error));
    }
  }

  /** By topic, what to tell the client now: LEADER_NOT_AVAILABLE when all is well, since leaders take a moment. */
  async create(names: readonly string[]): Promise<Map<string, ErrorCode>> {
    const errors = await Promise.all(names.map((name) => this.createOne(name)));
    return new Map(names.map((name, i) => [name, errors[i] ?? errorCode('UNKNOWN_SERVER_ERROR')]));
  }

  private createOne(name: string): Promise<ErrorCode> {
    const running = this.underway.get(name);
    if (running !== undefined) return running;
    const started = this.write(name).finally(() => this.underway.delete(name));
    this.underway.set(name, started);
    return started;
  }

  private async write(name: string): Promise<ErrorCode> {
    const invalid = this.missingTopicError(name);
    if (invalid !== errorCode('UNKNOWN_TOPIC_OR_PARTITION')) return invalid;
    const topic = name === OFFSETS_TOPIC ? this.offsetsTopic() : this.ordinaryTopic(name);
    if (this.metadata.image.brokers.size < topic.replicationFactor) {
      return errorCode(name === OFFSETS_TOPIC ? 'COORDINATOR_NOT_AVAILABLE' : 'INVALID_REPLICATION_FACTOR');
    }
    const [created] = await this.admin.createTopics([topic], { timeoutMs: 0, validateOnly: false });
    const error = created?.error?.error;
    const isThere = error === undefined || error === 'REQUEST_TIMED_OUT' || error === 'TOPIC_ALREADY_EXISTS';
    return errorCode(isThere ? 'LEADER_NOT_AVAILABLE' : error);
  }

  private ordinaryTopic(name: string) {
    const { numPartitions, defaultReplicationFactor } = this.config;
    return { name, numPartitions, replicationFactor: defaultReplicationFactor, assignments: [], configs: [] };
  }

  /** Source: kafka.coordinator.group.GroupCoordinator.groupMetadataTopicConfigs, 3.9 */
  private offsetsTopic() {
    return {
      name: OFFSETS_TOPIC,
      numPartitions: this.config.offsetsTopicNumPartitions,
      replicationFactor: this.config.offsetsTopicReplicationFactor,
      assignments: [],
      configs: [
        { name: 'cleanup.policy', value: 'compact' },
        { name: 'compression.type', value: 'producer' },
        { name: 'segment.bytes', value: String(this.config.offsetsTopicSegmentBytes) },
      ],
    };
  }
}
