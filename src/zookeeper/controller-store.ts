import { KafkaError } from '../common/errors.js';
import type { Time } from '../platform/time.js';
import type { ZkClient } from '../../zk/client/zk-client.js';
import { controllerMoved, fenceGuard, type ControllerFence } from './fence.js';
import type { WatchRegistry } from './watch-registry.js';
import type { ZkRequests } from './zk-requests.js';
import {
  decodeController,
  decodeControllerEpoch,
  decodeProducerIdBlock,
  encodeController,
  encodeControllerEpoch,
  encodeProducerIdBlock,
  INITIAL_FEATURES,
  type ControllerZNode,
  type ProducerIdBlockZNode,
} from './znodes/cluster-znodes.js';
import { CONTROLLER, CONTROLLER_EPOCH, FEATURE, PRODUCER_ID_BLOCK } from './znodes/paths.js';

/** Source: org.apache.kafka.server.common.ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE, 3.9 */
export const PRODUCER_ID_BLOCK_SIZE = 1000;

/** /controller, /controller_epoch and the singletons that only the controller writes. */
export class ControllerStore {
  private readonly zk: ZkClient;
  private readonly requests: ZkRequests;
  private readonly watches: WatchRegistry;
  private readonly time: Time;

  constructor(zk: ZkClient, requests: ZkRequests, watches: WatchRegistry, time: Time) {
    this.zk = zk;
    this.requests = requests;
    this.watches = watches;
    this.time = time;
  }

  /** Who stands in /controller, be it persistent or unknown to us; undefined when nobody does. */
  async active(): Promise<(ControllerZNode & { readonly zkVersion: number }) | undefined> {
    const found = await this.requests.read(CONTROLLER, this.watches.wantsNode(CONTROLLER));
    return found === undefined ? undefined : { ...decodeController(found.data), zkVersion: found.stat.version };
  }

  /** Sets the watch on /controller, whether it exists or not; tells whether it does. */
  async watch(): Promise<boolean> {
    return (await this.requests.exists(CONTROLLER, true)) !== undefined;
  }

  /** undefined before the first election of the cluster. */
  async epoch(): Promise<ControllerFence | undefined> {
    const found = await this.requests.read(CONTROLLER_EPOCH);
    if (found === undefined) return undefined;
    return { epoch: decodeControllerEpoch(found.data), epochZkVersion: found.stat.version };
  }

  /**
   * Stands for election: creates /controller and raises /controller_epoch in one multi.
   * @throws KafkaError STALE_CONTROLLER_EPOCH when another broker won
   * Source: kafka.zk.KafkaZkClient.registerControllerAndIncrementControllerEpoch, 3.9
   */
  async elect(brokerId: number): Promise<ControllerFence> {
    const before = await this.epochOrCreate();
    const epoch = before.epoch + 1;
    const timestampMs = this.time.wallMs();
    const answer = await this.requests.retry(() =>
      this.zk.multi([
        {
          type: 'create',
          path: CONTROLLER,
          data: encodeController({ brokerId, timestampMs, kraftControllerEpoch: -1 }),
          mode: 'ephemeral',
        },
        {
          type: 'setData',
          path: CONTROLLER_EPOCH,
          data: encodeControllerEpoch(epoch),
          version: before.epochZkVersion,
        },
      ]),
    );
    const [, raised] = answer.results;
    if (answer.ok && raised?.error === 'OK') {
      return { epoch, epochZkVersion: raised.stat?.version ?? before.epochZkVersion + 1 };
    }
    const refusal = answer.results.find(({ error }) => error === 'NODE_EXISTS' || error === 'BAD_VERSION');
    if (refusal === undefined) {
      const names = answer.results.map(({ error }) => error).join(', ');
      throw new KafkaError('UNKNOWN_SERVER_ERROR', `election of broker ${brokerId} was refused: ${names}`);
    }
    return this.readBack(brokerId, epoch);
  }

  /** The multi may have been applied before the connection was lost: then both znodes say so. */
  private async readBack(brokerId: number, epoch: number): Promise<ControllerFence> {
    const [session, active, fence] = await Promise.all([
      this.zk.session(),
      this.requests.read(CONTROLLER),
      this.epoch(),
    ]);
    if (active === undefined) {
      throw controllerMoved('the controller that won this election is gone already: another election follows');
    }
    const winner = decodeController(active.data).brokerId;
    const ours = winner === brokerId && active.stat.ephemeralOwner === session.id;
    if (!ours || fence === undefined || fence.epoch !== epoch) {
      throw controllerMoved(`broker ${winner} was elected as the controller instead of broker ${brokerId}`);
    }
    return fence;
  }

  private async epochOrCreate(): Promise<ControllerFence> {
    for (;;) {
      const found = await this.epoch();
      if (found !== undefined) return found;
      if (await this.requests.createWithParents(CONTROLLER_EPOCH, encodeControllerEpoch(0))) {
        return { epoch: 0, epochZkVersion: 0 };
      }
    }
  }

  /** Leaves the office, so that another election begins. @throws KafkaError STALE_CONTROLLER_EPOCH if it is over anyway */
  async resign(fence: ControllerFence): Promise<void> {
    await this.requests.writeGuarded([fenceGuard(fence)], [{ type: 'delete', path: CONTROLLER, version: -1 }]);
  }

  /** Makes /feature when it is missing, and watches it. Source: KafkaController.maybeSetupFeatureVersioning, 3.9 */
  async ensureFeatureZNode(): Promise<void> {
    const found = await this.requests.read(FEATURE, this.watches.wantsNode(FEATURE));
    if (found === undefined) await this.requests.createWithParents(FEATURE, INITIAL_FEATURES);
  }

  /**
   * The next block of producer ids for a broker.
   * Source: kafka.coordinator.transaction.ZkProducerIdManager.getNewProducerIdBlock, 3.9
   */
  async nextProducerIdBlock(brokerId: number): Promise<ProducerIdBlockZNode> {
    for (;;) {
      const found = await this.requests.read(PRODUCER_ID_BLOCK);
      const last = decodeProducerIdBlock(found?.data ?? null);
      const first = last === undefined ? 0 : last.last + 1;
      const block = { brokerId, first, last: first + PRODUCER_ID_BLOCK_SIZE - 1 };
      const data = encodeProducerIdBlock(block);
      if (found === undefined) {
        await this.requests.createWithParents(PRODUCER_ID_BLOCK, null);
        continue;
      }
      const [result] = await this.requests.writeGuarded(
        [],
        [{ type: 'setData', path: PRODUCER_ID_BLOCK, data, version: found.stat.version }],
      );
      if (result?.error === 'OK') return block;
    }
  }
}
