import { expect } from 'chai';
import {
  leaderAndIsrBody,
  mergeBatches,
  MetadataContent,
  stopReplicaBody,
  type ControlBatch,
  type LeaderAndIsrEntry,
  type MetadataEntry,
  type StopEntry,
} from '../../../../src/controller/zk/control-batch.js';
import { ZERO_UUID } from '../../../../src/common/uuid.js';
import { brokerZNode } from '../../../support/controller-stage.js';

function lead(partition: number, leaderEpoch: number, isNew = false): [string, LeaderAndIsrEntry] {
  const state = {
    topicName: 't',
    partitionIndex: partition,
    controllerEpoch: 1,
    leader: 1,
    leaderEpoch,
    isr: [1],
    partitionEpoch: 0,
    replicas: [1],
    addingReplicas: [],
    removingReplicas: [],
    isNew,
    leaderRecoveryState: 0,
  };
  return [`t-${partition}`, { topic: 't', topicId: ZERO_UUID, state }];
}

function tell(partition: number, leaderEpoch: number): [string, MetadataEntry] {
  const state = {
    topicName: 't',
    partitionIndex: partition,
    controllerEpoch: 1,
    leader: 1,
    leaderEpoch,
    isr: [1],
    zkVersion: 0,
    replicas: [1],
    offlineReplicas: [],
  };
  return [`t-${partition}`, { topic: 't', topicId: ZERO_UUID, state }];
}

function stop(partition: number, deletePartition = false): [string, StopEntry] {
  return [`t-${partition}`, { topic: 't', partition, leaderEpoch: 1, deletePartition }];
}

function batch(parts: {
  lead?: [string, LeaderAndIsrEntry][];
  tell?: [string, MetadataEntry][];
  stop?: [string, StopEntry][];
}): ControlBatch {
  const brokers = [brokerZNode(1), brokerZNode(2)];
  return {
    leaderAndIsr: new Map(parts.lead),
    metadata: parts.tell === undefined ? undefined : new MetadataContent(new Map(parts.tell), brokers),
    stop: new Map(parts.stop),
    brokers,
  };
}

describe('control batches of a slow broker', () => {
  it('melt together: the newest word on each partition stands', () => {
    const merged = mergeBatches(
      batch({ lead: [lead(0, 1), lead(1, 1)], tell: [tell(0, 1)] }),
      batch({ lead: [lead(0, 2)], tell: [tell(1, 2)] }),
    )!;
    expect(
      [...merged.leaderAndIsr.values()].map(({ state }) => [state.partitionIndex, state.leaderEpoch]),
    ).to.deep.equal([
      [0, 2],
      [1, 1],
    ]);
    expect([...merged.metadata!.partitions.keys()]).to.deep.equal(['t-0', 't-1']);
  });

  it('keep a partition new until the broker has heard of it', () => {
    const merged = mergeBatches(batch({ lead: [lead(0, 0, true)] }), batch({ lead: [lead(0, 1)] }))!;
    expect(merged.leaderAndIsr.get('t-0')?.state).to.include({ isNew: true, leaderEpoch: 1 });
  });

  it('forget a stop that was followed by a start', () => {
    const merged = mergeBatches(batch({ stop: [stop(0), stop(1)] }), batch({ lead: [lead(0, 2)] }))!;
    expect([...merged.stop.keys()]).to.deep.equal(['t-1']);
  });

  it('stay apart where a deleted replica is made again', () => {
    expect(mergeBatches(batch({ stop: [stop(0, true)] }), batch({ lead: [lead(0, 0, true)] }))).to.equal(undefined);
  });

  it('never turn a deletion into a mere stop', () => {
    const merged = mergeBatches(batch({ stop: [stop(0, true)] }), batch({ stop: [stop(0)] }))!;
    expect(merged.stop.get('t-0')?.deletePartition).to.equal(true);
  });

  it('build one UpdateMetadata content for all brokers', () => {
    const content = batch({ tell: [tell(0, 1)] }).metadata!;
    const identity = { controllerId: 1, controllerEpoch: 3 };
    const [one, two] = [content.request(identity, 11), content.request(identity, 22)];
    expect(one.topicStates).to.equal(two.topicStates);
    expect([one.brokerEpoch, two.brokerEpoch]).to.deep.equal([11, 22]);
  });

  it('say where the leaders are, and only they', () => {
    const identity = { controllerId: 1, controllerEpoch: 3 };
    const body = leaderAndIsrBody(batch({ lead: [lead(0, 1)] }), identity, 11, 'PLAINTEXT');
    expect(body.liveLeaders).to.deep.equal([{ brokerId: 1, hostName: '127.0.0.1', port: 9091 }]);
  });

  it('group what is to be stopped by topic', () => {
    const body = stopReplicaBody([stop(0)[1], stop(1, true)[1]], { controllerId: 1, controllerEpoch: 3 }, 11);
    expect(body.topicStates).to.deep.equal([
      {
        topicName: 't',
        partitionStates: [
          { partitionIndex: 0, leaderEpoch: 1, deletePartition: false },
          { partitionIndex: 1, leaderEpoch: 1, deletePartition: true },
        ],
      },
    ]);
  });
});
