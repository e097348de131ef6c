import { expect } from 'chai';
import { errorNameOf, KafkaError, type ErrorName } from '../../../src/common/errors.js';
import type { ControllerApi } from '../../../src/metadata/control-plane.js';
import { MetadataCache } from '../../../src/metadata/metadata-cache.js';
import { imageAfterUpdateMetadata } from '../../../src/metadata/update-metadata.js';
import type { NetworkClient } from '../../../src/network/network-client.js';
import { silentLogger } from '../../../src/platform/logger.js';
import { apis } from '../../../src/protocol/apis.js';
import { BrokerToController } from '../../../src/server/broker-to-controller.js';
import { liveBroker, updateMetadata } from '../../support/control-messages.js';
import { ManualTime } from '../../support/manual-time.js';

const REQUEST_TIMEOUT_MS = 30_000;
const NOT_CONTROLLER = 41;
type Answer = ErrorName | { readonly errorCode: number };

const allocate = (lane: ControllerApi<unknown, unknown>['lane']): ControllerApi<object, { errorCode: number }> => ({
  apiKey: apis.allocateProducerIds.key,
  version: 0,
  request: apis.allocateProducerIds.request,
  response: apis.allocateProducerIds.response,
  lane,
});

/** Brokers 1 and 2, and what each answers; `nobody` answers never. */
function stage() {
  const time = new ManualTime();
  const metadata = new MetadataCache();
  const answers = new Map<number, Answer>();
  const sent: string[] = [];
  const client = {
    send: async (to: { nodeId: number; host: string; lane: string }, call: { timeoutMs: number }) => {
      sent.push(`${to.nodeId} ${to.host} ${to.lane} ${call.timeoutMs}`);
      const answer = answers.get(to.nodeId);
      if (answer === undefined) return new Promise(() => undefined);
      if (typeof answer === 'string') return Promise.reject(new KafkaError(answer));
      return Promise.resolve(answer);
    },
  };
  const channel = new BrokerToController(
    client as unknown as NetworkClient,
    metadata,
    { interBrokerListenerName: 'PLAINTEXT', requestTimeoutMs: REQUEST_TIMEOUT_MS },
    { time, logger: silentLogger },
  );
  const tell = (controllerId: number, ...brokers: number[]): void => {
    const request = updateMetadata({ controllerId, liveBrokers: brokers.map((id) => liveBroker(id)) });
    const { delta, image } = imageAfterUpdateMetadata(metadata.image, request);
    metadata.applyView(delta, image);
  };
  const ask = (lane: ControllerApi<unknown, unknown>['lane'] = 'replica-state') => {
    const outcome: { is: string } = { is: 'waiting' };
    channel.send(allocate(lane), {}).then(
      (answer) => (outcome.is = `answer ${answer.errorCode}`),
      (error: unknown) => (outcome.is = errorNameOf(error)),
    );
    return outcome;
  };
  return { time, answers, sent, tell, ask, channel };
}

describe('requests to the controller', () => {
  it('go to the broker that is controller, each lane by itself', async () => {
    const { time, answers, sent, tell, ask } = stage();
    answers.set(2, { errorCode: 0 });
    tell(2, 1, 2);
    const outcomes = [ask('replica-state'), ask('forwarded'), ask('offsets')];
    await time.advance(0);
    expect(outcomes.map(({ is }) => is)).to.deep.equal(['answer 0', 'answer 0', 'answer 0']);
    expect(sent).to.deep.equal(['2 host-2 replica-state 30000', '2 host-2 forwarded 30000', '2 host-2 offsets 2000']);
    expect(time.armed).to.equal(0);
  });

  it('bring any other error to who asked', async () => {
    const { time, answers, tell, ask } = stage();
    tell(2, 1, 2);
    answers.set(2, { errorCode: 77 });
    const answered = ask();
    await time.advance(0);
    expect(answered.is).to.equal('answer 77');
    answers.set(2, 'UNSUPPORTED_VERSION');
    const failed = ask();
    await time.advance(0);
    expect(failed.is).to.equal('UNSUPPORTED_VERSION');
  });

  for (const [what, first] of Object.entries<Answer>({
    'says that it is none': { errorCode: NOT_CONTROLLER },
    'is gone': 'NETWORK_EXCEPTION',
  })) {
    it(`follow the controller when the one that was ${what}`, async () => {
      const { time, answers, sent, tell, ask } = stage();
      answers.set(1, first).set(2, { errorCode: 0 });
      tell(1, 1, 2);
      const outcome = ask();
      await time.advance(10);
      expect(outcome.is).to.equal('waiting');
      tell(2, 2);
      await time.advance(0);
      expect(outcome.is).to.equal('answer 0');
      expect(sent.map((line) => line[0])).to.deep.equal(['1', '2']);
      expect(time.armed, 'timers left').to.equal(0);
    });

    it(`are sent again every 50 ms while nothing else is known of one that ${what}`, async () => {
      const { time, answers, sent, tell, ask } = stage();
      answers.set(1, first);
      tell(1, 1);
      const outcome = ask();
      await time.advance(490);
      expect(sent).to.have.length(10);
      answers.set(1, { errorCode: 0 });
      await time.advance(50);
      expect(outcome.is).to.equal('answer 0');
    });
  }

  it('are given up after the time that the API says', async () => {
    const { time, channel } = stage();
    const outcome = channel
      .send({ ...allocate('replica-state'), timeoutMs: 100 }, {})
      .then(() => 'answered', errorNameOf);
    await time.advance(101);
    expect(await outcome).to.equal('REQUEST_TIMED_OUT');
  });

  it('are given up when the broker ends, those that wait as well as new ones', async () => {
    const { time, answers, tell, ask, channel } = stage();
    const early = ask();
    await time.advance(10);
    channel.close();
    await time.advance(0);
    answers.set(1, { errorCode: 0 });
    tell(1, 1);
    const late = ask();
    await time.advance(0);
    expect([early.is, late.is]).to.deep.equal(['BROKER_NOT_AVAILABLE', 'BROKER_NOT_AVAILABLE']);
    expect(time.armed, 'timers left').to.equal(0);
  });

  it('wait for a controller, and for its address', async () => {
    const { time, answers, sent, tell, ask } = stage();
    answers.set(2, { errorCode: 0 });
    const outcome = ask();
    await time.advance(5000);
    tell(2);
    await time.advance(5000);
    expect([outcome.is, sent.length]).to.deep.equal(['waiting', 0]);
    tell(2, 2);
    await time.advance(0);
    expect(outcome.is).to.equal('answer 0');
    expect(sent).to.deep.equal(['2 host-2 replica-state 20000']);
  });

  for (const [lane, limitMs] of [
    ['replica-state', REQUEST_TIMEOUT_MS],
    ['forwarded', REQUEST_TIMEOUT_MS],
    ['offsets', 2000],
  ] as const) {
    it(`on lane ${lane} are given up after ${limitMs} ms`, async () => {
      for (const answer of [undefined, 'NETWORK_EXCEPTION', { errorCode: NOT_CONTROLLER }] as const) {
        const { time, answers, tell, ask } = stage();
        if (answer !== undefined) {
          answers.set(1, answer);
          tell(1, 1);
        }
        const outcome = ask(lane);
        await time.advance(limitMs - 1);
        expect(outcome.is).to.equal('waiting');
        await time.advance(2);
        expect(outcome.is).to.equal('REQUEST_TIMED_OUT');
        expect(time.armed, 'timers left').to.equal(0);
      }
    });
  }
});
