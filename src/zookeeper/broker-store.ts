import { KafkaError } from '../common/errors.js';
import { uuidFromBytes, type Uuid } from '../common/uuid.js';
import type { Logger } from '../platform/logger.js';
import { randomUuid, type Random } from '../platform/random.js';
import type { SessionId, ZkClient } from '../../zk/client/zk-client.js';
import type { WatchRegistry } from './watch-registry.js';
import type { ZkRequests } from './zk-requests.js';
import {
  decodeBroker,
  decodeClusterId,
  encodeBroker,
  encodeClusterId,
  type BrokerZNode,
} from './znodes/cluster-znodes.js';
import { BROKER_IDS, BROKER_SEQ_ID, brokerPath, CLUSTER_ID, PERSISTENT_PATHS } from './znodes/paths.js';

/** A registered broker; `epoch` is the czxid of its znode. */
export interface LiveBroker {
  readonly broker: BrokerZNode;
  readonly epoch: number;
}

/** /brokers/ids, /brokers/seqid, /cluster/id and the paths that a starting broker makes sure of. */
export class BrokerStore {
  private readonly zk: ZkClient;
  private readonly requests: ZkRequests;
  private readonly watches: WatchRegistry;
  private readonly random: Random;
  private readonly logger: Logger;
  /** Sessions this process registered with: an old znode of one of them is ours to remove. */
  private readonly ownSessions = new Set<SessionId>();

  constructor(
    zk: ZkClient,
    requests: ZkRequests,
    watches: WatchRegistry,
    world: { readonly random: Random; readonly logger: Logger },
  ) {
    this.zk = zk;
    this.requests = requests;
    this.watches = watches;
    this.random = world.random;
    this.logger = world.logger;
  }

  async createPersistentPaths(): Promise<void> {
    for (const path of PERSISTENT_PATHS) await this.requests.createWithParents(path, null);
  }

  /** undefined: no broker ever started on this ensemble (and chroot). */
  async clusterId(): Promise<Uuid | undefined> {
    const found = await this.requests.read(CLUSTER_ID);
    return found === undefined ? undefined : decodeClusterId(found.data);
  }

  async clusterIdOrCreate(): Promise<Uuid> {
    for (;;) {
      const found = await this.clusterId();
      if (found !== undefined) return found;
      const proposed = randomUuid(this.random, uuidFromBytes);
      if (await this.requests.createWithParents(CLUSTER_ID, encodeClusterId(proposed))) return proposed;
    }
  }

  /** For broker.id=−1: 1, 2, 3 … over the cluster's life. Source: kafka.zk.KafkaZkClient.generateBrokerSequenceId, 3.9 */
  async generateBrokerSequenceId(): Promise<number> {
    await this.requests.createWithParents(BROKER_SEQ_ID, null);
    const stat = await this.requests.retry(() => this.zk.setData(BROKER_SEQ_ID, Buffer.alloc(0), -1));
    return stat.version;
  }

  /**
   * Makes /brokers/ids/N in the current session.
   * @returns the broker epoch
   * @throws KafkaError DUPLICATE_BROKER_REGISTRATION when a session that is not ours holds it: the broker has to exit
   * Source: kafka.zk.KafkaZkClient.registerBroker, 3.9
   */
  async register(broker: BrokerZNode): Promise<number> {
    const path = brokerPath(broker.id);
    const data = encodeBroker(broker);
    for (;;) {
      const session = (await this.zk.session()).id;
      this.ownSessions.add(session);
      const answer = await this.requests.retry(() =>
        this.zk.multi([
          { type: 'create', path, data: null, mode: 'ephemeral' },
          { type: 'setData', path, data, version: 0 },
        ]),
      );
      const [created, written] = answer.results;
      if (answer.ok && written?.error === 'OK' && written.stat !== undefined) {
        this.logger.info(
          `Registered broker ${broker.id} at path ${path} with czxid (broker epoch): ${written.stat.czxid}`,
        );
        return written.stat.czxid;
      }
      if (created?.error === 'NO_NODE') {
        await this.requests.createWithParents(BROKER_IDS, null);
        continue;
      }
      if (!answer.ok && created?.error !== 'NODE_EXISTS') {
        throw new KafkaError('UNKNOWN_SERVER_ERROR', `${path} could not be created: ${created?.error ?? 'no answer'}`);
      }
      const found = await this.requests.read(path);
      if (found === undefined) continue; // its session has ended in between
      const owner = found.stat.ephemeralOwner;
      if (owner === session) return found.stat.czxid;
      if (!this.ownSessions.has(owner)) {
        throw new KafkaError(
          'DUPLICATE_BROKER_REGISTRATION',
          `Error while creating ephemeral at ${path}, node already exists and owner '0x${owner}' does not match current session '0x${session}'`,
        );
      }
      await this.requests.delete(path, found.stat.version);
    }
  }

  /** All registered brokers by id. */
  async liveBrokers(): Promise<Map<number, LiveBroker>> {
    const ids = await this.brokerIds();
    const found = await Promise.all(ids.map((id) => this.liveBroker(id)));
    return new Map(found.filter((one) => one !== undefined).map((one) => [one.broker.id, one]));
  }

  async brokerIds(): Promise<number[]> {
    const names = (await this.requests.children(BROKER_IDS, this.watches.wantsChildren(BROKER_IDS))) ?? [];
    return names.map(Number).sort((a, b) => a - b);
  }

  async liveBroker(id: number): Promise<LiveBroker | undefined> {
    const path = brokerPath(id);
    const found = await this.requests.read(path, this.watches.wantsNode(path));
    return found === undefined ? undefined : { broker: decodeBroker(id, found.data), epoch: found.stat.czxid };
  }

  /** Sets the watch that {@link WatchRegistry.watchNode} of the broker's path asked for. */
  async watchBroker(id: number): Promise<void> {
    await this.requests.exists(brokerPath(id), true);
  }
}
