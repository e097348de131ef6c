import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../src/platform/logger.js';
import { nodeCodecs } from '../../src/platform/node/codecs.js';
import { nodeDisk } from '../../src/platform/node/disk.js';
import { nodeNetwork } from '../../src/platform/node/network.js';
import { nodeRandom } from '../../src/platform/node/random.js';
import { nodeTime } from '../../src/platform/node/time.js';
import type { Platform } from '../../src/platform/platform.js';
import { World } from '../../src/platform/sim/world.js';

/** One kind of platform, for a suite that holds all kinds to the same behaviour. */
export interface WorldUnderTest {
  readonly name: 'node' | 'sim';
  readonly platform: Platform;
  /** An empty folder. */
  readonly folder: string;
  /** Awaits what the platform brings about. */
  complete<T>(promise: Promise<T>): Promise<T>;
  close(): void;
}

export const worlds: readonly (() => WorldUnderTest)[] = [node, sim];

function node(): WorldUnderTest {
  const folder = mkdtempSync(join(tmpdir(), 'zkafka-contract-'));
  const platform: Platform = {
    time: nodeTime(),
    random: nodeRandom(),
    network: nodeNetwork(silentLogger),
    disk: nodeDisk(),
    codecs: nodeCodecs(silentLogger),
    logger: silentLogger,
  };
  return {
    name: 'node',
    platform,
    folder,
    complete: (promise) => promise,
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function sim(): WorldUnderTest {
  const world = new World({ seed: 'contract' });
  const { platform } = world.host('localhost');
  platform.disk.mkdir('/data');
  return {
    name: 'sim',
    platform,
    folder: '/data',
    complete: (promise) => world.complete(promise),
    close: () => undefined,
  };
}
