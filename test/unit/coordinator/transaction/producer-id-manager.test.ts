import { expect } from 'chai';
import { errorNameOf } from '../../../../src/common/errors.js';
import { ProducerIdManager } from '../../../../src/coordinator/transaction/producer-id-manager.js';
import { silentLogger } from '../../../../src/platform/logger.js';
import { errorCode } from '../../../../src/protocol/error-codes.js';
import { FakeTime } from '../../../support/fake-time.js';

interface Answer {
  errorCode?: number;
  producerIdStart?: number;
  producerIdLen?: number;
}

describe('ProducerIdManager', () => {
  let time: FakeTime;
  let asked: number;
  let answers: (Answer | Error)[];
  let ids: ProducerIdManager;

  beforeEach(() => {
    time = new FakeTime();
    asked = 0;
    answers = [];
    const send = () => {
      asked++;
      const answer = answers.shift();
      if (answer instanceof Error || answer === undefined) return Promise.reject(answer ?? new Error('no answer'));
      return Promise.resolve({ throttleTimeMs: 0, errorCode: 0, producerIdStart: 0, producerIdLen: 1_000, ...answer });
    };
    ids = new ProducerIdManager(1, { brokerEpoch: () => 25, send: send as never }, time, silentLogger);
  });

  function generate(): number | string {
    try {
      return ids.generate();
    } catch (thrown) {
      return errorNameOf(thrown);
    }
  }

  const settle = () => new Promise((resolve) => setImmediate(resolve));

  it('asks for the first block when the first id is wanted, and tells the client to come again', async () => {
    answers = [{ producerIdStart: 7_000 }];
    expect(generate()).to.equal('COORDINATOR_LOAD_IN_PROGRESS');
    expect(generate()).to.equal('COORDINATOR_LOAD_IN_PROGRESS');
    await settle();
    expect(asked).to.equal(1);
    expect([generate(), generate()]).to.deep.equal([7_000, 7_001]);
  });

  it('has the next block before this one is used up, asked for at nine tenths', async () => {
    answers = [
      { producerIdStart: 0, producerIdLen: 10 },
      { producerIdStart: 500, producerIdLen: 10 },
    ];
    generate();
    await settle();
    for (let id = 0; id < 9; id++) expect(generate()).to.equal(id);
    expect(asked).to.equal(1);
    expect(generate()).to.equal(9);
    expect(asked).to.equal(2);
    await settle();
    expect(generate()).to.equal(500);
  });

  const refusals: { name: string; answer: Answer | Error }[] = [
    { name: 'a stale broker epoch', answer: { errorCode: errorCode('STALE_BROKER_EPOCH') } },
    { name: 'no answer', answer: new Error('gone') },
    { name: 'a block below the one in use', answer: { producerIdStart: 4 } },
    { name: 'a negative block', answer: { producerIdStart: -1 } },
  ];
  for (const { name, answer } of refusals) {
    it(`asks again after a moment on ${name}`, async () => {
      answers = [{ producerIdStart: 5, producerIdLen: 1 }, answer, { producerIdStart: 90 }];
      generate();
      await settle();
      expect(generate()).to.equal(5);
      expect(generate()).to.equal('COORDINATOR_LOAD_IN_PROGRESS');
      await settle();
      expect(generate()).to.equal('COORDINATOR_LOAD_IN_PROGRESS'); // too early to ask
      expect(asked).to.equal(2);
      time.advance(50);
      expect(generate()).to.equal('COORDINATOR_LOAD_IN_PROGRESS');
      await settle();
      expect(generate()).to.equal(90);
    });
  }
});
