import { defaultConfig, type ZooKeeperServerConfig } from './config.js';

/** A setting that cannot be used. The message has its name, its value and the reason. */
export class ZooCfgError extends Error {
  override readonly name = 'ZooCfgError';
  constructor(name: string, value: string | undefined, reason: string) {
    super(value === undefined ? `${name}: ${reason}` : `${name}=${value}: ${reason}`);
  }
}

export interface ParsedZooCfg {
  readonly config: ZooKeeperServerConfig;
  /** Worth a line at level info. */
  readonly infos: readonly string[];
  readonly warnings: readonly string[];
}

const MAX_INT = 0x7fffffff;

/** Understood and without effect here: they are about ensembles, or about how Java does its work. */
const WITHOUT_EFFECT = new Set([
  'initLimit',
  'syncLimit',
  'electionAlg',
  'standaloneEnabled',
  'reconfigEnabled',
  'peerType',
  'preAllocSize',
  'forceSync',
  'globalOutstandingLimit',
  'clientPortListenBacklog',
  'snapshot.trust.empty',
  'metricsProvider.className',
]);

/**
 * Reads zoo.cfg's settings under Apache's names and defaults. Folders are returned as they are written.
 * @throws ZooCfgError
 * Source: org.apache.zookeeper.server.quorum.QuorumPeerConfig.parseProperties, 3.8
 */
export function parseZooCfg(settings: Readonly<Record<string, string>>): ParsedZooCfg {
  const left = new Map(
    Object.entries(settings).map(([name, value]) => [name.replace(/^zookeeper\./, ''), value.trim()]),
  );
  const take = (name: string): string | undefined => {
    const value = left.get(name);
    left.delete(name);
    return value === '' ? undefined : value;
  };
  const int = (name: string, fallback: number, min: number, max = MAX_INT): number => {
    const text = take(name);
    if (text === undefined) return fallback;
    const value = Number(text);
    if (!/^[+-]?\d+$/.test(text) || value > MAX_INT) throw new ZooCfgError(name, text, 'not a whole number');
    if (value < min || value > max) throw new ZooCfgError(name, text, `must be between ${min} and ${max}`);
    return value;
  };
  const flag = (name: string, fallback: boolean): boolean => {
    const text = take(name)?.toLowerCase();
    if (text === undefined) return fallback;
    if (text !== 'true' && text !== 'false') throw new ZooCfgError(name, text, 'must be true or false');
    return text === 'true';
  };

  const infos: string[] = [];
  const dataDir = take('dataDir');
  if (dataDir === undefined) throw new ZooCfgError('dataDir', undefined, 'is not set');
  const defaults = defaultConfig(dataDir);
  const tickTimeMs = int('tickTime', defaults.tickTimeMs, 1);
  if (!left.has('clientPort')) throw new ZooCfgError('clientPort', undefined, 'is not set');
  const timeout = (name: string, ticks: number): number => {
    const value = int(name, -1, -1);
    return value === -1 ? tickTimeMs * ticks : value;
  };
  const config: ZooKeeperServerConfig = {
    tickTimeMs,
    dataDir,
    dataLogDir: take('dataLogDir') ?? dataDir,
    clientPortAddress: take('clientPortAddress') ?? defaults.clientPortAddress,
    clientPort: int('clientPort', 0, 0, 65535),
    maxClientCnxns: int('maxClientCnxns', defaults.maxClientCnxns, 0),
    minSessionTimeoutMs: timeout('minSessionTimeout', 2),
    maxSessionTimeoutMs: timeout('maxSessionTimeout', 20),
    snapCount: int('snapCount', defaults.snapCount, 2),
    snapRetainCount: Math.max(3, int('autopurge.snapRetainCount', defaults.snapRetainCount, 0)),
    purgeIntervalHours: int('autopurge.purgeInterval', defaults.purgeIntervalHours, 0),
    fourLetterWords:
      take('4lw.commands.whitelist')
        ?.split(',')
        .map((word) => word.trim()) ?? defaults.fourLetterWords,
    juteMaxBuffer: int('jute.maxbuffer', defaults.juteMaxBuffer, 1024),
    ttlEnabled: flag('extendedTypesEnabled', defaults.ttlEnabled),
  };
  if (config.minSessionTimeoutMs > config.maxSessionTimeoutMs) {
    throw new ZooCfgError(
      'minSessionTimeout',
      String(config.minSessionTimeoutMs),
      `must not be larger than maxSessionTimeout=${config.maxSessionTimeoutMs}`,
    );
  }
  if (flag('admin.enableServer', false)) infos.push('admin.enableServer=true has no effect: there is no admin server');
  return { config, infos, warnings: [...left.keys()].flatMap((name) => warningsOf(name)) };
}

function warningsOf(name: string): string[] {
  if (WITHOUT_EFFECT.has(name) || /^(admin|metricsProvider)\./.test(name)) return [];
  if (/^server\.\d+$/.test(name)) return [`${name} is ignored: this server runs standalone`];
  if (name.startsWith('secureClientPort')) return [`${name} is ignored: this server has no TLS yet`];
  return [`unknown setting ${name} is ignored`];
}
