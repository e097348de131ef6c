import type { Acl, SessionId } from '../client/zk-client.js';
import {
  boolean,
  buffer,
  hexLong,
  int,
  JuteError,
  JuteReader,
  JuteWriter,
  long,
  record,
  ustring,
  vector,
  type JuteType,
} from '../jute/jute.js';
import { acl } from '../jute/messages.js';
import { OP } from '../jute/op-codes.js';
import { storedData, type StoredData } from './stored-data.js';

/**
 * A change as the log holds it. It names results (the new version, the sequential path), not wishes, so applying it
 * again changes nothing. Source: zookeeper.jute module org.apache.zookeeper.txn, 3.8
 */
export type Txn =
  | CreateTxn
  | {
      readonly type: typeof OP.createContainer;
      readonly path: string;
      readonly data: StoredData;
      readonly acl: readonly Acl[];
      readonly parentCversion: number;
    }
  | {
      readonly type: typeof OP.createTtl;
      readonly path: string;
      readonly data: StoredData;
      readonly acl: readonly Acl[];
      readonly parentCversion: number;
      readonly ttlMs: number;
    }
  | { readonly type: typeof OP.delete | typeof OP.deleteContainer; readonly path: string }
  | {
      readonly type: typeof OP.setData | typeof OP.reconfig;
      readonly path: string;
      readonly data: StoredData;
      readonly version: number;
    }
  | { readonly type: typeof OP.setAcl; readonly path: string; readonly acl: readonly Acl[]; readonly version: number }
  | { readonly type: typeof OP.check; readonly path: string; readonly version: number }
  | { readonly type: typeof OP.createSession; readonly timeoutMs: number }
  | CloseSessionTxn
  | { readonly type: typeof OP.error; readonly err: number }
  | MultiTxn;

/** `parentCversion`: creations in the parent, this one counted; −1 in logs of 3.3 and older. */
export interface CreateTxn {
  readonly type: typeof OP.create | typeof OP.create2;
  readonly path: string;
  readonly data: StoredData;
  readonly acl: readonly Acl[];
  readonly ephemeral: boolean;
  readonly parentCversion: number;
}

/** `paths` undefined: a log of 3.5 or older, the session's ephemerals are looked up. */
export interface CloseSessionTxn {
  readonly type: typeof OP.closeSession;
  readonly paths: readonly string[] | undefined;
}

/** If one is an error, all are: nothing of it is applied. */
export interface MultiTxn {
  readonly type: typeof OP.multi;
  readonly txns: readonly Txn[];
}

/** Which request the change came from, and when. `type` is {@link OP.error} for a refused request, which is logged too. */
export interface TxnHeader {
  readonly sessionId: SessionId;
  readonly cxid: number;
  readonly zxid: number;
  readonly timeMs: number;
  readonly type: number;
}

export const txnHeader: JuteType<TxnHeader> = record({
  sessionId: hexLong,
  cxid: int,
  zxid: long,
  timeMs: long,
  type: int,
});

const createTxn = record({
  path: ustring,
  data: storedData,
  acl: vector(acl),
  ephemeral: boolean,
  parentCversion: int,
});
const createTxnV0 = record({ path: ustring, data: storedData, acl: vector(acl), ephemeral: boolean });
const createContainerTxn = record({ path: ustring, data: storedData, acl: vector(acl), parentCversion: int });
const createTtlTxn = record({ path: ustring, data: storedData, acl: vector(acl), parentCversion: int, ttlMs: long });
const deleteTxn = record({ path: ustring });
const setDataTxn = record({ path: ustring, data: storedData, version: int });
const setAclTxn = record({ path: ustring, acl: vector(acl), version: int });
const checkVersionTxn = record({ path: ustring, version: int });
const createSessionTxn = record({ timeoutMs: int });
const closeSessionTxn = record({ paths: vector(ustring) });
const errorTxn = record({ err: int });
const subTxn = record({ type: int, data: buffer });

export function writeTxn(to: JuteWriter, txn: Txn): void {
  switch (txn.type) {
    case OP.create:
    case OP.create2:
      createTxn.write(to, txn);
      break;
    case OP.createContainer:
      createContainerTxn.write(to, txn);
      break;
    case OP.createTtl:
      createTtlTxn.write(to, txn);
      break;
    case OP.delete:
    case OP.deleteContainer:
      deleteTxn.write(to, txn);
      break;
    case OP.setData:
    case OP.reconfig:
      setDataTxn.write(to, txn);
      break;
    case OP.setAcl:
      setAclTxn.write(to, txn);
      break;
    case OP.check:
      checkVersionTxn.write(to, txn);
      break;
    case OP.createSession:
      createSessionTxn.write(to, txn);
      break;
    case OP.closeSession:
      if (txn.paths !== undefined) closeSessionTxn.write(to, { paths: txn.paths });
      break;
    case OP.error:
      errorTxn.write(to, txn);
      break;
    case OP.multi:
      writeMulti(to, txn);
      break;
  }
}

function writeMulti(to: JuteWriter, multi: MultiTxn): void {
  to.int(multi.txns.length);
  for (const txn of multi.txns) {
    to.int(txn.type);
    const lengthAt = to.reserve(4);
    writeTxn(to, txn);
    to.bytes.writeInt32BE(to.position - lengthAt - 4, lengthAt);
  }
}

/** @throws JuteError if the bytes end early or the type is unknown */
export function readTxn(from: JuteReader, type: number): Txn {
  switch (type) {
    case OP.create:
    case OP.create2:
      return readCreate(from, type);
    case OP.createContainer:
      return { type, ...createContainerTxn.read(from) };
    case OP.createTtl:
      return { type, ...createTtlTxn.read(from) };
    case OP.delete:
    case OP.deleteContainer:
      return { type, ...deleteTxn.read(from) };
    case OP.setData:
    case OP.reconfig:
      return { type, ...setDataTxn.read(from) };
    case OP.setAcl:
      return { type, ...setAclTxn.read(from) };
    case OP.check:
      return { type, ...checkVersionTxn.read(from) };
    case OP.createSession:
      return { type, ...createSessionTxn.read(from) };
    case OP.closeSession:
      return { type, paths: from.remaining === 0 ? undefined : closeSessionTxn.read(from).paths };
    case OP.error:
      return { type, ...errorTxn.read(from) };
    case OP.multi:
      return { type, txns: vector(subTxn).read(from).map(readSubTxn) };
    default:
      throw new JuteError(`Unsupported Txn with type=${type}`);
  }
}

/** An entry that ends before `parentCversion` is of ZooKeeper 3.3 or older. */
function readCreate(from: JuteReader, type: CreateTxn['type']): CreateTxn {
  const start = from.position;
  const old = createTxnV0.read(from);
  if (from.remaining === 0) return { type, ...old, parentCversion: -1 };
  from.position = start;
  return { type, ...createTxn.read(from) };
}

function readSubTxn(sub: { readonly type: number; readonly data: Buffer | null }): Txn {
  if (sub.data === null) throw new JuteError('a multi holds an operation without data');
  return readTxn(new JuteReader(sub.data), sub.type);
}
