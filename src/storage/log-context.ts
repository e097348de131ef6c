import { KafkaError } from '../common/errors.js';
import type { Codecs } from '../platform/codecs.js';
import type { Disk } from '../platform/disk.js';
import type { Logger } from '../platform/logger.js';
import type { Random } from '../platform/random.js';
import type { Time } from '../platform/time.js';
import type { ColdReads } from './cold-reads.js';
import type { DelayedDeletion } from './delayed-deletion.js';

/** What every log of a broker shares. */
export interface LogContext {
  readonly disk: Disk;
  readonly time: Time;
  readonly random: Random;
  readonly codecs: Codecs;
  readonly logger: Logger;
  readonly deletion: DelayedDeletion;
  readonly coldReads: ColdReads;
  /** `producer.id.expiration.ms`. */
  readonly producerIdExpirationMs: number;
  /** A file operation failed under this log.dir: it is offline from now on. */
  readonly onDiskFailure: (logDir: string, error: unknown) => void;
}

/** Did the disk fail, rather than this program? Node's file errors carry a code such as EIO or ENOSPC. */
export function isDiskError(error: unknown): boolean {
  return (
    error instanceof Error && !(error instanceof KafkaError) && typeof (error as { code?: unknown }).code === 'string'
  );
}
