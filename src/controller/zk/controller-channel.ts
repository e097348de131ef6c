import { leaderAndIsrRequest } from '../../protocol/messages/leader-and-isr-request.js';
import { leaderAndIsrResponse, type LeaderAndIsrResponse } from '../../protocol/messages/leader-and-isr-response.js';
import { stopReplicaRequest } from '../../protocol/messages/stop-replica-request.js';
import { stopReplicaResponse, type StopReplicaResponse } from '../../protocol/messages/stop-replica-response.js';
import { updateMetadataRequest } from '../../protocol/messages/update-metadata-request.js';
import { updateMetadataResponse } from '../../protocol/messages/update-metadata-response.js';
import type { Message, TypeOf } from '../../protocol/schema.js';
import type { Logger } from '../../platform/logger.js';
import { delay, type Time } from '../../platform/time.js';
import type { LiveBroker } from '../../zookeeper/broker-store.js';
import {
  endpointOf,
  leaderAndIsrBody,
  mergeBatches,
  stopReplicaBody,
  type ControlBatch,
  type ControllerIdentity,
} from './control-batch.js';

/** Where a broker listens for other brokers. */
export interface BrokerNode {
  readonly id: number;
  readonly host: string;
  readonly port: number;
}

/** One version of one control API. */
export interface ControlApi<Q extends Message, R extends Message> {
  readonly request: Q;
  readonly response: R;
  readonly version: number;
}

/**
 * Sends a request to a broker and resolves with its answer; rejects when the connection fails or the answer does not come.
 * The caller sends one request at a time to each broker. Implemented over the network client by the server.
 */
export type ControllerChannelSender = <Q extends Message, R extends Message>(
  node: BrokerNode,
  api: ControlApi<Q, R>,
  body: TypeOf<Q['fields']>,
) => Promise<TypeOf<R['fields']>>;

/** What the controller does with the answers; called once for each request, in any order among brokers. */
export interface ChannelListener {
  onLeaderAndIsrResponse(brokerId: number, response: LeaderAndIsrResponse): void;
  /** `deleted`: keys of the partitions that were to be deleted. */
  onStopReplicaResponse(brokerId: number, response: StopReplicaResponse, deleted: ReadonlySet<string>): void;
}

export interface ChannelConfig {
  /** inter.broker.listener.name, upper case. */
  readonly interBrokerListener: string;
}

const LEADER_AND_ISR = { request: leaderAndIsrRequest, response: leaderAndIsrResponse, version: 7 } as const;
const UPDATE_METADATA = { request: updateMetadataRequest, response: updateMetadataResponse, version: 8 } as const;
const STOP_REPLICA = { request: stopReplicaRequest, response: stopReplicaResponse, version: 4 } as const;
/** Source: kafka.controller.RequestSendThread, 3.9 */
const RETRY_BACKOFF_MS = 100;

/**
 * The controller's lines to the brokers of one reign: a queue for each, one request outstanding, repeated until it is
 * answered or the broker is removed.
 * Source: kafka.controller.ControllerChannelManager, 3.9
 */
export class ControllerChannel {
  private readonly lines = new Map<number, BrokerLine>();
  private readonly identity: ControllerIdentity;
  private readonly config: ChannelConfig;
  private readonly send: ControllerChannelSender;
  private readonly time: Time;
  private readonly logger: Logger;
  private readonly listener: ChannelListener;
  private closed = false;

  constructor(
    identity: ControllerIdentity,
    config: ChannelConfig,
    world: { readonly send: ControllerChannelSender; readonly time: Time; readonly logger: Logger },
    listener: ChannelListener,
  ) {
    this.identity = identity;
    this.config = config;
    this.send = world.send;
    this.time = world.time;
    this.logger = world.logger;
    this.listener = listener;
  }

  /** Begins to serve a broker; one that was known (another epoch, another address) is forgotten with all that waits. */
  addBroker(live: LiveBroker): void {
    this.removeBroker(live.broker.id);
    const endpoint = endpointOf(live.broker, this.config.interBrokerListener);
    if (endpoint === undefined) {
      this.logger.error(
        `broker ${live.broker.id} has no listener ${this.config.interBrokerListener}: it cannot be told anything`,
      );
      return;
    }
    const node = { id: live.broker.id, host: endpoint.host, port: endpoint.port };
    this.lines.set(node.id, { node, brokerEpoch: live.epoch, waiting: [], sending: false, removed: false });
  }

  removeBroker(id: number): void {
    const line = this.lines.get(id);
    if (line === undefined) return;
    line.removed = true;
    line.waiting = [];
    this.lines.delete(id);
  }

  /** Ends the reign: nothing more is sent, answers that are under way are dropped. */
  close(): void {
    this.closed = true;
    for (const id of [...this.lines.keys()]) this.removeBroker(id);
  }

  enqueue(brokerId: number, batch: ControlBatch): void {
    const line = this.lines.get(brokerId);
    if (this.closed || line === undefined) return;
    const last = line.waiting.at(-1);
    const merged = last === undefined ? undefined : mergeBatches(last, batch);
    if (merged === undefined) line.waiting.push(batch);
    else line.waiting[line.waiting.length - 1] = merged;
    if (!line.sending) void this.drain(line);
  }

  private async drain(line: BrokerLine): Promise<void> {
    line.sending = true;
    for (let batch = line.waiting.shift(); batch !== undefined; batch = line.waiting.shift()) {
      await this.tell(line, batch);
    }
    line.sending = false;
  }

  private async tell(line: BrokerLine, batch: ControlBatch): Promise<void> {
    const { identity } = this;
    const { brokerEpoch, node } = line;
    if (batch.leaderAndIsr.size > 0) {
      const body = leaderAndIsrBody(batch, identity, brokerEpoch, this.config.interBrokerListener);
      const answer = await this.deliver(line, LEADER_AND_ISR, body);
      if (answer !== undefined) this.listener.onLeaderAndIsrResponse(node.id, answer);
    }
    if (batch.metadata !== undefined) {
      await this.deliver(line, UPDATE_METADATA, batch.metadata.request(identity, brokerEpoch));
    }
    if (batch.stop.size > 0) {
      const body = stopReplicaBody(batch.stop.values(), identity, brokerEpoch);
      const answer = await this.deliver(line, STOP_REPLICA, body);
      const deleted = new Set([...batch.stop].filter(([, { deletePartition }]) => deletePartition).map(([key]) => key));
      if (answer !== undefined) this.listener.onStopReplicaResponse(node.id, answer, deleted);
    }
  }

  /** undefined: the broker was removed before it answered. */
  private async deliver<Q extends Message, R extends Message>(
    line: BrokerLine,
    api: ControlApi<Q, R>,
    body: TypeOf<Q['fields']>,
  ): Promise<TypeOf<R['fields']> | undefined> {
    while (!line.removed) {
      try {
        const answer = await this.send(line.node, api, body);
        return isRemoved(line) ? undefined : answer;
      } catch (error) {
        if (isRemoved(line)) return undefined;
        const { id, host, port } = line.node;
        this.logger.warn(
          `Controller ${this.identity.controllerId} epoch ${this.identity.controllerEpoch} fails to send ${api.request.name} to broker ${host}:${port} (id: ${id}). Reconnecting to broker.`,
          error,
        );
        await delay(this.time, RETRY_BACKOFF_MS);
      }
    }
    return undefined;
  }
}

interface BrokerLine {
  readonly node: BrokerNode;
  readonly brokerEpoch: number;
  waiting: ControlBatch[];
  sending: boolean;
  removed: boolean;
}

/** Asked anew after each await. */
function isRemoved(line: BrokerLine): boolean {
  return line.removed;
}
