import { KafkaError } from '../common/errors.js';
import { topicPartitionKey } from '../common/topic-partition.js';
import type { Uuid } from '../common/uuid.js';
import type { Platform } from '../platform/platform.js';
import { delay, type Cancel } from '../platform/time.js';
import { LOG_START_OFFSET_FILE, RECOVERY_POINT_FILE, REPLICATION_OFFSET_FILE } from './checkpoints.js';
import { DelayedDeletion } from './delayed-deletion.js';
import type { Log, LogConfig } from './log.js';
import { ColdReads } from './cold-reads.js';
import type { LogContext } from './log-context.js';
import { LogDir } from './log-dir.js';
import { DELETE_FOLDER_SUFFIX, deletedFolderName, partitionOfFolder } from './log-files.js';
import { UnifiedLog } from './unified-log.js';

/** Times ms; names are Kafka's, camel-cased. */
export interface LogManagerSettings {
  readonly logDirs: readonly string[];
  readonly logRetentionCheckIntervalMs: number;
  /** Infinity, or Kafka's Long.MAX_VALUE: never. */
  readonly logFlushSchedulerIntervalMs: number;
  readonly logFlushOffsetCheckpointIntervalMs: number;
  readonly logFlushStartOffsetCheckpointIntervalMs: number;
  readonly producerIdExpirationMs: number;
  readonly producerIdExpirationCheckIntervalMs: number;
  /** `log.segment.delete.delay.ms`, for folders of partitions whose deletion a crash interrupted. */
  readonly fileDeleteDelayMs: number;
  /** `log.initial.task.delay.ms`: nothing of the above runs before. */
  readonly initialTaskDelayMs: number;
}

/** What the owner of the logs provides. */
export interface LogManagerOwner {
  /** A topic's settings: its overrides on top of the broker's defaults. */
  configOf(topic: string, overrides: ReadonlyMap<string, string>): LogConfig;
  /** Its logs are gone; `left` log.dirs still work. With none left the broker has to stop. */
  onLogDirFailure(logDir: string, left: number): void;
}

const LOAD_SLICE_MS = 50;
const LOGS_AT_ONCE = 16;
/** Where Kafka puts "never": Long.MAX_VALUE. Timers do not reach that far. */
const NEVER_MS = 2 ** 31;
const NO_OVERRIDES: ReadonlyMap<string, string> = new Map();

/**
 * All logs of a broker, over its log.dirs: loads, makes and deletes them, and does for them what has to be done once in a
 * while. A log.dir that fails goes offline with its logs; the others go on.
 * Source: kafka.log.LogManager, 3.9
 */
export class LogManager {
  private readonly platform: Platform;
  private readonly settings: LogManagerSettings;
  private readonly owner: LogManagerOwner;
  private readonly context: LogContext;
  private readonly dirs: readonly LogDir[];
  private readonly logs = new Map<string, UnifiedLog>();
  private readonly offlineLogs = new Set<string>();
  private readonly watermarks = new Map<string, number>();
  private readonly timers = new Set<Cancel>();
  private isClosing = false;

  constructor(platform: Platform, settings: LogManagerSettings, owner: LogManagerOwner) {
    this.platform = { ...platform, logger: platform.logger.named('kafka.log.LogManager') };
    this.settings = settings;
    this.owner = owner;
    this.dirs = settings.logDirs.map((path) => new LogDir(platform.disk, path));
    const logger = platform.logger.named('kafka.log.UnifiedLog$');
    this.context = {
      disk: platform.disk,
      time: platform.time,
      random: platform.random,
      codecs: platform.codecs,
      logger,
      deletion: new DelayedDeletion(platform.time, (error) => this.platform.logger.error('deletion of files', error)),
      coldReads: new ColdReads(platform.time),
      producerIdExpirationMs: settings.producerIdExpirationMs,
      onDiskFailure: (logDir, error) => this.onDiskFailure(logDir, error),
    };
  }

  /**
   * Takes the log.dirs and loads every log in them, a pause now and then so that others run.
   * @param overridesOf the topic settings that stand in ZooKeeper
   * @throws Error if another process has a log.dir, if a partition lies in two, or if no log.dir works
   */
  async startup(overridesOf: (topic: string) => ReadonlyMap<string, string> = () => NO_OVERRIDES): Promise<void> {
    try {
      for (const dir of this.dirs) this.take(dir);
      for (const dir of this.onlineDirs()) await this.load(dir, overridesOf);
    } catch (error) {
      this.context.deletion.cancelAll();
      for (const dir of this.dirs) dir.release();
      throw error;
    }
    if (this.onlineDirs().length === 0) {
      throw new Error(
        `Shutdown broker because none of the specified log dirs from ${this.settings.logDirs.join(', ')} can be created or validated`,
      );
    }
    const { initialTaskDelayMs: first, ...every } = this.settings;
    this.repeat('retention', first, every.logRetentionCheckIntervalMs, () => this.applyRetention());
    this.repeat('flush', first, every.logFlushSchedulerIntervalMs, () => this.flushDirtyLogs());
    this.repeat('recovery points', first, every.logFlushOffsetCheckpointIntervalMs, () =>
      this.checkpointRecoveryPoints(),
    );
    this.repeat('log starts', first, every.logFlushStartOffsetCheckpointIntervalMs, () => this.checkpointLogStarts());
    const expiryMs = every.producerIdExpirationCheckIntervalMs;
    this.repeat('producer expiry', expiryMs, expiryMs, () => this.removeExpired());
  }

  /** Flushes and closes every log and leaves the mark of an orderly end. High watermarks are written by who has them, before. */
  async shutdown(brokerEpoch = -1): Promise<void> {
    this.isClosing = true;
    for (const cancel of this.timers) cancel();
    this.timers.clear();
    this.context.deletion.cancelAll();
    for (const dir of this.onlineDirs()) await this.closeDir(dir, brokerEpoch);
    for (const dir of this.dirs) dir.release();
  }

  get all(): Iterable<UnifiedLog> {
    return this.logs.values();
  }

  /** log.dirs that work. */
  get liveLogDirs(): string[] {
    return this.onlineDirs().map((dir) => dir.path);
  }

  get(topic: string, partition: number): UnifiedLog | undefined {
    return this.logs.get(topicPartitionKey(topic, partition));
  }

  /**
   * The log, made with `overrides` as its topic settings when it is missing. A log that exists keeps its settings.
   * @param isNew the controller says that the partition is new; only then a log is made while a log.dir is offline
   * @throws KafkaError KAFKA_STORAGE_ERROR when no log.dir can take it
   */
  getOrCreate(
    topic: string,
    partition: number,
    topicId: Uuid | undefined,
    overrides: ReadonlyMap<string, string>,
    isNew: boolean,
  ): UnifiedLog {
    const known = this.get(topic, partition);
    if (known !== undefined) return known;
    const logDir = this.dirForNewLog(topicPartitionKey(topic, partition), isNew);
    const config = this.owner.configOf(topic, overrides);
    const log = this.open(logDir, topic, partition, config, false, 0, 0);
    if (topicId !== undefined && log.topicId === undefined) log.assignTopicId(topicId);
    this.platform.logger.info(`Created log for partition ${topic}-${partition} in ${log.path}`);
    return log;
  }

  topicIdOf(topic: string, partition: number): Uuid | undefined {
    return this.get(topic, partition)?.topicId;
  }

  assignTopicId(topic: string, partition: number, topicId: Uuid): void {
    this.get(topic, partition)?.assignTopicId(topicId);
  }

  /** Takes the log away at once and its files after `file.delete.delay.ms`. One that is missing is fine. */
  delete(topic: string, partition: number): void {
    const key = topicPartitionKey(topic, partition);
    const log = this.logs.get(key);
    if (log === undefined) return;
    const { disk, random, deletion } = this.context;
    const path = `${log.logDir}/${deletedFolderName(topic, partition, random.bytes(16).toString('hex'))}`;
    try {
      disk.rename(log.path, path);
    } catch (error) {
      this.onDiskFailure(log.logDir, error);
      throw new KafkaError('KAFKA_STORAGE_ERROR', `Error while renaming dir for ${key}: ${String(error)}`);
    }
    log.movedTo(path);
    this.logs.delete(key);
    this.watermarks.delete(key);
    this.platform.logger.info(`Log for partition ${key} is renamed to ${path} and is scheduled for deletion`);
    deletion.add(log.config.fileDeleteDelayMs, () => disk.remove(path));
    this.background('checkpoints', this.checkpointRecoveryPoints());
    this.background('checkpoints', this.checkpointLogStarts());
  }

  /** Does it lie in a log.dir that failed? */
  isOffline(topic: string, partition: number): boolean {
    return this.offlineLogs.has(topicPartitionKey(topic, partition));
  }

  /** As replication-offset-checkpoint held it at start, undefined if it did not. */
  checkpointedHighWatermark(topic: string, partition: number): number | undefined {
    return this.watermarks.get(topicPartitionKey(topic, partition));
  }

  /**
   * Writes the high watermarks of `logs` to the replication-offset-checkpoint of their log.dirs. A log that is not among
   * them, since no controller has spoken of it yet, keeps the one it had at start.
   */
  async checkpointHighWatermarks(logs: Iterable<Log>): Promise<void> {
    const byDir = this.offsetsByDir(({ topic, partition }) => this.checkpointedHighWatermark(topic, partition));
    for (const { topic, partition, highWatermark } of logs) {
      const key = topicPartitionKey(topic, partition);
      const logDir = this.logs.get(key)?.logDir;
      if (logDir !== undefined) byDir.get(logDir)?.set(key, highWatermark);
    }
    await this.checkpoint(REPLICATION_OFFSET_FILE, byDir);
  }

  /** The overrides of a topic changed: its logs follow. */
  updateTopicConfig(topic: string, overrides: ReadonlyMap<string, string>): void {
    const config = this.owner.configOf(topic, overrides);
    for (const log of this.logs.values()) if (log.topic === topic) log.updateConfig(config);
  }

  /** Removes what retention does not keep, in every log. */
  applyRetention(): Promise<void> {
    for (const log of this.logs.values()) this.eachLog(log, () => log.deleteOldSegments());
    return Promise.resolve();
  }

  async checkpointRecoveryPoints(): Promise<void> {
    await this.checkpoint(
      RECOVERY_POINT_FILE,
      this.offsetsByDir((log) => log.recoveryPoint),
    );
  }

  /** Only log starts that the name of the first segment does not tell. */
  async checkpointLogStarts(): Promise<void> {
    const offsets = this.offsetsByDir((log) =>
      log.logStartOffset > log.firstSegmentOffset ? log.logStartOffset : undefined,
    );
    await this.checkpoint(LOG_START_OFFSET_FILE, offsets);
  }

  private take(dir: LogDir): void {
    try {
      dir.open();
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ELOCKED') {
        throw new Error(
          `Failed to acquire lock on file .lock in ${dir.path}. A Kafka instance in another process or thread is using this directory.`,
          { cause: error },
        );
      }
      this.platform.logger.error(`Failed to create or validate data directory ${dir.path}`, error);
      dir.isOnline = false;
    }
  }

  private async load(dir: LogDir, overridesOf: (topic: string) => ReadonlyMap<string, string>): Promise<void> {
    const { disk, time } = this.platform;
    const { logger } = this.platform;
    const startMs = time.nowMs();
    let pauseAtMs = startMs + LOAD_SLICE_MS;
    try {
      const { wasClean, recoveryPoints, logStarts, watermarks } = dir.readState(logger);
      const folders = disk.list(dir.path).filter((entry) => entry.isFolder);
      logger.info(`Loading ${folders.length} logs from ${dir.path}${wasClean ? '' : ' after an unclean shutdown'}`);
      for (const { name } of folders) {
        this.loadFolder(dir, name, overridesOf, wasClean, recoveryPoints.get(name) ?? 0, logStarts.get(name) ?? 0);
        const watermark = watermarks.get(name);
        if (watermark !== undefined) this.watermarks.set(name, watermark);
        if (time.nowMs() < pauseAtMs) continue;
        await delay(time, 0);
        pauseAtMs = time.nowMs() + LOAD_SLICE_MS;
      }
      logger.info(`Loaded ${folders.length} logs in ${Math.round(time.nowMs() - startMs)}ms`);
    } catch (error) {
      if (error instanceof DuplicateLogError) throw error;
      this.onDiskFailure(dir.path, error);
    }
  }

  private loadFolder(
    dir: LogDir,
    name: string,
    overridesOf: (topic: string) => ReadonlyMap<string, string>,
    wasClean: boolean,
    recoveryPoint: number,
    logStartOffset: number,
  ): void {
    const path = `${dir.path}/${name}`;
    if (name.endsWith(DELETE_FOLDER_SUFFIX)) {
      this.context.deletion.add(this.settings.fileDeleteDelayMs, () => this.context.disk.remove(path));
      return;
    }
    const named = partitionOfFolder(name);
    if (named === undefined || named.topic === '__cluster_metadata') {
      this.platform.logger.warn(`Folder ${path} is no partition of this broker and is left alone`);
      return;
    }
    const known = this.logs.get(name);
    if (known !== undefined) throw new DuplicateLogError(`Duplicate log directories found: ${known.path}, ${path}!`);
    const config = this.owner.configOf(named.topic, overridesOf(named.topic));
    this.open(dir.path, named.topic, named.partition, config, wasClean, recoveryPoint, logStartOffset);
  }

  private open(
    logDir: string,
    topic: string,
    partition: number,
    config: LogConfig,
    wasCleanShutdown: boolean,
    recoveryPoint: number,
    logStartOffset: number,
  ): UnifiedLog {
    const options = { topic, partition, logDir, config, wasCleanShutdown, recoveryPoint, logStartOffset };
    const log = new UnifiedLog(this.context, options);
    this.logs.set(topicPartitionKey(topic, partition), log);
    return log;
  }

  /** The log.dir with the fewest logs. */
  private dirForNewLog(key: string, isNew: boolean): string {
    const online = this.onlineDirs();
    if (this.offlineLogs.has(key) || online.length === 0 || (!isNew && online.length < this.dirs.length)) {
      throw new KafkaError('KAFKA_STORAGE_ERROR', `Can not create log for ${key} because log directories are offline`);
    }
    const counts = new Map(online.map((dir) => [dir.path, 0]));
    for (const { logDir } of this.logs.values()) counts.set(logDir, (counts.get(logDir) ?? 0) + 1);
    return [...counts].reduce((fewest, next) => (next[1] < fewest[1] ? next : fewest))[0];
  }

  private onlineDirs(): LogDir[] {
    return this.dirs.filter((dir) => dir.isOnline);
  }

  private onDiskFailure(logDir: string, error: unknown): void {
    const dir = this.dirs.find((d) => d.path === logDir);
    if (dir?.isOnline !== true) return;
    dir.isOnline = false;
    this.platform.logger.error(`Stopping serving logs in dir ${logDir}`, error);
    for (const [key, log] of this.logs) {
      if (log.logDir !== logDir) continue;
      this.logs.delete(key);
      this.offlineLogs.add(key);
      log.goOffline();
    }
    this.owner.onLogDirFailure(logDir, this.onlineDirs().length);
  }

  private async closeDir(dir: LogDir, brokerEpoch: number): Promise<void> {
    const logs = [...this.logs.values()].filter((log) => log.logDir === dir.path);
    try {
      for (let i = 0; i < logs.length; i += LOGS_AT_ONCE) {
        await Promise.all(logs.slice(i, i + LOGS_AT_ONCE).map((log) => log.flush()));
      }
      for (const log of logs) await log.close();
      await this.checkpointRecoveryPoints();
      await this.checkpointLogStarts();
      if (dir.isOnline) await dir.markCleanShutdown(brokerEpoch);
    } catch (error) {
      this.platform.logger.error(`There was an error in one of the logs of ${dir.path} during shutdown`, error);
    }
  }

  private async flushDirtyLogs(): Promise<void> {
    const nowMs = this.platform.time.nowMs();
    for (const log of [...this.logs.values()]) {
      if (log.logEndOffset > log.recoveryPoint && nowMs - log.lastFlushMs >= log.config.flushMs) await log.flush();
    }
  }

  private removeExpired(): Promise<void> {
    for (const log of this.logs.values()) log.removeExpired();
    return Promise.resolve();
  }

  /** A log that fails does not keep the others from their turn; a failing disk has taken its log.dir offline already. */
  private eachLog(log: UnifiedLog, work: () => unknown): void {
    try {
      work();
    } catch (error) {
      this.platform.logger.error(`in ${log.path}`, error);
    }
  }

  private offsetsByDir(offsetOf: (log: UnifiedLog) => number | undefined): Map<string, Map<string, number>> {
    const byDir = new Map(this.onlineDirs().map((dir) => [dir.path, new Map<string, number>()]));
    for (const [key, log] of this.logs) {
      const offset = offsetOf(log);
      if (offset !== undefined) byDir.get(log.logDir)?.set(key, offset);
    }
    return byDir;
  }

  private async checkpoint(file: string, byDir: ReadonlyMap<string, ReadonlyMap<string, number>>): Promise<void> {
    for (const dir of this.onlineDirs()) {
      try {
        await dir.checkpoint(file, byDir.get(dir.path) ?? new Map());
      } catch (error) {
        this.onDiskFailure(dir.path, error);
      }
    }
  }

  private repeat(name: string, firstMs: number, everyMs: number, task: () => Promise<void>): void {
    if (everyMs >= NEVER_MS || this.isClosing) return;
    const cancel = this.platform.time.schedule(Math.min(firstMs, NEVER_MS), () => {
      this.timers.delete(cancel);
      const again = () => this.repeat(name, everyMs, everyMs, task);
      this.background(name, task().finally(again));
    });
    this.timers.add(cancel);
  }

  private background(name: string, work: Promise<void>): void {
    work.catch((error: unknown) => this.platform.logger.error(`background work: ${name}`, error));
  }
}

/** A partition lies in two log.dirs: which one counts is for the operator to say. */
class DuplicateLogError extends Error {
  override readonly name = 'DuplicateLogError';
}
