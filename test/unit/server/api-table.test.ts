import { expect } from 'chai';
import { apiTable } from '../../../src/server/api-table.js';
import { RequestRouter } from '../../../src/server/request-router.js';
import type { BrokerNode } from '../../../src/server/broker-node.js';
import { silentLogger } from '../../../src/platform/logger.js';
import { goldenExchanges } from '../../support/golden-exchanges.js';
import { fakeNode } from '../../support/fake-node.js';

/** Key, name, first and last version of all that a 3.9 broker in ZooKeeper mode advertises. */
const KAFKA: readonly (readonly [key: number, name: string, min: number, max: number])[] = [
  [0, 'Produce', 0, 11],
  [1, 'Fetch', 0, 17],
  [2, 'ListOffsets', 0, 9],
  [3, 'Metadata', 0, 12],
  [4, 'LeaderAndIsr', 0, 7],
  [5, 'StopReplica', 0, 4],
  [6, 'UpdateMetadata', 0, 8],
  [7, 'ControlledShutdown', 0, 3],
  [8, 'OffsetCommit', 0, 9],
  [9, 'OffsetFetch', 0, 9],
  [10, 'FindCoordinator', 0, 6],
  [11, 'JoinGroup', 0, 9],
  [12, 'Heartbeat', 0, 4],
  [13, 'LeaveGroup', 0, 5],
  [14, 'SyncGroup', 0, 5],
  [15, 'DescribeGroups', 0, 5],
  [16, 'ListGroups', 0, 5],
  [17, 'SaslHandshake', 0, 1],
  [18, 'ApiVersions', 0, 4],
  [19, 'CreateTopics', 0, 7],
  [20, 'DeleteTopics', 0, 6],
  [21, 'DeleteRecords', 0, 2],
  [22, 'InitProducerId', 0, 5],
  [23, 'OffsetForLeaderEpoch', 0, 4],
  [24, 'AddPartitionsToTxn', 0, 5],
  [25, 'AddOffsetsToTxn', 0, 4],
  [26, 'EndTxn', 0, 4],
  [27, 'WriteTxnMarkers', 0, 1],
  [28, 'TxnOffsetCommit', 0, 4],
  [29, 'DescribeAcls', 0, 3],
  [30, 'CreateAcls', 0, 3],
  [31, 'DeleteAcls', 0, 3],
  [32, 'DescribeConfigs', 0, 4],
  [33, 'AlterConfigs', 0, 2],
  [34, 'AlterReplicaLogDirs', 0, 2],
  [35, 'DescribeLogDirs', 0, 4],
  [36, 'SaslAuthenticate', 0, 2],
  [37, 'CreatePartitions', 0, 3],
  [38, 'CreateDelegationToken', 0, 3],
  [39, 'RenewDelegationToken', 0, 2],
  [40, 'ExpireDelegationToken', 0, 2],
  [41, 'DescribeDelegationToken', 0, 3],
  [42, 'DeleteGroups', 0, 2],
  [43, 'ElectLeaders', 0, 2],
  [44, 'IncrementalAlterConfigs', 0, 1],
  [45, 'AlterPartitionReassignments', 0, 0],
  [46, 'ListPartitionReassignments', 0, 0],
  [47, 'OffsetDelete', 0, 0],
  [48, 'DescribeClientQuotas', 0, 1],
  [49, 'AlterClientQuotas', 0, 1],
  [50, 'DescribeUserScramCredentials', 0, 0],
  [51, 'AlterUserScramCredentials', 0, 0],
  [56, 'AlterPartition', 0, 3],
  [57, 'UpdateFeatures', 0, 1],
  [58, 'Envelope', 0, 0],
  [60, 'DescribeCluster', 0, 1],
  [61, 'DescribeProducers', 0, 0],
  [65, 'DescribeTransactions', 0, 0],
  [66, 'ListTransactions', 0, 1],
  [67, 'AllocateProducerIds', 0, 0],
  [68, 'ConsumerGroupHeartbeat', 0, 0],
  [69, 'ConsumerGroupDescribe', 0, 0],
];

/** Not served yet; each issue takes some away. */
const MISSING = [
  'SaslHandshake',
  'DeleteRecords',
  'AddPartitionsToTxn',
  'AddOffsetsToTxn',
  'EndTxn',
  'WriteTxnMarkers',
  'TxnOffsetCommit',
  'DescribeAcls',
  'CreateAcls',
  'DeleteAcls',
  'AlterConfigs',
  'AlterReplicaLogDirs',
  'DescribeLogDirs',
  'SaslAuthenticate',
  'CreateDelegationToken',
  'RenewDelegationToken',
  'ExpireDelegationToken',
  'DescribeDelegationToken',
  'DeleteGroups',
  'ElectLeaders',
  'IncrementalAlterConfigs',
  'AlterPartitionReassignments',
  'OffsetDelete',
  'DescribeClientQuotas',
  'AlterClientQuotas',
  'DescribeUserScramCredentials',
  'AlterUserScramCredentials',
  'UpdateFeatures',
  'DescribeProducers',
  'DescribeTransactions',
  'ListTransactions',
  'ConsumerGroupHeartbeat',
  'ConsumerGroupDescribe',
];

/** Served from a later version on: older ones carry message sets of magic 0 and 1. */
const LATER: Readonly<Record<string, number>> = { Produce: 3, Fetch: 4 };

interface Advertised {
  readonly errorCode: number;
  readonly apiKeys: readonly { readonly apiKey: number; readonly minVersion: number; readonly maxVersion: number }[];
}

describe('what this broker advertises', () => {
  const router = new RequestRouter<BrokerNode>(fakeNode({}), apiTable(), {
    logger: silentLogger,
    features: () => ({ finalizedFeaturesEpoch: -1, zkMigrationReady: false }),
    onFault: (error) => {
      throw error;
    },
  });
  const served = new Map(router.served.map((api) => [api.apiKey, api]));

  it('is the table of a real 3.9.1 broker', () => {
    const [golden] = goldenExchanges(18, ['apiversions-zk-broker']).filter(
      ({ response }) => (response as Advertised).errorCode === 0,
    );
    const theirs = (golden!.response as Advertised).apiKeys.map((api) => [api.apiKey, api.minVersion, api.maxVersion]);
    expect(theirs).to.deep.equal(KAFKA.map(([key, , min, max]) => [key, min, max]));
  });

  for (const [key, name, min, max] of KAFKA) {
    if (MISSING.includes(name)) continue;
    it(`serves ${name} as Kafka does`, () => {
      expect(served.get(key)).to.deep.include({ apiKey: key, minVersion: LATER[name] ?? min, maxVersion: max });
    });
  }

  it('lacks what is not served yet, and nothing else', () => {
    const lacking = KAFKA.filter(([key]) => !served.has(key)).map(([, name]) => name);
    expect(lacking).to.deep.equal(MISSING);
  });

  it('has nothing that Kafka has not', () => {
    const known = new Set(KAFKA.map(([key]) => key));
    expect([...served.keys()].filter((key) => !known.has(key))).to.deep.equal([]);
  });
});
