import type { Logger } from '../../platform/logger.js';
import type { Random } from '../../platform/random.js';
import type { Time } from '../../platform/time.js';
import type { KafkaZkClient } from '../../zookeeper/kafka-zk-client.js';
import type { ControlRequestBatch } from './control-request-batch.js';
import type { ControllerChannel, ControllerChannelSender } from './controller-channel.js';
import type { ControllerContext } from './controller-context.js';
import type { ControllerWatches } from './controller-watches.js';
import type { PartitionStateMachine } from './partition-state-machine.js';
import type { ReplicaStateMachine } from './replica-state-machine.js';
import type { TopicDeletion } from './topic-deletion.js';

export interface ControllerConfig {
  readonly brokerId: number;
  /** inter.broker.listener.name, upper case. */
  readonly interBrokerListener: string;
  /** unclean.leader.election.enable, for topics without their own. */
  readonly uncleanLeaderElection: boolean;
  /** delete.topic.enable */
  readonly deleteTopics: boolean;
  /** leader.imbalance.per.broker.percentage */
  readonly leaderImbalancePercent: number;
}

export interface ControllerWorld {
  readonly time: Time;
  readonly random: Random;
  readonly logger: Logger;
  readonly send: ControllerChannelSender;
}

/** What belongs to one reign and is shared by those who handle its events. */
export interface ReignParts {
  readonly config: ControllerConfig;
  readonly zk: KafkaZkClient;
  readonly random: Random;
  readonly logger: Logger;
  readonly context: ControllerContext;
  readonly channel: ControllerChannel;
  readonly batch: ControlRequestBatch;
  readonly partitions: PartitionStateMachine;
  readonly replicas: ReplicaStateMachine;
  readonly deletion: TopicDeletion;
  readonly watches: ControllerWatches;
}
