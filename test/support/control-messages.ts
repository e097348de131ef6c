import { ZERO_UUID } from '../../src/common/uuid.js';
import type { LeaderAndIsrRequest } from '../../src/protocol/messages/leader-and-isr-request.js';
import type { StopReplicaRequest } from '../../src/protocol/messages/stop-replica-request.js';
import type { UpdateMetadataRequest } from '../../src/protocol/messages/update-metadata-request.js';

/** Requests of a controller, with only what a test is about; the rest as it stands where nothing is special. */

type MetadataState = UpdateMetadataRequest['topicStates'][number]['partitionStates'][number];
type LeadershipState = LeaderAndIsrRequest['topicStates'][number]['partitionStates'][number];
type LiveBroker = UpdateMetadataRequest['liveBrokers'][number];

const FROM_CONTROLLER = { controllerId: 1, isKRaftController: false, controllerEpoch: 1, brokerEpoch: -1 };

export function updateMetadata(parts: Partial<UpdateMetadataRequest> = {}): UpdateMetadataRequest {
  return { ...FROM_CONTROLLER, type: 0, ungroupedPartitionStates: [], topicStates: [], liveBrokers: [], ...parts };
}

export function leaderAndIsr(parts: Partial<LeaderAndIsrRequest> = {}): LeaderAndIsrRequest {
  return { ...FROM_CONTROLLER, type: 0, ungroupedPartitionStates: [], topicStates: [], liveLeaders: [], ...parts };
}

export function stopReplica(parts: Partial<StopReplicaRequest> = {}): StopReplicaRequest {
  const none = { deletePartitions: false, ungroupedPartitions: [], topics: [], topicStates: [] };
  return { ...FROM_CONTROLLER, ...none, ...parts };
}

export function metadataState(partitionIndex: number, parts: Partial<MetadataState> = {}): MetadataState {
  return {
    topicName: '',
    partitionIndex,
    controllerEpoch: 1,
    leader: 1,
    leaderEpoch: 0,
    isr: [1, 2],
    zkVersion: 0,
    replicas: [1, 2],
    offlineReplicas: [],
    ...parts,
  };
}

export function leadershipState(partitionIndex: number, parts: Partial<LeadershipState> = {}): LeadershipState {
  return {
    topicName: '',
    partitionIndex,
    controllerEpoch: 1,
    leader: 1,
    leaderEpoch: 0,
    isr: [1, 2],
    partitionEpoch: 0,
    replicas: [1, 2],
    addingReplicas: [],
    removingReplicas: [],
    isNew: false,
    leaderRecoveryState: 0,
    ...parts,
  };
}

export function metadataOf(topicName: string, partitionStates: MetadataState[], topicId = ZERO_UUID) {
  return { topicName, topicId, partitionStates };
}

export function leadershipOf(topicName: string, partitionStates: LeadershipState[], topicId = ZERO_UUID) {
  return { topicName, topicId, partitionStates };
}

export function liveBroker(id: number, parts: Partial<LiveBroker> = {}): LiveBroker {
  const endpoints = [{ listener: 'PLAINTEXT', securityProtocol: 0, host: `host-${id}`, port: 9092 }];
  return { id, v0Host: '', v0Port: 0, endpoints, rack: null, ...parts };
}
