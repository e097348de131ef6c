import { expect } from 'chai';
import { errorNameOf } from '../../../src/common/errors.js';
import { leaderAndIsrRequest } from '../../../src/protocol/messages/leader-and-isr-request.js';
import { leaderAndIsrResponse } from '../../../src/protocol/messages/leader-and-isr-response.js';
import { stopReplicaRequest } from '../../../src/protocol/messages/stop-replica-request.js';
import { stopReplicaResponse } from '../../../src/protocol/messages/stop-replica-response.js';
import {
  leadOrFollowChanges,
  leaderAndIsrAnswer,
  stopReplicaAnswer,
  stopReplicaChanges,
  topicsOf,
} from '../../../src/server/control-requests.js';
import { leaderAndIsr, leadershipOf, leadershipState, stopReplica } from '../../support/control-messages.js';
import { asRead } from '../../support/golden-exchanges.js';

const ID = 'AAAAAAAAAAAAAAAAAAAAAQ';
const STORAGE_ERROR = 56;

describe('LeaderAndIsr as the replica layer takes it', () => {
  const config = new Map([['cleanup.policy', 'compact']]);
  const state = leadershipState(3, {
    leader: 2,
    leaderEpoch: 7,
    isr: [2],
    partitionEpoch: 9,
    replicas: [2, 1],
    addingReplicas: [1],
    removingReplicas: [3],
    isNew: true,
    leaderRecoveryState: 1,
  });

  for (let version = 0; version <= 7; version++) {
    it(`v${version}`, () => {
      const request = asRead(
        leaderAndIsrRequest,
        version,
        version < 2
          ? leaderAndIsr({ ungroupedPartitionStates: [{ ...bare(version), topicName: 't' }] })
          : leaderAndIsr({ topicStates: [leadershipOf('t', [bare(version)], version >= 5 ? ID : undefined)] }),
      );
      expect([...topicsOf(request)]).to.deep.equal(['t']);
      expect(leadOrFollowChanges(request, (topic) => (topic === 't' ? config : new Map()))).to.deep.equal([
        {
          type: 'lead-or-follow',
          topic: 't',
          partition: 3,
          topicId: version >= 5 ? ID : undefined,
          controllerId: 1,
          controllerEpoch: 1,
          leader: 2,
          leaderEpoch: 7,
          isr: [2],
          partitionEpoch: 9,
          replicas: [2, 1],
          addingReplicas: version >= 3 ? [1] : [],
          removingReplicas: version >= 3 ? [3] : [],
          isNew: version >= 1,
          recovering: version >= 6,
          topicConfig: config,
        },
      ]);
      const answer = leaderAndIsrAnswer(request, version, new Map([['t-3', STORAGE_ERROR]]));
      const read = asRead(leaderAndIsrResponse, version, answer);
      const error = version < 5 ? read.partitionErrors[0] : read.topics[0]?.partitionErrors[0];
      expect(error).to.deep.include({ partitionIndex: 3, errorCode: STORAGE_ERROR });
      if (version < 5) expect(error?.topicName).to.equal('t');
      else expect(read.topics[0]?.topicId).to.equal(ID);
    });
  }

  /** Without what the version cannot say. */
  function bare(version: number): typeof state {
    const { addingReplicas, removingReplicas, isNew, leaderRecoveryState } = state;
    return {
      ...state,
      addingReplicas: version >= 3 ? addingReplicas : [],
      removingReplicas: version >= 3 ? removingReplicas : [],
      isNew: version >= 1 && isNew,
      leaderRecoveryState: version >= 6 ? leaderRecoveryState : 0,
    };
  }

  for (const [topic, partition, error] of [
    ['../t', 0, 'INVALID_TOPIC_EXCEPTION'],
    ['', 0, 'INVALID_TOPIC_EXCEPTION'],
    ['t', -1, 'INVALID_REQUEST'],
    ['t', 2 ** 31 - 1, 'INVALID_REQUEST'],
  ] as const) {
    it(`refuses partition ${partition} of '${topic}', of which no folder may be made`, () => {
      const grouped = leaderAndIsr({ topicStates: [leadershipOf(topic, [leadershipState(partition)])] });
      expect(refusalOf(() => topicsOf(grouped))).to.equal(error);
      const ungrouped = leaderAndIsr({ ungroupedPartitionStates: [leadershipState(partition, { topicName: topic })] });
      expect(refusalOf(() => topicsOf(ungrouped))).to.equal(error);
      const stop = stopReplica({ topics: [{ name: topic, partitionIndexes: [partition] }] });
      expect(refusalOf(() => stopReplicaChanges(stop))).to.equal(error);
    });
  }
});

describe('StopReplica as the replica layer takes it', () => {
  for (let version = 0; version <= 4; version++) {
    for (const deletePartition of [true, false]) {
      it(`v${version} ${deletePartition ? 'with' : 'without'} its data`, () => {
        const state = { partitionIndex: 3, leaderEpoch: 7, deletePartition };
        const byVersion = [
          { ungroupedPartitions: [{ topicName: 't', partitionIndex: 3 }] },
          { topics: [{ name: 't', partitionIndexes: [3] }] },
          { topics: [{ name: 't', partitionIndexes: [3] }] },
          { topicStates: [{ topicName: 't', partitionStates: [state] }] },
          { topicStates: [{ topicName: 't', partitionStates: [state] }] },
        ][version];
        const sent = stopReplica({ ...byVersion, deletePartitions: version < 3 && deletePartition });
        const changes = stopReplicaChanges(asRead(stopReplicaRequest, version, sent));
        expect(changes).to.deep.equal([
          { type: 'stop', topic: 't', partition: 3, leaderEpoch: version < 3 ? -1 : 7, deletePartition },
        ]);
        const answer = stopReplicaAnswer(changes, new Map([['t-3', STORAGE_ERROR]]));
        expect(asRead(stopReplicaResponse, version, answer)).to.deep.equal({
          errorCode: 0,
          partitionErrors: [{ topicName: 't', partitionIndex: 3, errorCode: STORAGE_ERROR }],
        });
      });
    }
  }
});

function refusalOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return errorNameOf(error);
  }
  return 'accepted';
}
