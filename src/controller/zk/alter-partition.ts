import { topicPartitionKey } from '../../common/topic-partition.js';
import type { ErrorName } from '../../common/errors.js';
import type { AlterPartitionRequest } from '../../protocol/messages/alter-partition-request.js';
import type { AlterPartitionResponse } from '../../protocol/messages/alter-partition-response.js';
import { errorCode, NONE } from '../../protocol/error-codes.js';
import type { StateWrites } from '../../zookeeper/topic-store.js';
import type { PartitionStateZNode } from '../../zookeeper/znodes/topic-znodes.js';
import type { ControlledPartition, ControllerContext } from './controller-context.js';

type PartitionData = AlterPartitionRequest['topics'][number]['partitions'][number];

/** What a leader asks of one partition: refuse, nothing to do (it is so already), or write this. */
export type AlterPartitionPlan =
  { readonly type: 'refuse'; readonly error: ErrorName } | PlannedState<'unchanged'> | PlannedState<'write'>;

interface PlannedState<T> {
  readonly type: T;
  readonly partition: ControlledPartition;
  readonly state: PartitionStateZNode;
}

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
  if (isSameButOlder(wanted, current)) return { type: 'unchanged', partition, state: current };
  if (wanted.partitionEpoch > current.partitionEpoch) return refuse('NOT_CONTROLLER');
  if (wanted.partitionEpoch < current.partitionEpoch) return refuse('INVALID_UPDATE_VERSION');
  if (wanted.recovering && wanted.isr.length > 1) return refuse('INVALID_REQUEST');
  if (wanted.recovering && !current.recovering) return refuse('INVALID_REQUEST');
  const ineligible = isr.some(
    ({ brokerId, brokerEpoch }) =>
      !context.isLive(brokerId) || (brokerEpoch !== -1 && brokerEpoch !== context.brokerEpoch(brokerId)),
  );
  return ineligible ? refuse('INELIGIBLE_REPLICA') : { type: 'write', partition, state: wanted };
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

/**
 * The answer, in the request's order.
 * @param plans [topic][partition], as the request
 */
export function answerAlterPartition(
  request: AlterPartitionRequest,
  plans: readonly (readonly AlterPartitionPlan[])[],
  outcome: StateWrites,
): AlterPartitionResponse {
  const written = new Map(outcome.written.map((one) => [topicPartitionKey(one.topic, one.partition), one.state]));
  const conflicts = new Set(outcome.conflicts.map((one) => topicPartitionKey(one.topic, one.partition)));
  const answer = (partitionIndex: number, plan: AlterPartitionPlan): PartitionAnswer => {
    if (plan.type === 'refuse') return failed(partitionIndex, plan.error);
    const state = plan.type === 'unchanged' ? plan.state : written.get(plan.partition.key);
    if (state !== undefined) return succeeded(partitionIndex, state);
    const conflict = conflicts.has(plan.partition.key);
    return failed(partitionIndex, conflict ? 'INVALID_UPDATE_VERSION' : 'UNKNOWN_SERVER_ERROR');
  };
  return {
    throttleTimeMs: 0,
    errorCode: NONE,
    topics: request.topics.map(({ topicName, topicId, partitions }, i) => ({
      topicName,
      topicId,
      partitions: partitions.map(({ partitionIndex }, j) =>
        answer(partitionIndex, plans[i]?.[j] ?? refuse('UNKNOWN_SERVER_ERROR')),
      ),
    })),
  };
}

type PartitionAnswer = AlterPartitionResponse['topics'][number]['partitions'][number];

function failed(partitionIndex: number, error: ErrorName): PartitionAnswer {
  const none = { leaderId: 0, leaderEpoch: 0, isr: [], leaderRecoveryState: 0, partitionEpoch: 0 };
  return { partitionIndex, errorCode: errorCode(error), ...none };
}

function succeeded(partitionIndex: number, state: PartitionStateZNode): PartitionAnswer {
  return {
    partitionIndex,
    errorCode: NONE,
    leaderId: state.leader,
    leaderEpoch: state.leaderEpoch,
    isr: [...state.isr],
    leaderRecoveryState: state.recovering ? 1 : 0,
    partitionEpoch: state.partitionEpoch,
  };
}
