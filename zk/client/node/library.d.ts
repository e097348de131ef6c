/** The parts of node-zookeeper-client 1.1.3 that library-connection.ts stands on; a test asserts that they are there. */
declare module 'node-zookeeper-client' {
  import type { EventEmitter } from 'node:events';
  import type ConnectionManager from 'node-zookeeper-client/lib/ConnectionManager.js';

  interface State {
    readonly code: number;
    getName(): string;
  }
  interface Client extends EventEmitter {
    connectionManager: ConnectionManager;
    connect(): void;
    close(): void;
    onConnectionManagerState(state: number): void;
    on(event: 'state', listener: (state: State) => void): this;
  }
  export function createClient(
    connectionString: string,
    options: { sessionTimeout: number; spinDelay: number; retries: number },
  ): Client;
  const State: {
    readonly DISCONNECTED: State;
    readonly SYNC_CONNECTED: State;
    readonly AUTH_FAILED: State;
    readonly EXPIRED: State;
  };
  export { State, type Client };
}

declare module 'node-zookeeper-client/lib/ConnectionManager.js' {
  import type { EventEmitter } from 'node:events';
  import type { Socket } from 'node:net';

  namespace ConnectionManager {
    interface Request {
      readonly header: { xid: number; readonly type: number };
      readonly payload: null;
    }
    /** `error`: the library's own are of its Exception class. */
    type Callback = (error: { readonly code: number } | null, reply?: unknown) => void;
    interface Packet {
      readonly request: Request;
      readonly callback: Callback;
    }
    interface WatcherManager {
      registerDataWatcher(path: string, watcher: () => void): void;
      registerChildWatcher(path: string, watcher: () => void): void;
      registerExistenceWatcher(path: string, watcher: () => void): void;
      getDataWatcherPaths(): string[];
      getChildWatcherPaths(): string[];
      getExistenceWatcherPaths(): string[];
      /** Throws on an unknown type. */
      emit(event: { readonly type: number; readonly path: string }): void;
    }
    interface Server {
      readonly host: string;
      readonly port: number;
    }
  }

  class ConnectionManager extends EventEmitter {
    static readonly STATES: {
      readonly DISCONNECTED: 0;
      readonly CONNECTING: 1;
      readonly CONNECTED: 2;
      readonly CLOSING: -1;
      readonly CLOSED: -2;
      readonly SESSION_EXPIRED: -3;
      readonly AUTHENTICATION_FAILED: -4;
    };
    constructor(
      connectionString: string,
      options: { readonly sessionTimeout: number; readonly spinDelay: number },
      stateListener: (state: number) => void,
    );
    state: number;
    xid: number;
    socket: Socket | undefined;
    readonly watcherManager: ConnectionManager.WatcherManager;
    readonly packetQueue: {
      push(packet: ConnectionManager.Packet): void;
      shift(): ConnectionManager.Packet | undefined;
    };
    readonly pendingQueue: ConnectionManager.Packet[];
    setState(state: number): void;
    queue(request: ConnectionManager.Request, callback?: ConnectionManager.Callback): void;
    connect(): void;
    close(): void;
    findNextServer(callback: (server: ConnectionManager.Server) => void): void;
    cleanupPendingQueue(errorCode: number): void;
    onSocketConnected(): void;
    onSocketDrain(): void;
    onSocketClosed(hadError: boolean): void;
    onPacketQueueReadable(): void;
  }
  export = ConnectionManager;
}
