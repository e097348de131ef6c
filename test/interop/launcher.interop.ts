import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Launcher, nothingRunsIn } from '../support/launcher.js';
import { RealZooKeeper } from './support/real-zookeeper.js';

describe('the launcher with Apache ZooKeeper', () => {
  const zookeeper = new RealZooKeeper();
  const folder = mkdtempSync(join(tmpdir(), 'zkafka-launcher-'));
  let connect: string;

  before(async () => {
    connect = `127.0.0.1:${await zookeeper.start()}/a/chroot`;
  });
  after(async () => {
    await nothingRunsIn(folder);
    await zookeeper.stop();
    zookeeper.remove();
    rmSync(folder, { recursive: true });
  });

  it('makes the chroot, and plays the demonstration there', async () => {
    const launcher = new Launcher(folder, '--port', '0', '--zookeeper', connect, '--demo');
    expect(await launcher.end(), launcher.output).to.equal(0);
    expect(launcher.output).to.include(`ZooKeeper   ${connect}`);
    expect(launcher.output).to.include('The demonstration held.');
  });

  it('takes up the same cluster again', async () => {
    const launcher = new Launcher(folder, '--port', '0', '--zookeeper', connect);
    await launcher.says(/Ctrl-C stops everything/);
    launcher.process.kill('SIGINT');
    expect(await launcher.end()).to.equal(0);
  });
});
