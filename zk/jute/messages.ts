import type { Acl, Stat } from '../client/zk-client.js';
import {
  boolean,
  buffer,
  hexLong,
  int,
  long,
  nullableString,
  record,
  ustring,
  vector,
  type Decoded,
  type JuteType,
} from './jute.js';

/*
 * The records of ZooKeeper's client protocol. A frame is a 4-byte length and: from the client ConnectRequest, then
 * RequestHeader and the operation's record; from the server ConnectResponse, then ReplyHeader and, if `err` is 0, the
 * answer's record. Source: zookeeper-jute/src/main/resources/zookeeper.jute, 3.8
 */

/** ACL { int perms; Id { ustring scheme; ustring id } } */
export const acl: JuteType<Acl> = {
  read: (from) => ({ permissions: from.int(), scheme: ustring.read(from), id: ustring.read(from) }),
  write(to, value) {
    to.int(value.permissions);
    to.ustring(value.scheme);
    to.ustring(value.id);
  },
};

/** Written out: it is in most answers. */
export const stat: JuteType<Stat> = {
  read: (from) => ({
    czxid: from.long(),
    mzxid: from.long(),
    ctime: from.long(),
    mtime: from.long(),
    version: from.int(),
    cversion: from.int(),
    aversion: from.int(),
    ephemeralOwner: hexLong.read(from),
    dataLength: from.int(),
    numChildren: from.int(),
    pzxid: from.long(),
  }),
  write(to, value) {
    to.long(value.czxid);
    to.long(value.mzxid);
    to.long(value.ctime);
    to.long(value.mtime);
    to.int(value.version);
    to.int(value.cversion);
    to.int(value.aversion);
    hexLong.write(to, value.ephemeralOwner);
    to.int(value.dataLength);
    to.int(value.numChildren);
    to.long(value.pzxid);
  },
};

/** Followed by one boolean `readOnly`, which clients before 3.4 lack: see {@link readConnectRequest}. */
export const connectRequest = record({
  protocolVersion: int,
  lastZxidSeen: long,
  timeoutMs: int,
  sessionId: hexLong,
  password: buffer,
});

/** `readOnly` undefined: the client did not send that byte, and gets none in the answer. */
export interface ConnectRequest extends Decoded<typeof connectRequest> {
  readonly readOnly: boolean | undefined;
}

export const connectResponse = record({ protocolVersion: int, timeoutMs: int, sessionId: hexLong, password: buffer });

/** `timeoutMs` 0: the session has expired. */
export interface ConnectResponse extends Decoded<typeof connectResponse> {
  readonly readOnly: boolean | undefined;
}

const withReadOnly = <T>(type: JuteType<T>): JuteType<T & { readonly readOnly: boolean | undefined }> => ({
  read(from) {
    const fields = type.read(from);
    return { ...fields, readOnly: from.remaining > 0 ? boolean.read(from) : undefined };
  },
  write(to, value) {
    type.write(to, value);
    if (value.readOnly !== undefined) boolean.write(to, value.readOnly);
  },
});

/** A whole frame's body, the readOnly byte included if there is one. */
export const connectRequestFrame: JuteType<ConnectRequest> = withReadOnly(connectRequest);
export const connectResponseFrame: JuteType<ConnectResponse> = withReadOnly(connectResponse);

/** `type`: op-codes.ts. */
export const requestHeader = record({ xid: int, type: int });
/** `zxid`: the last one the server has applied. `err`: ZK_ERROR_CODES. */
export const replyHeader = record({ xid: int, zxid: long, err: int });
export const authPacket = record({ type: int, scheme: ustring, auth: buffer });
/** `type` and `state`: EVENT and KEEPER_STATE; its ReplyHeader has xid −1 and zxid −1. */
export const watcherEvent = record({ type: int, state: int, path: ustring });

/** create, create2 and createContainer. */
export const createRequest = record({ path: ustring, data: buffer, acl: vector(acl), flags: int });
export const createTtlRequest = record({ path: ustring, data: buffer, acl: vector(acl), flags: int, ttlMs: long });
export const deleteRequest = record({ path: ustring, version: int });
/** exists, getData, getChildren, getChildren2. */
export const watchedPathRequest = record({ path: ustring, watch: boolean });
export const setDataRequest = record({ path: ustring, data: buffer, version: int });
/** getACL, sync, getAllChildrenNumber, getEphemerals (its prefix). */
export const pathRequest = record({ path: ustring });
export const nullablePathRequest = record({ path: nullableString });
export const setAclRequest = record({ path: ustring, acl: vector(acl), version: int });
export const checkVersionRequest = record({ path: ustring, version: int });
export const setWatches = record({
  relativeZxid: long,
  dataWatches: vector(ustring),
  existWatches: vector(ustring),
  childWatches: vector(ustring),
});
export const setWatches2 = record({
  relativeZxid: long,
  dataWatches: vector(ustring),
  existWatches: vector(ustring),
  childWatches: vector(ustring),
  persistentWatches: vector(ustring),
  persistentRecursiveWatches: vector(ustring),
});
/** `mode`: ADD_WATCH_MODE. */
export const addWatchRequest = record({ path: ustring, mode: int });
export const reconfigRequest = record({
  joiningServers: nullableString,
  leavingServers: nullableString,
  newMembers: nullableString,
  curConfigId: long,
});
/** checkWatches and removeWatches; `type`: WATCHER_TYPE. */
export const watcherTypeRequest = record({ path: ustring, type: int });

/** create and sync. */
export const pathResponse = record({ path: ustring });
/** create2, createContainer and createTTL. */
export const create2Response = record({ path: ustring, stat });
/** exists, setData, setACL. */
export const statResponse = record({ stat });
export const getDataResponse = record({ data: buffer, stat });
export const getChildrenResponse = record({ children: vector(ustring) });
export const getChildren2Response = record({ children: vector(ustring), stat });
export const getAclResponse = record({ acl: vector(acl), stat });
export const getEphemeralsResponse = record({ ephemerals: vector(ustring) });
export const getAllChildrenNumberResponse = record({ totalNumber: int });
export const whoAmIResponse = record({ clientInfo: vector(record({ authScheme: ustring, user: ustring })) });
export const errorResponse = record({ err: int });

export type CreateRequest = Decoded<typeof createRequest>;
export type SetWatches = Decoded<typeof setWatches2>;
export type WatcherEvent = Decoded<typeof watcherEvent>;
