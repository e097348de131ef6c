import { errorNameOf, KafkaError } from '../common/errors.js';
import type { Cancel } from '../platform/time.js';
import { type Destination, networkException, type PendingCall, type SentCall } from './call.js';
import { ClientConnection, type ConnectionOwner, type LinkServices } from './client-connection.js';
import type { Deferred } from './end-of-turn.js';

/**
 * Calls to one node on one lane. The connection is made when a call needs it, and made again, after a back-off, when it
 * broke. A connection that breaks fails what was sent; what waits goes out by the next one, or fails when that cannot be
 * made.
 */
export class NodeLink implements Deferred, ConnectionOwner {
  private readonly to: Destination;
  private readonly services: LinkServices;
  private state: 'idle' | 'backing-off' | 'connecting' | 'ready' | 'closed' = 'idle';
  private connection: ClientConnection | undefined;
  private waiting: PendingCall[] = [];
  private failedAttempts = 0;
  private cancelBackoff: Cancel | undefined;
  private cancelTimeout: Cancel | undefined;
  private timeoutAtMs = Infinity;

  constructor(to: Destination, services: LinkServices) {
    this.to = to;
    this.services = services;
  }

  get isReady(): boolean {
    return this.state === 'ready';
  }

  /** Whether it still goes to where `to` says. */
  leadsTo(to: Destination): boolean {
    return this.to.host === to.host && this.to.port === to.port;
  }

  add(call: PendingCall): void {
    if (this.state === 'closed') {
      this.failLater(call, networkException('the client is closed'));
    } else if (this.waiting.length >= this.services.config.maxQueued) {
      this.failLater(call, networkException(`${this.waiting.length} requests wait for node ${this.to.nodeId} already`));
    } else {
      this.waiting.push(call);
      this.expectBy(call.deadlineMs);
      this.services.endOfTurn.add(this);
    }
  }

  /** Fails everything; the link is of no more use. */
  close(reason: string): void {
    this.cancelBackoff?.();
    this.cancelTimeout?.();
    this.state = 'closed';
    const unanswered = this.connection?.abort() ?? [];
    this.connection = undefined;
    this.failAll([...unanswered, ...this.waiting.splice(0)], networkException(reason));
  }

  atEndOfTurn(): void {
    if (this.state === 'idle' && this.waiting.length > 0) this.connect();
    else if (this.state === 'ready') this.sendWaiting();
  }

  onReady(): void {
    this.state = 'ready';
    this.failedAttempts = 0;
    this.services.endOfTurn.add(this);
  }

  onRoom(): void {
    if (this.waiting.length > 0) this.services.endOfTurn.add(this);
  }

  onLost(unanswered: SentCall[], error: Error | undefined): void {
    const { nodeId, host, port } = this.to;
    const { logger } = this.services;
    const wasReady = this.state === 'ready';
    if (wasReady) logger.info(`Node ${nodeId} disconnected.`);
    else {
      logger.warn(
        `Connection to node ${nodeId} (${host}:${port}) could not be established. Node may not be available.`,
      );
    }
    const failed = wasReady ? unanswered : [...unanswered, ...this.waiting.splice(0)];
    this.backOff();
    const why = error === undefined ? '' : `: ${error.message}`;
    this.failAll(failed, networkException(`Connection to node ${nodeId} (${host}:${port}) is gone${why}`));
  }

  private connect(): void {
    this.state = 'connecting';
    this.connection = new ClientConnection(this.to, this.services, this);
  }

  private sendWaiting(): void {
    const { connection, waiting } = this;
    if (connection === undefined) return;
    let count = 0;
    for (const call of waiting) {
      if (!connection.hasRoom) break;
      count++;
      try {
        connection.send(call);
        if (call.isOneWay) this.services.endOfTurn.add({ atEndOfTurn: () => call.handler.onResponse({}) });
      } catch (error) {
        this.failLater(call, new KafkaError(errorNameOf(error), String(error))); // it cannot be written: it fails alone
      }
    }
    waiting.splice(0, count);
    connection.flush();
  }

  /** Source: org.apache.kafka.clients.ClusterConnectionStates, org.apache.kafka.common.utils.ExponentialBackoff, 3.9 */
  private backOff(): void {
    const { config, random, time } = this.services;
    const delayMs = Math.min(config.reconnectBackoffMaxMs, config.reconnectBackoffMs * 2 ** this.failedAttempts);
    this.failedAttempts = Math.min(this.failedAttempts + 1, MAX_EXPONENT);
    this.connection = undefined;
    this.state = 'backing-off';
    this.cancelBackoff = time.schedule(delayMs * (0.8 + 0.4 * random.float()), () => {
      this.cancelBackoff = undefined;
      this.state = 'idle';
      if (this.waiting.length > 0) this.connect();
    });
  }

  /** One timer a link, for the call that is due first. */
  private expectBy(deadlineMs: number): void {
    if (deadlineMs >= this.timeoutAtMs) return;
    this.cancelTimeout?.();
    this.timeoutAtMs = deadlineMs;
    const delayMs = Math.max(0, deadlineMs - this.services.time.nowMs());
    this.cancelTimeout = this.services.time.schedule(Math.ceil(delayMs), () => this.onTimeout());
  }

  /** A node that leaves a request unanswered for so long is given up: its connection goes, as with Kafka's clients. */
  private onTimeout(): void {
    this.timeoutAtMs = Infinity;
    this.cancelTimeout = undefined;
    const nowMs = this.services.time.nowMs();
    const timedOut = new KafkaError('REQUEST_TIMED_OUT', `node ${this.to.nodeId} did not answer in time`);
    const isLate = (call: PendingCall): boolean => call.deadlineMs <= nowMs;
    const late = this.waiting.filter(isLate);
    this.waiting = this.waiting.filter((call) => !isLate(call));
    if (this.connection?.unanswered.some(isLate) === true) {
      this.services.logger.info(`Disconnecting from node ${this.to.nodeId} due to request timeout.`);
      const unanswered = this.connection.abort();
      late.push(...unanswered.filter(isLate));
      this.onLost(
        unanswered.filter((call) => !isLate(call)),
        timedOut,
      );
    }
    const left = [...(this.connection?.unanswered ?? []), ...this.waiting];
    for (const call of left) this.expectBy(call.deadlineMs);
    this.failAll(late, timedOut);
  }

  private failAll(calls: readonly PendingCall[], error: KafkaError): void {
    for (const call of calls) call.handler.onFailure(error);
  }

  private failLater(call: PendingCall, error: KafkaError): void {
    this.services.endOfTurn.add({ atEndOfTurn: () => call.handler.onFailure(error) });
  }
}

/** Beyond it, doubling changes nothing. */
const MAX_EXPONENT = 30;
