import type { WatchRegistry } from '../../zookeeper/watch-registry.js';
import {
  BROKER_IDS,
  brokerPath,
  DELETE_TOPICS,
  ISR_CHANGE_NOTIFICATION,
  LOG_DIR_EVENT_NOTIFICATION,
  PREFERRED_REPLICA_ELECTION,
  REASSIGN_PARTITIONS,
  topicPath,
  TOPICS,
} from '../../zookeeper/znodes/paths.js';
import type { ChannelListener } from './controller-channel.js';

/** What wakes an active controller. Each call only queues the event. */
export interface ControllerEvents extends ChannelListener {
  onBrokerChange(): void;
  onBrokerModification(brokerId: number): void;
  onTopicChange(): void;
  onPartitionModifications(topic: string): void;
  onTopicDeletion(): void;
  onIsrChangeNotification(): void;
  onLogDirEvent(): void;
  onPreferredElection(): void;
  onReassignmentRequest(): void;
}

/** What an active controller watches in ZooKeeper, from the beginning to the end of its reign. */
export class ControllerWatches {
  private readonly watches: WatchRegistry;
  private readonly events: ControllerEvents;
  private readonly taken = new Map<string, () => void>();

  constructor(watches: WatchRegistry, events: ControllerEvents) {
    this.watches = watches;
    this.events = events;
  }

  start(): void {
    const { events } = this;
    this.children(BROKER_IDS, () => events.onBrokerChange());
    this.children(TOPICS, () => events.onTopicChange());
    this.children(DELETE_TOPICS, () => events.onTopicDeletion());
    this.children(LOG_DIR_EVENT_NOTIFICATION, () => events.onLogDirEvent());
    this.children(ISR_CHANGE_NOTIFICATION, () => events.onIsrChangeNotification());
    this.take(
      PREFERRED_REPLICA_ELECTION,
      this.watches.watchNode(PREFERRED_REPLICA_ELECTION, { onCreated: () => events.onPreferredElection() }),
    );
    this.take(
      REASSIGN_PARTITIONS,
      this.watches.watchNode(REASSIGN_PARTITIONS, { onCreated: () => events.onReassignmentRequest() }),
    );
  }

  stop(): void {
    for (const release of this.taken.values()) release();
    this.taken.clear();
  }

  addBroker(id: number): void {
    const path = brokerPath(id);
    this.take(path, this.watches.watchNode(path, { onChanged: () => this.events.onBrokerModification(id) }));
  }

  forgetBroker(id: number): void {
    this.release(brokerPath(id));
  }

  addTopic(topic: string): void {
    const path = topicPath(topic);
    this.take(path, this.watches.watchNode(path, { onChanged: () => this.events.onPartitionModifications(topic) }));
  }

  forgetTopic(topic: string): void {
    this.release(topicPath(topic));
  }

  private children(path: string, onChange: () => void): void {
    this.take(path, this.watches.watchChildren(path, onChange));
  }

  private take(path: string, release: () => void): void {
    this.release(path);
    this.taken.set(path, release);
  }

  private release(path: string): void {
    this.taken.get(path)?.();
    this.taken.delete(path);
  }
}
