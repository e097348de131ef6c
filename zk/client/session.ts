import type { Logger } from '../../src/platform/logger.js';
import type { Network, Socket } from '../../src/platform/network.js';
import type { Random } from '../../src/platform/random.js';
import type { Cancel, Time } from '../../src/platform/time.js';
import type { JuteReader } from '../jute/jute.js';
import { parseConnectString } from './connect-string.js';
import { Conversation, newSessionMemory, nextXid, type Credential, type SessionMemory } from './conversation.js';
import { Fifo } from './fifo.js';
import { LongLivedClient } from './long-lived-client.js';
import { CONNECTION_LOSS, failureOf, readReply, type ZkFailure, type ZkRequest } from './requests.js';
import { ServerRotation } from './server-rotation.js';
import type { RequestDone, SessionLink, SessionLinkOwner } from './session-link.js';
import { watchLeftBy, WatchTable } from './watch-table.js';
import { ZK_ERROR_CODES, type ZkClient, type ZkClientConfig } from './zk-client.js';

export interface SessionWorld {
  readonly network: Network;
  readonly time: Time;
  readonly random: Random;
  readonly logger: Logger;
}

/**
 * Our own client over any network: the one of the simulator and the page.
 * @throws ZkError BAD_ARGUMENTS for a connect string that cannot be read
 */
export function sessionClient(config: ZkClientConfig, world: SessionWorld): ZkClient {
  const { servers, chroot } = parseConnectString(config.connectString);
  const rotation = new ServerRotation(servers, world.random);
  return new LongLivedClient(
    config,
    chroot,
    (credentials, owner) => new Session(config.sessionTimeoutMs, rotation, credentials, world, owner),
    world,
  );
}

interface Sent {
  readonly xid: number;
  /** undefined: closeSession. */
  readonly request: ZkRequest | undefined;
  readonly done: RequestDone;
}

/** One session over the platform's network. */
class Session implements SessionLink {
  private readonly rotation: ServerRotation;
  private readonly credentials: readonly Credential[];
  private readonly world: SessionWorld;
  private readonly owner: SessionLinkOwner;
  private readonly memory: SessionMemory;
  private readonly watches = new WatchTable();
  private sent = new Fifo<Sent>();
  private xid = 0;
  private socket: Socket | undefined;
  private conversation: Conversation | undefined;
  private cancelRetry: Cancel = () => undefined;
  private ended = false;

  constructor(
    timeoutMs: number,
    rotation: ServerRotation,
    credentials: readonly Credential[],
    world: SessionWorld,
    owner: SessionLinkOwner,
  ) {
    this.rotation = rotation;
    this.credentials = credentials;
    this.world = world;
    this.owner = owner;
    this.memory = newSessionMemory(timeoutMs);
  }

  get isReady(): boolean {
    return this.conversation?.isReady === true;
  }

  open(): void {
    const { server, delayMs } = this.rotation.next();
    this.cancelRetry = this.world.time.schedule(delayMs, () => this.connectTo(server.host, server.port));
  }

  send(request: ZkRequest, done: RequestDone): void {
    if (this.conversation?.isReady !== true) {
      done(CONNECTION_LOSS, undefined);
      return;
    }
    const xid = nextXid(this.xid);
    const refused = this.conversation.request(xid, request);
    if (refused !== undefined) {
      done(refused, undefined);
      return;
    }
    this.xid = xid;
    this.sent.push({ xid, request, done });
  }

  authenticate(credential: Credential, done: (failure?: ZkFailure) => void): void {
    if (this.conversation === undefined) done();
    else this.conversation.authenticate(credential, done);
  }

  close(deadlineMs: number): Promise<void> {
    if (this.conversation?.isReady !== true) {
      this.abandon();
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const cancel = this.world.time.schedule(deadlineMs, () => this.abandon());
      const done = (): void => {
        cancel();
        resolve();
        this.abandon();
      };
      this.xid = nextXid(this.xid);
      this.sent.push({ xid: this.xid, request: undefined, done });
      this.conversation?.closeSession(this.xid);
    });
  }

  abandon(): void {
    this.ended = true;
    this.cancelRetry();
    this.dropConnection();
  }

  private connectTo(host: string, port: number): void {
    const { network, time, logger } = this.world;
    logger.debug(`Opening socket connection to server ${host}:${port}`);
    const deadlineMs = this.memory.timeoutMs / this.rotation.count;
    const conversation = new Conversation(this.memory, this.credentials, time, deadlineMs, {
      write: (bytes) => void this.socket?.write(bytes),
      watches: () => this.watches.lists(),
      onReady: () => this.onReady(host, port),
      onReply: (xid, err, from) => this.onReply(xid, err, from),
      onWatchEvent: (type, path) => {
        if (this.watches.fire(type, path)) this.owner.onWatch(type, path);
      },
      onStrange: (what) => logger.warn(`${host}:${port} sent what this client does not know, ignored: ${what}`),
      onExpired: () => this.onEnd(() => this.owner.onExpired()),
      onAuthFailed: () => this.onEnd(() => this.owner.onAuthFailed()),
      onBroken: (reason) => this.onBroken(`${host}:${port}: ${reason}`),
    });
    this.conversation = conversation;
    this.socket = network.connect(
      { host, port },
      {},
      {
        onConnect: () => conversation.begin(),
        buffer: () => conversation.space(),
        onBytes: (count) => {
          conversation.received(count);
          return true;
        },
        onClose: (error) => {
          if (this.conversation === conversation) {
            this.onBroken(`${host}:${port}: ${error?.message ?? 'closed by the server'}`);
          }
        },
      },
    );
  }

  private onReady(host: string, port: number): void {
    this.rotation.succeeded();
    this.world.logger.info(
      `Session establishment complete on server ${host}:${port}, session id = 0x${this.memory.id}, negotiated timeout = ${this.memory.timeoutMs}`,
    );
    this.owner.onConnected({ id: this.memory.id, negotiatedTimeoutMs: this.memory.timeoutMs });
  }

  private onReply(xid: number, err: number, from: JuteReader): void {
    const sent = this.sent.peek();
    if (sent?.xid !== xid) {
      this.onBroken(`answer to request ${xid}, expected ${sent?.xid ?? 'none'}`);
      return;
    }
    const { request, done } = sent;
    if (request === undefined || err !== 0) {
      this.sent.shift();
      if (request !== undefined && err === ZK_ERROR_CODES.NO_NODE) this.keepWatch(request, false);
      done(err === 0 ? undefined : failureOf(err), undefined);
      return;
    }
    const reply = readReply(request, from);
    this.sent.shift();
    this.keepWatch(request, true);
    done(undefined, reply);
  }

  private keepWatch(request: ZkRequest, found: boolean): void {
    const watch = watchLeftBy(request, found);
    if (watch !== undefined) this.watches.add(watch);
  }

  private onBroken(reason: string): void {
    if (this.ended) return;
    if (this.conversation !== undefined) this.world.logger.info(this.conversation.describeEnd(reason));
    this.dropConnection();
    if (this.hasEnded()) return;
    this.owner.onDisconnected();
    if (!this.hasEnded()) this.open();
  }

  private onEnd(tell: () => void): void {
    this.abandon();
    tell();
  }

  private hasEnded(): boolean {
    return this.ended;
  }

  /** Ends the conversation and fails what was sent; the session may go on. */
  private dropConnection(): void {
    this.conversation?.end();
    this.conversation = undefined;
    this.socket?.destroy();
    this.socket = undefined;
    const sent = this.sent;
    this.sent = new Fifo();
    for (let lost = sent.shift(); lost !== undefined; lost = sent.shift()) {
      lost.done(CONNECTION_LOSS, undefined);
    }
  }
}
