/**
 * What zkafka needs of a ZooKeeper client, as messages: plain data in, promises and events out, no synchronous getters of
 * session state, so that an implementation may live in a worker thread. Implementations: `session` (our own, over any
 * Network) and the adapter over node-zookeeper-client (Node only). test/contract holds both to the same behaviour.
 *
 * One client outlives many sessions. When a session expires: every pending request fails with SESSION_EXPIRED; the
 * `beforeSession` handlers run, awaited one after the other; a new session is opened (retried without end); the
 * `afterSession` handlers run. Watches of the old session are gone without an event. Within a session, watches survive
 * reconnects.
 */
export interface ZkClient {
  /** Opens the first session. @throws ZkError CONNECTION_LOSS when none stands after `connectTimeoutMs`, AUTH_FAILED */
  connect(): Promise<SessionInfo>;
  /** Ends the session (ephemerals go) and the client; works in every state, within its deadline. */
  close(): Promise<void>;
  session(): Promise<SessionInfo>;
  /** Adds credentials, now and after every reconnect. */
  addAuth(scheme: string, auth: Buffer): Promise<void>;

  onWatch(listener: (event: WatchEvent) => void): void;
  onState(listener: (state: ZkState) => void): void;
  addSessionHandler(handler: SessionHandler): void;

  create(path: string, data: Buffer | null, options?: CreateOptions): Promise<CreateResult>;
  delete(path: string, version: number): Promise<void>;
  /** undefined when there is no such node; with `watch`, its creation is watched too. */
  exists(path: string, watch: boolean): Promise<Stat | undefined>;
  getData(path: string, watch: boolean): Promise<NodeData>;
  setData(path: string, data: Buffer | null, version: number): Promise<Stat>;
  getChildren(path: string, watch: boolean): Promise<NodeChildren>;
  getAcl(path: string): Promise<{ acl: Acl[]; stat: Stat }>;
  setAcl(path: string, acl: readonly Acl[], version: number): Promise<Stat>;
  /** Resolves when this server has caught up with the leader for all writes before. */
  sync(path: string): Promise<void>;
  /**
   * All or nothing. Resolves also when it was refused: then `ok` is false, the first failing operation has its error and
   * the others RUNTIME_INCONSISTENCY (or OK before it), as ZooKeeper answers. Rejects only when no answer came
   * (CONNECTION_LOSS: it may have been applied) or the request could not be sent.
   */
  multi(operations: readonly ZkOperation[]): Promise<MultiResult>;
}

export interface ZkClientConfig {
  /** `host:port[,host:port…][/chroot]`; IPv6 hosts in brackets. */
  readonly connectString: string;
  readonly sessionTimeoutMs: number;
  /** How long `connect` tries. */
  readonly connectTimeoutMs: number;
  /** Requests sent and not answered; more wait inside the client. */
  readonly maxInFlightRequests: number;
}

/** 8 bytes as 16 hex digits: session ids do not fit a double. */
export type SessionId = string;
export const NO_SESSION: SessionId = '0000000000000000';

export interface SessionInfo {
  readonly id: SessionId;
  /** Counts the sessions of this client from 1. */
  readonly generation: number;
  readonly negotiatedTimeoutMs: number;
}

/** `disconnected` says nothing about the session; only `expired` (by the server's word) and `closed` end it. */
export type ZkState = 'connected' | 'disconnected' | 'expired' | 'auth-failed' | 'closed';

export interface SessionHandler {
  /** The old session is dead; its role must be over when this resolves. */
  beforeSession(): Promise<void>;
  /** A new session stands: register, watch and read everything again. */
  afterSession(session: SessionInfo): Promise<void>;
  onAuthFailure?(): void;
}

export interface WatchEvent {
  readonly type: 'created' | 'deleted' | 'changed' | 'child';
  readonly path: string;
  /** The session that set the watch: {@link SessionInfo.generation}. */
  readonly generation: number;
}

export type CreateMode =
  | 'persistent'
  | 'ephemeral'
  | 'persistent-sequential'
  | 'ephemeral-sequential'
  | 'container'
  | 'persistent-with-ttl'
  | 'persistent-sequential-with-ttl';

export interface CreateOptions {
  readonly mode?: CreateMode;
  /** Default: world:anyone, all permissions. */
  readonly acl?: readonly Acl[];
  readonly ttlMs?: number;
}

export interface CreateResult {
  /** With the sequence digits. */
  readonly path: string;
  readonly stat: Stat;
}

export interface NodeData {
  /** null is not the empty buffer: Kafka stores null in parents. */
  readonly data: Buffer | null;
  readonly stat: Stat;
}

export interface NodeChildren {
  /** Names, in the server's order. */
  readonly children: string[];
  readonly stat: Stat;
}

/** Bits: READ 1, WRITE 2, CREATE 4, DELETE 8, ADMIN 16. */
export interface Acl {
  readonly permissions: number;
  readonly scheme: string;
  readonly id: string;
}
export const OPEN_ACL: readonly Acl[] = [{ permissions: 31, scheme: 'world', id: 'anyone' }];

/** zxids and times (ms) are numbers: an epoch beyond 2^21 leaders is not expected. */
export interface Stat {
  readonly czxid: number;
  readonly mzxid: number;
  readonly ctime: number;
  readonly mtime: number;
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  readonly ephemeralOwner: SessionId;
  readonly dataLength: number;
  readonly numChildren: number;
  readonly pzxid: number;
}

/** `version` −1 is any version; 0 is 0. */
export type ZkOperation =
  | {
      readonly type: 'create';
      readonly path: string;
      readonly data: Buffer | null;
      readonly mode?: CreateMode;
      readonly acl?: readonly Acl[];
    }
  | { readonly type: 'delete'; readonly path: string; readonly version: number }
  | { readonly type: 'setData'; readonly path: string; readonly data: Buffer | null; readonly version: number }
  | { readonly type: 'check'; readonly path: string; readonly version: number };

export interface MultiResult {
  readonly ok: boolean;
  /** One per operation. */
  readonly results: readonly ZkOperationResult[];
}

export type ZkOperationResult =
  | { readonly error: 'OK'; readonly path?: string; readonly stat?: Stat }
  | { readonly error: Exclude<ZkErrorName, 'OK'> };

/** Source: org.apache.zookeeper.KeeperException.Code, 3.8 */
export const ZK_ERROR_CODES = {
  OK: 0,
  SYSTEM_ERROR: -1,
  RUNTIME_INCONSISTENCY: -2,
  DATA_INCONSISTENCY: -3,
  CONNECTION_LOSS: -4,
  MARSHALLING_ERROR: -5,
  UNIMPLEMENTED: -6,
  OPERATION_TIMEOUT: -7,
  BAD_ARGUMENTS: -8,
  NEW_CONFIG_NO_QUORUM: -13,
  RECONFIG_IN_PROGRESS: -14,
  UNKNOWN_SESSION: -12,
  API_ERROR: -100,
  NO_NODE: -101,
  NO_AUTH: -102,
  BAD_VERSION: -103,
  NO_CHILDREN_FOR_EPHEMERALS: -108,
  NODE_EXISTS: -110,
  NOT_EMPTY: -111,
  SESSION_EXPIRED: -112,
  INVALID_CALLBACK: -113,
  INVALID_ACL: -114,
  AUTH_FAILED: -115,
  SESSION_MOVED: -118,
  NOT_READ_ONLY: -119,
  EPHEMERAL_ON_LOCAL_SESSION: -120,
  NO_WATCHER: -121,
  REQUEST_TIMEOUT: -122,
  RECONFIG_DISABLED: -123,
  SESSION_CLOSED_REQUIRE_SASL_AUTH: -124,
  QUOTA_EXCEEDED: -125,
  THROTTLED_OP: -127,
} as const;

export type ZkErrorName = keyof typeof ZK_ERROR_CODES;

/** A failed request. A code that ZooKeeper may add later is SYSTEM_ERROR with the number in the message. */
export class ZkError extends Error {
  override readonly name = 'ZkError';
  readonly error: Exclude<ZkErrorName, 'OK'>;
  readonly path: string | undefined;
  constructor(error: Exclude<ZkErrorName, 'OK'>, path?: string, detail?: string) {
    super([error, path, detail].filter((part) => part !== undefined).join(' '));
    this.error = error;
    this.path = path;
  }
}
