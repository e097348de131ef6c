import { expect } from 'chai';
import { World } from '../../../../src/platform/sim/world.js';
import type { Credential } from '../../../../zk/client/conversation.js';
import { LongLivedClient } from '../../../../zk/client/long-lived-client.js';
import { CONNECTION_LOSS, type ZkFailure, type ZkRequest } from '../../../../zk/client/requests.js';
import type { RequestDone, SessionLink, SessionLinkOwner } from '../../../../zk/client/session-link.js';
import { ZkError, type WatchEvent, type ZkState } from '../../../../zk/client/zk-client.js';

/** A session that does what the test says. */
class FakeLink implements SessionLink {
  readonly owner: SessionLinkOwner;
  readonly credentials: readonly Credential[];
  readonly sent: { request: ZkRequest; done: RequestDone }[] = [];
  isReady = false;
  isOpened = false;
  isEnded = false;

  constructor(credentials: readonly Credential[], owner: SessionLinkOwner) {
    this.credentials = credentials;
    this.owner = owner;
  }

  open(): void {
    this.isOpened = true;
  }

  send(request: ZkRequest, done: RequestDone): void {
    this.sent.push({ request, done });
  }

  authenticate(_credential: Credential, done: (failure?: ZkFailure) => void): void {
    done();
  }

  close(): Promise<void> {
    this.abandon();
    return Promise.resolve();
  }

  abandon(): void {
    this.isEnded = true;
  }

  connect(id = '00000000000000aa'): void {
    this.isReady = true;
    this.owner.onConnected({ id, negotiatedTimeoutMs: 6000 });
  }

  disconnect(): void {
    this.isReady = false;
    for (const { done } of this.sent.splice(0)) done(CONNECTION_LOSS, undefined);
    this.owner.onDisconnected();
  }

  answer(): void {
    this.sent.shift()!.done(undefined, undefined);
  }
}

function setup(maxInFlightRequests = 2, chroot = '') {
  const world = new World({ seed: 1 });
  const links: FakeLink[] = [];
  const client = new LongLivedClient(
    { connectString: 'zk', sessionTimeoutMs: 6000, connectTimeoutMs: 3000, maxInFlightRequests },
    chroot,
    (credentials, owner) => {
      const link = new FakeLink(credentials, owner);
      links.push(link);
      return link;
    },
    world.host('broker').platform,
  );
  const states: ZkState[] = [];
  const events: WatchEvent[] = [];
  client.onState((state) => states.push(state));
  client.onWatch((event) => events.push(event));
  /** Promises that can go on, do. */
  const settle = (): Promise<void> => world.runFor(0);
  return { world, client, links, states, events, settle };
}

async function connected(...options: Parameters<typeof setup>) {
  const all = setup(...options);
  const connecting = all.client.connect();
  all.links[0]!.connect();
  await connecting;
  return { ...all, link: all.links[0]! };
}

const outcome = (promise: Promise<unknown>): { value: string } => {
  const result = { value: 'waits' };
  promise.then(
    () => (result.value = 'answered'),
    (error: unknown) => (result.value = error instanceof ZkError ? error.error : String(error)),
  );
  return result;
};

describe('LongLivedClient', () => {
  it('sends as many requests as allowed, in order, and fails all in order when the connection breaks', async () => {
    const { client, link, settle } = await connected(2);
    const order: string[] = [];
    const results = ['/1', '/2', '/3', '/4'].map((path) =>
      outcome(client.delete(path, -1).finally(() => order.push(path))),
    );
    expect(link.sent.map(({ request }) => (request as { path: string }).path)).to.deep.equal(['/1', '/2']);
    link.answer();
    expect(link.sent.map(({ request }) => (request as { path: string }).path)).to.deep.equal(['/2', '/3']);
    link.disconnect();
    await settle();
    expect(order).to.deep.equal(['/1', '/2', '/3', '/4']);
    expect(results.map(({ value }) => value)).to.deep.equal(['answered', ...Array<string>(3).fill('CONNECTION_LOSS')]);
    const later = outcome(client.delete('/5', -1));
    await settle();
    expect(later.value).to.equal('waits');
    link.connect();
    expect(link.sent).to.have.length(1);
  });

  it('hears nothing any more from a session that is over', async () => {
    const { client, link, links, events, states, settle } = await connected();
    link.owner.onExpired();
    await settle();
    links[1]!.connect('00000000000000bb');
    link.owner.onWatch('changed', '/a');
    link.owner.onDisconnected();
    link.owner.onConnected({ id: '00000000000000aa', negotiatedTimeoutMs: 1 });
    links[1]!.owner.onWatch('child', '/b');
    expect(events).to.deep.equal([{ type: 'child', path: '/b', generation: 2 }]);
    expect(await client.session()).to.deep.equal({ id: '00000000000000bb', negotiatedTimeoutMs: 6000, generation: 2 });
    expect(states).to.deep.equal(['connected', 'disconnected', 'expired', 'connected']);
  });

  it('lets the afterSession handlers of one session end before the beforeSession handlers of the next begin', async () => {
    const { client, link, links, settle } = await connected();
    const story: string[] = [];
    let finish: () => void = () => undefined;
    client.addSessionHandler({
      beforeSession() {
        story.push('before');
        return Promise.resolve();
      },
      async afterSession({ generation }) {
        story.push(`after ${generation} begins`);
        if (generation === 2) await new Promise<void>((resolve) => (finish = resolve));
        story.push(`after ${generation} ends`);
      },
    });
    client.addSessionHandler({
      beforeSession: () => Promise.resolve(),
      afterSession({ generation }) {
        story.push(`second handler ${generation}`);
        return Promise.resolve();
      },
    });
    link.owner.onExpired();
    await settle();
    links[1]!.connect();
    await settle();
    links[1]!.owner.onExpired();
    await settle();
    expect(links).to.have.length(2);
    finish();
    await settle();
    links[2]!.connect();
    await settle();
    expect(story).to.deep.equal([
      'before',
      'after 2 begins',
      'after 2 ends',
      'before',
      'after 3 begins',
      'after 3 ends',
      'second handler 3',
    ]);
  });

  it('opens a new session a second after a credential was refused', async () => {
    const { world, client, link, links, states, settle } = await connected();
    let told = 0;
    client.addSessionHandler({
      beforeSession: () => Promise.resolve(),
      afterSession: () => Promise.resolve(),
      onAuthFailure: () => {
        told++;
      },
    });
    link.disconnect();
    const waits = outcome(client.delete('/a', -1));
    link.owner.onAuthFailed();
    const refused = outcome(client.delete('/a', -1));
    await settle();
    expect([waits.value, refused.value, told]).to.deep.equal(['AUTH_FAILED', 'AUTH_FAILED', 1]);
    await world.runFor(900);
    expect(links).to.have.length(1);
    await world.runFor(200);
    expect(links).to.have.length(2);
    links[1]!.owner.onAuthFailed();
    await world.runFor(1100);
    links[2]!.connect();
    await settle();
    expect(states).to.deep.equal(['connected', 'disconnected', 'auth-failed', 'auth-failed', 'connected']);
    expect(await client.session()).to.include({ generation: 3 });
  });

  it('gives every session the credentials', async () => {
    const { client, link, links, settle } = await connected();
    await client.addAuth('digest', Buffer.from('a:b'));
    link.owner.onExpired();
    await settle();
    expect(links[1]!.credentials).to.deep.equal([{ scheme: 'digest', auth: Buffer.from('a:b') }]);
  });

  it('ends when no session stands in time', async () => {
    const { world, client, links, states } = setup();
    const connecting = outcome(client.connect());
    await world.runFor(2900);
    expect(connecting.value).to.equal('waits');
    await world.runFor(200);
    expect(connecting.value).to.equal('CONNECTION_LOSS');
    expect(links[0]!.isEnded).to.equal(true);
    expect(states).to.deep.equal(['closed']);
  });

  it('does not open a session after close, though it expired before', async () => {
    const { client, link, links, settle } = await connected();
    let finish: () => void = () => undefined;
    client.addSessionHandler({
      beforeSession: () => new Promise<void>((resolve) => (finish = resolve)),
      afterSession: () => Promise.resolve(),
    });
    link.owner.onExpired();
    await settle();
    const waits = outcome(client.session());
    await client.close();
    finish();
    await settle();
    expect(links).to.have.length(1);
    expect(waits.value).to.equal('SESSION_EXPIRED');
  });

  it('ignores events from outside its chroot', async () => {
    const { link, events } = await connected(2, '/kafka');
    link.owner.onWatch('changed', '/kafka2');
    link.owner.onWatch('changed', '/kafka/a');
    link.owner.onWatch('child', '/kafka');
    expect(events.map(({ path }) => path)).to.deep.equal(['/a', '/']);
  });
});
