import { expect } from 'chai';
import { LogManager, type LogManagerSettings } from '../../../src/storage/log-manager.js';
import type { LogProvider } from '../../../src/replication/log-provider.js';
import type { Platform } from '../../../src/platform/platform.js';
import { World } from '../../../src/platform/sim/world.js';
import { aBatch, aLogConfig, readAll } from '../../support/log-fixtures.js';

const NO_OVERRIDES = new Map<string, string>();
const TOPIC_ID = 'HqRBm5BASByxxgoLBVNj6A';

const settings: LogManagerSettings = {
  logDirs: ['/a', '/b'],
  logRetentionCheckIntervalMs: 300_000,
  logFlushSchedulerIntervalMs: Number.MAX_SAFE_INTEGER,
  logFlushOffsetCheckpointIntervalMs: 60_000,
  logFlushStartOffsetCheckpointIntervalMs: 60_000,
  producerIdExpirationMs: 86_400_000,
  producerIdExpirationCheckIntervalMs: 600_000,
  fileDeleteDelayMs: 60_000,
  initialTaskDelayMs: 30_000,
};

/** One broker's logs on a simulated machine. */
class Bench {
  readonly world = new World({ seed: 7, startWallMs: 1_700_000_000_000 });
  readonly host = this.world.host('broker');
  readonly failures: [string, number][] = [];
  manager: LogManager;

  constructor() {
    this.manager = this.newManager(this.host.platform);
  }

  newManager(platform: Platform): LogManager {
    return new LogManager(platform, settings, {
      configOf: (_topic, overrides) =>
        aLogConfig({ segmentBytes: 500, retentionMs: Number(overrides.get('retention.ms') ?? -1) }),
      onLogDirFailure: (logDir, left) => void this.failures.push([logDir, left]),
    });
  }

  start(): Promise<void> {
    return this.world.complete(this.manager.startup());
  }

  async restart(): Promise<void> {
    this.manager = this.newManager(this.host.restart());
    await this.start();
  }
}

describe('log manager', () => {
  it('is what the replica layer asks for', () => {
    const provider: LogProvider = new Bench().manager;
    expect(provider.get('t', 0)).to.equal(undefined);
  });

  it('spreads new logs over the log.dirs and finds them again after an orderly end', async () => {
    const bench = new Bench();
    await bench.start();
    const logs = [0, 1, 2, 3].map((p) => bench.manager.getOrCreate('orders', p, TOPIC_ID, NO_OVERRIDES, true));
    expect(logs.map((log) => log.logDir)).to.deep.equal(['/a', '/b', '/a', '/b']);
    for (const log of logs) log.appendAsLeader(aBatch(['x', 'y']), 3, 'client');
    for (const log of logs) log.updateHighWatermark(1);
    await bench.world.complete(bench.manager.checkpointHighWatermarks(logs));
    await bench.world.complete(bench.manager.shutdown());
    expect(bench.host.platform.disk.readFile('/a/recovery-point-offset-checkpoint').toString()).to.equal(
      '0\n2\norders 0 2\norders 2 2\n',
    );
    expect(bench.host.platform.disk.stat('/b/.kafka_cleanshutdown')).to.not.equal(undefined);

    await bench.restart();
    const found = bench.manager.get('orders', 3)!;
    expect(found.logEndOffset).to.equal(2);
    expect(found.topicId).to.equal(TOPIC_ID);
    expect(found.latestEpoch).to.equal(3);
    expect(bench.manager.checkpointedHighWatermark('orders', 3)).to.equal(1);
    expect(bench.host.platform.disk.stat('/b/.kafka_cleanshutdown')).to.equal(undefined);
  });

  it('keeps the high watermarks of logs that nobody has spoken of yet', async () => {
    const bench = new Bench();
    await bench.start();
    const logs = [0, 1].map((p) => bench.manager.getOrCreate('orders', p, TOPIC_ID, NO_OVERRIDES, true));
    for (const log of logs) log.appendAsLeader(aBatch(['x', 'y']), 3, 'client');
    for (const log of logs) log.updateHighWatermark(1);
    await bench.world.complete(bench.manager.checkpointHighWatermarks(logs));
    await bench.world.complete(bench.manager.shutdown());

    await bench.restart();
    const known = bench.manager.get('orders', 1)!;
    known.updateHighWatermark(2);
    await bench.world.complete(bench.manager.checkpointHighWatermarks([known]));
    await bench.world.complete(bench.manager.shutdown());

    await bench.restart();
    expect(bench.manager.checkpointedHighWatermark('orders', 0)).to.equal(1);
    expect(bench.manager.checkpointedHighWatermark('orders', 1)).to.equal(2);
  });

  it('finds everything that was written before a kill -9', async () => {
    const bench = new Bench();
    await bench.start();
    const log = bench.manager.getOrCreate('orders', 0, TOPIC_ID, NO_OVERRIDES, true);
    for (let i = 0; i < 50; i++) log.appendAsLeader(aBatch([`value ${i}`]), 0, 'client');
    await bench.world.runFor(100_000); // checkpoints run
    for (let i = 50; i < 70; i++) log.appendAsLeader(aBatch([`value ${i}`]), 0, 'client');
    bench.host.kill();
    await bench.restart();
    const found = bench.manager.get('orders', 0)!;
    expect(found.logEndOffset).to.equal(70);
    expect(readAll(found)).to.have.length(70);
  });

  it('renames a deleted log at once, removes it later, and forgets its checkpoints', async () => {
    const bench = new Bench();
    await bench.start();
    const log = bench.manager.getOrCreate('orders', 0, TOPIC_ID, NO_OVERRIDES, true);
    for (let i = 0; i < 30; i++) log.appendAsLeader(aBatch([`value ${i}`]), 0, 'client');
    const slice = log.read(0, 100, 30, true);
    await bench.world.complete(log.flush());
    bench.manager.delete('orders', 0);
    expect(bench.manager.get('orders', 0)).to.equal(undefined);
    const { disk } = bench.host.platform;
    const renamed = disk
      .list('/a')
      .filter((e) => e.isFolder)
      .map((e) => e.name);
    expect(renamed).to.have.length(1);
    expect(renamed[0]).to.match(/^orders-0\.[0-9a-f]{32}-delete$/);
    slice.copyTo(Buffer.alloc(slice.sizeInBytes), 0); // a reader finishes on what it holds
    await bench.world.runFor(61_000);
    expect(disk.list('/a').filter((e) => e.isFolder)).to.deep.equal([]);
    expect(disk.readFile('/a/recovery-point-offset-checkpoint').toString()).to.equal('0\n0\n');

    const again = bench.manager.getOrCreate('orders', 0, undefined, NO_OVERRIDES, true);
    expect(again.logEndOffset).to.equal(0);
  });

  it('removes what a crash left of a deletion', async () => {
    const bench = new Bench();
    await bench.start();
    bench.manager.getOrCreate('orders', 0, TOPIC_ID, NO_OVERRIDES, true);
    bench.manager.delete('orders', 0);
    bench.host.kill();
    await bench.restart();
    expect([...bench.manager.all]).to.deep.equal([]);
    await bench.world.runFor(61_000);
    expect(bench.host.platform.disk.list('/a').filter((e) => e.isFolder)).to.deep.equal([]);
  });

  it('takes a log.dir that fails offline with its logs, and goes on with the other', async () => {
    const bench = new Bench();
    await bench.start();
    const [a, b] = [0, 1].map((p) => bench.manager.getOrCreate('orders', p, TOPIC_ID, NO_OVERRIDES, true));
    bench.host.disk.fault = (operation, path) => (operation === 'append' && path.startsWith('/a/') ? 'EIO' : undefined);
    expect(() => a!.appendAsLeader(aBatch(['x']), 0, 'client'))
      .to.throw()
      .with.property('error', 'KAFKA_STORAGE_ERROR');
    expect(bench.failures).to.deep.equal([['/a', 1]]);
    expect(bench.manager.get('orders', 0)).to.equal(undefined);
    expect(bench.manager.isOffline('orders', 0)).to.equal(true);
    expect(() => a!.read(0, 1, 1, true))
      .to.throw()
      .with.property('error', 'KAFKA_STORAGE_ERROR');
    expect(b!.appendAsLeader(aBatch(['x']), 0, 'client').firstOffset).to.equal(0);
    expect(() => bench.manager.getOrCreate('old', 0, TOPIC_ID, NO_OVERRIDES, false)).to.throw(/offline/);
    expect(bench.manager.getOrCreate('new', 0, TOPIC_ID, NO_OVERRIDES, true).logDir).to.equal('/b');
    expect(bench.manager.liveLogDirs).to.deep.equal(['/b']);
  });

  it('refuses a log.dir that another process has', async () => {
    const bench = new Bench();
    bench.host.platform.disk.mkdir('/a');
    bench.host.platform.disk.lock('/a/.lock');
    let error: unknown;
    await bench.manager.startup().catch((thrown: unknown) => (error = thrown));
    expect(String(error)).to.match(/Failed to acquire lock on file .lock in \/a/);
  });

  it('removes old segments by the topic settings, thirty seconds after the start', async () => {
    const bench = new Bench();
    await bench.start();
    const log = bench.manager.getOrCreate('orders', 0, TOPIC_ID, NO_OVERRIDES, true);
    for (let i = 0; i < 30; i++) log.appendAsLeader(aBatch([`value ${i}`]), 0, 'client');
    log.updateHighWatermark(30);
    bench.manager.updateTopicConfig('orders', new Map([['retention.ms', '10000']]));
    await bench.world.runFor(31_000);
    expect(log.segmentCount).to.equal(1);
    expect(log.logStartOffset).to.equal(30);
    expect(log.sizeInBytes).to.equal(0);
    await bench.world.runFor(91_000);
    expect(bench.host.platform.disk.list('/a/orders-0').map((e) => e.name)).to.deep.equal([
      '00000000000000000030.index',
      '00000000000000000030.log',
      '00000000000000000030.snapshot',
      '00000000000000000030.timeindex',
      'leader-epoch-checkpoint',
      'partition.metadata',
    ]);
  });

  it('checkpoints a log start that no segment name tells', async () => {
    const bench = new Bench();
    await bench.start();
    const log = bench.manager.getOrCreate('orders', 0, TOPIC_ID, NO_OVERRIDES, true);
    log.appendAsLeader(aBatch(['a', 'b', 'c']), 0, 'client');
    log.updateHighWatermark(3);
    log.maybeIncrementLogStartOffset(2);
    await bench.world.runFor(31_000);
    bench.host.kill();
    await bench.restart();
    expect(bench.manager.get('orders', 0)?.logStartOffset).to.equal(2);
  });
});
