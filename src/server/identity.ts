import { type Platform } from '../platform/platform.js';
import { type MetaProperties, readMetaProperties, writeMetaProperties } from '../storage/meta-properties.js';
import type { KafkaZkClient } from '../zookeeper/kafka-zk-client.js';
import type { BrokerSettings } from './broker-settings.js';
import { BrokerStartError } from './start-error.js';

export interface BrokerIdentity {
  readonly brokerId: number;
  readonly clusterId: string;
}

/**
 * Who this broker is, in which cluster: what the settings, meta.properties of every log.dir, and ZooKeeper say must agree.
 * What is missing is generated and written down; keys we do not know stay (directory.id: a later migration needs it).
 * @throws BrokerStartError when they disagree
 * Source: kafka.server.KafkaServer.startup, kafka.server.KafkaServer.getOrGenerateBrokerId, 3.9
 */
export async function claimIdentity(
  settings: BrokerSettings,
  zk: KafkaZkClient,
  platform: Platform,
): Promise<BrokerIdentity> {
  const { found, usable } = readLogDirs(settings.logs.logDirs, platform);
  const clusterId = await zk.brokers.clusterIdOrCreate();
  for (const [logDir, meta] of found) {
    if (meta.clusterId === undefined || meta.clusterId === clusterId) continue;
    throw new BrokerStartError(
      `The Cluster ID ${clusterId} doesn't match stored clusterId ${meta.clusterId} in meta.properties of ${logDir}. The broker is trying to join the wrong cluster. Configured zookeeper.connect may be wrong.`,
    );
  }
  const brokerId = await brokerIdOf(settings, found, zk);
  for (const logDir of usable) {
    const meta = found.get(logDir);
    if (meta?.brokerId === brokerId && meta.clusterId === clusterId) continue;
    await writeMetaProperties(platform.disk, logDir, brokerId, clusterId, dateLine(platform.time.wallMs()));
  }
  return { brokerId, clusterId };
}

/**
 * A log.dir that cannot be made or read is left to the log manager, which goes on without it.
 * @throws BrokerStartError when a file is not what it should be
 */
function readLogDirs(
  logDirs: readonly string[],
  { disk, logger }: Platform,
): { found: Map<string, MetaProperties>; usable: string[] } {
  const found = new Map<string, MetaProperties>();
  const usable: string[] = [];
  for (const logDir of logDirs) {
    try {
      disk.mkdir(logDir);
      const meta = readMetaProperties(disk, logDir);
      if (meta !== undefined) found.set(logDir, meta);
      usable.push(logDir);
    } catch (error) {
      const isOfDisk = typeof (error as { code?: unknown }).code === 'string';
      if (!isOfDisk) throw new BrokerStartError(error instanceof Error ? error.message : String(error));
      logger.error(`Fail to read meta.properties under log directory ${logDir}`, error);
    }
  }
  return { found, usable };
}

async function brokerIdOf(
  settings: BrokerSettings,
  found: ReadonlyMap<string, MetaProperties>,
  zk: KafkaZkClient,
): Promise<number> {
  const stored = new Set([...found.values()].flatMap(({ brokerId }) => brokerId ?? []));
  if (stored.size > 1) {
    throw new BrokerStartError(
      `Failed to match broker.id across log.dirs. This could happen if multiple brokers shared a log directory (log.dirs) or partial data was manually copied from another broker. Found: ${[...stored].join(', ')}`,
    );
  }
  const [storedId] = stored;
  if (settings.brokerId >= 0) {
    if (storedId !== undefined && storedId !== settings.brokerId) {
      throw new BrokerStartError(
        `Configured broker.id ${settings.brokerId} doesn't match stored broker.id ${storedId} in meta.properties. If you moved your data, make sure your configured broker.id matches. If you intend to create a new broker, you should remove all data in your data directories (log.dirs).`,
      );
    }
    return settings.brokerId;
  }
  if (storedId !== undefined) return storedId;
  if (!settings.brokerIdGenerationEnable) throw new BrokerStartError('broker.id is not set and must not be generated');
  return settings.reservedBrokerMaxId + (await zk.brokers.generateBrokerSequenceId());
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** As java.util.Properties dates its files, in UTC: `Sun Nov 22 10:52:10 UTC 2026`. */
function dateLine(wallMs: number): string {
  const date = new Date(wallMs);
  const two = (n: number): string => String(n).padStart(2, '0');
  const clock = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  const day = `${DAYS[date.getUTCDay()] ?? ''} ${MONTHS[date.getUTCMonth()] ?? ''} ${two(date.getUTCDate())}`;
  return `${day} ${clock} UTC ${date.getUTCFullYear()}`;
}
