import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { nodePlatform } from '../../src/platform/node/platform.js';
import { ZooCfgError, parseZooCfg, type ParsedZooCfg } from './zoo-cfg.js';
import { ZooKeeperServer } from './zookeeper-server.js';

/** As Apache's ZooKeeperServerMain: 2 the arguments or the file are wrong, 1 it cannot run or could not go on. */
const EXIT = { ok: 0, failure: 1, invalid: 2 } as const;

/** How long the server outlives a parent that is gone: its other children stop too, and need it for that. */
const ORPHANED_MS = 1500;

/**
 * `zookeeper FILE`: runs one server in the foreground until SIGTERM, SIGINT, or the end of the parent it was spawned by
 * with an IPC channel. Over that, the parent is told `{ type: 'ready', port }` or `{ type: 'failed', message }`, and may say
 * `{ type: 'stop' }`.
 */
async function main(args: readonly string[]): Promise<void> {
  const [file] = args;
  if (file === undefined || args.length > 1) {
    process.stderr.write('USAGE: zookeeper FILE.cfg|FILE.properties\n');
    process.exitCode = EXIT.invalid;
    return;
  }
  const parsed = await read(file);
  if (parsed === undefined) return;
  const platform = nodePlatform({ name: 'org.apache.zookeeper.server.ZooKeeperServer' });
  for (const info of parsed.infos) platform.logger.info(info);
  for (const warning of parsed.warnings) platform.logger.warn(warning);
  const config = {
    ...parsed.config,
    dataDir: path.resolve(parsed.config.dataDir),
    dataLogDir: path.resolve(parsed.config.dataLogDir),
  };
  const server = new ZooKeeperServer(config, platform, {
    environment: environment(config.dataDir),
    onFailure: () => leave(EXIT.failure),
  });
  const stop = (): void => {
    void server.stop().then(
      () => leave(EXIT.ok),
      (error: unknown) => {
        platform.logger.error('the shutdown failed', error);
        leave(EXIT.failure);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.once('disconnect', () => setTimeout(stop, ORPHANED_MS));
  process.on('message', (message) => {
    if ((message as { readonly type?: unknown }).type === 'stop') stop();
  });
  try {
    const { port } = await server.start();
    process.send?.({ type: 'ready', port });
  } catch (error) {
    platform.logger.error('Unable to start', error);
    const message = startProblem(error, `${config.clientPortAddress}:${config.clientPort}`);
    process.stderr.write(`zookeeper: ${message}\n`);
    process.send?.({ type: 'failed', message, retry: false });
    leave(EXIT.failure);
  }
}

async function read(file: string): Promise<ParsedZooCfg | undefined> {
  try {
    const { parse } = await import('dot-properties');
    const settings = parse(readFileSync(file, 'utf8'));
    return parseZooCfg(settings as Record<string, string>);
  } catch (error) {
    const isExpected = error instanceof ZooCfgError || (error instanceof Error && 'code' in error);
    if (!isExpected) throw error;
    process.stderr.write(`zookeeper: ${file}: ${error.message}\n`);
    process.exitCode = EXIT.invalid;
    return undefined;
  }
}

function startProblem(error: unknown, address: string): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return `address ${address} is in use`;
  if (code === 'ELOCKED') return 'another server has the data folder';
  return error instanceof Error ? error.message : String(error);
}

/** `exitCode` would wait for the parent's channel. */
function leave(code: number): void {
  process.exitCode = code;
  if (process.connected) process.disconnect();
  process.exit();
}

function environment(dataDir: string): Record<string, string> {
  return {
    'host.name': hostname(),
    'node.version': process.version,
    'os.name': process.platform,
    'os.arch': process.arch,
    'user.dir': process.cwd(),
    'data.dir': dataDir,
  };
}

await main(process.argv.slice(2));
