import {
  NO_SESSION,
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
  type ZkOperation,
  type ZkOperationResult,
  type ZkState,
} from '../../zk/client/zk-client.js';

interface Node {
  data: Buffer | null;
  czxid: number;
  mzxid: number;
  version: number;
  cversion: number;
  owner: string;
}

/** One transaction as the golden logs show them: who, and what was written. */
export interface LoggedTransaction {
  readonly who: string;
  readonly operations: readonly ZkOperation[];
}

/**
 * ZooKeeper as one object, for stories that want its rules (versions, ephemerals, sequentials, one-shot watches, multis)
 * and no bytes, sockets or clocks. Each answer comes in a later microtask.
 */
export class MemoryZooKeeper {
  readonly nodes = new Map<string, Node>([['/', newNode(null, 0, NO_SESSION)]]);
  readonly log: LoggedTransaction[] = [];
  readonly clients: MemoryZkClient[] = [];
  private zxid = 0;
  private lastSession = 0;

  client(name: string): MemoryZkClient {
    const client = new MemoryZkClient(this, name);
    this.clients.push(client);
    return client;
  }

  newSession(): string {
    return (0x1000000 + ++this.lastSession).toString(16).padStart(16, '0');
  }

  /** Text of a znode; undefined if there is none or it holds null. */
  text(path: string): string | undefined {
    return this.nodes.get(path)?.data?.toString('utf8');
  }

  children(path: string): string[] {
    const prefix = path === '/' ? '/' : `${path}/`;
    return [...this.nodes.keys()]
      .filter((other) => other !== '/' && other.startsWith(prefix) && !other.slice(prefix.length).includes('/'))
      .map((other) => other.slice(prefix.length));
  }

  /** Removes a session's ephemerals, as its end does. */
  endSession(session: string): void {
    for (const [path, node] of [...this.nodes]) {
      if (node.owner === session) this.commit('zookeeper', session, [{ type: 'delete', path, version: -1 }]);
    }
  }

  commit(who: string, session: string, operations: readonly ZkOperation[]): MultiResult {
    const backup = new Map([...this.nodes].map(([path, node]) => [path, { ...node }]));
    const zxid = this.zxid + 1;
    const results: ZkOperationResult[] = [];
    const events: Pick<WatchEvent, 'type' | 'path'>[] = [];
    for (const operation of operations) {
      const result = this.apply(operation, session, zxid, events);
      if (result.error !== 'OK') {
        this.nodes.clear();
        for (const [path, node] of backup) this.nodes.set(path, node);
        const refused = operations.map((_, i): ZkOperationResult => {
          if (i < results.length) return { error: 'OK' };
          return i === results.length ? result : { error: 'RUNTIME_INCONSISTENCY' };
        });
        return { ok: false, results: refused };
      }
      results.push(result);
    }
    this.zxid = zxid;
    this.log.push({ who, operations });
    for (const event of events) for (const client of this.clients) client.fire(event);
    return { ok: true, results };
  }

  stat(path: string): Stat | undefined {
    const node = this.nodes.get(path);
    if (node === undefined) return undefined;
    return {
      czxid: node.czxid,
      mzxid: node.mzxid,
      ctime: 0,
      mtime: 0,
      version: node.version,
      cversion: node.cversion,
      aversion: 0,
      ephemeralOwner: node.owner,
      dataLength: node.data?.length ?? 0,
      numChildren: this.children(path).length,
      pzxid: node.mzxid,
    };
  }

  private apply(
    operation: ZkOperation,
    session: string,
    zxid: number,
    events: Pick<WatchEvent, 'type' | 'path'>[],
  ): ZkOperationResult {
    const node = this.nodes.get(operation.path);
    if (operation.type === 'create') return this.create(operation, session, zxid, events);
    if (node === undefined) return { error: 'NO_NODE' };
    if (operation.version !== -1 && operation.version !== node.version) return { error: 'BAD_VERSION' };
    if (operation.type === 'check') return { error: 'OK' };
    if (operation.type === 'setData') {
      node.data = operation.data;
      node.version++;
      node.mzxid = zxid;
      events.push({ type: 'changed', path: operation.path });
      return { error: 'OK', stat: this.stat(operation.path)! };
    }
    if (this.children(operation.path).length > 0) return { error: 'NOT_EMPTY' };
    this.nodes.delete(operation.path);
    this.childChanged(operation.path, events);
    events.push({ type: 'deleted', path: operation.path });
    return { error: 'OK' };
  }

  private create(
    operation: Extract<ZkOperation, { type: 'create' }>,
    session: string,
    zxid: number,
    events: Pick<WatchEvent, 'type' | 'path'>[],
  ): ZkOperationResult {
    const parent = this.nodes.get(parentOf(operation.path));
    if (parent === undefined) return { error: 'NO_NODE' };
    const mode = operation.mode ?? 'persistent';
    const digits = mode.includes('sequential') ? String(parent.cversion).padStart(10, '0') : '';
    const path = operation.path + digits;
    if (this.nodes.has(path)) return { error: 'NODE_EXISTS' };
    this.nodes.set(path, newNode(operation.data, zxid, mode.startsWith('ephemeral') ? session : NO_SESSION));
    events.push({ type: 'created', path });
    this.childChanged(path, events);
    return { error: 'OK', path };
  }

  private childChanged(path: string, events: Pick<WatchEvent, 'type' | 'path'>[]): void {
    const parent = this.nodes.get(parentOf(path));
    if (parent !== undefined) parent.cversion++;
    events.push({ type: 'child', path: parentOf(path) });
  }
}

/** One process's client. Tests end its session, or cut its connection, by hand. */
export class MemoryZkClient implements ZkClient {
  readonly name: string;
  private readonly zooKeeper: MemoryZooKeeper;
  private info: SessionInfo;
  private readonly watchListeners: ((event: WatchEvent) => void)[] = [];
  private readonly stateListeners: ((state: ZkState) => void)[] = [];
  private readonly handlers: SessionHandler[] = [];
  private readonly dataWatches = new Set<string>();
  private readonly childWatches = new Set<string>();
  private expired = false;
  /** While set, requests fail with CONNECTION_LOSS; 'after' applies them first. */
  cut: 'before' | 'after' | undefined;

  constructor(zooKeeper: MemoryZooKeeper, name: string) {
    this.zooKeeper = zooKeeper;
    this.name = name;
    this.info = { id: zooKeeper.newSession(), generation: 1, negotiatedTimeoutMs: 6000 };
  }

  connect(): Promise<SessionInfo> {
    return Promise.resolve(this.info);
  }

  session(): Promise<SessionInfo> {
    return Promise.resolve(this.info);
  }

  async close(): Promise<void> {
    await Promise.resolve();
    this.expired = true;
    this.zooKeeper.endSession(this.info.id);
  }

  addAuth(): Promise<void> {
    return Promise.resolve();
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

  state(state: ZkState): void {
    for (const listener of this.stateListeners) listener(state);
  }

  /** The session ends on the server; the client hears of it and opens another one. */
  async expire(): Promise<void> {
    this.expired = true;
    this.dataWatches.clear();
    this.childWatches.clear();
    this.zooKeeper.endSession(this.info.id);
    this.state('expired');
    for (const handler of this.handlers) await handler.beforeSession();
    this.info = { ...this.info, id: this.zooKeeper.newSession(), generation: this.info.generation + 1 };
    this.expired = false;
    this.state('connected');
    for (const handler of this.handlers) await handler.afterSession(this.info);
  }

  fire(event: Pick<WatchEvent, 'type' | 'path'>): void {
    const watched = event.type === 'child' ? this.childWatches.delete(event.path) : this.dataWatches.delete(event.path);
    if (event.type === 'deleted' && this.childWatches.delete(event.path)) return;
    if (!watched) return;
    const { generation } = this.info;
    queueMicrotask(() => {
      for (const listener of this.watchListeners) listener({ ...event, generation });
    });
  }

  async create(path: string, data: Buffer | null, options: CreateOptions = {}): Promise<CreateResult> {
    const result = await this.write({ type: 'create', path, data, ...(options.mode ? { mode: options.mode } : {}) });
    return { path: result.path!, stat: this.zooKeeper.stat(result.path!)! };
  }

  async delete(path: string, version: number): Promise<void> {
    await this.write({ type: 'delete', path, version });
  }

  async setData(path: string, data: Buffer | null, version: number): Promise<Stat> {
    return (await this.write({ type: 'setData', path, data, version })).stat!;
  }

  exists(path: string, watch: boolean): Promise<Stat | undefined> {
    return this.request(path, () => {
      if (watch) this.dataWatches.add(path);
      return this.zooKeeper.stat(path);
    });
  }

  getData(path: string, watch: boolean): Promise<NodeData> {
    return this.request(path, () => {
      const node = this.zooKeeper.nodes.get(path);
      if (node === undefined) throw new ZkError('NO_NODE', path);
      if (watch) this.dataWatches.add(path);
      return { data: node.data, stat: this.zooKeeper.stat(path)! };
    });
  }

  getChildren(path: string, watch: boolean): Promise<NodeChildren> {
    return this.request(path, () => {
      const stat = this.zooKeeper.stat(path);
      if (stat === undefined) throw new ZkError('NO_NODE', path);
      if (watch) this.childWatches.add(path);
      return { children: this.zooKeeper.children(path), stat };
    });
  }

  getAcl(): Promise<{ acl: Acl[]; stat: Stat }> {
    return Promise.reject(new ZkError('UNIMPLEMENTED'));
  }

  setAcl(): Promise<Stat> {
    return Promise.reject(new ZkError('UNIMPLEMENTED'));
  }

  sync(path: string): Promise<void> {
    return this.request(path, () => undefined);
  }

  multi(operations: readonly ZkOperation[]): Promise<MultiResult> {
    return this.request(undefined, () => this.zooKeeper.commit(this.name, this.info.id, operations));
  }

  private async write(operation: ZkOperation): Promise<{ path?: string; stat?: Stat }> {
    const [result] = (await this.multi([operation])).results;
    if (result?.error !== 'OK') throw new ZkError(result!.error, operation.path);
    return result;
  }

  private async request<T>(path: string | undefined, run: () => T): Promise<T> {
    await Promise.resolve();
    if (this.expired) throw new ZkError('SESSION_EXPIRED', path);
    if (this.cut === 'before') throw new ZkError('CONNECTION_LOSS', path);
    const answer = run();
    if (this.cut === 'after') throw new ZkError('CONNECTION_LOSS', path);
    return answer;
  }
}

function newNode(data: Buffer | null, zxid: number, owner: string): Node {
  return { data, czxid: zxid, mzxid: zxid, version: 0, cversion: 0, owner };
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}
