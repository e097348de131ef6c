import { errorCode, NONE } from '../protocol/error-codes.js';
import type { FetchRequest } from '../protocol/messages/fetch-request.js';
import { ZERO_UUID, type Uuid } from '../common/uuid.js';
import type { Random } from '../platform/random.js';
import type { Time } from '../platform/time.js';
import {
  fetchResponseOf,
  recordsSize,
  releaseRecords,
  type FetchedPartition,
  type FetchResponseBody,
  type NodeEndpoint,
} from './fetch-response.js';
import type { PartitionFetch } from './partition-fetch.js';
import type { ReplicationCounters } from './replication-counters.js';

/** One partition of a fetch; in a session it stays and remembers what the fetcher was last told (KIP-227). */
export interface FetchTarget extends PartitionFetch {
  /** undefined while no topic of that id is known. */
  topic: string | undefined;
  readonly topicId: Uuid;
  currentLeaderEpoch: number;
  fetchOffset: number;
  lastFetchedEpoch: number;
  logStartOffset: number;
  partitionMaxBytes: number;
  toldHighWatermark: number;
  toldLogStartOffset: number;
}

/** What one fetch is about and how its answer is put together. */
export interface FetchContext {
  readonly targets: Iterable<FetchTarget>;
  /** Takes over `fetched`: what is not sent is released. */
  respond(fetched: FetchedPartition[], endpoints: NodeEndpoint[]): FetchResponseBody;
}

export const NO_SESSION_ID = 0;
/** Asks for everything, and for a session. */
export const INITIAL_EPOCH = 0;
/** Asks for everything, and for no session. */
export const FINAL_EPOCH = -1;
const FIRST_TOPIC_ID_VERSION = 13;

/** 1, 2, … 2³¹−1, then 1 again. Source: org.apache.kafka.common.requests.FetchMetadata.nextEpoch, 3.9 */
export function nextSessionEpoch(epoch: number): number {
  if (epoch < 0) return FINAL_EPOCH;
  return epoch === 0x7fffffff ? 1 : epoch + 1;
}

interface Session {
  readonly id: number;
  /** A follower's: a consumer's is evicted before it. */
  readonly privileged: boolean;
  readonly usesTopicIds: boolean;
  readonly createdMs: number;
  /** In the order in which they are read: one that had data goes to the end. */
  readonly targets: Map<string, FetchTarget>;
  /** Of the next request. */
  epoch: number;
  lastUsedMs: number;
  /** Its size when last used; with `privileged` what it is worth against a new one. */
  cachedSize: number;
  /** Old enough, when last used, to be evicted for a privileged one, for any one. */
  evictableByPrivileged: boolean;
  evictableByAll: boolean;
}

/** A session unused for so long gives way to any new one; one younger than this gives way to none of its kind. */
const EVICTION_MS = 120_000;

/**
 * Incremental fetch sessions of this broker: at most `slots`, and a full cache takes a new one only in place of one that is
 * unused or worth less.
 * Differs: Kafka 3.9 splits its slots over eight locks, and evicts within one of them; here nothing is locked and nothing split.
 * Source: kafka.server.FetchSessionCache, FetchManager, 3.9
 */
export class FetchSessions {
  private readonly slots: number;
  private readonly time: Time;
  private readonly random: Random;
  private readonly counters: ReplicationCounters;
  /** Least recently used first. */
  private readonly sessions = new Map<number, Session>();

  constructor(slots: number, time: Time, random: Random, counters: ReplicationCounters) {
    this.slots = slots;
    this.time = time;
    this.random = random;
    this.counters = counters;
  }

  /** Sessions held, and the partitions in them. */
  get size(): number {
    return this.sessions.size;
  }

  get partitionCount(): number {
    let count = 0;
    for (const session of this.sessions.values()) count += session.cachedSize;
    return count;
  }

  /** @param topicName the name behind an id, undefined if unknown here */
  begin(
    request: FetchRequest,
    version: number,
    isFollower: boolean,
    topicName: (id: Uuid) => string | undefined,
  ): FetchContext {
    const usesTopicIds = version >= FIRST_TOPIC_ID_VERSION;
    if (request.sessionEpoch === INITIAL_EPOCH || request.sessionEpoch === FINAL_EPOCH) {
      this.sessions.delete(request.sessionId); // whoever asks for everything has no use for the old one
      const targets = targetsOf(request, usesTopicIds, topicName);
      return request.sessionEpoch === FINAL_EPOCH || version < 7
        ? sessionless(targets)
        : this.full(targets, isFollower, usesTopicIds);
    }
    const session = this.sessions.get(request.sessionId);
    if (session === undefined) return refusal('FETCH_SESSION_ID_NOT_FOUND');
    if (session.epoch !== request.sessionEpoch) return refusal('INVALID_FETCH_SESSION_EPOCH');
    if (session.usesTopicIds !== usesTopicIds) return refusal('FETCH_SESSION_TOPIC_ID_ERROR');
    updateTargets(session, request, topicName);
    if (session.targets.size === 0) {
      this.sessions.delete(session.id);
      return sessionless([]);
    }
    this.touch(session);
    session.epoch = nextSessionEpoch(session.epoch);
    return this.incremental(session, topicName);
  }

  /** The session begins with the answer: only now it is known which partitions it holds. */
  private full(targets: FetchTarget[], isFollower: boolean, usesTopicIds: boolean): FetchContext {
    return {
      targets,
      respond: (fetched, endpoints) => {
        for (const { target, data } of fetched) {
          target.toldHighWatermark = data.highWatermark;
          target.toldLogStartOffset = data.logStartOffset;
        }
        const id = this.create(fetched, isFollower, usesTopicIds);
        return fetchResponseOf(NONE, id, fetched, endpoints);
      },
    };
  }

  private incremental(session: Session, topicName: (id: Uuid) => string | undefined): FetchContext {
    const expectedEpoch = session.epoch;
    for (const target of session.targets.values()) {
      if (target.topic === undefined) target.topic = topicName(target.topicId);
    }
    return {
      targets: session.targets.values(),
      respond: (fetched, endpoints) => {
        if (session.epoch !== expectedEpoch) {
          releaseRecords(fetched);
          return fetchResponseOf(errorCode('INVALID_FETCH_SESSION_EPOCH'), session.id, [], []);
        }
        const changed = fetched.filter((each) => this.tell(session, each));
        return fetchResponseOf(NONE, session.id, changed, endpoints);
      },
    };
  }

  /** Whether the fetcher has to hear of this partition; notes what it hears. */
  private tell(session: Session, { target, data }: FetchedPartition): boolean {
    const hasRecords = recordsSize(data) > 0;
    const isNews =
      hasRecords ||
      target.toldHighWatermark !== data.highWatermark ||
      target.toldLogStartOffset !== data.logStartOffset ||
      data.preferredReadReplica !== -1 ||
      data.errorCode !== NONE ||
      data.divergingEpoch.epoch >= 0;
    // After an error everything is news.
    target.toldHighWatermark = data.errorCode === NONE ? data.highWatermark : -1;
    target.toldLogStartOffset = data.logStartOffset;
    if (hasRecords) {
      const key = targetKey(session.usesTopicIds ? target.topicId : (target.topic ?? ''), target.partition);
      if (session.targets.delete(key)) session.targets.set(key, target);
    }
    return isNews;
  }

  /** @returns the id, or 0 when the cache is full of better ones */
  private create(fetched: readonly FetchedPartition[], privileged: boolean, usesTopicIds: boolean): number {
    const nowMs = this.time.nowMs();
    if (this.sessions.size >= this.slots && !this.evictFor(privileged, fetched.length, nowMs)) return NO_SESSION_ID;
    const targets = new Map<string, FetchTarget>();
    for (const { target } of fetched) {
      targets.set(targetKey(usesTopicIds ? target.topicId : (target.topic ?? ''), target.partition), target);
    }
    const session: Session = {
      id: this.newId(),
      privileged,
      usesTopicIds,
      createdMs: nowMs,
      targets,
      epoch: nextSessionEpoch(INITIAL_EPOCH),
      lastUsedMs: nowMs,
      cachedSize: targets.size,
      evictableByPrivileged: !privileged,
      evictableByAll: false,
    };
    this.sessions.set(session.id, session);
    return session.id;
  }

  private newId(): number {
    for (;;) {
      const id = 1 + this.random.int(0x7fffffff - 1);
      if (!this.sessions.has(id)) return id;
    }
  }

  private touch(session: Session): void {
    const nowMs = this.time.nowMs();
    const isOld = nowMs - session.createdMs > EVICTION_MS;
    session.lastUsedMs = nowMs;
    session.cachedSize = session.targets.size;
    session.evictableByPrivileged = !session.privileged || isOld;
    session.evictableByAll = isOld;
    this.sessions.delete(session.id);
    this.sessions.set(session.id, session);
  }

  /** Makes room for a session of `size` partitions if one is stale, or worth no more than it. */
  private evictFor(privileged: boolean, size: number, nowMs: number): boolean {
    const [oldest] = this.sessions.values();
    if (oldest === undefined) return false;
    let victim: Session | undefined = nowMs - oldest.lastUsedMs > EVICTION_MS ? oldest : undefined;
    if (victim === undefined) {
      for (const session of this.sessions.values()) {
        const isEvictable = privileged ? session.evictableByPrivileged : session.evictableByAll;
        if (isEvictable && (victim === undefined || compareWorth(session, victim) < 0)) victim = session;
      }
      if (victim === undefined) return false;
      if (compareWorth({ privileged, cachedSize: size, id: 0 }, victim) < 0) return false;
    }
    this.sessions.delete(victim.id);
    this.counters.sessionEvictions++;
    return true;
  }
}

type Worth = Pick<Session, 'privileged' | 'cachedSize' | 'id'>;

/** Followers above consumers, more partitions above fewer. Source: kafka.server.EvictableKey, 3.9 */
function compareWorth(a: Worth, b: Worth): number {
  return Number(a.privileged) - Number(b.privileged) || a.cachedSize - b.cachedSize || a.id - b.id;
}

const targetKey = (topic: string, partition: number): string => `${topic}:${partition}`;

/** Differs: a partition that is named twice is answered twice; Kafka's map of partitions forgets the first. */
function sessionless(targets: FetchTarget[]): FetchContext {
  return {
    targets,
    respond: (fetched, endpoints) => fetchResponseOf(NONE, NO_SESSION_ID, fetched, endpoints),
  };
}

function refusal(
  error: 'FETCH_SESSION_ID_NOT_FOUND' | 'INVALID_FETCH_SESSION_EPOCH' | 'FETCH_SESSION_TOPIC_ID_ERROR',
): FetchContext {
  return { targets: [], respond: () => fetchResponseOf(errorCode(error), NO_SESSION_ID, [], []) };
}

type RequestTopic = FetchRequest['topics'][number];
type RequestPartition = RequestTopic['partitions'][number];

function targetsOf(
  request: FetchRequest,
  usesTopicIds: boolean,
  topicName: (id: Uuid) => string | undefined,
): FetchTarget[] {
  const targets: FetchTarget[] = [];
  for (const topic of request.topics) {
    const name = usesTopicIds ? topicName(topic.topicId) : topic.topic;
    for (const partition of topic.partitions) targets.push(newTarget(name, topic.topicId, partition));
  }
  return targets;
}

function newTarget(topic: string | undefined, topicId: Uuid, asked: RequestPartition): FetchTarget {
  return {
    topic,
    topicId,
    partition: asked.partition,
    currentLeaderEpoch: asked.currentLeaderEpoch,
    fetchOffset: asked.fetchOffset,
    lastFetchedEpoch: asked.lastFetchedEpoch,
    logStartOffset: asked.logStartOffset,
    partitionMaxBytes: asked.partitionMaxBytes,
    toldHighWatermark: -1,
    toldLogStartOffset: -1,
  };
}

/** Takes over what the request changes: partitions to add, to read from elsewhere, to forget. */
function updateTargets(session: Session, request: FetchRequest, topicName: (id: Uuid) => string | undefined): void {
  for (const topic of request.topics) {
    const id = session.usesTopicIds ? topic.topicId : topic.topic;
    for (const asked of topic.partitions) {
      const key = targetKey(id, asked.partition);
      const known = session.targets.get(key);
      if (known === undefined) {
        const name = session.usesTopicIds ? topicName(topic.topicId) : topic.topic;
        const topicId = session.usesTopicIds ? topic.topicId : ZERO_UUID;
        session.targets.set(key, newTarget(name, topicId, asked));
      } else {
        known.currentLeaderEpoch = asked.currentLeaderEpoch;
        known.fetchOffset = asked.fetchOffset;
        known.lastFetchedEpoch = asked.lastFetchedEpoch;
        known.logStartOffset = asked.logStartOffset;
        known.partitionMaxBytes = asked.partitionMaxBytes;
      }
    }
  }
  for (const topic of request.forgottenTopicsData) {
    const id = session.usesTopicIds ? topic.topicId : topic.topic;
    for (const partition of topic.partitions) session.targets.delete(targetKey(id, partition));
  }
}
