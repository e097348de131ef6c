import { hostname } from 'node:os';
import { KafkaError } from '../common/errors.js';
import { Broker } from './broker.js';
import { loadBrokerConfig } from '../platform/node/settings.js';
import { nodePlatform } from '../platform/node/platform.js';
import { nodeZkClient } from '../../zk/client/node/adapter.js';
import { delay } from '../platform/time.js';
import { BrokerStartError } from './start-error.js';
import { brokerSettings } from './broker-settings.js';

/** Without a controller in this time a broker is `ready` nevertheless: there may be none that we can know. */
const CONTROLLER_PATIENCE_MS = 10_000;

/**
 * One broker process: `main FILE.properties [--override key=value …]`. Talks to a launcher over IPC if there is one:
 * tells `ready` (once a controller has told it of the cluster), `controller` and `failed`, stops on `stop` and when the launcher is gone.
 */
function parseArguments(args: readonly string[]): { file: string; overrides: string[] } {
  const [file, ...rest] = args;
  const overrides: string[] = [];
  for (let i = 0; i < rest.length; i += 2) {
    const pair = rest[i + 1];
    if (rest[i] !== '--override' || pair === undefined || !pair.includes('=')) {
      throw new Error(`unexpected argument ${rest[i] ?? ''}: usage is FILE.properties [--override key=value …]`);
    }
    overrides.push(pair);
  }
  if (file === undefined) throw new Error('which server.properties? usage: FILE.properties [--override key=value …]');
  return { file, overrides };
}

function tell(message: unknown): Promise<void> {
  if (process.send === undefined || !process.connected) return Promise.resolve();
  return new Promise((resolve) => process.send?.(message, () => resolve()));
}

/** How long a broker may take to stop when its launcher is gone. */
const ORPHANED_MS = 5000;

async function run(): Promise<void> {
  const { file, overrides } = parseArguments(process.argv.slice(2));
  const loaded = loadBrokerConfig({ file, env: process.env, overrides });
  const settings = brokerSettings(loaded.values, hostname());
  const platform = nodePlatform({ name: 'kafka.server.KafkaServer' });
  for (const name of loaded.unknown)
    platform.logger.warn(`The configuration '${name}' was supplied but isn't a known config.`);

  const zkWorld = { ...platform, logger: platform.logger.named('kafka.zookeeper.ZooKeeperClient') };
  const broker = new Broker(settings, loaded.values, platform, (config) => nodeZkClient(config, zkWorld));
  let stopping: Promise<void> | undefined;
  const stop = (retry: boolean): void => {
    stopping ??= broker.stop({ retry }).then(
      () => process.exit(0),
      (error: unknown) => {
        platform.logger.error('Fatal error during KafkaServer shutdown.', error);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => stop(true));
  process.on('SIGINT', () => stop(true));
  process.on('disconnect', () => {
    stop(false);
    setTimeout(() => process.exit(1), ORPHANED_MS); // controller and ZooKeeper may be gone as well: nobody is left to ask
  });
  process.on('message', (message) => {
    const { type, retry } = message as { type: string; retry: boolean };
    if (type === 'stop') stop(retry);
  });
  broker.onController((epoch) => void tell({ type: 'controller', brokerId: broker.brokerId, epoch }));
  broker.onFatal((reason, retry) => {
    if (stopping !== undefined) return;
    platform.logger.error(`Exiting: ${reason}`);
    void tell({ type: 'failed', message: reason, retry }).then(() => process.exit(1));
  });
  try {
    await broker.start();
  } catch (error) {
    if (stopping !== undefined) return; // that is why
    throw error;
  }
  await Promise.race([broker.informed(), delay(platform.time, CONTROLLER_PATIENCE_MS)]);
  await tell({ type: 'ready', port: broker.boundPort });
}

/** A person can mend it, and one line says what it is: a setting, a file, a port. */
function isExpected(error: unknown): boolean {
  if (error instanceof BrokerStartError || error instanceof KafkaError) return true;
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string';
}

run().catch(async (error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`[KafkaServer] Exiting Kafka: ${message}\n`);
  if (!isExpected(error) && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
  await tell({ type: 'failed', message, retry: error instanceof BrokerStartError && error.retry });
  process.exit(1);
});
