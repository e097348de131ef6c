import type { Disk, DiskEntry } from '../../src/platform/disk.js';

/** A file of the data folder, with the zxid that its name carries. */
export interface ZxidFile {
  readonly path: string;
  readonly zxid: number;
}

/** `log.<hex>` begins with that zxid; `snapshot.<hex>` holds everything up to it. */
export type FileKind = 'log' | 'snapshot';

/** Where the files are: the configured folder's `version-2`. */
export function versionFolder(folder: string): string {
  return `${folder}/version-2`;
}

export function fileName(kind: FileKind, zxid: number): string {
  return `${kind}.${zxid.toString(16)}`;
}

/** Oldest first. Files of other names are not ours. */
export function listFiles(disk: Disk, folder: string, kind: FileKind): ZxidFile[] {
  return disk
    .list(folder)
    .flatMap((entry: DiskEntry) => {
      const hex = new RegExp(`^${kind}\\.([0-9a-f]{1,16})$`).exec(entry.name)?.[1];
      return hex === undefined || entry.isFolder ? [] : [{ path: `${folder}/${entry.name}`, zxid: parseInt(hex, 16) }];
    })
    .sort((a, b) => a.zxid - b.zxid);
}

/** Snapshots that the last run did not finish. */
export function removeHalfWritten(disk: Disk, folder: string): void {
  for (const { name } of disk.list(folder)) if (/^snapshot\..*\.tmp$/.test(name)) disk.remove(`${folder}/${name}`);
}

/**
 * What nobody needs once `retain` snapshots are kept: older snapshots, and logs that end before the oldest kept one.
 * Source: org.apache.zookeeper.server.PurgeTxnLog, 3.8
 */
export function purgeable(snapshots: readonly ZxidFile[], logs: readonly ZxidFile[], retain: number): ZxidFile[] {
  const kept = snapshots.slice(-retain);
  const oldestKept = kept[0];
  if (oldestKept === undefined) return [];
  const firstNeededLog = logs.findLastIndex((log) => log.zxid <= oldestKept.zxid);
  return [...snapshots.slice(0, snapshots.length - kept.length), ...logs.slice(0, Math.max(0, firstNeededLog))];
}
