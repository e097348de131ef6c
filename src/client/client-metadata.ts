import type { Uuid } from '../common/uuid.js';
import type { Destination } from '../network/call.js';
import { type ErrorCode, NONE } from '../protocol/error-codes.js';
import type { MetadataResponse } from '../protocol/messages/metadata-response.js';

/** What a client knows of the cluster: one answer to a Metadata request, by name. Never changed in place. */
export interface ClientMetadata {
  readonly clusterId: string | null;
  /** −1 if unknown. */
  readonly controllerId: number;
  readonly brokers: ReadonlyMap<number, Destination>;
  /** Topics without an error. */
  readonly topics: ReadonlyMap<string, ClientTopic>;
  /** The codes of topics that were asked for and have one. */
  readonly errors: ReadonlyMap<string, ErrorCode>;
}

export interface ClientTopic {
  readonly name: string;
  readonly topicId: Uuid;
  readonly isInternal: boolean;
  /** By partition number, from 0 on. */
  readonly partitions: readonly ClientPartition[];
}

export interface ClientPartition {
  readonly partition: number;
  readonly errorCode: ErrorCode;
  /** −1 none. */
  readonly leaderId: number;
  /** −1 unknown. */
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
}

export const EMPTY_METADATA: ClientMetadata = {
  clusterId: null,
  controllerId: -1,
  brokers: new Map(),
  topics: new Map(),
  errors: new Map(),
};

/**
 * What `response` says. A partition keeps its former leader if the response names one of an older epoch: a broker that
 * lags behind does not send clients back to a deposed leader (KIP-320).
 */
export function metadataFrom(response: MetadataResponse, before: ClientMetadata = EMPTY_METADATA): ClientMetadata {
  const topics = new Map<string, ClientTopic>();
  const errors = new Map<string, ErrorCode>();
  for (const topic of response.topics) {
    const name = topic.name ?? '';
    if (topic.errorCode !== NONE) {
      errors.set(name, topic.errorCode);
      continue;
    }
    const former = before.topics.get(name);
    const known = former?.topicId === topic.topicId ? former.partitions : [];
    const partitions = topic.partitions
      .map((p) => ({
        partition: p.partitionIndex,
        errorCode: p.errorCode,
        leaderId: p.leaderId,
        leaderEpoch: p.leaderEpoch,
        replicas: p.replicaNodes,
        isr: p.isrNodes,
      }))
      .sort((a, b) => a.partition - b.partition)
      .map((now) => newer(now, known[now.partition]));
    topics.set(name, { name, topicId: topic.topicId, isInternal: topic.isInternal, partitions });
  }
  return {
    clusterId: response.clusterId,
    controllerId: response.controllerId,
    brokers: new Map(response.brokers.map(({ nodeId, host, port }) => [nodeId, { nodeId, host, port }])),
    topics,
    errors,
  };
}

/** The partition's leader, if it has one and its broker is known. */
export function leaderIn(metadata: ClientMetadata, topic: string, partition: number): Destination | undefined {
  const leaderId = metadata.topics.get(topic)?.partitions[partition]?.leaderId;
  return leaderId === undefined ? undefined : metadata.brokers.get(leaderId);
}

function newer(now: ClientPartition, known: ClientPartition | undefined): ClientPartition {
  if (known === undefined || now.leaderEpoch < 0 || known.leaderEpoch <= now.leaderEpoch) return now;
  return known;
}
