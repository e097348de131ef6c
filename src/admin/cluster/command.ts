import { writeSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Cluster, type ClusterOptions } from './cluster.js';

export interface ClusterFlags {
  readonly brokers: number;
  readonly port: number;
  readonly zookeeper?: string;
  readonly dir: string;
  readonly fresh: boolean;
  readonly demo: boolean;
}

const DEFAULT_PORT = 9092;
const ZOOKEEPER_PORT = 2181;

/**
 * `zkafka cluster`: a ZooKeeper and N brokers until Ctrl-C, or with --demo until the demonstration has been played.
 * @returns the exit code
 */
export async function runCluster(flags: ClusterFlags): Promise<number> {
  const say = (line = ''): void => void process.stdout.write(`${line}\n`);
  const options: ClusterOptions = {
    brokers: flags.brokers,
    port: flags.port,
    zookeeperPort: flags.port === DEFAULT_PORT ? ZOOKEEPER_PORT : flags.port + flags.brokers,
    zookeeper: flags.zookeeper,
    dir: path.resolve(flags.dir),
    fresh: flags.fresh,
    programs: path.dirname(fileURLToPath(import.meta.url)), // all of them are bundled into one folder
  };
  const began = Date.now();
  let finish: (code: number) => void = () => undefined;
  const finished = new Promise<number>((resolve) => (finish = resolve));
  let controller: { id: number; epoch: number } | undefined;
  const state: { started: boolean; interrupted: boolean } = { started: false, interrupted: false };
  const cluster = new Cluster(options, {
    onLine: say,
    onController: (id, epoch) => {
      controller = { id, epoch };
      if (state.started) say(`controller: broker ${id} (epoch ${epoch})`);
    },
    onFatal: (message) => {
      process.stderr.write(`zkafka: ${message}\n`);
      finish(1);
    },
  });
  const interrupt = (): void => {
    if (state.interrupted) return;
    state.interrupted = true;
    say('\nstopping: brokers one by one, then ZooKeeper …');
    finish(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);

  say(
    `starting ${options.zookeeper === undefined ? 'ZooKeeper and ' : ''}${options.brokers} broker${options.brokers === 1 ? '' : 's'} …`,
  );
  try {
    await Promise.race([cluster.start(), finished]);
  } catch (error) {
    process.stderr.write(`zkafka: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
  if (!state.interrupted) {
    state.started = true;
    say(`ready in ${((Date.now() - began) / 1000).toFixed(1)} s`);
    say();
    say(`  bootstrap   ${cluster.bootstrap}`);
    say(`  ZooKeeper   ${cluster.zookeeperConnect}`);
    if (controller !== undefined) say(`  controller  broker ${controller.id} (epoch ${controller.epoch})`);
    say(`  data, logs  ${options.dir}`);
    if (flags.demo) {
      const { playDemo } = await import('../demo/demo.js');
      void playDemo(cluster, say).then(finish, (error: unknown) => {
        process.stderr.write(
          `zkafka: the demonstration failed: ${error instanceof Error ? error.message : String(error)}\n`,
        );
        finish(1);
      });
    } else sayHints(cluster, say);
  }
  const code = await finished;
  await cluster.stop();
  if (state.interrupted) writeSync(1, 'stopped\n');
  return state.interrupted && flags.demo ? 130 : code;
}

function sayHints(cluster: Cluster, say: (line?: string) => void): void {
  const bootstrap = cluster.bootstrap.split(',')[0] ?? '';
  say();
  say('Try, in another terminal:');
  say(
    `  npx zkafka topics --bootstrap-server ${bootstrap} --create --topic my_topic --partitions 3 --replication-factor ${Math.min(2, cluster.brokerCount)}`,
  );
  say(`  npx zkafka console-producer --bootstrap-server ${bootstrap} --topic my_topic`);
  say(`  npx zkafka console-consumer --bootstrap-server ${bootstrap} --topic my_topic --from-beginning`);
  say();
  say('Ctrl-C stops everything.');
}
