import type { Codecs } from './codecs.js';
import type { Disk } from './disk.js';
import type { Logger } from './logger.js';
import type { Network } from './network.js';
import type { Random } from './random.js';
import type { Time } from './time.js';

/** The outside world of one process, as one argument. */
export interface Platform {
  readonly time: Time;
  readonly random: Random;
  readonly network: Network;
  readonly disk: Disk;
  readonly codecs: Codecs;
  readonly logger: Logger;
}
