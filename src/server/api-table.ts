import type { BrokerNode } from './broker-node.js';
import { allocateProducerIdsApi } from './handlers/allocate-producer-ids.js';
import { alterPartitionApi } from './handlers/alter-partition.js';
import { controlledShutdownApi } from './handlers/controlled-shutdown.js';
import { createPartitionsApi } from './handlers/create-partitions.js';
import { createTopicsApi } from './handlers/create-topics.js';
import { deleteTopicsApi } from './handlers/delete-topics.js';
import { describeClusterApi } from './handlers/describe-cluster.js';
import { describeConfigsApi } from './handlers/describe-configs.js';
import { describeGroupsApi } from './handlers/describe-groups.js';
import { envelopeApi } from './handlers/envelope.js';
import { fetchApi } from './handlers/fetch.js';
import { findCoordinatorApi } from './handlers/find-coordinator.js';
import { heartbeatApi } from './handlers/heartbeat.js';
import { initProducerIdApi } from './handlers/init-producer-id.js';
import { joinGroupApi } from './handlers/join-group.js';
import { leaderAndIsrApi } from './handlers/leader-and-isr.js';
import { leaveGroupApi } from './handlers/leave-group.js';
import { listGroupsApi } from './handlers/list-groups.js';
import { listOffsetsApi } from './handlers/list-offsets.js';
import { listPartitionReassignmentsApi } from './handlers/list-partition-reassignments.js';
import { metadataApi } from './handlers/metadata.js';
import { offsetCommitApi } from './handlers/offset-commit.js';
import { offsetFetchApi } from './handlers/offset-fetch.js';
import { offsetForLeaderEpochApi } from './handlers/offset-for-leader-epoch.js';
import { produceApi } from './handlers/produce.js';
import { stopReplicaApi } from './handlers/stop-replica.js';
import { syncGroupApi } from './handlers/sync-group.js';
import { updateMetadataApi } from './handlers/update-metadata.js';
import { routeOf } from './request-router.js';
import type { Route } from './route.js';

/** Everything this broker serves; ApiVersions, which the router adds, advertises exactly this. */
export function apiTable(): Route<BrokerNode>[] {
  return [
    routeOf(produceApi),
    routeOf(fetchApi),
    routeOf(listOffsetsApi),
    routeOf(metadataApi),
    routeOf(leaderAndIsrApi),
    routeOf(stopReplicaApi),
    routeOf(updateMetadataApi),
    routeOf(controlledShutdownApi),
    routeOf(offsetCommitApi),
    routeOf(offsetFetchApi),
    routeOf(findCoordinatorApi),
    routeOf(joinGroupApi),
    routeOf(heartbeatApi),
    routeOf(leaveGroupApi),
    routeOf(syncGroupApi),
    routeOf(describeGroupsApi),
    routeOf(listGroupsApi),
    routeOf(createTopicsApi),
    routeOf(deleteTopicsApi),
    routeOf(initProducerIdApi),
    routeOf(offsetForLeaderEpochApi),
    routeOf(describeConfigsApi),
    routeOf(createPartitionsApi),
    routeOf(listPartitionReassignmentsApi),
    routeOf(alterPartitionApi),
    routeOf(envelopeApi),
    routeOf(describeClusterApi),
    routeOf(allocateProducerIdsApi),
  ];
}
