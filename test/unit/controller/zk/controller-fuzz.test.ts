import { expect } from 'chai';
import fc from 'fast-check';
import { plainAssignment } from '../../../../src/zookeeper/znodes/topic-znodes.js';
import { ControllerStage } from '../../../support/controller-stage.js';

const BROKERS = [1, 2, 3, 4];
const REPLICAS = [[1, 2, 3], [2, 3], [3, 4, 1], [4], [2, 4]];

type Step =
  | { readonly do: 'kill' | 'start' | 'expire' | 'shutdown'; readonly id: number }
  | { readonly do: 'isr'; readonly partition: number; readonly mask: number }
  | { readonly do: 'topic' | 'depose' }
  | { readonly do: 'lose'; readonly id: number; readonly cut: 'before' | 'after' };

const id = fc.constantFrom(...BROKERS);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('kill', 'start', 'expire', 'shutdown'), id }, { noNullPrototype: true }),
  fc.record(
    { do: fc.constant('isr'), partition: fc.nat(REPLICAS.length - 1), mask: fc.nat(15) },
    { noNullPrototype: true },
  ),
  fc.record({ do: fc.constant('lose'), id, cut: fc.constantFrom('before', 'after') }, { noNullPrototype: true }),
  fc.record({ do: fc.constantFrom('topic', 'depose') }, { noNullPrototype: true }),
);

interface State {
  readonly leader: number;
  readonly leader_epoch: number;
  readonly controller_epoch: number;
  readonly isr: readonly number[];
}

const pathOf = (partition: number): string => `/brokers/topics/t/partitions/${partition}/state`;

function stateOf(stage: ControllerStage, partition: number): State | undefined {
  const text = stage.zooKeeper.text(pathOf(partition));
  return text === undefined ? undefined : (JSON.parse(text) as State);
}

async function play(stage: ControllerStage, step: Step): Promise<void> {
  const { brokers, zooKeeper } = stage;
  const active = [...brokers.values()].find(({ controller }) => controller.isActive);
  if (step.do === 'kill' && brokers.size > 1 && brokers.has(step.id)) await stage.kill(step.id);
  else if (step.do === 'start' && !brokers.has(step.id)) await stage.start(step.id);
  else if (step.do === 'expire') await brokers.get(step.id)?.client.expire();
  else if (step.do === 'depose') {
    if (active !== undefined) zooKeeper.commit('observer', '', [{ type: 'delete', path: '/controller', version: -1 }]);
  } else if (step.do === 'topic' && zooKeeper.text('/brokers/topics/t') === undefined) {
    const partitions = new Map(REPLICAS.map((replicas, partition) => [partition, plainAssignment(replicas)]));
    await [...brokers.values()][0]?.zk.topics.createTopic('t', { topicId: 'rxA7sMfJSoi1GNRV1gtX5Q', partitions });
  } else if (step.do === 'shutdown' && brokers.size > 1) {
    const epoch = brokers.get(step.id)?.epoch;
    if (epoch === undefined || active === undefined) return;
    await active.controller.controlledShutdown(step.id, epoch);
    await stage.kill(step.id);
  } else if (step.do === 'lose') await loseConnection(stage, step.id, step.cut);
  else if (step.do === 'isr') await askForIsr(stage, step.partition, step.mask);
  await stage.settle();
}

/** A broker dies while the controller's requests, or only their answers, are lost for a moment. */
async function loseConnection(stage: ControllerStage, dying: number, cut: 'before' | 'after'): Promise<void> {
  const active = [...stage.brokers.values()].find(({ controller }) => controller.isActive);
  if (active === undefined || stage.brokers.get(dying) === active || !stage.brokers.has(dying)) return;
  active.client.cut = cut;
  active.client.state('disconnected');
  await stage.kill(dying);
  await stage.time.advance(10);
  active.client.cut = undefined;
  active.client.state('connected');
  for (let i = 0; i < 5; i++) {
    await stage.time.advance(100);
    await stage.settle();
  }
}

/** The leader of a partition asks for itself and some of the other replicas. */
async function askForIsr(stage: ControllerStage, partition: number, mask: number): Promise<void> {
  const state = stateOf(stage, partition);
  const leader = state === undefined ? undefined : stage.brokers.get(state.leader);
  const active = [...stage.brokers.values()].find(({ controller }) => controller.isActive);
  if (state === undefined || leader === undefined || active === undefined) return;
  const isr = REPLICAS[partition]!.filter((replica, i) => replica === state.leader || (mask & (1 << i)) !== 0);
  const asked = {
    partitionIndex: partition,
    leaderEpoch: state.leader_epoch,
    newIsr: [],
    newIsrWithEpochs: isr.map((brokerId) => ({ brokerId, brokerEpoch: -1 })),
    leaderRecoveryState: 0,
    partitionEpoch: stage.zooKeeper.stat(pathOf(partition))!.version,
  };
  const topics = [{ topicName: '', topicId: 'rxA7sMfJSoi1GNRV1gtX5Q', partitions: [asked] }];
  await active.controller.alterPartition({ brokerId: state.leader, brokerEpoch: leader.epoch, topics }, 3);
}

/** What every state that was ever written has to be, one after the other. */
function checkHistory(stage: ControllerStage): void {
  REPLICAS.forEach((replicas, partition) => {
    const written = stage.zooKeeper.log.flatMap(({ operations }) =>
      operations.flatMap((one) =>
        one.type !== 'check' && one.type !== 'delete' && one.path === pathOf(partition)
          ? [JSON.parse(one.data!.toString()) as State]
          : [],
      ),
    );
    const leaders = new Map<number, number>();
    written.forEach((state, i) => {
      const before = written[i - 1];
      const where = `t-${partition} #${i} ${JSON.stringify([before, state])}`;
      expect(state.isr.length, where).to.be.greaterThan(0);
      expect(replicas, where).to.include.members([...state.isr]);
      if (state.leader !== -1) expect(state.isr, where).to.include(state.leader);
      expect(leaders.get(state.leader_epoch) ?? state.leader, `one leader an epoch ${where}`).to.equal(state.leader);
      leaders.set(state.leader_epoch, state.leader);
      if (before === undefined) return;
      expect(state.controller_epoch, where).to.be.at.least(before.controller_epoch);
      if (state.leader === before.leader && state.leader_epoch === before.leader_epoch) return;
      expect(state.leader_epoch, where).to.equal(before.leader_epoch + 1);
      if (state.leader !== -1) expect(before.isr, `a clean election ${where}`).to.include(state.leader);
    });
  });
}

/** Once all is quiet: one controller, and a leader wherever somebody in sync lives. */
function checkRest(stage: ControllerStage): void {
  const { brokers } = stage;
  const active = [...brokers].filter(([, { controller }]) => controller.isActive);
  expect(active).to.have.length(1);
  expect([...brokers.values()].map(({ controller }) => controller.activeControllerId)).to.deep.equal(
    [...brokers].map(() => active[0]![0]),
  );
  REPLICAS.forEach((replicas, partition) => {
    const state = stateOf(stage, partition);
    if (state === undefined) return;
    const canLead = replicas.some((replica) => brokers.has(replica) && state.isr.includes(replica));
    expect(brokers.has(state.leader), `t-${partition} ${JSON.stringify(state)}`).to.equal(canLead);
    if (state.isr.length > 1) for (const replica of state.isr) expect([...brokers.keys()]).to.include(replica);
  });
  expect(stage.fatal).to.deep.equal([]);
}

describe('the controller, whatever happens to brokers and sessions', function () {
  this.timeout(60_000);
  it('elects cleanly, one leader an epoch, and rests with a leader wherever one can be', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const stage = new ControllerStage();
        for (const broker of [1, 2, 3]) await stage.start(broker);
        await play(stage, { do: 'topic' });
        for (const one of steps) await play(stage, one);
        checkHistory(stage);
        checkRest(stage);
      }),
      { numRuns: 60 },
    );
  });
});
