import { errorNameOf, KafkaError } from '../common/errors.js';
import type { Logger } from '../platform/logger.js';
import type { Cancel, Time } from '../platform/time.js';
import { errorName } from '../protocol/error-codes.js';
import type { FetchRequest } from '../protocol/messages/fetch-request.js';
import type { FetchResponse } from '../protocol/messages/fetch-response.js';
import { logOf, type FetchState } from './fetch-state.js';
import type { FetchTransport } from './fetch-transport.js';
import { LeaderSession, type SessionRequest } from './leader-session.js';
import { leaderOffset } from './leader-offset.js';
import type { Partition } from './partition.js';
import type { ReplicationCounters } from './replication-counters.js';
import type { ReplicationSettings } from './settings.js';
import { planOutOfRange, truncationOffset } from './truncation.js';

export interface ReplicaFetcherParts {
  readonly settings: ReplicationSettings;
  readonly transport: FetchTransport;
  readonly time: Time;
  readonly logger: Logger;
  readonly counters: ReplicationCounters;
  /** Of this broker, as the fetch names it; −1 before the registration. */
  readonly brokerEpoch: () => number;
  readonly onHighWatermarkMoved: () => void;
}

type FetchedPartitionResponse = FetchResponse['responses'][number]['partitions'][number];

/** inter.broker.protocol.version 3.9; without topic ids (a controller below 2.8) the last version that names topics. */
const FETCH_VERSION = 17;
const FETCH_VERSION_BY_NAME = 12;
const FIRST_RETRY_MS = 20;

/** `soon`: the leader does not lead it yet; `later`: back off. */
type Outcome = 'done' | 'soon' | 'later';

/**
 * Copies the partitions that one leader leads and this fetcher follows: one fetch after the other, each answered by the
 * leader when there is data. Every step is done within the turn that brought the answer.
 * Source: kafka.server.AbstractFetcherThread, ReplicaFetcherThread, RemoteLeaderEndPoint, 3.9
 */
export class ReplicaFetcher {
  readonly leader: number;
  readonly fetcherId: number;
  private readonly parts: ReplicaFetcherParts;
  private readonly logger: Logger;
  private readonly states = new Map<string, FetchState>();
  private readonly session = new LeaderSession();
  private readonly backOffs = new Set<Cancel>();
  private isInFlight = false;
  private isStarting = false;
  private isClosed = false;

  constructor(leader: number, fetcherId: number, parts: ReplicaFetcherParts) {
    this.leader = leader;
    this.fetcherId = fetcherId;
    this.parts = parts;
    this.logger = parts.logger;
  }

  get partitionCount(): number {
    return this.states.size;
  }

  /** Begins with the next fetch: one that is under way is waited for. */
  add(state: FetchState): void {
    this.remove(state.partition.key);
    this.states.set(state.partition.key, state);
    this.session.offer(state);
    if (this.isStarting) return;
    this.isStarting = true;
    this.parts.time.schedule(0, () => {
      this.isStarting = false;
      this.fetchNext(); // one request for the whole batch of changes
    });
  }

  remove(key: string): boolean {
    const state = this.states.get(key);
    if (state === undefined) return false;
    this.drop(state);
    return true;
  }

  close(): void {
    this.isClosed = true;
    for (const state of [...this.states.values()]) this.drop(state);
    for (const cancel of this.backOffs) cancel();
    this.parts.transport.close(this.leader, this.fetcherId);
  }

  private drop(state: FetchState): void {
    this.states.delete(state.partition.key);
    this.session.withdraw(state);
    state.phase = 'gone';
  }

  // ---- asking ------------------------------------------------------------------------------------------------------

  private fetchNext(): void {
    if (this.isInFlight || this.isClosed) return;
    const request = this.session.build(this.parts.settings.replicaFetchMaxBytes);
    if (request === undefined) return;
    this.isInFlight = true;
    const version = request.usesTopicIds ? FETCH_VERSION : FETCH_VERSION_BY_NAME;
    this.parts.transport.fetch(this.leader, this.fetcherId, version, this.fetchRequest(request, version), {
      onResponse: (response) => {
        this.isInFlight = false;
        if (!this.isClosed) this.onResponse(response);
        this.fetchNext();
      },
      onFailure: (error) => {
        this.isInFlight = false;
        if (!this.isClosed) this.onFailure(error);
      },
    });
  }

  private fetchRequest(request: SessionRequest, version: number): FetchRequest {
    const { settings } = this.parts;
    const byState = version >= 15;
    return {
      clusterId: null,
      replicaId: byState ? -1 : settings.brokerId,
      replicaState: byState
        ? { replicaId: settings.brokerId, replicaEpoch: this.parts.brokerEpoch() }
        : { replicaId: -1, replicaEpoch: -1 },
      maxWaitMs: settings.replicaFetchWaitMaxMs,
      minBytes: settings.replicaFetchMinBytes,
      maxBytes: settings.replicaFetchResponseMaxBytes,
      isolationLevel: 0,
      sessionId: request.sessionId,
      sessionEpoch: request.sessionEpoch,
      topics: request.topics,
      forgottenTopicsData: request.forgotten,
      rackId: '',
    };
  }

  /** Nothing is known of what the leader did: everything waits, and the session begins anew. */
  private onFailure(error: KafkaError): void {
    this.logger.warn(`Error in response for fetch request to broker ${this.leader}: ${error.error} ${error.message}`);
    this.session.onFailure();
    this.backOff([...this.states.values()].filter((state) => state.phase === 'fetching'));
  }

  private backOff(states: readonly FetchState[], delayMs = this.parts.settings.replicaFetchBackoffMs): void {
    if (states.length === 0) return;
    for (const state of states) {
      state.phase = 'waiting';
      this.session.withdraw(state);
    }
    const cancel = this.parts.time.schedule(delayMs, () => {
      this.backOffs.delete(cancel);
      for (const state of states) this.resume(state);
      this.fetchNext();
    });
    this.backOffs.add(cancel);
  }

  /**
   * The leader has not heard of its election yet: a moment, then longer ones.
   * Differs: Kafka waits for replica.fetch.backoff.ms each time, and acks=all with it, after each election that a follower
   * hears of before the leader does.
   */
  private backOffBriefly(states: readonly FetchState[]): void {
    const byDelay = new Map<number, FetchState[]>();
    for (const state of states) {
      const delayMs = Math.min(FIRST_RETRY_MS * 2 ** state.failures++, this.parts.settings.replicaFetchBackoffMs);
      const others = byDelay.get(delayMs);
      if (others === undefined) byDelay.set(delayMs, [state]);
      else others.push(state);
    }
    for (const [delayMs, together] of byDelay) this.backOff(together, delayMs);
  }

  private resume(state: FetchState): void {
    if (state.phase !== 'waiting') return;
    state.phase = 'fetching';
    this.session.offer(state);
  }

  // ---- answers -----------------------------------------------------------------------------------------------------

  private onResponse(response: FetchResponse): void {
    if (!this.session.onResponse(response)) {
      const error = errorName(response.errorCode);
      this.logger.info(`Node ${this.leader} was unable to process the fetch request: ${error}`);
      // An id that the leader does not know is about the partitions: they wait. The rest is about the session: at once.
      const isAboutIds =
        error === 'UNKNOWN_TOPIC_ID' || error === 'FETCH_SESSION_TOPIC_ID_ERROR' || error === 'INCONSISTENT_TOPIC_ID';
      if (isAboutIds) this.backOff([...this.states.values()].filter((state) => state.phase === 'fetching'));
      return;
    }
    const later: FetchState[] = [];
    const soon: FetchState[] = [];
    const moved: Partition[] = [];
    for (const topic of response.responses) {
      for (const data of topic.partitions) {
        const state = this.session.answered(topic, data.partitionIndex);
        // Removed, or cut, since it was asked for: the answer is about a state that is gone.
        if (state?.phase !== 'fetching' || state.fetchOffset !== state.requestedOffset) continue;
        const outcome = this.process(state, data, moved);
        if (outcome === 'later') later.push(state);
        else if (outcome === 'soon') soon.push(state);
        else state.failures = 0;
      }
    }
    this.backOff(later);
    this.backOffBriefly(soon);
    if (moved.length > 0) this.parts.onHighWatermarkMoved();
    for (const partition of moved) partition.wakeFetches();
  }

  private process(state: FetchState, data: FetchedPartitionResponse, moved: Partition[]): Outcome {
    const { partition } = state;
    const error = errorName(data.errorCode);
    switch (error) {
      case 'NONE':
        return this.guarded(state, () => {
          if (data.divergingEpoch.endOffset >= 0 || data.divergingEpoch.epoch >= 0) this.truncate(state, data);
          else if (this.append(state, data)) moved.push(partition);
        });
      case 'OFFSET_OUT_OF_RANGE':
        void this.onOutOfRange(state);
        return 'done';
      case 'FENCED_LEADER_EPOCH':
        this.logger.info(
          `Partition ${partition.key} has an older epoch (${state.leaderEpoch}) than the current leader. Will await the new LeaderAndIsr state before resuming fetching.`,
        );
        this.drop(state);
        return 'done';
      case 'UNKNOWN_LEADER_EPOCH':
      case 'NOT_LEADER_OR_FOLLOWER':
        if (this.logger.isDebug) this.logger.debug(`${error} for ${partition.key} from broker ${this.leader}`);
        return 'soon';
      case 'UNKNOWN_TOPIC_OR_PARTITION':
      case 'UNKNOWN_TOPIC_ID':
      case 'INCONSISTENT_TOPIC_ID':
        this.logger.warn(
          `Received ${error} from the leader for partition ${partition.key}. This error may be returned transiently when the partition is being created or deleted, but it is not expected to persist.`,
        );
        return 'soon';
      default:
        this.logger.error(
          `Error for partition ${partition.key} at offset ${state.fetchOffset} from broker ${this.leader}: ${error}`,
        );
        return 'later';
    }
  }

  /** Corrupt bytes may be whole the next time; a failing disk or anything unforeseen ends the fetching of this partition alone. */
  private guarded(state: FetchState, step: () => void): Outcome {
    try {
      step();
      return 'done';
    } catch (thrown) {
      const error = errorNameOf(thrown);
      const { key } = state.partition;
      if (error === 'CORRUPT_MESSAGE' || error === 'INVALID_RECORD') {
        this.logger.error(
          `Found invalid messages during fetch for partition ${key} offset ${state.fetchOffset}`,
          thrown,
        );
        return 'later';
      }
      this.logger.error(
        `Error while processing data for partition ${key} at offset ${state.fetchOffset}: it is not fetched any more until its leader changes`,
        thrown,
      );
      this.drop(state);
      return 'done';
    }
  }

  /** @returns whether the high watermark moved */
  private append(state: FetchState, data: FetchedPartitionResponse): boolean {
    const { partition } = state;
    const log = logOf(partition);
    if (state.fetchOffset !== log.logEndOffset) {
      throw new Error(
        `Offset mismatch for partition ${partition.key}: fetched offset = ${state.fetchOffset}, log end offset = ${log.logEndOffset}.`,
      );
    }
    const { records } = data;
    const startBefore = log.logStartOffset;
    if (Buffer.isBuffer(records) && records.length > 0) {
      partition.appendAsFollower(records);
      this.parts.counters.replicationBytesIn += records.length;
    }
    const hasMoved = log.updateHighWatermark(data.highWatermark);
    if (data.logStartOffset > log.logStartOffset) log.maybeIncrementLogStartOffset(data.logStartOffset);
    if (log.logEndOffset !== state.fetchOffset || log.logStartOffset !== startBefore)
      this.goOnFrom(state, log.logEndOffset);
    return hasMoved;
  }

  private goOnFrom(state: FetchState, offset: number): void {
    state.fetchOffset = offset;
    state.lastFetchedEpoch = logOf(state.partition).latestEpoch;
    this.session.offer(state);
  }

  /** The watermarks of the answer are not taken over: the next one, after the cut, brings them. */
  private truncate(state: FetchState, data: FetchedPartitionResponse): void {
    const { partition } = state;
    const log = logOf(partition);
    const { divergingEpoch: leaderEnd } = data;
    const ours = log.endOffsetForEpoch(leaderEnd.epoch);
    const offset = truncationOffset(leaderEnd, ours, log.logEndOffset, state.fetchOffset);
    this.logger.info(
      `Truncating partition ${partition.key} to ${offset} due to leader epoch ${leaderEnd.epoch} and end offset ${leaderEnd.endOffset}`,
    );
    if (offset < log.highWatermark) {
      this.logger.warn(`Truncating ${partition.key} to offset ${offset} below high watermark ${log.highWatermark}`);
    }
    partition.truncateTo(offset);
    this.goOnFrom(state, offset);
  }

  // ---- out of range ------------------------------------------------------------------------------------------------

  /** Asks the leader where its log ends, and where it begins if that decides. Meanwhile the partition is not fetched. */
  private async onOutOfRange(state: FetchState): Promise<void> {
    state.phase = 'waiting';
    this.session.withdraw(state);
    try {
      const end = await leaderOffset(this, this.parts, state, 'latest');
      if (isGone(state)) return;
      let plan = planOutOfRange(end, undefined, logOf(state.partition).logEndOffset);
      if (plan.kind === 'ask-start') {
        const start = await leaderOffset(this, this.parts, state, 'earliest');
        if (isGone(state)) return;
        plan = planOutOfRange(end, start, logOf(state.partition).logEndOffset);
      }
      this.reset(state, plan);
    } catch (thrown) {
      this.onResetFailed(state, thrown);
    }
  }

  private reset(state: FetchState, plan: ReturnType<typeof planOutOfRange>): void {
    if (plan.kind === 'ask-start') return;
    const { partition } = state;
    this.logger.warn(
      `Current offset ${state.fetchOffset} for partition ${partition.key} is out of range, which typically implies a leader change. Reset fetch offset to ${plan.offset} (${plan.kind})`,
    );
    if (plan.kind === 'truncate') partition.truncateTo(plan.offset);
    if (plan.kind === 'start-anew') partition.truncateFullyAndStartAt(plan.offset);
    state.phase = 'fetching';
    this.goOnFrom(state, plan.offset);
    this.fetchNext();
  }

  private onResetFailed(state: FetchState, thrown: unknown): void {
    if (isGone(state)) return;
    const error = errorNameOf(thrown);
    if (error === 'FENCED_LEADER_EPOCH' || error === 'KAFKA_STORAGE_ERROR') {
      this.logger.error(`${state.partition.key} is not fetched any more until its leader changes: ${error}`, thrown);
      this.drop(state);
      return;
    }
    this.logger.info(`Could not fetch offset for ${state.partition.key} due to error ${error}`);
    this.backOff([state]);
  }
}

const isGone = (state: FetchState): boolean => state.phase === 'gone';
