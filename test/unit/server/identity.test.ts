import { expect } from 'chai';
import type { Platform } from '../../../src/platform/platform.js';
import { World } from '../../../src/platform/sim/world.js';
import type { BrokerSettings } from '../../../src/server/broker-settings.js';
import { claimIdentity } from '../../../src/server/identity.js';
import { BrokerStartError } from '../../../src/server/start-error.js';
import { META_PROPERTIES_FILE } from '../../../src/storage/meta-properties.js';
import { KafkaZkClient } from '../../../src/zookeeper/kafka-zk-client.js';
import { replaceFile } from '../../../src/platform/disk.js';
import { readTextFile } from '../../../src/storage/checkpoint-file.js';
import { MemoryZooKeeper } from '../../support/memory-zookeeper.js';

/** A broker that finds these files; `none`: the folder is not there yet. */
async function machine(files: Readonly<Record<string, string>>) {
  const world = new World({ seed: 1 });
  const { platform } = world.host('machine');
  const zooKeeper = new MemoryZooKeeper();
  const zk = new KafkaZkClient(zooKeeper.client('broker'), platform);
  await zk.brokers.createPersistentPaths();
  const clusterId = await zk.brokers.clusterIdOrCreate();
  for (const [dir, text] of Object.entries(files)) {
    if (text === 'none') continue;
    platform.disk.mkdir(dir);
    const written = replaceFile(
      platform.disk,
      `${dir}/${META_PROPERTIES_FILE}`,
      Buffer.from(text.replace('CLUSTER', clusterId)),
    );
    await world.complete(written);
  }
  const claim = (settings: Partial<BrokerSettings> = {}, on: Platform = platform) =>
    world.complete(
      claimIdentity(
        {
          brokerId: 1,
          brokerIdGenerationEnable: true,
          reservedBrokerMaxId: 1000,
          logs: { logDirs: Object.keys(files) },
          ...settings,
        } as BrokerSettings,
        zk,
        on,
      ),
    );
  const fileIn = (dir: string): string => readTextFile(platform.disk, `${dir}/${META_PROPERTIES_FILE}`) ?? 'none';
  return { claim, fileIn, clusterId, platform };
}

async function refusal(claimed: Promise<unknown>): Promise<string> {
  const error = await claimed.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof BrokerStartError) return error.message;
  throw new Error('it was accepted, or failed otherwise', { cause: error });
}

const KNOWN = 'broker.id=1\nversion=0\ncluster.id=CLUSTER\n';

describe('who a broker is', () => {
  it('is what its settings say, and is written into every log.dir', async () => {
    const { claim, fileIn, clusterId } = await machine({ '/a': 'none', '/b': 'none' });
    expect(await claim()).to.deep.equal({ brokerId: 1, clusterId });
    const text = `#\n#Mon Jan 01 00:00:00 UTC 2024\nbroker.id=1\nversion=0\ncluster.id=${clusterId}\n`;
    expect([fileIn('/a'), fileIn('/b')].map((one) => one.replace(/\d\d:\d\d:\d\d/, '00:00:00'))).to.deep.equal([
      text,
      text,
    ]);
  });

  it('is written where it is missing, and left alone where it stands', async () => {
    const { claim, fileIn } = await machine({ '/a': KNOWN, '/b': 'none' });
    const before = fileIn('/a');
    await claim();
    expect(fileIn('/a')).to.equal(before);
    expect(fileIn('/b')).to.contain('broker.id=1');
  });

  it('is taken from meta.properties when the settings say nothing', async () => {
    const { claim } = await machine({ '/a': 'none', '/b': KNOWN.replace('id=1', 'id=1007') });
    expect((await claim({ brokerId: -1 })).brokerId).to.equal(1007);
  });

  it('is generated when nobody says it, above the reserved ones', async () => {
    const { claim, fileIn } = await machine({ '/a': 'none' });
    expect((await claim({ brokerId: -1 })).brokerId).to.equal(1001);
    expect(fileIn('/a')).to.contain('broker.id=1001');
    expect((await claim({ brokerId: -1 })).brokerId, 'the next time').to.equal(1001);
  });

  it('keeps directory.id and what it does not know', async () => {
    const { claim, fileIn, clusterId } = await machine({
      '/a': 'version=0\ndirectory.id=AAAAAAAAAAAAAAAAAAAAAQ\nunheard.of=x y\n',
    });
    await claim();
    for (const line of [
      'broker.id=1',
      `cluster.id=${clusterId}`,
      'directory.id=AAAAAAAAAAAAAAAAAAAAAQ',
      'unheard.of=x y',
    ]) {
      expect(fileIn('/a').split('\n')).to.include(line);
    }
  });

  for (const { what, files, settings = {}, reason } of [
    {
      what: 'another cluster',
      files: { '/a': 'broker.id=1\nversion=0\ncluster.id=elsewhere\n' },
      reason: "doesn't match stored clusterId elsewhere in meta.properties of /a",
    },
    {
      what: 'another broker id',
      files: { '/a': KNOWN.replace('id=1', 'id=2') },
      reason: "Configured broker.id 1 doesn't match stored broker.id 2 in meta.properties",
    },
    {
      what: 'log.dirs of two brokers',
      files: { '/a': KNOWN, '/b': KNOWN.replace('id=1', 'id=2') },
      reason: 'Failed to match broker.id across log.dirs',
    },
    {
      what: 'no id, and none may be generated',
      files: { '/a': 'none' },
      settings: { brokerId: -1, brokerIdGenerationEnable: false },
      reason: 'broker.id is not set and must not be generated',
    },
    { what: 'an id that is none', files: { '/a': 'broker.id=one\n' }, reason: "Malformed broker.id in /a: 'one'" },
  ] as { what: string; files: Record<string, string>; settings?: Partial<BrokerSettings>; reason: string }[]) {
    it(`is refused: ${what}`, async () => {
      const { claim, fileIn } = await machine(files);
      const before = Object.keys(files).map(fileIn);
      expect(await refusal(claim(settings))).to.contain(reason);
      expect(Object.keys(files).map(fileIn), 'nothing is written').to.deep.equal(before);
    });
  }

  it('goes without a log.dir that cannot be used', async () => {
    const { claim, fileIn, platform } = await machine({ '/a': 'none', '/b': 'none' });
    const mkdir = (path: string): void => {
      if (path === '/a') throw Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS' });
      platform.disk.mkdir(path);
    };
    const disk = new Proxy(platform.disk, {
      get: (target, name): unknown =>
        name === 'mkdir' ? mkdir : (Reflect.get(target, name) as () => void).bind(target),
    });
    await claim({}, { ...platform, disk });
    expect(fileIn('/b')).to.contain('broker.id=1');
  });
});
