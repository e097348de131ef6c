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

  /** Resolves when this broker leads nothing, or when the retries are used up: it stops all the same. */
  async run(retry: boolean): Promise<void> {
    this.logger.info('Starting controlled shutdown');
    for (let retries = retry ? this.config.controlledShutdownMaxRetries : 0; ; retries--) {
      if (await this.tryOnce()) {
        this.logger.info('Controlled shutdown request returned successfully');
        return;
      }
      if (retries <= 0) break;
      this.logger.warn('Retrying controlled shutdown after the previous attempt failed...');
      await delay(this.time, this.config.controlledShutdownRetryBackoffMs);
    }
    this.logger.warn('Proceeding to do an unclean shutdown as all the controlled shutdown attempts failed');
  }

  private async tryOnce(): Promise<boolean> {
    try {
      const answer = await this.controlPlane.send(CONTROLLED_SHUTDOWN, {
        brokerId: this.config.brokerId,
        brokerEpoch: this.controlPlane.brokerEpoch('zk'),
      });
      if (answer.errorCode === NONE && answer.remainingPartitions.length === 0) return true;
      const remaining = answer.remainingPartitions.map((p) => `${p.topicName}-${p.partitionIndex}`).join(',');
      this.logger.info(`Remaining partitions to move: ${remaining}; error ${errorName(answer.errorCode)}`);
    } catch (error) {
      this.logger.warn(
        'Error during controlled shutdown, possibly because leader movement took longer than the configured timeout',
        error,
      );
    }
    return false;
  }
}
