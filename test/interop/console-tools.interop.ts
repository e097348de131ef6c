import { expect } from 'chai';
import { ClusterUnderTest } from '../support/zkafka-cluster.js';
import { run, runTool, type ToolResult, TOOLS } from './support/kafka-tools.js';
import { RealZooKeeper } from './support/real-zookeeper.js';

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const LINES = 200;

interface ExternalZooKeeper {
  readonly connect: string;
  stop(): Promise<void>;
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function sentWith(codec: string): string[] {
  return Array.from({ length: LINES }, (_, i) => `${codec} line ${i} ${'x'.repeat(50)}`);
}

/** What people do with Kafka's own tools and with kcat, on a cluster of ours. */
function toolsWork(name: string, start: () => Promise<ExternalZooKeeper | undefined>): void {
  describe(`Kafka's console tools and kcat against zkafka on ${name}`, () => {
    let zookeeper: ExternalZooKeeper | undefined;
    let under: ClusterUnderTest | undefined;
    let bootstrap = '';

    before(async () => {
      zookeeper = await start();
      under = new ClusterUnderTest(zookeeper === undefined ? {} : { zookeeper: zookeeper.connect });
      await under.start();
      bootstrap = under.cluster.bootstrap;
    });
    after(async () => {
      await under?.remove();
      await zookeeper?.stop();
    });

    function tool(mainClass: string, args: readonly string[], input = ''): Promise<ToolResult> {
      return runTool(mainClass, ['--bootstrap-server', bootstrap, ...args], { input });
    }

    /** What kcat reads of a whole topic. */
    async function readByKcat(topic: string, format = '%s\n'): Promise<string[]> {
      const args = ['-C', '-b', bootstrap, '-t', topic, '-e', '-q', '-o', 'beginning', '-f', format];
      const { stdout, stderr } = await run('kcat', args, '');
      expect(stderr).to.equal('');
      return lines(stdout);
    }

    it('kafka-topics creates, lists and describes', async () => {
      const created = await tool(TOOLS.topics, [
        ...['--create', '--topic', 'orders', '--partitions', '3', '--replication-factor', '2'],
        ...['--config', 'retention.ms=3600000'],
      ]);
      expect(created.stdout, created.stderr).to.equal('Created topic orders.\n');
      const listed = await tool(TOOLS.topics, ['--list']);
      expect(lines(listed.stdout), listed.stderr).to.deep.equal(['orders']);
      const described = await tool(TOOLS.topics, ['--describe', '--topic', 'orders']);
      expect(described.stdout, described.stderr).to.match(
        /^Topic: orders\tTopicId: \S{22}\tPartitionCount: 3\tReplicationFactor: 2\tConfigs: retention\.ms=3600000\n/,
      );
      expect(lines(described.stdout).filter((line) => line.startsWith('\tTopic: orders'))).to.have.length(3);
    });

    for (const codec of CODECS) {
      it(`kafka-console-producer with ${codec} is read by kcat`, async () => {
        const topic = `codec-${codec}`;
        const options = ['--topic', topic, '--compression-codec', codec, '--request-required-acks', '-1'];
        const produced = await tool(TOOLS.consoleProducer, options, `${sentWith(codec).join('\n')}\n`);
        expect(produced.code, produced.stderr).to.equal(0);
        expect(await readByKcat(topic)).to.deep.equal(sentWith(codec));
      });
    }

    for (const codec of CODECS) {
      it(`kcat produces with ${codec}, keys and headers, and reads them back`, async () => {
        const topic = `kcat-${codec}`;
        const sent = Array.from({ length: 100 }, (_, i) => `k${i}:v${i}`);
        const to = ['-b', bootstrap, '-t', topic, '-z', codec, '-K', ':', '-H', 'a=b', '-X', 'acks=all'];
        const produced = await run('kcat', ['-P', ...to], `${sent.join('\n')}\n`);
        expect(produced.code, produced.stderr).to.equal(0);
        expect(await readByKcat(topic, '%k:%s %h\n')).to.deep.equal(sent.map((line) => `${line} a=b`));
      });
    }

    it('kafka-console-consumer reads all codecs as a group, and kafka-consumer-groups sees what it committed', async () => {
      const total = CODECS.length * LINES;
      const consumed = await tool(TOOLS.consoleConsumer, [
        ...['--include', 'codec-.*', '--group', 'readers', '--from-beginning'],
        ...['--max-messages', `${total}`, '--timeout-ms', '30000'],
      ]);
      const read = lines(consumed.stdout);
      for (const codec of CODECS) {
        expect(
          read.filter((line) => line.startsWith(`${codec} `)),
          consumed.stderr,
        ).to.deep.equal(sentWith(codec));
      }
      const patient = ['--timeout', '30000']; // its 5 s are short where many processes start on two cores
      const listed = await tool(TOOLS.consumerGroups, ['--list', ...patient]);
      expect(lines(listed.stdout), listed.stderr).to.include('readers');
      const described = await tool(TOOLS.consumerGroups, ['--describe', '--group', 'readers', ...patient]);
      for (const codec of CODECS) {
        expect(described.stdout, described.stderr).to.match(
          new RegExp(`readers +codec-${codec} +0 +${LINES} +${LINES} +0 `),
        );
      }
    });

    it('kafka-get-offsets and kafka-configs ask, kafka-broker-api-versions finds every API it wants', async () => {
      const offsets = await tool(TOOLS.getOffsets, ['--topic', 'codec-.*']);
      expect(lines(offsets.stdout), offsets.stderr).to.have.members(CODECS.map((codec) => `codec-${codec}:0:${LINES}`));
      const configs = await tool(TOOLS.configs, ['--describe', '--entity-type', 'topics', '--entity-name', 'orders']);
      expect(configs.stdout, configs.stderr).to.contain(
        'retention.ms=3600000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=3600000}',
      );
      const apis = await tool(TOOLS.brokerApiVersions, []);
      expect(apis.stdout, apis.stderr).to.contain('Produce(0): ').and.contain('Fetch(1): ');
      expect(apis.stdout.match(/\(id: \d rack: null\) -> \(/g)).to.have.length(3);
    });

    it('kafka-topics adds partitions and deletes', async () => {
      const grown = await tool(TOOLS.topics, ['--topic', 'orders', '--alter', '--partitions', '5']);
      expect(grown.code, grown.stderr).to.equal(0);
      const listed = await run('kcat', ['-b', bootstrap, '-L', '-t', 'orders'], '');
      expect(listed.stdout).to.contain('topic "orders" with 5 partitions');
      const deleted = await tool(TOOLS.topics, ['--topic', 'orders', '--delete']);
      expect(deleted.code, deleted.stderr).to.equal(0);
      const left = await run('kcat', ['-b', bootstrap, '-L'], '');
      expect(left.stdout).to.not.contain('"orders"');
    });
  });
}

toolsWork('the embedded ZooKeeper', () => Promise.resolve(undefined));
toolsWork('Apache ZooKeeper 3.8, below a chroot', async () => {
  const zookeeper = new RealZooKeeper();
  const port = await zookeeper.start();
  return {
    connect: `127.0.0.1:${port}/kafka/zkafka`,
    stop: async () => {
      await zookeeper.stop();
      zookeeper.remove();
    },
  };
});
