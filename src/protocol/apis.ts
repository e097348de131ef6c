import { addOffsetsToTxnRequest } from './messages/add-offsets-to-txn-request.js';
import { addOffsetsToTxnResponse } from './messages/add-offsets-to-txn-response.js';
import { addPartitionsToTxnRequest } from './messages/add-partitions-to-txn-request.js';
import { addPartitionsToTxnResponse } from './messages/add-partitions-to-txn-response.js';
import { allocateProducerIdsRequest } from './messages/allocate-producer-ids-request.js';
import { allocateProducerIdsResponse } from './messages/allocate-producer-ids-response.js';
import { alterClientQuotasRequest } from './messages/alter-client-quotas-request.js';
import { alterClientQuotasResponse } from './messages/alter-client-quotas-response.js';
import { alterConfigsRequest } from './messages/alter-configs-request.js';
import { alterConfigsResponse } from './messages/alter-configs-response.js';
import { alterPartitionReassignmentsRequest } from './messages/alter-partition-reassignments-request.js';
import { alterPartitionReassignmentsResponse } from './messages/alter-partition-reassignments-response.js';
import { alterPartitionRequest } from './messages/alter-partition-request.js';
import { alterPartitionResponse } from './messages/alter-partition-response.js';
import { alterReplicaLogDirsRequest } from './messages/alter-replica-log-dirs-request.js';
import { alterReplicaLogDirsResponse } from './messages/alter-replica-log-dirs-response.js';
import { alterUserScramCredentialsRequest } from './messages/alter-user-scram-credentials-request.js';
import { alterUserScramCredentialsResponse } from './messages/alter-user-scram-credentials-response.js';
import { apiVersionsRequest } from './messages/api-versions-request.js';
import { apiVersionsResponse } from './messages/api-versions-response.js';
import { brokerHeartbeatRequest } from './messages/broker-heartbeat-request.js';
import { brokerHeartbeatResponse } from './messages/broker-heartbeat-response.js';
import { brokerRegistrationRequest } from './messages/broker-registration-request.js';
import { brokerRegistrationResponse } from './messages/broker-registration-response.js';
import { consumerGroupDescribeRequest } from './messages/consumer-group-describe-request.js';
import { consumerGroupDescribeResponse } from './messages/consumer-group-describe-response.js';
import { consumerGroupHeartbeatRequest } from './messages/consumer-group-heartbeat-request.js';
import { consumerGroupHeartbeatResponse } from './messages/consumer-group-heartbeat-response.js';
import { controlledShutdownRequest } from './messages/controlled-shutdown-request.js';
import { controlledShutdownResponse } from './messages/controlled-shutdown-response.js';
import { createAclsRequest } from './messages/create-acls-request.js';
import { createAclsResponse } from './messages/create-acls-response.js';
import { createDelegationTokenRequest } from './messages/create-delegation-token-request.js';
import { createDelegationTokenResponse } from './messages/create-delegation-token-response.js';
import { createPartitionsRequest } from './messages/create-partitions-request.js';
import { createPartitionsResponse } from './messages/create-partitions-response.js';
import { createTopicsRequest } from './messages/create-topics-request.js';
import { createTopicsResponse } from './messages/create-topics-response.js';
import { deleteAclsRequest } from './messages/delete-acls-request.js';
import { deleteAclsResponse } from './messages/delete-acls-response.js';
import { deleteGroupsRequest } from './messages/delete-groups-request.js';
import { deleteGroupsResponse } from './messages/delete-groups-response.js';
import { deleteRecordsRequest } from './messages/delete-records-request.js';
import { deleteRecordsResponse } from './messages/delete-records-response.js';
import { deleteTopicsRequest } from './messages/delete-topics-request.js';
import { deleteTopicsResponse } from './messages/delete-topics-response.js';
import { describeAclsRequest } from './messages/describe-acls-request.js';
import { describeAclsResponse } from './messages/describe-acls-response.js';
import { describeClientQuotasRequest } from './messages/describe-client-quotas-request.js';
import { describeClientQuotasResponse } from './messages/describe-client-quotas-response.js';
import { describeClusterRequest } from './messages/describe-cluster-request.js';
import { describeClusterResponse } from './messages/describe-cluster-response.js';
import { describeConfigsRequest } from './messages/describe-configs-request.js';
import { describeConfigsResponse } from './messages/describe-configs-response.js';
import { describeDelegationTokenRequest } from './messages/describe-delegation-token-request.js';
import { describeDelegationTokenResponse } from './messages/describe-delegation-token-response.js';
import { describeGroupsRequest } from './messages/describe-groups-request.js';
import { describeGroupsResponse } from './messages/describe-groups-response.js';
import { describeLogDirsRequest } from './messages/describe-log-dirs-request.js';
import { describeLogDirsResponse } from './messages/describe-log-dirs-response.js';
import { describeProducersRequest } from './messages/describe-producers-request.js';
import { describeProducersResponse } from './messages/describe-producers-response.js';
import { describeTransactionsRequest } from './messages/describe-transactions-request.js';
import { describeTransactionsResponse } from './messages/describe-transactions-response.js';
import { describeUserScramCredentialsRequest } from './messages/describe-user-scram-credentials-request.js';
import { describeUserScramCredentialsResponse } from './messages/describe-user-scram-credentials-response.js';
import { electLeadersRequest } from './messages/elect-leaders-request.js';
import { electLeadersResponse } from './messages/elect-leaders-response.js';
import { endTxnRequest } from './messages/end-txn-request.js';
import { endTxnResponse } from './messages/end-txn-response.js';
import { envelopeRequest } from './messages/envelope-request.js';
import { envelopeResponse } from './messages/envelope-response.js';
import { expireDelegationTokenRequest } from './messages/expire-delegation-token-request.js';
import { expireDelegationTokenResponse } from './messages/expire-delegation-token-response.js';
import { fetchRequest } from './messages/fetch-request.js';
import { fetchResponse } from './messages/fetch-response.js';
import { fetchSnapshotRequest } from './messages/fetch-snapshot-request.js';
import { fetchSnapshotResponse } from './messages/fetch-snapshot-response.js';
import { findCoordinatorRequest } from './messages/find-coordinator-request.js';
import { findCoordinatorResponse } from './messages/find-coordinator-response.js';
import { heartbeatRequest } from './messages/heartbeat-request.js';
import { heartbeatResponse } from './messages/heartbeat-response.js';
import { incrementalAlterConfigsRequest } from './messages/incremental-alter-configs-request.js';
import { incrementalAlterConfigsResponse } from './messages/incremental-alter-configs-response.js';
import { initProducerIdRequest } from './messages/init-producer-id-request.js';
import { initProducerIdResponse } from './messages/init-producer-id-response.js';
import { joinGroupRequest } from './messages/join-group-request.js';
import { joinGroupResponse } from './messages/join-group-response.js';
import { leaderAndIsrRequest } from './messages/leader-and-isr-request.js';
import { leaderAndIsrResponse } from './messages/leader-and-isr-response.js';
import { leaveGroupRequest } from './messages/leave-group-request.js';
import { leaveGroupResponse } from './messages/leave-group-response.js';
import { listGroupsRequest } from './messages/list-groups-request.js';
import { listGroupsResponse } from './messages/list-groups-response.js';
import { listOffsetsRequest } from './messages/list-offsets-request.js';
import { listOffsetsResponse } from './messages/list-offsets-response.js';
import { listPartitionReassignmentsRequest } from './messages/list-partition-reassignments-request.js';
import { listPartitionReassignmentsResponse } from './messages/list-partition-reassignments-response.js';
import { listTransactionsRequest } from './messages/list-transactions-request.js';
import { listTransactionsResponse } from './messages/list-transactions-response.js';
import { metadataRequest } from './messages/metadata-request.js';
import { metadataResponse } from './messages/metadata-response.js';
import { offsetCommitRequest } from './messages/offset-commit-request.js';
import { offsetCommitResponse } from './messages/offset-commit-response.js';
import { offsetDeleteRequest } from './messages/offset-delete-request.js';
import { offsetDeleteResponse } from './messages/offset-delete-response.js';
import { offsetFetchRequest } from './messages/offset-fetch-request.js';
import { offsetFetchResponse } from './messages/offset-fetch-response.js';
import { offsetForLeaderEpochRequest } from './messages/offset-for-leader-epoch-request.js';
import { offsetForLeaderEpochResponse } from './messages/offset-for-leader-epoch-response.js';
import { produceRequest } from './messages/produce-request.js';
import { produceResponse } from './messages/produce-response.js';
import { renewDelegationTokenRequest } from './messages/renew-delegation-token-request.js';
import { renewDelegationTokenResponse } from './messages/renew-delegation-token-response.js';
import { saslAuthenticateRequest } from './messages/sasl-authenticate-request.js';
import { saslAuthenticateResponse } from './messages/sasl-authenticate-response.js';
import { saslHandshakeRequest } from './messages/sasl-handshake-request.js';
import { saslHandshakeResponse } from './messages/sasl-handshake-response.js';
import { stopReplicaRequest } from './messages/stop-replica-request.js';
import { stopReplicaResponse } from './messages/stop-replica-response.js';
import { syncGroupRequest } from './messages/sync-group-request.js';
import { syncGroupResponse } from './messages/sync-group-response.js';
import { txnOffsetCommitRequest } from './messages/txn-offset-commit-request.js';
import { txnOffsetCommitResponse } from './messages/txn-offset-commit-response.js';
import { updateFeaturesRequest } from './messages/update-features-request.js';
import { updateFeaturesResponse } from './messages/update-features-response.js';
import { updateMetadataRequest } from './messages/update-metadata-request.js';
import { updateMetadataResponse } from './messages/update-metadata-response.js';
import { writeTxnMarkersRequest } from './messages/write-txn-markers-request.js';
import { writeTxnMarkersResponse } from './messages/write-txn-markers-response.js';
import type { Fields, Message } from './schema.js';

/** One API of the wire: its number, Kafka's name, both messages. */
export interface ApiDeclaration<Q extends Fields = Fields, R extends Fields = Fields> {
  readonly key: number;
  readonly name: string;
  readonly request: Message<Q>;
  readonly response: Message<R>;
}

function api<Q extends Fields, R extends Fields>(
  name: string,
  request: Message<Q>,
  response: Message<R>,
): ApiDeclaration<Q, R> {
  return { key: request.apiKey ?? -1, name, request, response };
}

/**
 * Every API that is declared: the 62 of a 3.9 broker in ZooKeeper mode and, as a client of KRaft controllers,
 * FetchSnapshot, BrokerRegistration and BrokerHeartbeat.
 */
export const apis = {
  produce: api('Produce', produceRequest, produceResponse),
  fetch: api('Fetch', fetchRequest, fetchResponse),
  listOffsets: api('ListOffsets', listOffsetsRequest, listOffsetsResponse),
  metadata: api('Metadata', metadataRequest, metadataResponse),
  leaderAndIsr: api('LeaderAndIsr', leaderAndIsrRequest, leaderAndIsrResponse),
  stopReplica: api('StopReplica', stopReplicaRequest, stopReplicaResponse),
  updateMetadata: api('UpdateMetadata', updateMetadataRequest, updateMetadataResponse),
  controlledShutdown: api('ControlledShutdown', controlledShutdownRequest, controlledShutdownResponse),
  offsetCommit: api('OffsetCommit', offsetCommitRequest, offsetCommitResponse),
  offsetFetch: api('OffsetFetch', offsetFetchRequest, offsetFetchResponse),
  findCoordinator: api('FindCoordinator', findCoordinatorRequest, findCoordinatorResponse),
  joinGroup: api('JoinGroup', joinGroupRequest, joinGroupResponse),
  heartbeat: api('Heartbeat', heartbeatRequest, heartbeatResponse),
  leaveGroup: api('LeaveGroup', leaveGroupRequest, leaveGroupResponse),
  syncGroup: api('SyncGroup', syncGroupRequest, syncGroupResponse),
  describeGroups: api('DescribeGroups', describeGroupsRequest, describeGroupsResponse),
  listGroups: api('ListGroups', listGroupsRequest, listGroupsResponse),
  saslHandshake: api('SaslHandshake', saslHandshakeRequest, saslHandshakeResponse),
  apiVersions: api('ApiVersions', apiVersionsRequest, apiVersionsResponse),
  createTopics: api('CreateTopics', createTopicsRequest, createTopicsResponse),
  deleteTopics: api('DeleteTopics', deleteTopicsRequest, deleteTopicsResponse),
  deleteRecords: api('DeleteRecords', deleteRecordsRequest, deleteRecordsResponse),
  initProducerId: api('InitProducerId', initProducerIdRequest, initProducerIdResponse),
  offsetForLeaderEpoch: api('OffsetForLeaderEpoch', offsetForLeaderEpochRequest, offsetForLeaderEpochResponse),
  addPartitionsToTxn: api('AddPartitionsToTxn', addPartitionsToTxnRequest, addPartitionsToTxnResponse),
  addOffsetsToTxn: api('AddOffsetsToTxn', addOffsetsToTxnRequest, addOffsetsToTxnResponse),
  endTxn: api('EndTxn', endTxnRequest, endTxnResponse),
  writeTxnMarkers: api('WriteTxnMarkers', writeTxnMarkersRequest, writeTxnMarkersResponse),
  txnOffsetCommit: api('TxnOffsetCommit', txnOffsetCommitRequest, txnOffsetCommitResponse),
  describeAcls: api('DescribeAcls', describeAclsRequest, describeAclsResponse),
  createAcls: api('CreateAcls', createAclsRequest, createAclsResponse),
  deleteAcls: api('DeleteAcls', deleteAclsRequest, deleteAclsResponse),
  describeConfigs: api('DescribeConfigs', describeConfigsRequest, describeConfigsResponse),
  alterConfigs: api('AlterConfigs', alterConfigsRequest, alterConfigsResponse),
  alterReplicaLogDirs: api('AlterReplicaLogDirs', alterReplicaLogDirsRequest, alterReplicaLogDirsResponse),
  describeLogDirs: api('DescribeLogDirs', describeLogDirsRequest, describeLogDirsResponse),
  saslAuthenticate: api('SaslAuthenticate', saslAuthenticateRequest, saslAuthenticateResponse),
  createPartitions: api('CreatePartitions', createPartitionsRequest, createPartitionsResponse),
  createDelegationToken: api('CreateDelegationToken', createDelegationTokenRequest, createDelegationTokenResponse),
  renewDelegationToken: api('RenewDelegationToken', renewDelegationTokenRequest, renewDelegationTokenResponse),
  expireDelegationToken: api('ExpireDelegationToken', expireDelegationTokenRequest, expireDelegationTokenResponse),
  describeDelegationToken: api(
    'DescribeDelegationToken',
    describeDelegationTokenRequest,
    describeDelegationTokenResponse,
  ),
  deleteGroups: api('DeleteGroups', deleteGroupsRequest, deleteGroupsResponse),
  electLeaders: api('ElectLeaders', electLeadersRequest, electLeadersResponse),
  incrementalAlterConfigs: api(
    'IncrementalAlterConfigs',
    incrementalAlterConfigsRequest,
    incrementalAlterConfigsResponse,
  ),
  alterPartitionReassignments: api(
    'AlterPartitionReassignments',
    alterPartitionReassignmentsRequest,
    alterPartitionReassignmentsResponse,
  ),
  listPartitionReassignments: api(
    'ListPartitionReassignments',
    listPartitionReassignmentsRequest,
    listPartitionReassignmentsResponse,
  ),
  offsetDelete: api('OffsetDelete', offsetDeleteRequest, offsetDeleteResponse),
  describeClientQuotas: api('DescribeClientQuotas', describeClientQuotasRequest, describeClientQuotasResponse),
  alterClientQuotas: api('AlterClientQuotas', alterClientQuotasRequest, alterClientQuotasResponse),
  describeUserScramCredentials: api(
    'DescribeUserScramCredentials',
    describeUserScramCredentialsRequest,
    describeUserScramCredentialsResponse,
  ),
  alterUserScramCredentials: api(
    'AlterUserScramCredentials',
    alterUserScramCredentialsRequest,
    alterUserScramCredentialsResponse,
  ),
  alterPartition: api('AlterPartition', alterPartitionRequest, alterPartitionResponse),
  updateFeatures: api('UpdateFeatures', updateFeaturesRequest, updateFeaturesResponse),
  envelope: api('Envelope', envelopeRequest, envelopeResponse),
  fetchSnapshot: api('FetchSnapshot', fetchSnapshotRequest, fetchSnapshotResponse),
  describeCluster: api('DescribeCluster', describeClusterRequest, describeClusterResponse),
  describeProducers: api('DescribeProducers', describeProducersRequest, describeProducersResponse),
  brokerRegistration: api('BrokerRegistration', brokerRegistrationRequest, brokerRegistrationResponse),
  brokerHeartbeat: api('BrokerHeartbeat', brokerHeartbeatRequest, brokerHeartbeatResponse),
  describeTransactions: api('DescribeTransactions', describeTransactionsRequest, describeTransactionsResponse),
  listTransactions: api('ListTransactions', listTransactionsRequest, listTransactionsResponse),
  allocateProducerIds: api('AllocateProducerIds', allocateProducerIdsRequest, allocateProducerIdsResponse),
  consumerGroupHeartbeat: api('ConsumerGroupHeartbeat', consumerGroupHeartbeatRequest, consumerGroupHeartbeatResponse),
  consumerGroupDescribe: api('ConsumerGroupDescribe', consumerGroupDescribeRequest, consumerGroupDescribeResponse),
} as const;

/** The same as a list, by ascending key; without the fields' types, which a union of all would make unusable. */
export const allApis: readonly ApiDeclaration[] = Object.values(apis);

const byKey: (ApiDeclaration | undefined)[] = [];
for (const declaration of allApis) byKey[declaration.key] = declaration;

export function apiByKey(key: number): ApiDeclaration | undefined {
  return byKey[key];
}
