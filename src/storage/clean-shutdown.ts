import type { Disk } from '../platform/disk.js';
import { flushPath, readTextFile, writeTextFile } from './checkpoint-file.js';

const FILE = '.kafka_cleanshutdown';

/** Is the marker of an orderly shutdown in this log.dir? Then no segment needs recovery. */
export function wasCleanlyShutDown(disk: Disk, logDir: string): boolean {
  return disk.stat(`${logDir}/${FILE}`) !== undefined;
}

/** Broker epoch of the shutdown (KIP-966), −1 without one or in ZooKeeper mode. */
export function brokerEpochOfShutdown(disk: Disk, logDir: string): number {
  const epoch = /"brokerEpoch":\s*(-?\d+)/.exec(readTextFile(disk, `${logDir}/${FILE}`) ?? '')?.[1];
  return epoch === undefined ? -1 : Number(epoch);
}

/** The last write of an orderly shutdown. Source: org.apache.kafka.storage.internals.checkpoint.CleanShutdownFileHandler, 3.9 */
export async function markCleanShutdown(disk: Disk, logDir: string, brokerEpoch = -1): Promise<void> {
  writeTextFile(disk, `${logDir}/${FILE}`, `{"version":0,"brokerEpoch":${brokerEpoch}}`);
  await flushPath(disk, `${logDir}/${FILE}`);
  await disk.flushFolder(logDir);
}

/** From now on a crash counts as one. */
export function clearCleanShutdown(disk: Disk, logDir: string): void {
  disk.remove(`${logDir}/${FILE}`);
}
