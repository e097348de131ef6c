/** TCP as the broker sees it. node: sockets with our own read buffers; sim: a virtual network with seeded faults. */
export interface Network {
  /**
   * Binds and accepts. Resolves once bound; `port` 0 takes a free one, see {@link Listener.address}.
   * @throws Error with `code` EADDRINUSE, EACCES, EADDRNOTAVAIL
   */
  listen(address: SocketAddress, options: ListenOptions, accept: (socket: Socket) => SocketHandler): Promise<Listener>;
  /** Starts to connect and returns at once: `onConnect` or `onClose(error)` of the handler tells how it went. */
  connect(address: SocketAddress, options: ConnectOptions, handler: SocketHandler): Socket;
}

export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

export interface ListenOptions {
  readonly backlog?: number;
}

export interface ConnectOptions {
  /** Gives up after this, with an error whose `code` is ETIMEDOUT. */
  readonly timeoutMs?: number;
}

export interface Listener {
  /** What was bound, with the true port. */
  readonly address: SocketAddress;
  /** Stops accepting; open sockets stay. Resolves when the port is free. */
  close(): Promise<void>;
}

/** One end of a connection. Nothing here throws; after the close all calls are harmless no-ops. */
export interface Socket {
  readonly remote: SocketAddress;
  readonly local: SocketAddress;
  /**
   * Queues bytes; they are the socket's until `written` is called (also when the connection closes), and must not change
   * before. Returns false when more than the high-water mark waits: the handler gets `onDrain` later.
   */
  write(bytes: Uint8Array, written?: () => void): boolean;
  /** Bytes queued and not yet handed to the network. */
  readonly queuedBytes: number;
  /** Writes between cork and uncork leave together. Calls may nest. */
  cork(): void;
  uncork(): void;
  /** Reads on after {@link SocketHandler.onBytes} returned false. */
  resume(): void;
  /** Sends what is queued, then closes. */
  end(): void;
  /** Closes at once, dropping what is queued. */
  destroy(): void;
}

/** What the owner of a socket provides. Called from the loop, never from inside a call into the socket, `buffer` apart. */
export interface SocketHandler {
  /** Outgoing connections only: the connection stands. */
  onConnect?(): void;
  /**
   * Where the next bytes go: never empty. Asked before the first read and again after each {@link onBytes}.
   * The bytes appear in it right before `onBytes`, in the same turn: several sockets may be offered the same buffer.
   */
  buffer(): Buffer;
  /** `count` bytes stand at the start of what `buffer` last returned. False: read no more until `resume()`. */
  onBytes(count: number): boolean;
  /** The queue of writes is below the high-water mark again. */
  onDrain?(): void;
  /** The last call: the connection is gone. `error` if it did not end in order. A half-closed peer (FIN) closes too. */
  onClose(error?: Error): void;
}
