import { expect } from 'chai';
import { ClusterUnderTest } from '../support/zkafka-cluster.js';
import { RealZooKeeper } from './support/real-zookeeper.js';
import { run, runTool, TOOLS } from './support/kafka-tools.js';

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** What people do with Kafka's own tools and with kcat, on a cluster of ours. */
function toolsWork(
  name: string,
  zookeeper: () => Promise<{ connect: string; stop(): Promise<void> } | undefined>,
): void {
  describe(`Kafka's console tools and kcat against zkafka on ${name}`, function () {
    this.timeout(300_000);
    let external: { connect: string; stop(): Promise<void> } | undefined;
    let under: ClusterUnderTest;
    let bootstrap = '';

    before(async () => {
      external = await zookeeper();
      under = new ClusterUnderTest(external === undefined ? {} : { zookeeper: external.connect });
      await under.start();
      bootstrap = under.cluster.bootstrap;
    });
    after(async () => {
      await under.remove();
      await external?.stop();
    });

    it('kafka-topics creates, lists and describes', async () => {
      const server = ['--bootstrap-server', bootstrap];
      const created = await runTool(TOOLS.topics, [
        ...server,
        ...['--create', '--topic', 'orders', '--partitions', '3', '--replication-factor', '2'],
        ...['--config', 'retention.ms=3600000'],
      ]);
      expect(created.stdout, created.stderr).to.equal('Created topic orders.\n');
      const listed = await runTool(TOOLS.topics, [...server, '--list']);
      expect(lines(listed.stdout)).to.include('orders');
      const described = await runTool(TOOLS.topics, [...server, '--describe', '--topic', 'orders']);
      expect(described.stdout).to.match(
        /Topic: orders\tTopicId: \S{22}\tPartitionCount: 3\tReplicationFactor: 2\tConfigs: retention\.ms=3600000/,
      );
      expect(lines(described.stdout).filter((line) => line.startsWith('\t'))).to.have.length(3);
    });

    for (const codec of CODECS) {
      it(`kafka-console-producer with ${codec} is read by kafka-console-consumer and kcat`, async () => {
        const topic = `codec-${codec}`;
        const server = ['--bootstrap-server', bootstrap];
        const sent = Array.from({ length: 200 }, (_, i) => `${codec} line ${i} ${'x'.repeat(50)}`);
        const produced = await runTool(
          TOOLS.consoleProducer,
          [...server, '--topic', topic, '--compression-codec', codec, '--request-required-acks', '-1'],
          { input: `${sent.join('\n')}\n` },
        );
        expect(produced.code, produced.stderr).to.equal(0);
        const consumed = await runTool(TOOLS.consoleConsumer, [
          ...server,
          ...['--topic', topic, '--from-beginning', '--max-messages', '200', '--timeout-ms', '30000'],
        ]);
        expect(lines(consumed.stdout), consumed.stderr).to.deep.equal(sent);
        const byKcat = await run('kcat', ['-b', bootstrap, '-C', '-t', topic, '-e', '-q', '-o', 'beginning'], '');
        expect(lines(byKcat.stdout), byKcat.stderr).to.deep.equal(sent);
      });
    }

    for (const codec of CODECS) {
      it(`kcat produces with ${codec}, keys and headers, and reads them back`, async () => {
        const topic = `kcat-${codec}`;
        const input = Array.from({ length: 100 }, (_, i) => `k${i}:v${i}`).join('\n');
        const to = ['-b', bootstrap, '-t', topic, '-z', codec, '-K', ':', '-H', 'a=b', '-X', 'acks=all'];
        const produced = await run('kcat', ['-P', ...to], `${input}\n`);
        expect(produced.code, produced.stderr).to.equal(0);
        const consumed = await run(
          'kcat',
          ['-C', '-b', bootstrap, '-t', topic, '-e', '-q', '-o', 'beginning', '-f', '%k:%s %h\n'],
          '',
        );
        expect(lines(consumed.stdout), consumed.stderr).to.deep.equal(input.split('\n').map((line) => `${line} a=b`));
      });
    }

    it('a Java consumer group commits, and kafka-consumer-groups describes it', async () => {
      const server = ['--bootstrap-server', bootstrap];
      const consumed = await runTool(TOOLS.consoleConsumer, [
        ...server,
        ...['--topic', 'codec-none', '--group', 'readers', '--from-beginning', '--max-messages', '200'],
        ...['--timeout-ms', '30000'],
      ]);
      expect(lines(consumed.stdout), consumed.stderr).to.have.length(200);
      const listed = await runTool(TOOLS.consumerGroups, [...server, '--list']);
      expect(lines(listed.stdout), listed.stderr).to.include('readers');
      const described = await runTool(TOOLS.consumerGroups, [...server, '--describe', '--group', 'readers']);
      expect(described.stdout, described.stderr).to.match(/readers\s+codec-none\s+0\s+200\s+200\s+0/);
    });

    it('kafka-topics adds partitions and deletes', async () => {
      const server = ['--bootstrap-server', bootstrap, '--topic', 'orders'];
      const grown = await runTool(TOOLS.topics, [...server, '--alter', '--partitions', '5']);
      expect(grown.code, grown.stderr).to.equal(0);
      const described = await runTool(TOOLS.topics, [...server, '--describe']);
      expect(described.stdout).to.contain('PartitionCount: 5');
      const deleted = await runTool(TOOLS.topics, [...server, '--delete']);
      expect(deleted.code, deleted.stderr).to.equal(0);
      const listed = await runTool(TOOLS.topics, ['--bootstrap-server', bootstrap, '--list']);
      expect(lines(listed.stdout)).to.not.include('orders');
    });
  });
}

toolsWork('the embedded ZooKeeper', () => Promise.resolve(undefined));
toolsWork('Apache ZooKeeper 3.8', async () => {
  const zookeeper = new RealZooKeeper();
  const port = await zookeeper.start();
  return {
    connect: `127.0.0.1:${port}/zkafka`,
    stop: async () => {
      await zookeeper.stop();
      zookeeper.remove();
    },
  };
});
