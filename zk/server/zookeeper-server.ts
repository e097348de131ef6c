import type { DiskLock } from '../../src/platform/disk.js';
import type { Logger } from '../../src/platform/logger.js';
import type { Listener, Socket, SocketHandler } from '../../src/platform/network.js';
import type { Platform } from '../../src/platform/platform.js';
import type { Cancel, Time } from '../../src/platform/time.js';
import { NO_SESSION, type SessionId } from '../client/zk-client.js';
import type { ConnectRequest } from '../jute/messages.js';
import { OP } from '../jute/op-codes.js';
import type { ZooKeeperServerConfig } from './config.js';
import { Connection, type ConnectionOwner } from './connection.js';
import { CONTAINER_CHECK_MS, removableContainers, repeat } from './container-manager.js';
import { listFiles, purgeable, removeHalfWritten, versionFolder } from './data-folder.js';
import { DataTree } from './data-tree.js';
import { FinalProcessor, type SessionEvents } from './final-processor.js';
import { runCommand, VERSION } from './four-letter-words.js';
import { PendingChanges } from './pending-changes.js';
import { PrepProcessor } from './prep-processor.js';
import { recover } from './recovery.js';
import { newRequest, type Request } from './request.js';
import { ServerStats } from './server-stats.js';
import { hexOf, sessionPassword } from './session-id.js';
import { SessionTracker, type Session } from './session-tracker.js';
import { writeSnapshot } from './snapshot.js';
import { SyncProcessor } from './sync-processor.js';
import { TxnLog } from './txn-log.js';
import { Watches } from './watches.js';

/** Requests on their way to the disk before clients that have some of them there are read no further. */
const OUTSTANDING_LIMIT = 1000;
const HOUR_MS = 3_600_000;

export interface ZooKeeperServerOptions {
  /** What `envi` prints besides the version. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The log cannot be written: the server has stopped itself. */
  readonly onFailure?: (error: unknown) => void;
}

/**
 * A standalone ZooKeeper 3.8: one loop, three stages. A request is prepared (prep), made durable (sync), applied and
 * answered (final); reads of a connection without writes on their way go straight to the last.
 */
export class ZooKeeperServer implements ConnectionOwner, SessionEvents {
  readonly time: Time;
  readonly logger: Logger;
  readonly stats = new ServerStats();
  readonly juteMaxBuffer: number;
  readonly config: ZooKeeperServerConfig;
  private readonly platform: Platform;
  private readonly options: ZooKeeperServerOptions;
  private readonly watches = new Watches();
  private readonly tree: DataTree;
  private readonly pending: PendingChanges;
  private readonly tracker: SessionTracker;
  private readonly final: FinalProcessor;
  private readonly log: TxnLog;
  private readonly sync: SyncProcessor;
  private prep: PrepProcessor | undefined;
  private readonly folders: { readonly snapshots: string; readonly logs: string };
  /** What a snapshot says of sessions: those whose creation is applied. */
  private readonly sessionTimeouts = new Map<SessionId, number>();
  private readonly connections = new Set<Connection>();
  private readonly connectionOf = new Map<SessionId, Connection>();
  private readonly connectionsFrom = new Map<string, number>();
  private readonly dirty: Connection[] = [];
  private readonly throttled = new Set<Connection>();
  private readonly timers: Cancel[] = [];
  private readonly locks: DiskLock[] = [];
  private listener: Listener | undefined;
  private entriesSinceSnapshot = 0;
  private snapshotAt = 0;
  private snapshotting: Promise<void> | undefined;
  private isStopping = false;

  constructor(config: ZooKeeperServerConfig, platform: Platform, options: ZooKeeperServerOptions = {}) {
    this.config = config;
    this.platform = platform;
    this.options = options;
    this.time = platform.time;
    this.logger = platform.logger;
    this.juteMaxBuffer = config.juteMaxBuffer;
    this.folders = { snapshots: versionFolder(config.dataDir), logs: versionFolder(config.dataLogDir) };
    this.tree = new DataTree(this.watches, config);
    this.pending = new PendingChanges(this.tree);
    this.tracker = new SessionTracker(this.time, config.tickTimeMs, (session) => this.expire(session));
    this.final = new FinalProcessor(this.tree, this.watches, this.pending, this, this.time);
    this.log = new TxnLog(platform.disk, this.folders.logs);
    this.sync = new SyncProcessor(
      this.log,
      (batch) => this.deliver(batch),
      (error) => this.fail(error),
    );
  }

  /**
   * Recovers what is on the disk and serves.
   * @throws CorruptLogError, Error with `code` ELOCKED (another server has the folder), EADDRINUSE and what the disk says
   */
  async start(): Promise<{ port: number }> {
    await this.load();
    this.prep = new PrepProcessor(
      this.pending,
      this.tree.lastZxid,
      { sessions: this.tracker, time: this.time, logger: this.logger },
      this.config,
    );
    this.tracker.start();
    const { clientPortAddress: host, clientPort } = this.config;
    this.listener = await this.platform.network.listen({ host, port: clientPort }, {}, (socket) => this.accept(socket));
    this.timers.push(repeat(this.time, CONTAINER_CHECK_MS, () => this.removeContainers()));
    if (this.config.purgeIntervalHours > 0) {
      this.timers.push(repeat(this.time, this.config.purgeIntervalHours * HOUR_MS, () => this.purge()));
    }
    const { port } = this.listener.address;
    this.logger.info(`binding to port ${host}:${port}`);
    return { port };
  }

  /** What is acknowledged stays; sessions live on in the log. */
  async stop(): Promise<void> {
    if (this.isStopping) return;
    this.isStopping = true;
    this.tracker.stop();
    for (const cancel of this.timers) cancel();
    await this.listener?.close();
    await this.sync.drain();
    for (const connection of [...this.connections]) connection.close();
    await this.snapshotting;
    this.log.close();
    for (const lock of this.locks) lock.release();
    this.logger.info('shutdown complete');
  }

  connect(connection: Connection, request: ConnectRequest): void {
    const { config, tree } = this;
    if (request.lastZxidSeen > tree.lastZxid) {
      this.logger.info(
        `Refusing session request for client ${connection.remote} as it has seen zxid 0x${request.lastZxidSeen.toString(16)}` +
          ` our last zxid is 0x${tree.lastZxid.toString(16)} client must try another server`,
      );
      connection.close();
      return;
    }
    connection.timeoutMs = Math.min(
      Math.max(request.timeoutMs, config.minSessionTimeoutMs),
      config.maxSessionTimeoutMs,
    );
    if (request.sessionId === NO_SESSION) this.openSession(connection);
    else this.reopenSession(connection, request.sessionId, request.password);
  }

  touch(session: Session, timeoutMs: number): boolean {
    if (session.isClosing || this.tracker.get(session.id) !== session) return false;
    this.tracker.touch(session, timeoutMs);
    return true;
  }

  submit(request: Request): void {
    if (this.isStopping) return;
    this.prep?.prepare(request);
    const { origin } = request;
    if (request.header === undefined && (origin === undefined || origin.outstanding === 0)) {
      this.final.process(request);
      return;
    }
    if (origin !== undefined) origin.outstanding++;
    if (request.header !== undefined) this.entriesSinceSnapshot++;
    this.sync.add(request);
  }

  onSessionCreated(id: SessionId, timeoutMs: number): void {
    this.sessionTimeouts.set(id, timeoutMs);
  }

  onSessionClosed(id: SessionId, byClient: boolean): void {
    this.sessionTimeouts.delete(id);
    this.tracker.remove(id);
    const connection = this.connectionOf.get(id);
    this.connectionOf.delete(id);
    if (!byClient) connection?.close();
  }

  fourLetterWord(command: string, asking: Connection): string {
    const { config, tree, watches, stats, connections } = this;
    this.logger.info(`Processing ${command} command from ${asking.remote}`);
    const facts = {
      config,
      clientPort: this.listener?.address.port ?? config.clientPort,
      tree,
      watches,
      sessions: this.tracker,
      stats,
      connections,
      outstanding: this.sync.length,
      snapshotBytes: () => this.bytesOf('snapshot'),
      logBytes: () => this.bytesOf('log'),
      environment: { 'zookeeper.version': VERSION, ...this.options.environment },
      wallMs: this.time.wallMs(),
      nowMs: this.time.nowMs(),
    };
    return runCommand(command, facts, asking);
  }

  onDirty(connection: Connection): void {
    this.dirty.push(connection);
  }

  endOfTurn(): void {
    this.sync.kick();
    this.flushReplies();
  }

  isThrottled(connection: Connection): boolean {
    if (connection.outstanding === 0 || this.sync.length <= OUTSTANDING_LIMIT) return false;
    this.throttled.add(connection);
    return true;
  }

  onClosed(connection: Connection): void {
    if (!this.connections.delete(connection)) return;
    this.watches.removeWatcher(connection);
    this.throttled.delete(connection);
    const { session } = connection;
    if (session !== undefined && this.connectionOf.get(session.id) === connection) this.connectionOf.delete(session.id);
    const { host } = connection.socket.remote;
    const left = (this.connectionsFrom.get(host) ?? 1) - 1;
    if (left === 0) this.connectionsFrom.delete(host);
    else this.connectionsFrom.set(host, left);
  }

  private async load(): Promise<void> {
    const { disk } = this.platform;
    const { snapshots, logs } = this.folders;
    for (const folder of new Set([snapshots, logs])) {
      disk.mkdir(folder);
      this.locks.push(disk.lock(`${folder}/.lock`));
    }
    removeHalfWritten(disk, snapshots);
    const recovered = recover(disk, this.folders, this.tree, this.logger);
    for (const [id, timeoutMs] of recovered.sessions) {
      this.sessionTimeouts.set(id, timeoutMs);
      this.tracker.track(id, timeoutMs);
    }
    this.buryOrphans();
    this.entriesSinceSnapshot = recovered.replayedCount;
    this.planSnapshot();
    // Apache's servers want a snapshot to go with a log, be it an empty one.
    if (recovered.isEmpty) await writeSnapshot(disk, this.time, snapshots, this.tree, this.sessionTimeouts);
  }

  /** Ephemerals of sessions that nothing knows: a log of the past lost them. Source: ZooKeeperServer.loadData, 3.8 */
  private buryOrphans(): void {
    for (const id of [...this.tree.ephemeralOwners().keys()]) {
      if (this.sessionTimeouts.has(id)) continue;
      this.logger.warn(`Removing ephemeral nodes of the unknown session ${hexOf(id)}`);
      const header = { sessionId: id, cxid: 0, zxid: this.tree.lastZxid, timeMs: 0, type: OP.closeSession };
      this.tree.apply(header, { type: OP.closeSession, paths: undefined });
    }
  }

  private accept(socket: Socket): SocketHandler {
    const { host } = socket.remote;
    const count = (this.connectionsFrom.get(host) ?? 0) + 1;
    const connection = new Connection(socket, this);
    this.connections.add(connection);
    this.connectionsFrom.set(host, count);
    const { maxClientCnxns } = this.config;
    if (this.isStopping || (maxClientCnxns > 0 && count > maxClientCnxns)) {
      if (!this.isStopping) this.logger.warn(`Too many connections from /${host} - max is ${maxClientCnxns}`);
      connection.destroy();
    }
    return connection;
  }

  private openSession(connection: Connection): void {
    const session = this.tracker.create(connection.timeoutMs);
    this.attach(connection, session);
    const request = newRequest(connection, session, 0, { type: OP.createSession }, this.time.nowMs());
    this.submit(request);
  }

  private reopenSession(connection: Connection, id: SessionId, password: Buffer | null): void {
    const session = this.tracker.get(id);
    const isProven = password !== null && sessionPassword(id).equals(password);
    if (!isProven) this.logger.warn(`Incorrect password from ${connection.remote} for session ${hexOf(id)}`);
    if (!isProven || session === undefined || !this.touch(session, connection.timeoutMs)) {
      this.logger.info(`Invalid session ${hexOf(id)} for client ${connection.remote}, probably expired`);
      connection.onSession(undefined);
      return;
    }
    this.connectionOf.get(id)?.destroy();
    this.attach(connection, session);
    connection.onSession(session);
  }

  private attach(connection: Connection, session: Session): void {
    connection.session = session;
    this.connectionOf.set(session.id, connection);
  }

  private expire(session: Session): void {
    this.logger.info(`Expiring session ${hexOf(session.id)}, timeout of ${session.timeoutMs}ms exceeded`);
    this.submit(newRequest(undefined, session, 0, { type: OP.closeSession }, this.time.nowMs()));
    this.endOfTurn();
  }

  private removeContainers(): void {
    const nobody: Session = { id: NO_SESSION, timeoutMs: 0, isClosing: false, expiresAtMs: 0 };
    for (const path of removableContainers(this.tree, this.time.wallMs())) {
      this.logger.info(`Attempting to delete candidate container: ${path}`);
      this.submit(newRequest(undefined, nobody, 0, { type: OP.deleteContainer, request: { path } }, this.time.nowMs()));
    }
    this.endOfTurn();
  }

  private deliver(batch: readonly Request[]): void {
    for (const request of batch) {
      if (request.origin !== undefined) request.origin.outstanding--;
      this.final.process(request);
    }
    for (const connection of [...this.throttled]) {
      this.throttled.delete(connection);
      connection.maybeResume();
    }
    if (this.entriesSinceSnapshot >= this.snapshotAt) this.maybeSnapshot();
    this.sync.kick();
    this.flushReplies();
  }

  private flushReplies(): void {
    for (let connection = this.dirty.pop(); connection !== undefined; connection = this.dirty.pop()) connection.flush();
  }

  /** Servers of an ensemble should not all do it at once, hence the chance in it. */
  private planSnapshot(): void {
    const half = Math.max(1, Math.floor(this.config.snapCount / 2));
    this.snapshotAt = this.entriesSinceSnapshot + half + this.platform.random.int(half);
  }

  private maybeSnapshot(): void {
    if (this.snapshotting !== undefined || this.isStopping) return;
    this.entriesSinceSnapshot = 0;
    this.planSnapshot();
    this.log.roll();
    this.snapshotting = this.snapshot().finally(() => (this.snapshotting = undefined));
  }

  private async snapshot(): Promise<void> {
    const { disk } = this.platform;
    try {
      const path = await writeSnapshot(disk, this.time, this.folders.snapshots, this.tree, this.sessionTimeouts);
      this.logger.info(`Snapshotting: ${path}`);
    } catch (error) {
      // The log holds everything: the next one may succeed.
      this.logger.error('Writing a snapshot failed', error);
    }
  }

  private purge(): void {
    const { disk } = this.platform;
    const snapshots = listFiles(disk, this.folders.snapshots, 'snapshot');
    const logs = listFiles(disk, this.folders.logs, 'log');
    for (const { path } of purgeable(snapshots, logs, this.config.snapRetainCount)) {
      this.logger.info(`Removing file: ${path}`);
      disk.remove(path);
    }
  }

  private bytesOf(kind: 'log' | 'snapshot'): number {
    const { disk } = this.platform;
    const files = listFiles(disk, kind === 'log' ? this.folders.logs : this.folders.snapshots, kind);
    return files.reduce((sum, { path }) => sum + (disk.stat(path)?.size ?? 0), 0);
  }

  /** Nothing may be acknowledged any more: every connection is cut, clients look for another server. */
  private fail(error: unknown): void {
    this.logger.error('Severe unrecoverable error, exiting: the transaction log cannot be written', error);
    void this.stop().then(() => this.options.onFailure?.(error));
  }
}
