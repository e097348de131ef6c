import { expect } from 'chai';
import { plainAssignment } from '../../../../src/zookeeper/znodes/topic-znodes.js';
import { ControllerStage, type StagedBroker } from '../../../support/controller-stage.js';

const TOPIC_ID = 'rxA7sMfJSoi1GNRV1gtX5Q';

async function stageOf(count: number, config = {}): Promise<ControllerStage> {
  const stage = new ControllerStage(config);
  for (let id = 1; id <= count; id++) await stage.start(id);
  return stage;
}

/** A topic as a handler would create it; `replicas` by partition. */
async function createTopic(stage: ControllerStage, topic: string, replicas: number[][], config = {}): Promise<void> {
  const [{ zk }] = [...stage.brokers.values()] as [StagedBroker, ...StagedBroker[]];
  const partitions = new Map(replicas.map((list, partition) => [partition, plainAssignment(list)]));
  await zk.configs.write('topics', topic, new Map(Object.entries(config)));
  await zk.topics.createTopic(topic, { topicId: TOPIC_ID, partitions });
  await stage.settle();
}

function state(
  stage: ControllerStage,
  topic: string,
  partition: number,
): { leader: number; isr: number[]; epoch: number } {
  const json = JSON.parse(stage.zooKeeper.text(`/brokers/topics/${topic}/partitions/${partition}/state`)!) as {
    leader: number;
    leader_epoch: number;
    isr: number[];
  };
  return { leader: json.leader, isr: json.isr, epoch: json.leader_epoch };
}

function controllers(stage: ControllerStage): number[] {
  return [...stage.brokers].filter(([, { controller }]) => controller.isActive).map(([id]) => id);
}

/** What the leader of t-0 asks for. */
function newIsr(stage: ControllerStage, leader: number, isr: number[], partitionEpoch = 0, leaderEpoch = 0) {
  return {
    brokerId: leader,
    brokerEpoch: stage.broker(leader).epoch,
    topics: [
      {
        topicName: '',
        topicId: TOPIC_ID,
        partitions: [
          {
            partitionIndex: 0,
            leaderEpoch,
            newIsr: [],
            newIsrWithEpochs: isr.map((brokerId) => ({ brokerId, brokerEpoch: -1 })),
            leaderRecoveryState: 0,
            partitionEpoch,
          },
        ],
      },
    ],
  };
}

describe('the controller', () => {
  it('is the first broker; the others know it', async () => {
    const stage = await stageOf(3);
    expect(controllers(stage)).to.deep.equal([1]);
    expect([...stage.brokers.values()].map(({ controller }) => controller.activeControllerId)).to.deep.equal([1, 1, 1]);
    expect(stage.zooKeeper.text('/controller_epoch')).to.equal('1');
  });

  it('is one of those that race when it dies, and only one', async () => {
    const stage = await stageOf(3);
    await stage.kill(1);
    expect(controllers(stage)).to.have.length(1);
    expect(stage.zooKeeper.text('/controller_epoch')).to.equal('2');
  });

  it('respects a /controller that is persistent or names no broker we know', async () => {
    const stage = new ControllerStage();
    const data = Buffer.from('{"version":2,"brokerid":3000,"timestamp":"1","kraftControllerEpoch":5}');
    stage.zooKeeper.commit('migration', '', [{ type: 'create', path: '/controller', data }]);
    await stage.start(1);
    await stage.start(2);
    expect(controllers(stage)).to.deep.equal([]);
    expect(stage.broker(1).controller.activeControllerId).to.equal(3000);
  });

  it('is elected anew when somebody deletes /controller', async () => {
    const stage = await stageOf(2);
    stage.zooKeeper.commit('observer', '', [{ type: 'delete', path: '/controller', version: -1 }]);
    await stage.settle();
    expect(controllers(stage)).to.have.length(1);
    expect(stage.zooKeeper.text('/controller_epoch')).to.equal('2');
  });

  it('tells everybody who lives before it tells anybody to lead', async () => {
    const stage = await stageOf(2);
    await createTopic(stage, 't', [[1, 2]]);
    await stage.start(3, false);
    stage.forget();
    await stage.kill(1);
    const first = stage.requests.filter(({ to }) => to === 3).map(({ api }) => api);
    expect(first[0]).to.equal('UpdateMetadata');
    const [metadata] = stage.sent(3, 'UpdateMetadata');
    expect(metadata?.topicStates).to.deep.equal([]);
    expect(metadata?.liveBrokers.map(({ id }) => id)).to.deep.equal([2, 3]);
  });

  it('brings a new topic to life and tells replicas and everybody else', async () => {
    const stage = await stageOf(3);
    stage.forget();
    await createTopic(stage, 't', [[2, 3]]);
    expect(state(stage, 't', 0)).to.deep.equal({ leader: 2, isr: [2, 3], epoch: 0 });
    expect(stage.sent(1, 'LeaderAndIsr')).to.deep.equal([]);
    const [order] = stage.sent(3, 'LeaderAndIsr');
    expect(order).to.include({ controllerId: 1, controllerEpoch: 1, brokerEpoch: stage.broker(3).epoch, type: 0 });
    expect(order?.topicStates[0]?.partitionStates[0]).to.deep.include({ leader: 2, isr: [2, 3], isNew: true });
    expect(order?.liveLeaders).to.deep.equal([{ brokerId: 2, hostName: '127.0.0.1', port: 9092 }]);
    for (const id of [1, 2, 3]) expect(stage.sent(id, 'UpdateMetadata')).to.have.length(1);
  });

  it('leaves a topic whose replicas are all down until one comes', async () => {
    const stage = await stageOf(1);
    await createTopic(stage, 't', [[7]]);
    expect(stage.zooKeeper.text('/brokers/topics/t/partitions/0/state')).to.equal(undefined);
    await stage.start(7, false);
    expect(state(stage, 't', 0).leader).to.equal(7);
  });

  it('notices a broker that came back before anybody saw it gone', async () => {
    const stage = await stageOf(3);
    await createTopic(stage, 't', [[2, 3]]);
    stage.forget();
    const two = stage.broker(2);
    const before = two.epoch;
    await two.client.expire();
    await stage.settle();
    expect(two.epoch).to.be.greaterThan(before);
    expect(state(stage, 't', 0)).to.deep.equal({ leader: 3, isr: [3], epoch: 1 });
    const full = stage.sent(2, 'UpdateMetadata').find(({ topicStates }) => topicStates.length > 0);
    expect(full?.brokerEpoch).to.equal(two.epoch);
  });

  it('goes by its own session: expiry ends the reign before a new session begins', async () => {
    const stage = await stageOf(2);
    const one = stage.broker(1);
    await one.client.expire();
    await stage.settle();
    expect(controllers(stage)).to.have.length(1);
    expect(stage.zooKeeper.text('/controller_epoch')).to.equal('2');
    expect(stage.zooKeeper.text('/brokers/ids/1')).to.be.a('string');
  });

  it('resigns when its write meets a newer controller', async () => {
    const stage = await stageOf(2);
    const { nodes } = stage.zooKeeper;
    // another controller, of which no watch has told yet
    nodes.get('/controller_epoch')!.version++;
    const data = Buffer.from('{"version":2,"brokerid":2,"timestamp":"1","kraftControllerEpoch":-1}');
    nodes.get('/controller')!.data = data;
    stage.forget();
    await createTopic(stage, 't', [[1, 2]]);
    expect(stage.broker(1).controller.isActive).to.equal(false);
    expect(stage.broker(1).controller.activeControllerId).to.equal(2);
    expect(stage.zooKeeper.text('/brokers/topics/t/partitions/0/state')).to.equal(undefined);
    expect(stage.sent(2, 'LeaderAndIsr')).to.deep.equal([]);
  });

  it('falls silent when ZooKeeper has been silent for a session timeout', async () => {
    const stage = await stageOf(2);
    const { client, controller } = stage.broker(1);
    client.cut = 'before';
    client.state('disconnected');
    await stage.time.advance(5999);
    expect(controller.isActive).to.equal(true);
    await stage.time.advance(1);
    stage.forget();
    client.cut = undefined;
    client.state('connected');
    await stage.time.advance(100);
    await stage.settle();
    expect(controllers(stage)).to.have.length(1);
    expect(stage.zooKeeper.text('/controller_epoch')).to.equal('2');
  });

  it('takes a request only while it is the controller', async () => {
    const stage = await stageOf(2);
    await createTopic(stage, 't', [[1, 2]]);
    const refused = await stage.broker(2).controller.alterPartition(newIsr(stage, 1, [1]), 3);
    expect(refused.errorCode).to.equal(41);
    const error = await stage
      .broker(2)
      .controller.controlledShutdown(1, 1)
      .catch((e: unknown) => e);
    expect(error).to.have.property('error', 'NOT_CONTROLLER');
  });

  it('writes the ISR that a leader asks for, and tells everybody', async () => {
    const stage = await stageOf(2);
    await createTopic(stage, 't', [[1, 2]]);
    stage.forget();
    const { controller } = stage.broker(1);
    const answer = await controller.alterPartition(newIsr(stage, 1, [1]), 3);
    expect(answer.topics[0]?.partitions[0]).to.deep.equal({
      partitionIndex: 0,
      errorCode: 0,
      leaderId: 1,
      leaderEpoch: 0,
      isr: [1],
      leaderRecoveryState: 0,
      partitionEpoch: 1,
    });
    expect(state(stage, 't', 0)).to.deep.equal({ leader: 1, isr: [1], epoch: 0 });
    await stage.settle();
    expect(stage.sent(2, 'UpdateMetadata')[0]?.topicStates[0]?.partitionStates[0]?.isr).to.deep.equal([1]);
    expect(stage.sent(2, 'LeaderAndIsr')).to.deep.equal([]);
    const again = await controller.alterPartition(newIsr(stage, 1, [1]), 3);
    expect(again.topics[0]?.partitions[0]).to.include({ errorCode: 0, partitionEpoch: 1 });
    const late = await controller.alterPartition(newIsr(stage, 1, [1, 2]), 3);
    expect(late.topics[0]?.partitions[0]?.errorCode).to.equal(95);
  });

  it('refuses a stale broker epoch and an unknown topic id', async () => {
    const stage = await stageOf(1);
    await createTopic(stage, 't', [[1]]);
    const { controller } = stage.broker(1);
    const stale = await controller.alterPartition({ ...newIsr(stage, 1, [1]), brokerEpoch: 1 }, 3);
    expect(stale).to.deep.equal({ throttleTimeMs: 0, errorCode: 77, topics: [] });
    const request = newIsr(stage, 1, [1]);
    request.topics[0]!.topicId = 'AAAAAAAAAAAAAAAAAAAAAQ';
    const unknown = await controller.alterPartition(request, 3);
    expect(unknown.topics[0]?.partitions[0]?.errorCode).to.equal(100);
  });

  it('answers a controlled shutdown with what could not be moved', async () => {
    const stage = await stageOf(3);
    await createTopic(stage, 't', [[2, 3], [2, 1], [2]]);
    await stage.kill(3);
    const { controller } = stage.broker(1);
    const remaining = await controller.controlledShutdown(2, stage.broker(2).epoch);
    expect(remaining).to.deep.equal([{ topic: 't', partition: 0 }]);
    expect(state(stage, 't', 1)).to.deep.equal({ leader: 1, isr: [1], epoch: 1 });
    const stale = await controller.controlledShutdown(2, 1).catch((e: unknown) => e);
    expect(stale).to.have.property('error', 'STALE_BROKER_EPOCH');
    const unknown = await controller.controlledShutdown(99, -1).catch((e: unknown) => e);
    expect(unknown).to.have.property('error', 'BROKER_NOT_AVAILABLE');
  });

  it('elects a leader that was not in sync only where the topic allows it', async () => {
    const stage = await stageOf(3);
    await createTopic(stage, 't', [[2, 3]], { 'unclean.leader.election.enable': 'true' });
    await createTopic(stage, 'u', [[2, 3]]);
    await stage.kill(3);
    await stage.kill(2);
    await stage.start(3, false);
    expect(state(stage, 't', 0)).to.deep.include({ leader: 3, isr: [3] });
    expect(stage.zooKeeper.text('/brokers/topics/t/partitions/0/state')).to.contain('"leader_recovery_state":1');
    expect(state(stage, 'u', 0).leader).to.equal(-1);
  });

  it('elects around a failed log directory of a live broker', async () => {
    const stage = await stageOf(2);
    stage.partitionError = (to, api, topic) => (to === 2 && api === 'LeaderAndIsr' && topic === 't' ? 56 : 0);
    await createTopic(stage, 't', [[2, 1]]);
    expect(state(stage, 't', 0)).to.deep.include({ leader: 1, isr: [1] });
    const [last] = stage.sent(1, 'UpdateMetadata').slice(-1);
    expect(last?.topicStates[0]?.partitionStates[0]?.offlineReplicas).to.deep.equal([2]);
  });

  it('asks a broker that lost a log directory about all its replicas', async () => {
    const stage = await stageOf(2);
    await createTopic(stage, 't', [[2, 1]]);
    stage.forget();
    stage.partitionError = (to, api) => (to === 2 && api === 'LeaderAndIsr' ? 56 : 0);
    await stage.broker(2).zk.notifications.notifyLogDirFailure(2);
    await stage.settle();
    expect(state(stage, 't', 0)).to.deep.include({ leader: 1, isr: [1] });
    expect(stage.zooKeeper.children('/log_dir_event_notification')).to.deep.equal([]);
  });

  it('spreads an ISR that a leader of an older protocol wrote itself', async () => {
    const stage = await stageOf(2);
    await createTopic(stage, 't', [[1, 2]]);
    stage.forget();
    const path = '/brokers/topics/t/partitions/0/state';
    const data = Buffer.from('{"controller_epoch":1,"leader":1,"version":1,"leader_epoch":0,"isr":[1]}');
    stage.zooKeeper.commit('leader', '', [{ type: 'setData', path, data, version: 0 }]);
    await stage.broker(1).zk.notifications.notifyIsrChange([{ topic: 't', partition: 0 }]);
    await stage.settle();
    const told = stage.sent(2, 'UpdateMetadata').flatMap(({ topicStates }) => topicStates);
    expect(told[0]?.partitionStates[0]).to.deep.include({ isr: [1], zkVersion: 1 });
    expect(stage.zooKeeper.children('/isr_change_notification')).to.deep.equal([]);
  });

  it('reads a state again that changed behind its back, and elects from what stands', async () => {
    const stage = await stageOf(3);
    await createTopic(stage, 't', [[2, 3, 1]]);
    const path = '/brokers/topics/t/partitions/0/state';
    const data = Buffer.from('{"controller_epoch":1,"leader":2,"version":1,"leader_epoch":0,"isr":[2,1]}');
    stage.zooKeeper.commit('leader', '', [{ type: 'setData', path, data, version: 0 }]);
    await stage.kill(2);
    expect(state(stage, 't', 0)).to.deep.equal({ leader: 1, isr: [1], epoch: 1 });
  });

  it('elects preferred leaders where somebody asks by znode', async () => {
    const stage = await stageOf(2);
    await createTopic(stage, 't', [[2, 1]]);
    await stage.kill(2);
    await stage.start(2, false);
    await stage.broker(1).controller.alterPartition(newIsr(stage, 1, [1, 2], 1, 1), 3);
    for (const round of [1, 2]) {
      const path = '/admin/preferred_replica_election';
      const data = Buffer.from(
        '{"version":1,"partitions":[{"topic":"t","partition":0},{"topic":"nosuch","partition":1}]}',
      );
      stage.zooKeeper.commit('person', '', [{ type: 'create', path, data }]);
      await stage.settle();
      expect(stage.zooKeeper.children('/admin'), `round ${round}`).to.deep.equal(['delete_topics']);
      expect(state(stage, 't', 0)).to.deep.equal({ leader: 2, isr: [1, 2], epoch: 2 });
    }
  });

  it('deletes a topic; where a broker fails to, it waits until that broker is back', async () => {
    const stage = await stageOf(2);
    await createTopic(stage, 't', [[1, 2]]);
    let failures = 1;
    stage.partitionError = (to, api) => (to === 2 && api === 'StopReplica' && failures-- > 0 ? -1 : 0);
    stage.forget();
    await stage.broker(1).zk.topics.markForDeletion('t');
    await stage.settle();
    const deleting = stage.sent(2, 'StopReplica').flatMap(({ topicStates }) => topicStates[0]?.partitionStates ?? []);
    expect(deleting.some(({ deletePartition }) => deletePartition)).to.equal(true);
    expect(deleting.map(({ leaderEpoch }) => leaderEpoch)).to.include(-2);
    const gone = stage.sent(1, 'UpdateMetadata').flatMap(({ topicStates }) => topicStates);
    expect(gone[0]?.partitionStates[0]?.leader).to.equal(-2);
    expect(stage.zooKeeper.text('/brokers/topics/t')).to.be.a('string');
    await stage.kill(2);
    await stage.start(2, false);
    expect(stage.zooKeeper.text('/brokers/topics/t')).to.equal(undefined);
    expect(stage.zooKeeper.children('/admin/delete_topics')).to.deep.equal([]);
  });

  it('gives leadership back to the preferred leader in time', async () => {
    const stage = await stageOf(2, { autoLeaderRebalance: true });
    await createTopic(stage, 't', [[2, 1]]);
    await stage.kill(2);
    await stage.start(2, false);
    expect(state(stage, 't', 0).leader).to.equal(1);
    await stage.broker(1).controller.alterPartition(newIsr(stage, 1, [1, 2], 1, 1), 3);
    await stage.time.advance(301_000);
    await stage.settle();
    expect(state(stage, 't', 0)).to.deep.equal({ leader: 2, isr: [1, 2], epoch: 2 });
  });

  it('lists the reassignments that another controller left under way', async () => {
    const stage = await stageOf(2);
    const moving = { replicas: [1, 2], addingReplicas: [2], removingReplicas: [1] };
    const partitions = new Map([
      [0, plainAssignment([1])],
      [1, moving],
    ]);
    await stage.broker(1).zk.topics.createTopic('t', { topicId: TOPIC_ID, partitions });
    await stage.settle();
    const listed = await stage.broker(1).controller.partitionReassignments();
    expect([...listed].map(([topic, of]) => [topic, [...of]])).to.deep.equal([['t', [[1, moving]]]]);
  });

  it('hands out blocks of producer ids', async () => {
    const stage = await stageOf(2);
    const { controller } = stage.broker(1);
    const first = await controller.allocateProducerIds(2, stage.broker(2).epoch);
    const second = await controller.allocateProducerIds(1, stage.broker(1).epoch);
    expect([first.first, first.last, second.first]).to.deep.equal([0, 999, 1000]);
    const errors = await Promise.all(
      [controller.allocateProducerIds(2, 1), controller.allocateProducerIds(9, 1)].map((p) =>
        p.catch((e: unknown) => (e as { error: string }).error),
      ),
    );
    expect(errors).to.deep.equal(['STALE_BROKER_EPOCH', 'BROKER_ID_NOT_REGISTERED']);
  });

  it('repeats what a broker does not take, until the broker is gone', async () => {
    const stage = await stageOf(2);
    stage.deaf.add(2);
    await createTopic(stage, 't', [[1, 2]]);
    expect(stage.sent(1, 'LeaderAndIsr')).to.have.length.greaterThan(0);
    expect(stage.sent(2, 'LeaderAndIsr')).to.deep.equal([]);
    await stage.kill(2);
    expect(state(stage, 't', 0)).to.deep.include({ leader: 1, isr: [1] });
    expect(stage.fatal).to.deep.equal([]);
  });
});
