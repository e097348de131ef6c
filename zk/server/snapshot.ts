import type { Disk, DiskFile } from '../../src/platform/disk.js';
import { delay, type Time } from '../../src/platform/time.js';
import type { Acl, SessionId } from '../client/zk-client.js';
import { hexLong, JuteError, JuteReader, JuteWriter, ustring, vector } from '../jute/jute.js';
import { acl } from '../jute/messages.js';
import { adler32 } from './adler32.js';
import { DataNode } from './data-node.js';
import type { DataTree } from './data-tree.js';
import { fileName } from './data-folder.js';
import { storedData } from './stored-data.js';

/** `ZKSN`. */
const SNAPSHOT_MAGIC = 0x5a4b534e;
const SNAPSHOT_VERSION = 2;
/** Stands for the open ACL instead of a number of the list. */
const OPEN_ACL_ID = -1;
const CHUNK_BYTES = 256 << 10;
/** Nodes written before the loop gets a turn: a few ms. */
const SLICE_NODES = 2000;

const aclList = vector(acl);

/** Live sessions and their timeouts in ms. */
export type SessionTimeouts = ReadonlyMap<SessionId, number>;

/**
 * Writes `snapshot.<zxid>`: {magic, version, dbid}, sessions, ACL lists, nodes (parents first), `/`, Adler-32, `/`.
 * Changes go on while it is written, so it may hold some that came after its zxid; replaying the log from there on
 * mends it. @returns the path of the file, durable
 * Source: org.apache.zookeeper.server.persistence.FileSnap, DataTree.serialize, 3.8
 */
export async function writeSnapshot(
  disk: Disk,
  time: Time,
  folder: string,
  tree: DataTree,
  sessions: SessionTimeouts,
): Promise<string> {
  const path = `${folder}/${fileName('snapshot', tree.lastZxid)}`;
  const temporary = `${path}.tmp`;
  disk.remove(temporary);
  const file = disk.open(temporary, 'write');
  try {
    const out = new SnapshotOutput(file);
    out.begin(sessions);
    const aclIds = out.acls(tree);
    await writeNodes(out, time, tree, aclIds);
    out.seal();
    await file.flush();
  } finally {
    file.close();
  }
  disk.rename(temporary, path);
  await disk.flushFolder(folder);
  return path;
}

async function writeNodes(
  out: SnapshotOutput,
  time: Time,
  tree: DataTree,
  aclIds: ReadonlyMap<readonly Acl[], number>,
): Promise<void> {
  let inSlice = 0;
  for (const [path, node] of nodesParentsFirst(tree)) {
    // A list that is newer than this snapshot comes with the log.
    out.node(path, node, aclIds.get(node.acl) ?? OPEN_ACL_ID);
    if (++inSlice < SLICE_NODES) continue;
    inSlice = 0;
    await delay(time, 0);
  }
}

/** Lazily: while it is walked, nodes come and go. */
function* nodesParentsFirst(tree: DataTree): Generator<[string, DataNode]> {
  const root = tree.node('/');
  if (root === undefined) return;
  yield ['', root];
  const levels = [{ path: '', names: root.children.values() }];
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const next = level.names.next();
    if (next.done === true) {
      levels.pop();
      continue;
    }
    const path = `${level.path}/${next.value}`;
    const node = tree.node(path);
    if (node === undefined) continue;
    yield [path, node];
    if (node.childCount > 0) levels.push({ path, names: node.children.values() });
  }
}

/** Gathers bytes, sums them up and appends them chunk by chunk. */
class SnapshotOutput {
  private readonly file: DiskFile;
  private readonly writer = new JuteWriter(CHUNK_BYTES + 4096);
  private sum = 1;

  constructor(file: DiskFile) {
    this.file = file;
  }

  begin(sessions: SessionTimeouts): void {
    const { writer } = this;
    writer.int(SNAPSHOT_MAGIC);
    writer.int(SNAPSHOT_VERSION);
    writer.long(-1);
    writer.int(sessions.size);
    for (const [id, timeoutMs] of sessions) {
      hexLong.write(writer, id);
      writer.int(timeoutMs);
    }
  }

  acls(tree: DataTree): ReadonlyMap<readonly Acl[], number> {
    const lists = [...tree.acls.lists()];
    const ids = new Map<readonly Acl[], number>();
    this.writer.int(lists.length);
    lists.forEach((list, i) => {
      ids.set(list, i + 1);
      this.writer.long(i + 1);
      aclList.write(this.writer, list);
    });
    return ids;
  }

  node(path: string, node: DataNode, aclId: number): void {
    const { writer } = this;
    writer.ustring(path);
    storedData.write(writer, node.data);
    writer.long(aclId);
    writer.long(node.czxid);
    writer.long(node.mzxid);
    writer.long(node.ctime);
    writer.long(node.mtime);
    writer.int(node.version);
    writer.int(node.cversion);
    writer.int(node.aversion);
    hexLong.write(writer, node.ephemeralOwner);
    writer.long(node.pzxid);
    if (writer.position >= CHUNK_BYTES) this.append();
  }

  seal(): void {
    this.writer.ustring('/');
    this.append();
    this.writer.long(this.sum);
    this.writer.ustring('/');
    this.append();
  }

  private append(): void {
    const { writer } = this;
    this.sum = adler32(writer.bytes, 0, writer.position, this.sum);
    this.file.append(writer.bytes, 0, writer.position);
    writer.position = 0;
  }
}

/**
 * Puts a snapshot into the tree, which is cleared first. What Apache 3.8 appends behind the seal (a digest) is not read.
 * @returns the sessions that live in it
 * @throws JuteError if the file is not a whole snapshot
 */
export function readSnapshot(disk: Disk, path: string, tree: DataTree): Map<SessionId, number> {
  const bytes = disk.readFile(path);
  const from = new JuteReader(bytes);
  if (from.int() !== SNAPSHOT_MAGIC) throw new JuteError('mismatching magic');
  from.skip(12);
  const sessions = new Map<SessionId, number>();
  for (let left = from.int(); left > 0; left--) sessions.set(hexLong.read(from), from.int());
  tree.clear();
  const lists = readAcls(from, tree);
  for (let nodePath = ustring.read(from); nodePath !== '/'; nodePath = ustring.read(from)) {
    if (!tree.restoreNode(nodePath, readNode(from, lists))) {
      throw new JuteError(`Invalid Datatree, unable to find parent of path ${nodePath}`);
    }
  }
  const sum = adler32(bytes, 0, from.position);
  if (from.long() !== sum || ustring.read(from) !== '/') throw new JuteError('CRC corruption');
  tree.addSystemNodes();
  return sessions;
}

function readAcls(from: JuteReader, tree: DataTree): Map<number, readonly Acl[]> {
  const lists = new Map<number, readonly Acl[]>([[OPEN_ACL_ID, tree.acls.openAcl]]);
  for (let left = from.int(); left > 0; left--) lists.set(from.long(), tree.acls.intern(aclList.read(from)));
  return lists;
}

function readNode(from: JuteReader, lists: ReadonlyMap<number, readonly Acl[]>): DataNode {
  const data = storedData.read(from);
  const aclId = from.long();
  const nodeAcl = lists.get(aclId);
  if (nodeAcl === undefined) throw new JuteError(`Failed to fetch acls for ${aclId}`);
  const node = new DataNode(data, nodeAcl);
  node.czxid = from.long();
  node.mzxid = from.long();
  node.ctime = from.long();
  node.mtime = from.long();
  node.version = from.int();
  node.cversion = from.int();
  node.aversion = from.int();
  node.ephemeralOwner = hexLong.read(from);
  node.pzxid = from.long();
  return node;
}
