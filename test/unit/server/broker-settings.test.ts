import { expect } from 'chai';
import { parseBrokerConfig } from '../../../config/broker-config.js';
import { brokerSettings, type BrokerSettings } from '../../../src/server/broker-settings.js';
import { BrokerStartError } from '../../../src/server/start-error.js';

const HOST_NAME = 'this-machine';

function settingsOf(given: Readonly<Record<string, string>>): BrokerSettings {
  const all = { 'broker.id': '1', 'zookeeper.connect': 'localhost:2181', ...given };
  return brokerSettings(parseBrokerConfig(new Map(Object.entries(all))).values, HOST_NAME);
}

const textOf = (endpoints: BrokerSettings['listeners']): string =>
  endpoints.map(({ listener, host, port }) => `${listener}://${host}:${port}`).join();

describe("a broker's listeners", () => {
  for (const { what, given, listeners, advertised, between } of [
    {
      what: 'the default: every address, told by the name of the machine',
      given: {},
      listeners: 'PLAINTEXT://:9092',
      advertised: `PLAINTEXT://${HOST_NAME}:9092`,
      between: 'PLAINTEXT',
    },
    {
      what: 'an address is told as it is',
      given: { listeners: 'PLAINTEXT://127.0.0.1:0' },
      listeners: 'PLAINTEXT://127.0.0.1:0',
      advertised: 'PLAINTEXT://127.0.0.1:0',
      between: 'PLAINTEXT',
    },
    {
      what: 'what is advertised counts for others',
      given: { listeners: 'PLAINTEXT://0.0.0.0:9092', 'advertised.listeners': 'plaintext://outside:19092' },
      listeners: 'PLAINTEXT://0.0.0.0:9092',
      advertised: 'PLAINTEXT://outside:19092',
      between: 'PLAINTEXT',
    },
    {
      what: 'an IPv6 address stands in brackets',
      given: { listeners: 'PLAINTEXT://[::1]:9092' },
      listeners: 'PLAINTEXT://::1:9092',
      advertised: 'PLAINTEXT://::1:9092',
      between: 'PLAINTEXT',
    },
    {
      what: 'names of its own, mapped to protocols',
      given: {
        listeners: 'INSIDE://a:1, OUTSIDE://b:2',
        'listener.security.protocol.map': 'INSIDE:PLAINTEXT,outside:plaintext',
        'inter.broker.listener.name': 'inside',
      },
      listeners: 'INSIDE://a:1,OUTSIDE://b:2',
      advertised: 'INSIDE://a:1,OUTSIDE://b:2',
      between: 'INSIDE',
    },
  ]) {
    it(what, () => {
      const settings = settingsOf(given);
      expect(textOf(settings.listeners)).to.equal(listeners);
      expect(textOf(settings.advertisedListeners)).to.equal(advertised);
      expect(settings.interBrokerListenerName).to.equal(between);
    });
  }

  const TWO = { 'listener.security.protocol.map': 'A:PLAINTEXT,B:PLAINTEXT', 'inter.broker.listener.name': 'A' };

  it('an IPv4 and an IPv6 address may share a port', () => {
    expect(settingsOf({ ...TWO, listeners: 'A://127.0.0.1:9092,B://[::1]:9092' }).listeners).to.have.length(2);
  });

  it('several may take any port', () => {
    expect(settingsOf({ ...TWO, listeners: 'A://h:0,B://h:0' }).listeners).to.have.length(2);
  });

  for (const [reason, given] of [
    ['Unable to parse nonsense to a broker endpoint', { listeners: 'nonsense' }],
    ['Unable to parse PLAINTEXT://h to a broker endpoint', { listeners: 'PLAINTEXT://h' }],
    ['No security protocol defined for listener OTHER', { listeners: 'OTHER://h:1' }],
    ['SSL is not served yet', { listeners: 'SSL://h:1' }],
    ['no such protocol', { 'listener.security.protocol.map': 'A:TELNET' }],
    ['Each listener must have a different name', { listeners: 'PLAINTEXT://a:1,PLAINTEXT://a:2' }],
    ['Each listener must have a different port', { ...TWO, listeners: 'A://a:1,B://b:1' }],
    ['nonroutable meta-address 0.0.0.0', { listeners: 'PLAINTEXT://0.0.0.0:9092' }],
    [
      'must be equal to or a subset of the ones defined in listeners. Found B. The valid options based on the current configuration are A',
      { ...TWO, listeners: 'A://a:1', 'advertised.listeners': 'B://b:1' },
    ],
    [
      'The valid options based on currently configured listeners are A',
      { ...TWO, listeners: 'A://a:1', 'inter.broker.listener.name': 'B' },
    ],
  ] as const) {
    it(`are refused: ${reason}`, () => {
      expect(() => settingsOf(given)).to.throw(BrokerStartError, reason);
    });
  }
});

describe("a broker's settings", () => {
  it("are Kafka's where nothing is set", () => {
    expect(settingsOf({})).to.deep.include({
      brokerIdGenerationEnable: true,
      reservedBrokerMaxId: 1000,
      rack: null,
      zookeeperSessionTimeoutMs: 18_000,
      zookeeperConnectionTimeoutMs: 18_000,
      zookeeperMaxInFlightRequests: 10,
      controlledShutdownMaxRetries: 3,
      controlledShutdownRetryBackoffMs: 5000,
      autoCreateTopicsEnable: true,
      numPartitions: 1,
      defaultReplicationFactor: 1,
      offsetsTopicNumPartitions: 50,
      leaderImbalanceCheckIntervalMs: 300_000,
      transactionMaxTimeoutMs: 900_000,
    });
  });

  it('are taken from what is set, in the units of their names', () => {
    const settings = settingsOf({
      'broker.rack': 'r1',
      'zookeeper.session.timeout.ms': '6000',
      'leader.imbalance.check.interval.seconds': '5',
      'offsets.retention.minutes': '2',
      'max.connections.per.ip.overrides': '127.0.0.1:5,::1:6',
      'log.dirs': '/a,/b',
    });
    expect(settings).to.include({
      rack: 'r1',
      zookeeperSessionTimeoutMs: 6000,
      zookeeperConnectionTimeoutMs: 6000,
      leaderImbalanceCheckIntervalMs: 5000,
    });
    expect(settings.group.offsetsRetentionMs).to.equal(120_000);
    expect([...settings.sockets.maxConnectionsPerIpOverrides]).to.deep.equal([
      ['127.0.0.1', 5],
      ['::1', 6],
    ]);
    expect(settings.logs.logDirs).to.deep.equal(['/a', '/b']);
  });

  for (const [given, storage] of [
    [{}, 'zookeeper'],
    [{ 'offsets.storage': 'kafka' }, 'kafka'],
    [{ 'offsets.storage': 'zookeeper' }, 'zookeeper'],
  ] as const) {
    it(`keep offsets in ${storage} with ${JSON.stringify(given)}`, () => {
      expect(settingsOf(given).group.offsetsStorage).to.equal(storage);
    });
  }
});
