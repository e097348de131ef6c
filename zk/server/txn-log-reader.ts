import type { Disk, DiskFile } from '../../src/platform/disk.js';
import { JuteError, JuteReader } from '../jute/jute.js';
import { adler32 } from './adler32.js';
import { END_OF_RECORD, LOG_HEADER_BYTES, LOG_MAGIC } from './txn-log.js';
import { readTxn, txnHeader, type Txn, type TxnHeader } from './txns.js';

/** How a log file ends. */
export interface LogEnd {
  /** Bytes up to the end of the last whole entry. */
  readonly validBytes: number;
  /** What stands behind them, if it is not nothing or padding: an entry cut off by a crash. */
  readonly torn: string | undefined;
}

/** A log that cannot be trusted: nothing is cut, a person has to look. */
export class CorruptLogError extends Error {
  override readonly name = 'CorruptLogError';
}

const WINDOW_BYTES = 1 << 20;
const ZEROS = Buffer.alloc(WINDOW_BYTES);
/** crc int64, length int32. */
const ENTRY_HEADER_BYTES = 12;

/**
 * Reads a log file's entries in order. Damage with nothing whole behind it is what a crash in the middle of a write
 * leaves; damage with whole entries behind it is corruption.
 * @throws CorruptLogError
 */
export function readLog(disk: Disk, path: string, onEntry: (header: TxnHeader, txn: Txn) => void): LogEnd {
  const file = disk.open(path, 'read');
  try {
    return new LogScan(file).run(onEntry);
  } finally {
    file.close();
  }
}

/** One pass over one file, through a window that slides. */
class LogScan {
  private readonly file: DiskFile;
  private window = Buffer.alloc(0);
  private windowAt = 0;

  constructor(file: DiskFile) {
    this.file = file;
  }

  run(onEntry: (header: TxnHeader, txn: Txn) => void): LogEnd {
    const { file } = this;
    if (file.size < LOG_HEADER_BYTES) return { validBytes: 0, torn: file.size === 0 ? undefined : 'header cut off' };
    const header = this.bytes(0, LOG_HEADER_BYTES);
    if (header.readInt32BE(0) !== LOG_MAGIC) {
      if (this.isTornMagic(header)) return { validBytes: 0, torn: 'header cut off' };
      throw new CorruptLogError(`${file.path} is no ZooKeeper log: magic 0x${header.toString('hex', 0, 4)}`);
    }
    let at = LOG_HEADER_BYTES;
    for (;;) {
      const length = this.wholeEntryAt(at);
      if (typeof length === 'string') return this.end(at, length);
      const entry = this.bytes(at + ENTRY_HEADER_BYTES, length);
      this.deliver(entry, at, onEntry);
      at += ENTRY_HEADER_BYTES + length + 1;
    }
  }

  private deliver(entry: Buffer, at: number, onEntry: (header: TxnHeader, txn: Txn) => void): void {
    const reader = new JuteReader(entry);
    try {
      const header = txnHeader.read(reader);
      onEntry(header, readTxn(reader, header.type));
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      throw new CorruptLogError(`${this.file.path} at ${at}: ${error.message}`);
    }
  }

  /** The length of the entry's record, or what is wrong with it. */
  private wholeEntryAt(at: number): number | string {
    if (this.file.size - at < ENTRY_HEADER_BYTES) return 'entry cut off';
    const head = this.bytes(at, ENTRY_HEADER_BYTES);
    const length = head.readInt32BE(8);
    if (length <= 0 || length > this.file.size - at - ENTRY_HEADER_BYTES - 1) return 'entry cut off';
    const crc = head.readUInt32BE(4);
    const body = this.bytes(at + ENTRY_HEADER_BYTES, length + 1);
    if (body[length] !== END_OF_RECORD) return 'no end of record';
    return adler32(body, 0, length) === crc ? length : 'CRC check failed';
  }

  private end(at: number, problem: string): LogEnd {
    if (this.isZero(at)) return { validBytes: at, torn: undefined };
    const next = this.nextWholeEntry(at + 1);
    if (next === undefined) return { validBytes: at, torn: problem };
    throw new CorruptLogError(`${this.file.path} is damaged at ${at} (${problem}), but whole again from ${next}`);
  }

  /** The magic's first bytes and zeros from there on: the file had got its size, but not what it holds. */
  private isTornMagic(header: Buffer): boolean {
    const magic = Buffer.alloc(4);
    magic.writeInt32BE(LOG_MAGIC);
    return [0, 1, 2, 3].some(
      (count) => header.subarray(0, count).equals(magic.subarray(0, count)) && this.isZero(count),
    );
  }

  /** Nothing but zeros (Apache preallocates), or nothing at all, from `at` on. */
  private isZero(at: number): boolean {
    for (let from = at; from < this.file.size; from += WINDOW_BYTES) {
      const bytes = this.bytes(from, Math.min(WINDOW_BYTES, this.file.size - from));
      if (!bytes.equals(ZEROS.subarray(0, bytes.length))) return false;
    }
    return true;
  }

  private nextWholeEntry(from: number): number | undefined {
    for (let at = from; at < this.file.size - ENTRY_HEADER_BYTES; at++) {
      if (this.bytes(at, 4).readInt32BE(0) === 0 && typeof this.wholeEntryAt(at) === 'number') return at;
    }
    return undefined;
  }

  /** file[at, at + count); a slice of the window, gone with the next call. */
  private bytes(at: number, count: number): Buffer {
    const offset = at - this.windowAt;
    if (offset >= 0 && offset + count <= this.window.length) return this.window.subarray(offset, offset + count);
    const size = Math.min(this.file.size - at, Math.max(count, WINDOW_BYTES));
    // A new one each time: data of the entries read before are slices of the old one until the tree has copied them.
    const window = Buffer.allocUnsafe(size);
    const read = this.file.readSync(window, 0, size, at);
    this.window = window.subarray(0, read);
    this.windowAt = at;
    return this.window.subarray(0, count);
  }
}
