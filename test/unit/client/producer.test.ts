import { expect } from 'chai';
import { ClusterClient } from '../../../src/client/cluster-client.js';
import { Producer, type ProducerConfig } from '../../../src/client/producer.js';
import type { KafkaError } from '../../../src/common/errors.js';
import { recordsOf } from '../../../src/protocol/record/record-reader.js';
import { ToyCluster } from './toy-cluster.js';

async function setUp(config: ProducerConfig = {}, apiTimeoutMs = 60000) {
  const toy = new ToyCluster(7);
  await toy.start(1, 2);
  toy.createTopic('t', 1, 2);
  const { platform } = toy.world.host('client');
  const cluster = new ClusterClient({ bootstrapServers: toy.bootstrapServers, clientId: 'p', apiTimeoutMs }, platform);
  return { toy, world: toy.world, cluster, producer: new Producer(cluster, config) };
}

/** What the log holds, in order. */
function valuesIn(toy: ToyCluster, partition: number): string[] {
  return toy.topics
    .get('t')!
    [partition]!.batches.flatMap((batch) => recordsOf(batch).map(({ value }) => String(value)));
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i));

async function nameOfError(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'none',
    (error: unknown) => (error as KafkaError).error,
  );
}

describe('Producer', () => {
  it('writes what is sent in one turn as one batch, and tells each record its offset', async () => {
    const { toy, world, producer } = await setUp();
    const sent = numbers(10).map((n) => producer.send({ topic: 't', partition: 1, value: Buffer.from(n) }));
    const acknowledged = await world.complete(Promise.all(sent));
    expect(acknowledged.map(({ offset }) => offset)).deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(valuesIn(toy, 1)).deep.equal(numbers(10));
    expect(toy.topics.get('t')![1]!.batches.length).equal(1);
  });

  it('sends equal keys to one partition, the one that Java would choose', async () => {
    const { world, producer } = await setUp();
    const sent = ['a', 'b', 'a', 'b'].map((key) => producer.send({ topic: 't', key: Buffer.from(key) }));
    const partitions = (await world.complete(Promise.all(sent))).map(({ partition }) => partition);
    expect(partitions[0]).equal(partitions[2]);
    expect(partitions[1]).equal(partitions[3]);
  });

  it('closes only after what waits for the first metadata is written too', async () => {
    const { toy, world, producer } = await setUp();
    const sent = numbers(3).map((n) => producer.send({ topic: 't', partition: 0, value: Buffer.from(n) }));
    await world.complete(producer.close());
    expect(valuesIn(toy, 0)).deep.equal(numbers(3));
    await Promise.all(sent);
  });

  it('waits lingerMs for more, and no longer once the batch is full', async () => {
    const { toy, world, producer } = await setUp({ lingerMs: 500, batchBytes: 1000 });
    await world.complete(producer.send({ topic: 't', partition: 0 }));
    const before = world.nowMs;
    await world.complete(producer.send({ topic: 't', partition: 0 }));
    expect(world.nowMs - before).within(500, 520);
    const full = numbers(40).map(() => producer.send({ topic: 't', partition: 1, value: Buffer.alloc(100) }));
    const filled = world.nowMs;
    await world.complete(full[0]!);
    expect(world.nowMs - filled).lessThan(100);
    await world.complete(Promise.all(full));
    expect(toy.topics.get('t')![1]!.batches.length).greaterThan(3);
  });

  it('follows the leader when it moves, in order and without duplicates', async () => {
    const { toy, world, producer } = await setUp({ batchBytes: 200 });
    const sent = numbers(50).map((n) => producer.send({ topic: 't', partition: 0, value: Buffer.from(n) }));
    await world.complete(sent[3]!);
    toy.moveLeader('t', 0, 2);
    await world.complete(Promise.all(sent));
    expect(valuesIn(toy, 0)).deep.equal(numbers(50));
  });

  it('writes once what it had to send twice', async () => {
    const { toy, world, producer } = await setUp({ requestTimeoutMs: 1000 });
    let times = 0;
    toy.tricks.set('Produce', () => (times++ === 0 ? 'append, then silence' : undefined));
    const sent = numbers(5).map((n) => producer.send({ topic: 't', partition: 0, value: Buffer.from(n) }));
    const acknowledged = await world.complete(Promise.all(sent));
    expect(times).equal(2);
    expect(acknowledged.map(({ offset }) => offset)).deep.equal([0, 1, 2, 3, 4]);
    expect(valuesIn(toy, 0)).deep.equal(numbers(5));
  });

  it('would write it twice without idempotence', async () => {
    const { toy, world, producer } = await setUp({ requestTimeoutMs: 1000, idempotent: false });
    let times = 0;
    toy.tricks.set('Produce', () => (times++ === 0 ? 'append, then silence' : undefined));
    await world.complete(producer.send({ topic: 't', partition: 0, value: Buffer.from('x') }));
    expect(valuesIn(toy, 0)).deep.equal(['x', 'x']);
  });

  it('gives up when the delivery time is over, and goes on under a new producer id', async () => {
    const { toy, world, producer } = await setUp({ deliveryTimeoutMs: 2000 });
    toy.tricks.set('append', () => 'NOT_ENOUGH_REPLICAS');
    const failed = nameOfError(producer.send({ topic: 't', partition: 0, value: Buffer.from('lost') }));
    expect(await world.complete(failed)).equal('NOT_ENOUGH_REPLICAS');
    expect(world.nowMs).within(1000, 3000);
    toy.tricks.clear();
    await world.complete(producer.send({ topic: 't', partition: 0, value: Buffer.from('kept') }));
    expect(valuesIn(toy, 0)).deep.equal(['kept']);
    expect([...toy.topics.get('t')![0]!.producers.keys()]).deep.equal([1001]);
  });

  it('fails at once what no retry mends, and only that', async () => {
    const { toy, world, producer } = await setUp();
    let times = 0;
    toy.tricks.set('append', () => (times++ === 0 ? 'MESSAGE_TOO_LARGE' : undefined));
    const refused = nameOfError(producer.send({ topic: 't', partition: 0 }));
    expect(await world.complete(refused)).equal('MESSAGE_TOO_LARGE');
    await world.complete(producer.send({ topic: 't', partition: 0, value: Buffer.from('next') }));
    expect(valuesIn(toy, 0)).deep.equal(['next']);
  });

  it('waits for a topic that is not there yet, and fails when it does not come', async () => {
    const { toy, world, producer } = await setUp({}, 3000);
    const early = producer.send({ topic: 'later', value: Buffer.from('x') });
    await world.runFor(500);
    toy.createTopic('later', 1);
    expect(await world.complete(early)).deep.equal({ topic: 'later', partition: 0, offset: 0 });
    expect(await world.complete(nameOfError(producer.send({ topic: 'never' })))).equal('UNKNOWN_TOPIC_OR_PARTITION');
    const wrong = producer.send({ topic: 't', partition: 9 });
    expect(await world.complete(nameOfError(wrong))).equal('UNKNOWN_TOPIC_OR_PARTITION');
  });

  it('holds no more than its buffer, and keeps the order of what waits', async () => {
    const { toy, world, producer } = await setUp({ bufferBytes: 1000, batchBytes: 300 });
    const sent = numbers(100).map((n) => producer.send({ topic: 't', partition: 0, value: Buffer.from(n) }));
    await world.complete(Promise.all(sent));
    expect(valuesIn(toy, 0)).deep.equal(numbers(100));
    expect(toy.topics.get('t')![0]!.batches.length).greaterThan(3);
  });

  it('flushes what lingers, and takes nothing once it is closed', async () => {
    const { toy, world, producer } = await setUp({ lingerMs: 60000 });
    const sent = producer.send({ topic: 't', partition: 0, value: Buffer.from('x') });
    await world.runFor(100);
    await world.complete(producer.close());
    await sent;
    expect(valuesIn(toy, 0)).deep.equal(['x']);
    expect(world.nowMs).lessThan(1000);
    expect(await nameOfError(producer.send({ topic: 't' }))).equal('NETWORK_EXCEPTION');
  });

  it('waits for no answer with acks=0', async () => {
    const { toy, world, producer } = await setUp({ acks: 0, idempotent: false });
    const { offset } = await world.complete(producer.send({ topic: 't', partition: 0, value: Buffer.from('x') }));
    expect(offset).equal(-1);
    await world.runUntil(() => valuesIn(toy, 0).length === 1);
    expect(toy.requests).not.include('InitProducerId');
  });

  it('survives the death of a leader', async () => {
    const { toy, world, producer } = await setUp({ batchBytes: 200 });
    const sent = numbers(50).map((n) => producer.send({ topic: 't', partition: 1, value: Buffer.from(n) }));
    await world.complete(sent[5]!);
    world.host('broker-2').kill();
    toy.moveLeader('t', 1, 1);
    await world.complete(Promise.all(sent));
    expect(valuesIn(toy, 1)).deep.equal(numbers(50));
  });

  it('does the same twice in the same world', async () => {
    const run = async (): Promise<string> => {
      const { toy, world, producer } = await setUp({ batchBytes: 200, requestTimeoutMs: 1000 });
      let times = 0;
      toy.tricks.set('Produce', () => (times++ === 2 ? 'append, then silence' : undefined));
      const sent = numbers(50).map((n) => producer.send({ topic: 't', value: Buffer.from(n) }));
      await world.complete(sent[5]!);
      toy.moveLeader('t', 0, 2);
      await world.complete(Promise.all(sent));
      return world.traceHash();
    };
    expect(await run()).equal(await run());
  });
});
