import type { Logger } from '../../../src/platform/logger.js';
import type { Random } from '../../../src/platform/random.js';
import type { Time } from '../../../src/platform/time.js';
import { parseConnectString } from '../connect-string.js';
import { LongLivedClient } from '../long-lived-client.js';
import { ServerRotation } from '../server-rotation.js';
import type { ZkClient, ZkClientConfig } from '../zk-client.js';
import { LibrarySession } from './library-session.js';

/**
 * The client of a process on Node: node-zookeeper-client behind our interface. Each session is a new client of the library.
 * @throws ZkError BAD_ARGUMENTS for a connect string that cannot be read
 */
export function nodeZkClient(
  config: ZkClientConfig,
  world: { readonly time: Time; readonly random: Random; readonly logger: Logger },
): ZkClient {
  const { servers, chroot } = parseConnectString(config.connectString);
  const rotation = new ServerRotation(servers, world.random);
  return new LongLivedClient(
    config,
    chroot,
    (credentials, owner) => new LibrarySession(config.sessionTimeoutMs, rotation, credentials, world, owner),
    world,
  );
}
