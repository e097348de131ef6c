import type { Disk, DiskLock } from '../platform/disk.js';
import type { Logger } from '../platform/logger.js';
import {
  LOG_START_OFFSET_FILE,
  readOffsetCheckpoint,
  RECOVERY_POINT_FILE,
  REPLICATION_OFFSET_FILE,
  writeOffsetCheckpoint,
  type Offsets,
} from './checkpoints.js';
import { clearCleanShutdown, markCleanShutdown, wasCleanlyShutDown } from './clean-shutdown.js';

const LOCK_FILE = '.lock';

/** One of the broker's log.dirs: its lock, its checkpoint files, and whether the last shutdown was in order. */
export class LogDir {
  readonly path: string;
  /** False from its first failed file operation to the end of the process. */
  isOnline = true;
  private readonly disk: Disk;
  private lock: DiskLock | undefined;
  private readonly writes = new Map<string, CheckpointWrite>();

  constructor(disk: Disk, path: string) {
    this.disk = disk;
    this.path = path;
  }

  /** Makes the folder and takes it for this process. @throws Error with `code` ELOCKED, or of the disk */
  open(): void {
    this.disk.mkdir(this.path);
    this.lock = this.disk.lock(`${this.path}/${LOCK_FILE}`);
  }

  release(): void {
    this.lock?.release();
    this.lock = undefined;
  }

  /** What the last process left. The mark of its orderly end goes: until the next one a crash is a crash. */
  readState(logger: Logger): { wasClean: boolean; recoveryPoints: Offsets; logStarts: Offsets; watermarks: Offsets } {
    const wasClean = wasCleanlyShutDown(this.disk, this.path);
    clearCleanShutdown(this.disk, this.path);
    return {
      wasClean,
      recoveryPoints: this.readCheckpoint(RECOVERY_POINT_FILE, logger),
      logStarts: this.readCheckpoint(LOG_START_OFFSET_FILE, logger),
      watermarks: this.readCheckpoint(REPLICATION_OFFSET_FILE, logger),
    };
  }

  /** Replaces a checkpoint file, unless it says so already. Of calls that come while one is under way the last one counts. */
  checkpoint(file: string, offsets: Offsets): Promise<void> {
    let write = this.writes.get(file);
    if (write === undefined) {
      write = new CheckpointWrite((contents) => writeOffsetCheckpoint(this.disk, this.path, file, contents));
      this.writes.set(file, write);
    }
    return write.put(offsets);
  }

  markCleanShutdown(brokerEpoch: number): Promise<void> {
    return markCleanShutdown(this.disk, this.path, brokerEpoch);
  }

  private readCheckpoint(file: string, logger: Logger): Offsets {
    try {
      return readOffsetCheckpoint(this.disk, this.path, file);
    } catch (error) {
      logger.warn(`Error occurred while reading ${file} of directory ${this.path}, resetting it`, error);
      return new Map();
    }
  }
}

/** One file, one write at a time. */
class CheckpointWrite {
  private readonly write: (offsets: Offsets) => Promise<void>;
  private running: Promise<void> | undefined;
  private waiting: Offsets | undefined;
  private written: Offsets | undefined;

  constructor(write: (offsets: Offsets) => Promise<void>) {
    this.write = write;
  }

  put(offsets: Offsets): Promise<void> {
    this.waiting = offsets;
    this.running ??= this.run().finally(() => (this.running = undefined));
    return this.running;
  }

  private async run(): Promise<void> {
    while (this.waiting !== undefined) {
      const offsets = this.waiting;
      this.waiting = undefined;
      if (this.written !== undefined && areEqual(offsets, this.written)) continue;
      this.written = undefined;
      await this.write(offsets);
      this.written = offsets;
    }
  }
}

function areEqual(a: Offsets, b: Offsets): boolean {
  if (a.size !== b.size) return false;
  for (const [key, offset] of a) if (b.get(key) !== offset) return false;
  return true;
}
