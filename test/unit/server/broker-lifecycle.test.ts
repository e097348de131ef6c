import { expect } from 'chai';
import { parseBrokerConfig } from '../../../config/broker-config.js';
import type { Platform } from '../../../src/platform/platform.js';
import type { SimHost } from '../../../src/platform/sim/host.js';
import type { LogLine } from '../../../src/platform/sim/logger.js';
import { Broker } from '../../../src/server/broker.js';
import { brokerSettings } from '../../../src/server/broker-settings.js';
import { BrokerStartError } from '../../../src/server/start-error.js';
import { KafkaZkClient } from '../../../src/zookeeper/kafka-zk-client.js';
import { sessionClient } from '../../../zk/client/session.js';
import { KAFKA_PORT } from '../../sim/simulated-cluster.js';
import { Simulation } from '../../sim/simulation.js';

const ID = 9;
const LOCK_FILE = '/kafka-logs/.lock';

/** A ZooKeeper, and a machine on which brokers are started by hand. */
async function machine(seed = 1) {
  const sim = new Simulation({ seed });
  const cluster = sim.cluster({ brokers: 0, checkers: 'none' });
  await sim.runUntil(() => cluster.zookeeper.running !== undefined);
  const host = sim.world.host('machine');
  const brokerOn = (on: SimHost, overrides: Readonly<Record<string, string>> = {}): Broker => {
    const given = {
      'broker.id': `${ID}`,
      listeners: `PLAINTEXT://${on.name}:${KAFKA_PORT}`,
      'log.dirs': '/kafka-logs',
      'zookeeper.connect': 'zookeeper:2181',
      'zookeeper.session.timeout.ms': '6000',
      ...overrides,
    };
    const { values } = parseBrokerConfig(new Map(Object.entries(given)));
    return new Broker(brokerSettings(values, on.name), values, on.platform, (config) =>
      sessionClient(config, on.platform),
    );
  };
  const watcher = sim.world.host('watcher').platform;
  const config = { connectString: 'zookeeper:2181', sessionTimeoutMs: 6000, connectTimeoutMs: 6000 };
  const zk = new KafkaZkClient(sessionClient({ ...config, maxInFlightRequests: 10 }, watcher), watcher);
  await sim.complete(zk.connect());
  const registered = async () => [...(await sim.complete(zk.brokers.liveBrokers())).keys()];
  return { sim, host, brokerOn, registered };
}

/** Nothing of it is left: another one could take its port, its folder, its id. */
async function expectGone({ sim, host, registered }: Awaited<ReturnType<typeof machine>>): Promise<void> {
  expect(await registered()).to.deep.equal([]);
  const { disk } = host.platform;
  const listener = await sim.complete(listen(host.platform));
  await sim.complete(listener.close());
  disk.mkdir('/kafka-logs');
  disk.lock(LOCK_FILE).release();
}

const listen = ({ network }: Platform) =>
  network.listen({ host: 'machine', port: KAFKA_PORT }, {}, () => {
    throw new Error('nobody comes');
  });

const linesOf = (logs: readonly LogLine[]): string[] =>
  logs
    .filter(({ name, level }) => name === 'kafka.server.KafkaServer' && level !== 'debug')
    .map(({ message }) => message);

function reasonOf(error: unknown): string {
  if (error instanceof BrokerStartError) return error.message;
  throw error;
}

describe('a broker starts and stops', function () {
  this.timeout(30_000);

  it("with Kafka's lines, and leaves nothing", async () => {
    const setting = await machine();
    const { sim, host, brokerOn, registered } = setting;
    const broker = brokerOn(host);
    await sim.complete(broker.start());
    await sim.complete(broker.informed());
    expect(await registered()).to.deep.equal([ID]);
    await sim.complete(broker.stop({ retry: true }));
    await expectGone(setting);
    const lines = linesOf(sim.world.logs).map((line) =>
      line.replace(/Cluster ID = .*/, 'Cluster ID').replace(/ \d+ms/, ' 0ms'),
    );
    expect(lines).to.deep.equal([
      'starting',
      'Connecting to zookeeper on zookeeper:2181',
      'Cluster ID',
      '[KafkaServer id=9] started',
      '[KafkaServer id=9] shutting down',
      '[KafkaServer id=9] Starting controlled shutdown',
      '[KafkaServer id=9] Controlled shutdown request returned successfully after 0ms',
      '[KafkaServer id=9] shut down completed',
    ]);
  });

  it('stops once, however often it is asked', async () => {
    const setting = await machine();
    const broker = setting.brokerOn(setting.host);
    await setting.sim.complete(broker.start());
    await setting.sim.complete(Promise.all([broker.stop({ retry: true }), broker.stop({ retry: false })]));
    expect(linesOf(setting.sim.world.logs).filter((line) => line.endsWith('shut down completed'))).to.have.length(1);
    await expectGone(setting);
  });

  it('ends what it began when its port is taken, and can be started when it is free', async () => {
    const setting = await machine();
    const { sim, host, brokerOn } = setting;
    const other = await sim.complete(listen(host.platform));
    const reason = await sim.complete(
      brokerOn(host)
        .start()
        .then(() => 'started', reasonOf),
    );
    expect(reason).to.contain('Address already in use');
    await sim.complete(other.close());
    await expectGone(setting);
    const second = brokerOn(host);
    await sim.complete(second.start());
    await sim.complete(second.stop({ retry: false }));
  });

  it('ends what it began when its id is taken, and says that it may be tried again', async () => {
    const setting = await machine();
    const { sim, host, brokerOn, registered } = setting;
    const first = brokerOn(sim.world.host('elsewhere'));
    await sim.complete(first.start());
    const error = await sim.complete(
      brokerOn(host)
        .start()
        .then(
          () => undefined,
          (thrown: unknown) => thrown,
        ),
    );
    expect(error).to.be.instanceOf(BrokerStartError).and.include({ retry: true });
    expect(await registered()).to.deep.equal([ID]);
    await sim.complete(first.stop({ retry: false }));
    await expectGone(setting);
  });

  it('ends what it began when another broker is told of at its address', async () => {
    const setting = await machine();
    const { sim, host, brokerOn, registered } = setting;
    const first = brokerOn(sim.world.host('elsewhere'), { 'broker.id': '8' });
    await sim.complete(first.start());
    const second = brokerOn(host, { 'advertised.listeners': `PLAINTEXT://elsewhere:${KAFKA_PORT}` });
    expect(await sim.complete(second.start().then(() => 'started', reasonOf))).to.contain(
      `Configured end points elsewhere:${KAFKA_PORT} in advertised listeners are already registered by broker 8`,
    );
    expect(await registered()).to.deep.equal([8]);
    await sim.complete(first.stop({ retry: false }));
    await expectGone(setting);
  });

  it('ends what it began when another process has its log.dir', async () => {
    const setting = await machine();
    const { sim, host, brokerOn } = setting;
    host.platform.disk.mkdir('/kafka-logs');
    const lock = host.platform.disk.lock(LOCK_FILE);
    const reason = await sim.complete(
      brokerOn(host)
        .start()
        .then(() => 'started', reasonOf),
    );
    expect(reason).to.contain('Failed to acquire lock');
    lock.release();
    await expectGone(setting);
  });

  for (const chroot of ['', '/kafka']) {
    it(`is stopped while it waits for a ZooKeeper that is not there${chroot === '' ? '' : ' to make its chroot'}`, async () => {
      const setting = await machine();
      const { sim, host, brokerOn } = setting;
      const broker = brokerOn(host, {
        'zookeeper.connect': `nowhere:2181${chroot}`,
        'zookeeper.connection.timeout.ms': '60000',
      });
      const started = broker.start().then(() => 'started', reasonOf);
      await sim.runFor(1000);
      const beforeMs = sim.world.nowMs;
      await sim.complete(broker.stop({ retry: true }));
      expect(sim.world.nowMs - beforeMs).to.be.below(5000);
      expect(await sim.complete(started)).to.equal('the broker was stopped while it was starting');
      await expectGone(setting);
    });
  }

  it('is stopped at any moment of its start', async () => {
    const outcomes = new Set<string>();
    for (let events = 1; events < 400; events += 9) {
      const setting = await machine(events);
      const { sim, host, brokerOn } = setting;
      const broker = brokerOn(host);
      const started = broker.start().then(() => 'started', reasonOf);
      for (let i = 0; i < events; i++) await sim.world.step();
      await sim.complete(broker.stop({ retry: false }), 20_000);
      outcomes.add(await sim.complete(started));
      await expectGone(setting);
    }
    expect([...outcomes].sort()).to.deep.equal(['started', 'the broker was stopped while it was starting']);
  });
});
