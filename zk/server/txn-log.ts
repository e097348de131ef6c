import type { Disk, DiskFile } from '../../src/platform/disk.js';
import { JuteWriter } from '../jute/jute.js';
import { adler32 } from './adler32.js';
import { fileName } from './data-folder.js';
import { txnHeader, writeTxn, type Txn, type TxnHeader } from './txns.js';

/** `ZKLG`. */
export const LOG_MAGIC = 0x5a4b4c47;
export const LOG_VERSION = 2;
/** magic int32, version int32, dbid int64. */
export const LOG_HEADER_BYTES = 16;
/** Ends each entry. */
export const END_OF_RECORD = 0x42;

const KEEP_BUFFER_BYTES = 4 << 20;

/**
 * The write-ahead log. A file is {magic, version, dbid} and entries {Adler-32 int64, length int32, TxnHeader, record, 'B'};
 * it is named after its first zxid. Entries gather in memory; {@link flush} writes them all and makes them durable, so one
 * flush serves every request that came while the one before was under way.
 * Source: org.apache.zookeeper.server.persistence.FileTxnLog, 3.8
 */
export class TxnLog {
  private readonly disk: Disk;
  private readonly folder: string;
  private writer = new JuteWriter(64 << 10);
  private firstZxid = 0;
  private file: DiskFile | undefined;
  /** Full, written to and not yet durable. */
  private retired: DiskFile[] = [];
  private isNewFile = false;

  constructor(disk: Disk, folder: string) {
    this.disk = disk;
    this.folder = folder;
  }

  /** Gathers one entry. */
  append(header: TxnHeader, txn: Txn): void {
    const writer = this.writer;
    if (writer.position === 0) this.firstZxid = header.zxid;
    const crcAt = writer.reserve(8);
    const lengthAt = writer.reserve(4);
    const start = writer.position;
    txnHeader.write(writer, header);
    writeTxn(writer, txn);
    const end = writer.position;
    writer.byte(END_OF_RECORD);
    writer.bytes.writeUInt32BE(0, crcAt);
    writer.bytes.writeUInt32BE(adler32(writer.bytes, start, end), crcAt + 4);
    writer.bytes.writeInt32BE(end - start, lengthAt);
  }

  /** Makes everything appended before the call durable. @throws Node's error of the disk; then the log must not be used any more */
  async flush(): Promise<void> {
    this.write();
    const retired = this.retired;
    this.retired = [];
    for (const file of retired) {
      await file.flush();
      file.close();
    }
    const isNewFile = this.isNewFile;
    this.isNewFile = false;
    await this.file?.flush();
    if (isNewFile) await this.disk.flushFolder(this.folder);
  }

  /** The next entry begins a new file. */
  roll(): void {
    this.write();
    if (this.file !== undefined) this.retired.push(this.file);
    this.file = undefined;
  }

  close(): void {
    for (const file of this.retired) file.close();
    this.retired = [];
    this.file?.close();
    this.file = undefined;
  }

  private write(): void {
    const writer = this.writer;
    if (writer.position === 0) return;
    this.file ??= this.begin(this.firstZxid);
    this.file.append(writer.bytes, 0, writer.position);
    writer.position = 0;
    if (writer.bytes.length > KEEP_BUFFER_BYTES) this.writer = new JuteWriter(64 << 10);
  }

  private begin(zxid: number): DiskFile {
    const file = this.disk.open(`${this.folder}/${fileName('log', zxid)}`, 'write');
    file.truncate(0);
    const header = Buffer.alloc(LOG_HEADER_BYTES);
    header.writeInt32BE(LOG_MAGIC, 0);
    header.writeInt32BE(LOG_VERSION, 4);
    file.append(header);
    this.isNewFile = true;
    return file;
  }
}
