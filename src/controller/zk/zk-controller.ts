import { KafkaError } from '../../common/errors.js';
import { InvariantError } from '../../common/invariant.js';
import type { TopicPartition } from '../../common/topic-partition.js';
import { EventQueue } from '../../platform/event-queue.js';
import type { Logger } from '../../platform/logger.js';
import type { Cancel } from '../../platform/time.js';
import { errorCode } from '../../protocol/error-codes.js';
import type { AlterPartitionRequest } from '../../protocol/messages/alter-partition-request.js';
import type { AlterPartitionResponse } from '../../protocol/messages/alter-partition-response.js';
import { isControllerMoved } from '../../zookeeper/fence.js';
import type { KafkaZkClient } from '../../zookeeper/kafka-zk-client.js';
import type { ProducerIdBlockZNode } from '../../zookeeper/znodes/cluster-znodes.js';
import { CONTROLLER } from '../../zookeeper/znodes/paths.js';
import type { ReplicaAssignment } from '../../zookeeper/znodes/topic-znodes.js';
import { ControllerReign } from './controller-reign.js';
import type { ControllerConfig, ControllerWorld } from './reign-parts.js';
import type { ControllerEvents } from './controller-watches.js';
import { OffsetWriter, type OffsetWrite } from './offset-writer.js';

export interface ZkControllerConfig extends ControllerConfig {
  /** auto.leader.rebalance.enable */
  readonly autoLeaderRebalance: boolean;
  /** leader.imbalance.check.interval.seconds, in ms. */
  readonly leaderImbalanceCheckIntervalMs: number;
}

export interface ZkControllerWorld extends ControllerWorld {
  /** In a new session: registers the broker again. */
  readonly registerBroker: () => Promise<void>;
  /** A bug was found: the node has to stop. */
  readonly onFatal: (error: unknown) => void;
}

const NOBODY = -1;
const FIRST_BALANCE_DELAY_MS = 5000;

/**
 * Every broker's part in the election of a controller, and the controller itself while this broker is it: one queue of
 * events, in Kafka's names. Requests wait in the same queue.
 * Source: kafka.controller.KafkaController and ControllerEventManager, 3.9
 */
export class ZkController {
  private readonly zk: KafkaZkClient;
  private readonly config: ZkControllerConfig;
  private readonly world: ZkControllerWorld;
  private readonly logger: Logger;
  private readonly queue: EventQueue;
  private readonly listeners: ((controllerId: number) => void)[] = [];
  private readonly offsetWriter: OffsetWriter;
  private activeId = NOBODY;
  private reign: ControllerReign | undefined;
  private cancelBalance: Cancel = () => undefined;
  private cancelSilence: Cancel = () => undefined;
  private closing = false;
  private isAway = false;
  private sessionTimeoutMs = 0;

  constructor(zk: KafkaZkClient, config: ZkControllerConfig, world: ZkControllerWorld) {
    this.zk = zk;
    this.config = config;
    this.world = world;
    this.logger = world.logger.named('kafka.controller.KafkaController');
    this.offsetWriter = new OffsetWriter(zk.offsets, zk.topics, world.time);
    this.queue = new EventQueue((event, error) => {
      this.logger.error(`[Controller id=${config.brokerId}] Error processing event ${event.name}`, error);
      if (error instanceof InvariantError) world.onFatal(error);
    });
  }

  /** After the broker is registered and can take control requests. */
  start(): void {
    this.zk.watches.watchNode(CONTROLLER, {
      onCreated: () => this.enqueue('ControllerChange', () => this.maybeResign()),
      onChanged: () => this.enqueue('ControllerChange', () => this.maybeResign()),
      onDeleted: () => this.enqueue('Reelect', () => this.reelect()),
    });
    this.zk.addSessionHandler({
      beforeSession: () => this.onSessionExpired(),
      afterSession: () => {
        this.enqueue('RegisterBrokerAndReelect', async () => {
          await this.world.registerBroker();
          await this.reelect();
        });
        return Promise.resolve();
      },
    });
    this.zk.onState((state) => {
      this.isAway = state !== 'connected';
      if (state === 'connected') this.cancelSilence();
      if (state === 'disconnected') this.watchSilence();
    });
    this.enqueue('Startup', async () => {
      if (!(await this.zk.controller.watch())) await this.elect();
      else await this.maybeResign();
    });
  }

  /**
   * Ends the reign without an election of its own: the session's end, which follows, starts one. Waits for what is running,
   * but not for a ZooKeeper that is away.
   */
  async close(): Promise<void> {
    this.closing = true;
    this.cancelSilence();
    this.reign?.fallSilent();
    await Promise.race([this.queue.close(), this.zkIsAway()]);
    this.resign();
  }

  private zkIsAway(): Promise<void> {
    if (this.isAway) return Promise.resolve();
    return new Promise((resolve) => {
      this.zk.onState((state) => {
        if (state !== 'connected') resolve();
      });
    });
  }

  get isActive(): boolean {
    return this.reign !== undefined;
  }

  /** Controller epoch of this broker's reign, −1 without one. */
  get epoch(): number {
    return this.reign?.context.fence.epoch ?? -1;
  }

  /** Broker id of the active controller as last read from ZooKeeper, −1 unknown. */
  get activeControllerId(): number {
    return this.activeId;
  }

  onActiveController(listener: (controllerId: number) => void): void {
    this.listeners.push(listener);
  }

  /**
   * Partitions that are being moved, for ListPartitionReassignments.
   * @throws KafkaError NOT_CONTROLLER
   */
  partitionReassignments(): Promise<ReadonlyMap<string, ReadonlyMap<number, ReplicaAssignment>>> {
    return this.answer('ListPartitionReassignments', (reign) => Promise.resolve(reign.reassignments()));
  }

  /** True while a topic is marked for deletion; only known where the controller is. */
  isTopicBeingDeleted(topic: string): boolean {
    return this.reign?.context.topicsToBeDeleted.has(topic) === true;
  }

  // ——— requests

  alterPartition(request: AlterPartitionRequest, version: number): Promise<AlterPartitionResponse> {
    const moved = { throttleTimeMs: 0, errorCode: errorCode('NOT_CONTROLLER'), topics: [] };
    return this.answer('AlterPartitionReceived', (reign) => reign.alterPartition(request, version), moved);
  }

  /** @throws KafkaError STALE_CONTROLLER_EPOCH when this is not the controller, STALE_BROKER_EPOCH, BROKER_NOT_AVAILABLE */
  controlledShutdown(brokerId: number, brokerEpoch: number): Promise<TopicPartition[]> {
    return this.answer('ControlledShutdown', (reign) => reign.brokers.controlledShutdown(brokerId, brokerEpoch));
  }

  /** @throws KafkaError NOT_CONTROLLER, BROKER_ID_NOT_REGISTERED, STALE_BROKER_EPOCH */
  allocateProducerIds(brokerId: number, brokerEpoch: number): Promise<ProducerIdBlockZNode> {
    return this.answer('AllocateProducerIds', (reign) => reign.allocateProducerIds(brokerId, brokerEpoch));
  }

  /**
   * Writes consumer offsets for a group coordinator; does not wait in the queue.
   * @throws KafkaError NOT_CONTROLLER, NOT_COORDINATOR, COORDINATOR_NOT_AVAILABLE
   */
  writeOffsets(write: OffsetWrite): Promise<void> {
    if (this.reign?.isReady !== true) return Promise.reject(notController());
    return this.offsetWriter.write(write, this.reign.context);
  }

  // ——— election

  private async elect(): Promise<void> {
    const active = await this.zk.controller.active();
    if (active !== undefined) {
      this.setActive(active.brokerId);
      this.logger.debug(
        `Broker ${active.brokerId} has been elected as the controller, so stopping the election process.`,
      );
      return;
    }
    try {
      this.sessionTimeoutMs = (await this.zk.session()).negotiatedTimeoutMs;
      const fence = await this.zk.controller.elect(this.config.brokerId);
      this.logger.info(
        `[Controller id=${this.config.brokerId}] ${this.config.brokerId} successfully elected as the controller. Epoch incremented to ${fence.epoch} and epoch zk version is now ${fence.epochZkVersion}`,
      );
      const reign: ControllerReign = new ControllerReign(
        fence,
        this.config,
        this.zk,
        { ...this.world, logger: this.logger },
        this.eventsOf(() => reign),
      );
      this.reign = reign;
      this.setActive(this.config.brokerId);
      await reign.begin();
      this.scheduleBalance(reign, FIRST_BALANCE_DELAY_MS);
    } catch (error) {
      if (isControllerMoved(error)) {
        await this.maybeResign();
        this.logger.info(`[Controller id=${this.config.brokerId}] ${(error as KafkaError).message}`);
        return;
      }
      this.logger.error(`Error while electing or becoming controller on broker ${this.config.brokerId}`, error);
      await this.moveController();
      throw error;
    }
  }

  private async reelect(): Promise<void> {
    await this.maybeResign();
    await this.elect();
  }

  /** Looks who is controller, and watches on; ends our own reign if it is somebody else. */
  private async maybeResign(): Promise<void> {
    await this.zk.controller.watch();
    const active = await this.zk.controller.active();
    if (this.reign !== undefined && active?.brokerId !== this.config.brokerId) this.resign();
    this.setActive(active?.brokerId ?? NOBODY);
  }

  private resign(): void {
    const { reign } = this;
    if (reign === undefined) return;
    this.cancelBalance();
    reign.end();
    this.reign = undefined;
    this.setActive(NOBODY);
    this.logger.info(`[Controller id=${this.config.brokerId}] Resigned`);
  }

  /** Gives the office away: whoever is quickest takes it. Source: KafkaController.triggerControllerMove, 3.9 */
  private async moveController(): Promise<void> {
    const { reign } = this;
    if (reign === undefined) return;
    const { fence } = reign.context;
    this.resign();
    try {
      await this.zk.controller.resign(fence);
    } catch (error) {
      if (!isControllerMoved(error)) throw error;
    }
  }

  private setActive(controllerId: number): void {
    if (controllerId === this.activeId) return;
    this.activeId = controllerId;
    for (const listener of this.listeners) listener(controllerId);
  }

  // ——— sessions

  /** Resolves when what is running has ended and the reign is over: only then may a new session begin. */
  private onSessionExpired(): Promise<void> {
    this.reign?.fallSilent();
    this.queue.clear();
    return new Promise((resolve) => {
      this.queue.prepend({
        name: 'Expire',
        run: () => {
          this.resign();
          this.setActive(NOBODY);
          resolve();
        },
        abandon: resolve,
      });
    });
  }

  /** Without a word from ZooKeeper for a whole session timeout, another controller may reign: stop acting unasked. */
  private watchSilence(): void {
    const { reign, sessionTimeoutMs } = this;
    if (reign === undefined) return;
    this.cancelSilence();
    this.cancelSilence = this.world.time.schedule(sessionTimeoutMs, () => {
      if (this.reign !== reign) return;
      this.logger.warn(`[Controller id=${this.config.brokerId}] No ZooKeeper for ${sessionTimeoutMs} ms: stops acting`);
      reign.fallSilent();
      this.enqueue('Reelect', async () => {
        if (this.reign === reign) await this.moveController();
        await this.reelect();
      });
    });
  }

  // ——— the queue

  private eventsOf(reign: () => ControllerReign): ControllerEvents {
    const on = (name: string, run: (reign: ControllerReign) => Promise<void>): void => {
      this.enqueue(name, async () => {
        if (this.reign === reign()) await run(reign());
      });
    };
    return {
      onBrokerChange: () => on('BrokerChange', (r) => r.brokers.onBrokerChange()),
      onBrokerModification: (id) => on('BrokerModifications', (r) => r.brokers.onBrokerModification(id)),
      onTopicChange: () => on('TopicChange', (r) => r.topics.onTopicChange()),
      onPartitionModifications: (topic) =>
        on('PartitionModifications', (r) => r.topics.onPartitionModifications(topic)),
      onTopicDeletion: () => on('TopicDeletion', (r) => r.onTopicDeletion()),
      onIsrChangeNotification: () => on('IsrChangeNotification', (r) => r.onIsrChangeNotification()),
      onLogDirEvent: () => on('LogDirEventNotification', (r) => r.onLogDirEvent()),
      onPreferredElection: () => on('ReplicaLeaderElection', (r) => r.leaders.onPreferredElection()),
      onReassignmentRequest: () => on('ZkPartitionReassignment', (r) => r.leaders.onReassignmentRequest()),
      onLeaderAndIsrResponse: (id, response) =>
        on('LeaderAndIsrResponseReceived', (r) => r.onLeaderAndIsrResponse(id, response)),
      onStopReplicaResponse: (id, response, deleted) => {
        if (deleted.size === 0) return;
        on('TopicDeletionStopReplicaResponseReceived', (r) => r.onStopReplicaResponse(id, response, deleted));
      },
    };
  }

  private scheduleBalance(reign: ControllerReign, delayMs: number): void {
    if (!this.config.autoLeaderRebalance || this.reign !== reign) return;
    this.cancelBalance = this.world.time.schedule(delayMs, () => {
      this.enqueue('AutoPreferredReplicaLeaderElection', async () => {
        if (this.reign !== reign) return;
        await reign.leaders.balanceLeaders();
        this.scheduleBalance(reign, this.config.leaderImbalanceCheckIntervalMs);
      });
    });
  }

  private enqueue(name: string, run: () => Promise<void>): void {
    this.queue.append({ name, run: () => this.guarded(run) });
  }

  /** A request is answered by the reign that holds when its turn comes. */
  private answer<R>(name: string, run: (reign: ControllerReign) => Promise<R>, moved?: R): Promise<R> {
    return new Promise((resolve, reject) => {
      const refuse = (): void => {
        if (moved === undefined) reject(notController());
        else resolve(moved);
      };
      this.queue.append({
        name,
        abandon: refuse,
        run: () =>
          this.guarded(async () => {
            const { reign } = this;
            if (reign === undefined) {
              refuse();
              return;
            }
            try {
              resolve(await run(reign));
            } catch (error) {
              if (error instanceof KafkaError && !isControllerMoved(error)) {
                reject(error);
                return;
              }
              refuse();
              throw error;
            }
          }),
      });
    });
  }

  /** What meets a newer controller makes us look who it is. */
  private async guarded(run: () => Promise<void>): Promise<void> {
    if (this.closing) return;
    try {
      await run();
    } catch (error) {
      if (this.isClosing()) return; // the session ends under it
      if (!isControllerMoved(error)) throw error;
      this.logger.info(`[Controller id=${this.config.brokerId}] ${(error as KafkaError).message}`);
      await this.maybeResign();
    }
  }

  /** Asked anew after an await. */
  private isClosing(): boolean {
    return this.closing;
  }
}

function notController(): KafkaError {
  return new KafkaError('NOT_CONTROLLER', 'This is not the correct controller for this cluster.');
}
