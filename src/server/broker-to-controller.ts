import { errorNameOf, KafkaError } from '../common/errors.js';
import { invariant } from '../common/invariant.js';
import type { ControllerApi } from '../metadata/control-plane.js';
import type { MetadataCache } from '../metadata/metadata-cache.js';
import type { Destination } from '../network/call.js';
import type { NetworkClient } from '../network/network-client.js';
import type { Logger } from '../platform/logger.js';
import type { Time } from '../platform/time.js';
import { apiByKey } from '../protocol/apis.js';
import { errorCode } from '../protocol/error-codes.js';
import { endpointOf } from './endpoints.js';

/** Between two tries at a controller that was there and did not answer for it. */
const RETRY_BACKOFF_MS = 50;
/** An offset write that no controller takes by then is written by the coordinator itself. */
const OFFSETS_TIMEOUT_MS = 2000;

/**
 * Requests to the active controller, wherever it is: found through the metadata, found again when it moved. Each lane is
 * a connection of its own, so that none waits behind another.
 * Source: kafka.server.NodeToControllerChannelManager, 3.9
 */
export class BrokerToController {
  private readonly client: NetworkClient;
  private readonly metadata: MetadataCache;
  private readonly listener: string;
  private readonly timeoutMs: number;
  private readonly time: Time;
  private readonly logger: Logger;
  /** Woken by the next change of controller or brokers. */
  private waiting = new Set<() => void>();
  private isClosed = false;

  constructor(
    client: NetworkClient,
    metadata: MetadataCache,
    config: { readonly interBrokerListenerName: string; readonly requestTimeoutMs: number },
    platform: { readonly time: Time; readonly logger: Logger },
  ) {
    this.client = client;
    this.metadata = metadata;
    this.listener = config.interBrokerListenerName;
    this.timeoutMs = config.requestTimeoutMs;
    this.time = platform.time;
    this.logger = platform.logger.named('kafka.server.BrokerToController');
    metadata.onChange((delta) => {
      if (delta.controllerChanged || delta.brokersChanged) this.wake();
    });
  }

  /**
   * Tries until `request.timeout.ms` is over, or what the API says instead.
   * @throws KafkaError REQUEST_TIMED_OUT when no controller took it in that time, BROKER_NOT_AVAILABLE once this is closed
   */
  async send<Q, R>(api: ControllerApi<Q, R>, request: Q): Promise<R> {
    const declaration = apiByKey(api.apiKey);
    invariant(declaration !== undefined, 'an API that is not declared', { apiKey: api.apiKey });
    const deadlineMs =
      this.time.nowMs() + (api.timeoutMs ?? (api.lane === 'offsets' ? OFFSETS_TIMEOUT_MS : this.timeoutMs));
    for (;;) {
      if (this.isClosed) throw new KafkaError('BROKER_NOT_AVAILABLE', 'the broker is shutting down');
      const leftMs = deadlineMs - this.time.nowMs();
      if (leftMs <= 0) throw new KafkaError('REQUEST_TIMED_OUT', `no controller answered ${declaration.name}`);
      const to = this.destination(api.lane);
      if (to === undefined) {
        await this.changeOrAfter(leftMs);
        continue;
      }
      try {
        const answer = (await this.client.send(to, {
          api: declaration,
          version: api.version,
          body: request as Record<string, unknown>,
          timeoutMs: leftMs,
        })) as R & { readonly errorCode?: number };
        if (answer.errorCode !== errorCode('NOT_CONTROLLER')) return answer;
      } catch (error) {
        if (errorNameOf(error) !== 'NETWORK_EXCEPTION') throw error;
        if (this.logger.isDebug) this.logger.debug(`${declaration.name} did not reach controller ${to.nodeId}`);
      }
      await this.changeOrAfter(Math.min(RETRY_BACKOFF_MS, leftMs));
    }
  }

  /** Before the network client: what waits is not sent again. */
  close(): void {
    this.isClosed = true;
    this.wake();
  }

  private destination(lane: string): Destination | undefined {
    const { controllerId, brokers } = this.metadata.image;
    const controller = brokers.get(controllerId);
    const endpoint = controller === undefined ? undefined : endpointOf(controller, this.listener);
    if (endpoint === undefined) return undefined;
    return { nodeId: controllerId, host: endpoint.host, port: endpoint.port, lane };
  }

  private changeOrAfter(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.time.schedule(delayMs, () => {
        this.waiting.delete(wake);
        resolve();
      });
      const wake = (): void => {
        cancel();
        resolve();
      };
      this.waiting.add(wake);
    });
  }

  private wake(): void {
    const waiting = this.waiting;
    this.waiting = new Set();
    for (const wake of waiting) wake();
  }
}
