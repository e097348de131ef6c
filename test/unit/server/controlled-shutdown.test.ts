import { expect } from 'chai';
import { KafkaError } from '../../../src/common/errors.js';
import type { ControllerApi } from '../../../src/metadata/control-plane.js';
import { recordingLogger } from '../../../src/platform/sim/logger.js';
import { ControlledShutdown } from '../../../src/server/controlled-shutdown.js';
import { ManualTime } from '../../support/manual-time.js';

const BACKOFF_MS = 5000;
const DONE = { errorCode: 0, remainingPartitions: [] };
const LEFT = { errorCode: 0, remainingPartitions: [{ topicName: 't', partitionIndex: 0 }] };
const REFUSED = { errorCode: 77, remainingPartitions: [] };
const SILENCE = new KafkaError('REQUEST_TIMED_OUT', 'no controller answered');

/** @param answers in order; an error is thrown; the last one counts for all that follow */
async function shutDown(answers: readonly (object | KafkaError)[], { retry = true, maxRetries = 3 } = {}) {
  const time = new ManualTime();
  const lines: string[] = [];
  const requests: unknown[] = [];
  const config = {
    brokerId: 4,
    controlledShutdownMaxRetries: maxRetries,
    controlledShutdownRetryBackoffMs: BACKOFF_MS,
  };
  const patience = new Set<number | undefined>();
  const send = <Q, R>({ timeoutMs }: ControllerApi<Q, R>, request: Q): Promise<R> => {
    patience.add(timeoutMs);
    const answer = answers[Math.min(requests.length, answers.length - 1)];
    requests.push(request);
    return answer instanceof KafkaError ? Promise.reject(answer) : Promise.resolve(answer as R);
  };
  const logger = recordingLogger('', ({ level, name, message }) => {
    expect(name).to.equal('kafka.server.KafkaServer');
    lines.push(`${level} ${message.replace('[KafkaServer id=4] ', '')}`);
  });
  const shutdown = new ControlledShutdown(config, { send, brokerEpoch: () => 42 }, { time, logger });
  const run = shutdown.run(retry);
  let tookMs = 0;
  await time.advance(0);
  for (; time.armed > 0; tookMs += BACKOFF_MS) await time.advance(BACKOFF_MS);
  await run;
  return { lines: lines.slice(1), requests, tookMs, patience: [...patience] };
}

const GAVE_UP = 'warn Proceeding to do an unclean shutdown as all the controlled shutdown attempts failed';

describe('controlled shutdown', () => {
  it('asks once when all leaderships move', async () => {
    const { lines, requests, tookMs } = await shutDown([DONE]);
    expect(requests).to.deep.equal([{ brokerId: 4, brokerEpoch: 42 }]);
    expect(lines).to.deep.equal(['info Controlled shutdown request returned successfully after 0ms']);
    expect(tookMs).to.equal(0);
  });

  it('asks again after a back-off', async () => {
    const { lines, requests, tookMs } = await shutDown([REFUSED, LEFT, DONE]);
    expect(requests).to.have.length(3);
    expect(tookMs).to.equal(2 * BACKOFF_MS);
    expect(lines).to.deep.equal([
      'info Controlled shutdown request returned after 0ms with error STALE_BROKER_EPOCH',
      'info Retrying controlled shutdown (2 retries remaining)',
      'info Controlled shutdown request returned after 0ms with 1 partitions remaining to move',
      'info Retrying controlled shutdown (1 retries remaining)',
      'info Controlled shutdown request returned successfully after 0ms',
    ]);
  });

  for (const [what, answer] of Object.entries({
    refused: REFUSED,
    'left with partitions': LEFT,
    'not heard': SILENCE,
  })) {
    it(`gives up when it is ${what} three times, without waiting again`, async () => {
      const { lines, requests, tookMs, patience } = await shutDown([answer]);
      expect(patience).to.deep.equal([undefined]);
      expect([requests.length, tookMs, lines.at(-1)]).to.deep.equal([3, 2 * BACKOFF_MS, GAVE_UP]);
    });

    it(`gives up when it is ${what} once and may not retry`, async () => {
      const { lines, requests, tookMs, patience } = await shutDown([answer], { retry: false });
      expect(patience).to.deep.equal([5000]);
      expect([requests.length, tookMs, lines.at(-1)]).to.deep.equal([1, 0, GAVE_UP]);
    });
  }

  it('asks nobody with controlled.shutdown.max.retries=0', async () => {
    const { lines, requests } = await shutDown([DONE], { maxRetries: 0 });
    expect([requests.length, lines]).to.deep.equal([0, [GAVE_UP]]);
  });
});
