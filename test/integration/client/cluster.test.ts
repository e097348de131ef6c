import { expect } from 'chai';
import { AdminClient } from '../../../src/client/admin-client.js';
import { ClusterClient } from '../../../src/client/cluster-client.js';
import { Consumer } from '../../../src/client/consumer.js';
import { Producer } from '../../../src/client/producer.js';
import { silentLogger } from '../../../src/platform/logger.js';
import { nodePlatform } from '../../../src/platform/node/platform.js';
import { ClusterUnderTest } from '../../support/zkafka-cluster.js';

const PARTITIONS = [0, 1, 2];

/** Our clients against our brokers, over real sockets: each speaks the versions that the other one serves. */
describe('the clients and a cluster', function () {
  this.timeout(60_000);
  const platform = { ...nodePlatform({ name: 'client', console: false }), logger: silentLogger };
  const clients: ClusterClient[] = [];
  let under: ClusterUnderTest;
  let admin: AdminClient;

  before(async () => {
    under = new ClusterUnderTest();
    await under.start();
    admin = new AdminClient(connect());
  });
  after(async () => {
    for (const client of clients) client.close();
    await under.remove();
  });

  function connect(): ClusterClient {
    const bootstrapServers = under.cluster.bootstrap.split(',').map((address) => {
      const [host = '', port = ''] = address.split(':');
      return { host, port: Number(port) };
    });
    const client = new ClusterClient({ bootstrapServers, clientId: `client-${clients.length}` }, platform);
    clients.push(client);
    return client;
  }

  async function newTopic(name: string): Promise<void> {
    expect(await admin.createTopics([{ name, numPartitions: 3, replicationFactor: 2 }])).deep.equal(new Map());
  }

  it('creates, describes, grows and deletes topics', async () => {
    const configs = { 'retention.ms': '123456789' };
    await admin.createTopics([{ name: 'described', numPartitions: 3, replicationFactor: 3, configs }]);
    const again = await admin.createTopics([{ name: 'described' }]);
    expect(again.get('described')?.error).equal('TOPIC_ALREADY_EXISTS');
    expect(await admin.listTopics()).include('described');
    const entries = await admin.describeConfigs('topic', 'described');
    expect(entries.find(({ name }) => name === 'retention.ms')?.value).equal('123456789');
    expect((await admin.createPartitions(new Map([['described', { count: 5 }]]))).size).equal(0);
    const isGrown = async (): Promise<boolean> =>
      (await admin.describeTopics(['described']))[0]?.partitions.length === 5;
    while (!(await isGrown())) await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await admin.deleteTopics(['described'])).size).equal(0);
    expect((await admin.deleteTopics(['nowhere'])).get('nowhere')?.error).equal('UNKNOWN_TOPIC_OR_PARTITION');
  });

  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    it(`writes and reads back records, compression ${compression}`, async () => {
      const topic = `codec-${compression}`;
      await newTopic(topic);
      const cluster = connect();
      const producer = new Producer(cluster, { compression, lingerMs: 2 });
      const headers = [{ key: 'h', value: Buffer.from('x') }];
      const values = Array.from({ length: 2000 }, (_, i) => `value ${i}`);
      const acknowledged = await Promise.all(
        values.map((value, i) =>
          producer.send({ topic, key: i % 2 === 0 ? null : Buffer.from(`k${i}`), value: Buffer.from(value), headers }),
        ),
      );
      await producer.close();
      const consumer = new Consumer(cluster, { autoOffsetReset: 'earliest', fetchMaxWaitMs: 100 });
      await consumer.assign(PARTITIONS.map((partition) => ({ topic, partition })));
      const read = new Map<string, string>();
      while (read.size < values.length) {
        const records = await consumer.poll(5000);
        expect(records.length).greaterThan(0);
        for (const { partition, offset, value, headers: own } of records) {
          expect(own).deep.equal(headers);
          read.set(`${partition}/${offset}`, String(value));
        }
      }
      acknowledged.forEach(({ partition, offset }, i) => expect(read.get(`${partition}/${offset}`)).equal(values[i]));
      await consumer.close();
    });
  }

  it('shares a topic among the members of a group, and goes on where the group left off', async () => {
    const topic = 'shared';
    await newTopic(topic);
    const producer = new Producer(connect());
    const write = (from: number, count: number): Promise<unknown> =>
      Promise.all(
        Array.from({ length: count }, (_, i) =>
          producer.send({ topic, partition: i % 3, value: Buffer.from(`${from + i}`) }),
        ),
      );
    const config = { groupId: 'members', autoOffsetReset: 'earliest', heartbeatIntervalMs: 200 } as const;
    const members = [new Consumer(connect(), config), new Consumer(connect(), config)];
    const seen = new Set<string>();
    for (const member of members) member.subscribe([topic]);
    const isShared = (): boolean => members.every(({ assignment }) => assignment.length > 0);
    await write(0, 300);
    await Promise.all(
      members.map(async (member) => {
        while (seen.size < 300 || !isShared()) {
          for (const { value } of await member.poll(200)) seen.add(String(value));
        }
      }),
    );
    expect(members.flatMap(({ assignment }) => assignment.map(({ partition }) => partition)).sort()).deep.equal([
      0, 1, 2,
    ]);
    expect(await admin.listGroups()).include('members');
    expect(await admin.describeGroup('members')).deep.include({ groupState: 'Stable', protocolData: 'range' });
    await Promise.all(members.map((member) => member.close()));
    expect((await admin.describeGroup('members')).groupState).equal('Empty');

    await write(300, 30);
    await producer.close();
    const next = new Consumer(connect(), config);
    next.subscribe([topic]);
    const rest: string[] = [];
    while (rest.length < 30) for (const { value } of await next.poll(1000)) rest.push(String(value));
    expect(rest.map(Number).sort((a, b) => a - b)).deep.equal(Array.from({ length: 30 }, (_, i) => 300 + i));
    await next.close();
  });
});
