import type { Time } from '../platform/time.js';
import { parseConnectString } from '../../zk/client/connect-string.js';
import type { ZkClient, ZkClientConfig } from '../../zk/client/zk-client.js';
import { ZkRequests } from './zk-requests.js';

/**
 * Makes sure that the chroot of the connect string exists, by a client of its own that sees the whole tree; does nothing
 * without a chroot.
 * @throws ZkError when ZooKeeper cannot be reached
 * Source: kafka.zk.KafkaZkClient.apply with createChrootIfNecessary, 3.9
 */
export async function ensureChroot(
  config: ZkClientConfig,
  openZk: (config: ZkClientConfig) => ZkClient,
  time: Time,
): Promise<void> {
  const { chroot } = parseConnectString(config.connectString);
  if (chroot === '') return;
  const connectString = config.connectString.slice(0, config.connectString.indexOf('/'));
  const zk = openZk({ ...config, connectString });
  try {
    await zk.connect();
    await new ZkRequests(zk, time).createWithParents(chroot, null);
  } finally {
    await zk.close();
  }
}
