import { expect } from 'chai';
import { planAlterPartition } from '../../../../src/controller/zk/alter-partition.js';
import { ControllerContext } from '../../../../src/controller/zk/controller-context.js';
import { plainAssignment } from '../../../../src/zookeeper/znodes/topic-znodes.js';
import { brokerZNode } from '../../../support/controller-stage.js';

interface Asked {
  leader?: number;
  leaderEpoch?: number;
  isr?: number[];
  epochs?: number[];
  recovering?: boolean;
  partitionEpoch?: number;
  version?: number;
}

/** Partition t-0 of brokers 1, 2, 3 (3 is down), led by 1 in epoch 5, ISR [1], znode version 7. */
function plan(asked: Asked, recovering = false): string {
  const context = new ControllerContext({ epoch: 4, epochZkVersion: 4 });
  for (const id of [1, 2]) context.setLiveBroker({ broker: brokerZNode(id), epoch: 100 + id });
  const [partition] = context.addTopic('t', {
    topicId: undefined,
    partitions: new Map([[0, plainAssignment([1, 2, 3])]]),
  });
  partition!.leadership = { leader: 1, leaderEpoch: 5, isr: [1], recovering, controllerEpoch: 3, partitionEpoch: 7 };
  const isr = asked.isr ?? [1, 2];
  const request = {
    partitionIndex: 0,
    leaderEpoch: asked.leaderEpoch ?? 5,
    newIsr: isr,
    newIsrWithEpochs: isr.map((brokerId, i) => ({ brokerId, brokerEpoch: asked.epochs?.[i] ?? -1 })),
    leaderRecoveryState: asked.recovering === true ? 1 : 0,
    partitionEpoch: asked.partitionEpoch ?? 7,
  };
  const outcome = planAlterPartition(partition, request, asked.leader ?? 1, asked.version ?? 3, context);
  return outcome.type === 'refuse' ? outcome.error : `${outcome.type} ${outcome.state.isr.join()}`;
}

describe('AlterPartition, one partition', () => {
  const cases: [what: string, asked: Asked, outcome: string][] = [
    ['another ISR is written', {}, 'write 1,2'],
    ['by the old field too', { version: 2 }, 'write 1,2'],
    ['a newer leader epoch than ours: we are not the controller', { leaderEpoch: 6 }, 'NOT_CONTROLLER'],
    ['an older leader epoch', { leaderEpoch: 4 }, 'FENCED_LEADER_EPOCH'],
    ['what stands already, asked again after a lost answer', { isr: [1], partitionEpoch: 6 }, 'unchanged 1'],
    ['a newer partition epoch than ours', { partitionEpoch: 8 }, 'NOT_CONTROLLER'],
    ['an older partition epoch', { partitionEpoch: 6 }, 'INVALID_UPDATE_VERSION'],
    ['a replica that is down', { isr: [1, 3] }, 'INELIGIBLE_REPLICA'],
    ['a replica in its current life', { epochs: [101, 102] }, 'write 1,2'],
    ['a replica of an earlier life', { epochs: [101, 99] }, 'INELIGIBLE_REPLICA'],
    ['recovering with more than the leader', { recovering: true }, 'INVALID_REQUEST'],
    ['recovering when it has recovered', { recovering: true, isr: [1] }, 'INVALID_REQUEST'],
  ];
  for (const [what, asked, outcome] of cases) {
    it(`${what} → ${outcome}`, () => {
      expect(plan(asked)).to.equal(outcome);
    });
  }

  it('a leader says that it has recovered', () => {
    expect(plan({ isr: [1] }, true)).to.equal('write 1');
  });
});
