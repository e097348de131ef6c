import type { Logger } from '../../platform/logger.js';
import type { KafkaZkClient } from '../../zookeeper/kafka-zk-client.js';
import { PREFERRED_REPLICA_ELECTION, REASSIGN_PARTITIONS } from '../../zookeeper/znodes/paths.js';
import { electPreferred } from '../election.js';
import { partitionsToRebalance } from '../leader-balancer.js';
import type { ControlledPartition, ControllerContext } from './controller-context.js';
import type { PartitionStateMachine } from './partition-state-machine.js';
import type { ReignParts } from './reign-parts.js';

/** Elections that nobody's failure makes necessary: for balance, or because somebody asked. */
export class LeaderElections {
  private readonly imbalancePercent: number;
  private readonly context: ControllerContext;
  private readonly zk: KafkaZkClient;
  private readonly partitions: PartitionStateMachine;
  private readonly logger: Logger;

  constructor(parts: ReignParts) {
    this.imbalancePercent = parts.config.leaderImbalancePercent;
    this.context = parts.context;
    this.zk = parts.zk;
    this.partitions = parts.partitions;
    this.logger = parts.logger;
  }

  /** Gives leadership back to preferred leaders where too much of it is elsewhere. */
  async balanceLeaders(): Promise<void> {
    const { context } = this;
    const led = [...context.allPartitions()]
      .filter((one) => one.leadership !== undefined && !context.isBeingDeleted(one))
      .map((one) => ({ one, replicas: one.assignment.replicas, leader: one.leadership?.leader ?? -1 }));
    const elect = partitionsToRebalance(led, this.imbalancePercent)
      .map(({ one }) => one)
      .filter((one) => this.preferredCanLead(one));
    await this.partitions.change(elect, 'OnlinePartition', { type: 'preferred' });
  }

  /** Somebody wrote /admin/preferred_replica_election. */
  async onPreferredElection(): Promise<void> {
    const asked = await this.zk.topics.preferredElections();
    const elect = asked
      .map(({ topic, partition }) => this.context.partition(topic, partition))
      .filter((one) => one !== undefined)
      .filter((one) => one.leadership?.leader !== one.assignment.replicas[0] && !this.context.isBeingDeleted(one));
    await this.partitions.change(elect, 'OnlinePartition', { type: 'preferred' });
    await this.zk.topics.deletePreferredElection(this.context.fence);
    if (await this.zk.topics.watchExistence(PREFERRED_REPLICA_ELECTION)) await this.onPreferredElection();
  }

  /** Somebody wrote /admin/reassign_partitions. It is left there: reassignments are not carried out yet. */
  async onReassignmentRequest(): Promise<void> {
    await this.zk.topics.watchExistence(REASSIGN_PARTITIONS);
    const asked = await this.zk.topics.reassignments();
    if (asked === undefined) return;
    this.logger.warn(`/admin/reassign_partitions names ${asked.length} partitions: reassignment is not supported yet`);
  }

  private preferredCanLead(one: ControlledPartition): boolean {
    if (one.leadership === undefined) return false;
    const { context } = this;
    return (
      electPreferred(one.leadership, one.assignment.replicas, (id) => context.isReplicaOnline(id, one)) !== undefined
    );
  }
}
