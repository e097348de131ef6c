import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { SERVER_FLAGS } from './server-flags.js';

const here = path.dirname(fileURLToPath(import.meta.url));

function wholeNumber(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < from || value > to) {
      throw new InvalidArgumentError(`a whole number from ${from} to ${to} is needed`);
    }
    return value;
  };
}

/** Runs a server's own program in the foreground, as kafka-server-start does. @returns its exit code */
function foreground(program: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...SERVER_FLAGS, path.join(here, program), ...args], {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'], // it stops when we are gone
    });
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
    process.on('SIGINT', () => undefined); // the terminal sends it to the whole group: the server stops, then we do
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 130)));
  });
}

/** Ends the process once its output is written: retries of a client that was interrupted would keep it alive. */
function leave(code: number): void {
  process.stdout.write('', () => process.exit(code));
}

const program = new Command('zkafka')
  .description('A Kafka-wire-compatible broker cluster with a ZooKeeper control plane')
  .version('0.1.0')
  .enablePositionalOptions();

program
  .command('cluster', { isDefault: true })
  .description('start an embedded ZooKeeper and brokers on this machine until Ctrl-C (the default command)')
  .option('--brokers <n>', 'how many brokers', wholeNumber(1, 100), 3)
  .option(
    '--port <port>',
    'of the first broker, the others follow; 0: free ports for all',
    wholeNumber(0, 65_000),
    9092,
  )
  .option(
    '--zookeeper <connect>',
    'use this Apache ZooKeeper, host:port[,host:port…][/chroot], instead of the embedded one',
  )
  .option('--dir <folder>', 'data and logs', '.zkafka')
  .option('--fresh', 'delete the data of earlier runs first', false)
  .option('--demo', 'play the main job (create, produce, consume, kill the controller, compare), then stop', false)
  .action(async (flags: import('./cluster/command.js').ClusterFlags) => {
    const { runCluster } = await import('./cluster/command.js');
    leave(await runCluster(flags));
  });

program
  .command('broker')
  .description('run one broker in the foreground, as kafka-server-start does')
  .argument('<file>', 'server.properties')
  .option('--override <key=value...>', 'settings that beat the file')
  .action(async (file: string, { override = [] }: { override?: string[] }) => {
    process.exitCode = await foreground('broker.mjs', [file, ...override.flatMap((o) => ['--override', o])]);
  });

program
  .command('zookeeper')
  .description('run the embedded ZooKeeper in the foreground, as zookeeper-server-start does')
  .argument('<file>', 'zoo.cfg or zookeeper.properties')
  .action(async (file: string) => {
    process.exitCode = await foreground('zookeeper.mjs', [file]);
  });

for (const [name, description, load] of [
  ['topics', 'create, list, describe, alter and delete topics, as kafka-topics does', () => import('./topics.js')],
  [
    'console-producer',
    'send lines of standard input, as kafka-console-producer does',
    () => import('./console-producer.js'),
  ],
  ['console-consumer', 'print records, as kafka-console-consumer does', () => import('./console-consumer.js')],
] as const) {
  program
    .command(name)
    .description(description)
    .allowUnknownOption()
    .helpOption(false)
    .argument('[options...]')
    .passThroughOptions()
    .action(async (args: string[]) => {
      const { main } = await load();
      leave(await main(args));
    });
}

await program.parseAsync();
