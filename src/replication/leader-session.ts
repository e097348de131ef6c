import { ZERO_UUID } from '../common/uuid.js';
import { errorName } from '../protocol/error-codes.js';
import type { FetchRequest } from '../protocol/messages/fetch-request.js';
import type { FetchResponse } from '../protocol/messages/fetch-response.js';
import { INITIAL_EPOCH, nextSessionEpoch, NO_SESSION_ID } from './fetch-session.js';
import { logOf, type FetchState } from './fetch-state.js';

type RequestTopics = FetchRequest['topics'];
type ForgottenTopics = FetchRequest['forgottenTopicsData'];

/** What goes into the next fetch. */
export interface SessionRequest {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly usesTopicIds: boolean;
  readonly topics: RequestTopics;
  readonly forgotten: ForgottenTopics;
}

/**
 * The fetcher's end of an incremental fetch session (KIP-227): keeps what the leader was asked for, so that a request names
 * only what changed since the one before. Costs go with the changes, not with the partitions.
 * Source: org.apache.kafka.clients.FetchSessionHandler, 3.9
 */
export class LeaderSession {
  private sessionId = NO_SESSION_ID;
  private sessionEpoch = INITIAL_EPOCH;
  private usesTopicIds = false;
  /** To be fetched, in the order of arrival. */
  private readonly wanted = new Set<FetchState>();
  /** Of these, what the leader does not know yet. */
  private readonly changed = new Set<FetchState>();
  /** What the leader holds for us, by its name there. */
  private readonly sent = new Map<string, FetchState>();
  /** Of these, what is not wanted any more. */
  private readonly forgotten = new Set<FetchState>();

  get wantedCount(): number {
    return this.wanted.size;
  }

  /** Fetch it, or fetch it from elsewhere. */
  offer(state: FetchState): void {
    this.wanted.add(state);
    this.changed.add(state);
    this.forgotten.delete(state);
  }

  /** Do not fetch it for now. */
  withdraw(state: FetchState): void {
    this.wanted.delete(state);
    this.changed.delete(state);
    if (this.sent.get(this.keyOf(state)) === state) this.forgotten.add(state);
  }

  /** undefined: nothing to ask for. The answer, or {@link onFailure}, comes before the next one. */
  build(maxBytes: number): SessionRequest | undefined {
    const usesTopicIds = this.wantsTopicIds();
    if (usesTopicIds !== this.usesTopicIds && this.sent.size > 0) this.closeAndBeginAnew();
    if (this.sessionEpoch === INITIAL_EPOCH) return this.buildFull(usesTopicIds, maxBytes);
    if (this.wanted.size === 0 && this.forgotten.size === 0) return undefined;
    const forgotten = this.listForgotten();
    for (const state of this.forgotten) this.sent.delete(this.keyOf(state));
    const topics = this.listTopics(this.changed, maxBytes);
    this.forgotten.clear();
    this.changed.clear();
    return { sessionId: this.sessionId, sessionEpoch: this.sessionEpoch, usesTopicIds, topics, forgotten };
  }

  private buildFull(usesTopicIds: boolean, maxBytes: number): SessionRequest | undefined {
    this.usesTopicIds = usesTopicIds;
    this.sent.clear();
    this.changed.clear();
    this.forgotten.clear();
    if (this.wanted.size === 0) return undefined;
    const topics = this.listTopics(this.wanted, maxBytes);
    return { sessionId: this.sessionId, sessionEpoch: INITIAL_EPOCH, usesTopicIds, topics, forgotten: [] };
  }

  private wantsTopicIds(): boolean {
    if (this.sessionEpoch !== INITIAL_EPOCH && this.usesTopicIds) {
      for (const state of this.changed) if (state.topicId === ZERO_UUID) return false;
      return true;
    }
    for (const state of this.wanted) if (state.topicId === ZERO_UUID) return false;
    return true;
  }

  /** @returns whether the partitions in the answer are to be looked at; and the fetch state of each, by {@link answered} */
  onResponse(response: FetchResponse): boolean {
    if (response.errorCode !== 0) {
      if (errorName(response.errorCode) === 'FETCH_SESSION_ID_NOT_FOUND') this.beginAnew();
      else this.closeAndBeginAnew();
      return false;
    }
    const isFull = this.sessionEpoch === INITIAL_EPOCH;
    if (!this.isComplete(response, isFull)) {
      if (isFull) this.beginAnew();
      else this.closeAndBeginAnew();
      return false;
    }
    if (response.sessionId === NO_SESSION_ID) this.beginAnew();
    else {
      this.sessionId = response.sessionId;
      this.sessionEpoch = nextSessionEpoch(this.sessionEpoch);
    }
    return true;
  }

  /** No answer came: whether the leader took the request is not known. */
  onFailure(): void {
    this.closeAndBeginAnew();
  }

  answered(topic: FetchResponse['responses'][number], partition: number): FetchState | undefined {
    return this.sent.get(wireKey(this.usesTopicIds ? topic.topicId : topic.topic, partition));
  }

  /** A full answer names every partition asked for, an incremental one none that was not. */
  private isComplete(response: FetchResponse, isFull: boolean): boolean {
    let count = 0;
    for (const topic of response.responses) {
      for (const partition of topic.partitions) {
        if (this.answered(topic, partition.partitionIndex) === undefined) return false;
        count++;
      }
    }
    return !isFull || count === this.sent.size;
  }

  private beginAnew(): void {
    this.sessionId = NO_SESSION_ID;
    this.sessionEpoch = INITIAL_EPOCH;
  }

  private closeAndBeginAnew(): void {
    this.sessionEpoch = INITIAL_EPOCH;
  }

  private listTopics(states: Iterable<FetchState>, partitionMaxBytes: number): RequestTopics {
    const topics: RequestTopics = [];
    let last: RequestTopics[number] | undefined;
    for (const state of states) {
      const { topic, partition } = state.partition;
      if (last?.topic !== topic || last.topicId !== state.topicId) {
        last = { topic, topicId: state.topicId, partitions: [] };
        topics.push(last);
      }
      state.requestedOffset = state.fetchOffset;
      this.sent.set(this.keyOf(state), state);
      last.partitions.push({
        partition,
        currentLeaderEpoch: state.leaderEpoch,
        fetchOffset: state.fetchOffset,
        lastFetchedEpoch: state.lastFetchedEpoch,
        logStartOffset: logOf(state.partition).logStartOffset,
        partitionMaxBytes,
        replicaDirectoryId: ZERO_UUID,
      });
    }
    return topics;
  }

  /** Without those that are asked for anew under the same name or id: the leader adds first and forgets then. */
  private listForgotten(): ForgottenTopics {
    const topics: ForgottenTopics = [];
    if (this.forgotten.size === 0) return topics;
    const renewed = new Set<string>();
    for (const state of this.changed) renewed.add(this.keyOf(state));
    let last: ForgottenTopics[number] | undefined;
    for (const state of this.forgotten) {
      if (renewed.has(this.keyOf(state))) continue;
      const { partition, topicId } = state;
      if (last?.topic !== partition.topic || last.topicId !== topicId) {
        last = { topic: partition.topic, topicId, partitions: [] };
        topics.push(last);
      }
      last.partitions.push(partition.partition);
    }
    return topics;
  }

  private keyOf(state: FetchState): string {
    return wireKey(this.usesTopicIds ? state.topicId : state.partition.topic, state.partition.partition);
  }
}

const wireKey = (topic: string, partition: number): string => `${topic}:${partition}`;
