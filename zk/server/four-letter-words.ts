import type { ZooKeeperServerConfig } from './config.js';
import type { DataTree } from './data-tree.js';
import type { ServerStats } from './server-stats.js';
import { hexOf } from './session-id.js';
import type { SessionTracker } from './session-tracker.js';
import type { Watcher, WatchManager } from './watch-manager.js';
import type { Watches } from './watches.js';

/** What is reported as the version: the one whose behaviour this server has. */
export const VERSION = '3.8.4-zkafka, built on 2024-02-12 22:16 UTC';

/** One client connection, as `cons` lists it. */
export interface ConnectionFacts extends Watcher {
  /** `/127.0.0.1:40526`. */
  readonly remote: string;
  readonly outstanding: number;
  readonly stats: ServerStats;
  readonly session: { readonly id: string } | undefined;
  readonly timeoutMs: number;
  readonly establishedMs: number;
  readonly lastOperation: string;
  readonly lastXid: number;
  readonly lastZxid: number;
  readonly lastResponseMs: number;
  readonly lastLatencyMs: number;
}

/** What the commands look at. */
export interface ServerFacts {
  readonly config: ZooKeeperServerConfig;
  /** As bound. */
  readonly clientPort: number;
  readonly tree: DataTree;
  readonly watches: Watches;
  readonly sessions: SessionTracker;
  readonly stats: ServerStats;
  readonly connections: ReadonlySet<ConnectionFacts>;
  readonly outstanding: number;
  /** Bytes of the files. */
  readonly snapshotBytes: () => number;
  readonly logBytes: () => number;
  readonly environment: Readonly<Record<string, string>>;
  readonly wallMs: number;
  readonly nowMs: number;
}

type Command = (facts: ServerFacts, asking: ConnectionFacts) => string;

/** Source: org.apache.zookeeper.server.command, 3.8 */
const COMMANDS: Readonly<Record<string, Command>> = {
  ruok: () => 'imok',
  isro: () => 'rw',
  srvr: (facts) => `Zookeeper version: ${VERSION}\n${serverLines(facts)}`,
  stat: (facts, asking) =>
    `Zookeeper version: ${VERSION}\nClients:\n${connectionLines(facts, asking, briefly)}\n${serverLines(facts)}`,
  cons: (facts, asking) => `${connectionLines(facts, asking, inFull)}\n`,
  conf: configLines,
  envi: (facts) => `Environment:\n${lines(Object.entries(facts.environment), '=')}`,
  mntr: (facts) => lines(Object.entries(monitorValues(facts)), '\t'),
  dump: dumpLines,
  wchs: ({ watches: { data } }) =>
    `${data.watcherCount} connections watching ${data.pathCount} paths\nTotal watches:${data.size}\n`,
  wchc: ({ watches: { data } }) => `${watchesBySession(data)}\n`,
  wchp: ({ watches: { data } }) => `${watchesByPath(data)}\n`,
  dirs: (facts) => `datadir_size: ${facts.snapshotBytes()}\nlogdir_size: ${facts.logBytes()}\n`,
  srst: ({ stats }) => {
    stats.reset();
    return 'Server stats reset.\n';
  },
  crst: ({ connections }) => {
    for (const connection of connections) connection.stats.reset();
    return 'Connection stats reset.\n';
  },
};

const NAME_BY_CODE: ReadonlyMap<number, string> = new Map(
  Object.keys(COMMANDS).map((name) => [Buffer.from(name, 'latin1').readInt32BE(0), name]),
);

/** The command whose letters, read as an int32, are `code`: where a frame's length would stand. */
export function commandOf(code: number): string | undefined {
  return NAME_BY_CODE.get(code);
}

export function runCommand(name: string, facts: ServerFacts, asking: ConnectionFacts): string {
  const enabled = facts.config.fourLetterWords;
  if (name !== 'srvr' && !enabled.includes(name) && !enabled.includes('*')) {
    return `${name} is not executed because it is not in the whitelist.\n`;
  }
  return COMMANDS[name]?.(facts, asking) ?? '';
}

function lines(entries: [string, string | number][], between: string): string {
  return entries.map(([key, value]) => `${key}${between}${value}\n`).join('');
}

function serverLines({ stats, tree, connections, outstanding }: ServerFacts): string {
  return lines(
    [
      ['Latency min/avg/max', `${stats.minLatencyMs}/${decimal(stats.averageLatencyMs)}/${stats.maxLatencyMs}`],
      ['Received', stats.packetsReceived],
      ['Sent', stats.packetsSent],
      ['Connections', connections.size],
      ['Outstanding', outstanding],
      ['Zxid', `0x${tree.lastZxid.toString(16)}`],
      ['Mode', 'standalone'],
      ['Node count', tree.nodeCount],
    ],
    ': ',
  );
}

function connectionLines(
  { connections, nowMs, wallMs }: ServerFacts,
  asking: ConnectionFacts,
  details: (connection: ConnectionFacts, toWallMs: number) => string,
): string {
  return [...connections]
    .map((connection) => {
      const interest = connection === asking ? 0 : 1;
      const { stats, outstanding } = connection;
      const counts = `queued=${outstanding},recved=${stats.packetsReceived},sent=${stats.packetsSent}`;
      return ` ${connection.remote}[${interest}](${counts}${details(connection, wallMs - nowMs)})\n`;
    })
    .join('');
}

function briefly(): string {
  return '';
}

function inFull(connection: ConnectionFacts, toWallMs: number): string {
  const { session, stats } = connection;
  if (session === undefined) return '';
  const lastXid = connection.lastXid < 0 ? '' : `,lcxid=0x${connection.lastXid.toString(16)}`;
  return (
    `,sid=${hexOf(session.id)},lop=${connection.lastOperation},est=${connection.establishedMs}` +
    `,to=${connection.timeoutMs}${lastXid},lzxid=${longHex(connection.lastZxid)}` +
    `,lresp=${Math.floor(connection.lastResponseMs + toWallMs)},llat=${connection.lastLatencyMs}` +
    `,minlat=${stats.minLatencyMs},avglat=${Math.floor(stats.averageLatencyMs)},maxlat=${stats.maxLatencyMs}`
  );
}

function configLines({ config, clientPort, snapshotBytes, logBytes }: ServerFacts): string {
  return lines(
    [
      ['clientPort', clientPort],
      ['secureClientPort', -1],
      ['dataDir', `${config.dataDir}/version-2`],
      ['dataDirSize', snapshotBytes()],
      ['dataLogDir', `${config.dataLogDir}/version-2`],
      ['dataLogSize', logBytes()],
      ['tickTime', config.tickTimeMs],
      ['maxClientCnxns', config.maxClientCnxns],
      ['minSessionTimeout', config.minSessionTimeoutMs],
      ['maxSessionTimeout', config.maxSessionTimeoutMs],
      ['clientPortListenBacklog', -1],
      ['serverId', 0],
    ],
    '=',
  );
}

function monitorValues({
  stats,
  tree,
  watches,
  sessions,
  connections,
  outstanding,
}: ServerFacts): Record<string, string | number> {
  return {
    zk_version: VERSION,
    zk_server_state: 'standalone',
    zk_ephemerals_count: tree.ephemeralsCount,
    zk_min_latency: stats.minLatencyMs,
    zk_avg_latency: decimal(stats.averageLatencyMs),
    zk_max_latency: stats.maxLatencyMs,
    zk_num_alive_connections: connections.size,
    zk_outstanding_requests: outstanding,
    zk_znode_count: tree.nodeCount,
    zk_global_sessions: sessions.count,
    zk_local_sessions: 0,
    zk_watch_count: watches.data.size + watches.child.size,
    zk_packets_received: stats.packetsReceived,
    zk_packets_sent: stats.packetsSent,
    zk_approximate_data_size: tree.approximateDataSize,
  };
}

function dumpLines({ sessions, tree, connections, wallMs, nowMs }: ServerFacts): string {
  const buckets = sessions.expiring();
  const sessionLines = buckets.map(([atMs, bucket]) => {
    const ids = [...bucket].map((session) => `\t${hexOf(session.id)}\n`).join('');
    return `${bucket.size} expire at ${javaDate(wallMs + atMs - nowMs)}:\n${ids}`;
  });
  const owners = [...tree.ephemeralOwners()];
  const ephemeralLines = owners.map(
    ([id, paths]) => `${hexOf(id)}:\n${[...paths].map((path) => `\t${path}\n`).join('')}`,
  );
  const connectionLines = [...connections].map(
    ({ remote, session }) => `\tip: ${remote} sessionId: ${session === undefined ? '0x0' : hexOf(session.id)}\n`,
  );
  return (
    `SessionTracker dump:\nSession Sets (${buckets.length})/(${sessions.count}):\n${sessionLines.join('')}` +
    `ephemeral nodes dump:\nSessions with Ephemerals (${owners.length}):\n${ephemeralLines.join('')}` +
    `Connections dump:\nConnections Sets (1)/(${connections.size}):\n${connectionLines.join('')}`
  );
}

function watchesBySession(watches: WatchManager): string {
  return [...watches.watchers()]
    .map(([watcher, paths]) => `${sessionOf(watcher)}\n${[...paths].map((path) => `\t${path}\n`).join('')}`)
    .join('');
}

function watchesByPath(watches: WatchManager): string {
  return [...watches.paths()]
    .map(
      ([path, watchers]) => `${path}\n${[...watchers.keys()].map((watcher) => `\t${sessionOf(watcher)}\n`).join('')}`,
    )
    .join('');
}

function sessionOf(watcher: Watcher): string {
  const { session } = watcher as ConnectionFacts;
  return session === undefined ? '0x0' : hexOf(session.id);
}

/** Java prints a whole double with a `.0`. */
function decimal(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

function longHex(value: number): string {
  return value < 0 ? '0xffffffffffffffff' : `0x${value.toString(16)}`;
}

/** `Sun Nov 22 11:28:02 UTC 2026`. */
function javaDate(wallMs: number): string {
  const [, day, date, month, year, time] =
    /^(\w+), (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(wallMs).toUTCString()) ?? [];
  return `${day} ${month} ${date} ${time} UTC ${year}`;
}
