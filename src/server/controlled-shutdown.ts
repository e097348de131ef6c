import type { ControllerApi, ControlPlane } from '../metadata/control-plane.js';
import type { Logger } from '../platform/logger.js';
import { delay, type Time } from '../platform/time.js';
import { errorName, NONE } from '../protocol/error-codes.js';
import {
  controlledShutdownRequest,
  type ControlledShutdownRequest,
} from '../protocol/messages/controlled-shutdown-request.js';
import {
  controlledShutdownResponse,
  type ControlledShutdownResponse,
} from '../protocol/messages/controlled-shutdown-response.js';

const CONTROLLED_SHUTDOWN: ControllerApi<ControlledShutdownRequest, ControlledShutdownResponse> = {
  apiKey: 7,
  version: 3,
  request: controlledShutdownRequest,
  response: controlledShutdownResponse,
  lane: 'replica-state',
};

/** For a controller that may be gone for good, when there is one attempt only. */
const LAST_ATTEMPT_MS = 5000;

export interface ControlledShutdownConfig {
  readonly brokerId: number;
  readonly controlledShutdownMaxRetries: number;
  readonly controlledShutdownRetryBackoffMs: number;
}

/**
 * Asks the controller to move this broker's leaderships elsewhere before it stops.
 * Source: kafka.server.KafkaServer.controlledShutdown, 3.9
 */
export class ControlledShutdown {
  private readonly config: ControlledShutdownConfig;
  private readonly controlPlane: Pick<ControlPlane, 'send' | 'brokerEpoch'>;
  private readonly time: Time;
  private readonly logger: Logger;

  constructor(
    config: ControlledShutdownConfig,
    controlPlane: Pick<ControlPlane, 'send' | 'brokerEpoch'>,
    platform: { readonly time: Time; readonly logger: Logger },
  ) {
    this.config = config;
    this.controlPlane = controlPlane;
    this.time = platform.time;
    this.logger = platform.logger.named('kafka.server.KafkaServer');
  }

  /**
   * Resolves when this broker leads nothing, or when `controlled.shutdown.max.retries` attempts failed: it stops all the same.
   * @param retry false: one attempt, and a short one
   */
  async run(retry: boolean): Promise<void> {
    const { prefix } = this;
    const { controlledShutdownMaxRetries, controlledShutdownRetryBackoffMs } = this.config;
    this.logger.info(`${prefix}Starting controlled shutdown`);
    let remaining = retry ? controlledShutdownMaxRetries : Math.min(1, controlledShutdownMaxRetries);
    while (remaining-- > 0) {
      if (await this.tryOnce(retry)) return;
      if (remaining === 0) break;
      await delay(this.time, controlledShutdownRetryBackoffMs);
      this.logger.info(`${prefix}Retrying controlled shutdown (${remaining} retries remaining)`);
    }
    this.logger.warn(`${prefix}Proceeding to do an unclean shutdown as all the controlled shutdown attempts failed`);
  }

  private async tryOnce(isPatient: boolean): Promise<boolean> {
    const { prefix } = this;
    const startedMs = this.time.nowMs();
    const api = isPatient ? CONTROLLED_SHUTDOWN : { ...CONTROLLED_SHUTDOWN, timeoutMs: LAST_ATTEMPT_MS };
    try {
      const { errorCode, remainingPartitions } = await this.controlPlane.send(api, {
        brokerId: this.config.brokerId,
        brokerEpoch: this.controlPlane.brokerEpoch('zk'),
      });
      const tookMs = Math.round(this.time.nowMs() - startedMs);
      if (errorCode !== NONE) {
        this.logger.info(
          `${prefix}Controlled shutdown request returned after ${tookMs}ms with error ${errorName(errorCode)}`,
        );
      } else if (remainingPartitions.length > 0) {
        this.logger.info(
          `${prefix}Controlled shutdown request returned after ${tookMs}ms with ${remainingPartitions.length} partitions remaining to move`,
        );
      } else {
        this.logger.info(`${prefix}Controlled shutdown request returned successfully after ${tookMs}ms`);
        return true;
      }
    } catch (error) {
      this.logger.warn(
        `${prefix}Error during controlled shutdown, possibly because leader movement took longer than the configured controller.socket.timeout.ms and/or request.timeout.ms: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    return false;
  }

  private get prefix(): string {
    return `[KafkaServer id=${this.config.brokerId}] `;
  }
}
