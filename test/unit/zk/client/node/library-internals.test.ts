import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import zookeeper from 'node-zookeeper-client';
import ConnectionManager from 'node-zookeeper-client/lib/ConnectionManager.js';

/** What library-connection.ts stands on inside node-zookeeper-client. If this fails after an upgrade, read that file again. */
describe('internals of node-zookeeper-client', () => {
  const { STATES } = ConnectionManager;
  const manager = () => new ConnectionManager('localhost', { sessionTimeout: 1000, spinDelay: 0 }, () => undefined);

  it('are those of the version we know', () => {
    const file = createRequire(import.meta.url).resolve('node-zookeeper-client/package.json');
    expect(JSON.parse(readFileSync(file, 'utf8'))).to.have.property('version', '1.1.3');
  });

  it('have the methods that are overridden, and call them through the object', () => {
    const methods = ['connect', 'close', 'findNextServer', 'queue', 'setState', 'cleanupPendingQueue'];
    const handlers = ['onSocketConnected', 'onSocketClosed', 'onSocketDrain', 'onPacketQueueReadable'];
    for (const name of [...methods, ...handlers]) {
      expect(Object.hasOwn(ConnectionManager.prototype, name), name).to.equal(true);
    }
    let called = 0;
    class Probe extends ConnectionManager {
      override onPacketQueueReadable(): void {
        called++;
      }
    }
    const probe = new Probe('localhost', { sessionTimeout: 1000, spinDelay: 0 }, () => undefined);
    probe.setState(STATES.CONNECTED);
    probe.queue({ header: { xid: 0, type: 4 }, payload: null });
    expect(called).to.equal(1);
  });

  it('queue a packet as it is, and fail what is pending with a code', () => {
    const one = manager();
    const request = { header: { xid: 0, type: 4 }, payload: null };
    const codes: (number | undefined)[] = [];
    one.setState(STATES.CONNECTING);
    one.queue(request, (error) => codes.push(error?.code));
    const packet = one.packetQueue.shift()!;
    expect(packet.request).to.equal(request);
    one.pendingQueue.push(packet);
    one.cleanupPendingQueue(-4);
    expect(codes).to.deep.equal([-4]);
    expect(one.pendingQueue).to.deep.equal([]);
  });

  it('close by a packet of type closeSession', () => {
    const one = manager();
    one.setState(STATES.CONNECTED);
    one.onPacketQueueReadable = () => undefined;
    one.socket = { write: () => false } as never;
    one.close();
    expect(one.state).to.equal(STATES.CLOSING);
    expect(one.pendingQueue[0]?.request.header.type).to.equal(-11);
  });

  it('connect again after a loss, but not after the end of the session', () => {
    for (const [state, again] of [
      [STATES.CONNECTED, true],
      [STATES.CONNECTING, true],
      [STATES.SESSION_EXPIRED, false],
      [STATES.AUTHENTICATION_FAILED, false],
      [STATES.CLOSING, false],
    ] as const) {
      const one = manager();
      let connects = 0;
      one.connect = () => connects++;
      one.setState(state);
      one.onSocketClosed(false);
      expect(connects, `state ${state}`).to.equal(again ? 1 : 0);
      expect(one.state, `state ${state}`).to.equal(again ? STATES.DISCONNECTED : STATES.CLOSED);
    }
  });

  it('keep watches one-shot, by path and kind', () => {
    const { watcherManager } = manager();
    let fired = 0;
    const watcher = (): void => {
      fired++;
    };
    watcherManager.registerDataWatcher('/a', watcher);
    watcherManager.registerDataWatcher('/a', watcher);
    watcherManager.registerChildWatcher('/a', watcher);
    watcherManager.registerExistenceWatcher('/b', watcher);
    expect(watcherManager.getDataWatcherPaths()).to.deep.equal(['/a']);
    expect(watcherManager.getChildWatcherPaths()).to.deep.equal(['/a']);
    expect(watcherManager.getExistenceWatcherPaths()).to.deep.equal(['/b']);
    watcherManager.emit({ type: 3, path: '/a' });
    watcherManager.emit({ type: 3, path: '/a' });
    watcherManager.emit({ type: 1, path: '/b' });
    expect(fired).to.equal(2);
    watcherManager.emit({ type: 2, path: '/a' });
    expect(fired).to.equal(3);
    expect(watcherManager.getChildWatcherPaths()).to.deep.equal([]);
  });

  it('tell a client the states that matter, through the manager that was put in', () => {
    const client = zookeeper.createClient('localhost', { sessionTimeout: 1000, spinDelay: 0, retries: 0 });
    const told: unknown[] = [];
    client.on('state', (state) => told.push(state));
    const { SYNC_CONNECTED, DISCONNECTED, EXPIRED, AUTH_FAILED } = zookeeper.State;
    for (const state of [STATES.CONNECTED, STATES.DISCONNECTED, STATES.SESSION_EXPIRED, STATES.AUTHENTICATION_FAILED]) {
      client.onConnectionManagerState(state);
    }
    expect(told).to.deep.equal([SYNC_CONNECTED, DISCONNECTED, EXPIRED, AUTH_FAILED]);
    const calls: string[] = [];
    client.connectionManager = { connect: () => calls.push('connect'), close: () => calls.push('close') } as never;
    client.connect();
    client.close();
    expect(calls).to.deep.equal(['connect', 'close']);
  });
});
