import type { Platform } from '../platform.js';
import { nodeCodecs } from './codecs.js';
import { nodeDisk } from './disk.js';
import { nodeLogger, type LogLevel } from './logger.js';
import { nodeNetwork } from './network.js';
import { nodeRandom } from './random.js';
import { nodeTime } from './time.js';

export interface NodePlatformOptions {
  /** Of the root logger, such as `kafka.server.KafkaServer`. */
  readonly name: string;
  readonly level?: LogLevel | undefined;
  readonly logFile?: string | undefined;
  /** False: log lines go to the file alone. */
  readonly console?: boolean | undefined;
}

/** This machine as the outside world of a process. */
export function nodePlatform({ name, level = 'info', logFile, console }: NodePlatformOptions): Platform {
  const logger = nodeLogger(name, { level, logFile, console });
  return {
    time: nodeTime(),
    random: nodeRandom(),
    network: nodeNetwork(logger),
    disk: nodeDisk(),
    codecs: nodeCodecs(logger),
    logger,
  };
}
