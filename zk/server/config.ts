/** The settings of zoo.cfg, parsed and with their defaults filled in. Times in ms. */
export interface ZooKeeperServerConfig {
  readonly tickTimeMs: number;
  /** Snapshots live in its `version-2`. Absolute. */
  readonly dataDir: string;
  /** The log lives in its `version-2`; default: dataDir. */
  readonly dataLogDir: string;
  readonly clientPortAddress: string;
  /** 0: a free one. */
  readonly clientPort: number;
  /** Connections from one address; 0: any number. */
  readonly maxClientCnxns: number;
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  /** Log entries between two snapshots, on average three quarters of it. */
  readonly snapCount: number;
  readonly snapRetainCount: number;
  /** 0: nothing is purged. */
  readonly purgeIntervalHours: number;
  /** Commands answered; `*` for all. `srvr` always is. */
  readonly fourLetterWords: readonly string[];
  /** Bytes of the largest frame that is read. */
  readonly juteMaxBuffer: number;
  /** TTL nodes, `zookeeper.extendedTypesEnabled`. */
  readonly ttlEnabled: boolean;
}

/** What Apache's server does with a zoo.cfg that names only the folder. */
export function defaultConfig(dataDir: string): ZooKeeperServerConfig {
  return {
    tickTimeMs: 3000,
    dataDir,
    dataLogDir: dataDir,
    clientPortAddress: '0.0.0.0',
    clientPort: 2181,
    maxClientCnxns: 60,
    minSessionTimeoutMs: 6000,
    maxSessionTimeoutMs: 60000,
    snapCount: 100000,
    snapRetainCount: 3,
    purgeIntervalHours: 0,
    fourLetterWords: ['srvr'],
    juteMaxBuffer: 0xfffff,
    ttlEnabled: false,
  };
}
