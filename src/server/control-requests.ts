import { KafkaError } from '../common/errors.js';
import { topicPartitionKey } from '../common/topic-partition.js';
import { ZERO_UUID, type Uuid } from '../common/uuid.js';
import { validateTopicName } from '../controller/topic-validation.js';
import type { LeadOrFollow, StopReplica } from '../metadata/control-plane.js';
import { MAX_PARTITION_INDEX } from '../metadata/update-metadata.js';
import { type ErrorCode, NONE } from '../protocol/error-codes.js';
import type { LeaderAndIsrRequest } from '../protocol/messages/leader-and-isr-request.js';
import type { LeaderAndIsrResponse } from '../protocol/messages/leader-and-isr-response.js';
import type { StopReplicaRequest } from '../protocol/messages/stop-replica-request.js';
import type { StopReplicaResponse } from '../protocol/messages/stop-replica-response.js';

/** The controller's requests as the replica layer takes them, and its answer as the controller reads it: every version. */

type PartitionState = LeaderAndIsrRequest['topicStates'][number]['partitionStates'][number];
type Overrides = ReadonlyMap<string, string>;

/**
 * Every topic a LeaderAndIsr request names.
 * @throws KafkaError INVALID_TOPIC_EXCEPTION, INVALID_REQUEST if it names what cannot be: it is refused as a whole
 */
export function topicsOf(request: LeaderAndIsrRequest): Set<string> {
  const topics = new Set<string>();
  const add = (topic: string, states: readonly PartitionState[]): void => {
    for (const { partitionIndex } of states) checkName(topic, partitionIndex);
    topics.add(topic);
  };
  for (const { topicName, partitionStates } of request.topicStates) add(topicName, partitionStates);
  for (const state of request.ungroupedPartitionStates) add(state.topicName, [state]);
  return topics;
}

/**
 * A folder is made of these two: what no controller sends makes none.
 * @throws KafkaError INVALID_TOPIC_EXCEPTION, INVALID_REQUEST
 */
function checkName(topic: string, partition: number): void {
  validateTopicName(topic);
  if (partition >= 0 && partition <= MAX_PARTITION_INDEX) return;
  throw new KafkaError('INVALID_REQUEST', `there is no partition ${partition} of topic ${topic}`);
}

export function leadOrFollowChanges(
  request: LeaderAndIsrRequest,
  topicConfig: (topic: string) => Overrides,
): LeadOrFollow[] {
  const change = (topic: string, topicId: Uuid, state: PartitionState): LeadOrFollow => ({
    type: 'lead-or-follow',
    topic,
    partition: state.partitionIndex,
    topicId: topicId === ZERO_UUID ? undefined : topicId,
    controllerId: request.controllerId,
    controllerEpoch: request.controllerEpoch,
    leader: state.leader,
    leaderEpoch: state.leaderEpoch,
    isr: state.isr,
    partitionEpoch: state.partitionEpoch,
    replicas: state.replicas,
    addingReplicas: state.addingReplicas,
    removingReplicas: state.removingReplicas,
    isNew: state.isNew,
    recovering: state.leaderRecoveryState === RECOVERING,
    topicConfig: topicConfig(topic),
  });
  return [
    ...request.topicStates.flatMap((topic) =>
      topic.partitionStates.map((state) => change(topic.topicName, topic.topicId, state)),
    ),
    ...request.ungroupedPartitionStates.map((state) => change(state.topicName, ZERO_UUID, state)),
  ];
}

/** LeaderRecoveryState of the wire. */
const RECOVERING = 1;

/** Before v5 partitions stand in one list by name, from v5 on by topic id. */
export function leaderAndIsrAnswer(
  request: LeaderAndIsrRequest,
  version: number,
  errors: ReadonlyMap<string, ErrorCode>,
): LeaderAndIsrResponse {
  const error = (topicName: string, partitionIndex: number): PartitionError => ({
    topicName,
    partitionIndex,
    errorCode: errors.get(topicPartitionKey(topicName, partitionIndex)) ?? NONE,
  });
  const byTopic = request.topicStates.map((topic) => ({
    topicId: topic.topicId,
    partitionErrors: topic.partitionStates.map((state) => error(topic.topicName, state.partitionIndex)),
  }));
  return {
    errorCode: NONE,
    partitionErrors:
      version >= 5
        ? []
        : [
            ...byTopic.flatMap((topic) => topic.partitionErrors),
            ...request.ungroupedPartitionStates.map((state) => error(state.topicName, state.partitionIndex)),
          ],
    topics: version >= 5 ? byTopic : [],
  };
}
type PartitionError = LeaderAndIsrResponse['partitionErrors'][number];

/** @throws KafkaError as {@link topicsOf} */
export function stopReplicaChanges(request: StopReplicaRequest): StopReplica[] {
  const stop = (topic: string, partition: number, leaderEpoch: number, deletePartition: boolean): StopReplica => {
    checkName(topic, partition);
    return { type: 'stop', topic, partition, leaderEpoch, deletePartition };
  };
  return [
    ...request.topicStates.flatMap((topic) =>
      topic.partitionStates.map((state) =>
        stop(topic.topicName, state.partitionIndex, state.leaderEpoch, state.deletePartition),
      ),
    ),
    ...request.topics.flatMap((topic) =>
      topic.partitionIndexes.map((index) => stop(topic.name, index, -1, request.deletePartitions)),
    ),
    ...request.ungroupedPartitions.map((partition) =>
      stop(partition.topicName, partition.partitionIndex, -1, request.deletePartitions),
    ),
  ];
}

export function stopReplicaAnswer(
  changes: readonly StopReplica[],
  errors: ReadonlyMap<string, ErrorCode>,
): StopReplicaResponse {
  return {
    errorCode: NONE,
    partitionErrors: changes.map(({ topic, partition }) => ({
      topicName: topic,
      partitionIndex: partition,
      errorCode: errors.get(topicPartitionKey(topic, partition)) ?? NONE,
    })),
  };
}
