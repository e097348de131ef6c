import type { Disk } from '../../src/platform/disk.js';
import type { Logger } from '../../src/platform/logger.js';
import type { SessionId } from '../client/zk-client.js';
import { JuteError } from '../jute/jute.js';
import { OP } from '../jute/op-codes.js';
import type { DataTree } from './data-tree.js';
import { listFiles, type ZxidFile } from './data-folder.js';
import { readSnapshot } from './snapshot.js';
import { CorruptLogError, readLog } from './txn-log-reader.js';
import type { Txn, TxnHeader } from './txns.js';

/** What stands on the disk. */
export interface Recovered {
  readonly sessions: Map<SessionId, number>;
  /** Nothing was there: a new server. */
  readonly isEmpty: boolean;
  /** Entries replayed: they count towards the next snapshot. */
  readonly replayedCount: number;
}

/**
 * Brings the tree to where the last run left it: the newest snapshot that is whole, then every logged change behind it. A
 * tail that a crash cut off is removed from the last log, with a line in ours.
 * @throws CorruptLogError if the log is damaged in the middle or a part of it is missing
 * Source: org.apache.zookeeper.server.persistence.FileTxnSnapLog.restore, 3.8
 */
export function recover(
  disk: Disk,
  folders: { readonly snapshots: string; readonly logs: string },
  tree: DataTree,
  logger: Logger,
): Recovered {
  const logs = listFiles(disk, folders.logs, 'log');
  const snapshots = listFiles(disk, folders.snapshots, 'snapshot');
  const sessions = restoreSnapshot(disk, snapshots, tree, logger);
  if (sessions === undefined) {
    if (logs.some((log) => disk.stat(log.path)?.size !== 0)) {
      throw new CorruptLogError('No snapshot found, but there are log entries. Something is broken!');
    }
    return { sessions: new Map(), isEmpty: true, replayedCount: 0 };
  }
  const replayedCount = replay(disk, logs, tree, sessions, logger);
  makeDurable(disk, folders.logs, logs.at(-1));
  return { sessions, isEmpty: false, replayedCount };
}

/** A whole one, newest first. */
function restoreSnapshot(
  disk: Disk,
  snapshots: readonly ZxidFile[],
  tree: DataTree,
  logger: Logger,
): Map<SessionId, number> | undefined {
  for (const { path, zxid } of snapshots.toReversed()) {
    try {
      const sessions = readSnapshot(disk, path, tree);
      tree.lastZxid = zxid;
      logger.info(`Read snapshot ${path}, ${tree.nodeCount} nodes`);
      return sessions;
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      logger.warn(`problem reading snap file ${path}: ${error.message}`);
      tree.clear();
      tree.addSystemNodes();
    }
  }
  if (snapshots.length > 0) throw new CorruptLogError('Not able to find valid snapshots');
  return undefined;
}

function replay(
  disk: Disk,
  logs: readonly ZxidFile[],
  tree: DataTree,
  sessions: Map<SessionId, number>,
  logger: Logger,
): number {
  const first = Math.max(
    0,
    logs.findLastIndex((log) => log.zxid <= tree.lastZxid),
  );
  const needed = logs.slice(first);
  let count = 0;
  let afterTorn: string | undefined;
  const onEntry = (header: TxnHeader, txn: Txn): void => {
    if (header.zxid <= tree.lastZxid) return;
    if (afterTorn !== undefined && header.zxid !== tree.lastZxid + 1) {
      throw new CorruptLogError(
        `${afterTorn} ends at zxid 0x${tree.lastZxid.toString(16)}, the next log goes on at 0x${header.zxid.toString(16)}`,
      );
    }
    tree.apply(header, txn);
    if (txn.type === OP.createSession) sessions.set(header.sessionId, txn.timeoutMs);
    else if (txn.type === OP.closeSession) sessions.delete(header.sessionId);
    count++;
  };
  needed.forEach((log, i) => {
    const end = readLog(disk, log.path, onEntry);
    if (end.torn === undefined) return;
    logger.warn(`${log.path} ends in a torn entry (${end.torn}): ${end.validBytes} bytes are whole`);
    afterTorn = log.path;
    if (i === needed.length - 1) cutTail(disk, log.path, end.validBytes, logger);
  });
  return count;
}

/**
 * The run before may have died between writing and flushing: what was replayed is about to be seen by clients, and the next
 * log goes on behind it, so that no power failure may take it back any more. Logs before the last one were made durable by
 * the starts that began the ones after them.
 */
function makeDurable(disk: Disk, folder: string, last: ZxidFile | undefined): void {
  if (last === undefined) return;
  const file = disk.open(last.path, 'write');
  try {
    file.flushSync();
  } finally {
    file.close();
  }
  disk.flushFolderSync(folder);
}

function cutTail(disk: Disk, path: string, validBytes: number, logger: Logger): void {
  const file = disk.open(path, 'write');
  try {
    logger.warn(`${path}: cutting ${file.size - validBytes} bytes that were never acknowledged`);
    file.truncate(validBytes);
    file.flushSync();
  } finally {
    file.close();
  }
}
