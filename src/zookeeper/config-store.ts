import { KafkaError } from '../common/errors.js';
import type { ZkClient } from '../../zk/client/zk-client.js';
import { controllerMoved } from './fence.js';
import type { WatchRegistry } from './watch-registry.js';
import { pipelined, type Guard, type ZkRequests } from './zk-requests.js';
import { decodeController } from './znodes/cluster-znodes.js';
import { decodeConfig, encodeConfig, encodeConfigChange } from './znodes/config-znodes.js';
import {
  CONFIG,
  CONFIG_CHANGE_PREFIX,
  CONFIG_CHANGES,
  configPath,
  CONTROLLER,
  CONTROLLER_EPOCH,
  type ConfigEntityType,
} from './znodes/paths.js';

/** /config: overrides by entity, and the notifications that make brokers read them again. */
export class ConfigStore {
  private readonly zk: ZkClient;
  private readonly requests: ZkRequests;
  private readonly watches: WatchRegistry;

  constructor(zk: ZkClient, requests: ZkRequests, watches: WatchRegistry) {
    this.zk = zk;
    this.requests = requests;
    this.watches = watches;
  }

  /** Empty when nothing was ever set. */
  async read(type: ConfigEntityType, entity: string): Promise<Map<string, string>> {
    return decodeConfig((await this.requests.read(configPath(type, entity)))?.data ?? null);
  }

  /** Pipelined; every entity of the list is in the answer. */
  async readMany(type: ConfigEntityType, entities: Iterable<string>): Promise<Map<string, Map<string, string>>> {
    return new Map(await pipelined([...entities], async (entity) => [entity, await this.read(type, entity)] as const));
  }

  /** All entities of a type, with their overrides. */
  async readAll(type: ConfigEntityType): Promise<Map<string, Map<string, string>>> {
    return this.readMany(type, (await this.requests.children(`${CONFIG}/${type}`)) ?? []);
  }

  /**
   * Sets the whole config of an entity, then notifies all brokers.
   * @throws KafkaError NOT_CONTROLLER when a KRaft controller governs, STALE_CONTROLLER_EPOCH when it changed meanwhile
   * Source: kafka.zk.AdminZkClient.changeEntityConfig, 3.9
   */
  async change(type: ConfigEntityType, entity: string, config: ReadonlyMap<string, string>): Promise<void> {
    await this.write(type, entity, config);
    await this.notify(`${type}/${entity}`);
  }

  /** Without notification: for a topic that is being created, which nobody can have read yet. */
  async write(type: ConfigEntityType, entity: string, config: ReadonlyMap<string, string>): Promise<void> {
    const path = configPath(type, entity);
    const data = encodeConfig(config);
    const guards = await this.guards();
    for (;;) {
      const [set] = await this.requests.writeGuarded(guards, [{ type: 'setData', path, data, version: -1 }]);
      if (set?.error === 'OK') return;
      if (set?.error !== 'NO_NODE') throw new KafkaError('UNKNOWN_SERVER_ERROR', `${path}: ${set?.error ?? ''}`);
      if (await this.requests.createWithParents(path, data)) return;
    }
  }

  /** Tells every broker of the ensemble to read /config/<entityPath> again. */
  async notify(entityPath: string): Promise<void> {
    // Kafka makes sure of the parent first, each time. Twice after a lost connection is harmless: it only says "read again".
    await this.requests.createWithParents(CONFIG_CHANGES, null);
    await this.requests.retry(() =>
      this.zk.create(CONFIG_CHANGE_PREFIX, encodeConfigChange(entityPath), { mode: 'persistent-sequential' }),
    );
  }

  /**
   * Differs: Apache Kafka checks /controller's version only; while there is no controller it writes unfenced. Here the epoch
   * is checked then, so that a write from before an election cannot land after it.
   */
  private async guards(): Promise<Guard[]> {
    const broken = (): KafkaError => controllerMoved('the controller changed while a config was being written');
    for (;;) {
      const active = await this.requests.read(CONTROLLER, this.watches.wantsNode(CONTROLLER));
      if (active !== undefined) {
        if (decodeController(active.data).kraftControllerEpoch > 0) {
          throw new KafkaError('NOT_CONTROLLER', 'a KRaft controller governs this cluster');
        }
        return [{ path: CONTROLLER, version: active.stat.version, broken }];
      }
      const epoch = await this.requests.read(CONTROLLER_EPOCH);
      return epoch === undefined ? [] : [{ path: CONTROLLER_EPOCH, version: epoch.stat.version, broken }];
    }
  }
}
