import { expect } from 'chai';
import { build } from 'esbuild';
import { runInNewContext } from 'node:vm';

describe('the simulator in a page', () => {
  it('bundles without anything of Node, and runs with what a page has', async () => {
    const { outputFiles } = await build({
      entryPoints: [new URL('../../sim/browser-entry.ts', import.meta.url).pathname],
      bundle: true,
      platform: 'browser',
      format: 'iife',
      globalName: 'zkafka',
      write: false,
      logLevel: 'silent', // an import of a node: module rejects
    });
    const channel = new MessageChannel(); // one is all the page asks for; open, it would keep this process alive
    const page = {
      Buffer,
      MessageChannel: function one() {
        return channel;
      },
      result: Promise.resolve(0),
    };
    runInNewContext(
      `${outputFiles[0]!.text}
      const world = new zkafka.World({ seed: 1 });
      const { time } = world.host('a').platform;
      result = world.complete(new Promise((resolve) => time.schedule(5, resolve))).then(() => world.nowMs);`,
      page,
    );
    expect(await page.result).to.equal(5);
    channel.port1.close();
  });
});
