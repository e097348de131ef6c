import type { Logger } from '../../src/platform/logger.js';
import { delay, type Time } from '../../src/platform/time.js';
import type { Credential } from './conversation.js';
import { Fifo } from './fifo.js';
import { checkSize } from './request-size.js';
import { CONNECTION_LOSS, type ZkFailure, type ZkReplies, type ZkReply, type ZkRequest } from './requests.js';
import type { LinkFactory, SessionLink } from './session-link.js';
import { underChroot, withoutChroot, checkPath } from './znode-path.js';
import {
  OPEN_ACL,
  ZkError,
  type Acl,
  type CreateOptions,
  type CreateResult,
  type MultiResult,
  type NodeChildren,
  type NodeData,
  type SessionHandler,
  type SessionInfo,
  type Stat,
  type WatchEvent,
  type ZkClient,
  type ZkClientConfig,
  type ZkOperation,
  type ZkState,
} from './zk-client.js';

/** Requests that wait here, for a connection or behind `maxInFlightRequests`; one more fails with THROTTLED_OP. */
export const MAX_WAITING_REQUESTS = 100_000;
const CLOSE_DEADLINE_MS = 5000;
/** Source: kafka.zookeeper.ZooKeeperClient.RetryBackoffMs, 3.9 */
const AUTH_RETRY_MS = 1000;

interface Call {
  readonly request: ZkRequest;
  /** What the caller named, for error messages. */
  readonly path: string | undefined;
  resolve(reply: ZkReply): void;
  reject(error: ZkError): void;
}

/**
 * `new`: before connect. `open`: a session stands or is being opened; requests are sent or wait. `between`: the old session is
 * dead and the beforeSession handlers run; requests fail with SESSION_EXPIRED (or AUTH_FAILED). `closed`: for good.
 */
type Phase = 'new' | 'open' | 'between' | 'closed';

/**
 * One client over many sessions; the sessions themselves come from a {@link LinkFactory}. Adds what is not the business of one
 * session: the handlers between sessions, generations, the chroot, limits, and requests that wait.
 *
 * A request issued without a connection waits for the next one. When a connection breaks, everything that was sent or waits
 * fails with CONNECTION_LOSS, in the order of issue, so that a retry cannot overtake an earlier request.
 */
export class LongLivedClient implements ZkClient {
  private readonly config: ZkClientConfig;
  private readonly chroot: string;
  private readonly openLink: LinkFactory;
  private readonly time: Time;
  private readonly logger: Logger;
  private readonly credentials: Credential[] = [];
  private readonly handlers: SessionHandler[] = [];
  private readonly watchListeners: ((event: WatchEvent) => void)[] = [];
  private readonly stateListeners: ((state: ZkState) => void)[] = [];
  private phase: Phase = 'new';
  private link: SessionLink | undefined;
  private connected = false;
  private generation = 0;
  private current: SessionInfo | undefined;
  private readonly waiting = new Fifo<Call>();
  private inFlight = 0;
  private pumping = false;
  private sessionWaiters: { resolve(session: SessionInfo): void; reject(error: ZkError): void }[] = [];
  /** The handlers of one loss after those of the other. */
  private handing: Promise<void> = Promise.resolve();
  private closing: Promise<void> | undefined;
  private whyNoSession: 'SESSION_EXPIRED' | 'AUTH_FAILED' = 'SESSION_EXPIRED';

  constructor(
    config: ZkClientConfig,
    chroot: string,
    openLink: LinkFactory,
    world: { readonly time: Time; readonly logger: Logger },
  ) {
    this.config = config;
    this.chroot = chroot;
    this.openLink = openLink;
    this.time = world.time;
    this.logger = world.logger;
  }

  /** After a failure the client is closed: make another one. */
  async connect(): Promise<SessionInfo> {
    if (this.phase !== 'new') return this.session();
    this.openSession();
    const cancel = this.time.schedule(this.config.connectTimeoutMs, () => {
      const detail = `no session on ${this.config.connectString} within ${this.config.connectTimeoutMs} ms`;
      void this.shut({ error: 'CONNECTION_LOSS', detail });
    });
    try {
      return await this.session();
    } finally {
      cancel();
    }
  }

  close(): Promise<void> {
    return this.shut({ error: 'SESSION_EXPIRED', detail: 'this client is closed' });
  }

  session(): Promise<SessionInfo> {
    if (this.current !== undefined) return Promise.resolve(this.current);
    if (this.phase === 'closed')
      return Promise.reject(new ZkError(this.whyNoSession, undefined, 'no session any more'));
    return new Promise((resolve, reject) => this.sessionWaiters.push({ resolve, reject }));
  }

  /** Resolves when the server has accepted them; at once when there is no connection yet. @throws ZkError AUTH_FAILED */
  addAuth(scheme: string, auth: Buffer): Promise<void> {
    const credential = { scheme, auth: Buffer.from(auth) };
    this.credentials.push(credential);
    return new Promise((resolve, reject) => {
      if (this.link === undefined) resolve();
      else
        this.link.authenticate(credential, (failure) => (failure === undefined ? resolve() : reject(errorOf(failure))));
    });
  }

  onWatch(listener: (event: WatchEvent) => void): void {
    this.watchListeners.push(listener);
  }

  onState(listener: (state: ZkState) => void): void {
    this.stateListeners.push(listener);
  }

  addSessionHandler(handler: SessionHandler): void {
    this.handlers.push(handler);
  }

  async create(path: string, data: Buffer | null, options: CreateOptions = {}): Promise<CreateResult> {
    const { mode = 'persistent', acl = OPEN_ACL, ttlMs = 0 } = options;
    // The server appends digits, so a sequential node's path may end in a slash.
    const checked = mode.includes('sequential') ? `${path}1` : path;
    const request = { op: 'create', path: this.toServer(path, checked), data, mode, acl, ttlMs } as const;
    const created = await this.call(request, path);
    return { ...created, path: this.toClient(created.path) };
  }

  async delete(path: string, version: number): Promise<void> {
    await this.call({ op: 'delete', path: this.toServer(path), version }, path);
  }

  async exists(path: string, watch: boolean): Promise<Stat | undefined> {
    try {
      return await this.call({ op: 'exists', path: this.toServer(path), watch }, path);
    } catch (error) {
      if (error instanceof ZkError && error.error === 'NO_NODE') return undefined;
      throw error;
    }
  }

  async getData(path: string, watch: boolean): Promise<NodeData> {
    return this.call({ op: 'getData', path: this.toServer(path), watch }, path);
  }

  async setData(path: string, data: Buffer | null, version: number): Promise<Stat> {
    return this.call({ op: 'setData', path: this.toServer(path), data, version }, path);
  }

  async getChildren(path: string, watch: boolean): Promise<NodeChildren> {
    return this.call({ op: 'getChildren', path: this.toServer(path), watch }, path);
  }

  async getAcl(path: string): Promise<{ acl: Acl[]; stat: Stat }> {
    return this.call({ op: 'getAcl', path: this.toServer(path) }, path);
  }

  async setAcl(path: string, acl: readonly Acl[], version: number): Promise<Stat> {
    return this.call({ op: 'setAcl', path: this.toServer(path), acl, version }, path);
  }

  async sync(path: string): Promise<void> {
    await this.call({ op: 'sync', path: this.toServer(path) }, path);
  }

  async multi(operations: readonly ZkOperation[]): Promise<MultiResult> {
    const result = await this.call(
      { op: 'multi', operations: operations.map((one) => this.operation(one)) },
      undefined,
    );
    if (this.chroot === '') return result;
    const results = result.results.map((one) =>
      one.error === 'OK' && one.path !== undefined ? { ...one, path: this.toClient(one.path) } : one,
    );
    return { ok: result.ok, results };
  }

  private operation(operation: ZkOperation): ZkOperation {
    if (operation.type !== 'create') return { ...operation, path: this.toServer(operation.path) };
    const { path, mode = 'persistent' } = operation;
    if (mode.includes('ttl')) throw new ZkError('BAD_ARGUMENTS', path, 'no TTL nodes in a multi');
    return { ...operation, path: this.toServer(path, mode.includes('sequential') ? `${path}1` : path) };
  }

  private toServer(path: string, checked: string = path): string {
    checkPath(checked);
    return underChroot(this.chroot, path);
  }

  private toClient(path: string): string {
    return withoutChroot(this.chroot, path) ?? path;
  }

  /** @throws ZkError */
  private call<R extends ZkRequest>(request: R, path: string | undefined): Promise<ZkReplies[R['op']]> {
    return new Promise<ZkReply>((resolve, reject) => {
      const refusal = this.refusal() ?? checkSize(request);
      if (refusal !== undefined) {
        reject(errorOf(refusal, path));
        return;
      }
      this.waiting.push({ request, path, resolve, reject });
      this.pump();
    }) as Promise<ZkReplies[R['op']]>;
  }

  /** Why no request is taken now. */
  private refusal(): ZkFailure | undefined {
    if (this.phase === 'new') return { error: 'CONNECTION_LOSS', detail: 'connect() comes first' };
    if (this.phase === 'closed') return { error: this.whyNoSession, detail: 'this client is closed' };
    if (this.phase === 'between') return { error: this.whyNoSession };
    if (this.waiting.length < MAX_WAITING_REQUESTS) return undefined;
    return { error: 'THROTTLED_OP', detail: `${MAX_WAITING_REQUESTS} requests wait in this client` };
  }

  private pump(): void {
    if (this.pumping) return;
    this.pumping = true;
    const { link } = this;
    while (this.connected && link?.isReady === true && this.inFlight < this.config.maxInFlightRequests) {
      const call = this.waiting.shift();
      if (call === undefined) break;
      this.inFlight++;
      link.send(call.request, (failure, reply) => {
        this.inFlight--;
        if (failure === undefined) call.resolve(reply);
        else call.reject(errorOf(failure, call.path));
        this.pump();
      });
    }
    this.pumping = false;
  }

  private openSession(): void {
    this.phase = 'open';
    const generation = ++this.generation;
    const ifCurrent =
      <A extends unknown[]>(react: (...args: A) => void) =>
      (...args: A): void => {
        if (generation === this.generation && this.phase !== 'closed') react(...args);
      };
    this.link = this.openLink(this.credentials, {
      onConnected: ifCurrent((session) => this.onConnected({ ...session, generation })),
      onDisconnected: ifCurrent(() => this.onDisconnected()),
      onExpired: ifCurrent(() => this.onSessionLost('SESSION_EXPIRED')),
      onAuthFailed: ifCurrent(() => this.onSessionLost('AUTH_FAILED')),
      onWatch: ifCurrent((type, path) => this.tellWatch(type, path, generation)),
    });
    this.link.open();
  }

  private onConnected(session: SessionInfo): void {
    const isFirst = this.current === undefined;
    this.connected = true;
    this.current = session;
    this.tellState('connected');
    const waiters = this.sessionWaiters;
    this.sessionWaiters = [];
    for (const waiter of waiters) waiter.resolve(session);
    this.pump();
    if (isFirst && session.generation > 1) this.handing = this.handing.then(() => this.handOver(session));
  }

  private onDisconnected(): void {
    if (!this.connected) return;
    this.connected = false;
    this.failWaiting(CONNECTION_LOSS);
    this.tellState('disconnected');
  }

  private onSessionLost(why: 'SESSION_EXPIRED' | 'AUTH_FAILED'): void {
    const hadSession = this.current !== undefined;
    if (!hadSession && why === 'AUTH_FAILED' && this.generation === 1) {
      this.tellState('auth-failed');
      this.tellAuthFailure();
      void this.shut({ error: 'AUTH_FAILED' });
      return;
    }
    this.onDisconnected();
    this.phase = 'between';
    this.whyNoSession = why;
    this.current = undefined;
    this.link = undefined;
    this.failWaiting({ error: why });
    this.logger.warn(why === 'AUTH_FAILED' ? 'ZooKeeper refused a credential' : 'ZooKeeper session expired');
    this.tellState(why === 'AUTH_FAILED' ? 'auth-failed' : 'expired');
    if (why === 'AUTH_FAILED') this.tellAuthFailure();
    this.handing = this.handing.then(() => this.replaceSession(why));
  }

  /** Never rejects. Source: kafka.zookeeper.ZooKeeperClient.reinitialize, 3.9 */
  private async replaceSession(why: 'SESSION_EXPIRED' | 'AUTH_FAILED'): Promise<void> {
    if (why === 'AUTH_FAILED') await delay(this.time, AUTH_RETRY_MS);
    for (const handler of this.handlers) await this.guard('beforeSession', () => handler.beforeSession());
    if (this.phase !== 'closed') this.openSession();
  }

  private async handOver(session: SessionInfo): Promise<void> {
    for (const handler of this.handlers) {
      if (this.current?.generation !== session.generation) return; // lost again, or closed
      await this.guard('afterSession', () => handler.afterSession(session));
    }
  }

  private shut(reason: ZkFailure): Promise<void> {
    this.closing ??= this.endEverything(reason);
    return this.closing;
  }

  private async endEverything(reason: ZkFailure): Promise<void> {
    const { link, current } = this;
    this.phase = 'closed';
    this.whyNoSession = reason.error === 'AUTH_FAILED' ? 'AUTH_FAILED' : 'SESSION_EXPIRED';
    this.link = undefined;
    this.current = undefined;
    this.connected = false;
    this.failWaiting(reason);
    const waiters = this.sessionWaiters;
    this.sessionWaiters = [];
    for (const waiter of waiters) waiter.reject(errorOf(reason));
    const deadlineMs = Math.min(CLOSE_DEADLINE_MS, current?.negotiatedTimeoutMs ?? CLOSE_DEADLINE_MS);
    await link?.close(deadlineMs);
    this.tellState('closed');
  }

  private failWaiting(failure: ZkFailure): void {
    for (let call = this.waiting.shift(); call !== undefined; call = this.waiting.shift()) {
      call.reject(errorOf(failure, call.path));
    }
  }

  private tellState(state: ZkState): void {
    for (const listener of this.stateListeners) this.guardSync('state listener', () => listener(state));
  }

  private tellAuthFailure(): void {
    for (const handler of this.handlers) this.guardSync('onAuthFailure', () => handler.onAuthFailure?.());
  }

  private tellWatch(type: WatchEvent['type'], serverPath: string, generation: number): void {
    const path = withoutChroot(this.chroot, serverPath);
    if (path === undefined) {
      this.logger.warn(`Watch event outside the chroot ${this.chroot}, ignored: ${type} ${serverPath}`);
      return;
    }
    const event = { type, path, generation };
    for (const listener of this.watchListeners) this.guardSync('watch listener', () => listener(event));
  }

  private guardSync(what: string, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.logger.error(`A ${what} of the ZooKeeper client failed`, error);
    }
  }

  private async guard(what: string, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.logger.error(`A ${what} handler of the ZooKeeper client failed`, error);
    }
  }
}

function errorOf(failure: ZkFailure, path?: string): ZkError {
  return new ZkError(failure.error, path, failure.detail);
}
