import { expect } from 'chai';
import { build } from 'esbuild';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';

/** Of the minified bundle, compressed: a page should load at once. */
const MAX_GZIPPED_BYTES = 200 * 1024;

describe('the simulator in a page', function () {
  this.timeout(60_000);
  let bundle: string;

  before(async () => {
    const { outputFiles } = await build({
      entryPoints: [new URL('../../sim/browser-entry.ts', import.meta.url).pathname],
      bundle: true,
      platform: 'browser',
      format: 'iife',
      globalName: 'zkafka',
      minify: true,
      write: false,
      logLevel: 'silent', // an import of a node: module rejects
    });
    bundle = outputFiles[0]!.text;
  });

  /** Runs `script` behind the bundle with what a page has; it leaves a promise in `result`. */
  async function inPage(script: string): Promise<unknown> {
    const channel = new MessageChannel(); // one is all the page asks for; open, it would keep this process alive
    const page = {
      Buffer,
      queueMicrotask,
      TextEncoder,
      TextDecoder,
      MessageChannel: function one() {
        return channel;
      },
      result: Promise.resolve<unknown>(undefined),
    };
    try {
      runInNewContext(`${bundle}\n${script}`, page);
      return await page.result;
    } finally {
      channel.port1.close();
    }
  }

  it('is small', () => {
    expect(gzipSync(bundle).length).lessThan(MAX_GZIPPED_BYTES);
  });

  it('bundles without anything of Node, and runs with what a page has', async () => {
    const nowMs = await inPage(`
      const world = new zkafka.World({ seed: 1 });
      const { time } = world.host('a').platform;
      result = world.complete(new Promise((resolve) => time.schedule(5, resolve))).then(() => world.nowMs);`);
    expect(nowMs).to.equal(5);
  });

  it('plays a whole cluster there: three brokers, ZooKeeper, a leader that dies', async () => {
    const outcome = await inPage(`
      result = (async () => {
        const sim = new zkafka.Simulation({ seed: 7 });
        const cluster = sim.cluster({ brokers: 3 });
        const load = sim.workload(zkafka.appendSequence({ acks: 'all' }));
        await sim.runUntil(() => load.acknowledged > 50);
        const first = cluster.leaderOf('orders', 0).id;
        sim.kill(cluster.leaderOf('orders', 0));
        await sim.runUntil(() => cluster.leaderOf('orders', 0) !== undefined);
        const second = cluster.leaderOf('orders', 0).id;
        await sim.settle();
        return { moved: first !== second, records: load.committedRecords().length, acknowledged: load.acknowledged };
      })();`);
    const { moved, records, acknowledged } = outcome as { moved: boolean; records: number; acknowledged: number };
    expect(moved).equal(true);
    expect(records).equal(acknowledged);
  });
});
