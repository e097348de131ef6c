import type { ErrorName } from '../../common/errors.js';
import type { AlterPartitionRequest } from '../../protocol/messages/alter-partition-request.js';
import type { PartitionStateZNode } from '../../zookeeper/znodes/topic-znodes.js';
import type { ControlledPartition, ControllerContext } from './controller-context.js';

type PartitionData = AlterPartitionRequest['topics'][number]['partitions'][number];

/** What a leader asks of one partition: refuse, nothing to do (it is so already), or write this. */
export type AlterPartitionPlan =
  | { readonly type: 'refuse'; readonly error: ErrorName }
  | { readonly type: 'unchanged'; readonly state: PartitionStateZNode }
  | { readonly type: 'write'; readonly state: PartitionStateZNode };

/**
 * Decides one partition of an AlterPartition request.
 * Source: kafka.controller.KafkaController.processAlterPartition, 3.9; KIP-497, KIP-704, KIP-841 and KIP-903 for versions 0–3
 */
export function planAlterPartition(
  partition: ControlledPartition | undefined,
  asked: PartitionData,
  leader: number,
  version: number,
  context: ControllerContext,
): AlterPartitionPlan {
  const current = partition?.leadership;
  if (partition === undefined || current === undefined) return refuse('UNKNOWN_TOPIC_OR_PARTITION');
  const isr = version >= 3 ? asked.newIsrWithEpochs : asked.newIsr.map((brokerId) => ({ brokerId, brokerEpoch: -1 }));
  const wanted: PartitionStateZNode = {
    leader,
    leaderEpoch: asked.leaderEpoch,
    isr: isr.map(({ brokerId }) => brokerId),
    recovering: asked.leaderRecoveryState === 1,
    controllerEpoch: context.fence.epoch,
    partitionEpoch: asked.partitionEpoch,
  };
  // The leader knows of a leadership that this controller has not seen: it must be a former controller.
  if (wanted.leaderEpoch > current.leaderEpoch) return refuse('NOT_CONTROLLER');
  if (wanted.leaderEpoch < current.leaderEpoch) return refuse('FENCED_LEADER_EPOCH');
  if (isSameButOlder(wanted, current)) return { type: 'unchanged', state: current };
  if (wanted.partitionEpoch > current.partitionEpoch) return refuse('NOT_CONTROLLER');
  if (wanted.partitionEpoch < current.partitionEpoch) return refuse('INVALID_UPDATE_VERSION');
  if (wanted.recovering && wanted.isr.length > 1) return refuse('INVALID_REQUEST');
  if (wanted.recovering && !current.recovering) return refuse('INVALID_REQUEST');
  const ineligible = isr.some(
    ({ brokerId, brokerEpoch }) =>
      !context.isLive(brokerId) ||
      (brokerEpoch !== -1 && brokerEpoch !== context.brokerEpoch(brokerId)),
  );
  return ineligible ? refuse('INELIGIBLE_REPLICA') : { type: 'write', state: wanted };
}

/** A repeated request whose answer was lost. */
function isSameButOlder(wanted: PartitionStateZNode, current: PartitionStateZNode): boolean {
  return (
    wanted.leader === current.leader &&
    wanted.recovering === current.recovering &&
    wanted.partitionEpoch <= current.partitionEpoch &&
    wanted.isr.length === current.isr.length &&
    wanted.isr.every((id, i) => id === current.isr[i])
  );
}

function refuse(error: ErrorName): AlterPartitionPlan {
  return { type: 'refuse', error };
}
