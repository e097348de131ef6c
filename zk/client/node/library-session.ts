import zookeeper, { type Client, type State } from 'node-zookeeper-client';
import ConnectionManager from 'node-zookeeper-client/lib/ConnectionManager.js';
import type { Logger } from '../../../src/platform/logger.js';
import type { Time } from '../../../src/platform/time.js';
import { newSessionMemory, type Credential, type SessionMemory } from '../conversation.js';
import { CONNECTION_LOSS, failureOf, opCodeOf, type ZkFailure, type ZkReply, type ZkRequest } from '../requests.js';
import type { ServerRotation } from '../server-rotation.js';
import type { RequestDone, SessionLink, SessionLinkOwner } from '../session-link.js';
import { LibraryConnection, type LibraryRequest } from './library-connection.js';

const STATE = zookeeper.State;

/** One session of node-zookeeper-client: a `Client` of the library whose connection manager is ours. */
export class LibrarySession implements SessionLink {
  private readonly client: Client;
  private readonly connection: LibraryConnection;
  private readonly memory: SessionMemory;
  private readonly time: Time;
  private readonly owner: SessionLinkOwner;
  private ended = false;
  private onClosed: () => void = () => undefined;

  constructor(
    timeoutMs: number,
    rotation: ServerRotation,
    credentials: readonly Credential[],
    world: { readonly time: Time; readonly logger: Logger },
    owner: SessionLinkOwner,
  ) {
    this.time = world.time;
    this.owner = owner;
    this.memory = newSessionMemory(timeoutMs);
    this.client = zookeeper.createClient('localhost', { sessionTimeout: timeoutMs, spinDelay: 0, retries: 0 });
    this.connection = new LibraryConnection({
      memory: this.memory,
      rotation,
      credentials,
      time: world.time,
      logger: world.logger,
      onState: (state) => {
        this.client.onConnectionManagerState(state);
        if (state === ConnectionManager.STATES.CLOSED) this.onClosed();
      },
      onWatch: (type, path) => {
        if (!this.ended) owner.onWatch(type, path);
      },
    });
    this.client.connectionManager = this.connection;
    this.client.on('state', (state) => this.onState(state));
  }

  get isReady(): boolean {
    return this.connection.isReady;
  }

  open(): void {
    this.client.connect();
  }

  send(request: ZkRequest, done: RequestDone): void {
    if (!this.connection.isReady) {
      done(CONNECTION_LOSS, undefined);
      return;
    }
    const packet: LibraryRequest = { header: { xid: 0, type: opCodeOf(request) }, payload: null, message: request };
    this.connection.queue(packet, (error, reply) => {
      done(error === null ? undefined : failureOf(error.code), reply as ZkReply);
    });
  }

  authenticate(credential: Credential, done: (failure?: ZkFailure) => void): void {
    this.connection.authenticate(credential, done);
  }

  close(deadlineMs: number): Promise<void> {
    if (!this.connection.isReady) {
      this.abandon();
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const cancel = this.time.schedule(deadlineMs, () => this.onClosed());
      this.onClosed = () => {
        cancel();
        this.abandon();
        resolve();
      };
      this.client.close();
    });
  }

  abandon(): void {
    this.ended = true;
    this.onClosed = () => undefined;
    this.connection.abandon();
  }

  private onState(state: State): void {
    if (this.ended) return;
    switch (state) {
      case STATE.SYNC_CONNECTED:
        this.owner.onConnected({ id: this.memory.id, negotiatedTimeoutMs: this.memory.timeoutMs });
        return;
      case STATE.DISCONNECTED:
        this.owner.onDisconnected();
        return;
      case STATE.EXPIRED:
        this.ended = true;
        this.owner.onExpired();
        return;
      case STATE.AUTH_FAILED:
        this.ended = true;
        this.owner.onAuthFailed();
        return;
    }
  }
}
