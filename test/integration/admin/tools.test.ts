import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from 'chai';
import { ClusterUnderTest } from '../../support/zkafka-cluster.js';

const PROGRAM = join(import.meta.dirname, '../../../dist/zkafka.mjs');

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The commands as a person runs them, in processes of their own, against three real brokers. */
describe('topics, console-producer and console-consumer', function () {
  this.timeout(30_000);
  let under: ClusterUnderTest;

  before(async () => {
    under = new ClusterUnderTest();
    await under.start();
  });
  after(() => under.remove());

  async function zkafka(command: string, input = '', interruptAfter?: RegExp): Promise<Outcome> {
    const [name = '', ...args] = command.split(' ');
    const server = ['--bootstrap-server', under.cluster.bootstrap];
    const child = spawn(process.execPath, [PROGRAM, name, ...server, ...args]);
    let out = '';
    let err = '';
    child.stdout.on('data', (bytes: Buffer) => {
      out += bytes.toString();
      if (interruptAfter?.test(out) === true) child.kill('SIGINT');
    });
    child.stderr.on('data', (bytes: Buffer) => (err += bytes.toString()));
    child.stdin.end(input);
    await once(child, 'close');
    return { code: child.exitCode, out, err };
  }

  /** Its output; it has to succeed, and to say nothing on standard error but what `said` matches. */
  async function output(command: string, input = '', said = /^$/): Promise<string> {
    const { code, out, err } = await zkafka(command, input);
    expect({ code, err }).to.satisfy((seen: Outcome) => seen.code === 0 && said.test(seen.err), err);
    return out;
  }

  it('creates, lists, describes, alters and deletes', async () => {
    const created = await output(
      'topics --create --topic orders --replica-assignment 1:2,2:3' +
        ' --config retention.ms=100000 --config cleanup.policy=compact --config min.insync.replicas=2',
    );
    expect(created).to.equal('Created topic orders.\n');
    expect(await output('topics --list')).to.match(/^orders$/m);
    const described = (await output('topics --describe --topic orders')).replace(/(TopicId: )\S+/, '$1ID');
    expect(described).to.equal(
      [
        'Topic: orders\tTopicId: ID\tPartitionCount: 2\tReplicationFactor: 2\tConfigs: min.insync.replicas=2,cleanup.policy=compact,retention.ms=100000',
        '\tTopic: orders\tPartition: 0\tLeader: 1\tReplicas: 1,2\tIsr: 1,2\tElr: N/A\tLastKnownElr: N/A',
        '\tTopic: orders\tPartition: 1\tLeader: 2\tReplicas: 2,3\tIsr: 2,3\tElr: N/A\tLastKnownElr: N/A',
        '',
      ].join('\n'),
    );
    expect(await output('topics --describe --topic orders --under-replicated-partitions')).to.equal('');
    expect(await output('topics --describe --topic orders --at-min-isr-partitions')).to.match(/(\tTopic.*\n){2}/);
    expect(await output('topics --alter --topic orders --partitions 3')).to.equal('');
    expect(await output('topics --describe --topic orders')).to.include('PartitionCount: 3');
    expect(await output('topics --delete --topic orders')).to.equal('');
    expect(await output('topics --list')).to.not.match(/^orders$/m);
  });

  it("says what is wrong as Kafka's tool does", async () => {
    await output('topics --create --topic twice --partitions 3 --replication-factor 1');
    for (const [command, message] of [
      ['topics --create --topic twice', "Topic 'twice' already exists."],
      ['topics --create --topic big --replication-factor 9', 'Replication factor: 9 larger than available brokers: 3.'],
      ['topics --create --topic odd --config foo=1', 'Unknown topic config name: foo'],
      [
        'topics --alter --topic twice --partitions 2',
        'Topic currently has 3 partitions, which is higher than the requested 2.',
      ],
      ['topics --describe --topic nope', "Topic 'Optional[nope]' does not exist as expected"],
    ] as const) {
      const expected = { code: 1, out: `Error while executing topic command : ${message}\n`, err: '' };
      expect(await zkafka(command)).to.deep.equal(expected);
    }
    expect(await output('topics --create --topic twice --if-not-exists')).to.equal('');
    expect(await output('topics --delete --topic nope --if-exists')).to.equal('');
  });

  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    it(`sends lines with ${codec} and reads them back with keys and headers`, async () => {
      await output(`topics --create --topic lines-${codec} --partitions 1 --replication-factor 3`);
      const lines = Array.from({ length: 1000 }, (_, i) => `h:${i},e:\tkey-${i}:value ${i}`);
      await output(
        `console-producer --topic lines-${codec} --compression-codec ${codec} --property parse.key=true --property key.separator=: --property parse.headers=true`,
        `${lines.join('\n')}\n`,
      );
      const read = await output(
        `console-consumer --topic lines-${codec} --from-beginning --max-messages 1000 --property print.key=true --property print.headers=true --property print.offset=true`,
        '',
        /^Processed a total of 1000 messages\n$/,
      );
      expect(read.trimEnd().split('\n')).to.deep.equal(
        lines.map((_, i) => `Offset:${i}\th:${i},e:\tkey-${i}\tvalue ${i}`),
      );
    });
  }

  it('goes on where the group stopped, and counts no record that it did not print', async () => {
    await output('topics --create --topic resumed --partitions 1');
    await output('console-producer --topic resumed --sync', 'a\nb\nc\n');
    const said = /^Processed a total of \d messages\n$/;
    const consume = (count: number) =>
      output(`console-consumer --topic resumed --group g --from-beginning --max-messages ${count}`, '', said);
    expect(await consume(1)).to.equal('a\n');
    expect(await consume(2)).to.equal('b\nc\n');
  });

  it('reads one partition from an offset, committed records alone, and stops on Ctrl-C', async () => {
    await output('topics --create --topic one --partitions 1');
    await output('console-producer --topic one --request-required-acks 1', 'a\nb\nc\n');
    const command = 'console-consumer --topic one --partition 0 --offset 1 --isolation-level read_committed';
    const { code, out, err } = await zkafka(command, '', /c\n/);
    expect({ code, out, err }).to.deep.equal({
      code: 130,
      out: 'b\nc\n',
      err: 'Processed a total of 2 messages\n',
    });
  });

  it('ends when no record comes in time', async () => {
    const { code, out, err } = await zkafka('console-consumer --topic one --partition 7 --timeout-ms 500');
    expect({ code, out }).to.deep.equal({ code: 0, out: '' });
    expect(err).to.match(/ERROR Error processing message, terminating consumer process: .*TimeoutException/);
    expect(err).to.match(/\nProcessed a total of 0 messages\n$/);
  });

  it('names the line that lacks a separator, and sends those before it', async () => {
    await output('topics --create --topic broken --partitions 1');
    const sent = await zkafka('console-producer --topic broken --property parse.key=true', 'k\tv\nnokey\n');
    expect(sent).to.deep.equal({ code: 1, out: '', err: "No key separator found on line number 2: 'nokey'\n" });
    const said = /^Processed a total of 1 messages\n$/;
    const command = 'console-consumer --topic broken --from-beginning --max-messages 1 --property print.key=true';
    expect(await output(command, '', said)).to.equal('k\tv\n');
  });

  it('reports what could not be sent before --max-block-ms is over, and exits with 0, as Kafka does', async () => {
    const args = ['console-producer', '--bootstrap-server', '127.0.0.1:1', '--topic', 'x', '--max-block-ms', '500'];
    const child = spawn(process.execPath, [PROGRAM, ...args]);
    let err = '';
    child.stderr.on('data', (bytes: Buffer) => (err += bytes.toString()));
    child.stdin.end('line\n');
    await once(child, 'close');
    expect(child.exitCode).to.equal(0);
    expect(err).to.match(/WARN Connection to node -1 \(127\.0\.0\.1:1\) could not be established/);
    expect(err).to.match(/ERROR Error when sending message to topic x with key: null, value: 4 bytes with error: /);
  });
});
