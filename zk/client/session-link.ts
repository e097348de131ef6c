import type { Credential } from './conversation.js';
import type { ZkFailure, ZkReply, ZkRequest } from './requests.js';
import type { SessionId, WatchEvent } from './zk-client.js';

/**
 * One session of ZooKeeper, over as many connections as it takes. It reconnects by itself, sends credentials and watches
 * again, and ends for good when it expires, when credentials are refused, or when it is closed or abandoned. Two
 * implementations: `session.ts` over any Network, `node/library-link.ts` over node-zookeeper-client. Paths are the server's.
 */
export interface SessionLink {
  /** Starts to connect and returns at once; tries without end. */
  open(): void;
  /** Whether a connection stands and {@link send} may be called: false before {@link SessionLinkOwner.onDisconnected} says so. */
  readonly isReady: boolean;
  /**
   * Sends a request; `done` is called once, in the order of sending: with the server's answer, or with CONNECTION_LOSS
   * when the connection breaks. Never throws.
   */
  send(request: ZkRequest, done: RequestDone): void;
  /** Sends one more credential, which the list given at creation holds already. Without a connection `done` comes at once. */
  authenticate(credential: Credential, done: (failure?: ZkFailure) => void): void;
  /** Ends the session after the requests sent; resolves when the server said so, the connection broke, or `deadlineMs` passed. */
  close(deadlineMs: number): Promise<void>;
  /** Drops the connection without a word; nothing is called any more, except `done` of what was sent. */
  abandon(): void;
}

export type RequestDone = (failure: ZkFailure | undefined, reply: ZkReply) => void;

/** Who owns a link. Called from its sockets and timers; must not throw. */
export interface SessionLinkOwner {
  /** A connection stands: credentials are accepted, watches set again. */
  onConnected(session: { readonly id: SessionId; readonly negotiatedTimeoutMs: number }): void;
  /** After `done` of everything that was sent. */
  onDisconnected(): void;
  /** The last call: the session has expired, by the server's word. */
  onExpired(): void;
  /** The last call: the server refused a credential. */
  onAuthFailed(): void;
  /** A watch of this session fired. */
  onWatch(type: WatchEvent['type'], path: string): void;
}

/** Makes the link of a new session; `credentials` is read anew for each connection. */
export type LinkFactory = (credentials: readonly Credential[], owner: SessionLinkOwner) => SessionLink;
