import { errorNameOf, type ErrorName } from '../common/errors.js';
import type { TopicAdmin } from '../controller/zk/topic-admin.js';
import { validateTopicName } from '../controller/topic-validation.js';
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
  private readonly admin: Pick<TopicAdmin, 'createTopics'>;
  private readonly config: AutoTopicsConfig;
  private readonly underway = new Set<string>();

  constructor(admin: Pick<TopicAdmin, 'createTopics'>, config: AutoTopicsConfig) {
    this.admin = admin;
    this.config = config;
  }

  /** What to say of a topic that is not there and not to be created. */
  missingTopicError(name: string): ErrorCode {
    try {
      validateTopicName(name);
      return UNKNOWN_TOPIC;
    } catch (error) {
      return errorCode(errorNameOf(error));
    }
  }

  /**
   * By topic, what to tell the client now: LEADER_NOT_AVAILABLE when all is well, since leaders take a moment, and
   * UNKNOWN_TOPIC_OR_PARTITION while another request is creating it.
   */
  async create(names: Iterable<string>): Promise<Map<string, ErrorCode>> {
    const codes = new Map<string, ErrorCode>();
    const mine: string[] = [];
    for (const name of new Set(names)) {
      const invalid = this.missingTopicError(name);
      codes.set(name, invalid);
      if (invalid === UNKNOWN_TOPIC && !this.underway.has(name)) mine.push(name);
    }
    if (mine.length === 0) return codes;
    for (const name of mine) this.underway.add(name);
    try {
      const topics = mine.map((name) => (name === OFFSETS_TOPIC ? this.offsetsTopic() : this.ordinaryTopic(name)));
      // with no time nobody waits for leaders, and what was created "timed out"
      const created = await this.admin.createTopics(topics, { timeoutMs: 0, validateOnly: false });
      for (const { topic, error } of created) codes.set(topic, codeOf(error?.error));
    } finally {
      for (const name of mine) this.underway.delete(name);
    }
    return codes;
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

const UNKNOWN_TOPIC = errorCode('UNKNOWN_TOPIC_OR_PARTITION');

function codeOf(error: ErrorName | undefined): ErrorCode {
  const isThere = error === undefined || error === 'REQUEST_TIMED_OUT' || error === 'TOPIC_ALREADY_EXISTS';
  return errorCode(isThere ? 'LEADER_NOT_AVAILABLE' : error);
}
