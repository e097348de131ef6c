import { expect } from 'chai';
import { EventQueue, type QueuedEvent } from '../../../src/platform/event-queue.js';

describe('EventQueue', () => {
  let told: string[];
  let queue: EventQueue;

  beforeEach(() => {
    told = [];
    queue = new EventQueue((event, error) => told.push(`${event.name} failed: ${(error as Error).message}`));
  });

  const event = (name: string, run: () => void | Promise<void> = () => undefined): QueuedEvent => ({
    name,
    run: () => {
      told.push(name);
      return run();
    },
    abandon: () => told.push(`${name} abandoned`),
  });

  it('never runs an event inside the call that queued it', async () => {
    queue.append(event('a'));
    expect(told).to.deep.equal([]);
    await queue.whenIdle();
    expect(told).to.deep.equal(['a']);
  });

  it('runs one event to its end, promises included, before the next begins', async () => {
    const steps: string[] = [];
    const slow = (name: string) => async () => {
      steps.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      steps.push(`${name} ends`);
    };
    queue.append(event('a', slow('a')));
    queue.append(event('b', slow('b')));
    expect(queue.length).to.equal(2);
    await queue.whenIdle();
    expect(steps).to.deep.equal(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('runs what is prepended before all that waits', async () => {
    queue.append(event('a', () => queue.prepend(event('urgent'))));
    queue.append(event('b'));
    await queue.whenIdle();
    expect(told).to.deep.equal(['a', 'urgent', 'b']);
  });

  it('tells of an event that fails, and goes on', async () => {
    queue.append(
      event('thrower', () => {
        throw new Error('oops');
      }),
    );
    queue.append(event('rejecter', () => Promise.reject(new Error('later'))));
    queue.append(event('next'));
    await queue.whenIdle();
    expect(told).to.deep.equal(['thrower', 'thrower failed: oops', 'rejecter', 'rejecter failed: later', 'next']);
  });

  it('drops what waits when it is cleared, not what runs', async () => {
    queue.append(event('a', () => queue.clear()));
    queue.append(event('b'));
    await queue.whenIdle();
    queue.append(event('c'));
    await queue.whenIdle();
    expect(told).to.deep.equal(['a', 'b abandoned', 'c']);
  });

  it('is closed when the running event is done, and abandons what comes later', async () => {
    let finish = (): void => undefined;
    queue.append(event('a', () => new Promise((resolve) => (finish = resolve))));
    queue.append(event('b'));
    await Promise.resolve();
    let isClosed = false;
    const closing = queue.close().then(() => (isClosed = true));
    queue.append(event('c'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isClosed).to.equal(false);
    finish();
    await closing;
    expect(told).to.deep.equal(['a', 'b abandoned', 'c abandoned']);
  });
});
