import type { Uuid } from '../common/uuid.js';
import type { Log } from '../storage/log.js';

/** What the replica layer asks of the log manager. Everything here is synchronous; deletion goes on in the background. */
export interface LogProvider {
  /** undefined if there is none, or if it lies in an offline log directory. */
  get(topic: string, partition: number): Log | undefined;
  /**
   * The log, made with `overrides` as its topic settings when it is missing. A log that exists keeps its settings.
   * @param isNew the controller says that the partition is new; only then a log may be made while a log directory is offline
   * @throws KafkaError KAFKA_STORAGE_ERROR when no log directory can take it
   */
  getOrCreate(
    topic: string,
    partition: number,
    topicId: Uuid | undefined,
    overrides: ReadonlyMap<string, string>,
    isNew: boolean,
  ): Log;
  /** As partition.metadata holds it; undefined without log or without id. */
  topicIdOf(topic: string, partition: number): Uuid | undefined;
  /** Gives a log that was made before inter.broker.protocol.version 2.8 its id. */
  assignTopicId(topic: string, partition: number, topicId: Uuid): void;
  /** Takes the log away at once and its files later (file.delete.delay.ms). One that is missing is fine. */
  delete(topic: string, partition: number): void;
  isOffline(topic: string, partition: number): boolean;
  /** As replication-offset-checkpoint held it at start, undefined if it did not. */
  checkpointedHighWatermark(topic: string, partition: number): number | undefined;
  /** Writes the high watermarks of `logs` to the replication-offset-checkpoint of their log directories. */
  checkpointHighWatermarks(logs: Iterable<Log>): Promise<void>;
}
